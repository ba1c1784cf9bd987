"""What one simulated phone shows, and what its owner cannot see: how each text fared and how it was understood."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select

from bot.models import Inbound
from console import words
from foundation.clock import local
from foundation.database import Database
from foundation.text import clean_incoming, segment
from gateways import Channel
from gateways.models import Direction, SimulatedText
from gateways.simulator import provider_id_of
from loa.simulator.phones import Phone
from scheduler.outbox import OutboundMessage, State

MOST_SHOWN = 60
LONGEST_SHOWN = 100_000

Title = Callable[[str], str]
"""A subject's name for people, by its id."""

TONES = {
    State.DELIVERED: "good",
    State.SEEN: "good",
    State.UNDELIVERED: "bad",
    State.FAILED: "bad",
    State.EXPIRED: "bad",
    State.UNKNOWN: "bad",
    State.SUPPRESSED: "blocked",
    State.CANCELLED: "blocked",
}
"""The colour of a state, whose words say the same; the others are still under way."""

_NUMBERED = re.compile(r"(?<![\d/])([1-9])[.)] ?(?=\D)(.+?)(?=[;,]?\s+[1-9][.)] ?\D|[.?!](?:\s|$)|;?\n|$)")


@dataclass(frozen=True, slots=True)
class Bubble:
    """A text with what the trainer wants to know of it. `seen` tells whether it is on the phone's screen."""

    at: datetime
    text: str
    mine: bool
    seen: bool = True
    cost: str = ""
    fate: str = ""
    tone: str = ""
    steps: tuple[tuple[str, str], ...] = ()

    @property
    def hour(self) -> str:
        """When it was on the screen, on Vietnam's clocks."""
        return _hour(self.at) if self.seen else ""


@dataclass(frozen=True, slots=True)
class Screen:
    """What there is to show of a phone, oldest first, and the numbers its owner may tap as an answer."""

    bubbles: tuple[Bubble, ...]
    choices: tuple[tuple[str, str], ...]

    @property
    def version(self) -> str:
        """Changes when anything on the screen does."""
        return sha256(repr(self).encode()).hexdigest()[:16]


def screen_of(phone: Phone, database: Database, now: datetime, title: Title) -> Screen:
    """Everything about the last texts from and to a phone, also about those that never arrived."""
    shown = phone.gateway.network.conversation(phone.address, now)
    with database.read() as session:
        sent = session.scalars(
            select(OutboundMessage)
            .where(OutboundMessage.address_hash == phone.address, OutboundMessage.gateway == phone.gateway.name)
            .order_by(OutboundMessage.id.desc())
            .limit(MOST_SHOWN)
        ).all()
        heard = session.scalars(
            select(Inbound)
            .where(Inbound.address_hash == phone.address, Inbound.gateway == phone.gateway.name)
            .order_by(Inbound.id.desc())
            .limit(MOST_SHOWN)
        ).all()
    messages = {message.reference: message for message in sent}
    texts = {text.provider_id: text for text in heard}
    bubbles = [
        _from_phone(text, texts, title) if _is_mine(text) else _to_phone(text, messages, phone) for text in shown
    ]
    arrived = {text.reference for text in shown}
    bubbles += [_not_seen(message, phone) for message in sent if message.reference not in arrived]
    bubbles = sorted(bubbles, key=lambda bubble: bubble.at)[-MOST_SHOWN:]
    return Screen(tuple(bubbles), _choices(bubbles) if phone.channel is Channel.ZALO else ())


def choices_in(text: str) -> tuple[tuple[str, str], ...]:
    """The numbered choices that a text ends with, as (number, words): two or more, counted from one; else none."""
    found = [(number, title.strip()) for number, title in _NUMBERED.findall(text)]
    starts = [place for place, (number, _) in enumerate(found) if number == "1"]
    offered = found[starts[-1] :] if starts else []
    counted = [number for number, _ in offered] == [str(number) for number in range(1, len(offered) + 1)]
    return tuple(offered) if counted and len(offered) > 1 else ()


def _choices(bubbles: Sequence[Bubble]) -> tuple[tuple[str, str], ...]:
    """Those of the last text, as long as nothing was written after it."""
    last = next((bubble for bubble in reversed(bubbles) if bubble.seen), None)
    return choices_in(last.text) if last and not last.mine else ()


def _is_mine(text: SimulatedText) -> bool:
    return text.direction == Direction.FROM_PHONE


def _from_phone(text: SimulatedText, heard: dict[str, Inbound], title: Title) -> Bubble:
    inbound = heard.get(provider_id_of(text))
    kind = inbound.kind if inbound else None
    meant = " · ".join((words.TURN_KINDS.get(kind, kind), *map(title, inbound.facts or ()))) if inbound and kind else ""
    typed = clean_incoming(text.text, LONGEST_SHOWN)
    return Bubble(text.arrives_at or text.created_at, typed, mine=True, fate=meant or "đang chờ trả lời")


def _to_phone(text: SimulatedText, messages: dict[str, OutboundMessage], phone: Phone) -> Bubble:
    arrived = text.arrives_at or text.created_at
    message = messages.get(text.reference or "")
    if message is None:
        return Bubble(arrived, text.text, mine=False, cost=_cost(text.text, phone))
    return _sent(message, phone, arrived, seen=True)


def _not_seen(message: OutboundMessage, phone: Phone) -> Bubble:
    return _sent(message, phone, message.created_at, seen=False)


def _sent(message: OutboundMessage, phone: Phone, at: datetime, seen: bool) -> Bubble:
    fate = words.STATES[message.state]
    if message.detail:
        fate += f": {words.reason(message.detail)}"
    return Bubble(
        at,
        message.text,
        mine=False,
        seen=seen,
        cost=_cost(message.text, phone),
        fate=fate,
        tone=TONES.get(message.state, "wait"),
        steps=_steps(message),
    )


def _steps(message: OutboundMessage) -> tuple[tuple[str, str], ...]:
    """When the text was queued, sent, and settled by a receipt or a refusal."""
    moments = (
        ("chờ", message.created_at),
        ("gửi", message.sent_at),
        ("xong", message.settled_at),
    )
    return tuple((name, _hour(moment)) for name, moment in moments if moment is not None)


def _hour(moment: datetime) -> str:
    return f"{local(moment):%H:%M:%S}"


def _cost(text: str, phone: Phone) -> str:
    """What the text takes: segments by SMS, characters on Zalo, which counts no segments."""
    if phone.channel is Channel.ZALO:
        return f"{len(text)} ký tự"
    counted = segment(text)
    return f"{counted.encoding.value} × {counted.segments}"
