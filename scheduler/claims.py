"""The dispatcher's statements: claim a batch, settle a batch, take up what a dead worker left. One statement each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import bindparam, case, func, select, update
from sqlalchemy.orm import Session

from foundation.database import Database
from foundation.message_class import MessageClass
from gateways.protocol import Outcome, SendStatus
from scheduler import journal as journals
from scheduler.checks import apply_rules
from scheduler.outbox.models import Batch, OutboundMessage
from scheduler.outbox.states import State
from scheduler.outbox.store import pause
from scheduler.rules import VERSION, Hours

MOST_ATTEMPTS = 6
FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 600.0
LONGEST_WISH_S = 86_400.0
"""What a gateway may ask us to wait; beyond a day it is a slip."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this worker alone may send now."""

    id: int
    reference: str
    address: str
    text: str
    encoding: str
    segments: int
    message_class: str
    batch_id: int | None
    attempts: int


def claim(
    session: Session, gateway: str, worker: str, limit: int, hours: Mapping[MessageClass, Hours], now: datetime
) -> list[Claimed]:
    """Claim up to `limit` due messages of a gateway, replies first; apply the rules to them; return those to send."""
    due = (
        select(OutboundMessage.id)
        .outerjoin(Batch, Batch.id == OutboundMessage.batch_id)
        .where(
            OutboundMessage.state == State.QUEUED,
            OutboundMessage.gateway == gateway,
            OutboundMessage.not_before <= now,
            Batch.paused_at.is_(None),
        )
        .order_by(OutboundMessage.priority, OutboundMessage.not_before, OutboundMessage.id)
        .limit(limit)
        .with_for_update(of=OutboundMessage, skip_locked=True)
    )
    claimed = session.execute(
        update(OutboundMessage)
        .where(OutboundMessage.id.in_(due.scalar_subquery()))
        .values(state=State.SENDING, claimed_by=worker, sent_at=now, rules_version=VERSION)
        .returning(OutboundMessage)
        .execution_options(synchronize_session=False)
    )
    messages = sorted(claimed.scalars(), key=lambda m: (m.priority, m.not_before, m.id))
    return [_claimed(message) for message in apply_rules(session, messages, hours, now)]


def settle(session: Session, outcomes: Sequence[tuple[Claimed, Outcome]], now: datetime, random: Random) -> None:
    """Write what came back. A row that a receipt has already taken further keeps its state."""
    rows = [_settled(claimed, outcome, now, random) for claimed, outcome in outcomes]
    connection = session.connection()
    table = OutboundMessage.__table__
    connection.execute(
        update(OutboundMessage)
        .where(table.c.id == bindparam("row"))
        .values(
            # Only a row still `sending` takes the outcome's state; an early receipt was faster and knows more.
            state=case((table.c.state == State.SENDING, bindparam("new_state")), else_=table.c.state),
            detail=case((table.c.state == State.SENDING, bindparam("new_detail")), else_=table.c.detail),
            provider_id=func.coalesce(bindparam("new_provider_id"), table.c.provider_id),
            attempts=bindparam("new_attempts"),
            not_before=bindparam("new_not_before", type_=OutboundMessage.not_before.type),
            settled_at=func.coalesce(
                table.c.settled_at, bindparam("new_settled_at", type_=OutboundMessage.settled_at.type)
            ),
            claimed_by=None,
        )
        .execution_options(synchronize_session=False),
        rows,
    )
    _charge(session, [claimed.id for claimed, outcome in outcomes if outcome.status in _CHARGED])
    for claimed, outcome in outcomes:
        if outcome.status is SendStatus.ACCOUNT and claimed.batch_id is not None:
            pause(session, claimed.batch_id, f"gateway: {outcome.detail}", now)


def release(session: Session, claimed: Sequence[Claimed], not_before: datetime) -> None:
    """Queue again what was certainly not sent."""
    session.execute(
        update(OutboundMessage)
        .where(OutboundMessage.id.in_([c.id for c in claimed]), OutboundMessage.state == State.SENDING)
        .values(state=State.QUEUED, claimed_by=None, not_before=not_before, sent_at=None)
    )


