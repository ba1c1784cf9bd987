"""What the scheduler's tests are built of: a gateway that records, rows to send, and ways to look at them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from sqlalchemy import select

from foundation.database import Database
from foundation.message_class import MessageClass
from gateways import (
    Capabilities,
    Channel,
    Event,
    InboundText,
    Outcome,
    Outgoing,
    Receipt,
    SendStatus,
    Sent,
    WebhookReply,
    WebhookRequest,
)
from scheduler.dispatcher import Dispatcher
from scheduler.outbox import NewMessage, OutboundMessage, Route, State, enqueue

PRICE = 500
ROUTE = Route("recording", Channel.SMS, PRICE, 10)
PHONE = "+84912345678"

Answer = Callable[[Outgoing], Outcome]


def accepts(message: Outgoing) -> Outcome:
    """The gateway takes the message."""
    return Outcome(message.reference, SendStatus.ACCEPTED, provider_id=f"p-{message.reference}")


def says(status: SendStatus, detail: str | None = None, retry_after_s: float | None = None) -> Answer:
    """The gateway answers so to every message."""
    return lambda message: Outcome(message.reference, status, detail=detail, retry_after_s=retry_after_s)


class RecordingGateway:
    """Answers as a function says, after `takes_s` seconds, and remembers what arrived, in order."""

    name: ClassVar[str] = "recording"
    channel: ClassVar[Channel] = Channel.SMS

    def __init__(
        self,
        answer: Answer = accepts,
        rate: float = 10_000,
        concurrency: int = 16,
        batch_max: int = 1,
        takes_s: float = 0,
    ) -> None:
        self.answer = answer
        self.takes_s = takes_s
        self.arrived: list[Outgoing] = []
        self.on_the_wire = 0
        self.most_on_the_wire = 0
        self.segments_per_second = rate
        self.price_vnd_per_segment = PRICE
        self.number: str | None = "8099"
        self.capabilities = Capabilities(
            free_text=True,
            can_be_answered=True,
            reply_in_response=False,
            registered_templates=False,
            max_segments=10,
            concurrency=concurrency,
            batch_max=batch_max,
        )

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        self.arrived.extend(batch)
        self.on_the_wire += 1
        self.most_on_the_wire = max(self.most_on_the_wire, self.on_the_wire)
        try:
            await asyncio.sleep(self.takes_s)
            return [self.answer(message) for message in batch]
        finally:
            self.on_the_wire -= 1

    def inbound(self, request: WebhookRequest) -> list[InboundText]:
        return []

    def receipts(self, request: WebhookRequest) -> list[Receipt]:
        return []

    def cannot_carry(self, message: Outgoing) -> str | None:
        return None

    async def status(self, asked: Sequence[Sent]) -> list[Receipt]:
        return []

    def reply(self, events: Sequence[Event], answers: Sequence[str] = ()) -> WebhookReply:
        return WebhookReply()

    async def check(self) -> str | None:
        return None

    async def close(self) -> None:
        return None


@dataclass
class Clock:
    """A clock that stands until it is set."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at


def phone(number: int) -> str:
    """A number of its own for each."""
    return f"+8491{number:07d}"


def message(
    key: str,
    now: datetime,
    address: str = PHONE,
    text: str = "Xin chao",
    message_class: MessageClass = MessageClass.PUBLIC_INFORMATION,
    batch_id: int | None = None,
    expires_at: datetime | None = None,
    not_before: datetime | None = None,
    route: Route = ROUTE,
) -> NewMessage:
    """A message to queue, of which a test says only what matters to it."""
    return NewMessage(
        dedupe_key=key,
        address=address,
        text=text,
        message_class=message_class,
        route=route,
        not_before=not_before or now,
        batch_id=batch_id,
        expires_at=expires_at,
    )


def put(database: Database, now: datetime, *messages: NewMessage) -> int:
    """Queue messages; how many were new."""
    with database.write() as session:
        return enqueue(session, messages, now)


def put_many(database: Database, now: datetime, count: int, batch_id: int | None = None) -> None:
    """Queue this many public messages, each to a number of its own."""
    put(database, now, *(message(f"m{i}", now, address=phone(i), batch_id=batch_id) for i in range(count)))


def rows(database: Database) -> list[OutboundMessage]:
    """The whole outbox, in order of queueing."""
    with database.read() as session:
        return list(session.scalars(select(OutboundMessage).order_by(OutboundMessage.id)))


def row(database: Database, key: str = "m0") -> OutboundMessage:
    """The message queued under this key."""
    with database.read() as session:
        return session.scalars(select(OutboundMessage).where(OutboundMessage.dedupe_key == key)).one()


def tally(database: Database) -> dict[State, int]:
    """How many messages are in each state."""
    found: dict[State, int] = {}
    for each in rows(database):
        found[State(each.state)] = found.get(State(each.state), 0) + 1
    return found


def dispatch(database: Database, gateway: RecordingGateway, folder: Path, now: Callable[[], datetime]) -> int:
    """Claim, send and settle one batch with a dispatcher that ends afterwards; how many messages were tried."""
    return asyncio.run(_dispatch(database, gateway, folder, now))


async def _dispatch(database: Database, gateway: RecordingGateway, folder: Path, now: Callable[[], datetime]) -> int:
    dispatcher = Dispatcher(database, gateway, folder / "journals", now)
    try:
        return await dispatcher.dispatch_once()
    finally:
        stopped = asyncio.Event()
        stopped.set()
        await dispatcher.run(stopped)  # lets go of the journal
