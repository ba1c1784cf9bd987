"""The rules in force, asked by benefit and day: tables for what is partly known, evaluation for what is complete."""

import functools
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from policies.book import PACKAGE
from policies.eligibility import system
from policies.eligibility.benefits import Amount, Benefit, Period
from policies.eligibility.catalogue import Catalogue
from policies.eligibility.facts import Implied, implications, with_implied
from policies.eligibility.inputs import Input, Value
from policies.eligibility.lint import problems_of
from policies.eligibility.system import NO_AMOUNT, System
from policies.eligibility.tables import Axis, Column, Table, axes_of, build, byte_values, encode, grid
from policies.errors import Incomplete, NotInForce, PolicyError, UnknownBenefit
from policies.templates import day_month_year

MOST_REMEMBERED = 10_000  # amounts of one benefit: numbers known of many households would fill the memory


@dataclass(frozen=True, slots=True, eq=False)
class Evaluated:
    """A benefit for each household of complete columns: who is eligible, and how much, in VND.

    An amount below 0 is none: not eligible, or the law gives no amount.
    """

    eligible: npt.NDArray[np.bool_]
    amount_vnd: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Span:
    """A benefit for days on which its law is the same: its table, and its amounts as far as they were asked for."""

    table: Table
    amount: Amount | None
    axes: tuple[Axis, ...]
    amounts: dict[tuple[float | None, ...], int | None] = field(default_factory=dict)


