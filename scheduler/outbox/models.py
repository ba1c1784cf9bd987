"""Tables of what goes out."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import BIG, Base, EncryptedText, KeyedHash, UtcDateTime
from foundation.message_class import MessageClass
from scheduler.outbox.states import State


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
        Index("ix_outbox_due", "state", "gateway", "priority", "not_before"),
        Index("ix_outbox_claimed_by", "claimed_by"),
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
    provider_id: Mapped[str | None] = mapped_column(String(120))
    detail: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
