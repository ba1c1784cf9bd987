"""What becomes of texts whose fate is uncertain: sent once more where the carrier dedupes, asked after where it tells,
and otherwise left to a person (`outbox.decisions`). Nothing is ever resent blindly.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, LargeBinary, and_, func, or_, select, type_coerce, update
from sqlalchemy.orm import Session

from foundation.database import Database
from foundation.keys import VaultError
from gateways.protocol import Gateway, Receipt, Sent
from people import AuditEntry, record
from scheduler.outbox.models import OutboundMessage
from scheduler.outbox.overview import UNKNOWN, waiting_for_a_person
from scheduler.outbox.receipts import DeliveryReport, merge
from scheduler.outbox.states import State
from scheduler.repeats import repeat

log = structlog.get_logger()

DEADLINE = timedelta(hours=24)
"""So long after a text left its fate may still be told; then a person decides."""
FIRST_QUESTION = timedelta(minutes=1)
LATE_RECEIPT = timedelta(minutes=10)
"""Where receipts come by themselves, nobody is asked before."""
ASK_FOR = timedelta(days=7)
"""eSMS tells of the last seven days (its manual, GetSmsReceiverStatus); nobody is known to tell for longer."""
ASK_AT_ONCE = 200
"""Messages a gateway and a run: at every 30 seconds some seven questions a second, far below any carrier's limit."""

ASK_EVERY: tuple[tuple[timedelta, timedelta], ...] = (
    (timedelta(minutes=10), timedelta(minutes=1)),
    (timedelta(hours=1), timedelta(minutes=5)),
    (timedelta(hours=6), timedelta(minutes=30)),
    (ASK_FOR, timedelta(hours=2)),
)
"""Up to this age of a message, its carrier is asked so often."""

