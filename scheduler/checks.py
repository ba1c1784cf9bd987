"""Asks the rules about claimed messages: reads what they look at, in one query a kind, and does what they say."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.message_class import MessageClass
from people.models import Consent
from people.suppression import suppressed
from scheduler.outbox.models import Batch, OutboundMessage
from scheduler.outbox.states import State
from scheduler.outbox.store import pause
from scheduler.rules import NEED_CONSENT, Case, Hours, Refuse, Stop, Verdict, Wait, judge


def apply_rules(
    session: Session, messages: Sequence[OutboundMessage], hours: Mapping[MessageClass, Hours], now: datetime
) -> list[OutboundMessage]:
    """The claimed messages that may leave now; the others are refused, put back, or their batch is paused."""
    if not messages:
        return []
    stopped = {
        (channel, address): reason
        for channel in {message.channel for message in messages}
        for address, reason in suppressed(session, channel, {m.address_hash for m in messages}).items()
    }
    consents = _consents(session, messages)
    budgets = _budgets_left(session, messages)
    passed = []
    for message in messages:
        left = budgets.get(message.batch_id) if message.batch_id else None
        case = Case(
            message_class=MessageClass(message.message_class),
            hours=hours[MessageClass(message.message_class)],
            expires_at=message.expires_at,
            price_vnd=message.price_vnd,
            suppressed_because=stopped.get((message.channel, message.address_hash)),
            has_consent=(message.channel, message.address_hash, message.message_class) in consents,
            budget_left_vnd=left,
        )
        verdict = judge(case, now)
        if verdict is not None:
            _obey(session, message, verdict, now)
            if isinstance(verdict, Stop) and message.batch_id:
                budgets[message.batch_id] = -1  # nothing cheaper slips through either
            continue
        if left is not None and message.batch_id:
            budgets[message.batch_id] = left - message.price_vnd
        passed.append(message)
    session.flush()
    return passed


def _obey(session: Session, message: OutboundMessage, verdict: Verdict, now: datetime) -> None:
    message.claimed_by = None
    message.sent_at = None
    match verdict:
        case Refuse(state, rule):
            message.state, message.detail, message.settled_at = state, rule, now
        case Wait(until, rule):
            message.state, message.detail, message.not_before = State.QUEUED, rule, until
        case Stop(rule):
            message.state, message.detail = State.QUEUED, rule
            if message.batch_id:
                pause(session, message.batch_id, rule, now)


def _consents(session: Session, messages: Sequence[OutboundMessage]) -> set[tuple[str, bytes, str]]:
    hashes = {message.address_hash for message in messages if message.message_class in NEED_CONSENT}
    if not hashes:
        return set()
    rows = session.execute(
        select(Consent.channel, Consent.address_hash, Consent.message_class).where(
            Consent.address_hash.in_(hashes), Consent.withdrawn_at.is_(None)
        )
    )
    return {(row.channel, row.address_hash, row.message_class) for row in rows}


def _budgets_left(session: Session, messages: Sequence[OutboundMessage]) -> dict[int, int]:
    ids = {message.batch_id for message in messages if message.batch_id}
    rows = session.execute(
        select(Batch.id, Batch.budget_vnd - Batch.spent_vnd).where(Batch.id.in_(ids), Batch.budget_vnd.is_not(None))
    )
    return {batch_id: left for batch_id, left in rows if left is not None}
