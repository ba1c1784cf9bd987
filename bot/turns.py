"""Works the inbound queue: claim, understand (outside any transaction), then everything a turn does in one.

The new state, the ticket, the opt-out, the pledge, the reply in the outbox and "done" commit together or not at all.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

import structlog
from sqlalchemy.orm import Session

from bot import inbound
from bot.answering import Answerer, citation_json
from bot.conversation import apologise, respond
from bot.exchange import (
    Incoming,
    Kind,
    NumberChanged,
    OptedIn,
    OptedOut,
    Pledged,
    SlipKept,
    State,
    TicketOpened,
    Turn,
)
from bot.genuine import look_up, offered_to
from bot.hearing import hear
from bot.inbound import Asked, LeaseLost, Origin
from bot.interview.slips import keep
from bot.limits import RATE_LIMITED, REPEATED, is_repeated, is_too_much, was_told_so
from bot.memory import REMEMBERED, recall, remember
from bot.numbers import forget_person, was_silent
from bot.reading import Reading, read
from bot.tickets.attachments import has_attachments
from bot.tickets.handling import body_of, open_ticket, tickets_of
from bot.tickets.officials import official_answer
from bot.understanding import Understanding, UnderstandingClient
from bot.words import say
from campaigns.donations import amend_pledge, record_pledge
from foundation.clock import today
from foundation.database import Database
from foundation.holidays import SHIPPED, DaysOff
from foundation.identifiers import new_ticket_code
from foundation.message_class import MessageClass
from people import SuppressionReason, lift, suppress
from scheduler.outbox import NewMessage, Route, enqueue, in_parts, way_back

log = structlog.get_logger()

BATCH = 32
LATE = timedelta(hours=3)
"""A text that took so long is answered by the law of the day it was sent, and told so."""
TOO_LATE = timedelta(days=60)
"""A carrier's clock that is off by more says nothing."""
MOST_WORDS_OFFERED = 3
"""Words of a text that may still be one that we asked for: "TC nhé"."""
OFFICIAL = "official"
"""What came of an official's answer to a ticket."""


class TurnWorker:
    """Answers what came in. `work` is called by the clock and by nudges; it goes on until nothing is left."""

    def __init__(
        self,
        database: Database,
        understanding: UnderstandingClient,
        answerer: Answerer,
        routes: Mapping[str, Route],
        now: Callable[[], datetime],
        days_off: DaysOff = SHIPPED,
    ) -> None:
        self._database = database
        self._understanding = understanding
        self._answerer = answerer
        self._routes = routes
        self._now = now
        self._days_off = days_off
        self._busy = asyncio.Lock()

    async def work(self) -> int:
        """Answer everything that waits; how many texts were answered."""
        async with self._busy:
            answered = 0
            while claimed := await asyncio.to_thread(self._claim):
                asked, states, offered = zip(*claimed, strict=True)
                readings = [read(each.origin.text, words) for each, words in zip(asked, offered, strict=True)]
                meant = await hear(readings, self._understanding, states)
                answered += await asyncio.to_thread(self._answer_all, asked, readings, meant)
            return answered

    def _claim(self) -> list[tuple[Asked, State, frozenset[str]]]:
        """What waits, each text with the state of its talk and the words that our last text asked for: nobody else
        works on that talk while the lease holds."""
        now = self._now()
        with self._database.write() as session:
            return [
                (
                    asked,
                    recall(session, asked.origin.channel, asked.origin.address, now),
                    offered_in(session, asked.origin),
                )
                for asked in inbound.claim(session, BATCH, now)
            ]

    def _answer_all(
        self, asked: Sequence[Asked], readings: Sequence[Reading], meant: Sequence[Understanding | None]
    ) -> int:
        return sum(self._answer(*each) for each in zip(asked, readings, meant, strict=True))

    def _answer(self, asked: Asked, reading: Reading, meant: Understanding | None) -> bool:
        if asked.attempts > inbound.MOST_CLAIMS:
            return self._hand_over(asked)  # claimed so often without an end: it may kill whoever reads it
        try:
            with self._database.write() as session:
                take_turn(session, asked, reading, meant, self._answerer, self._routes, self._now(), self._days_off)
            return True
        except LeaseLost:
            log.warning("another worker answers", inbound=asked.id, attempt=asked.attempts)
            return False
        except Exception:
            log.exception("a turn failed", inbound=asked.id, attempt=asked.attempts)
        return self._hand_over(asked)

    def _hand_over(self, asked: Asked) -> bool:
        try:
            with self._database.write() as session:
                return self._after_failure(session, asked)
        except Exception:
            # The others in the batch shall not wait for this one; its lease runs out, then it is tried again.
            log.exception("a failed turn could not be handed over", inbound=asked.id, attempt=asked.attempts)
            return False

    def _after_failure(self, session: Session, asked: Asked) -> bool:
        """Try again, or let a person take over: nobody is left without an answer, even by a fault of ours."""
        if asked.attempts < inbound.MOST_ATTEMPTS:
            inbound.put_back(session, asked)
            return False
        now = self._now()
        incoming = Incoming(Reading(asked.origin.text), now, today(now), new_ticket_code(), days_off=self._days_off)
        turn = apologise(incoming, self._answerer.form)
        _carry_out(session, turn, asked.origin, now)
        _finish(session, asked, turn, None, self._routes, now)
        return True


