"""Messages become rows of the outbox: each key once, for ever; whatever is the same for many is worked out once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from foundation.database import vault_of
from foundation.identifiers import new_reference
from foundation.message_class import MessageClass
from foundation.rows import RowInsert
from foundation.text import segment, split
from scheduler.outbox.models import OutboundMessage
from scheduler.outbox.routes import Route
from scheduler.outbox.states import State

TOO_LONG = "too_long"
"""Why a row failed before it was ever sent: its gateway does not carry a text of that length in its class."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to put into the outbox. The same `dedupe_key` is accepted once, for ever.

    `asked_at` is, of an answer, when the person last wrote: some gateways carry it for so long and no longer.
    """

    dedupe_key: str
    address: str
    text: str
    message_class: MessageClass
    route: Route
    not_before: datetime
    batch_id: int | None = None
    inbound_id: int | None = None
    expires_at: datetime | None = None
    asked_at: datetime | None = None
    template: str | None = None
    template_version: str | None = None
    model_id: str | None = None
    approver: str | None = None

    @property
    def true_until(self) -> datetime | None:
        """`expires_at`, or the end of the time in which the person may be answered, whichever comes first."""
        if self.asked_at is None or self.route.reply_window is None:
            return self.expires_at
        closes = self.asked_at + self.route.reply_window
        return closes if self.expires_at is None else min(self.expires_at, closes)


def in_parts(message: NewMessage) -> list[NewMessage]:
    """The message as several, each no longer than its route carries; the dedupe keys end in the part's number."""
    return [
        replace(message, text=part, dedupe_key=f"{message.dedupe_key}:{number}")
        for number, part in enumerate(split(message.text, message.route.max_segments), start=1)
    ]


class To(NamedTuple):
    """In what messages of one text differ."""

    dedupe_key: str
    address: str
    not_before: datetime


def enqueue(session: Session, messages: Iterable[NewMessage], now: datetime) -> int:
    """Queue messages in the caller's transaction; how many were new. Segments and price are fixed here.

    One that its route does not carry becomes a row all the same, which has failed: nothing is lost unseen.
    """
    writer = _Writer(session, now)
    kinds: dict[tuple[object, ...], Row] = {}
    return writer.write(
        writer.own(To(each.dedupe_key, each.address, each.not_before)) + _known(kinds, each, writer.same)
        for each in messages
    )


def enqueue_alike(session: Session, like: NewMessage, to: Iterable[To], now: datetime) -> int:
    """The same for one text to many: `like` says all that is not in `to`."""
    writer = _Writer(session, now)
    same = writer.same(like)
    return writer.write(writer.own(each) + same for each in to)


Row = tuple[Any, ...]


class _Writer:
    """Rows for the outbox, each in two parts as the driver takes them: what is its own, and what is the same for all of
    its kind and worked out once."""

    def __init__(self, session: Session, now: datetime) -> None:
        session.flush()  # what the rows refer to: they go past the session
        self._connection = session.connection()
        self._dialect = session.get_bind().dialect
        self._vault = vault_of(self._dialect)
        self._now = now
        self._moments: tuple[datetime | None, Any] = None, None

    def own(self, to: To) -> Row:
        """The columns `OWN` of a row."""
        key, address, not_before = to
        if not_before is not self._moments[0]:  # most leave at the same one
            self._moments = not_before, _INSERT.prepare(self._dialect, {"not_before": not_before})[0]
        return new_reference(), key, self._vault.encrypt(address), self._vault.digest(address), self._moments[1]

    def same(self, like: NewMessage) -> Row:
        """The other columns of all rows like this; a text is encrypted once."""
        row = _same(like, self._now)
        return _INSERT.prepare(self._dialect, row | {"text": self._vault.encrypt(str(row["text"]))})

    def write(self, rows: Iterable[Row]) -> int:
        """Insert rows whose keys are new; how many were."""
        return _INSERT.insert(self._connection, rows)


def _known(kinds: dict[tuple[object, ...], Row], each: NewMessage, same: Callable[[NewMessage], Row]) -> Row:
    """What is the same for messages of a kind, worked out for the first of them."""
    kind = (
        each.text,
        id(each.route),
        each.message_class,
        each.batch_id,
        each.inbound_id,
        each.expires_at,
        each.asked_at,
        each.template,
        each.template_version,
        each.model_id,
        each.approver,
    )
    if kind not in kinds:
        kinds[kind] = same(each)
    return kinds[kind]


def _same(like: NewMessage, now: datetime) -> dict[str, object]:
    """The columns of a row that are not its own."""
    counted = segment(like.text)
    segments = like.route.segments(counted, like.message_class)
    return {
        "batch_id": like.batch_id,
        "inbound_id": like.inbound_id,
        "message_class": like.message_class.value,
        "priority": _PRIORITIES[like.message_class],
        "channel": str(like.route.channel),
        "gateway": like.route.gateway,
        "text": counted.text,
        "encoding": counted.encoding.value,
        "segments": segments or counted.segments,
        "price_vnd": (segments or 0) * like.route.price_vnd_per_segment,
        "template": like.template,
        "template_version": like.template_version,
        "model_id": like.model_id,
        "approver": like.approver,
        "state": (State.QUEUED if segments else State.FAILED).value,
        "detail": None if segments else TOO_LONG,
        "settled_at": None if segments else now,
        "attempts": 0,
        "expires_at": like.true_until,
        "asked_at": like.asked_at,
        "created_at": now,
    }


OWN = ("reference", "dedupe_key", "address", "address_hash", "not_before")
SAME = (
    *("batch_id", "inbound_id", "message_class", "priority", "channel", "gateway", "text", "encoding", "segments"),
    *("price_vnd", "template", "template_version", "model_id", "approver", "state", "detail", "settled_at"),
    *("attempts", "expires_at", "asked_at", "created_at"),
)
_PRIORITIES = {message_class: message_class.priority for message_class in MessageClass}
_INSERT = RowInsert(cast("Table", OutboundMessage.__table__), (*OWN, *SAME), "ON CONFLICT (dedupe_key) DO NOTHING")
