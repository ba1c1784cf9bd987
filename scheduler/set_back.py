"""When the machine's clock is set back: what was due by the clock of before shall not wait until that hour comes again.

A machine starts with a wrong clock and is corrected minutes later, say. Paces, back-offs in memory and polls go by a
clock that only goes on; rows of the outbox hold moments of the machine's.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from scheduler.outbox.models import OutboundMessage
from scheduler.outbox.states import State

log = structlog.get_logger()

LEAST = timedelta(seconds=30)
"""Less is a correction that nobody notices."""


class SetBack:
    """Compares the machine's clock with one that only goes on, each time it is asked."""

    def __init__(self, now: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._now = now
        self._monotonic = monotonic
        self._asked: tuple[datetime, float] | None = None

    def since_asked(self) -> datetime | None:
        """If the clock was set back since this was asked last, what it would show otherwise."""
        before, (now, at) = self._asked, (self._now(), self._monotonic())
        self._asked = now, at
        if before is None:
            return None
        expected = before[0] + timedelta(seconds=at - before[1])
        return expected if now < expected - LEAST else None


def due_again(session: Session, gateway: str, was: datetime, now: datetime) -> int:
    """What was due when the clock showed `was`, or was put off for a moment then, is due `now`; how many messages.

    So is what somebody has in hand: it was due when it was claimed, and may be given back. Those that were meant for a
    later hour when they were made keep their hour.
    """
    row = OutboundMessage
    at_once = row.not_before <= row.created_at
    put_off = and_(row.attempts > 0, row.not_before <= was + timedelta(hours=1))
    in_hand = row.state == State.SENDING
    waits = and_(row.state == State.QUEUED, or_(at_once, put_off))
    which = and_(row.gateway == gateway, row.not_before > now, or_(waits, in_hand))
    # In the order in which all lock many rows.
    session.execute(select(row.id).where(which).order_by(row.id).with_for_update())
    changed = session.execute(
        update(row).where(which).values(not_before=now).returning(row.id).execution_options(synchronize_session=False)
    )
    log.warning("the machine's clock was set back", gateway=gateway, seconds=round((was - now).total_seconds()))
    return len(changed.all())
