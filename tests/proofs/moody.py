"""A smsbox whose mood the test changes, and dispatchers that send through it."""

import asyncio
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from foundation.clock import utc_now
from foundation.database import Database
from gateways import Channel
from gateways.kannel import KannelConfig, KannelGateway
from scheduler.circuit import Tolerance
from scheduler.dispatcher import Dispatcher
from scheduler.limits import Limits
from scheduler.outbox import OutboundMessage, Route, State
from scheduler.outbox.hours import ALWAYS, HOURS
from scheduler.standing import Standing
from tests.gateways.far_end import Act, FarEnd, answers, far_end

WELL = answers(202, "0: Accepted for delivery")
ROUTE = Route("kannel", Channel.SMS, 500, 10)
ANY_HOUR = Limits(hours=dict.fromkeys(HOURS, ALWAYS))
SOON = Tolerance(first_rest_s=1.5, longest_rest_s=6.0, probe_every_s=0.5)
"""As in service, but for the rests: a test does not wait for minutes."""
_REFERENCE = re.compile(rb"[?&;]ref=([A-Za-z0-9_-]+)")


@dataclass
class Smsbox:
    """`mood` may be changed at any time; `moments` are when requests came, by the monotonic clock."""

    end: FarEnd
    mood: Act = WELL
    moments: list[float] = field(default_factory=list)

    def arrived(self) -> Counter[str]:
        """How often each reference came."""
        found = (_REFERENCE.search(request) for request in list(self.end.requests))
        return Counter(each[1].decode() for each in found if each)

    def act(self, connection: socket.socket, closing: threading.Event) -> None:
        self.moments.append(time.monotonic())
        self.mood(connection, closing)

    def gateway(self, rate: float = 500.0, concurrency: int = 16, timeout_s: float = 10.0) -> KannelGateway:
        """One that speaks to it."""
        config = KannelConfig(
            url=self.end.url,
            username="loa",
            password="secret",
            sender="8099",
            callback_base="http://127.0.0.1:8080/gateways/kannel",
            secret=bytes(16),
            segments_per_second=rate,
            concurrency=concurrency,
            timeout_s=timeout_s,
        )
        return KannelGateway(config)


@contextmanager
def smsbox() -> Iterator[Smsbox]:
    """One that is well, while the block runs."""
    late: list[Smsbox] = []
    with far_end(lambda connection, closing: late[0].act(connection, closing)) as end:
        late.append(Smsbox(end))
        yield late[0]


@asynccontextmanager
async def dispatching(
    database: Database,
    gateway: KannelGateway,
    journals: Path,
    now: Callable[[], datetime] = utc_now,
    tolerance: Tolerance = SOON,
) -> AsyncIterator[Dispatcher]:
    """A dispatcher at work, at any hour of the day; at the end it has settled and given back everything."""
    standing = Standing(gateway, {gateway.name: gateway}, now, time.monotonic, tolerance)
    dispatcher = Dispatcher(database, gateway, journals, now, ANY_HOUR, standing)
    stop = asyncio.Event()
    running = asyncio.create_task(dispatcher.run(stop))
    try:
        yield dispatcher
    finally:
        stop.set()
        await running
        await gateway.close()


def states(database: Database) -> Counter[State]:
    """How many messages are in each state, counted by the database."""
    with database.read() as session:
        counted = session.execute(select(OutboundMessage.state, func.count()).group_by(OutboundMessage.state))
        return Counter({State(state): count for state, count in counted})
