"""Texts that get no turn of their own: too many from one number in a minute, and the same text twice."""

from datetime import timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from bot.inbound import Asked
from bot.models import Inbound
from foundation.text import fold

MOST_A_MINUTE = 20
"""Texts of one number in a minute that are answered: nobody types more, and each answer is paid for."""
A_MINUTE = timedelta(minutes=1)
QUIET_FOR = timedelta(minutes=10)
"""A number that goes on like that is told no more often."""
RATE_LIMITED = "rate_limited"
REPEATED = "repeated"
LEAST_REPEATED = 5
"""Letters from which on a text sent twice is the same one: "1", "ok" or a code may be meant twice."""


def is_too_much(session: Session, asked: Asked) -> bool:
    """Whether the number has sent more than is answered in the minute up to this text."""
    lately = (*_before(asked), Inbound.received_at > asked.received_at - A_MINUTE)
    return (session.scalar(select(func.count()).where(*lately)) or 0) >= MOST_A_MINUTE


def was_told_so(session: Session, asked: Asked) -> bool:
    """Whether the number has been told lately that it is too much."""
    told = (*_before(asked), Inbound.kind == RATE_LIMITED, Inbound.received_at > asked.received_at - QUIET_FOR)
    return session.scalar(select(Inbound.id).where(*told).limit(1)) is not None


def is_repeated(session: Session, asked: Asked) -> bool:
    """Whether the text before it, at most a minute old, said the same: a double tap, or a carrier's second try."""
    last = session.scalar(select(Inbound).where(*_before(asked)).order_by(Inbound.id.desc()).limit(1))
    if last is None or asked.received_at - last.received_at > A_MINUTE:
        return False
    said = fold(asked.origin.text)
    return len(said) >= LEAST_REPEATED and said == fold(last.text)


def _before(asked: Asked) -> tuple[ColumnElement[bool], ...]:
    """The texts of the same person before this one."""
    return (
        Inbound.address_hash == asked.origin.address,
        Inbound.channel == asked.origin.channel,
        Inbound.id < asked.id,
    )
