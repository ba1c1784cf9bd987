"""Tables of what came in, what was said to it, and what a person still has to answer."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import BIG, Base, EncryptedText, KeyedHash, UtcDateTime


class InboundState(StrEnum):
    """Where an inbound text is: waiting, taken by a worker under a lease, answered."""

    QUEUED = "queued"
    WORKING = "working"
    DONE = "done"


class Inbound(Base):
    """A text as it came in, once per gateway and provider id, and what it led to. The table is a queue.

    `intent` and `topic` are what the model understood, whatever was made of it; without `intent` no model was asked.
    """

    __tablename__ = "inbound"
    __table_args__ = (
        UniqueConstraint("gateway", "provider_id", name="uq_inbound_gateway_provider_id"),
        Index("ix_inbound_state_id", "state", "id"),
        Index("ix_inbound_address_hash_state", "address_hash", "state"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True)
    gateway: Mapped[str] = mapped_column(String(32))
    provider_id: Mapped[str] = mapped_column(String(120))
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(EncryptedText)
    address_hash: Mapped[bytes] = mapped_column(KeyedHash)
    our_number: Mapped[str | None] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(EncryptedText)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)

    state: Mapped[InboundState] = mapped_column(String(16), default=InboundState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)

    kind: Mapped[str | None] = mapped_column(String(16))
    facts: Mapped[list[str] | None] = mapped_column(JSON)
    citations: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    intent: Mapped[str | None] = mapped_column(String(64))
    topic: Mapped[str | None] = mapped_column(String(64))
    confidence: Mapped[float | None]
    model_id: Mapped[str | None] = mapped_column(String(40))
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Conversation(Base):
    """What was being talked about with an address; forgotten when it expires."""

    __tablename__ = "conversations"
    __table_args__ = (UniqueConstraint("channel", "address_hash", name="uq_conversations_channel_address_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    address_hash: Mapped[bytes] = mapped_column(KeyedHash)
    state: Mapped[str] = mapped_column(EncryptedText)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TicketStatus(StrEnum):
    """Where a ticket is."""

    OPEN = "open"
    ANSWERED = "answered"
    CLOSED = "closed"


class Ticket(Base):
    """Something only a person can answer, with the day by which they should.

    `owner` is the official who answers for it, `handed_over` how many times it went to another one. `place` is a
    commune or a province by today's name; `hour` and `language` are the person's words for when and in what to be
    called.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_status_due_on", "status", "due_on"),
        Index("ix_tickets_owner_status", "owner", "status"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(16), default="question")
    topic: Mapped[str | None] = mapped_column(String(64))
    place: Mapped[str | None] = mapped_column(String(120))
    confidential: Mapped[bool] = mapped_column(default=False)
    urgent: Mapped[bool] = mapped_column(default=False)
    status: Mapped[TicketStatus] = mapped_column(String(16), default=TicketStatus.OPEN)
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"))
    gateway: Mapped[str | None] = mapped_column(String(32))
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(EncryptedText)
    address_hash: Mapped[bytes] = mapped_column(KeyedHash, index=True)
    text: Mapped[str] = mapped_column(EncryptedText)
    hour: Mapped[str | None] = mapped_column(EncryptedText)
    language: Mapped[str | None] = mapped_column(EncryptedText)
    due_on: Mapped[date]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    owner: Mapped[str | None] = mapped_column(String(64))
    handed_over: Mapped[int] = mapped_column(default=0)
    escalations: Mapped[int] = mapped_column(default=0)
    notified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class TicketAnswer(Base):
    """What an official answered to a ticket; it went out by the channel the question came from."""

    __tablename__ = "ticket_answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    official: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(EncryptedText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Attachment(Base):
    """What came with a text and is no text: a voice message, a picture, a location. `content` is as the gateway gave
    it."""

    __tablename__ = "attachments"

    id: Mapped[int] = mapped_column(primary_key=True)
    inbound_id: Mapped[int] = mapped_column(BIG, ForeignKey("inbound.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    content: Mapped[str] = mapped_column(EncryptedText)


class NumberChange(Base):
    """From when on a number is taken to be another person's: nothing from before is told to it any more."""

    __tablename__ = "number_changes"
    __table_args__ = (Index("ix_number_changes_address_hash_channel", "address_hash", "channel"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    address_hash: Mapped[bytes] = mapped_column(KeyedHash)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Label(Base):
    """What an official says that an inbound text means, for the next training; the text stays in its inbound row alone.

    Without an intent the text is not to be learned from.
    """

    __tablename__ = "labels"

    inbound_id: Mapped[int] = mapped_column(
        BIG, ForeignKey("inbound.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    intent: Mapped[str | None] = mapped_column(String(64))
    topic: Mapped[str | None] = mapped_column(String(64))
    official: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