NOTICE = "outbox.uncertain"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one run came to, in messages: of those `asked` about `told` changed something, `waiting` need a person."""

    repeated: int = 0
    asked: int = 0
    told: int = 0
    waiting: int = 0


async def reconcile(
    database: Database,
    gateways: Mapping[str, Gateway],
    now: datetime,
    deadline: timedelta = DEADLINE,
    at_once: bool = False,
) -> Reconciled:
    """Do for every uncertain text what can be done without a person. `at_once` asks whatever was asked just before."""
    repeated = asked = told = 0
    for gateway in gateways.values():
        if gateway.capabilities.dedupes_for is not None:
            repeated += await asyncio.to_thread(_repeat, database, gateway, now)
        if gateway.capabilities.tells_status:
            questions, answers = await ask(database, gateway, UNKNOWN, now, at_once)
            asked, told = asked + questions, told + answers
    waiting = await asyncio.to_thread(_notice, database, now, deadline)
    if repeated or asked:
        log.info("uncertain texts", repeated=repeated, asked=asked, told=told, waiting=sum(waiting.values()))
    return Reconciled(repeated, asked, told, sum(waiting.values()))


async def ask_for_receipts(database: Database, gateways: Mapping[str, Gateway], now: datetime) -> int:
    """Ask what became of texts that a gateway has taken and says nothing of; how many were told."""
    told = 0
    for gateway in gateways.values():
        if gateway.capabilities.tells_status:
            told += (await ask(database, gateway, TAKEN, now))[1]
    return told


TAKEN = OutboundMessage.state.in_([State.ACCEPTED, State.SENT])


async def ask(
    database: Database, gateway: Gateway, which: ColumnElement[bool], now: datetime, at_once: bool = False
) -> tuple[int, int]:
    """Ask a gateway what became of messages whose turn it is: how many were asked about, and how many changed."""
    sent = await asyncio.to_thread(_turn, database, gateway, which, now, at_once)
    if not sent:
        return 0, 0
    try:
        receipts = await gateway.status(sent)
    except Exception:
        # A gateway promises not to raise; one that does has said nothing, and is asked again in its turn.
        log.exception("asking a gateway failed", gateway=gateway.name)
        return len(sent), 0
    return len(sent), await asyncio.to_thread(_merge, database, gateway.name, receipts, now)


def _repeat(database: Database, gateway: Gateway, now: datetime) -> int:
    dedupes_for = gateway.capabilities.dedupes_for
    if dedupes_for is None:
        return 0
    with database.write() as session:
        return repeat(session, gateway.name, dedupes_for, now)


def _turn(database: Database, gateway: Gateway, which: ColumnElement[bool], now: datetime, at_once: bool) -> list[Sent]:
    """Those whose turn it is, marked as asked about before they are: two workers do not ask the same."""
    row = OutboundMessage
    comes_by_itself = gateway.capabilities.tells_delivery and which is TAKEN
    turn = row.status_asked_at.is_(None) | (row.status_asked_at < now) if at_once else _due(now)
    chosen = (
        select(row.id)
        .where(
            which,
            row.gateway == gateway.name,
            row.sent_at <= now - (LATE_RECEIPT if comes_by_itself else FIRST_QUESTION),
            row.sent_at > now - ASK_FOR,
            turn,
        )
        .order_by(row.status_asked_at.asc().nulls_first(), row.id)
        .limit(ASK_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    with database.write() as session:
        asked = session.execute(
            update(row)
            .where(row.id.in_(chosen.scalar_subquery()))
            .values(status_asked_at=now)
            .returning(
                row.reference,
                type_coerce(row.address, LargeBinary),
                row.provider_id,
                row.sent_at,
                type_coerce(row.text, LargeBinary),
            )
            .execution_options(synchronize_session=False)
        ).all()
    return list(_readable(database, asked))


def _readable(database: Database, asked: Iterable[Any]) -> Iterator[Sent]:
    """One row that cannot be decrypted keeps nobody from asking about the others."""
    for reference, address, provider_id, sent_at, text in asked:
        try:
            to, said = (database.vault.decrypt(bytes(sealed)) for sealed in (address, text))
            yield Sent(reference, to, provider_id, sent_at, said)
        except VaultError:
            log.error("a message cannot be read", reference=reference)


def _due(now: datetime) -> ColumnElement[bool]:
    """Never asked about, or not for as long as `ASK_EVERY` says for its age."""
    row = OutboundMessage
    bands = [and_(row.sent_at > now - age, row.status_asked_at <= now - every) for age, every in ASK_EVERY]
    return or_(row.status_asked_at.is_(None), *bands)


def _merge(database: Database, gateway: str, receipts: Sequence[Receipt], now: datetime) -> int:
    reports: dict[str, list[DeliveryReport]] = {}
    for each in receipts:
        report = DeliveryReport(each.reference, State(each.state), each.provider_id, each.detail, each.at)
        reports.setdefault(each.gateway or gateway, []).append(report)
    with database.write() as session:
        return sum(merge(session, about, told, now) for about, told in reports.items())


def _notice(database: Database, now: datetime, deadline: timedelta) -> dict[str, int]:
    """How many wait for a person, by gateway; new ones since the last notice are put on record, once."""
    with database.read() as session:
        waiting = waiting_for_a_person(session, now - deadline)
        new = _new(session, now, deadline) if waiting else 0
    if new:
        with database.write() as session:
            record(session, now, "loa", NOTICE, "outbox", "unknown", messages=new, waiting=sum(waiting.values()))
        log.warning("uncertain texts wait for a person", new=new, waiting=waiting)
    return waiting


def _new(session: Session, now: datetime, deadline: timedelta) -> int:
    notices = select(func.max(AuditEntry.at)).where(AuditEntry.subject_kind == "outbox", AuditEntry.action == NOTICE)
    last = session.scalar(notices)
    query = select(func.count()).where(UNKNOWN, OutboundMessage.sent_at <= now - deadline)
    if last is not None:
        query = query.where(OutboundMessage.sent_at > last - deadline)
    return session.scalar(query) or 0
