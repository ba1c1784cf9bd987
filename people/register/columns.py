"""Columns of the register: what a cell of a list may say, and how it is kept as a number.

The room knows no law, so the columns that lists may have are handed in: their names, kinds and the words that head
them. An empty cell is *unknown*, which every kind has a mark for; a cell that cannot be read is an error, never a
guess.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from foundation.text import fold

Array = npt.NDArray[Any]

UNKNOWN_CODE: Final = 255
"""Of choices, yes/no and small whole numbers (uint8)."""
UNKNOWN_WHOLE: Final = -1
"""Of other whole numbers (int64). Of numbers that need not be whole (float64) the mark is NaN."""

_YES = frozenset({"co", "x", "1", "yes", "y", "true", "dung", "roi", "v"})
_NO = frozenset({"khong", "0", "no", "n", "false", "sai", "chua", "k"})
_GROUPED = re.compile(r"\d{1,3}(?:([.,\s])\d{3})(?:\1\d{3})*")
_DECIMAL = re.compile(r"\d+(?:[.,]\d+)?")
_UNIT = re.compile(r"\s*(?:d|dong|vnd|kwh|km|tuoi|nguoi)$")


class Entity(StrEnum):
    """Of what a column tells."""

    HOUSEHOLD = "household"
    PERSON = "person"


class Kind(StrEnum):
    """What the cells of a column hold."""

    YES_NO = "yes_no"
    CHOICE = "choice"
    WHOLE = "whole"
    DECIMAL = "decimal"


class CellError(ValueError):
    """A cell that cannot be read; the message is Vietnamese and says what would be."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column that a list may have.

    `headers` are the words that head it, `words` what people write for each of `values`; both are compared folded.
    Numbers lie from `least` to `most`.
    """

    name: str
    entity: Entity
    kind: Kind
    values: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    least: float = 0
    most: float = 1e15

    @property
    def dtype(self) -> npt.DTypeLike:
        """A byte where all values and the mark of the unknown fit into one."""
        if self.kind is Kind.DECIMAL:
            return np.float64
        return np.int64 if self.kind is Kind.WHOLE and self.most >= UNKNOWN_CODE else np.uint8

    def encode(self, cell: str) -> int | float:
        """The number that stands for a cell; the mark of the unknown for an empty one. Raises CellError."""
        if not cell:
            return unknown(np.dtype(self.dtype))
        return _READERS[self.kind](self, cell)


def unknown(dtype: np.dtype[Any]) -> int | float:
    """The mark of what is not known in an array of this type."""
    if dtype.kind == "f":
        return float("nan")
    return UNKNOWN_CODE if dtype == np.uint8 else UNKNOWN_WHOLE


def is_unknown(values: Array) -> npt.NDArray[np.bool_]:
    """Where nothing is known."""
    found: npt.NDArray[np.bool_] = np.isnan(values) if values.dtype.kind == "f" else values == unknown(values.dtype)
    return found


def marks_of(column: Column, rows: int) -> Array:
    """A column of which nothing is known."""
    return np.full(rows, unknown(np.dtype(column.dtype)), column.dtype)


def _yes_no(column: Column, cell: str) -> int:
    folded = fold(cell)
    if folded in _YES:
        return 1
    if folded in _NO:
        return 0
    raise CellError("ghi «có» hoặc «không»; chưa biết thì để trống")


def _choice(column: Column, cell: str) -> int:
    folded = fold(cell)
    for code, value in enumerate(column.values):
        if folded == value:
            return code
    said = {fold(word): value for word, value in column.words.items()}
    if folded in said:
        return column.values.index(said[folded])
    known = ", ".join(f"«{word}»" for word in column.words) or ", ".join(column.values)
    raise CellError(f"chỉ nhận {known}; chưa biết thì để trống")


def _whole(column: Column, cell: str) -> int:
    number = _UNIT.sub("", fold(cell))
    if _GROUPED.fullmatch(number):
        number = re.sub(r"\D", "", number)
    if not re.fullmatch(r"\d+", number):
        raise CellError("phải là số nguyên không âm; chưa biết thì để trống")
    return int(_in_range(column, int(number)))


def _decimal(column: Column, cell: str) -> float:
    number = _UNIT.sub("", fold(cell))
    if not _DECIMAL.fullmatch(number):
        raise CellError("phải là số không âm, ví dụ 4,5; chưa biết thì để trống")
    return _in_range(column, float(number.replace(",", ".")))


def _in_range(column: Column, number: float) -> float:
    if not column.least <= number <= column.most:
        raise CellError(f"phải từ {column.least:,.0f} đến {column.most:,.0f}".replace(",", "."))
    return number


_READERS: Mapping[Kind, Callable[[Column, str], int | float]] = {
    Kind.YES_NO: _yes_no,
    Kind.CHOICE: _choice,
    Kind.WHOLE: _whole,
    Kind.DECIMAL: _decimal,
}
