"""A dispatcher on a clock that nobody waits for: what overtakes, what grows old in hand, what stops it."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from foundation.database import Database
from foundation.message_class import MessageClass
from gateways import Outcome, Outgoing
from scheduler import dispatcher as dispatching
from scheduler import leases
from scheduler.dispatcher import KEPT_S, Dispatcher
from scheduler.outbox import State
from tests.scheduler import virtual
from tests.scheduler.parts import (
    Clock,
    RecordingGateway,
    message,
    phone,
    put,
    put_many,
    row,
    rows,
    tally,
)


class Timed(RecordingGateway):
    """Notes when each message left, by the loop's clock."""

    def __init__(self, rate: float, takes_s: float = 0.02) -> None:
        super().__init__(rate=rate, takes_s=takes_s)
        self.left: list[tuple[float, Outgoing]] = []

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        now = asyncio.get_running_loop().time()
        self.left += [(now, outgoing) for outgoing in batch]
        return await super().send(batch)


@pytest.mark.parametrize("nudged", [True, False])
def test_an_answer_overtakes_a_broadcast_that_is_being_sent(
    database: Database, tmp_path: Path, now: datetime, nudged: bool
) -> None:
    put_many(database, now, 500)
    gateway = Timed(rate=50)

    async def work(loop: virtual.VirtualLoop) -> float:
        stop = asyncio.Event()
        dispatcher = Dispatcher(database, gateway, tmp_path / "journals", Clock(now), monotonic=loop.time)
        running = asyncio.create_task(dispatcher.run(stop))
        while len(gateway.arrived) < 100:
            await asyncio.sleep(0.05)
        put(database, now, message("answer", now, address=phone(9_999), message_class=MessageClass.REPLY))
        asked_at = loop.time()
        if nudged:
            dispatcher.nudge()
        while len(gateway.arrived) < 501:
            await asyncio.sleep(0.05)
        stop.set()
        await running
        return next(at for at, outgoing in gateway.left if outgoing.message_class == MessageClass.REPLY) - asked_at

    assert virtual.run(work) <= (0.1 if nudged else 1.1)
    assert tally(database) == {State.ACCEPTED: 501}
    took = gateway.left[-1][0] - gateway.left[0][0]
    assert took == pytest.approx(500 / 50, rel=0.02), "and no gap between its batches"


def test_what_is_in_hand_for_too_long_is_asked_about_again(database: Database, tmp_path: Path, now: datetime) -> None:
    """Nothing can leave for a minute; meanwhile the day's hours end."""
    put_many(database, now, 3)
    clock = Clock(now)

    async def work(loop: virtual.VirtualLoop) -> None:
        stop = asyncio.Event()
        dispatcher = Dispatcher(database, gateway, tmp_path / "journals", clock, monotonic=loop.time)
        dispatcher.pace.hold(60)
        running = asyncio.create_task(dispatcher.run(stop))
        await asyncio.sleep(1)
        assert tally(database) == {State.SENDING: 3}
        clock.at = now + timedelta(hours=14)  # eleven at night
        await asyncio.sleep(KEPT_S + 2)
        stop.set()
        await running

    gateway = RecordingGateway()
    virtual.run(work)
    assert gateway.arrived == []
    assert [(each.state, each.detail) for each in rows(database)] == [(State.QUEUED, "quiet_hours")] * 3


def test_what_expires_in_hand_does_not_leave(database: Database, tmp_path: Path, now: datetime) -> None:
    put(database, now, message("m0", now, expires_at=now + timedelta(seconds=5)))
    clock, gateway = Clock(now), RecordingGateway()

    async def work(loop: virtual.VirtualLoop) -> None:
        stop = asyncio.Event()
        dispatcher = Dispatcher(database, gateway, tmp_path / "journals", clock, monotonic=loop.time)
        dispatcher.pace.hold(20)
        running = asyncio.create_task(dispatcher.run(stop))
        await asyncio.sleep(1)
        clock.at = now + timedelta(seconds=6)
        await asyncio.sleep(30)
        stop.set()
        await running

    virtual.run(work)
    assert gateway.arrived == []
    assert row(database).state == State.EXPIRED


def test_a_lease_that_cannot_be_renewed_stops_the_sending(
    database: Database, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease of forty seconds; what is in hand would go on leaving for a minute."""
    monkeypatch.setattr(leases, "LEASE", timedelta(seconds=40))
    put_many(database, now, 80)
    gateway = Timed(rate=0.25)

    async def work(loop: virtual.VirtualLoop) -> float:
        stop = asyncio.Event()
        dispatcher = Dispatcher(database, gateway, tmp_path / "journals", Clock(now), monotonic=loop.time)
        monkeypatch.setattr(dispatching, "KEPT_S", 3_600.0)
        running = asyncio.create_task(dispatcher.run(stop))
        await asyncio.sleep(7)
        broken_at = loop.time()

        def fails(*_: object) -> None:
            raise OSError("the database is out of reach")

        renew = leases.renew
        monkeypatch.setattr(leases, "renew", fails)
        await asyncio.sleep(35)
        monkeypatch.setattr(leases, "renew", renew)
        arrived = len(gateway.left)
        await asyncio.sleep(15)
        assert len(gateway.left) > arrived, "and goes on when it can be again"
        stop.set()
        await running
        return max(at for at, _ in gateway.left[:arrived]) - broken_at

    assert 10 < virtual.run(work) <= 20
