"""`loa bench rate`: whether a gateway's rate is held, neither more nor less, by a worker that sends over HTTP.

In any second at most the rate and one message leave, at the moment of sending; over the whole time no more than 2 %
below it. When the answers came is told beside it: that is up to the network.
"""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import uvloop

from foundation.database import Database, sqlite_url
from gateways.protocol import Outcome, Outgoing
from loa.bench import Report, Target
from loa.bench.carrier import carrier
from loa.bench.dispatch_ours import CountingKannel, config, dispatcher_of, fill
from loa.schema import upgrade
from loa.wiring import Loa

RATES = (50, 500, 3_000)
SECONDS = 30.0
BELOW_PERCENT = 2.0
IN_FLIGHT = 32
TEXT = "Tin so {number}"
"""One segment: as many messages as there can be."""


class TimedKannel(CountingKannel):
    """Notes when each message left, and when it was answered."""

    def __init__(self, url: str, rate: float) -> None:
        super().__init__(config(url, IN_FLIGHT, rate))
        self.left: list[float] = []
        self.answered: list[float] = []

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        self.left += [time.monotonic()] * len(batch)
        outcomes = await super().send(batch)
        self.answered += [time.monotonic()] * len(batch)
        return outcomes


def measure(loa: Loa) -> Report:
    """In a database of its own, with the installation's keys."""
    return measure_for(loa, SECONDS)


def measure_for(loa: Loa, seconds: float) -> Report:
    """For so many seconds at each rate."""
    conditions: dict[str, object] = {"seconds": seconds}
    targets = []
    for rate in RATES:
        gateway = _at(loa, rate, seconds)
        most, below = most_in_a_second(gateway.left), below_percent(gateway.left, rate)
        conditions[f"answered_most_in_a_second_{rate}"] = most_in_a_second(gateway.answered)
        targets.append(Target(f"most_in_a_second_{rate}", most, "segments", rate + 1, "at_most"))
        targets.append(Target(f"below_{rate}", round(below, 2), "%", BELOW_PERCENT, "at_most"))
    return Report("rate", conditions, targets)


def most_in_a_second(moments: Sequence[float]) -> int:
    """The most of these within any second."""
    most = start = 0
    for number, at in enumerate(moments := sorted(moments)):
        while moments[start] <= at - 1:
            start += 1
        most = max(most, number - start + 1)
    return most


def below_percent(moments: Sequence[float], rate: float) -> float:
    """By how much fewer a second left than might have, from the first to the last."""
    return 100 * (1 - (len(moments) - 1) / (moments[-1] - moments[0]) / rate)


def _at(loa: Loa, rate: int, seconds: float) -> TimedKannel:
    with tempfile.TemporaryDirectory(prefix="loa-") as name, carrier() as url:
        database = Database(sqlite_url(Path(name) / "bench.db"), loa.vault)
        try:
            upgrade(database)
            fill(database, int(rate * (seconds + 2)), TEXT)
            gateway = TimedKannel(url, rate)
            uvloop.run(_send(database, Path(name) / "journals", gateway, int(rate * seconds)))
            return gateway
        finally:
            database.close()


async def _send(database: Database, journals: Path, gateway: TimedKannel, wanted: int) -> None:
    stop = asyncio.Event()
    gateway.count_until(wanted, stop)
    await dispatcher_of(database, journals, gateway).run(stop)
    await gateway.close()
