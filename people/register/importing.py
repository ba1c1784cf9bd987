"""Lists of households become the register: a list that comes again replaces what it told before."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from foundation.clock import today
from foundation.database import vault_of
from foundation.iteration import chunked
from foundation.message_class import MessageClass
from foundation.refusal import Refusal
from people.audit import record
from people.contacts import CHUNK, upsert_contact
from people.models import Consent, Official
from people.officials import Right, require
from people.register.chunks import CODE, PLACE, Households, read_pieces, read_places, write_chunks
from people.register.columns import Array, Column
from people.register.models import Basis, RegisterChunk, RegisterList, RegisterPiece, RegisterPlace
from people.register.parsing import Elsewhere, RegisterReport, Told, read_households, read_persons
from people.register.where import Where

LONGEST_NAME = 120


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
    require(official, Right.WRITE)
    _check(source)
    report = RegisterReport(source.name)
    elsewhere = _elsewhere(session, source.name)
    told = read_households(households, columns, source.place, today(now), elsewhere, report)
    if persons is not None:
        read_persons(persons, columns, told, report)
    kept, report.replaced = _replaced(session, source, official, now)
    write_chunks(session, kept, _households(session, told, now), columns)
    phones = list(dict.fromkeys(phone for _, phone in told.phones))
    if source.basis is Basis.CONSENT:
        _keep_consent(session, phones, source, now)
    report.households, report.persons, report.contacts = len(told.rows), len(told.person_of), len(phones)
    sizes = {"households": report.households, "persons": report.persons}
    record(session, now, official.name, "register.imported", "register_list", kept.id, basis=source.basis, **sizes)
    return report


def remove_list(session: Session, name: str, official: Official, now: datetime) -> None:
    """Take a list out of the register; contacts stay. Raises RegisterError or OfficialError."""
    require(official, Right.WRITE)
    found = session.scalar(select(RegisterList).where(RegisterList.name == name))
    if found is None:
        raise RegisterError(f"không có danh sách «{name}»")
    _empty(session, found)
    record(session, now, official.name, "register.removed", "register_list", found.id)
    session.delete(found)


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


def _elsewhere(session: Session, name: str) -> Elsewhere:
    """The codes of a commune's households in all lists but this one, looked up once a commune."""
    others = session.scalars(
        select(RegisterChunk.id)
        .join(RegisterList, RegisterList.id == RegisterChunk.list_id)
        .where(RegisterList.name != name)
    ).all()

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


def _households(session: Session, told: Told, now: datetime) -> Households:
    """What was told as arrays; places and telephones as rows of ours."""
    contacts = {
        phone: upsert_contact(session, phone, now) for phone in dict.fromkeys(phone for _, phone in told.phones)
    }
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
    channel, message_class = "sms", MessageClass.PUBLIC_INFORMATION
    for chunk in chunked(phones, CHUNK):
        query = select(Consent.address_hash).where(
            Consent.channel == channel, Consent.message_class == message_class, Consent.address_hash.in_(chunk)
        )
        known = set(session.scalars(query))
        session.add_all(
            Consent(
                channel=channel,
                address_hash=phone,
                message_class=message_class,
                evidence=f"{source.name}: {source.evidence}",
                given_at=now,
            )
            for phone in chunk
            if vault_of(session.get_bind().dialect).digest(phone) not in known
        )
