"""Lists of households become the register: a list that comes again replaces what it told before."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from foundation.clock import today
from foundation.database import Database, one_at_a_time, vault_of
from foundation.iteration import chunked
from foundation.message_class import MessageClass
from foundation.refusal import Refusal
from people.audit import record
from people.contacts import BATCH, upsert_contacts
from people.labels import replace_labels
from people.models import Consent, Official
from people.officials import Right, require
from people.register.chunks import CODE, PLACE, Households, read_pieces, read_places, write_chunks
from people.register.columns import Array, Column
from people.register.labelling import SMS, labels_told, source_of
from people.register.models import Basis, RegisterChunk, RegisterList, RegisterPiece, RegisterPlace
from people.register.parsing import Elsewhere, RegisterReport, Said, Told, read_households, read_persons, unsaid
from people.register.where import Where

LONGEST_NAME = 120
_REGISTER = "register"
"""Whether a list or a household is there already, one import decides after another."""


class RegisterError(Refusal):
    """Something that may not be done with a list; the message is Vietnamese."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a list comes from and what it rests on: a decision's number for a state task, for consent how it was given.

    `place` is where those of its households live whose rows name no commune.
    """

    name: str
    basis: Basis
    evidence: str
    place: str = ""


def import_register(
    session: Session,
    households: Path,
    persons: Path | None,
    source: Source,
    columns: Sequence[Column],
    official: Official,
    now: datetime,
) -> RegisterReport:
    """Import a list of households, and one of their members where there is one, in the caller's transaction.

    Importing the same again changes nothing. A row with a cell that cannot be read stays out and is told; an empty cell
    is unknown.

    Raises:
        RegisterError: no name, or nothing that the list rests on.
        SpreadsheetError: no spreadsheet, no column of household codes, two columns of one meaning.
        OfficialError: the official may not do this.
    """
    reading = _read(session, households, persons, None, source, columns, official, now, unsaid)
    return _keep(session, reading, columns, official, now)


def import_register_in_batches(
    database: Database,
    households: Path,
    persons: Path | None,
    source: Source,
    columns: Sequence[Column],
    official: Official,
    now: datetime,
    persons_sheet: str | None = None,
    said: Said = unsaid,
) -> RegisterReport:
    """The same in short transactions, so that others write in between: nothing is locked while the sheets are read,
    telephones become contacts a batch at a time, then the list takes the place of the one before in one go.

    Cut short, it leaves some contacts, and the list as it was; importing again adds the rest. `persons_sheet` names the
    sheet of `persons` that lists them, where it is not the first.

    Raises RegisterError also where another list has come or gone meanwhile.
    """
    with database.read() as session:
        reading = _read(session, households, persons, persons_sheet, source, columns, official, now, said)
    done = 0
    for batch in chunked(reading.told.numbers, BATCH):
        with database.write() as session:
            _take_in(session, batch, source, now)
        done += len(batch)
        said("số điện thoại", done)
    with database.write() as session:
        return _keep(session, reading, columns, official, now)


def remove_list(session: Session, name: str, official: Official, now: datetime) -> None:
    """Take a list out of the register; contacts stay. Raises RegisterError or OfficialError."""
    require(official, Right.WRITE)
    one_at_a_time(session, _REGISTER)
    found = session.scalar(select(RegisterList).where(RegisterList.name == name))
    if found is None:
        raise RegisterError(f"không có danh sách «{name}»")
    _empty(session, found)
    replace_labels(session, source_of(found.id), SMS, {})
    record(session, now, official.name, "register.removed", "register_list", found.id)
    session.delete(found)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the sheets of a list tell, and `others`, the chunks of other lists that were there meanwhile."""

    source: Source
    told: Told
    report: RegisterReport
    others: Sequence[int]


def _read(
    session: Session,
    households: Path,
    persons: Path | None,
    persons_sheet: str | None,
    source: Source,
    columns: Sequence[Column],
    official: Official,
    now: datetime,
    said: Said,
) -> _Reading:
    require(official, Right.WRITE)
    _check(source)
    report, others = RegisterReport(source.name), _others(session, source.name)
    elsewhere = _elsewhere(session, others)
    told = read_households(households, columns, source.place, today(now), elsewhere, report, said)
    if persons is not None:
        read_persons(persons, persons_sheet, columns, told, report, said)
    report.households, report.persons, report.contacts = len(told.rows), len(told.person_of), len(told.numbers)
    return _Reading(source, told, report, others)


def _keep(
    session: Session, reading: _Reading, columns: Sequence[Column], official: Official, now: datetime
) -> RegisterReport:
    source, told, report = reading.source, reading.told, reading.report
    one_at_a_time(session, _REGISTER)
    if _others(session, source.name) != reading.others:
        raise RegisterError("một danh sách khác vừa được nhập hoặc bỏ: nhập lại danh sách này")
    kept, report.replaced = _replaced(session, source, official, now)
    contacts: dict[str, int] = {}
    for batch in chunked(told.numbers, BATCH):
        contacts |= _take_in(session, batch, source, now)
    write_chunks(session, kept, _households(session, told, contacts), columns)
    replace_labels(session, source_of(kept.id), SMS, labels_told(told, columns))
    sizes = {"households": report.households, "persons": report.persons}
    record(session, now, official.name, "register.imported", "register_list", kept.id, basis=source.basis, **sizes)
    return report


