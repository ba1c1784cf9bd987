"""Tables of what is planned: programmes, broadcasts, pledges."""

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import BIG, Base, EncryptedText, KeyedHash, UtcDateTime
from foundation.message_class import MessageClass


class Programme(Base):
    """What broadcasts and drives belong to, and the decision or plan that they rest on."""

    __tablename__ = "programmes"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(300))
    number: Mapped[str | None] = mapped_column(String(80))
    issued_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Status(StrEnum):
    """Where a broadcast is in its life; `TRANSITIONS` in `broadcasts.py` says what may follow."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    PAUSED = "paused"
    DONE = "done"
    MISSED = "missed"
    CANCELLED = "cancelled"


class Broadcast(Base):
    """One text to one audience at one time, approved by a second person.

    `recipients`, `segments` (of the whole broadcast) and `cost_vnd` are what the approver saw; the cost is the budget
    that is never exceeded. `policy` is the benefit that it tells of, if of one.

    Its audience comes into the outbox piece by piece: `expanded` people so far, the last of them the contact
    `expanded_to`; `expanded_at` is when all were in.
    """

    __tablename__ = "broadcasts"
    __table_args__ = (Index("ix_broadcasts_status_scheduled_at", "status", "scheduled_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes.id"))
    text: Mapped[str] = mapped_column(EncryptedText)
    message_class: Mapped[MessageClass] = mapped_column(String(32))
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"))
    scheduled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    spread_s: Mapped[int] = mapped_column(default=0)
    """Over how many seconds, in hours in which it may be sent, its texts leave; 0 is as fast as they can."""
    status: Mapped[Status] = mapped_column(String(16), default=Status.DRAFT)
    recipients: Mapped[int] = mapped_column(default=0)
    segments: Mapped[int] = mapped_column(BIG, default=0)
    cost_vnd: Mapped[int] = mapped_column(BIG, default=0)
    created_by: Mapped[str] = mapped_column(String(64))
    approved_by: Mapped[str | None] = mapped_column(String(64))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    returned_because: Mapped[str | None] = mapped_column(String(500))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"), unique=True)
    expanded: Mapped[int] = mapped_column(BIG, default=0)
    expanded_to: Mapped[int | None]
    expanded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    policy: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def spread(self) -> timedelta:
        return timedelta(seconds=self.spread_s)


class Pledge(Base):
    """A promise to give, made by text. No money is held and no account is named until a drive has one."""

    __tablename__ = "pledges"

    id: Mapped[int] = mapped_column(primary_key=True)
    inbound_id: Mapped[int | None] = mapped_column(BIG, unique=True)
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(EncryptedText)
    address_hash: Mapped[bytes] = mapped_column(KeyedHash, index=True)
    amount_vnd: Mapped[int | None] = mapped_column(BIG)
    text: Mapped[str] = mapped_column(EncryptedText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
