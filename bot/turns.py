"""Works the inbound queue: claim, understand (outside any transaction), then everything a turn does in one.

The new state, the ticket, the opt-out, the pledge, the reply in the outbox and "done" commit together or not at all.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot import inbound
from bot.answering import Answerer, citation_json
from bot.conversation import (
    Incoming,
    Kind,
    OptedIn,
    OptedOut,
    Pledged,
    TicketOpened,
    Turn,
    apologise,
    needs_understanding,
    respond,
)
from bot.inbound import Asked
from bot.memory import recall, remember
from bot.models import Inbound, InboundState
from bot.tickets import open_ticket, tickets_of
from bot.understanding import Understanding, UnderstandingClient, UnderstandingUnavailable
from campaigns.donations import record_pledge
from foundation.clock import today
from foundation.database import Database
from foundation.identifiers import new_ticket_code
from foundation.message_class import MessageClass
from foundation.text import split
from people import SuppressionReason, lift, suppress
from scheduler.outbox import NewMessage, Route, enqueue

log = structlog.get_logger()

BATCH = 32


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
                meant = await understand_all([text.text for text in asked], self._understanding)
                answered += await asyncio.to_thread(self._answer_all, asked, meant)
            return answered

    def _claim(self) -> list[Asked]:
        with self._database.write() as session:
            return inbound.claim(session, BATCH, self._now())

    def _answer_all(self, asked: Sequence[Asked], meant: Sequence[Understanding | None]) -> int:
        return sum(self._answer(text, understood) for text, understood in zip(asked, meant, strict=True))

    def _answer(self, asked: Asked, meant: Understanding | None) -> bool:
        try:
            with self._database.write() as session:
                take_turn(session, asked, meant, self._answerer, self._routes, self._now())
            return True
        except Exception:
            log.exception("a turn failed", inbound=asked.id, attempt=asked.attempts)
        with self._database.write() as session:
            if asked.attempts < inbound.MOST_ATTEMPTS:
                inbound.put_back(session, asked)
                return False
            # Nobody is left without an answer, even by a fault of ours: a person takes over.
            now = self._now()
            incoming = Incoming(asked.text, now, today(now), new_ticket_code())
            _finish(session, asked, apologise(incoming), None, self._routes, now)
            return True


async def understand_all(texts: Sequence[str], understanding: UnderstandingClient) -> list[Understanding | None]:
    """What each text means, asked in one batch; None where it need not or could not be asked."""
    asking = [index for index, text in enumerate(texts) if needs_understanding(text)]
    meant: list[Understanding | None] = [None] * len(texts)
    try:
        found = await understanding.understand([texts[index] for index in asking])
    except UnderstandingUnavailable as error:
        log.warning("understanding unavailable", reason=str(error), texts_waiting=len(asking))
        return meant
    for index, understood in zip(asking, found, strict=True):
        meant[index] = understood
    return meant


def take_turn(
    session: Session,
    asked: Asked,
    meant: Understanding | None,
    answerer: Answerer,
    routes: Mapping[str, Route],
    now: datetime,
) -> Turn:
    """One turn with all its effects, in the caller's transaction."""
    state = recall(session, asked.channel, asked.address, now)
    incoming = Incoming(
        text=asked.text,
        now=now,
        on=today(now),
        ticket_code=new_ticket_code(),
        understanding=meant,
        tickets=tickets_of(session, asked.channel, asked.address),
    )
    turn = respond(state, incoming, answerer)
    remember(session, asked.channel, asked.address, turn.state, now)
    _finish(session, asked, turn, meant, routes, now)
    return turn


def _finish(
    session: Session,
    asked: Asked,
    turn: Turn,
    meant: Understanding | None,
    routes: Mapping[str, Route],
    now: datetime,
) -> None:
    carry_out(session, turn, asked, now)
    enqueue(session, _replies(turn, asked, routes[asked.gateway], meant, now), now)
    session.execute(
        update(Inbound)
        .where(Inbound.id == asked.id)
        .values(
            state=InboundState.DONE,
            lease_until=None,
            kind=turn.kind,
            facts=list(turn.facts),
            citations=[citation_json(citation) for citation in turn.citations],
            confidence=turn.confidence,
            model_id=meant.model if meant else None,
            answered_at=now,
        )
    )


def carry_out(session: Session, turn: Turn, asked: Asked, now: datetime) -> None:
    """What a turn's events ask for, in the caller's transaction."""
    for event in turn.events:
        match event:
            case OptedOut():
                suppress(session, asked.channel, asked.address, SuppressionReason.OPT_OUT, now)
            case OptedIn():
                lift(session, asked.channel, asked.address, now)
            case Pledged(amount_vnd):
                record_pledge(session, asked.channel, asked.address, amount_vnd, asked.text, asked.id, now)
            case TicketOpened():
                open_ticket(
                    session,
                    event,
                    gateway=asked.gateway,
                    channel=asked.channel,
                    address=asked.address,
                    text=asked.text,
                    inbound_id=asked.id,
                    now=now,
                )


def _replies(turn: Turn, asked: Asked, route: Route, meant: Understanding | None, now: datetime) -> list[NewMessage]:
    return [
        NewMessage(
            dedupe_key=f"reply:{asked.id}:{number}",
            address=asked.address,
            text=part,
            message_class=MessageClass.REPLY,
            route=route,
            not_before=now,
            inbound_id=asked.id,
            template=f"{turn.kind}:{','.join(turn.facts)}"[:80] if turn.kind is Kind.ANSWER else str(turn.kind),
            template_version=turn.version,
            model_id=meant.model if meant else None,
        )
        for number, part in enumerate(split(turn.reply, route.max_segments), start=1)
    ]
