"""Claim a batch, settle a batch, give a batch back: what a dispatcher does to the outbox, one statement each."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple, Protocol

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from foundation.database import vault_of
from foundation.keys import Vault, VaultError
from foundation.message_class import MessageClass
from gateways.protocol import Outcome, SendStatus
from scheduler.checks import check
from scheduler.claimed import Claimed
from scheduler.limits import Limits
from scheduler.outbox.models import Batch
from scheduler.outbox.states import State
from scheduler.outbox.store import pause
from scheduler.outbox.tallies import Key, Sum, What, tally, tally_each
from scheduler.rules import VERSION
from scheduler.standing import Leave, Standing
from scheduler.statements import Row, statements

MOST_ATTEMPTS = 6
FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 600.0
LONGEST_WISH_S = 86_400.0
"""What a gateway may ask us to wait; beyond a day it is a slip."""

EVERY_CLASS = tuple(MessageClass)


class Held(Protocol):
    """What settling needs to know of a row that a worker holds."""

    @property
    def id(self) -> int: ...
    @property
    def batch_id(self) -> int | None: ...
    @property
    def attempts(self) -> int: ...
    @property
    def gateway(self) -> str: ...
    @property
    def message_class(self) -> MessageClass: ...
    @property
    def segments(self) -> int: ...
    @property
    def price_vnd(self) -> int: ...


class Taken(NamedTuple):
    """What a claim came to."""

    messages: list[Claimed]
    """Those that may leave now, the most urgent first."""
    looked_at: int
    """How many were claimed, with those that the rules held back."""


UNREADABLE = "cannot be decrypted: its key is gone or it was changed"
_CAPS_LOCK = 0x10A_CA95
"""Of PostgreSQL's advisory locks: whoever holds it alone counts what persons got, and adds to it."""