def _check(source: Source) -> None:
    if not source.name.strip() or len(source.name) > LONGEST_NAME:
        raise RegisterError(f"danh sách phải có tên, nhiều nhất {LONGEST_NAME} ký tự")
    if not source.evidence.strip():
        raise RegisterError("phải ghi căn cứ: số quyết định, hoặc bà con đã đồng ý khi nào, bằng cách nào")


def _replaced(session: Session, source: Source, official: Official, now: datetime) -> tuple[RegisterList, bool]:
    """The list of that name with nothing in it, and whether there was one."""
    found = session.scalar(select(RegisterList).where(RegisterList.name == source.name))
    if found is not None:
        _empty(session, found)
    kept = found or RegisterList(name=source.name)
    kept.basis, kept.evidence = source.basis, source.evidence
    kept.imported_by, kept.imported_at = official.name, now
    session.add(kept)
    session.flush()
    return kept, found is not None


def _empty(session: Session, source: RegisterList) -> None:
    chunks = select(RegisterChunk.id).where(RegisterChunk.list_id == source.id)
    session.execute(delete(RegisterPiece).where(RegisterPiece.chunk_id.in_(chunks)))
    session.execute(delete(RegisterChunk).where(RegisterChunk.list_id == source.id))


def _others(session: Session, name: str) -> Sequence[int]:
    """The chunks of all lists but this one."""
    query = select(RegisterChunk.id).join(RegisterList, RegisterList.id == RegisterChunk.list_id)
    return session.scalars(query.where(RegisterList.name != name).order_by(RegisterChunk.id)).all()


def _elsewhere(session: Session, others: Sequence[int]) -> Elsewhere:
    """The codes of a commune's households in these chunks, looked up once a commune."""

    @cache
    def codes(province: str, commune: str) -> Container[str]:
        query = select(RegisterPlace.id).where(RegisterPlace.province == province, RegisterPlace.commune == commune)
        here = list(session.scalars(query))
        found: set[str] = set()
        for chunk in others if here else ():
            lives_here = np.isin(read_pieces(session, chunk, [PLACE])[PLACE][1], here)
            if lives_here.any():
                found.update(read_pieces(session, chunk, [CODE])[CODE][1][lives_here].tolist())
        return found

    return lambda where: codes(where.province, where.commune)


def _take_in(session: Session, phones: Sequence[str], source: Source, now: datetime) -> dict[str, int]:
    """The contact of each telephone number, with their consent where the list rests on it."""
    if source.basis is Basis.CONSENT:
        _keep_consent(session, phones, source, now)
    return dict(zip(phones, upsert_contacts(session, dict.fromkeys(phones), now).ids, strict=True))


def _households(session: Session, told: Told, contacts: Mapping[str, int]) -> Households:
    """What was told as arrays; places and telephones as rows of ours."""
    return Households(
        place=_place_ids(session, told.places),
        code=np.array(list(told.rows), np.str_),
        head=np.array(told.heads, np.str_),
        contact=np.array([contacts[phone] for _, phone in told.phones], np.int64),
        contact_of=np.array([row for row, _ in told.phones], np.int64),
        columns=told.columns,
        person_of=np.array(told.person_of, np.int64),
        persons=told.persons,
    )


def _place_ids(session: Session, places: Sequence[Where]) -> Array:
    """The number of each place's row, made where there is none."""
    known = {
        Where(place.province, place.commune, place.district_before_2025, place.village): place.id
        for place in read_places(session)
    }
    new = {
        where: RegisterPlace(
            province=where.province,
            commune=where.commune,
            district_before_2025=where.district_before_2025,
            village=where.village,
        )
        for where in dict.fromkeys(places)
        if where not in known
    }
    session.add_all(new.values())
    session.flush()
    known |= {where: place.id for where, place in new.items()}
    return np.array([known[where] for where in places], np.int32)


def _keep_consent(session: Session, phones: Sequence[str], source: Source, now: datetime) -> None:
    """Consent of each telephone that never gave any; one that was withdrawn is not given again by a list."""
    given = {
        "channel": "sms",
        "message_class": MessageClass.PUBLIC_INFORMATION,
        "evidence": f"{source.name}: {source.evidence}",
        "given_at": now,
    }
    vault = vault_of(session.get_bind().dialect)
    hashes = [vault.digest(phone) for phone in phones]
    query = select(Consent.address_hash).where(
        Consent.channel == given["channel"],
        Consent.message_class == given["message_class"],
        Consent.address_hash.in_(hashes),
    )
    known = set(session.scalars(query))
    if new := [given | {"address_hash": hash_} for hash_ in hashes if hash_ not in known]:
        session.execute(insert(Consent), new)
