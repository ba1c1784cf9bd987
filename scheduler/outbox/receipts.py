"""Receipts: stored as they came, once; merged afterwards by what the table of transitions allows.

Idempotent, in any order, early (the row is still `sending`) or late. What a receipt did is written beside it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, cast

from sqlalchemy import ColumnElement, Dialect, Table, case, delete, func, literal, literal_column, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from foundation.database import UtcDateTime
from foundation.rows import RowInsert
from scheduler.outbox.models import OutboundMessage, StoredReceipt
from scheduler.outbox.states import TRANSITIONS, ReceiptOutcome, State
from scheduler.outbox.tallies import Key, What, tally_each

SETTLED = frozenset({State.DELIVERED, State.SEEN, State.UNDELIVERED, State.FAILED, State.EXPIRED})
AT_ONCE = 1_000
MAY_BE_EARLY = timedelta(minutes=1)
"""So long a receipt that names the carrier's id alone may wait for us to learn that id: it is written when the message
is settled. Our own reference is written before the message leaves: a receipt that names another one has no message."""

_BY_PROVIDER_ID = "p:"
"""Stands for our reference in a receipt that has none, before the carrier's id. No reference of ours has a colon."""
_LONGEST_REFERENCE = 48

_INSERT = RowInsert(
    cast(Table, StoredReceipt.__table__),
    ("gateway", "reference", "state", "provider_id", "detail", "reported_at", "received_at"),
    "ON CONFLICT (gateway, reference, state) DO UPDATE SET outcome = NULL, received_at = excluded.received_at "
    f"WHERE receipts.outcome IN ('{ReceiptOutcome.NO_NEWS}', '{ReceiptOutcome.ORPHAN}')",
)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a gateway says became of a message of ours; of one with an empty reference it names the `provider_id` alone.
    `at` is the carrier's time."""

    reference: str
    state: State
    provider_id: str | None = None
    detail: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewReceipt:
    """A receipt ready to be stored. Of the same gateway, reference and state there is one, for ever."""

    key: tuple[str, str, State]
    row: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """How many receipts did what, in one go."""

    merged: int = 0
    no_news: int = 0
    orphans: int = 0

    @property
    def looked_at(self) -> int:
        return self.merged + self.no_news + self.orphans


def prepare_receipt(dialect: Dialect, gateway: str, report: DeliveryReport, now: datetime) -> NewReceipt:
    """A report ready for `store_receipts`; anything that a carrier may send fits in."""
    provider_id = _clean(report.provider_id)[:120] if report.provider_id else None
    if report.reference:
        reference = _fitting(report.reference, _LONGEST_REFERENCE)
    else:
        room = _LONGEST_REFERENCE - len(_BY_PROVIDER_ID)
        reference = _BY_PROVIDER_ID + _fitting(provider_id or "", room)
    columns = {
        "gateway": gateway,
        "reference": reference,
        "state": report.state,
        "provider_id": provider_id,
        "detail": _clean(report.detail)[:200] if report.detail else None,
        "reported_at": report.at,
        "received_at": now,
    }
    return NewReceipt((gateway, reference, report.state), _INSERT.prepare(dialect, columns))


def store_receipts(session: Session, receipts: Sequence[NewReceipt]) -> None:
    """Store receipts in the caller's transaction. One that came before changes nothing, or if it told no news then, is
    looked at again: its message may have been sent once more meanwhile."""
    # PostgreSQL refuses to meet the same row twice in one statement.
    once = {receipt.key: receipt.row for receipt in receipts}
    _INSERT.insert(session.connection(), list(once.values()))


