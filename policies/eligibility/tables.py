"""Decision tables: every class of households that a rule tells apart, with its outcome.

An input's values fall into *classes*, the values that no condition of the rule tells apart. The outcome of every
combination of classes is worked out once; from then on a decision is a look-up, exact whatever is known. What is not
known is a whole axis of the table: decided is what is the same along it.
"""

import functools
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor, inf, nextafter, prod
from typing import Any

import numpy as np
import numpy.typing as npt

from policies.eligibility.catalogue import Catalogue
from policies.eligibility.inputs import Input, Value
from policies.eligibility.terms import COMPARE, Among, Atom, Compared, Condition, Holds, Kind, atoms, plain

Column = npt.NDArray[Any]
"""One value a household or person: yes/no as 0 and 1, a choice as its code, a number as itself."""

UNKNOWN = 255
"""The mark of an unknown value in columns of bytes; in wider whole numbers it is below 0, in floats NaN."""

NO, YES, CANNOT_SAY = 0, 1, 2
FEW_SPANS = 12  # up to so many, comparing a column with each start is faster than searching


@dataclass(frozen=True, eq=False)
class Axis:
    """One input of a table. Span `i` of its values begins at `starts[i]`, and is of class `classes[i]`."""

    input: Input
    starts: Column
    classes: npt.NDArray[np.uint8]

    @functools.cached_property
    def count(self) -> int:
        """How many classes there are."""
        return int(self.classes.max()) + 1

    def code(self, value: Value) -> int:
        """The class of a value."""
        starts, classes = self._listed
        return classes[bisect_right(starts, encode(self.input, value)) - 1]

    def codes(self, column: Column) -> npt.NDArray[np.uint8]:
        """The class of each value of a column; where it is unknown, `count`."""
        if column.dtype.itemsize == 1:
            return self._by_byte[column.view(np.uint8)]
        unknown = np.uint8(self.count)
        found = np.append(unknown, self.classes)[self._begun(column)]
        return np.where(np.isnan(column), unknown, found) if column.dtype.kind == "f" else found

    def examples(self) -> Column:
        """A value of each class as columns hold it: the first."""
        return self.starts[np.unique(self.classes, return_index=True)[1]]

    def class_of(self, encoded: Column) -> npt.NDArray[np.uint8]:
        """The class of each of several known values, as columns hold them."""
        return self.classes[np.searchsorted(self.starts, encoded, "right") - 1]

    def shares(self) -> npt.NDArray[np.float64]:
        """The estimated share of households or persons in each class."""
        return self._shares

    @functools.cached_property
    def _shares(self) -> npt.NDArray[np.float64]:
        return np.bincount(self.classes, _shares(self.input, self.starts)).astype(np.float64)

    @functools.cached_property
    def _listed(self) -> tuple[list[float], list[int]]:
        """Starts and classes for one value at a time, for which numpy is slow."""
        return self.starts.tolist(), self.classes.tolist()

    @functools.cached_property
    def _by_byte(self) -> npt.NDArray[np.uint8]:
        """The class of each byte that can stand in a column."""
        found = np.full(256, self.count, dtype=np.uint8)
        possible = np.arange(ceil(self.starts[0]), byte_values(self.input))
        found[possible] = self.class_of(possible)
        return found

    def _begun(self, column: Column) -> npt.NDArray[Any]:
        """How many spans begin at or below each value: 0 is below all, which no known value is."""
        if len(self.starts) > FEW_SPANS:
            return np.searchsorted(self.starts, column, "right")
        begun = np.zeros(len(column), dtype=np.uint8)
        for start in self.starts:
            begun += column >= start
        return begun


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A benefit's outcome for every combination of classes, for one span of days in which its law does not change."""

    policy: str
    axes: tuple[Axis, ...]
    outcome: npt.NDArray[np.bool_]

    def known(self, facts: Mapping[str, Value]) -> tuple[int | None, ...]:
        """The class that each axis is known to be in, or None."""
        return tuple(axis.code(facts[axis.input.name]) if axis.input.name in facts else None for axis in self.axes)

    def seen(self, facts: Mapping[str, Value]) -> npt.NDArray[np.bool_]:
        """The outcomes that are still possible; a known axis is gone from it."""
        return self.at(self.known(facts))

    def at(self, known: Iterable[int | None]) -> npt.NDArray[np.bool_]:
        """The same for known classes."""
        return np.asarray(self.outcome[tuple(slice(None) if code is None else code for code in known)])

    def decide(self, facts: Mapping[str, Value]) -> bool | None:
        """Whether the household is eligible whatever is unknown, or not, or None: it depends."""
        return settled(self.seen(facts))

    def with_unknown(self) -> npt.NDArray[np.uint8]:
        """The table with "unknown" as a last class of each axis: NO, YES or CANNOT_SAY."""
        every, some = self.outcome, self.outcome
        for axis in range(len(self.axes)):
            every = np.concatenate([every, every.all(axis, keepdims=True)], axis)
            some = np.concatenate([some, some.any(axis, keepdims=True)], axis)
        return np.where(every, YES, np.where(some, CANNOT_SAY, NO)).astype(np.uint8)


def settled(seen: npt.NDArray[np.bool_]) -> bool | None:
    """What all outcomes agree on, or None."""
    return True if seen.all() else False if not seen.any() else None


def eligible_shares(
    outcome: npt.NDArray[np.bool_], shares: Sequence[npt.NDArray[np.float64]]
) -> list[npt.NDArray[np.float64]]:
    """For each axis of the outcome, the estimated share of yes in each of its classes; `shares` are theirs."""
    weighed = outcome.astype(np.float64)
    for place, share in enumerate(shares):
        weighed *= share.reshape([-1 if place == other else 1 for other in range(len(shares))])
    places = range(len(shares))
    sums = [weighed.sum(axis=tuple(other for other in places if other != place)) for place in places]
    return [np.divide(s, share, out=np.zeros_like(s), where=share > 0) for s, share in zip(sums, shares, strict=True)]


