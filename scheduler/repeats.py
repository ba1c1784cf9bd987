"""Texts that may be sent once more because the carrier refuses a reference that it has had: eSMS does, for a day.

`status_asked_at` marks them: a row that is queued, and was asked after, is one whose first request may have arrived.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from scheduler.outbox.models import Batch, OutboundMessage
from scheduler.outbox.states import State

FIRST_AFTER = timedelta(minutes=1)
"""A receipt of the first request may still come, and says more than a second request."""
MARGIN = timedelta(hours=1)
"""Our clock and the carrier's may differ, and what was claimed in time leaves a little later."""


def repeat(session: Session, gateway: str, dedupes_for: timedelta, now: datetime) -> int:
    """Queue again, once and under the same reference, what is uncertain at a gateway that dedupes; how many.

    In the first half of the carrier's window only: the other half is for the queue, quiet hours and an open circuit.
    What was charged for the first request is given back to the batch, since the second is charged anew.
    """
    repeated = session.execute(
        update(OutboundMessage)
        .where(
            OutboundMessage.state == State.UNKNOWN,
            OutboundMessage.gateway == gateway,
            OutboundMessage.status_asked_at.is_(None),
            OutboundMessage.sent_at <= now - FIRST_AFTER,
            OutboundMessage.sent_at > now - dedupes_for / 2,
        )
        .values(state=State.QUEUED, left_by=None, status_asked_at=now, not_before=now, detail="uncertain; asked again")
        .returning(OutboundMessage.batch_id, OutboundMessage.price_vnd)
        .execution_options(synchronize_session=False)
    )
    prices = [(row.batch_id, row.price_vnd) for row in repeated]
    _charge(session, [(batch_id, -price_vnd) for batch_id, price_vnd in prices])
    return len(prices)


def asked_after(session: Session, ids: Sequence[int]) -> frozenset[int]:
    """Which of these rows were uncertain before: another gateway must not send them."""
    query = select(OutboundMessage.id).where(OutboundMessage.id.in_(ids), OutboundMessage.status_asked_at.is_not(None))
    return frozenset(session.scalars(query))


def too_late_to_repeat(
    session: Session, ids: Sequence[int], dedupes_for: timedelta | None, now: datetime
) -> frozenset[int]:
    """Which of these claimed rows waited so long for their second request that the carrier may have forgotten the
    first. They become `unknown` again, and stay with a person."""
    if not ids or dedupes_for is None:
        return frozenset()
    late = session.execute(
        update(OutboundMessage)
        .where(OutboundMessage.id.in_(ids), OutboundMessage.status_asked_at <= now - dedupes_for / 2 + MARGIN)
        .values(state=State.UNKNOWN, claimed_by=None, detail="uncertain; too late to ask again")
        .returning(OutboundMessage.id, OutboundMessage.batch_id, OutboundMessage.price_vnd)
        .execution_options(synchronize_session=False)
    ).all()
    _charge(session, [(row.batch_id, row.price_vnd) for row in late])
    return frozenset(row.id for row in late)


def _charge(session: Session, prices: Sequence[tuple[int | None, int]]) -> None:
    """What may have been sent is spent."""
    by_batch: dict[int, int] = {}
    for batch_id, price_vnd in prices:
        if batch_id is not None:
            by_batch[batch_id] = by_batch.get(batch_id, 0) + price_vnd
    for batch_id, price_vnd in by_batch.items():
        session.execute(update(Batch).where(Batch.id == batch_id).values(spent_vnd=Batch.spent_vnd + price_vnd))
