"""What the clock does with broadcasts: the audience of one that is due becomes outbox rows, once; the sent are done."""

from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.broadcasts import batch_of, text_version
from campaigns.models import Broadcast, Status
from foundation.database import Database
from foundation.message_class import MessageClass
from people import members, record
from scheduler import outbox
from scheduler.outbox import NewMessage, Route, State

log = structlog.get_logger()


def send_due(database: Database, route: Route, now: datetime) -> int:
    """Expand every broadcast that is due into outbox rows, each in one transaction, so once; how many.

    One whose time passed while nothing ran is sent all the same, unless it has expired: then it is `missed`. One that
    fails is logged, left for the next time, and holds up no other.
    """
    with database.read() as session:
        due = session.scalars(
            select(Broadcast.id)
            .where(Broadcast.status == Status.SCHEDULED, Broadcast.scheduled_at <= now)
            .order_by(Broadcast.scheduled_at)
        ).all()
    expanded = 0
    for broadcast_id in due:
        try:
            with database.write() as session:
                broadcast = session.get_one(Broadcast, broadcast_id, with_for_update=True)
                if broadcast.status != Status.SCHEDULED:
                    continue
                _expand(session, broadcast, route, now)
            expanded += 1
        except Exception:
            log.exception("a broadcast could not be expanded", broadcast=broadcast_id)
    return expanded


def finish(database: Database, now: datetime) -> int:
    """Mark broadcasts done that have nothing left to send; how many."""
    sending = select(Broadcast).where(Broadcast.status == Status.SENDING)
    with database.read() as session:
        if session.scalars(sending.limit(1)).first() is None:
            return 0  # asked every few seconds: no lock is taken for nothing
    finished = 0
    with database.write() as session:
        for broadcast in session.scalars(sending).all():
            counts = outbox.counts(session, batch_of(broadcast))
            if not counts.get(State.QUEUED) and not counts.get(State.SENDING):
                broadcast.status = Status.DONE
                record(session, now, "loa", "broadcast.done", "broadcast", broadcast.id, **counts)
                finished += 1
    return finished


def _expand(session: Session, broadcast: Broadcast, route: Route, now: datetime) -> None:
    if broadcast.expires_at is not None and broadcast.expires_at <= now:
        broadcast.status = Status.MISSED
        record(session, now, "loa", "broadcast.missed", "broadcast", broadcast.id)
        return
    message_class = MessageClass(broadcast.message_class)
    batch_id = outbox.open_batch(session, message_class, now, budget_vnd=broadcast.cost_vnd)
    version = text_version(broadcast.text)
    added = outbox.enqueue(
        session,
        (
            NewMessage(
                dedupe_key=f"broadcast:{broadcast.id}:{recipient.contact_id}",
                address=recipient.address,
                text=broadcast.text,
                message_class=message_class,
                route=route,
                not_before=now,
                batch_id=batch_id,
                expires_at=broadcast.expires_at,
                template=f"broadcast:{broadcast.id}",
                template_version=version,
                approver=broadcast.approved_by,
            )
            for recipient in members(session, broadcast.group_id, route.channel)
        ),
        now,
    )
    broadcast.batch_id = batch_id
    broadcast.status = Status.SENDING
    record(session, now, "loa", "broadcast.sending", "broadcast", broadcast.id, messages=added)
    log.info("a broadcast goes out", broadcast=broadcast.id, messages=added)
