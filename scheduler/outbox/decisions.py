"""What a person decides: about texts whose fate nobody tells, about texts that failed, about a gateway at rest.

Each decision needs the right to approve and stands in the audit log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from foundation.clock import say_time
from foundation.message_class import MessageClass
from foundation.refusal import Refusal
from people import Official, Right, record, require
from scheduler.outbox.models import Batch, GatewayState, OutboundMessage
from scheduler.outbox.queueing import NewMessage, enqueue
from scheduler.outbox.routes import Route, way_back
from scheduler.outbox.states import TRANSITIONS, CircuitState, State

RESENDABLE = frozenset({State.UNKNOWN, State.FAILED, State.UNDELIVERED})
CHARGED = frozenset({State.UNKNOWN, State.UNDELIVERED})
"""What the carrier has been given, and may charge for, though it did not arrive."""
MOST_AT_ONCE = 1000


class DecisionError(Refusal):
    """A decision that cannot be taken; the message is Vietnamese and names the message."""


class Decision(StrEnum):
    """What a person says of a text."""

    ARRIVED = "arrived"
    LOST = "lost"
    RESEND = "resend"


_DEEDS: dict[Decision, str] = {
    Decision.ARRIVED: "message.arrived",
    Decision.LOST: "message.lost",
    Decision.RESEND: "message.resent",
}


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of one text; `resent_as` is the reference of the new one, if it is sent again."""

    reference: str
    state: State
    resent_as: str | None = None


def settle_by_hand(
    session: Session, references: Sequence[str], decision: Decision, official: Official, now: datetime
) -> list[Decided]:
    """Say of uncertain texts that they arrived (`sent`) or were lost (`failed`), all or none.

    A receipt that comes later still knows better. Raises OfficialError, and DecisionError for a text that is not
    uncertain.
    """
    require(official, Right.APPROVE)
    state = {Decision.ARRIVED: State.SENT, Decision.LOST: State.FAILED}[decision]
    messages = _locked(session, references)
    for message in messages:
        if State(message.state) is not State.UNKNOWN:
            raise DecisionError(f"tin {message.reference} không còn ở trạng thái chưa rõ, không cần quyết định nữa")
        _move(message, state)
        message.detail = f"{decision}: {official.name}"
        message.settled_at = now if state is State.FAILED else None
        record(session, now, official.name, _DEEDS[decision], "message", message.reference)
    session.flush()
    return [Decided(message.reference, state) for message in messages]


def resend(
    session: Session,
    references: Sequence[str],
    official: Official,
    routes: Mapping[str, Route],
    now: datetime,
    may_tell_for: timedelta,
    because: str | None = None,
) -> list[Decided]:
    """Send failed, undelivered or uncertain texts again, each once for ever: a new message with the same words, that
    the rules are asked about anew. All or none.

    A text whose fate may still be told, since it left less than `may_tell_for` ago, is refused unless a reason is
    given. The batch's budget grows by what a carrier may have charged already: whoever approves this approves that.
    Raises OfficialError, DecisionError, RouteError.
    """
    require(official, Right.APPROVE)
    messages = _locked(session, references)
    _not_twice(session, messages)
    for message in messages:
        _may_be_resent(message, now, may_tell_for, because)
    enqueue(session, [_again(message, routes, now) for message in messages], now)
    keys = [_key(message) for message in messages]
    new = select(OutboundMessage.dedupe_key, OutboundMessage.reference).where(OutboundMessage.dedupe_key.in_(keys))
    known = {r.dedupe_key: r.reference for r in session.execute(new)}
    _charge_again(session, messages)
    for message in messages:
        reference = known[_key(message)]
        if State(message.state) is State.UNKNOWN:
            _move(message, State.FAILED)
            message.settled_at = now
        message.detail = f"resent as {reference}"
        details = {"resent_as": reference, "because": because or None}
        record(session, now, official.name, _DEEDS[Decision.RESEND], "message", message.reference, **details)
    session.flush()
    return [Decided(m.reference, State(m.state), known[_key(m)]) for m in messages]


def resendable(session: Session, batch_id: int, states: Sequence[State], now: datetime) -> list[str]:
    """References of a batch's texts in these states that were not resent and have not expired, oldest first, at most a
    thousand: ask again for the rest."""
    key = OutboundMessage.__table__.alias()
    resent = select(key.c.id).where(key.c.dedupe_key == "resend:" + OutboundMessage.reference)
    query = (
        select(OutboundMessage.reference)
        .where(
            OutboundMessage.batch_id == batch_id,
            OutboundMessage.state.in_([state for state in states if state in RESENDABLE]),
            OutboundMessage.expires_at.is_(None) | (OutboundMessage.expires_at > now),
            ~resent.exists(),
        )
        .order_by(OutboundMessage.id)
        .limit(MOST_AT_ONCE)
    )
    return list(session.scalars(query))


