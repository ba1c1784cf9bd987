"""Contacts: from an official's spreadsheet into the register, each bad row told with row, column and reason."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.iteration import chunked
from foundation.phones import PhoneError, parse_phone
from foundation.text import fold
from people.models import Address, Contact, Group, GroupMember
from people.spreadsheets import SpreadsheetError, read_rows

CHUNK = 500
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
class _Row:
    phone: str
    name: str | None


def import_contacts(session: Session, path: Path, now: datetime, group: Group | None = None) -> ImportReport:
    """Import a CSV or XLSX file by SMS number, in the caller's transaction; into `group` where one is given.

    Importing the same file again changes nothing. Raises SpreadsheetError for a file without a phone column.
    """
    report = ImportReport()
    seen: set[str] = set()
    for chunk in chunked(_rows(path, report, seen), CHUNK):
        contacts = _store(session, chunk, now, report)
        if group is not None:
            _join(session, group, contacts)
    return report


def upsert_contact(session: Session, phone: str, now: datetime) -> int:
    """The contact who has this SMS number, made if unknown; its id."""
    return _store(session, [_Row(phone, None)], now, ImportReport())[0]


def _rows(path: Path, report: ImportReport, seen: set[str]) -> Iterator[_Row]:
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
        yield _Row(phone, (row[name_at] or None) if name_at is not None and name_at < len(row) else None)


def _store(session: Session, rows: Sequence[_Row], now: datetime, report: ImportReport) -> list[int]:
    known: dict[str, Address] = {
        address.address: address
        for address in session.scalars(
            select(Address).where(Address.channel == "sms", Address.address_hash.in_([row.phone for row in rows]))
        )
    }
    contacts = session.scalars(
        select(Contact).where(Contact.id.in_([address.contact_id for address in known.values()]))
    )
    by_id = {contact.id: contact for contact in contacts}
    new: dict[str, Contact] = {}
    for row in rows:
        if (address := known.get(row.phone)) is None:
            new[row.phone] = Contact(name=row.name, created_at=now, updated_at=now)
        elif row.name and by_id[address.contact_id].name != row.name:
            by_id[address.contact_id].name, by_id[address.contact_id].updated_at = row.name, now
    session.add_all(new.values())
    session.flush()  # gives them their ids
    session.add_all(
        Address(contact_id=contact.id, channel="sms", address=phone, address_hash=phone)
        for phone, contact in new.items()
    )
    session.flush()
    report.imported += len(new)
    report.updated += len(known)
    return [known[row.phone].contact_id if row.phone in known else new[row.phone].id for row in rows]


def _join(session: Session, group: Group, contacts: list[int]) -> None:
    present = set(
        session.scalars(
            select(GroupMember.contact_id).where(GroupMember.group_id == group.id, GroupMember.contact_id.in_(contacts))
        )
    )
    session.add_all(
        GroupMember(group_id=group.id, contact_id=contact) for contact in contacts if contact not in present
    )
    session.flush()
