"""A benefit for one household of which some things are known: may it be eligible, why, how much, what is still missing.

No decision here is one of law: the commune decides. `eligible` and `ineligible` hold whatever is still unknown.
"""

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from policies.book import split_cite
from policies.eligibility.benefits import AmountKind, Benefit, Case, Period
from policies.eligibility.inputs import Value
from policies.eligibility.interview import settling
from policies.eligibility.rules import Rules
from policies.eligibility.tables import Table, eligible_shares, settled
from policies.eligibility.terms import (
    COMPARE,
    Among,
    Atom,
    Called,
    Compared,
    Holds,
    Quantity,
    combine,
    inputs_of,
    plain,
)
from policies.model import Citation


class Decision(StrEnum):
    """What can be said. NOT_IN_FORCE: no such law on that day, whoever asks."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNKNOWN = "unknown"
    NOT_IN_FORCE = "not_in_force"


@dataclass(frozen=True, slots=True)
class Because:
    """One answer on which a decision rests. `met`: it speaks for the benefit. `reference`: where the law asks for it,
    "number, article"."""

    input: str
    value: Value
    met: bool
    reference: str


@dataclass(frozen=True, slots=True)
class Result:
    """What is said of one benefit. `because` is the least that must be known for a decision to stand as it does; ()
    where there is none. `missing` are the inputs that can still change what is said, the most telling first.

    The amount is in whole VND; None where the law gives none, or what is known does not tell how much: then
    `amount_missing` are the unknown inputs that it may rest on. `presumed` are the inputs not told of without whose
    presumed values the decision would not stand.
    """

    policy: str
    decision: Decision
    amount_vnd: int | None = None
    amount_kind: AmountKind | None = None
    amount_unit: str | None = None
    amount_missing: tuple[str, ...] = ()
    because: tuple[Because, ...] = ()
    presumed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    replaced_by: tuple[str, ...] = ()

    @property
    def next_input(self) -> str | None:
        """What to ask next."""
        return self.missing[0] if self.missing else None


def decide(rules: Rules, policy: str, facts: Mapping[str, Value], on: date) -> Result:
    """What the law of that day says of a household that told the `facts`, as `read_facts` reads them; what the rules
    presume counts as told where nothing else was. Raises UnknownBenefit."""
    benefit, period = rules.benefit(policy), rules.period(policy, on)
    if period is None:
        citations = _citations(rules, _cites(_nearest(benefit, on).cases))
        return Result(policy, Decision.NOT_IN_FORCE, citations=citations, replaced_by=benefit.replaced_by)
    told = rules.followed(facts)
    known = {**rules.presumed, **told}
    table = rules.table(policy, on)
    reading = _read(table, table.known(known), frozenset(rules.presumed.keys() - told.keys()))
    if reading.decided is None:
        still_open = [case for case in period.cases if _truth(rules, case, known, on) is not False]
        return Result(policy, Decision.UNKNOWN, missing=reading.inputs, citations=_citations(rules, _cites(still_open)))
    presumed = tuple(name for name in reading.inputs if name not in told)
    because = _because(rules, period, {name: known[name] for name in reading.inputs}, reading.decided, on)
    because = tuple(each for each in because if each.input in told)
    citations = _citations(rules, tuple(dict.fromkeys(each.reference for each in because)) or _cites(period.cases))
    if not reading.decided:
        return Result(policy, Decision.INELIGIBLE, because=because, presumed=presumed, citations=citations)
    amount, vnd = rules.amount_on(policy, on), rules.amount(policy, known, on)
    return Result(
        policy,
        Decision.ELIGIBLE,
        amount_vnd=vnd,
        amount_kind=amount.kind if amount else None,
        amount_unit=amount.unit if amount else None,
        amount_missing=tuple(sorted(amount.inputs - known.keys())) if amount and vnd is None else (),
        because=because,
        presumed=presumed,
        citations=citations,
    )


def _nearest(benefit: Benefit, on: date) -> Period:
    """The period that ended last, or, before all, the first."""
    past = [period for period in benefit.periods if period.start <= on]
    return past[-1] if past else benefit.periods[0]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a table says of what is known: decided, and the inputs without which it would not be; or open, and the
    inputs that can still settle it, the most telling first."""

    decided: bool | None
    inputs: tuple[str, ...]


@functools.lru_cache(maxsize=20_000)
def _read(table: Table, known: tuple[int | None, ...], presumed: frozenset[str]) -> _Reading:
    decided = settled(table.at(known))
    if decided is None:
        return _Reading(decided, tuple(axis.input.name for axis, _ in settling(table, known, frozenset())))
    return _Reading(decided, _least_needed(table, known, decided, presumed))


def _least_needed(
    table: Table, known: tuple[int | None, ...], decided: bool, presumed: frozenset[str]
) -> tuple[str, ...]:
    """What is only presumed is left out first, then what alone says least for the decision, so that what stays is what
    a person would name."""
    kept = list(known)
    alone = [yes[code or 0] if decided else 1 - yes[code or 0] for yes, code in zip(_alone(table), known, strict=True)]
    order = [(axis.input.name not in presumed, alone[place], place) for place, axis in enumerate(table.axes)]
    for _, _, place in sorted(each for each in order if known[each[2]] is not None):
        without = [*kept[:place], None, *kept[place + 1 :]]
        if settled(table.at(without)) is decided:
            kept = without
    return tuple(axis.input.name for axis, code in zip(table.axes, kept, strict=True) if code is not None)


@functools.lru_cache(maxsize=1_000)
def _alone(table: Table) -> list[npt.NDArray[np.float64]]:
    return eligible_shares(table.outcome, [axis.shares() for axis in table.axes])


def _because(
    rules: Rules, period: Period, telling: Mapping[str, Value], eligible: bool, on: date
) -> tuple[Because, ...]:
    """The telling facts with their place in the law. None of them could be left out, so each speaks for the benefit
    where it is eligible, and against it where it is not."""
    met = [case for case in period.cases if eligible and _truth(rules, case, telling, on)]
    return tuple(
        Because(name, value, eligible, next(c.cites for c in (*met, *period.cases) if name in inputs_of(c.condition)))
        for name, value in telling.items()
    )


def _truth(rules: Rules, case: Case, facts: Mapping[str, Value], on: date) -> bool | None:
    """Whether a case is met by the facts, as far as its own words tell; None: not known."""

    def leaf(atom: Atom) -> bool | None:
        value = facts.get(atom.name)
        if value is None:
            return None
        match atom:
            case Holds():
                return bool(value)
            case Among(values=values):
                return value in values
            case Compared(sign=sign, threshold=threshold):
                return bool(COMPARE[sign](value, _worth(rules, threshold, on)))
            case Called():
                raise ValueError(f"{atom}: a rule of law calls nothing")

    return combine(case.condition, leaf, _both, _either, lambda truth: None if truth is None else not truth)


@functools.lru_cache(maxsize=10_000)
def _worth(rules: Rules, threshold: Quantity, on: date) -> float:
    return plain(rules.catalogue.work_out(threshold, on))


def _both(one: bool | None, other: bool | None) -> bool | None:
    return False if one is False or other is False else None if one is None or other is None else True


def _either(one: bool | None, other: bool | None) -> bool | None:
    return True if one is True or other is True else None if one is None or other is None else False


def _cites(cases: Sequence[Case]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(case.cites for case in cases))


def _citations(rules: Rules, cites: Sequence[str]) -> tuple[Citation, ...]:
    return tuple(rules.catalogue.shelf.citation(*split_cite(cite)) for cite in cites)