def try_now(session: Session, gateway: str, official: Official, now: datetime) -> None:
    """End the rest of a gateway: the next worker that looks tries it with a few texts.

    Raises OfficialError, and DecisionError for a gateway that does not rest.
    """
    require(official, Right.APPROVE)
    rested = session.execute(
        update(GatewayState)
        .where(GatewayState.gateway == gateway, GatewayState.circuit == CircuitState.OPEN)
        .values(retry_at=now)
        .returning(GatewayState.because)
    ).first()
    if rested is None:
        raise DecisionError(f"cổng «{gateway}» không nghỉ, không cần thử lại")
    record(session, now, official.name, "gateway.try_now", "gateway", gateway, because=rested.because)


def _locked(session: Session, references: Sequence[str]) -> list[OutboundMessage]:
    """The messages, held until the transaction ends. Raises DecisionError for one that is not there."""
    wanted = sorted(set(references))
    if not wanted:
        raise DecisionError("chưa chọn tin nào")
    if len(wanted) > MOST_AT_ONCE:
        raise DecisionError(f"chọn nhiều nhất {MOST_AT_ONCE} tin một lần")
    query = (
        select(OutboundMessage)
        .where(OutboundMessage.reference.in_(wanted))
        .order_by(OutboundMessage.id)
        .with_for_update()
    )
    messages = list(session.scalars(query))
    if missing := set(wanted) - {message.reference for message in messages}:
        raise DecisionError(f"không có tin {min(missing)}")
    return messages


def _not_twice(session: Session, messages: Sequence[OutboundMessage]) -> None:
    by_key = {_key(message): message for message in messages}
    known = select(OutboundMessage.dedupe_key, OutboundMessage.reference).where(
        OutboundMessage.dedupe_key.in_(list(by_key))
    )
    if found := session.execute(known.order_by(OutboundMessage.id)).first():
        raise DecisionError(f"tin {by_key[found.dedupe_key].reference} đã được gửi lại rồi, là tin {found.reference}")


def _may_be_resent(message: OutboundMessage, now: datetime, may_tell_for: timedelta, because: str | None) -> None:
    state = State(message.state)
    if state not in RESENDABLE:
        raise DecisionError(f"tin {message.reference} không hỏng và không thất lạc, không gửi lại được")
    if message.expires_at is not None and message.expires_at <= now:
        raise DecisionError(
            f"tin {message.reference} đã quá hạn lúc {say_time(message.expires_at)}, không gửi lại được"
        )
    told_until = message.sent_at + may_tell_for if message.sent_at else now
    if state is State.UNKNOWN and now < told_until and not because:
        raise DecisionError(
            f"nhà mạng còn có thể báo về tin {message.reference} đến {say_time(told_until)}: "
            "chờ đến lúc đó, hoặc ghi lý do gửi lại ngay"
        )


def _again(message: OutboundMessage, routes: Mapping[str, Route], now: datetime) -> NewMessage:
    """The same text, to go the way that the first was meant to go."""
    return NewMessage(
        dedupe_key=_key(message),
        address=message.address,
        text=message.text,
        message_class=MessageClass(message.message_class),
        route=way_back(routes, message.failed_over_from or message.gateway, message.channel),
        not_before=now,
        batch_id=message.batch_id,
        inbound_id=message.inbound_id,
        expires_at=message.expires_at,
        asked_at=message.asked_at,
        template=message.template,
        template_version=message.template_version,
        model_id=message.model_id,
        approver=message.approver,
    )


def _key(message: OutboundMessage) -> str:
    """Unique in the outbox, so that nothing is resent twice, whoever tries at the same time."""
    return f"resend:{message.reference}"


def _charge_again(session: Session, messages: Sequence[OutboundMessage]) -> None:
    more: dict[int, int] = {}
    for message in messages:
        if message.batch_id is not None and State(message.state) in CHARGED:
            more[message.batch_id] = more.get(message.batch_id, 0) + message.price_vnd
    for batch_id, price_vnd in sorted(more.items()):
        grown = Batch.budget_vnd + price_vnd
        session.execute(update(Batch).where(Batch.id == batch_id).values(budget_vnd=grown))


def _move(message: OutboundMessage, state: State) -> None:
    before = State(message.state)
    if state not in TRANSITIONS[before]:
        raise ValueError(f"no way from {before} to {state}")
    message.state = state
    message.left_by = None  # what its sender's journal may still prove comes after the decision