class Rules:
    """All benefits with their law. Immutable but for what it remembers; safe to share between threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._system = System(catalogue)
        self._turning_days = {
            (benefit.name, period.start): catalogue.turning_days(period, period.parameters)
            for benefit in catalogue.benefits.values()
            for period in benefit.periods
        }
        self._spans: dict[tuple[str, date], _Span] = {}

    @classmethod
    def load(cls, root: Path = PACKAGE) -> Self:
        """Reads and checks all files under `root`. Raises PolicyError, naming file, line and reason, if anything is
        wrong: rules are applied whole or not at all."""
        catalogue = Catalogue.read(root)
        problems = [*catalogue.shelf.problems, *problems_of(catalogue)]
        if problems:
            raise PolicyError(problems)
        return cls(catalogue)

    @property
    def benefits(self) -> Mapping[str, Benefit]:
        return self.catalogue.benefits

    @property
    def inputs(self) -> Mapping[str, Input]:
        return self.catalogue.inputs

    @functools.cached_property
    def questions(self) -> Mapping[str, Input]:
        """What an interview may put: the question of each input, and those about several at once."""
        return {**self.inputs, **self.catalogue.together}

    @functools.cached_property
    def presumed(self) -> Mapping[str, Value]:
        """What is taken for granted of whoever has not told otherwise, by input."""
        questions = {name: entry.question for name, entry in self.inputs.items()}
        return {name: each.presumed for name, each in questions.items() if each.presumed is not None}

    @functools.cached_property
    def implications(self) -> tuple[Implied, ...]:
        """What answers say of other inputs."""
        return implications(self.inputs)

    def followed(self, facts: Mapping[str, Value]) -> dict[str, Value]:
        """What was told, with all that follows from it, and not what is only presumed."""
        return with_implied(facts, self.implications)

    def benefit(self, policy: str) -> Benefit:
        """Raises UnknownBenefit."""
        if policy not in self.benefits:
            raise UnknownBenefit(f"{policy}: không có quy định nào tên này")
        return self.benefits[policy]

    def period(self, policy: str, on: date) -> Period | None:
        """The rule of that day; None when the benefit is no law on it. Raises UnknownBenefit."""
        return self.benefit(policy).period(on)

    def inputs_of(self, policy: str, on: date) -> tuple[str, ...]:
        """The inputs that can make a difference to who is eligible. Raises NotInForce."""
        return tuple(axis.input.name for axis in self.table(policy, on).axes)

    def table(self, policy: str, on: date) -> Table:
        """The decision table of that day, worked out once for all days on which the law is the same. Raises
        NotInForce, UnknownBenefit."""
        return self._span(policy, on).table

    def evaluate(self, policies: Iterable[str], columns: Mapping[str, Column], on: date) -> Mapping[str, Evaluated]:
        """Benefits for many complete households through OpenFisca. Raises Incomplete, naming them, when inputs are not
        there or hold an unknown value; NotInForce; UnknownBenefit."""
        return {policy: self._evaluate(policy, columns, on) for policy in policies}

    def amount_on(self, policy: str, on: date) -> Amount | None:
        """How the law gives an amount that day; None where it gives none, or leaves it to a number not known. Raises
        NotInForce, UnknownBenefit."""
        return self._span(policy, on).amount

    def amount(self, policy: str, facts: Mapping[str, Value], on: date) -> int | None:
        """What somebody eligible gets, in VND; None where the law gives no amount, or what is known does not tell."""
        span = self._span(policy, on)
        if span.amount is None:
            return None
        key = tuple(_told(axis, facts, span.amount) for axis in span.axes)
        if key not in span.amounts:
            if len(span.amounts) >= MOST_REMEMBERED:
                span.amounts.clear()
            span.amounts[key] = self._amount(policy, span.amount, span.axes, facts, on)
        return span.amounts[key]

    def numbers(self, policy: str, on: date) -> Mapping[str, Decimal]:
        """The numbers of the law that the rule rests on that day, by name; one without a value is left out. Raises
        NotInForce, UnknownBenefit."""
        names = sorted(self._in_force(policy, on).parameters)
        return {name: value for name in names if (value := self.catalogue.worth(name, on)) is not None}

    def _in_force(self, policy: str, on: date) -> Period:
        period = self.period(policy, on)
        if period is None:
            raise NotInForce(f"{policy}: không có hiệu lực ngày {day_month_year(on)}")
        return period

    def _span(self, policy: str, on: date) -> _Span:
        period = self._in_force(policy, on)
        days = self._turning_days[policy, period.start]
        since = days[bisect_right(days, on) - 1]
        if (policy, since) not in self._spans:
            self._spans[policy, since] = self._build(policy, period, since)
        return self._spans[policy, since]

    def _build(self, policy: str, period: Period, on: date) -> _Span:
        def decide(columns: Mapping[str, Column]) -> Column:
            variable = system.eligible(policy)
            return self._system.evaluate([variable], columns, on)[variable]

        table = build(policy, axes_of(self.catalogue, period.inputs, period.conditions, on), decide)
        amount = period.amount
        if amount is None or any(self.catalogue.worth(name, on) is None for name in amount.parameters):
            return _Span(table, None, ())
        return _Span(table, amount, axes_of(self.catalogue, amount.inputs, amount.conditions, on))

    def _evaluate(self, policy: str, columns: Mapping[str, Column], on: date) -> Evaluated:
        amount = self.amount_on(policy, on)
        needed = self._in_force(policy, on).inputs | (amount.inputs if amount else frozenset())
        asked = [system.eligible(policy), *([system.amount(policy)] if amount else [])]
        found = self._system.evaluate(asked, _complete(needed, columns, self.inputs), on)
        eligible = found[asked[0]]
        return Evaluated(eligible, np.where(eligible, found[asked[1]] if amount else NO_AMOUNT, NO_AMOUNT))

    def _amount(
        self, policy: str, amount: Amount, axes: Sequence[Axis], facts: Mapping[str, Value], on: date
    ) -> int | None:
        columns = grid([_possible(axis, facts, amount) for axis in axes], axes)
        variable = system.amount(policy)
        found = np.unique(self._system.evaluate([variable], columns, on)[variable])
        return int(found[0]) if len(found) == 1 and found[0] != NO_AMOUNT else None


def _told(axis: Axis, facts: Mapping[str, Value], amount: Amount) -> float | None:
    """What of an input tells amounts apart: its class, or, where they are reckoned with it, the number itself."""
    name = axis.input.name
    if name not in facts:
        return None
    return encode(axis.input, facts[name]) if name in amount.counted else axis.code(facts[name])


def _possible(axis: Axis, facts: Mapping[str, Value], amount: Amount) -> Column:
    """The values that tell whether an amount depends on an input: the known one, or one of each class.

    Where the amount is reckoned with the number itself, it is convex in it within a class (the highest of sums, each
    linear in it), so that one which is the same at both ends and in the middle is the same throughout.
    """
    name = axis.input.name
    if name in facts:
        return np.array([encode(axis.input, facts[name])])
    if name not in amount.counted:
        return axis.examples()
    whole = axis.starts.dtype.kind == "i"
    ends = np.append(axis.starts[1:] - 1 if whole else np.nextafter(axis.starts[1:], 0), axis.input.most)
    middles = ((axis.starts + ends) / 2).astype(axis.starts.dtype)
    return np.unique(np.concatenate([axis.starts, middles, ends.astype(axis.starts.dtype)]))


def _complete(needed: Iterable[str], columns: Mapping[str, Column], inputs: Mapping[str, Input]) -> dict[str, Column]:
    """The columns of the inputs that are needed. Raises Incomplete for what is not there or holds an unknown value."""
    wanting = [name for name in needed if name not in columns or _unknown(columns[name], inputs[name])]
    if wanting:
        raise Incomplete(wanting)
    return {name: columns[name] for name in needed}


def _unknown(column: Column, entry: Input) -> bool:
    """Whether any value of the column is marked unknown. Raises TypeError for a column of texts, which OpenFisca would
    evaluate as expressions."""
    if column.dtype.kind not in "biuf":
        raise TypeError(f"{entry.name}: a column of {column.dtype}, not of numbers")
    if column.dtype.kind == "f":
        return bool(np.isnan(column).any())
    if column.dtype.itemsize == 1 and column.dtype.kind != "b":
        return bool((column.view(np.uint8) >= byte_values(entry)).any())
    return bool((column < 0).any())