def merge(session: Session, gateway: str, reports: Iterable[DeliveryReport], now: datetime) -> int:
    """Store and apply reports in the caller's transaction; how many changed something.

    A report about a message that does not exist, went through another gateway, or is already further, changes nothing.
    """
    dialect = session.get_bind().dialect
    receipts = [prepare_receipt(dialect, gateway, report, now) for report in reports]
    store_receipts(session, receipts)
    found = select(StoredReceipt.id).where(
        StoredReceipt.gateway == gateway,
        StoredReceipt.outcome.is_(None),
        StoredReceipt.reference.in_([receipt.key[1] for receipt in receipts]),
    )
    return _merge(session, list(session.scalars(found)), now).merged


def merge_waiting(session: Session, now: datetime, limit: int = AT_ONCE) -> Merged:
    """Apply up to `limit` stored receipts, oldest first, in the caller's transaction; several may do so at a time.

    Call again while `looked_at` is not 0.
    """
    # A receipt that waits for its message stays out of the others' way: it is taken up when there is one, or too late.
    settled = select(OutboundMessage.id).where(*_SAME_PROVIDER_ID)
    ready = or_(
        ~StoredReceipt.reference.startswith(_BY_PROVIDER_ID),
        StoredReceipt.received_at <= now - MAY_BE_EARLY,
        settled.exists(),
    )
    waiting = (
        select(StoredReceipt.id)
        .where(StoredReceipt.outcome.is_(None), ready)
        .order_by(StoredReceipt.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return _merge(session, list(session.scalars(waiting)), now)


def forget_receipts(session: Session, before: datetime, limit: int = 10 * AT_ONCE) -> int:
    """Delete merged receipts that came before that moment, oldest first, at most `limit`; how many were."""
    # By id, which grows with time: the table of a year is not searched for the few of its first day.
    oldest = select(StoredReceipt.id, StoredReceipt.received_at, StoredReceipt.outcome)
    first = oldest.order_by(StoredReceipt.id).limit(limit).subquery()
    old = select(first.c.id).where(first.c.received_at < before, first.c.outcome.is_not(None))
    deleted = session.execute(delete(StoredReceipt).where(StoredReceipt.id.in_(old)).returning(StoredReceipt.id))
    return len(deleted.all())


_SAME_REFERENCE = (
    OutboundMessage.reference == StoredReceipt.reference,
    OutboundMessage.gateway == StoredReceipt.gateway,
)
_KNOWN_BY_PROVIDER_ID = OutboundMessage.channel == literal_column("'zalo'")
"""Zalo alone has receipts without our reference. A literal, so that the index on those messages serves."""
_SAME_PROVIDER_ID = (
    _KNOWN_BY_PROVIDER_ID,
    OutboundMessage.provider_id == StoredReceipt.provider_id,
    OutboundMessage.gateway == StoredReceipt.gateway,
)


@dataclass(frozen=True, slots=True)
class _Found:
    """A receipt, and the message that it is about."""

    id: int
    state: State
    gateway: str
    message: int | None
    message_state: State | None
    message_class: str | None

    def key(self, what: What) -> Key:
        """What it counts as."""
        return Key(what, self.gateway, self.message_class or "", self.state)


def _merge(session: Session, receipts: Sequence[int], now: datetime) -> Merged:
    if not receipts:
        return Merged()
    outcomes: dict[ReceiptOutcome, list[int]] = {outcome: [] for outcome in ReceiptOutcome}
    states: dict[int, State] = {}
    takes_further: dict[int, int] = {}
    counted: Counter[Key] = Counter()
    for found in _with_messages(session, receipts):
        if found.message is None or found.message_state is None:
            outcomes[ReceiptOutcome.ORPHAN].append(found.id)
            counted[found.key(What.ORPHANED)] += 1
            continue
        state = states.setdefault(found.message, found.message_state)
        # A receipt proves that the text was on its way; a row still queued was never sent.
        if state is not State.QUEUED and found.state in TRANSITIONS[state]:
            states[found.message] = found.state
            takes_further[found.message] = found.id
            outcomes[ReceiptOutcome.MERGED].append(found.id)
            counted[found.key(What.REPORTED)] += 1
        else:
            outcomes[ReceiptOutcome.NO_NEWS].append(found.id)
            counted[found.key(What.NO_NEWS)] += 1
    _apply(session, list(takes_further.values()), now)
    for outcome, ids in outcomes.items():
        if ids:
            session.execute(
                update(StoredReceipt)
                .where(StoredReceipt.id.in_(ids))
                .values(outcome=outcome)
                .execution_options(synchronize_session=False)
            )
    tally_each(session, counted)
    return Merged(*(len(outcomes[o]) for o in (ReceiptOutcome.MERGED, ReceiptOutcome.NO_NEWS, ReceiptOutcome.ORPHAN)))


def _with_messages(session: Session, receipts: Sequence[int]) -> Iterator[_Found]:
    """The receipts in the order in which they came, with their messages locked until the transaction ends."""
    columns = (
        StoredReceipt.id,
        StoredReceipt.gateway,
        StoredReceipt.reference,
        StoredReceipt.provider_id,
        StoredReceipt.state,
    )
    rows = session.execute(select(*columns).where(StoredReceipt.id.in_(receipts)).order_by(StoredReceipt.id)).all()
    named = {row.id: row.reference.startswith(_BY_PROVIDER_ID) for row in rows}
    messages: dict[tuple[str, str | None], tuple[int, State, str]] = {}  # by our reference
    if ours := [row.reference for row in rows if not named[row.id]]:
        found = _messages(session, OutboundMessage.reference, OutboundMessage.reference.in_(ours))
        messages |= {(gateway, reference): message for gateway, reference, message in found}
    by_id: dict[tuple[str, str | None], tuple[int, State, str]] = {}
    if theirs := [row.provider_id for row in rows if named[row.id]]:
        which = _KNOWN_BY_PROVIDER_ID & OutboundMessage.provider_id.in_(theirs)
        found = _messages(session, OutboundMessage.provider_id, which)
        by_id = {(gateway, provider_id): message for gateway, provider_id, message in found}
    for row in rows:
        message = (
            by_id.get((row.gateway, row.provider_id)) if named[row.id] else messages.get((row.gateway, row.reference))
        )
        yield _Found(row.id, State(row.state), row.gateway, *(message or (None, None, None)))


def _messages(
    session: Session, name: InstrumentedAttribute[Any], which: ColumnElement[bool]
) -> list[tuple[str, str, tuple[int, State, str]]]:
    """Gateway, name, and id with state and class of these messages, locked."""
    row = OutboundMessage
    query = select(row.gateway, name, row.id, row.state, row.message_class).where(which)
    rows = session.execute(query.order_by(row.id).with_for_update())
    return [(gateway, named, (id_, State(state), class_)) for gateway, named, id_, state, class_ in rows]


def _apply(session: Session, receipts: Sequence[int], now: datetime) -> None:
    """Bring messages to where these receipts say; of each message one."""
    values = {
        "state": StoredReceipt.state,
        "detail": StoredReceipt.detail,
        "provider_id": func.coalesce(StoredReceipt.provider_id, OutboundMessage.provider_id),
        "settled_at": case(
            (StoredReceipt.state.in_(SETTLED), literal(now, UtcDateTime)), else_=OutboundMessage.settled_at
        ),
    }
    by_provider_id = StoredReceipt.reference.startswith(_BY_PROVIDER_ID)
    for same_message, which in ((_SAME_REFERENCE, ~by_provider_id), (_SAME_PROVIDER_ID, by_provider_id)):
        session.execute(
            update(OutboundMessage)
            .where(StoredReceipt.id.in_(receipts), which, *same_message)
            .values(values)
            .execution_options(synchronize_session=False)
        )


def _fitting(text: str, longest: int) -> str:
    """The text itself where a column of that length holds it; another by its hash, so that no two become one."""
    if len(text) <= longest and text.isprintable():
        return text
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:longest]


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "")
