"""Tables of what goes out."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import BIG, Base, EncryptedText, KeyedHash, UtcDateTime
from foundation.message_class import MessageClass
from scheduler.outbox.states import CircuitState, ReceiptOutcome, State


def _index_where(name: str, condition: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


class Batch(Base):
    """Messages that belong together: one class, one expiry, one budget, one switch to pause them all.

    The scheduler knows batches, never what they are for.
    """

    __tablename__ = "batches"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_class: Mapped[MessageClass] = mapped_column(String(32))
    budget_vnd: Mapped[int | None] = mapped_column(BIG)
    spent_vnd: Mapped[int] = mapped_column(BIG, default=0)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_because: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OutboundMessage(Base):
    """One text to one person, and everything needed to answer for it later."""

    __tablename__ = "outbox"
    __table_args__ = (
        # Only rows that wait, that somebody holds, or whose fate is open: few of millions, so that these stay small.
        _index_where("ix_outbox_due", "state = 'queued'", "gateway", "priority", "not_before", "id", "batch_id"),
        _index_where("ix_outbox_claimed_by", "claimed_by IS NOT NULL", "claimed_by"),
        _index_where("ix_outbox_left_by", "left_by IS NOT NULL", "left_by"),
        _index_where("ix_outbox_unknown", "state = 'unknown'", "gateway", "sent_at"),
        # Zalo's receipts of a chat name its own id alone.
        _index_where("ix_outbox_provider_id", "channel = 'zalo'", "provider_id"),
        Index("ix_outbox_batch_id_state", "batch_id", "state"),
        Index("ix_outbox_address_hash", "address_hash"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    dedupe_key: Mapped[str] = mapped_column(String(80), unique=True)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))
    inbound_id: Mapped[int | None] = mapped_column(BIG, index=True)
    message_class: Mapped[MessageClass] = mapped_column(String(32))
    priority: Mapped[int]
    channel: Mapped[str] = mapped_column(String(16))
    gateway: Mapped[str] = mapped_column(String(32))
    address: Mapped[str] = mapped_column(EncryptedText)
    address_hash: Mapped[bytes] = mapped_column(KeyedHash)
    text: Mapped[str] = mapped_column(EncryptedText)
    encoding: Mapped[str] = mapped_column(String(8))
    segments: Mapped[int]
    price_vnd: Mapped[int] = mapped_column(BIG)
    template: Mapped[str | None] = mapped_column(String(80))
    template_version: Mapped[str | None] = mapped_column(String(40))
    model_id: Mapped[str | None] = mapped_column(String(40))
    approver: Mapped[str | None] = mapped_column(String(64))
    rules_version: Mapped[str | None] = mapped_column(String(40))

    state: Mapped[State] = mapped_column(String(16), default=State.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    claimed_by: Mapped[str | None] = mapped_column(String(120))
    """The sender that holds it, until its outcome is settled and charged to the batch."""
    left_by: Mapped[str | None] = mapped_column(String(120))
    """The sender that held it when that sender's lease ran out; `unknown` and charged since, unless more became known.
    """
    provider_id: Mapped[str | None] = mapped_column(String(120))
    detail: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Of an answer: when the person last wrote."""
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it was last claimed for sending."""
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the carrier was last asked what became of it."""
    failed_over_from: Mapped[str | None] = mapped_column(String(32))
    """The gateway that it was meant for, if another took its place."""


class StoredReceipt(Base):
    """A receipt as it came, once; merged into the outbox afterwards, and kept as the carrier's word.

    `outcome` is None until it was looked at.
    """

    __tablename__ = "receipts"
    __table_args__ = (
        UniqueConstraint("gateway", "reference", "state", name="uq_receipts_gateway_reference_state"),
        Index(
            "ix_receipts_waiting", "id", sqlite_where=text("outcome IS NULL"), postgresql_where=text("outcome IS NULL")
        ),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    gateway: Mapped[str] = mapped_column(String(32))
    reference: Mapped[str] = mapped_column(String(48))
    state: Mapped[State] = mapped_column(String(16))
    provider_id: Mapped[str | None] = mapped_column(String(120))
    detail: Mapped[str | None] = mapped_column(String(200))
    reported_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[ReceiptOutcome | None] = mapped_column(String(16))


class GatewayState(Base):
    """What all workers share about a gateway: its pace, and whether it is trusted just now.

    `free_at` is the moment, in seconds since 1970 by the database's clock, up to which its rate is given away.
    """

    __tablename__ = "gateway_states"

    gateway: Mapped[str] = mapped_column(String(32), primary_key=True)
    free_at: Mapped[float] = mapped_column(default=0.0)
    circuit: Mapped[CircuitState] = mapped_column(String(16), default=CircuitState.CLOSED)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    because: Mapped[str | None] = mapped_column(String(200))


class Sender(Base):
    """The lease of a worker that sends for a gateway. Rows that it claimed are its own while the lease is renewed."""

    __tablename__ = "senders"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    gateway: Mapped[str] = mapped_column(String(32))
    host: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    renewed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Tally(Base):
    """A running count, in pieces that processes add to without waiting for each other: see `tallies`."""

    __tablename__ = "tallies"

    what: Mapped[str] = mapped_column(String(16), primary_key=True)
    gateway: Mapped[str] = mapped_column(String(32), primary_key=True)
    message_class: Mapped[str] = mapped_column(String(32), primary_key=True)
    label: Mapped[str] = mapped_column(String(40), primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    times: Mapped[int] = mapped_column(BIG)
    segments: Mapped[int] = mapped_column(BIG)
    vnd: Mapped[int] = mapped_column(BIG)
    milliseconds: Mapped[int] = mapped_column(BIG)
