"""Takes up what dead workers had claimed: by their journals on this machine, by their leases on others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from sqlalchemy import case, func, or_, select, update
from sqlalchemy.orm import Session

from foundation.database import Database
from foundation.message_class import MessageClass
from gateways.protocol import Outcome, SendStatus
from scheduler import journal as journals
from scheduler import leases
from scheduler.claims import charge_claimed, release, settle
from scheduler.journal_form import Remains, read
from scheduler.outbox.models import OutboundMessage
from scheduler.outbox.states import State

LEASE_RAN_OUT = "its sender's lease ran out on another machine"
_MAY_NOT_HAVE_LEFT = frozenset({State.SENDING, State.UNKNOWN})
_NO_JOURNAL = Remains(complete=False)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that a dead worker holds, or held when its lease ran out."""

    id: int
    reference: str
    state: State
    batch_id: int | None
    attempts: int
    gateway: str
    message_class: MessageClass
    segments: int
    price_vnd: int


def recover(database: Database, folder: Path, now: datetime, random: Random) -> dict[State, int]:
    """Settle what dead workers had claimed by their journals, queue it again, or let it be `unknown`.

    A worker of this machine (whose journals are in `folder`) is dead when nobody holds its journal's lock, and taken
    up at once. One of another machine counts as dead when its lease has run out: its rows become `unknown`, and are
    queued again only when that machine is back and its journal proves that they never left.

    Returns how many went where. Safe to call at any time and from several processes.
    """
    found: dict[State, int] = {}
    # Asked before the rows are read: the dead claim nothing more, so these rows are all that they ever had.
    dead = journals.abandoned(folder)
    remains = {name: read(path) for name, path in dead.items()}
    here = leases.host_of(folder)
    with database.write() as session:
        holding = _holding(session, remains)
        senders = leases.holders(session, now)
        # Asked after the rows were read: whoever claimed them had a journal before. One who died in between is left
        # for the next time.
        living = journals.names(folder) - remains.keys()
        for name in sorted(holding - living):
            sender = senders.get(name)
            if name in remains or (sender and sender.host == here):
                rows = _rows(session, name)
                _take_up(session, name, rows, remains.get(name, _NO_JOURNAL), now, random)
                _count(session, rows, found)
            elif sender is None:  # no dispatcher: a web process that answers at once
                rows = _rows(session, name, claimed_before=now - leases.LEASE)
                _take_up(session, name, rows, _NO_JOURNAL, now, random)
                _count(session, rows, found)
            elif sender.ran_out:
                rows = _rows(session, name)
                _let_go(session, name, rows)
                _count(session, rows, found)
        leases.end(session, [name for name in senders.keys() - living if senders[name].host == here])
    for path in dead.values():
        path.unlink(missing_ok=True)
    return found


def _holding(session: Session, dead: Iterable[str]) -> set[str]:
    """Who has claimed rows, and which of the dead had some when their leases ran out."""
    claimed = select(OutboundMessage.claimed_by).where(OutboundMessage.claimed_by.is_not(None)).distinct()
    left = select(OutboundMessage.left_by).where(OutboundMessage.left_by.in_(list(dead))).distinct()
    return {name for query in (claimed, left) for name in session.scalars(query) if name is not None}


def _rows(session: Session, name: str, claimed_before: datetime | None = None) -> list[_Row]:
    """With what an early receipt has taken further: it was not charged yet. Locked, so that they are taken up once."""
    row = OutboundMessage
    query = select(
        *(row.id, row.reference, row.state, row.batch_id, row.attempts),
        *(row.gateway, row.message_class, row.segments, row.price_vnd),
    )
    query = query.where(or_(row.claimed_by == name, row.left_by == name))
    if claimed_before is not None:
        query = query.where(row.sent_at < claimed_before)
    return [_Row(*found) for found in session.execute(query.order_by(row.id).with_for_update())]


def _take_up(
    session: Session, name: str, rows: Sequence[_Row], remains: Remains, now: datetime, random: Random
) -> None:
    """Each goes where the journal of its sender says."""
    settled: list[tuple[_Row, Outcome]] = []
    never_left: list[_Row] = []
    for row in rows:
        if (outcome := remains.outcomes.get(row.reference)) is not None:
            settled.append((row, outcome))
        elif row.state in _MAY_NOT_HAVE_LEFT and remains.complete and row.reference not in remains.intents:
            never_left.append(row)
        else:
            uncertain = Outcome(row.reference, SendStatus.UNCERTAIN, detail="worker died while sending")
            settled.append((row, uncertain))
    if settled:
        settle(session, settled, name, now, random)
    if never_left:
        release(session, never_left, name, now)


def _let_go(session: Session, name: str, rows: Sequence[_Row]) -> None:
    """Of a machine that is not heard of: nobody knows what left, until it comes back with its journal."""
    charge_claimed(session, [row.id for row in rows], name)
    was_sending = OutboundMessage.state == State.SENDING
    session.execute(
        update(OutboundMessage)
        .where(OutboundMessage.id.in_([row.id for row in rows]), OutboundMessage.claimed_by == name)
        .values(
            state=case((was_sending, State.UNKNOWN), else_=OutboundMessage.state),
            detail=case((was_sending, LEASE_RAN_OUT), else_=OutboundMessage.detail),
            left_by=name,
            claimed_by=None,
        )
        .execution_options(synchronize_session=False)
    )


def _count(session: Session, rows: Sequence[_Row], found: dict[State, int]) -> None:
    """Count where these are now."""
    states = select(OutboundMessage.state, func.count()).where(OutboundMessage.id.in_([row.id for row in rows]))
    for state, count in session.execute(states.group_by(OutboundMessage.state)):
        found[State(state)] = found.get(State(state), 0) + count
