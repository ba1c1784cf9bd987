"""A benefit's decision for each household of a chunk: each column gives classes, all classes together one cell."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from campaigns.audiences.truths import CANNOT_SAY, NO, YES, Array, Truth
from people.register import Chunk, largest_of_members, told_of_persons
from policies.eligibility import tables
from policies.eligibility.inputs import Entity
from policies.eligibility.tables import Axis, Table

BYTES = 256

_TRUTHS = np.zeros(3, np.uint8)
_TRUTHS[[tables.NO, tables.CANNOT_SAY, tables.YES]] = NO, CANNOT_SAY, YES


@dataclass(frozen=True, slots=True, eq=False)
class _Digit:
    """What one column adds to the number of a cell: looked up for columns of bytes, reckoned for wider ones."""

    axis: Axis
    stride: int
    number: np.dtype[Any]
    by_byte: Array | None

    @classmethod
    def of_axis(cls, axis: Axis, stride: int, number: np.dtype[Any], column: Array) -> Self:
        """The digit of a column like this one."""
        digit = cls(axis, stride, number, None)
        if column.itemsize > 1:
            return digit
        return replace(digit, by_byte=digit.of(np.arange(BYTES, dtype=np.uint8)))

    def of(self, column: Array) -> Array:
        if self.by_byte is not None:
            return self.by_byte.take(column)
        return np.multiply(self.axis.codes(column), self.stride, dtype=self.number)


@dataclass(frozen=True, slots=True, eq=False)
class Gatherer:
    """A decision table laid out flat over the columns that a list has; of the others nothing is known."""

    cells: Truth
    of_households: tuple[_Digit, ...]
    of_persons: tuple[_Digit, ...]

    @classmethod
    def lay_out(cls, table: Table, told: Mapping[str, Array]) -> Self:
        """The table for chunks that have columns like these."""
        asked = [axis for axis in table.axes if axis.input.name in told]
        known = tuple(slice(None) if axis.input.name in told else -1 for axis in table.axes)
        cells = np.asarray(_TRUTHS[table.with_unknown()[known]], order="C")
        number = np.min_scalar_type(cells.size - 1)
        digits = [
            _Digit.of_axis(axis, stride, number, told[axis.input.name])
            for axis, stride in zip(asked, cells.strides, strict=True)
        ]
        persons = [digit for digit in digits if digit.axis.input.question.entity is Entity.PERSON]
        return cls(cells.ravel(), tuple(d for d in digits if d not in persons), tuple(persons))

    def decide(self, chunk: Chunk) -> Truth:
        """For each household whether it is eligible; one whose members are asked, whether any of them is."""
        number = self._number(self.of_households, chunk, chunk.households)
        if not self.of_persons:
            return self.cells.take(number)
        persons = self._number(self.of_persons, chunk, int(chunk.sizes.sum()))
        persons += told_of_persons(number, chunk.sizes)
        return largest_of_members(self.cells.take(persons), chunk.sizes)

    def _number(self, digits: tuple[_Digit, ...], chunk: Chunk, rows: int) -> Array:
        if not digits:
            return np.zeros(rows, np.min_scalar_type(len(self.cells) - 1))
        first, *others = digits
        number = first.of(chunk.columns[first.axis.input.name])
        for digit in others:
            number += digit.of(chunk.columns[digit.axis.input.name])
        return number