def recover(database: Database, folder: Path, now: datetime, random: Random) -> dict[State, int]:
    """Take up what dead workers had claimed: settled by their journals, queued again, or `unknown`.

    Returns how many went where. Safe to call at any time and from several processes.
    """
    found: dict[State, int] = {}
    # Asked before the rows are read: the dead claim nothing more, so these rows are all that they ever had.
    dead = journals.abandoned(folder)
    remains = {name: journals.read(path) for name, path in dead.items()}
    with database.write() as session:
        # With what an early receipt has taken further: it was not charged yet.
        held = session.scalars(
            select(OutboundMessage).where(OutboundMessage.claimed_by.is_not(None)).with_for_update()
        ).all()
        # Asked after the rows were read: whoever claimed them had a journal before. One who died in between is left
        # for the next time.
        others = journals.names(folder) - remains.keys()
        for message in held:
            if message.claimed_by in others:
                continue
            left = remains.get(message.claimed_by or "", journals.Remains(complete=False))
            claimed = _claimed(message)
            if (outcome := left.outcomes.get(message.reference)) is not None:
                settle(session, [(claimed, outcome)], now, random)
            elif message.state == State.SENDING and left.complete and message.reference not in left.intents:
                release(session, [claimed], now)
            else:
                uncertain = Outcome(message.reference, SendStatus.UNCERTAIN, detail="worker died while sending")
                settle(session, [(claimed, uncertain)], now, random)
            session.refresh(message)
            found[message.state] = found.get(message.state, 0) + 1
    for path in dead.values():
        path.unlink(missing_ok=True)
    return found


_CHARGED = frozenset({SendStatus.ACCEPTED, SendStatus.UNCERTAIN})
_STATES = {
    SendStatus.ACCEPTED: State.ACCEPTED,
    SendStatus.REJECTED: State.FAILED,
    SendStatus.UNCERTAIN: State.UNKNOWN,
    SendStatus.TEMPORARY: State.QUEUED,
    SendStatus.RATE_LIMITED: State.QUEUED,
    SendStatus.ACCOUNT: State.QUEUED,
}


def _settled(claimed: Claimed, outcome: Outcome, now: datetime, random: Random) -> dict[str, object]:
    state = _STATES[outcome.status]
    counted = outcome.status is not SendStatus.RATE_LIMITED
    attempts = claimed.attempts + counted
    if outcome.status is SendStatus.TEMPORARY and attempts >= MOST_ATTEMPTS:
        state = State.FAILED
    # The exponent is bounded too: an account in trouble is tried for weeks, and 2.0 ** 1024 is no number.
    back_off = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(attempts - 1, 16)) * random.uniform(0.8, 1.2)
    wait = min(outcome.retry_after_s or back_off, LONGEST_WISH_S)
    return {
        "row": claimed.id,
        "new_state": state,
        "new_detail": outcome.detail[:200] if outcome.detail else None,
        "new_provider_id": outcome.provider_id[:120] if outcome.provider_id else None,
        "new_attempts": attempts,
        "new_not_before": now + timedelta(seconds=wait) if state is State.QUEUED else now,
        "new_settled_at": now if state is State.FAILED else None,
    }


def _charge(session: Session, ids: Sequence[int]) -> None:
    spent = session.execute(
        select(OutboundMessage.batch_id, func.sum(OutboundMessage.price_vnd))
        .where(OutboundMessage.id.in_(ids), OutboundMessage.batch_id.is_not(None))
        .group_by(OutboundMessage.batch_id)
    )
    for batch_id, price in spent.all():
        session.execute(update(Batch).where(Batch.id == batch_id).values(spent_vnd=Batch.spent_vnd + price))


def _claimed(message: OutboundMessage) -> Claimed:
    return Claimed(
        message.id,
        message.reference,
        message.address,
        message.text,
        message.encoding,
        message.segments,
        message.message_class,
        message.batch_id,
        message.attempts,
    )
