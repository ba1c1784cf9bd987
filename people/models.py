"""Tables of the people we write to, and of the officials who answer for it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base, EncryptedText, KeyedHash, UtcDateTime


class Contact(Base):
    """A person we may write to. What is known of them hangs on this row; how to reach them is an `Address`."""

    __tablename__ = "contacts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(EncryptedText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Address(Base):
    """A number or account by which one channel reaches a contact."""

    __tablename__ = "addresses"
    __table_args__ = (UniqueConstraint("channel", "address_hash", name="uq_addresses_channel_address_hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(EncryptedText)
    address_hash: Mapped[bytes] = mapped_column(KeyedHash)


class Group(Base):
    """A named set of contacts."""

    __tablename__ = "groups"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class GroupMember(Base):
    """Membership of a contact in a group."""

    __tablename__ = "group_members"

    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True, index=True)


class Consent(Base):
    """Consent to one class of messages, with its evidence (Law 91/2025/QH15 art. 9: silence is none)."""

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    address_hash: Mapped[bytes] = mapped_column(KeyedHash, index=True)
    message_class: Mapped[str] = mapped_column(String(32))
    evidence: Mapped[str] = mapped_column(EncryptedText)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SuppressionReason(StrEnum):
    """Why nothing but replies goes to an address."""

    OPT_OUT = "opt_out"
    INVALID = "invalid"
    ERASED = "erased"
    UNFOLLOWED = "unfollowed"
    """They left our account on that channel."""


class Suppression(Base):
    """An address that gets nothing but replies. Rests on the keyed hash alone, so it survives erasure."""

    __tablename__ = "suppressions"
    __table_args__ = (Index("ix_suppressions_address_hash_channel", "address_hash", "channel"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    address_hash: Mapped[bytes] = mapped_column(KeyedHash)
    reason: Mapped[SuppressionReason] = mapped_column(String(16))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DoNotCall(Base):
    """A number of the national Do-Not-Call list, to which no advertising may go (Decree 91/2020/NĐ-CP art. 7).

    `list_version` names the download that it stands in: a number that a newer one no longer holds goes.
    """

    __tablename__ = "do_not_call"

    address_hash: Mapped[bytes] = mapped_column(KeyedHash, primary_key=True)
    list_version: Mapped[str] = mapped_column(String(40))


class Label(StrEnum):
    """What is so of the household that an address belongs to, where a rule on the way out asks for it."""

    POOR = "poor"
    NEAR_POOR = "near_poor"
    ALLOWANCE = "allowance"
    """A monthly social allowance."""


class AddressLabel(Base):
    """A label of an address, and the source that says so ("register:3"); the source takes its labels with it."""

    __tablename__ = "address_labels"

    channel: Mapped[str] = mapped_column(String(16), primary_key=True)
    address_hash: Mapped[bytes] = mapped_column(KeyedHash, primary_key=True)
    label: Mapped[Label] = mapped_column(String(16), primary_key=True)
    source: Mapped[str] = mapped_column(String(40), primary_key=True, index=True)


class Official(Base):
    """Someone who works with Loa and answers for what they do in it."""

    __tablename__ = "officials"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Post(Base):
    """Where an official sits and how they are reached: the body that they speak for, the commune it is of (None: of
    none), their own telephone, and who is above them."""

    __tablename__ = "posts"
    __table_args__ = (UniqueConstraint("channel", "address_hash", name="uq_posts_channel_address_hash"),)

    official_id: Mapped[int] = mapped_column(
        ForeignKey("officials.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    body: Mapped[str] = mapped_column(String(120))
    commune: Mapped[str | None] = mapped_column(String(120))
    channel: Mapped[str | None] = mapped_column(String(16))
    address: Mapped[str | None] = mapped_column(EncryptedText)
    address_hash: Mapped[bytes | None] = mapped_column(KeyedHash)
    chief_id: Mapped[int | None] = mapped_column(ForeignKey("officials.id"))


class Duty(Base):
    """What an official answers for: a place (None: everywhere) and a topic (None: every one).

    A confidential duty is one for complaints that must not be seen by others; it says nothing about the rest.
    """

    __tablename__ = "duties"

    id: Mapped[int] = mapped_column(primary_key=True)
    official_id: Mapped[int] = mapped_column(ForeignKey("officials.id", ondelete="CASCADE"), index=True)
    place: Mapped[str | None] = mapped_column(String(120))
    topic: Mapped[str | None] = mapped_column(String(64))
    confidential: Mapped[bool] = mapped_column(default=False)


class AuditEntry(Base):
    """Who did what to which thing. Rows are only ever added."""

    __tablename__ = "audit_log"
    __table_args__ = (Index("ix_audit_log_subject", "subject_kind", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
