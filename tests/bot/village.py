"""Texts that come in and what became of them, as the tests of the queue and of the turns see it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from bot import inbound
from bot.answering import Answerer
from bot.models import Inbound
from bot.turns import TurnWorker
from bot.understanding import UnderstandingClient
from foundation.database import Database
from foundation.message_class import MessageClass
from gateways import Channel, InboundText
from scheduler.outbox import NewMessage, OutboundMessage, Route, State, enqueue, in_parts
from tests.bot.meaning import NOW
from tests.bot.understanding_process import UnderstandingProcess

ME = "+84912345678"


def phone(number: int) -> str:
    """The telephone of the person with that number."""
    return f"+8491{number:07d}"


def text_from(sender: str, text: str, provider_id: str) -> InboundText:
    return InboundText(provider_id, sender, "8079", text, NOW)


def receive(
    database: Database, texts: Iterable[InboundText], gateway: str = "kannel", now: datetime = NOW, channel: str = "sms"
) -> int:
    """Store texts as a webhook does; how many were new."""
    with database.write() as session:
        return inbound.receive(session, gateway, Channel(channel), list(texts), now)


def send(database: Database, *texts: str, sender: str = ME, gateway: str = "kannel", now: datetime = NOW) -> None:
    """One person sends these texts, one after another."""
    with database.read() as session:
        before = len(session.scalars(select(Inbound.id)).all())
    received = receive(
        database,
        [text_from(sender, text, f"{gateway}-{before + number}") for number, text in enumerate(texts)],
        gateway,
        now,
    )
    assert received == len(texts)


def all_inbound(database: Database) -> Sequence[Inbound]:
    with database.read() as session:
        return session.scalars(select(Inbound).order_by(Inbound.id)).all()


def all_replies(database: Database) -> Sequence[OutboundMessage]:
    with database.read() as session:
        return session.scalars(select(OutboundMessage).order_by(OutboundMessage.id)).all()


def work(
    database: Database,
    process: UnderstandingProcess | None,
    answerer: Answerer,
    routes: Mapping[str, Route],
    now: datetime = NOW,
) -> int:
    """Let a worker answer all that waits, with this understanding process or with none; how many were answered."""

    async def run(socket: Path) -> int:
        async with AsyncExitStack() as stack:
            if process is not None:
                await stack.enter_async_context(process.listening(socket))
            understanding = await stack.enter_async_context(UnderstandingClient(socket))
            return await TurnWorker(database, understanding, answerer, routes, lambda: now).work()

    with TemporaryDirectory(prefix="loa-") as folder:
        return asyncio.run(run(Path(folder) / "nlu.sock"))


def offer_tc(database: Database, routes: Mapping[str, Route]) -> None:
    """A text of ours that offers TC to stop has reached ME."""
    with database.write() as session:
        told = NewMessage(
            dedupe_key="told",
            address=ME,
            text="Từ chối nhận tin: soạn TC",
            message_class=MessageClass.PUBLIC_INFORMATION,
            route=routes["kannel"],
            not_before=NOW,
        )
        enqueue(session, in_parts(told), NOW)
        for row in session.scalars(select(OutboundMessage)):
            row.state, row.sent_at = State.DELIVERED, NOW