def encode(entry: Input, value: Value) -> int | float:
    """A value as columns hold it."""
    return entry.values.index(value) if isinstance(value, str) else value


def byte_values(entry: Input) -> int:
    """From this byte on, a column of bytes holds no value of the input."""
    return {Kind.YES_NO: 2, Kind.CHOICE: len(entry.values)}.get(entry.kind, UNKNOWN)


def axes_of(catalogue: Catalogue, inputs: Iterable[str], conditions: Iterable[Condition], on: date) -> tuple[Axis, ...]:
    """The axes of the inputs, by name, as fine as the conditions tell their values apart that day."""
    asked = [atom for condition in conditions for atom in atoms(condition)]
    return tuple(axis_of(catalogue, catalogue.inputs[name], asked, on) for name in sorted(inputs))


def axis_of(catalogue: Catalogue, entry: Input, asked: Iterable[Atom], on: date) -> Axis:
    """The input's values in classes that the atoms about it tell apart that day."""
    about = [atom for atom in asked if atom.name == entry.name]
    thresholds: dict[Atom, Decimal] = {
        atom: catalogue.work_out(atom.threshold, on) for atom in about if isinstance(atom, Compared)
    }
    starts = _starts(entry, thresholds.values())
    answers = np.array([_holds(atom, starts, thresholds) for atom in about]).reshape(len(about), len(starts)).T
    return _labelled(entry, starts, [row.tobytes() for row in answers])


def build(policy: str, axes: Sequence[Axis], decide: Callable[[Mapping[str, Column]], Column]) -> Table:
    """The table over the axes, `decide`d for one example of every combination at once, with each axis brought to the
    classes that make a difference. An axis that makes none is left out."""
    outcome = decide(grid([axis.examples() for axis in axes], axes)).reshape([axis.count for axis in axes])
    kept: list[Axis] = []
    for place, axis in reversed(list(enumerate(axes))):
        rows = np.moveaxis(outcome, place, 0).reshape(axis.count, -1)
        merged = _labelled(axis.input, axis.starts, [rows[code].tobytes() for code in axis.classes])
        outcome = outcome.take(axis.class_of(merged.examples()), place)
        if merged.count > 1:
            kept.insert(0, merged)
        else:
            outcome = outcome.squeeze(place)
    return Table(policy, tuple(kept), outcome)


def grid(examples: Sequence[Column], axes: Sequence[Axis]) -> dict[str, Column]:
    """Every combination of the examples of each axis, as a column for each input; the last axis changes fastest."""
    shape = [len(values) for values in examples]
    places = np.indices(shape).reshape(len(axes), prod(shape))
    return {axis.input.name: values[place] for axis, values, place in zip(axes, examples, places, strict=True)}


def _labelled(entry: Input, starts: Column, labels: Sequence[bytes]) -> Axis:
    """The axis whose spans of the same label are of one class; classes are numbered as they first come."""
    numbers: dict[bytes, int] = {}
    classes = np.array([numbers.setdefault(label, len(numbers)) for label in labels], dtype=np.uint8)
    begins = np.append(True, classes[1:] != classes[:-1])
    return Axis(entry, starts[begins], classes[begins])


def _starts(entry: Input, thresholds: Iterable[Decimal]) -> Column:
    """Where the input's values can change class: at each threshold and just above it."""
    match entry.kind:
        case Kind.YES_NO:
            return np.arange(2)
        case Kind.CHOICE:
            return np.arange(len(entry.values))
        case Kind.WHOLE:
            found = {start for each in thresholds for start in (ceil(each), floor(each) + 1)}
            return np.array(sorted({int(entry.least)} | _possible(entry, found)), dtype=np.int64)
        case _:
            exact = {start for each in thresholds for start in (float(each), nextafter(float(each), inf))}
            return np.array(sorted({float(entry.least)} | _possible(entry, exact)), dtype=np.float64)


def _possible(entry: Input, starts: set[Any]) -> set[Any]:
    return {start for start in starts if entry.least <= start <= entry.most}


def _holds(atom: Atom, values: Column, thresholds: Mapping[Atom, Decimal]) -> Column:
    match atom:
        case Holds():
            return np.asarray(values == 1)
        case Among(codes=codes):
            return np.isin(values, codes)
        case Compared(sign=sign):
            return np.asarray(COMPARE[sign](values, plain(thresholds[atom])))
        case _:
            raise ValueError(f"{atom}: a rule of law calls nothing")


def _shares(entry: Input, starts: Column) -> npt.NDArray[np.float64]:
    """The estimated share of values in each span."""
    match entry.kind:
        case Kind.YES_NO:
            below = np.array([0, 1 - (entry.question.prior or 0)])[starts]
        case Kind.CHOICE:
            below = np.cumsum([0, *(choice.prior for choice in entry.question.choices.values())])[starts]
        case _:
            below = np.array([_share_below(entry.question.quantiles, start) for start in starts])
    found: npt.NDArray[np.float64] = np.diff(np.concatenate([[0], below[1:], [1]]))
    return found


def _share_below(quantiles: Sequence[tuple[float, float]], number: float) -> float:
    """The share of what is smaller than the number, straight between the points."""
    for (one, before), (other, after) in pairwise(quantiles):
        if one < number <= other:
            return before + (after - before) * (number - one) / (other - one)
    return 0.0 if number <= quantiles[0][0] else 1.0
