"""The inbound queue: every text stored once, taken by one worker at a time, one turn per person, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Update, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from bot.keywords import without_service_keyword
from bot.models import Inbound, InboundState
from bot.tickets.attachments import keep_attachments
from foundation.text import take_in
from gateways import Channel, InboundText

LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 3
MOST_CLAIMS = 10
"""After so many claims without any end, a text is taken for one that kills the worker that reads it."""
STILL_OPEN = (InboundState.QUEUED, InboundState.WORKING)


class LeaseLost(Exception):
    """The lease ran out and somebody else took the text: nothing of this turn may stay."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who said what, and the way it came; without gateway and inbound row when it came by the command line."""

    channel: str
    address: str
    text: str
    gateway: str | None = None
    inbound_id: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """An inbound text that this worker alone may answer now. `attempts` tells its lease from a later one; `sent_at` is
    when the carrier says it was sent, where it does."""

    id: int
    attempts: int
    origin: Origin
    received_at: datetime
    sent_at: datetime | None


def receive(
    session: Session, gateway: str, channel: Channel, texts: Sequence[InboundText], now: datetime, keyword: str = ""
) -> int:
    """Store texts in the caller's transaction; how many were new. The same provider id counts once, for ever.

    `keyword` is the word that brings a text to us on a number shared with others: nobody reads it. A text that is
    nothing but that word stays as it is.
    """
    if not texts:
        return 0
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = (
        dialect.insert(Inbound)
        .on_conflict_do_nothing(index_elements=["gateway", "provider_id"])
        .returning(Inbound.id, Inbound.provider_id)
    )
    rows = [
        {
            "gateway": gateway,
            "provider_id": _short(text.provider_id),
            "channel": channel,
            "address": text.sender,
            "address_hash": text.sender,
            "our_number": text.recipient[:32],
            "text": without_service_keyword(said, keyword) or said,
            "sent_at": text.sent_at,
            "received_at": now,
            "state": InboundState.QUEUED,
            "attempts": 0,
        }
        for text, said in ((text, take_in(text.text)) for text in texts)
    ]
    stored = session.execute(statement, rows).all()
    attached = {_short(text.provider_id): text.attached for text in texts}
    keep_attachments(session, {row.id: attached[row.provider_id] for row in stored})
    return len(stored)


def claim(session: Session, limit: int, now: datetime) -> list[Asked]:
    """Take up to `limit` texts under a lease: for each person the oldest only, and none while one is being worked on.

    A lease that ran out (its worker died) is taken again: a turn's effects stand in one transaction with `done`.
    """
    earlier = aliased(Inbound)
    free = or_(
        Inbound.state == InboundState.QUEUED,
        (Inbound.state == InboundState.WORKING) & (Inbound.lease_until < now),
    )
    first = ~(
        select(earlier.id)
        .where(
            earlier.address_hash == Inbound.address_hash,
            earlier.channel == Inbound.channel,
            earlier.state.in_(STILL_OPEN),
            earlier.id < Inbound.id,
        )
        .exists()
    )
    oldest = select(Inbound.id).where(free, first).order_by(Inbound.id).limit(limit).with_for_update(skip_locked=True)
    taken = session.execute(
        update(Inbound)
        .where(Inbound.id.in_(oldest.scalar_subquery()))
        .values(state=InboundState.WORKING, lease_until=now + LEASE, attempts=Inbound.attempts + 1)
        .returning(Inbound)
        .execution_options(synchronize_session=False)
    )
    rows = sorted(taken.scalars(), key=lambda row: row.id)
    return [
        Asked(
            row.id,
            row.attempts,
            Origin(row.channel, row.address, row.text, row.gateway, row.id),
            row.received_at,
            row.sent_at,
        )
        for row in rows
    ]


def release_all(session: Session) -> int:
    """Give back every lease; for a worker that starts as the only one, holding the worker's lock."""
    released = session.execute(
        update(Inbound)
        .where(Inbound.state == InboundState.WORKING)
        .values(state=InboundState.QUEUED, lease_until=None)
        .returning(Inbound.id)
    )
    return len(released.all())


def put_back(session: Session, asked: Asked) -> None:
    """After an error: queue the text again, unless somebody else has taken it meanwhile."""
    session.execute(_held(asked).values(state=InboundState.QUEUED, lease_until=None))


def settle(session: Session, asked: Asked, **outcome: object) -> None:
    """The text is answered; `outcome` are the columns that say how. Raises LeaseLost."""
    settled = session.execute(
        _held(asked).values(state=InboundState.DONE, lease_until=None, **outcome).returning(Inbound.id)
    )
    if settled.one_or_none() is None:
        raise LeaseLost(f"inbound {asked.id}, attempt {asked.attempts}")


def _held(asked: Asked) -> Update:
    return update(Inbound).where(
        Inbound.id == asked.id, Inbound.state == InboundState.WORKING, Inbound.attempts == asked.attempts
    )


def _short(provider_id: str) -> str:
    """The id itself where the column holds it; a longer one by its hash, so that no two become one."""
    return provider_id if len(provider_id) <= 120 else sha256(provider_id.encode()).hexdigest()
