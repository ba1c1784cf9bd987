"""The outbox at a glance: what waits, what is uncertain, what was refused, which gateways are trusted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, literal_column, or_, select, true
from sqlalchemy.orm import Session

from foundation.message_class import MessageClass
from foundation.phones import mask
from scheduler.outbox.models import Batch, GatewayState, OutboundMessage
from scheduler.outbox.states import CircuitState, State

# Literals, so that the indexes on the few rows in these states serve.
QUEUED = OutboundMessage.state == literal_column("'queued'")
UNKNOWN = OutboundMessage.state == literal_column("'unknown'")

NO_RECEIPT_AFTER = timedelta(hours=72)
"""Carriers keep trying a telephone that is off for up to three days; who is silent for longer says nothing any more."""
RECENT = timedelta(days=7)
AGES: tuple[tuple[str, timedelta], ...] = (
    ("1h", timedelta(hours=1)),
    ("24h", timedelta(hours=24)),
    ("7d", timedelta(days=7)),
)
"""Names of ages, each up to that long; what is older is "older"."""
_CLASSES = list(MessageClass)


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for one gateway in one class, in messages: of all `waiting`, `due` could leave now and `paused` are
    those of a batch that somebody stopped. `oldest_s` is how long the oldest due one has been due."""

    gateway: str
    message_class: MessageClass
    waiting: int
    due: int
    paused: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A message whose fate nobody knows. `to` is the masked number; None for an answer, as in `lives.Life`."""

    reference: str
    message_class: MessageClass
    gateway: str
    batch_id: int | None
    to: str | None
    price_vnd: int
    sent_at: datetime | None
    expires_at: datetime | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether a gateway is trusted with texts, since when, why not, and when it is tried again."""

    gateway: str
    circuit: CircuitState
    since: datetime | None = None
    retry_at: datetime | None = None
    because: str | None = None


def queues(session: Session, now: datetime) -> list[Queue]:
    """What waits, most urgent class first."""
    stopped = session.scalars(select(Batch.id).where(Batch.paused_at.is_not(None))).all()
    # A class has one priority, and that stands in the index.
    key = (OutboundMessage.gateway, OutboundMessage.priority)
    all_ = {
        (r.priority, r.gateway): r.waiting
        for r in session.execute(select(*key, func.count().label("waiting")).where(QUEUED).group_by(*key))
    }
    free = or_(OutboundMessage.batch_id.is_(None), OutboundMessage.batch_id.not_in(stopped)) if stopped else true()
    due = {
        (r.priority, r.gateway): (r.due, r.oldest)
        for r in session.execute(
            select(*key, func.count().label("due"), func.min(OutboundMessage.not_before).label("oldest"))
            .where(QUEUED, OutboundMessage.not_before <= now, free)
            .group_by(*key)
        )
    }
    paused = _paused(session, stopped) if stopped else {}
    return [
        Queue(
            gateway=gateway,
            message_class=_CLASSES[priority],
            waiting=waiting,
            due=due.get((priority, gateway), (0, now))[0],
            paused=paused.get((priority, gateway), 0),
            oldest_s=(now - due.get((priority, gateway), (0, now))[1]).total_seconds(),
        )
        for (priority, gateway), waiting in sorted(all_.items())
    ]


def _paused(session: Session, stopped: Sequence[int]) -> dict[tuple[int, str], int]:
    key = (OutboundMessage.gateway, OutboundMessage.priority)
    query = (
        select(*key, func.count().label("paused"))
        .where(OutboundMessage.batch_id.in_(stopped), OutboundMessage.state == State.QUEUED)
        .group_by(*key)
    )
    return {(r.priority, r.gateway): r.paused for r in session.execute(query)}


def uncertain_by_age(session: Session, now: datetime) -> dict[str, int]:
    """How many messages are uncertain, by how long ago they left."""
    counts = dict.fromkeys([*(name for name, _ in AGES), "older"], 0)
    left = session.execute(
        select(OutboundMessage.sent_at, func.count()).where(UNKNOWN).group_by(OutboundMessage.sent_at)
    )
    for sent_at, count in left:
        age = now - sent_at if sent_at else timedelta.max
        counts[next((name for name, longest in AGES if age <= longest), "older")] += count
    return counts


def uncertain(session: Session, limit: int) -> list[Uncertain]:
    """Uncertain messages, those that left first in front."""
    query = select(OutboundMessage).where(UNKNOWN).order_by(OutboundMessage.sent_at, OutboundMessage.id).limit(limit)
    return [
        Uncertain(
            reference=message.reference,
            message_class=MessageClass(message.message_class),
            gateway=message.gateway,
            batch_id=message.batch_id,
            to=None if message.message_class == MessageClass.REPLY else mask(message.address),
            price_vnd=message.price_vnd,
            sent_at=message.sent_at,
            expires_at=message.expires_at,
            detail=message.detail,
        )
        for message in session.scalars(query)
    ]


def waiting_for_a_person(session: Session, sent_before: datetime) -> dict[str, int]:
    """How many messages of each gateway are uncertain though they left before that moment."""
    query = (
        select(OutboundMessage.gateway, func.count().label("messages"))
        .where(UNKNOWN, OutboundMessage.sent_at <= sent_before)
        .group_by(OutboundMessage.gateway)
    )
    return {r.gateway: r.messages for r in session.execute(query)}


def count_uncertain(session: Session) -> int:
    """How many messages are uncertain."""
    # Naming a column of the index brings SQLite to it; else it reads through another of all rows.
    named = OutboundMessage.gateway > literal_column("''")
    return session.scalar(select(func.count()).where(UNKNOWN, named)) or 0


def without_receipt(session: Session, now: datetime) -> dict[str, int]:
    """How many messages of each gateway were taken and never spoken of again, of the last thirty days. Reads the whole
    outbox: for a person who asks, and not for every page."""
    query = (
        select(OutboundMessage.gateway, func.count().label("messages"))
        .where(
            OutboundMessage.state.in_([State.ACCEPTED, State.SENT]),
            OutboundMessage.sent_at <= now - NO_RECEIPT_AFTER,
            OutboundMessage.sent_at > now - timedelta(days=30),
        )
        .group_by(OutboundMessage.gateway)
    )
    return {r.gateway: r.messages for r in session.execute(query)}


def refusals(session: Session, now: datetime) -> dict[str, int]:
    """How many messages of the batches of the last seven days each rule refused."""
    recent = select(Batch.id).where(Batch.created_at > now - RECENT)
    query = (
        select(OutboundMessage.detail, func.count())
        .where(
            OutboundMessage.batch_id.in_(recent),
            OutboundMessage.state.in_([State.SUPPRESSED, State.EXPIRED]),
            OutboundMessage.detail.is_not(None),
        )
        .group_by(OutboundMessage.detail)
        .order_by(func.count().desc(), OutboundMessage.detail)
    )
    return {str(rule): count for rule, count in session.execute(query)}


def trusts(session: Session, gateways: Iterable[str]) -> list[Trust]:
    """How these gateways stand, in this order; who has never been in trouble is trusted."""
    known = {
        state.gateway: Trust(state.gateway, CircuitState(state.circuit), state.since, state.retry_at, state.because)
        for state in session.scalars(select(GatewayState))
    }
    return [known.get(gateway) or Trust(gateway, CircuitState.CLOSED) for gateway in gateways]
