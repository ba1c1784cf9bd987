"""What an audience's condition may ask, and its truth for each household of a chunk."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np

from campaigns.audiences.gathering import Gatherer
from campaigns.audiences.names import meant
from campaigns.audiences.truths import CANNOT_SAY, YES, Array, Truth, opposite, truth_of
from campaigns.audiences.wording import in_vietnamese
from foundation.refusal import Refusal
from foundation.text import nfc
from people.register import (
    Chunk,
    Column,
    Entity,
    RegisterPlace,
    is_unknown,
    largest_of_members,
    marks_of,
    told_of_persons,
)
from policies.eligibility.conditions import Scope, read_condition
from policies.eligibility.mistakes import ConditionError
from policies.eligibility.rules import Rules
from policies.eligibility.terms import (
    COMPARE,
    Among,
    Atom,
    Called,
    Compared,
    Condition,
    Holds,
    Kind,
    atoms,
    combine,
    plain,
)

MAY_QUALIFY: Final = "may_qualify"
UNDECIDED: Final = "undecided"
TOLD: Final = "told"
CALLS: Final = (MAY_QUALIFY, UNDECIDED, TOLD)
PLACES: Final = ("village", "commune", "district_before_2025", "province")


class AudienceError(Refusal):
    """An audience that cannot be had, or something that may not be done with it; the message is Vietnamese."""


@dataclass(frozen=True, slots=True)
class _Text:
    """A column of names, in the terms of the language."""

    kind: Kind = Kind.TEXT
    values: tuple[str, ...] = ()


def read(text: str, rules: Rules, columns: Collection[Column]) -> Condition:
    """The condition that a text states about a register with these columns. Raises AudienceError."""
    names: dict[str, Any] = {name: _Text() for name in PLACES}
    names |= {column.name: rules.inputs[column.name] for column in columns}
    scope = Scope(names, rules.catalogue.shelf.parameters, dict.fromkeys(CALLS, rules.benefits))
    text = nfc(text)
    try:
        return read_condition(text, scope)
    except ConditionError as error:
        raise AudienceError(in_vietnamese(error, text)) from error


def policies_in(condition: Condition, *calls: str) -> tuple[str, ...]:
    """The benefits that the condition calls by these functions, each once, as written."""
    called = (atom.argument for atom in atoms(condition) if isinstance(atom, Called) and atom.name in calls)
    return tuple(dict.fromkeys(called))


class Evaluation:
    """A condition on one day, ready for chunk after chunk.

    What is not known of a household is neither yes nor no, and stays so through "and", "or" and "not": who is undecided
    neither may qualify nor does not. A condition that asks about members themselves (`age >= 80 and sex = female`)
    holds where the whole of it holds of one member; what it says of the household, a benefit's decision included,
    counts for each of them.

    `told` are the contacts whom a benefit has been told to, for each benefit that the condition asks about.

    Raises AudienceError for a place that no household lives in, NotInForce for a benefit that is no law that day.
    """

    def __init__(
        self,
        condition: Condition,
        rules: Rules,
        columns: Sequence[Column],
        places: Sequence[RegisterPlace],
        told: Mapping[str, Array],
        on: date,
    ) -> None:
        self._condition = condition
        self._rules = rules
        self._on = on
        self._told = told
        self._columns = {column.name: column for column in columns}
        self._tables = {policy: rules.table(policy, on) for policy in policies_in(condition, MAY_QUALIFY, UNDECIDED)}
        self._gatherers: dict[tuple[str, frozenset[str]], Gatherer] = {}
        named = [atom for atom in atoms(condition) if isinstance(atom, Among) and not atom.codes]
        self._places = {atom: _places_named(atom, places) for atom in named}
        asked = {atom.name for atom in atoms(condition)} & self._columns.keys()
        self._of_persons = any(self._columns[name].entity is Entity.PERSON for name in asked)
        decisive = {axis.input.name for table in self._tables.values() for axis in table.axes}
        self.needs = [column for column in columns if column.name in asked | decisive]

    def truth(self, chunk: Chunk) -> Truth:
        """For each household of the chunk, which must have the columns that this `needs` and its list tells."""
        decided: dict[str, Truth] = {}

        def leaf(atom: Atom) -> Truth:
            truth = self._leaf(atom, chunk, decided)
            if self._of_persons and not self._is_of_persons(atom):
                return told_of_persons(truth, chunk.sizes)
            return truth

        truth = combine(self._condition, leaf, np.minimum, np.maximum, opposite)
        return largest_of_members(truth, chunk.sizes) if self._of_persons else truth

    def _leaf(self, atom: Atom, chunk: Chunk, decided: dict[str, Truth]) -> Truth:
        match atom:
            case Called(name, policy) if name == TOLD:
                return self._was_told(policy, chunk)
            case Called(name, policy):
                if policy not in decided:
                    decided[policy] = self._gatherer(policy, chunk).decide(chunk)
                return decided[policy] if name == MAY_QUALIFY else truth_of(decided[policy] == CANNOT_SAY)
            case Among() if not atom.codes:
                return self._places[atom].take(chunk.place)
        column = self._cells(atom.name, chunk)
        match atom:
            case Holds():
                so = column == 1
            case Among(codes=codes):
                so = np.isin(column, codes)
            case Compared(sign=sign, threshold=threshold):
                so = COMPARE[sign](column, plain(self._rules.catalogue.work_out(threshold, self._on)))
        return truth_of(so, is_unknown(column))

    def _is_of_persons(self, atom: Atom) -> bool:
        return atom.name in self._columns and self._columns[atom.name].entity is Entity.PERSON

    def _cells(self, name: str, chunk: Chunk) -> Array:
        column = self._columns[name]
        rows = int(chunk.sizes.sum()) if column.entity is Entity.PERSON else chunk.households
        return chunk.columns[name] if name in chunk.columns else marks_of(column, rows)

    def _gatherer(self, policy: str, chunk: Chunk) -> Gatherer:
        key = policy, frozenset(chunk.columns)
        if key not in self._gatherers:
            self._gatherers[key] = Gatherer.lay_out(self._tables[policy], chunk.columns)
        return self._gatherers[key]

    def _was_told(self, policy: str, chunk: Chunk) -> Truth:
        told = np.zeros(chunk.households, np.bool_)
        told[chunk.contact_of[np.isin(chunk.contact, self._told[policy])]] = True
        return truth_of(told)


def _places_named(atom: Among, places: Sequence[RegisterPlace]) -> Truth:
    """For each number of a place whether it has one of these names. Raises AudienceError for a name that none has."""
    names = {place.id: str(getattr(place, atom.name)) for place in places}
    found = truth_of(np.zeros(max(names, default=0) + 1, np.bool_))
    for value in atom.values:
        same = meant(value, set(names.values()))
        if not same:
            raise AudienceError(f"không có hộ nào trong sổ ở nơi có {atom.name} = «{value}»")
        found[[number for number, name in names.items() if name in same]] = YES
    found[[number for number, name in names.items() if not name]] = CANNOT_SAY
    return found
