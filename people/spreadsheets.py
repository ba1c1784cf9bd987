"""Spreadsheets as officials keep them: CSV in the usual encodings, XLSX; rows of text, streamed."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from python_calamine import CalamineWorkbook

from foundation.refusal import Refusal
from foundation.text import fold, nfc

LARGEST_BYTES = 200 * 1024 * 1024
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class SpreadsheetError(Refusal):
    """A file that is no spreadsheet we can read; the message is Vietnamese and names the file."""


def read_rows(path: Path, sheet: str | None = None) -> Iterator[list[str]]:
    """Every row as a list of NFC texts, the header first. Cells are never evaluated.

    `sheet` names one of a workbook, in whatever case and with or without diacritics; the first one where left out.

    Raises:
        SpreadsheetError: absent, empty, too large, of another type, in an unknown encoding, or without that sheet.
    """
    if not path.is_file():
        raise SpreadsheetError(f"không có tệp {path}")
    size = path.stat().st_size
    if not size:
        raise SpreadsheetError(f"{path.name} rỗng")
    if size > LARGEST_BYTES:
        raise SpreadsheetError(f"{path.name} lớn hơn {LARGEST_BYTES // 1024**2} MB")
    match path.suffix.lower():
        case ".csv" | ".txt" | ".tsv" if sheet is not None:
            raise SpreadsheetError(f"{path.name} không có trang tính nào: chỉ .xlsx mới có «{sheet}»")
        case ".csv" | ".txt" | ".tsv":
            return _read_csv(path)
        case ".xlsx":
            return _read_xlsx(path, sheet)
        case other:
            raise SpreadsheetError(f"{path.name}: chỉ đọc được .csv và .xlsx, không phải «{other}»")


def _read_csv(path: Path) -> Iterator[list[str]]:
    encoding = _encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(64 * 1024)
        if "\0" in sample:
            raise SpreadsheetError(f"{path.name} không phải tệp CSV")
        file.seek(0)
        header = sample.splitlines()[0] if sample.strip() else ""
        delimiter = max(",;\t", key=header.count)
        try:
            for row in csv.reader(file, delimiter=delimiter):
                yield [nfc(cell).strip() for cell in row]
        except (csv.Error, UnicodeDecodeError) as error:
            raise SpreadsheetError(f"{path.name} không đọc được: {error}") from error


def _encoding(path: Path) -> str:
    # Without its mark any file of even length would pass for UTF-16.
    with path.open("rb") as raw:
        encoding = "utf-16" if raw.read(2) in _UTF16_MARKS else "utf-8-sig"
    try:
        with path.open(encoding=encoding) as file:
            while file.read(1 << 20):
                pass
    except UnicodeError as error:
        raise SpreadsheetError(f"{path.name}: lưu lại ở dạng CSV UTF-8 rồi thử lại") from error
    return encoding


def _read_xlsx(path: Path, sheet: str | None) -> Iterator[list[str]]:
    with _readable(path):
        book = CalamineWorkbook.from_path(str(path))
    at = _sheet_at(path, book.sheet_names, sheet)
    with _readable(path):
        rows = book.get_sheet_by_index(at).iter_rows()
    for row in rows:
        yield [_cell(value) for value in row]


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # calamine's errors share no base of their own
        raise SpreadsheetError(f"{path.name} không phải tệp XLSX đọc được (hỏng hoặc có mật khẩu)") from error


def _sheet_at(path: Path, names: Sequence[str], sheet: str | None) -> int:
    if sheet is None:
        return 0
    for at, name in enumerate(names):
        if fold(name) == fold(sheet):
            return at
    known = ", ".join(f"«{name}»" for name in names)
    raise SpreadsheetError(f"{path.name} không có trang tính «{sheet}», chỉ có {known}")


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # Excel keeps a number typed as text-like digits as a float
    return nfc(str(value)).strip()