def take_turn(
    session: Session,
    asked: Asked,
    reading: Reading,
    meant: Understanding | None,
    answerer: Answerer,
    routes: Mapping[str, Route],
    now: datetime,
    days_off: DaysOff = SHIPPED,
) -> Turn | None:
    """One turn with all its effects, in the caller's transaction; None for a text that gets none of its own."""
    answered = official_answer(session, asked.origin, routes, now)
    if answered is not None:
        _say(session, asked, answered, OFFICIAL, routes, now)
        return None
    if not reading.is_never_limited and _passed_over(session, asked, routes, answerer, now):
        return None
    sent = asked.sent_at if asked.sent_at is not None and LATE <= now - asked.sent_at < TOO_LATE else None
    turn = talk(session, asked.origin, reading, meant, answerer, now, today(sent or now), days_off, late_from=sent)
    _finish(session, asked, turn, meant, routes, now)
    return turn


def talk(
    session: Session,
    origin: Origin,
    reading: Reading,
    meant: Understanding | None,
    answerer: Answerer,
    now: datetime,
    on: date,
    days_off: DaysOff = SHIPPED,
    late_from: datetime | None = None,
) -> Turn:
    """One turn with its effects on people, tickets and memory, in the caller's transaction; nothing is sent."""
    channel, address = origin.channel, origin.address
    if was_silent(session, channel, address, origin.inbound_id, now):
        forget_person(session, channel, address, now)
    state = recall(session, channel, address, now)
    incoming = Incoming(
        reading,
        now,
        on,
        new_ticket_code(),
        meant,
        tickets_of(session, channel, address),
        body_of=partial(body_of, session),
        days_off=days_off,
        genuine=look_up(session, reading.doubt, channel, address) if reading.doubt else None,
        late_from=late_from,
        attached=has_attachments(session, origin.inbound_id),
    )
    turn = respond(state, incoming, answerer)
    remember(session, channel, address, turn.state, now)
    _carry_out(session, turn, origin, now)
    return turn


def offered_in(session: Session, origin: Origin) -> frozenset[str]:
    """The words that our last text to this number asked for; none, unlooked for, if the text is too long to be one."""
    if len(origin.text.split()) > MOST_WORDS_OFFERED:
        return frozenset()
    return offered_to(session, origin.channel, origin.address)


def _passed_over(
    session: Session, asked: Asked, routes: Mapping[str, Route], answerer: Answerer, now: datetime
) -> bool:
    """Settle a text that is one too many, or the one before it once more; whether it was one."""
    if is_repeated(session, asked):
        inbound.settle(session, asked, kind=REPEATED, answered_at=now)
        return True
    if not is_too_much(session, asked):
        return False
    if was_told_so(session, asked):
        inbound.settle(session, asked, kind=RATE_LIMITED, answered_at=now)
    else:
        _say(session, asked, say("too_many"), RATE_LIMITED, routes, now)
    return True


def _say(session: Session, asked: Asked, text: str, kind: str, routes: Mapping[str, Route], now: datetime) -> None:
    """Say something that is no turn of a conversation, and settle the text it is said to."""
    route = way_back(routes, asked.origin.gateway, asked.origin.channel)
    enqueue(session, in_parts(_message(asked, text, kind, route, now)), now)
    inbound.settle(session, asked, kind=kind, answered_at=now)


def _finish(
    session: Session,
    asked: Asked,
    turn: Turn,
    meant: Understanding | None,
    routes: Mapping[str, Route],
    now: datetime,
) -> None:
    route = way_back(routes, asked.origin.gateway, asked.origin.channel)
    enqueue(session, in_parts(_reply(turn, asked, route, meant, now)), now)
    inbound.settle(
        session,
        asked,
        kind=turn.kind,
        facts=list(turn.facts),
        citations=[citation_json(citation) for citation in turn.citations],
        intent=meant.intent.name if meant else None,
        topic=meant.subject if meant else None,
        confidence=turn.confidence,
        model_id=meant.model if meant else None,
        answered_at=now,
    )


def _carry_out(session: Session, turn: Turn, origin: Origin, now: datetime) -> None:
    channel, address = origin.channel, origin.address
    for event in turn.events:
        match event:
            case OptedOut():
                suppress(session, channel, address, SuppressionReason.OPT_OUT, now)
            case OptedIn():
                lift(session, channel, address, now)
            case Pledged(int(amount_vnd), again=True) if amend_pledge(
                session, channel, address, amount_vnd, origin.text, now - REMEMBERED
            ):
                pass
            case Pledged(amount_vnd):
                record_pledge(session, channel, address, amount_vnd, origin.text, origin.inbound_id, now)
            case NumberChanged():
                forget_person(session, channel, address, now)
            case TicketOpened():
                open_ticket(session, event, origin, now)
            case SlipKept():
                keep(session, event, channel, address, now)


def _reply(turn: Turn, asked: Asked, route: Route, meant: Understanding | None, now: datetime) -> NewMessage:
    template = f"{turn.kind}:{','.join(turn.facts)}"[:80] if turn.kind is Kind.ANSWER else str(turn.kind)
    message = _message(asked, turn.reply, template, route, now)
    return replace(message, template_version=turn.version, model_id=meant.model if meant else None)


def _message(asked: Asked, text: str, template: str, route: Route, now: datetime) -> NewMessage:
    return NewMessage(
        dedupe_key=f"reply:{asked.origin.inbound_id}",
        address=asked.origin.address,
        text=text,
        message_class=MessageClass.REPLY,
        route=route,
        not_before=now + route.grace,
        inbound_id=asked.origin.inbound_id,
        asked_at=_wrote_at(asked, now),
        template=template,
    )


def _wrote_at(asked: Asked, now: datetime) -> datetime:
    """When the person wrote, by the carrier's clock unless that is off."""
    sent_at = asked.sent_at
    return sent_at if sent_at is not None and timedelta() <= now - sent_at < TOO_LATE else asked.received_at
