"""A condition over the whole register: how many households, where, and how many of them may be told."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np
from sqlalchemy.orm import Session

from campaigns.audiences import conditions, reach
from campaigns.audiences.columns import register_columns
from campaigns.audiences.conditions import TOLD, Evaluation, policies_in
from campaigns.audiences.reach import Reach, Reached, Standing
from campaigns.audiences.truths import CANNOT_SAY, YES, Array
from foundation.places import Place
from people.register import Chunk, read_chunks, read_names, read_places
from policies.eligibility.rules import Rules

SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Selected:
    """The households of one chunk for which a condition holds, by their rows; of how many it cannot be said.

    `standing` is of each of the rows.
    """

    chunk: Chunk
    rows: Array
    cannot_say: int
    reached: Reached
    standing: Array


class Home(NamedTuple):
    """A village, and its commune as it is written everywhere: "xã Măng Ri (Quảng Ngãi)"."""

    village: str
    commune: str


@dataclass(frozen=True, slots=True)
class Household:
    """A household as officials see it: no telephone, nothing of what is known of it."""

    code: str
    village: str
    commune: str
    head: str = ""


@dataclass(slots=True)
class Tally:
    """How many households a condition holds for, and of them how many may be told; the others by why not.

    `cannot_say` are those of whom the register knows too little for a yes or a no: they are not in the audience.
    """

    households: int = 0
    cannot_say: int = 0
    may_be_told: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    communes: dict[str, int] = field(default_factory=dict)
    samples: list[Household] = field(default_factory=list)


def selected(session: Session, text: str, rules: Rules, on: date, channel: str) -> Iterator[Selected]:
    """The households for which the condition holds that day, chunk by chunk.

    Raises AudienceError for a condition that cannot be read; NotInForce.
    """
    columns = register_columns(rules.inputs)
    condition = conditions.read(text, rules, columns)
    told = {policy: reach.told(session, policy, channel) for policy in policies_in(condition, TOLD)}
    evaluation = Evaluation(condition, rules, columns, read_places(session), told, on)
    reaching = Reach.load(session, channel)
    for chunk in read_chunks(session, evaluation.needs, contacts=True):
        truth = evaluation.truth(chunk)
        rows = np.flatnonzero(truth == YES)
        reached = reaching.of_households(session, chunk, rows)
        cannot_say = int(np.count_nonzero(truth == CANNOT_SAY))
        yield Selected(chunk, rows, cannot_say, reached, reached.by_household(rows))


def tally(session: Session, text: str, rules: Rules, on: date, channel: str) -> Tally:
    """How many, by commune and by what keeps them from being told; three of them as samples. Raises AudienceError."""
    places = homes(session)
    found, standings, communes = Tally(), Counter[int](), Counter[str]()
    for part in selected(session, text, rules, on, channel):
        found.cannot_say += part.cannot_say
        standings.update(part.standing.tolist())
        communes.update(_communes(places, part.chunk.place[part.rows]))
        if len(found.samples) < SAMPLES:
            found.samples += households(session, part.chunk, part.rows[: SAMPLES - len(found.samples)], places)
    found.households, found.may_be_told = standings.total(), standings.pop(Standing.MAY_BE_TOLD, 0)
    found.dropped = {Standing(standing).name.lower(): count for standing, count in sorted(standings.items())}
    found.communes = dict(sorted(communes.items()))
    return found


def homes(session: Session) -> Mapping[int, Home]:
    """Where households live, by the place's number."""
    return {place.id: Home(place.village, str(Place(place.province, place.commune))) for place in read_places(session)}


def households(session: Session, chunk: Chunk, rows: Array, places: Mapping[int, Home]) -> list[Household]:
    """These households of a chunk by code and village."""
    where = [places[number] for number in chunk.place[rows].tolist()]
    named = zip(read_names(session, chunk.id, rows), where, strict=True)
    return [Household(code, home.village, home.commune, head) for (code, head), home in named]


def _communes(places: Mapping[int, Home], found: Array) -> Counter[str]:
    communes: Counter[str] = Counter()
    for number, count in zip(*np.unique(found, return_counts=True), strict=True):
        communes[places[int(number)].commune] += int(count)
    return communes
