"""Contacts: from an official's spreadsheet into the register, each bad row told with row, column and reason."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from foundation.database import Database, one_at_a_time, vault_of
from foundation.iteration import chunked
from foundation.phones import PhoneError, parse_phone
from foundation.text import fold
from people.models import Address, Contact, Group, GroupMember
from people.spreadsheets import SpreadsheetError, read_rows

BATCH: Final = 2_000
"""Rows that are written in one go: a few tenths of a second in which nobody else writes."""

PHONE_HEADERS = frozenset(
    {"phone", "so dien thoai", "dien thoai", "sdt", "so dt", "dt", "mobile", "so may", "phone number", "tel"}
)
NAME_HEADERS = frozenset({"name", "ho ten", "ho va ten", "ten", "full name", "ten chu ho", "chu ho"})


@dataclass(frozen=True, slots=True)
class Rejection:
    """A row that was not imported. Rows count from 1, the header included, as a spreadsheet shows them."""

    row: int
    column: str
    value: str
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What became of a file: `rows` read without the header, `imported` new, `updated` known before."""

    rows: int = 0
    imported: int = 0
    updated: int = 0
    duplicates: int = 0
    rejected: list[Rejection] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Upserted:
    """Contacts in the order asked for, by their ids, and how many of them are new."""

    ids: list[int]
    new: int


class _Known(NamedTuple):
    id: int
    name: str | None


def import_contacts(session: Session, path: Path, now: datetime, group: Group | None = None) -> ImportReport:
    """Import a CSV or XLSX file by SMS number, in the caller's transaction; into `group` where one is given.

    Importing the same file again changes nothing. Raises SpreadsheetError for a file without a phone column.
    """
    report = ImportReport()
    for names in _batches(path, report):
        _take_in(session, names, now, group, report)
    return report


def import_contacts_in_batches(
    database: Database, path: Path, now: datetime, group: Group | None = None, told: Callable[[int], None] | None = None
) -> ImportReport:
    """The same, a transaction a batch, so that others write in between; `told` the rows that are done after each.

    What is in stays in when the import is cut short; importing again adds the rest.
    """
    report = ImportReport()
    for names in _batches(path, report):
        with database.write() as session:
            _take_in(session, names, now, group, report)
        if told is not None:
            told(report.rows)
    return report


def upsert_contact(session: Session, phone: str, now: datetime) -> int:
    """The contact who has this SMS number, made if unknown; its id."""
    return upsert_contacts(session, {phone: None}, now).ids[0]


def upsert_contacts(session: Session, names: Mapping[str, str | None], now: datetime) -> Upserted:
    """The contacts who have these SMS numbers, made where unknown; a name that is given replaces the one we knew.

    A batch of them: all numbers are looked up in one query.
    """
    one_at_a_time(session, "contacts")  # who is unknown to two imports shall be made by one of them
    vault = vault_of(session.get_bind().dialect)
    hashes = {phone: vault.digest(phone) for phone in names}
    known = _known(session, hashes.values())
    told_anew = [
        {"id": known[hash_].id, "name": names[phone], "updated_at": now}
        for phone, hash_ in hashes.items()
        if hash_ in known and names[phone] and names[phone] != known[hash_].name
    ]
    if told_anew:
        session.execute(update(Contact), told_anew)
    new = [phone for phone, hash_ in hashes.items() if hash_ not in known]
    made = dict(zip(new, _make(session, new, names, hashes, now), strict=True))
    return Upserted([made[phone] if phone in made else known[hashes[phone]].id for phone in names], len(made))


def _known(session: Session, hashes: Iterable[bytes]) -> dict[bytes, _Known]:
    query = (
        select(Address.address_hash, Contact.id, Contact.name)
        .join(Contact, Contact.id == Address.contact_id)
        .where(Address.channel == "sms", Address.address_hash.in_(list(hashes)))
    )
    return {hash_: _Known(contact, name) for hash_, contact, name in session.execute(query)}


def _make(
    session: Session,
    phones: Sequence[str],
    names: Mapping[str, str | None],
    hashes: Mapping[str, bytes],
    now: datetime,
) -> Sequence[int]:
    """New contacts with these numbers; their ids in this order."""
    if not phones:
        return []
    rows = [{"name": names[phone], "created_at": now, "updated_at": now} for phone in phones]
    ids = session.scalars(insert(Contact).returning(Contact.id, sort_by_parameter_order=True), rows).all()
    session.execute(
        insert(Address),
        [
            {"contact_id": contact, "channel": "sms", "address": phone, "address_hash": hashes[phone]}
            for contact, phone in zip(ids, phones, strict=True)
        ],
    )
    return ids


def _batches(path: Path, report: ImportReport) -> Iterator[dict[str, str | None]]:
    """Names by number, so many at a time; what is wrong or double is told in the report."""
    return map(dict, chunked(_rows(path, report), BATCH))


def _rows(path: Path, report: ImportReport) -> Iterator[tuple[str, str | None]]:
    seen: set[str] = set()
    rows = read_rows(path)
    header = next(rows, [])
    folded = [fold(cell).rstrip(".:") for cell in header]
    phone_at = next((i for i, name in enumerate(folded) if name in PHONE_HEADERS), None)
    name_at = next((i for i, name in enumerate(folded) if name in NAME_HEADERS), None)
    if phone_at is None:
        raise SpreadsheetError(f"{path.name}: không có cột số điện thoại (ví dụ «phone» hoặc «Số điện thoại»)")
    for number, row in enumerate(rows, start=2):
        if not any(row):
            continue
        report.rows += 1
        value = row[phone_at] if phone_at < len(row) else ""
        try:
            phone = parse_phone(value)
        except PhoneError as error:
            report.rejected.append(Rejection(number, header[phone_at], value, str(error)))
            continue
        if phone in seen:
            report.duplicates += 1
            continue
        seen.add(phone)
        yield phone, (row[name_at] or None) if name_at is not None and name_at < len(row) else None


def _take_in(
    session: Session, names: Mapping[str, str | None], now: datetime, group: Group | None, report: ImportReport
) -> None:
    taken = upsert_contacts(session, names, now)
    report.imported += taken.new
    report.updated += len(taken.ids) - taken.new
    if group is not None:
        _join(session, group, taken.ids)


def _join(session: Session, group: Group, contacts: Sequence[int]) -> None:
    present = set(
        session.scalars(
            select(GroupMember.contact_id).where(GroupMember.group_id == group.id, GroupMember.contact_id.in_(contacts))
        )
    )
    joining = [{"group_id": group.id, "contact_id": contact} for contact in contacts if contact not in present]
    if joining:
        session.execute(insert(GroupMember), joining)
