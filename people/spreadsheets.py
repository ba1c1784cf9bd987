"""Spreadsheets as officials keep them: CSV in the usual encodings, XLSX; rows of text, streamed."""

import csv
from collections.abc import Iterator
from pathlib import Path

from python_calamine import CalamineWorkbook

from foundation.refusal import Refusal
from foundation.text import nfc

LARGEST_BYTES = 200 * 1024 * 1024
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class SpreadsheetError(Refusal):
    """A file that is no spreadsheet we can read; the message is Vietnamese and names the file."""


def read_rows(path: Path) -> Iterator[list[str]]:
    """Every row as a list of NFC texts, the header first. Cells are never evaluated.

    Raises:
        SpreadsheetError: absent, empty, too large, of another type, or in an unknown encoding.
    """
    if not path.is_file():
        raise SpreadsheetError(f"không có tệp {path}")
    size = path.stat().st_size
    if not size:
        raise SpreadsheetError(f"{path.name} rỗng")
    if size > LARGEST_BYTES:
        raise SpreadsheetError(f"{path.name} lớn hơn {LARGEST_BYTES // 1024**2} MB")
    match path.suffix.lower():
        case ".csv" | ".txt" | ".tsv":
            return _read_csv(path)
        case ".xlsx":
            return _read_xlsx(path)
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


def _read_xlsx(path: Path) -> Iterator[list[str]]:
    try:
        book = CalamineWorkbook.from_path(str(path))
        rows = book.get_sheet_by_index(0).iter_rows()
    except Exception as error:  # calamine's errors share no base of their own
        raise SpreadsheetError(f"{path.name} không phải tệp XLSX đọc được (hỏng hoặc có mật khẩu)") from error
    for row in rows:
        yield [_cell(value) for value in row]


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # Excel keeps a number typed as text-like digits as a float
    return nfc(str(value)).strip()
