"""Two sheets become columns: households, and their members. Nothing is stored here."""

from array import array
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from foundation.phones import PhoneError, parse_phone
from people.contacts import Rejection
from people.register.columns import Array, CellError, Column, Entity
from people.register.sheets import Header, Row, RowError, encoded, open_sheet
from people.register.where import Where, locate

PHONES_APART = str.maketrans("/;|\n", ",,,,")

Elsewhere = Callable[[Where], Container[str]]
"""The codes of households that other lists have in a commune."""

Said = Callable[[str, int], object]
"""Told now and then what is being done, in Vietnamese, and how many of it are done."""

ROWS_BETWEEN = 1_000


@dataclass(slots=True)
class RegisterReport:
    """What became of a list: how much is in, and each row that is not. Nothing is read under the titles `ignored`."""

    source: str
    replaced: bool = False
    households: int = 0
    persons: int = 0
    contacts: int = 0
    columns: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    rejected_persons: list[Rejection] = field(default_factory=list)


class Cells:
    """The codes of the columns that a sheet has, row after row."""

    def __init__(self, header: Header) -> None:
        self._columns = [column for _, column in header.columns]
        self._codes: list[array[Any]] = [array(np.dtype(column.dtype).char) for column in self._columns]

    def add(self, codes: Sequence[int | float]) -> None:
        for column, code in zip(self._codes, codes, strict=True):
            column.append(code)

    def whole(self) -> dict[str, Array]:
        """Each column by name."""
        named = zip(self._columns, self._codes, strict=True)
        return {column.name: np.array(codes, column.dtype) for column, codes in named}


@dataclass(slots=True)
class Told:
    """What both sheets say. `person_of` is the household of each person, `phones` are a household's row and number."""

    rows: dict[str, int] = field(default_factory=dict)
    heads: list[str] = field(default_factory=list)
    places: list[Where] = field(default_factory=list)
    phones: list[tuple[int, str]] = field(default_factory=list)
    columns: dict[str, Array] = field(default_factory=dict)
    person_of: list[int] = field(default_factory=list)
    persons: dict[str, Array] = field(default_factory=dict)

    @property
    def numbers(self) -> list[str]:
        """Every telephone number once."""
        return list(dict.fromkeys(phone for _, phone in self.phones))


def unsaid(_what: str, _done: int) -> None:
    """Nobody looks on."""


def read_households(
    path: Path,
    columns: Sequence[Column],
    place: str,
    on: date,
    elsewhere: Elsewhere,
    report: RegisterReport,
    said: Said,
) -> Told:
    """The households of a sheet; those that cannot be read are told in the report.

    `place` is where a household lives whose row names no commune. Raises SpreadsheetError.
    """
    header, rows = open_sheet(path, [c for c in columns if c.entity is Entity.HOUSEHOLD], places=True)
    told, cells = Told(), Cells(header)
    for row in _counted(rows, "hộ", said):
        try:
            code = _new_code(header, row, told)
            where = _where(header, row, place, on)
            if code in elsewhere(where):
                raise RowError(row, header, header.fixed["code"], "hộ này đã có trong một danh sách khác của xã")
            phones = _phones(header, row)
            cells.add(encoded(header, row))
        except RowError as error:
            report.rejected.append(error.rejection)
            continue
        told.phones += ((len(told.rows), phone) for phone in phones)
        told.rows[code] = len(told.rows)
        told.heads.append(row.cell(header.fixed.get("head")))
        told.places.append(where)
    told.columns = cells.whole()
    report.columns += told.columns
    report.ignored += header.ignored
    return told


def read_persons(
    path: Path, sheet: str | None, columns: Sequence[Column], told: Told, report: RegisterReport, said: Said
) -> None:
    """Add the members that a sheet lists to their households. Raises SpreadsheetError."""
    header, rows = open_sheet(path, [c for c in columns if c.entity is Entity.PERSON], places=False, sheet=sheet)
    cells = Cells(header)
    for row in _counted(rows, "người", said):
        try:
            at = header.fixed["code"]
            if row.cell(at) not in told.rows:
                raise RowError(row, header, at, "không có hộ này trong danh sách hộ, hoặc dòng của hộ không đọc được")
            cells.add(encoded(header, row))
        except RowError as error:
            report.rejected_persons.append(error.rejection)
            continue
        told.person_of.append(told.rows[row.cell(at)])
    told.persons = cells.whole()
    report.columns += told.persons
    report.ignored += header.ignored


def _counted(rows: Iterable[Row], what: str, said: Said) -> Iterator[Row]:
    for done, row in enumerate(rows):
        if done % ROWS_BETWEEN == 0:
            said(what, done)
        yield row


def _new_code(header: Header, row: Row, told: Told) -> str:
    at = header.fixed["code"]
    code = row.cell(at)
    if not code:
        raise RowError(row, header, at, "thiếu mã hộ")
    if code in told.rows:
        raise RowError(row, header, at, "mã hộ đã có ở một dòng trên")
    return code


def _where(header: Header, row: Row, place: str, on: date) -> Where:
    village, commune, district, province = (
        row.cell(header.fixed.get(name)) for name in ("village", "commune", "district", "province")
    )
    try:
        return locate(village, commune or place, district, province, on)
    except CellError as error:
        raise RowError(row, header, header.fixed.get("commune"), str(error)) from error


def _phones(header: Header, row: Row) -> list[str]:
    found: dict[str, None] = {}
    for at in header.phones:
        for number in filter(None, (part.strip() for part in row.cell(at).translate(PHONES_APART).split(","))):
            try:
                found[parse_phone(number)] = None
            except PhoneError as error:
                raise RowError(row, header, at, str(error)) from error
    return list(found)
