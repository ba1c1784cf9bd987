"""Benefits as their files state them, and as they are once every word in them is understood."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from policies.eligibility.conditions import Scope, read_condition, read_quantity
from policies.eligibility.inputs import Entity
from policies.eligibility.mistakes import ConditionError
from policies.eligibility.terms import Condition, Counted, Parameter, Quantity, inputs_of, leaves, parameters_of
from policies.files import Keys, Strict


class AmountKind(StrEnum):
    """How the law gives an amount."""

    EXACT = "exact"
    MINIMUM = "minimum"
    CEILING = "ceiling"
    PERSON_PAYS = "person_pays"


class CaseFile(Strict, frozen=True):
    """One way to be eligible, and the document it stands in: "number, article"."""

    condition: str
    cites: str


class SumFile(Strict, frozen=True):
    """A sum in VND, and for whom, where not for all who are eligible."""

    vnd: str | int
    when: str | None = None


class AmountFile(Strict, frozen=True):
    """The highest of the sums that apply, and those of `plus` that apply on top of it."""

    kind: AmountKind
    unit: str
    highest_of: tuple[SumFile, ...]
    plus: tuple[SumFile, ...] = ()


class PeriodFile(Strict, frozen=True, rename={"start": "from", "end": "to"}):
    """The rule from a first to a last day; no last day: still in force. Eligible is who meets any case."""

    start: date
    when: tuple[CaseFile, ...]
    end: date | None = None
    amount: AmountFile | None = None


class BenefitFile(Strict, frozen=True):
    """One file of `benefits/`. `replaced_by` are subjects to name on days on which it is no law (any more)."""

    title: str
    entity: Entity
    periods: tuple[PeriodFile, ...]
    replaced_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One way to be eligible. `written` is the condition in the file's words."""

    condition: Condition
    written: str
    cites: str


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum in VND for those whom `when` holds of; None: for all. `written` is the file's own words."""

    vnd: Quantity
    when: Condition | None
    written: str
    written_when: str | None


@dataclass(frozen=True)
class Amount:
    """What the eligible get, or, of `person_pays`, pay."""

    kind: AmountKind
    unit: str
    highest_of: tuple[Sum, ...]
    plus: tuple[Sum, ...]

    @functools.cached_property
    def sums(self) -> tuple[Sum, ...]:
        return (*self.highest_of, *self.plus)

    @functools.cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """All that is asked to tell which sums apply."""
        return tuple(each.when for each in self.sums if each.when)

    @functools.cached_property
    def counted(self) -> frozenset[str]:
        """The inputs that it is reckoned with as numbers."""
        return frozenset(leaf.name for each in self.sums for leaf in leaves(each.vnd) if isinstance(leaf, Counted))

    @functools.cached_property
    def inputs(self) -> frozenset[str]:
        """All inputs that it rests on."""
        return self.counted.union(*(inputs_of(condition) for condition in self.conditions))

    @functools.cached_property
    def parameters(self) -> frozenset[str]:
        """The numbers of the law that it rests on."""
        named = {leaf.name for each in self.sums for leaf in leaves(each.vnd) if isinstance(leaf, Parameter)}
        return frozenset(named).union(*(parameters_of(condition) for condition in self.conditions))


@dataclass(frozen=True)
class Period:
    """A benefit's rule for the days from `start` to `end`, both included."""

    start: date
    end: date | None
    cases: tuple[Case, ...]
    amount: Amount | None

    def holds(self, on: date) -> bool:
        return self.start <= on and (self.end is None or on <= self.end)

    @functools.cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """All that is asked to tell who is eligible."""
        return tuple(case.condition for case in self.cases)

    @functools.cached_property
    def inputs(self) -> frozenset[str]:
        """The inputs that decide who is eligible."""
        return frozenset[str]().union(*(inputs_of(condition) for condition in self.conditions))

    @functools.cached_property
    def parameters(self) -> frozenset[str]:
        """The numbers of the law that decide who is eligible and how much."""
        of_amount = self.amount.parameters if self.amount else frozenset()
        return of_amount.union(*(parameters_of(condition) for condition in self.conditions))


@dataclass(frozen=True, slots=True)
class Benefit:
    """A benefit with its periods in order. `name` is its file's, which is that of the researched fact."""

    name: str
    title: str
    entity: Entity
    periods: tuple[Period, ...]
    replaced_by: tuple[str, ...]

    def period(self, on: date) -> Period | None:
        """The rule of that day; None when there is none in force."""
        return next((period for period in self.periods if period.holds(on)), None)


Read = TypeVar("Read")
Faults = list[tuple[Keys, str]]


def understand(name: str, file: BenefitFile, scope: Scope) -> tuple[Benefit, Faults]:
    """The benefit in terms, and the faults of its words by place; with faults it is not to be used."""
    faults: Faults = []
    periods = tuple(_period(file.periods[i], scope, ("periods", i), faults) for i in range(len(file.periods)))
    ordered = tuple(sorted(periods, key=lambda period: period.start))
    return Benefit(name, file.title, file.entity, ordered, file.replaced_by), faults


def _period(file: PeriodFile, scope: Scope, at: Keys, faults: Faults) -> Period:
    cases = []
    for index, case in enumerate(file.when):
        keys = (*at, "when", index, "condition")
        condition = _read(read_condition, case.condition, scope, keys, faults)
        if condition is not None:
            cases.append(Case(condition, case.condition, case.cites))
    amount = _amount(file.amount, scope, (*at, "amount"), faults) if file.amount else None
    return Period(file.start, file.end, tuple(cases), amount)


def _amount(file: AmountFile, scope: Scope, at: Keys, faults: Faults) -> Amount:
    highest = _sums(file.highest_of, scope, (*at, "highest_of"), faults)
    return Amount(file.kind, file.unit, highest, _sums(file.plus, scope, (*at, "plus"), faults))


def _sums(files: tuple[SumFile, ...], scope: Scope, at: Keys, faults: Faults) -> tuple[Sum, ...]:
    found = []
    for index, file in enumerate(files):
        vnd = _read(read_quantity, str(file.vnd), scope, (*at, index, "vnd"), faults)
        when = _read(read_condition, file.when, scope, (*at, index, "when"), faults) if file.when else None
        if vnd is not None:
            found.append(Sum(vnd, when, str(file.vnd), file.when))
    return tuple(found)


def _read(reader: Callable[[str, Scope], Read], text: str, scope: Scope, at: Keys, faults: Faults) -> Read | None:
    try:
        return reader(text, scope)
    except ConditionError as error:
        faults.append((at, str(error)))
        return None
