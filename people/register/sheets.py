"""The sheets of a list: which column of theirs is which of ours, and each row's cells as codes, or why not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from foundation.text import fold
from people.contacts import NAME_HEADERS, PHONE_HEADERS, Rejection
from people.register.columns import CellError, Column
from people.spreadsheets import SpreadsheetError, read_rows

CODE_HEADERS: Final = frozenset(
    {"ma ho", "mahh", "ma hh", "ma so ho", "ma ho gia dinh", "so ho", "household", "household id", "household code"}
)
HEAD_HEADERS: Final = NAME_HEADERS | {"head", "head of household", "householder"}
PLACE_HEADERS: Final = {
    "village": frozenset({"village", "thon", "lang", "ban", "buon", "to dan pho", "thon lang", "thon ban", "khu"}),
    "commune": frozenset({"commune", "xa", "phuong", "xa phuong", "phuong xa", "thi tran", "ten xa"}),
    "district": frozenset({"district", "district before 2025", "huyen", "huyen cu", "quan huyen", "quan", "ten huyen"}),
    "province": frozenset({"province", "tinh", "tinh thanh", "tinh tp", "tinh thanh pho", "ten tinh"}),
}
HARMLESS: Final = frozenset({"", "stt", "tt", "so tt", "so thu tu", "no"})


@dataclass(slots=True)
class Header:
    """The header of a sheet: where each of our columns stands, and the titles of which nothing is read."""

    titles: list[str]
    fixed: dict[str, int] = field(default_factory=dict)
    phones: list[int] = field(default_factory=list)
    columns: list[tuple[int, Column]] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is written; `number` as a spreadsheet shows it."""

    number: int
    cells: Sequence[str]

    def cell(self, at: int | None) -> str:
        return self.cells[at] if at is not None and at < len(self.cells) else ""


class RowError(Exception):
    """A row that cannot be read, with what is told of it."""

    def __init__(self, row: Row, header: Header, at: int | None, reason: str) -> None:
        title = header.titles[at] if at is not None else ""
        self.rejection = Rejection(row.number, title, row.cell(at), reason)
        super().__init__(reason)


def open_sheet(
    path: Path, columns: Sequence[Column], places: bool, sheet: str | None = None
) -> tuple[Header, Iterator[Row]]:
    """The header of a sheet and its rows that are not empty. Raises SpreadsheetError.

    `places` says whether names of places and telephone numbers are looked for too.
    """
    rows = read_rows(path, sheet)
    header = _header(path, next(rows, []), columns, places)
    return header, (Row(number, cells) for number, cells in enumerate(rows, start=2) if any(cells))


def encoded(header: Header, row: Row) -> list[int | float]:
    """The codes of a row, in the order of `header.columns`. Raises RowError for the first cell that cannot be read."""
    codes: list[int | float] = []
    for at, column in header.columns:
        try:
            codes.append(column.encode(row.cell(at)))
        except CellError as error:
            raise RowError(row, header, at, str(error)) from error
    return codes


def _header(path: Path, titles: list[str], columns: Sequence[Column], places: bool) -> Header:
    header = Header(titles)
    fixed = {"code": CODE_HEADERS, "head": HEAD_HEADERS, **(PLACE_HEADERS if places else {})}
    meanings = {word: name for name, words in fixed.items() for word in words}
    ours = {_plain(word): column for column in columns for word in (column.name, *column.headers)}
    for at, title in enumerate(titles):
        word = _plain(title)
        if places and word in PHONE_HEADERS:
            header.phones.append(at)
        elif word in meanings:
            _once(path, title, meanings[word] in header.fixed)
            header.fixed[meanings[word]] = at
        elif word in ours:
            _once(path, title, any(column is ours[word] for _, column in header.columns))
            header.columns.append((at, ours[word]))
        elif word not in HARMLESS:
            header.ignored.append(title)
    if "code" not in header.fixed:
        raise SpreadsheetError(f"{path.name}: không có cột mã hộ (ví dụ «Mã hộ» hoặc «household_id»)")
    return header


def _once(path: Path, title: str, twice: bool) -> None:
    if twice:
        raise SpreadsheetError(f"{path.name}: hai cột cùng nghĩa, cột thứ hai là «{title}»: chỉ để lại một")


def _plain(title: str) -> str:
    """A title for comparing: folded, without what stands in brackets, marks as blanks."""
    bare = fold(title.partition("(")[0])
    return " ".join("".join(c if c.isalnum() else " " for c in bare).split())
