"""Conversations without sending: the same turns as the webhooks', for the command line, tests and training."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bot.answering import Answerer, citation_json
from bot.conversation import respond
from bot.exchange import Incoming, KnownTicket, State, Turn
from bot.hearing import hear
from bot.inbound import Origin
from bot.memory import recall
from bot.reading import Reading, read
from bot.turns import offered_in, talk
from bot.understanding import Understanding, UnderstandingClient
from foundation.database import Database
from foundation.holidays import SHIPPED, DaysOff
from foundation.identifiers import new_ticket_code
from foundation.text import segment, split, take_in

PARTS_OF = 3
"""Segments a part may have when no gateway says otherwise."""
BATCH = 64
TICKET = "{{ticket}}"


@dataclass(slots=True)
class Person:
    """Somebody in a conversation that leaves nothing behind: state and tickets live for the run."""

    state: State = field(default_factory=State)
    tickets: list[KnownTicket] = field(default_factory=list)

    def fill(self, text: str) -> str:
        """The text with `{{ticket}}` replaced by the code of the person's last ticket."""
        return text.replace(TICKET, self.tickets[-1].code) if self.tickets else text

    def take(
        self,
        text: str,
        meant: Understanding | None,
        answerer: Answerer,
        now: datetime,
        on: date,
        days_off: DaysOff = SHIPPED,
    ) -> Turn:
        """One turn of this person."""
        return self.answer(read(text), meant, answerer, now, on, days_off)

    def answer(
        self,
        reading: Reading,
        meant: Understanding | None,
        answerer: Answerer,
        now: datetime,
        on: date,
        days_off: DaysOff = SHIPPED,
    ) -> Turn:
        """One turn of this person, whose text has been read."""
        incoming = Incoming(reading, now, on, new_ticket_code(), meant, tuple(self.tickets), days_off=days_off)
        turn = respond(self.state, incoming, answerer)
        self.state = turn.state
        if turn.ticket is not None:
            opened = turn.ticket
            self.tickets.append(KnownTicket(opened.code, "open", opened.due_on, opened.confidential))
        return turn


@dataclass(slots=True)
class Line:
    """A person with the texts they will send, one after another."""

    texts: Sequence[str]
    on: date
    person: Person = field(default_factory=Person)
    turns: list[dict[str, Any]] = field(default_factory=list)


async def converse(
    lines: Sequence[Line],
    understanding: UnderstandingClient,
    answerer: Answerer,
    now: datetime,
    progress: Callable[[int], None] = lambda _: None,
    days_off: DaysOff = SHIPPED,
) -> None:
    """Let everyone talk: all first texts in batches, then all second ones; each line's `turns` are filled.

    `progress` is told how many texts were answered since it was last told.
    """
    for round_number in range(max((len(line.texts) for line in lines), default=0)):
        talking = [line for line in lines if round_number < len(line.texts)]
        for start in range(0, len(talking), BATCH):
            batch = talking[start : start + BATCH]
            began = time.perf_counter()
            readings = [read(take_in(line.person.fill(line.texts[round_number]))) for line in batch]
            meant = await hear(readings, understanding, [line.person.state for line in batch])
            turns = [
                line.person.answer(reading, understood, answerer, now, line.on, days_off)
                for line, reading, understood in zip(batch, readings, meant, strict=True)
            ]
            elapsed_ms = (time.perf_counter() - began) * 1000 / len(batch)
            for line, reading, turn in zip(batch, readings, turns, strict=True):
                line.turns.append(turn_json(reading.text, turn, elapsed_ms))
            progress(len(batch))


def turn_json(text: str, turn: Turn, elapsed_ms: float) -> dict[str, Any]:
    """A turn as the contract has it."""
    parts = [segment(part) for part in split(turn.reply, PARTS_OF)]
    return {
        "text": text,
        "kind": turn.kind.value,
        "facts": list(turn.facts),
        "reply": turn.reply,
        "parts": [{"text": p.text, "encoding": p.encoding.value, "segments": p.segments} for p in parts],
        "citations": [citation_json(citation) for citation in turn.citations],
        "confidence": round(turn.confidence, 4) if turn.confidence is not None else None,
        "ticket": turn.ticket.code if turn.ticket else turn.concerning,
        "pledge_vnd": turn.pledge_vnd,
        "elapsed_ms": round(elapsed_ms, 2),
    }


async def converse_as(
    database: Database,
    channel: str,
    address: str,
    text: str,
    understanding: UnderstandingClient,
    answerer: Answerer,
    now: datetime,
    on: date,
    days_off: DaysOff = SHIPPED,
) -> dict[str, Any]:
    """One turn of a known address: state and effects are kept, nothing is sent."""
    began = time.perf_counter()
    origin = Origin(channel, address, take_in(text))
    with database.read() as session:
        state, offered = recall(session, channel, address, now), offered_in(session, origin)
    reading = read(origin.text, offered)
    (meant,) = await hear([reading], understanding, [state])
    with database.write() as session:
        turn = talk(session, origin, reading, meant, answerer, now, on, days_off)
    return turn_json(origin.text, turn, (time.perf_counter() - began) * 1000)
