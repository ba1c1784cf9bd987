"""The machine's clock is set an hour forward and an hour back in the middle: no burst, no stall, nothing twice."""

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from foundation.clock import utc_now
from foundation.database import Database
from scheduler.clock import Clock, Ticking
from scheduler.outbox import State
from scheduler.recovery import recover
from tests.proofs.moody import ROUTE, dispatching, smsbox
from tests.scheduler.parts import message, phone, put, row, rows, tally
from tests.services import until_in_loop
from tests.sizes import size

HOUR = timedelta(hours=1)
RATE = 50.0
EACH = size(200, 1_500)
"""Texts sent by each time that the clock shows: four times what a worker has in hand at most."""
PATIENCE_S = 30.0 + 6 * EACH / RATE

pytestmark = pytest.mark.timeout(int(3 * PATIENCE_S))


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


class Machine:
    """Its clock, wrong by `off`."""

    def __init__(self) -> None:
        self.off = timedelta()

    def now(self) -> datetime:
        return utc_now() + self.off


def most_in_a_second(moments: list[float]) -> int:
    return max(sum(start <= each < start + 1 for each in moments) for start in moments)


def longest_pause(moments: list[float]) -> float:
    return max(after - before for before, after in pairwise(moments))


def test_the_pace_is_held_and_nothing_waits_for_an_hour(database: Database, tmp_path: Path) -> None:
    """Three times as many: by the right clock, by one that is an hour fast, and by the right one again. Those queued
    while it was fast are not due for an hour when it is set back."""
    machine = Machine()

    def queue(part: str, expires_in: timedelta | None = None) -> None:
        now = machine.now()
        expires_at = now + expires_in if expires_in else None
        texts = [message(f"{part}{n}", now, address=phone(n), route=ROUTE, expires_at=expires_at) for n in range(EACH)]
        put(database, now, *texts)

    async def work() -> None:
        async with dispatching(database, box.gateway(rate=RATE), tmp_path / "journals", machine.now):
            queue("a", expires_in=2 * HOUR)
            await until_in_loop(lambda: len(box.moments) >= EACH // 3, PATIENCE_S, "the first leave")
            machine.off = HOUR
            assert recover(database, tmp_path / "journals", machine.now(), Random(1)) == {}
            queue("b")
            put(database, machine.now(), message("later", machine.now(), not_before=machine.now() + HOUR, route=ROUTE))
            await until_in_loop(
                lambda: len(box.moments) >= EACH + EACH // 3, PATIENCE_S, "those queued by the fast clock leave"
            )
            machine.off = timedelta()
            queue("c")
            await until_in_loop(lambda: len(box.moments) >= 3 * EACH, PATIENCE_S, "all leave")

    with smsbox() as box:
        asyncio.run(work())
        assert Counter(box.arrived().values()) == {1: 3 * EACH}
    assert row(database, "later").state == State.QUEUED, "what is meant for later waits for its hour"
    assert tally(database) == {State.ACCEPTED: 3 * EACH, State.QUEUED: 1}
    # Noted at arrival, which a busy machine delays unevenly: the exact bound is that of test_pace.
    assert most_in_a_second(box.moments) <= 1.2 * RATE, "no burst"
    assert longest_pause(box.moments) < 10, "no stall"
    assert not any(each.claimed_by for each in rows(database))


@pytest.mark.parametrize("by", [HOUR, -HOUR])
def test_jobs_go_on_ticking_and_are_not_made_up_for(monkeypatch: pytest.MonkeyPatch, by: timedelta) -> None:
    real, off = time.time, 0.0

    class Set(datetime):
        """What APScheduler asks for the time."""

        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(real() + off, UTC)

    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Set)
    monkeypatch.setattr("apscheduler.triggers.interval.datetime", Set)
    monkeypatch.setattr(time, "time", lambda: real() + off)
    ticks: list[float] = []

    async def job(_: datetime) -> None:
        ticks.append(time.monotonic())

    async def work() -> None:
        nonlocal off
        clock = Clock({"often": Ticking(job, 0.1)}, utc_now)
        clock.start()
        await until_in_loop(lambda: len(ticks) >= 5, PATIENCE_S, "it ticks")
        off, before = by.total_seconds(), len(ticks)
        await until_in_loop(lambda: len(ticks) >= before + 20, PATIENCE_S, "it goes on ticking")
        clock.stop()

    asyncio.run(work())
    assert longest_pause(ticks) < 4, "no stall"
    assert most_in_a_second(ticks) <= 10 + 3, "36,000 ticks are not made up for"
