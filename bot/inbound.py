"""The inbound queue: every text stored once, taken by one worker at a time, one turn per person, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import Dialect, Table, Update, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from bot.keywords import without_service_keyword
from bot.models import Inbound, InboundState
from bot.tickets.attachments import keep_attachments
from foundation.database import vault_of
from foundation.rows import RowInsert
from foundation.text import take_in
from gateways import Attached, Channel, InboundText
from scheduler.outbox.tallies import tally_turn

LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 3
MOST_CLAIMS = 10
"""After so many claims without any end, a text is taken for one that kills the worker that reads it."""
STILL_OPEN = (InboundState.QUEUED, InboundState.WORKING)

_COLUMNS = (
    *("gateway", "provider_id", "channel", "address", "address_hash", "our_number", "text"),
    *("sent_at", "received_at", "state", "attempts"),
)
_INSERT = RowInsert(cast(Table, Inbound.__table__), _COLUMNS, "ON CONFLICT (gateway, provider_id) DO NOTHING")


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


@dataclass(frozen=True, slots=True)
class NewText:
    """A text ready to be stored: its row, with number and text encrypted, and what came with it."""

    gateway: str
    provider_id: str
    row: tuple[Any, ...]
    attached: tuple[Attached, ...]


def prepare(
    dialect: Dialect, gateway: str, channel: Channel, text: InboundText, now: datetime, keyword: str = ""
) -> NewText:
    """All the work on a text that needs no database, done by whoever took it: `store` keeps others waiting.

    `keyword` is the word that brings a text to us on a number shared with others: nobody reads it. A text that is
    nothing but that word stays as it is.
    """
    said = take_in(text.text)
    vault, provider_id = vault_of(dialect), _short(text.provider_id)
    columns = {
        "gateway": gateway,
        "provider_id": provider_id,
        "channel": channel,
        "address": vault.encrypt(text.sender),
        "address_hash": vault.digest(text.sender),
        "our_number": _printable(text.recipient)[:32],
        "text": vault.encrypt(without_service_keyword(said, keyword) or said),
        "sent_at": text.sent_at,
        "received_at": now,
        "state": InboundState.QUEUED,
        "attempts": 0,
    }
    return NewText(gateway, provider_id, _INSERT.prepare(dialect, columns), text.attached)


def store(session: Session, texts: Sequence[NewText]) -> int:
    """Store texts in the caller's transaction, in their order; how many were new. The same provider id of a gateway
    counts once, for ever."""
    with_more = [text for text in texts if text.attached]
    known = _ids(session, with_more) if with_more else {}
    added = _INSERT.insert(session.connection(), [text.row for text in texts])
    if with_more:
        attached = {(text.gateway, text.provider_id): text.attached for text in with_more}
        stored = _ids(session, with_more).items()
        keep_attachments(session, {id_: attached[key] for id_, key in stored if id_ not in known})
    return added


def receive(
    session: Session, gateway: str, channel: Channel, texts: Sequence[InboundText], now: datetime, keyword: str = ""
) -> int:
    """Prepare and store texts in the caller's transaction; how many were new."""
    dialect = session.get_bind().dialect
    return store(session, [prepare(dialect, gateway, channel, text, now, keyword) for text in texts])


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


def settle(session: Session, asked: Asked, answered_at: datetime, **outcome: object) -> None:
    """The text is answered; `outcome` are the columns that say how. Raises LeaseLost."""
    done = {"state": InboundState.DONE, "lease_until": None, "answered_at": answered_at}
    settled = session.execute(_held(asked).values(**done, **outcome).returning(Inbound.id))
    if settled.one_or_none() is None:
        raise LeaseLost(f"inbound {asked.id}, attempt {asked.attempts}")
    tally_turn(session, asked.origin.gateway or "", (answered_at - asked.received_at).total_seconds())


def _ids(session: Session, texts: Sequence[NewText]) -> dict[int, tuple[str, str]]:
    """Of those that are stored, by their ids: gateway and provider id."""
    keys = {(text.gateway, text.provider_id) for text in texts}
    query = select(Inbound.id, Inbound.gateway, Inbound.provider_id)
    rows = session.execute(query.where(tuple_(Inbound.gateway, Inbound.provider_id).in_(keys)))
    return {id_: (gateway, provider_id) for id_, gateway, provider_id in rows}


def _held(asked: Asked) -> Update:
    return update(Inbound).where(
        Inbound.id == asked.id, Inbound.state == InboundState.WORKING, Inbound.attempts == asked.attempts
    )


def _short(provider_id: str) -> str:
    """The id itself where the column holds it; any other by its hash, so that no two become one.

    A zero byte or half a character is no text to PostgreSQL: refused, the carrier would send it again for ever.
    """
    if len(provider_id) <= 120 and provider_id.isprintable():
        return provider_id
    return sha256(provider_id.encode(errors="surrogatepass")).hexdigest()


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(filter(str.isprintable, text))
