"""The national Do-Not-Call list: numbers to which no advertising may go (Decree 91/2020/NĐ-CP art. 7).

Kept as keyed hashes alone. A newer list takes the place of the one before; while it comes in, both hold.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from foundation.database import Database
from foundation.iteration import chunked
from foundation.phones import PhoneError, parse_phone
from foundation.refusal import Refusal
from foundation.text import fold
from people.audit import record
from people.contacts import PHONE_HEADERS
from people.models import DoNotCall
from people.spreadsheets import read_rows

BATCH: Final = 5_000
_NAME = re.compile(r"[\w.-]{1,24}")


class DoNotCallError(Refusal):
    """A list that may not take the place of the one before; the message is Vietnamese."""


class BadRow(NamedTuple):
    """A row that holds no number, counted from 1; the number itself is never repeated."""

    row: int
    reason: str


@dataclass(slots=True)
class DoNotCallReport:
    """What became of a file: `rows` that hold something, different `numbers` in the list now, and those that `gone`."""

    version: str
    rows: int = 0
    numbers: int = 0
    gone: int = 0
    rejected: list[BadRow] = field(default_factory=list)


class Listed(NamedTuple):
    """A version of the list, and how many numbers it holds. There are two only where an import was cut short."""

    version: str
    numbers: int


def listed(session: Session, hashes: Iterable[bytes]) -> set[bytes]:
    """Of these address hashes, those that stand in the list."""
    found: set[bytes] = set()
    for some in chunked(hashes, BATCH):
        found.update(session.scalars(select(DoNotCall.address_hash).where(DoNotCall.address_hash.in_(some))))
    return found


def import_do_not_call(
    database: Database, path: Path, version: str, actor: str, now: datetime, told: Callable[[int], object] = int
) -> DoNotCallReport:
    """Take in a list, one number a row in any spelling, in short transactions; `told` the rows done after each.

    Importing the same again changes nothing. Cut short, it leaves more numbers in the list and none fewer; importing
    again completes it.

    Raises:
        SpreadsheetError: a file that cannot be read.
        DoNotCallError: a version that is no name, or more rows that are no number than numbers: nothing goes then.
    """
    if not _NAME.fullmatch(version):
        raise DoNotCallError(f"tên bản «{version}» chỉ gồm chữ, số, dấu chấm và gạch, nhiều nhất 24 ký tự")
    # With the file's own mark: another file under the same name leaves nothing of the first behind.
    mark = f"{version}@{_digest(path)}"
    report = DoNotCallReport(version)
    for numbers in chunked(_numbers(path, report), BATCH):
        with database.write() as session:
            _add(session, dict.fromkeys(numbers), mark)
        told(report.rows)
        database.give_way()
    if len(report.rejected) * 2 >= report.rows:
        wrong = f"{len(report.rejected)} trong {report.rows} dòng không phải số điện thoại" if report.rows else "rỗng"
        raise DoNotCallError(f"{path.name}: {wrong}; danh sách cũ được giữ nguyên")
    while True:
        with database.write() as session:
            if not (gone := _drop_others(session, mark)):
                break
        report.gone += gone
    with database.write() as session:
        report.numbers = session.scalar(select(func.count()).select_from(DoNotCall)) or 0
        counted = {"numbers": report.numbers, "gone": report.gone, "rejected": len(report.rejected)}
        record(session, now, actor, "do_not_call.imported", "do_not_call", version, **counted)
    return report


def versions(session: Session) -> list[Listed]:
    """What is in the list, by version."""
    query = select(DoNotCall.list_version, func.count()).group_by(DoNotCall.list_version)
    return [Listed(mark.rpartition("@")[0], count) for mark, count in session.execute(query.order_by("list_version"))]


def _numbers(path: Path, report: DoNotCallReport) -> Iterator[str]:
    rows = read_rows(path)
    first = next(rows, [])
    at = next((i for i, cell in enumerate(first) if fold(cell).rstrip(".:") in PHONE_HEADERS), None)
    for number, row in enumerate(chain([first] if at is None else [], rows), start=1 if at is None else 2):
        if not any(row):
            continue
        report.rows += 1
        try:
            yield parse_phone(row[at or 0] if len(row) > (at or 0) else "")
        except PhoneError as error:
            report.rejected.append(BadRow(number, str(error)))


def _add(session: Session, numbers: Iterable[str], mark: str) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    insert = dialect.insert(DoNotCall)
    statement = insert.on_conflict_do_update(
        index_elements=["address_hash"],
        set_={"list_version": mark},
        where=DoNotCall.list_version != insert.excluded.list_version,
    )
    # With RETURNING, many rows are one statement.
    session.execute(
        statement.returning(DoNotCall.list_version),
        [{"address_hash": number, "list_version": mark} for number in numbers],
    )


def _drop_others(session: Session, mark: str) -> int:
    """Take out some numbers that the newest list does not hold; how many."""
    some = select(DoNotCall.address_hash).where(DoNotCall.list_version != mark).limit(10 * BATCH)
    gone = delete(DoNotCall).where(DoNotCall.address_hash.in_(some.scalar_subquery())).returning(DoNotCall.list_version)
    return len(session.execute(gone.execution_options(synchronize_session=False)).all())


def _digest(path: Path) -> str:
    """Eight characters that tell a file from others."""
    digest = sha256()
    if path.is_file():  # what is none is told where it is read
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:8]
