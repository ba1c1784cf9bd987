"""What other rooms do with the outbox: open batches, count their messages, pause and cancel them."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from foundation.message_class import MessageClass
from scheduler.outbox.models import Batch, OutboundMessage
from scheduler.outbox.states import State


def open_batch(session: Session, message_class: MessageClass, now: datetime, budget_vnd: int | None = None) -> int:
    """A new batch; its id."""
    batch = Batch(message_class=message_class, budget_vnd=budget_vnd, created_at=now)
    session.add(batch)
    session.flush()
    return batch.id


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
