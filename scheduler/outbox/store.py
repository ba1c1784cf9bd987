"""What other rooms do with the outbox: put messages in, count them, pause and cancel them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Insert, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from foundation.identifiers import new_reference
from foundation.iteration import chunked
from foundation.message_class import MessageClass
from foundation.refusal import Refusal
from foundation.text import segment, split
from scheduler.outbox.models import Batch, OutboundMessage
from scheduler.outbox.states import State

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Route:
    """The gateway that a message takes, what a segment costs there, and how many it carries."""

    gateway: str
    channel: str
    price_vnd_per_segment: int
    max_segments: int


class RouteError(Refusal):
    """No gateway in use reaches that channel."""


def way_back(routes: Mapping[str, Route], gateway: str | None, channel: str) -> Route:
    """The route of an answer: the gateway that the question came by, or else one of its channel.

    Raises RouteError.
    """
    route = routes.get(gateway or "") or next((r for r in routes.values() if r.channel == channel), None)
    if route is not None:
        return route
    raise RouteError(f"no gateway in use reaches {channel}: see LOA_GATEWAYS")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to put into the outbox. The same `dedupe_key` is accepted once, for ever."""

    dedupe_key: str
    address: str
    text: str
    message_class: MessageClass
    route: Route
    not_before: datetime
    batch_id: int | None = None
    inbound_id: int | None = None
    expires_at: datetime | None = None
    template: str | None = None
    template_version: str | None = None
    model_id: str | None = None
    approver: str | None = None


def in_parts(message: NewMessage) -> list[NewMessage]:
    """The message as several, each no longer than its route carries; the dedupe keys end in the part's number."""
    return [
        replace(message, text=part, dedupe_key=f"{message.dedupe_key}:{number}")
        for number, part in enumerate(split(message.text, message.route.max_segments), start=1)
    ]


def open_batch(session: Session, message_class: MessageClass, now: datetime, budget_vnd: int | None = None) -> int:
    """A new batch; its id."""
    batch = Batch(message_class=message_class, budget_vnd=budget_vnd, created_at=now)
    session.add(batch)
    session.flush()
    return batch.id


def enqueue(session: Session, messages: Iterable[NewMessage], now: datetime) -> int:
    """Queue messages in the caller's transaction; how many were new. Segments and price are fixed here."""
    added = 0
    for chunk in chunked(messages, CHUNK):
        rows = [_row(message, now) for message in chunk]
        result = session.execute(_insert_new(session).returning(OutboundMessage.id), rows)
        added += len(result.all())
    return added


def counts(session: Session, batch_id: int) -> dict[str, int]:
    """How many of a batch's messages are in each state; states with none are left out."""
    query = (
        select(OutboundMessage.state, func.count())
        .where(OutboundMessage.batch_id == batch_id)
        .group_by(OutboundMessage.state)
    )
    return {str(state): count for state, count in session.execute(query)}


def reasons(session: Session, batch_id: int) -> dict[tuple[str, str], int]:
    """How many of a batch's messages ended in each (state, reason), for those that have a reason."""
    query = (
        select(OutboundMessage.state, OutboundMessage.detail, func.count())
        .where(OutboundMessage.batch_id == batch_id, OutboundMessage.detail.is_not(None))
        .group_by(OutboundMessage.state, OutboundMessage.detail)
    )
    return {(str(state), str(detail)): count for state, detail, count in session.execute(query)}


def batch(session: Session, batch_id: int) -> Batch:
    return session.get_one(Batch, batch_id)


def pause(session: Session, batch_id: int, because: str, now: datetime) -> None:
    """Nothing more of the batch is claimed; what is on the wire goes on."""
    paused = {"paused_at": now, "paused_because": because[:200]}
    session.execute(update(Batch).where(Batch.id == batch_id, Batch.paused_at.is_(None)).values(paused))


def resume(session: Session, batch_id: int) -> None:
    session.execute(update(Batch).where(Batch.id == batch_id).values(paused_at=None, paused_because=None))


def cancel(session: Session, batch_id: int, now: datetime) -> int:
    """Cancel what was not claimed yet; how many. What is on the wire is not tried again, should it come back."""
    session.execute(
        update(OutboundMessage)
        .where(OutboundMessage.batch_id == batch_id, OutboundMessage.state == State.SENDING)
        .values(expires_at=now)
    )
    cancelled = session.execute(
        update(OutboundMessage)
        .where(OutboundMessage.batch_id == batch_id, OutboundMessage.state == State.QUEUED)
        .values(state=State.CANCELLED, settled_at=now)
        .returning(OutboundMessage.id)
    )
    return len(cancelled.all())


def replies_to(session: Session, inbound_ids: Iterable[int]) -> Mapping[int, list[OutboundMessage]]:
    """The replies that answered these inbound texts, by inbound id, in order."""
    found: dict[int, list[OutboundMessage]] = {}
    query = (
        select(OutboundMessage).where(OutboundMessage.inbound_id.in_(list(inbound_ids))).order_by(OutboundMessage.id)
    )
    for message in session.scalars(query):
        found.setdefault(message.inbound_id or 0, []).append(message)
    return found


def oldest_wait(session: Session, now: datetime) -> timedelta:
    """How long the oldest due message has been waiting; those of a paused batch wait for a person, not for us."""
    oldest = session.scalar(
        select(func.min(OutboundMessage.not_before))
        .outerjoin(Batch, Batch.id == OutboundMessage.batch_id)
        .where(OutboundMessage.state == State.QUEUED, OutboundMessage.not_before <= now, Batch.paused_at.is_(None))
    )
    return now - oldest if oldest else timedelta()


def _insert_new(session: Session) -> Insert:
    """INSERT that passes over known dedupe keys."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(OutboundMessage).on_conflict_do_nothing(index_elements=["dedupe_key"])
    return postgresql.insert(OutboundMessage).on_conflict_do_nothing(index_elements=["dedupe_key"])


def _row(message: NewMessage, now: datetime) -> dict[str, object]:
    counted = segment(message.text)
    return {
        "reference": new_reference(),
        "dedupe_key": message.dedupe_key,
        "batch_id": message.batch_id,
        "inbound_id": message.inbound_id,
        "message_class": message.message_class,
        "priority": message.message_class.priority,
        "channel": message.route.channel,
        "gateway": message.route.gateway,
        "address": message.address,
        "address_hash": message.address,
        "text": counted.text,
        "encoding": counted.encoding.value,
        "segments": counted.segments,
        "price_vnd": counted.segments * message.route.price_vnd_per_segment,
        "template": message.template,
        "template_version": message.template_version,
        "model_id": message.model_id,
        "approver": message.approver,
        "state": State.QUEUED,
        "attempts": 0,
        "not_before": message.not_before,
        "expires_at": message.expires_at,
        "created_at": now,
    }
