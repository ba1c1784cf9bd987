"""What `loa bench dispatch` measures: an outbox full of texts, sent by the dispatcher as a worker has it."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import uvloop
from sqlalchemy import func, select

from foundation.clock import utc_now
from foundation.database import Database
from foundation.message_class import MessageClass
from foundation.text import segment
from gateways.kannel import KannelConfig, KannelGateway, submission
from gateways.protocol import Gateway, Outcome, Outgoing, SendStatus
from scheduler.dispatcher import Dispatcher
from scheduler.limits import LIMITS, Limits
from scheduler.outbox import NewMessage, OutboundMessage, Route, enqueue, open_batch
from scheduler.outbox.hours import ALWAYS
from scheduler.standing import Standing

RATE = 1_000_000.0
"""Segments a second: the pace is on, and holds nobody up."""
ANY_HOUR = Limits(dict.fromkeys(MessageClass, ALWAYS), LIMITS.caps, LIMITS.excluded)
"""All rules, at whatever hour somebody measures."""
AT_ONCE = 10_000

TEXT = (
    "UBND xã Ba Tơ: hộ ông/bà {number} được hỗ trợ tiền điện quý IV. Mời đến nhà văn hóa thôn nhận trước ngày 30/11, "
    "mang theo căn cước."
)


class CountingKannel(KannelGateway):
    """Kannel's client as it is; it says when as many outcomes as were wanted are there."""

    counted = 0

    def count_until(self, wanted: int, stop: asyncio.Event) -> None:
        self._wanted = wanted
        self._stop = stop

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        return self._count(await super().send(batch))

    def _count(self, outcomes: list[Outcome]) -> list[Outcome]:
        self.counted += len(outcomes)
        if self.counted >= self._wanted:
            self._stop.set()
        return outcomes


class NullGateway(CountingKannel):
    """Takes everything at once: what is left is what the outbox costs."""

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        await asyncio.sleep(0)
        return self._count([Outcome(message.reference, SendStatus.ACCEPTED) for message in batch])


def config(url: str, in_flight: int, rate: float = RATE) -> KannelConfig:
    """A Kannel at that address."""
    return KannelConfig(
        url=url,
        username="loa",
        password="not a secret",
        sender="8099",
        callback_base="http://127.0.0.1:8080/gateways/kannel",
        secret=bytes(range(32)),
        segments_per_second=rate,
        concurrency=in_flight,
    )


def bodies(count: int) -> list[bytes]:
    """What so many messages of the outbox are on the wire."""
    settings = config("http://127.0.0.1:1", 1)
    found = []
    for number in range(count):
        counted = segment(TEXT.format(number=number))
        outgoing = Outgoing(f"{number:020}", f"+8491{number:07}", counted.text, counted.encoding, "public_information")
        found.append(submission(settings, outgoing))
    return found


def fill(database: Database, count: int, form: str = TEXT) -> None:
    """Queue so many texts to as many people, of one batch."""
    now = utc_now() - timedelta(minutes=1)
    route = Route(KannelGateway.name, KannelGateway.channel, 500, 10)
    with database.write() as session:
        first = session.scalar(select(func.coalesce(func.max(OutboundMessage.id), 0))) or 0
        batch_id = open_batch(session, MessageClass.PUBLIC_INFORMATION, now)
    for start in range(first, first + count, AT_ONCE):
        messages = (
            NewMessage(
                dedupe_key=f"bench:{number}",
                address=f"+8491{number:07}",
                text=form.format(number=number),
                message_class=MessageClass.PUBLIC_INFORMATION,
                route=route,
                not_before=now,
                batch_id=batch_id,
            )
            for number in range(start, min(start + AT_ONCE, first + count))
        )
        with database.write() as session:
            enqueue(session, messages, now)


def sent(database: Database, journals: Path, gateway: CountingKannel, wanted: int) -> float:
    """Seconds until so many messages are sent and settled."""
    return uvloop.run(_sent(database, journals, gateway, wanted))


async def _sent(database: Database, journals: Path, gateway: CountingKannel, wanted: int) -> float:
    stop = asyncio.Event()
    gateway.count_until(wanted, stop)
    began = time.perf_counter()
    try:
        await dispatcher_of(database, journals, gateway).run(stop)
        return time.perf_counter() - began
    finally:
        await gateway.close()


def dispatcher_of(database: Database, journals: Path, gateway: Gateway) -> Dispatcher:
    """As a worker has it."""
    standing = Standing(gateway, {gateway.name: gateway}, utc_now, time.monotonic)
    return Dispatcher(database, gateway, journals, utc_now, ANY_HOUR, standing)


def states(database: Database) -> dict[str, int]:
    """How many messages are in each state."""
    with database.read() as session:
        rows = session.execute(select(OutboundMessage.state, func.count()).group_by(OutboundMessage.state))
        return {str(state): count for state, count in rows}
