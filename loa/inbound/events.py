"""What becomes of a carrier's events: one place for all, whichever address they came by."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from sqlalchemy import Dialect
from sqlalchemy.orm import Session

from bot import inbound
from gateways import (
    ContactShared,
    Event,
    Followed,
    Gateway,
    InboundText,
    Receipt,
    TemplateJudged,
    Unfollowed,
)
from gateways.template_store import judge
from people import follow, share_contact, unfollow
from scheduler.outbox import State
from scheduler.outbox.receipts import DeliveryReport, NewReceipt, prepare_receipt, store_receipts

Act = Callable[[Session], object]
"""A rare event's effect, in the transaction of its group. The same event twice has one effect."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One call's events, ready to be stored."""

    texts: list[inbound.NewText] = field(default_factory=list)
    receipts: list[NewReceipt] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.texts or self.receipts or self.acts)


def take(dialect: Dialect, gateway: Gateway, events: Sequence[Event], keyword: str, now: datetime) -> Taken:
    """Prepare events for `store`. `keyword` is the word that brings texts to us on a number shared with others."""
    taken = Taken()
    for event in events:
        match event:
            case InboundText():
                taken.texts.append(inbound.prepare(dialect, gateway.name, gateway.channel, event, now, keyword))
            case Receipt():
                state = State(event.state.value)
                report = DeliveryReport(event.reference, state, event.provider_id, event.detail, event.at)
                taken.receipts.append(prepare_receipt(dialect, event.gateway or gateway.name, report, now))
            case _:
                taken.acts.append(partial(_ACTS[type(event)], gateway, event, now))
    return taken


def store(session: Session, group: Sequence[Taken]) -> None:
    """Store the events of many calls in the caller's transaction: a statement for all texts, one for all receipts."""
    inbound.store(session, [text for taken in group for text in taken.texts])
    store_receipts(session, [receipt for taken in group for receipt in taken.receipts])
    for taken in group:
        for act in taken.acts:
            act(session)


def _follow(gateway: Gateway, event: Followed, now: datetime, session: Session) -> None:
    follow(session, gateway.channel, event.sender, event.at or now)


def _unfollow(gateway: Gateway, event: Unfollowed, now: datetime, session: Session) -> None:
    unfollow(session, gateway.channel, event.sender, event.at or now)


def _share(gateway: Gateway, event: ContactShared, now: datetime, session: Session) -> None:
    share_contact(session, gateway.channel, event.sender, event.phone, event.at or now)


def _judge(gateway: Gateway, event: TemplateJudged, now: datetime, session: Session) -> None:
    judge(session, event.gateway or gateway.name, event.template_id, event.state, now, event.detail)


_ACTS: Mapping[type[Event], Callable[..., None]] = {
    Followed: _follow,
    Unfollowed: _unfollow,
    ContactShared: _share,
    TemplateJudged: _judge,
}
