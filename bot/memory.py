"""A conversation's state in the database: encrypted, one row an address, forgotten after a day."""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.exchange import State
from bot.models import Conversation

REMEMBERED = timedelta(hours=24)
"""A phone is often shared: what one asked yesterday is not what another means today."""


def recall(session: Session, channel: str, address: str, now: datetime) -> State:
    """The state of the conversation, or a fresh one when there is none or it has expired."""
    row = _row(session, channel, address)
    if row is None or row.expires_at <= now:
        return State()
    try:
        return msgspec.json.decode(row.state, type=State)
    except msgspec.DecodeError:
        return State()  # written by a version that knew other fields


def remember(session: Session, channel: str, address: str, state: State, now: datetime) -> None:
    """Store the state in the caller's transaction."""
    row = _row(session, channel, address)
    text = msgspec.json.encode(state).decode()
    if row is None:
        row = Conversation(channel=channel, address_hash=address, state=text, expires_at=now + REMEMBERED)
        session.add(row)
    else:
        row.state, row.expires_at = text, now + REMEMBERED


def forget_expired(session: Session, now: datetime) -> int:
    """Delete what nobody may be reminded of any more; how many."""
    gone = session.execute(delete(Conversation).where(Conversation.expires_at <= now).returning(Conversation.id))
    return len(gone.all())


def _row(session: Session, channel: str, address: str) -> Conversation | None:
    return session.scalar(
        select(Conversation).where(Conversation.address_hash == address, Conversation.channel == channel)
    )
