"""What is known of single messages: for whoever must answer for one. Numbers masked, texts only on record."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from foundation.message_class import MessageClass
from foundation.phones import mask
from people import AuditEntry, Official, Right, record, require
from scheduler.outbox.decisions import DecisionError
from scheduler.outbox.models import OutboundMessage, StoredReceipt
from scheduler.outbox.states import ReceiptOutcome, State

FACTS = (
    *("reference", "channel", "gateway", "failed_over_from", "batch_id", "inbound_id", "attempts", "encoding"),
    *("segments", "price_vnd", "template", "template_version", "rules_version", "model_id", "approver", "claimed_by"),
    *("provider_id", "detail", "created_at", "not_before", "expires_at", "sent_at", "status_asked_at", "settled_at"),
)
"""Columns of a message that say nothing of the person."""


@dataclass(frozen=True, slots=True)
class ReceiptSeen:
    """A receipt as it came, and what it did; `outcome` is None until it was looked at."""

    state: State
    received_at: datetime
    reported_at: datetime | None
    detail: str | None
    outcome: ReceiptOutcome | None


@dataclass(frozen=True, slots=True)
class DecisionSeen:
    """What a person decided about a message, and why."""

    at: datetime
    official: str
    action: str
    because: str | None


@dataclass(frozen=True, slots=True)
class Life:
    """A message from its making to its end. `to` is the masked number; None for an answer, whose person may have told
    something in confidence."""

    state: State
    message_class: MessageClass
    to: str | None
    facts: dict[str, object]
    receipts: list[ReceiptSeen] = field(default_factory=list)
    decisions: list[DecisionSeen] = field(default_factory=list)


def life_of(session: Session, reference: str) -> Life:
    """One message with its receipts and decisions, in the order in which they came. Raises DecisionError."""
    message = _find(session, reference)
    return _life(message, _receipts(session, message), _decisions(session, reference))


def lives(session: Session, batch_id: int | None, state: State | None, limit: int) -> list[Life]:
    """Messages of a batch, in a state, or both, newest first and without their receipts."""
    query = select(OutboundMessage).order_by(OutboundMessage.id.desc()).limit(limit)
    if batch_id is not None:
        query = query.where(OutboundMessage.batch_id == batch_id)
    if state is not None:
        query = query.where(OutboundMessage.state == state)
    return [_life(message) for message in session.scalars(query)]


def read_text(session: Session, reference: str, official: Official, now: datetime) -> str:
    """A message's words, for who may approve texts; that they were read is on record.

    Answers are read in their conversation, where what is confidential is kept. Raises DecisionError, OfficialError.
    """
    require(official, Right.APPROVE)
    message = _find(session, reference)
    if message.message_class == MessageClass.REPLY:
        raise DecisionError(f"tin {reference} là câu trả lời riêng: xem trong hội thoại")
    record(session, now, official.name, "message.text_read", "message", reference)
    return message.text


def _find(session: Session, reference: str) -> OutboundMessage:
    message = session.scalar(select(OutboundMessage).where(OutboundMessage.reference == reference))
    if message is None:
        raise DecisionError(f"không có tin {reference}")
    return message


def _life(
    message: OutboundMessage, receipts: Sequence[ReceiptSeen] = (), decisions: Sequence[DecisionSeen] = ()
) -> Life:
    message_class = MessageClass(message.message_class)
    return Life(
        state=State(message.state),
        message_class=message_class,
        to=None if message_class is MessageClass.REPLY else mask(message.address),
        facts={name: getattr(message, name) for name in FACTS},
        receipts=list(receipts),
        decisions=list(decisions),
    )


def _receipts(session: Session, message: OutboundMessage) -> list[ReceiptSeen]:
    row = StoredReceipt
    of_it = row.reference == message.reference
    if message.provider_id is not None:  # where the carrier knows its own id alone, as Zalo in chats
        of_it = or_(of_it, row.reference.startswith("p:") & (row.provider_id == message.provider_id))
    query = select(row).where(row.gateway == message.gateway, of_it).order_by(row.id)
    return [
        ReceiptSeen(
            State(each.state),
            each.received_at,
            each.reported_at,
            each.detail,
            ReceiptOutcome(each.outcome) if each.outcome else None,
        )
        for each in session.scalars(query)
    ]


def _decisions(session: Session, reference: str) -> list[DecisionSeen]:
    query = (
        select(AuditEntry)
        .where(AuditEntry.subject_kind == "message", AuditEntry.subject_id == reference)
        .order_by(AuditEntry.id)
    )
    return [
        DecisionSeen(entry.at, entry.actor, entry.action, entry.details.get("because"))
        for entry in session.scalars(query)
    ]
