"""Which question comes next: the one whose answer is expected to settle most, over one benefit or over many.

Nothing is sampled: every combination of classes of what is not known is weighed by how often it is met (the priors of
`questions/`, taken as independent). Priors decide the order of questions alone, never an answer.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import numpy.typing as npt

from policies.eligibility.inputs import Value
from policies.eligibility.rules import Rules
from policies.eligibility.tables import CANNOT_SAY, NO, YES, Axis, Table, eligible_shares
from policies.eligibility.terms import Kind

LIKELY_ASKED = 0.5
"""Questions go together while at least so likely to be asked anyhow: a needless one costs patience."""

MOST_REMEMBERED = 20_000
Shares = npt.NDArray[np.float64]


def next_inputs(
    rules: Rules,
    policies: Sequence[str],
    facts: Mapping[str, Value],
    on: date,
    skipped: AbstractSet[str] = frozenset(),
    most: int = 3,
) -> tuple[str, ...]:
    """What to ask in the next text, the most telling first; () when no answer would settle anything more.

    `skipped` may not be asked (again): not known, or too private to ask for here; what the rules presume never is. Up
    to `most` go together, those that would be asked anyhow if each answer were the likeliest. Asked one at a time it
    may be a question about several inputs at once, so the names are those of `Rules.questions`. Policies not in force
    are passed over.
    """
    tables = [rules.table(policy, on) for policy in policies if rules.period(policy, on) is not None]
    known, batch, likely = {**rules.presumed, **rules.followed(facts)}, list[str](), 1.0
    while len(batch) < most and likely >= LIKELY_ASKED:
        telling = _telling(tables, known, skipped)
        if not telling:
            break
        best = max(telling.values(), key=lambda each: (each.bits, each.axis.input.name))
        shares = best.axis.shares()
        likeliest = int(shares.argmax())
        batch.append(best.axis.input.name)
        known[batch[-1]] = _value(best.axis, likeliest)
        likely *= float(shares[likeliest])
    if most > 1 or not batch or likely < LIKELY_ASKED:
        return tuple(batch)
    return (_at_once(rules, batch[0], _telling(tables, known, skipped).keys(), skipped),)


@dataclass(slots=True)
class _Telling:
    """How much an input's answer is expected to settle, over all tables; `axis` is the finest of them."""

    axis: Axis
    bits: float = field(default=0.0)


def _telling(tables: Iterable[Table], known: Mapping[str, Value], skipped: AbstractSet[str]) -> dict[str, _Telling]:
    """Every input that can still settle something."""
    found: dict[str, _Telling] = {}
    for table in tables:
        for axis, bits in settling(table, table.known(known), frozenset(skipped)):
            each = found.setdefault(axis.input.name, _Telling(axis))
            each.bits += bits
            if axis.count > each.axis.count:
                each.axis = axis
    return found


@functools.lru_cache(maxsize=MOST_REMEMBERED)
def settling(table: Table, known: tuple[int | None, ...], skipped: frozenset[str]) -> tuple[tuple[Axis, float], ...]:
    """The axes whose class can still change what may be said of a benefit, with how many bits of it each is expected to
    settle, the most telling first; where `known` are classes as `Table.known` gives them."""
    seen, axes = table.at(known), [axis for axis, code in zip(table.axes, known, strict=True) if code is None]
    never = tuple(place for place, axis in enumerate(axes) if axis.input.name in skipped)
    outcomes = np.where(seen.all(never), YES, np.where(seen.any(never), CANNOT_SAY, NO))
    axes = [axis for axis in axes if axis.input.name not in skipped]
    shares = [axis.shares() for axis in axes]
    chances = [eligible_shares(outcomes == each, shares) for each in np.unique(outcomes)]
    found = [
        (axis, _gain(shares[place], np.stack([chance[place] for chance in chances], axis=-1)))
        for place, axis in enumerate(axes)
        if (outcomes != outcomes.take([0], place)).any()
    ]
    return tuple(sorted(found, key=lambda each: (each[1], each[0].input.name), reverse=True))


def _at_once(rules: Rules, best: str, after: AbstractSet[str], skipped: AbstractSet[str]) -> str:
    """The question that asks with `best` what would be asked anyhow after it; else `best` itself."""
    for name, question in rules.catalogue.together.items():
        others = set(question.asked_at_once) - {best}
        if best in question.asked_at_once and others <= after and name not in skipped:
            return name
    return best


def _value(axis: Axis, code: int) -> Value:
    """A value of the class."""
    example: Value = axis.examples()[code].item()
    match axis.input.kind:
        case Kind.YES_NO:
            return bool(example)
        case Kind.CHOICE:
            return axis.input.values[int(example)]
    return example


def _gain(share: Shares, by_class: Shares) -> float:
    """What is gained by knowing the class, of which these are the shares, and these the outcome's in each."""
    return float(entropy(share @ by_class) - share @ entropy(by_class))


def entropy(shares: Shares) -> Shares:
    """Bits, along the last axis."""
    bits: Shares = -(shares * np.log2(shares, out=np.zeros_like(shares), where=shares > 0)).sum(-1)
    return bits
