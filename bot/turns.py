"""Works the inbound queue: claim, understand (outside any transaction), then everything a turn does in one.

The new state, the ticket, the opt-out, the pledge, the reply in the outbox and "done" commit together or not at all.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

import structlog
from sqlalchemy.orm import Session

from bot import inbound
from bot.answering import Answerer, citation_json
from bot.conversation import apologise, needs_understanding, respond
from bot.exchange import Incoming, Kind, OptedIn, OptedOut, Pledged, TicketOpened, Turn
from bot.inbound import Asked, LeaseLost, Origin
from bot.memory import recall, remember
from bot.pieces import pieces
from bot.tickets import open_ticket, tickets_of
from bot.understanding import Understanding, UnderstandingClient, UnderstandingUnavailable
from campaigns.donations import record_pledge
from foundation.clock import today
from foundation.database import Database
from foundation.identifiers import new_ticket_code
from foundation.message_class import MessageClass
from foundation.text import was_cut, without_links
from people import SuppressionReason, lift, suppress
from scheduler.outbox import NewMessage, Route, enqueue, in_parts, way_back

log = structlog.get_logger()

BATCH = 32
OPENING = 200
"""Characters read of a text that was longer than we take in: its question, before its story drowns it."""


class TurnWorker:
    """Answers what came in. `work` is called by the clock and by nudges; it goes on until nothing is left."""

    def __init__(
        self,
        database: Database,
        understanding: UnderstandingClient,
        answerer: Answerer,
        routes: Mapping[str, Route],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._understanding = understanding
        self._answerer = answerer
        self._routes = routes
        self._now = now
        self._busy = asyncio.Lock()

    async def work(self) -> int:
        """Answer everything that waits; how many texts were answered."""
        async with self._busy:
            answered = 0
            while asked := await asyncio.to_thread(self._claim):
                meant = await understand_all([text.origin.text for text in asked], self._understanding)
                answered += await asyncio.to_thread(self._answer_all, asked, meant)
            return answered

    def _claim(self) -> list[Asked]:
        with self._database.write() as session:
            return inbound.claim(session, BATCH, self._now())

    def _answer_all(self, asked: Sequence[Asked], meant: Sequence[Understanding | None]) -> int:
        return sum(self._answer(text, understood) for text, understood in zip(asked, meant, strict=True))

    def _answer(self, asked: Asked, meant: Understanding | None) -> bool:
        if asked.attempts > inbound.MOST_CLAIMS:
            return self._hand_over(asked)  # claimed so often without an end: it may kill whoever reads it
        try:
            with self._database.write() as session:
                take_turn(session, asked, meant, self._answerer, self._routes, self._now())
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
        incoming = Incoming(asked.origin.text, now, today(now), new_ticket_code())
        turn = apologise(incoming, self._answerer.form)
        _carry_out(session, turn, asked.origin, now)
        _finish(session, asked, turn, None, self._routes, now)
        return True


async def understand_all(texts: Sequence[str], understanding: UnderstandingClient) -> list[Understanding | None]:
    """What each text and each of its sentences means, asked in one batch; None where it need not or could not be
    asked."""
    read = {index: _read_of(text) for index, text in enumerate(texts) if needs_understanding(text)}
    wholes = {index: (text, *pieces(text)) for index, text in read.items()}
    meant: list[Understanding | None] = [None] * len(texts)
    try:
        found = iter(await understanding.understand([part for parts in wholes.values() for part in parts]))
    except UnderstandingUnavailable as error:
        log.warning("understanding unavailable", reason=str(error), texts_waiting=len(read))
        return meant
    for index, parts in wholes.items():
        whole, *rest = (next(found) for _ in parts)
        meant[index] = replace(whole, pieces=tuple(rest))
    return meant


def _read_of(text: str) -> str:
    """What of a text is understood: a link says nothing, and of a letter its opening says what it is about."""
    return without_links(text[:OPENING] if was_cut(text) else text)


def take_turn(
    session: Session,
    asked: Asked,
    meant: Understanding | None,
    answerer: Answerer,
    routes: Mapping[str, Route],
    now: datetime,
) -> Turn:
    """One turn with all its effects, in the caller's transaction."""
    turn = talk(session, asked.origin, meant, answerer, now, today(now))
    _finish(session, asked, turn, meant, routes, now)
    return turn


def talk(
    session: Session, origin: Origin, meant: Understanding | None, answerer: Answerer, now: datetime, on: date
) -> Turn:
    """One turn with its effects on people, tickets and memory, in the caller's transaction; nothing is sent."""
    state = recall(session, origin.channel, origin.address, now)
    tickets = tickets_of(session, origin.channel, origin.address)
    turn = respond(state, Incoming(origin.text, now, on, new_ticket_code(), meant, tickets), answerer)
    remember(session, origin.channel, origin.address, turn.state, now)
    _carry_out(session, turn, origin, now)
    return turn


def _finish(
    session: Session,
    asked: Asked,
    turn: Turn,
    meant: Understanding | None,
    routes: Mapping[str, Route],
    now: datetime,
) -> None:
    route = way_back(routes, asked.origin.gateway, asked.origin.channel)
    enqueue(session, in_parts(_reply(turn, asked.origin, route, meant, now)), now)
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
    for event in turn.events:
        match event:
            case OptedOut():
                suppress(session, origin.channel, origin.address, SuppressionReason.OPT_OUT, now)
            case OptedIn():
                lift(session, origin.channel, origin.address, now)
            case Pledged(amount_vnd):
                record_pledge(session, origin.channel, origin.address, amount_vnd, origin.text, origin.inbound_id, now)
            case TicketOpened():
                open_ticket(session, event, origin, now)


def _reply(turn: Turn, origin: Origin, route: Route, meant: Understanding | None, now: datetime) -> NewMessage:
    return NewMessage(
        dedupe_key=f"reply:{origin.inbound_id}",
        address=origin.address,
        text=turn.reply,
        message_class=MessageClass.REPLY,
        route=route,
        not_before=now,
        inbound_id=origin.inbound_id,
        template=f"{turn.kind}:{','.join(turn.facts)}"[:80] if turn.kind is Kind.ANSWER else str(turn.kind),
        template_version=turn.version,
        model_id=meant.model if meant else None,
    )
