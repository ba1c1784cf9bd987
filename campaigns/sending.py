"""What the clock does with broadcasts: the audience of a due one becomes outbox rows, piece by piece; what is sent is
done.

A piece is one transaction, so that nobody waits long for the database. Where the last one ended stands on the
broadcast, written with the piece: who stops in between, at whatever moment, goes on there, and nobody is lost or gets
it twice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import islice

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from campaigns.broadcasts import batch_of, text_version
from campaigns.estimates import at_full_rate
from campaigns.models import Broadcast, Status
from foundation.database import Database
from foundation.message_class import MessageClass
from people import Recipient, members, record
from scheduler import outbox
from scheduler.outbox import NewMessage, Route, State, To
from scheduler.outbox.spreading import open_time, spread

log = structlog.get_logger()

PIECE = 2_000
"""People a transaction: about a tenth of a second, in which on SQLite nobody else writes (measured)."""
UNDER_WAY = (Status.SENDING, Status.PAUSED)


class _Step(Enum):
    MORE = auto()
    DONE = auto()
    """All its people are in, or it was missed."""
    NOTHING = auto()
    """Somebody else did it, or cancelled it."""


def send_due(database: Database, routes: Mapping[str, Route], now: datetime) -> int:
    """Expand every broadcast that is due into outbox rows, and go on with those that were cut short; how many that
    settled.

    One whose time passed while nothing ran is sent all the same, unless it has expired: then it is `missed`. One that
    fails is logged, left for the next time, and holds up no other. Several may work at once, on the same one too.
    """
    due = (Broadcast.status == Status.SCHEDULED) & (Broadcast.scheduled_at <= now)
    cut_short = Broadcast.status.in_(UNDER_WAY) & Broadcast.expanded_at.is_(None)
    with database.read() as session:
        found = session.scalars(select(Broadcast.id).where(or_(due, cut_short)).order_by(Broadcast.scheduled_at)).all()
    settled = 0
    for broadcast_id in found:
        try:
            settled += _expand(database, broadcast_id, routes, now)
        except Exception:
            log.exception("a broadcast could not be expanded", broadcast=broadcast_id)
    return settled


def finish(database: Database, now: datetime) -> int:
    """Mark broadcasts done that have nothing left to send; how many."""
    sending = select(Broadcast).where(Broadcast.status == Status.SENDING, Broadcast.expanded_at.is_not(None))
    with database.read() as session:
        if session.scalars(sending.limit(1)).first() is None:
            return 0  # asked every few seconds: no lock is taken for nothing
    finished = 0
    with database.write() as session:
        # One that an official holds, to cancel it maybe, is looked at the next time.
        for broadcast in session.scalars(sending.with_for_update(skip_locked=True)).all():
            counts = outbox.counts(session, batch_of(broadcast))
            if not counts.get(State.QUEUED) and not counts.get(State.SENDING):
                broadcast.status = Status.DONE
                record(session, now, "loa", "broadcast.done", "broadcast", broadcast.id, **counts)
                finished += 1
    return finished


def _expand(database: Database, broadcast_id: int, routes: Mapping[str, Route], now: datetime) -> bool:
    """Piece after piece; whether the last was ours."""
    step = _Step.MORE
    while step is _Step.MORE:
        with database.write() as session:
            # Held, so that whoever pauses or cancels it does so between two pieces and finds all that is in.
            broadcast = session.get_one(Broadcast, broadcast_id, with_for_update=True)
            step = _begin(session, broadcast, now) or _next_piece(session, broadcast, routes, now)
        if step is _Step.MORE:
            database.give_way()
    return step is _Step.DONE


def _begin(session: Session, broadcast: Broadcast, now: datetime) -> _Step | None:
    """Open the batch of one that is due; None where a piece is to follow."""
    if broadcast.status in UNDER_WAY and broadcast.expanded_at is None:
        return None
    if broadcast.status != Status.SCHEDULED:
        return _Step.NOTHING
    if broadcast.expires_at is not None and broadcast.expires_at <= now:
        broadcast.status = Status.MISSED
        record(session, now, "loa", "broadcast.missed", "broadcast", broadcast.id)
        return _Step.DONE
    message_class = MessageClass(broadcast.message_class)
    broadcast.batch_id = outbox.open_batch(session, message_class, now, budget_vnd=broadcast.cost_vnd)
    broadcast.status = Status.SENDING
    record(session, now, "loa", "broadcast.sending", "broadcast", broadcast.id)
    log.info("a broadcast goes out", broadcast=broadcast.id, people=broadcast.recipients)
    return None


def _next_piece(session: Session, broadcast: Broadcast, routes: Mapping[str, Route], now: datetime) -> _Step:
    route = outbox.way_out(routes, MessageClass(broadcast.message_class))
    after = broadcast.expanded_to or 0
    people = list(islice(members(session, broadcast.group_id, route.channel, after), PIECE))
    if people:
        _queue(session, broadcast, people, route, now)
        broadcast.expanded += len(people)
        broadcast.expanded_to = people[-1].contact_id
    if len(people) == PIECE:
        return _Step.MORE
    broadcast.expanded_at = now
    log.info("a broadcast is all in the outbox", broadcast=broadcast.id, people=broadcast.expanded)
    return _Step.DONE


def _queue(session: Session, broadcast: Broadcast, people: Sequence[Recipient], route: Route, now: datetime) -> None:
    message_class = MessageClass(broadcast.message_class)
    start = outbox.batch(session, batch_of(broadcast)).created_at
    over = _spread_over(broadcast, route, start)
    moments = spread(broadcast.recipients, start, over, route.hours[message_class], first=broadcast.expanded)
    like = NewMessage(
        dedupe_key="",
        address="",
        text=broadcast.text,
        message_class=message_class,
        route=route,
        not_before=start,
        batch_id=broadcast.batch_id,
        expires_at=broadcast.expires_at,
        template=f"broadcast:{broadcast.id}",
        template_version=text_version(broadcast.text),
        approver=broadcast.approved_by,
    )
    to = (
        To(f"broadcast:{broadcast.id}:{recipient.contact_id}", recipient.address, moment)
        for recipient, moment in zip(people, moments, strict=False)  # of moments there is no end
    )
    outbox.enqueue_alike(session, like, to, now)


def _spread_over(broadcast: Broadcast, route: Route, start: datetime) -> timedelta:
    """Over how much open time: as planned, or where it began late and would expire, what is left."""
    if broadcast.expires_at is None:
        return broadcast.spread
    left = open_time(start, broadcast.expires_at, route.hours[MessageClass(broadcast.message_class)])
    return max(timedelta(), min(broadcast.spread, left - at_full_rate(broadcast.segments, route)))
