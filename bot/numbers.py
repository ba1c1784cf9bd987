"""Numbers that change hands: what the one before asked is not told to the one after."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from bot.models import Conversation, Inbound, NumberChange
from people import withdraw_consents

SILENCE = timedelta(days=183)
"""Half a year: prepaid numbers that nobody uses are given to somebody else."""


def forget_person(session: Session, channel: str, address: str, now: datetime) -> None:
    """From now on the number is a new person's, in the caller's transaction.

    What was being talked about is forgotten, tickets of before are no longer shown to it or answered to it, and
    consent has to be given anew. An opt-out stays: it stops texts to the number, whoever holds it.
    """
    session.execute(delete(Conversation).where(Conversation.address_hash == address, Conversation.channel == channel))
    withdraw_consents(session, channel, address, now)
    session.add(NumberChange(channel=channel, address_hash=address, at=now))
    session.flush()


def was_silent(session: Session, channel: str, address: str, inbound_id: int | None, now: datetime) -> bool:
    """Whether the number wrote before, but not for half a year; `inbound_id` is the text that breaks the silence."""
    query = select(func.max(Inbound.received_at)).where(Inbound.address_hash == address, Inbound.channel == channel)
    last = session.scalar(query.where(Inbound.id < inbound_id) if inbound_id is not None else query)
    return last is not None and now - last >= SILENCE


def changed_at(session: Session, channel: str, address: str | bytes) -> datetime | None:
    """When the number became the person's who has it now; None when nothing is known of another one."""
    return session.scalar(
        select(func.max(NumberChange.at)).where(NumberChange.address_hash == address, NumberChange.channel == channel)
    )


def has_changed_since(session: Session, channel: str, address: str | bytes, moment: datetime) -> bool:
    """Whether the number has become another person's after that moment."""
    at = changed_at(session, channel, address)
    return at is not None and at > moment
