"""A conversation's state in the database: encrypted, one row an address, forgotten after a day.

Of an interview whose questions are open, and of nothing else, three days are kept.
"""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.exchange import State
from bot.interview.models import Slip
from bot.models import Conversation

REMEMBERED = timedelta(hours=24)
"""A phone is often shared: what one asked yesterday is not what another means today."""

OPEN_INTERVIEW = timedelta(hours=72)
"""Who has to look for a paper or ask their mother first answers the next day or the day after."""


def recall(session: Session, channel: str, address: str, now: datetime) -> State:
    """The state of the conversation, or a fresh one when there is none or it has expired; after a day, what is left
    is an open interview, of which nothing told is shown."""
    row = _row(session, channel, address)
    if row is None or row.expires_at <= now:
        return State()
    try:
        state = msgspec.json.decode(row.state, type=State)
    except msgspec.DecodeError:
        return State()  # written by a version that knew other fields
    said_at = row.expires_at - _kept(state)
    if state.interview is None or now < said_at + REMEMBERED:
        return state
    return State(interview=state.interview.hiding())


def remember(session: Session, channel: str, address: str, state: State, now: datetime) -> None:
    """Store the state in the caller's transaction."""
    row = _row(session, channel, address)
    text, expires_at = msgspec.json.encode(state).decode(), now + _kept(state)
    if row is None:
        row = Conversation(channel=channel, address_hash=address, state=text, expires_at=expires_at)
        session.add(row)
    else:
        row.state, row.expires_at = text, expires_at


def forget_expired(session: Session, now: datetime) -> int:
    """Delete what nobody may be reminded of any more, slips among it; how many conversations."""
    session.execute(delete(Slip).where(Slip.expires_at <= now))
    gone = session.execute(delete(Conversation).where(Conversation.expires_at <= now).returning(Conversation.id))
    return len(gone.all())


def _kept(state: State) -> timedelta:
    return OPEN_INTERVIEW if state.interview is not None and state.interview.is_open else REMEMBERED


def _row(session: Session, channel: str, address: str) -> Conversation | None:
    return session.scalar(
        select(Conversation).where(Conversation.address_hash == address, Conversation.channel == channel)
    )