def claim(
    session: Session,
    gateway: str,
    worker: str,
    limit: int,
    limits: Limits,
    now: datetime,
    standing: Standing | None = None,
    classes: Collection[MessageClass] = EVERY_CLASS,
) -> Taken:
    """Claim up to `limit` due messages of a gateway, the most urgent first, and see which of them the rules let go.

    With a `standing`, those of gateways whose place this one takes come with them, or none while it is not trusted
    itself. A row that cannot be decrypted is given up and stops nobody.
    """
    leave = standing.refresh(session, now) if standing else Leave(None, (gateway,), frozenset())
    # Fair shares: neither does a broadcast of ours keep others' answers waiting, nor theirs ours.
    most = -(-(limit if leave.most is None else min(limit, leave.most)) // len(leave.gateways))
    rows: list[Row] = []
    for name in leave.gateways:
        own = classes if name == gateway else [each for each in classes if each in leave.classes]
        rows += _claim_of(session, name, worker, most, own, now)
    claimed = _decrypted(session, rows, now)
    if standing:
        claimed = standing.take_over(session, claimed)
    claimed.sort(key=lambda each: (each.priority, each.not_before, each.id))
    if any(each in limits.caps for each in {message.message_class for message in claimed}):
        _count_alone(session)
    return Taken(check(session, claimed, limits, now), len(rows))


def settle(
    session: Session, outcomes: Sequence[tuple[Held, Outcome]], worker: str, now: datetime, random: Random
) -> None:
    """Write what came back for rows that the worker holds; charge and pause their batches.

    A row that a receipt has taken further keeps its state.
    """
    sql, connection = statements(session), session.connection()
    spent = [claimed.id for claimed, outcome in outcomes if outcome.status in _CHARGED and claimed.batch_id is not None]
    unspent = [
        claimed.id for claimed, outcome in outcomes if outcome.status not in _CHARGED and claimed.batch_id is not None
    ]
    _charge(session, sql.prices(connection, worker, spent, settled=False) if spent else (), 1)
    _charge(session, sql.prices(connection, worker, unspent, settled=True) if unspent else (), -1)
    sql.settle(connection, worker, [_settled(claimed, outcome, now, random) for claimed, outcome in outcomes], now)
    paused = {
        claimed.batch_id: outcome.detail
        for claimed, outcome in outcomes
        if outcome.status is SendStatus.ACCOUNT and claimed.batch_id is not None
    }
    for batch_id, detail in sorted(paused.items()):
        pause(session, batch_id, f"gateway: {detail}", now)
    tally(session, _tried(outcomes))


def release(session: Session, claimed: Sequence[Held], worker: str, not_before: datetime | None = None) -> None:
    """Queue again what was certainly not sent, as it was queued before or due from `not_before` on."""
    sql, connection, ids = statements(session), session.connection(), [each.id for each in claimed]
    _charge(session, sql.prices(connection, worker, ids, settled=True), -1)
    sql.release(connection, worker, ids, not_before)


def charge_claimed(session: Session, ids: Sequence[int], worker: str) -> None:
    """Charge to their batches what the worker has claimed: it may have been sent."""
    _charge(session, statements(session).prices(session.connection(), worker, ids, settled=False), 1)


def _claim_of(
    session: Session, gateway: str, worker: str, most: int, classes: Collection[MessageClass], now: datetime
) -> list[Row]:
    """Class by class: so that texts spread over the next days are never looked through for those that are due."""
    sql, connection = statements(session), session.connection()
    mark = {"worker": worker, "rules": VERSION}
    rows: list[Row] = []
    for each in sorted(classes, key=_PRIORITIES.__getitem__):
        if len(rows) < most:
            rows += sql.claim(connection, gateway, _PRIORITIES[each], most - len(rows), mark, now)
    return rows


def _decrypted(session: Session, rows: Sequence[Row], now: datetime) -> list[Claimed]:
    if not rows:
        return []
    vault = vault_of(session.get_bind().dialect)
    claimed, broken, refused = [], [], Counter[Key]()
    for row in rows:
        try:
            claimed.append(_claimed(row, vault))
        except VaultError:
            broken.append(row[0])
            refused[Key(What.REFUSED, row[3], row[10], "unreadable")] += 1
    if broken:
        statements(session).fail(session.connection(), broken, UNREADABLE, now)
        tally_each(session, refused)
    return claimed


def _claimed(row: Row, vault: Vault) -> Claimed:
    """Raises VaultError."""
    id_, reference, channel, gateway, address, digest, text_, *rest = row
    encoding, segments, price_vnd, message_class, *others = rest
    return Claimed(
        id_,
        reference,
        channel,
        gateway,
        vault.decrypt(address),
        digest,
        vault.decrypt(text_),
        encoding,
        segments,
        price_vnd,
        _CLASSES[message_class],
        *others,
    )


def _count_alone(session: Session) -> None:
    """Until the transaction ends no other worker asks how much a person got: each would miss what the other claims."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _CAPS_LOCK})


_PRIORITIES = {each: each.priority for each in MessageClass}
_CLASSES = {each.value: each for each in MessageClass}
_CHARGED = frozenset({SendStatus.ACCEPTED, SendStatus.UNCERTAIN})
_STATES = {
    SendStatus.ACCEPTED: State.ACCEPTED,
    SendStatus.REJECTED: State.FAILED,
    SendStatus.UNCERTAIN: State.UNKNOWN,
    SendStatus.TEMPORARY: State.QUEUED,
    SendStatus.RATE_LIMITED: State.QUEUED,
    SendStatus.ACCOUNT: State.QUEUED,
}


def _settled(claimed: Held, outcome: Outcome, now: datetime, random: Random) -> Row:
    """As `Statements.settle` takes it."""
    status, detail = outcome.status, outcome.detail
    state, attempts = _STATES[status], claimed.attempts + (status is not SendStatus.RATE_LIMITED)
    if status is SendStatus.TEMPORARY and attempts >= MOST_ATTEMPTS:
        state = State.FAILED
    again = now + timedelta(seconds=_wait_s(outcome, attempts, random)) if state is State.QUEUED else None
    provider_id = outcome.provider_id
    return claimed.id, state, detail and detail[:200], provider_id and provider_id[:120], attempts, again


def _tried(outcomes: Iterable[tuple[Held, Outcome]]) -> dict[Key, Sum]:
    """What an attempt cost belongs to its outcome: whoever counts money looks at those that may be charged."""
    sums: dict[tuple[str, str, str], tuple[int, int, int]] = {}
    for held, outcome in outcomes:
        key = held.gateway, held.message_class, outcome.status
        count, segments, vnd = sums.get(key, (0, 0, 0))
        sums[key] = count + 1, segments + held.segments, vnd + held.price_vnd
    return {Key(What.TRIED, *key): Sum(*sums_) for key, sums_ in sums.items()}


def _wait_s(outcome: Outcome, attempts: int, random: Random) -> float:
    # The exponent is bounded too: an account in trouble is tried for weeks, and 2.0 ** 1024 is no number.
    back_off = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(attempts - 1, 16)) * random.uniform(0.8, 1.2)
    return min(outcome.retry_after_s or back_off, LONGEST_WISH_S)


def _charge(session: Session, prices: Sequence[tuple[int, int]], sign: int) -> None:
    for batch_id, price in prices:
        session.execute(update(Batch).where(Batch.id == batch_id).values(spent_vnd=Batch.spent_vnd + sign * price))
