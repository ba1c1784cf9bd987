"""A dispatcher at work: what is in flight, what overtakes, what wakes it, and how it stops."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from foundation.database import Database
from gateways import Capabilities, Outcome, Outgoing
from scheduler import dispatcher as dispatching
from scheduler.dispatcher import Dispatcher
from scheduler.outbox import State
from tests.scheduler.parts import (
    Clock,
    RecordingGateway,
    dispatch,
    message,
    phone,
    put,
    put_many,
    rows,
    tally,
)
from tests.services import until_in_loop

PATIENCE_S = 15.0


@pytest.mark.parametrize("concurrency", [1, 8])
def test_no_more_requests_are_in_flight_than_the_gateway_takes(
    database: Database, tmp_path: Path, now: datetime, concurrency: int
) -> None:
    put_many(database, now, 30)
    gateway = RecordingGateway(concurrency=concurrency, takes_s=0.005)
    dispatch(database, gateway, tmp_path, Clock(now))
    assert gateway.most_on_the_wire == concurrency


def test_a_gateway_that_takes_many_at_once_gets_many_at_once(database: Database, tmp_path: Path, now: datetime) -> None:
    put_many(database, now, 25)
    sizes: list[int] = []

    class Bulk(RecordingGateway):
        async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
            sizes.append(len(batch))
            return await super().send(batch)

    dispatch(database, Bulk(batch_max=10), tmp_path, Clock(now))
    assert sizes == [10, 10, 5]
    assert tally(database) == {State.ACCEPTED: 25}


def test_when_told_to_stop_it_waits_for_what_is_on_the_wire_and_gives_back_the_rest(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    put_many(database, now, 100)
    gateway = RecordingGateway(rate=100, concurrency=4, takes_s=0.2)

    async def work() -> float:
        stop = asyncio.Event()
        dispatcher = Dispatcher(database, gateway, tmp_path / "journals", Clock(now))
        running = asyncio.create_task(dispatcher.run(stop))
        await until_in_loop(lambda: gateway.on_the_wire == 4, PATIENCE_S, "it comes to that")
        start = time.monotonic()
        stop.set()
        await running
        return time.monotonic() - start

    took = asyncio.run(work())
    assert gateway.on_the_wire == 0
    assert tally(database) == {State.ACCEPTED: len(gateway.arrived), State.QUEUED: 100 - len(gateway.arrived)}
    assert took < 1.5, "not all that was claimed"
    assert list((tmp_path / "journals").glob("*.journal")) == [], "everything is settled"
    assert {each.not_before for each in rows(database) if each.state == State.QUEUED} == {now}, "and due at once"


def test_a_nudge_makes_it_look_at_once(
    database: Database, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "POLL_S", 30.0)
    gateway = RecordingGateway()

    def has_sent(count: int) -> bool:
        return len(gateway.arrived) == count

    async def work() -> None:
        stop = asyncio.Event()
        dispatcher = Dispatcher(database, gateway, tmp_path / "journals", Clock(now))
        running = asyncio.create_task(dispatcher.run(stop))
        for number in range(20):
            put(database, now, message(f"m{number}", now, address=phone(number)))
            dispatcher.nudge()  # also when it is just looking: no nudge is lost
            await until_in_loop(partial(has_sent, number + 1), PATIENCE_S, "it comes to that")
        stop.set()
        await asyncio.wait_for(running, 5)

    asyncio.run(work())


def test_a_nudge_that_comes_while_it_is_looking_is_kept(
    database: Database, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatching, "POLL_S", 30.0)
    looks = 0

    async def work() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()

        def looking() -> datetime:
            nonlocal looks
            looks += 1
            if looks < 10:
                loop.call_soon_threadsafe(dispatcher.nudge)
            return now

        dispatcher = Dispatcher(database, RecordingGateway(), tmp_path / "journals", looking)
        running = asyncio.create_task(dispatcher.run(stop))
        await until_in_loop(lambda: looks >= 10, PATIENCE_S, "it comes to that")
        stop.set()
        await running

    asyncio.run(work())


def test_without_a_nudge_it_finds_what_is_due_by_itself(database: Database, tmp_path: Path, now: datetime) -> None:
    gateway = RecordingGateway()

    async def work() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(Dispatcher(database, gateway, tmp_path / "journals", Clock(now)).run(stop))
        await asyncio.sleep(0)
        put_many(database, now, 3)
        await until_in_loop(lambda: len(gateway.arrived) == 3, PATIENCE_S, "it comes to that")
        stop.set()
        await running

    asyncio.run(work())
    assert tally(database) == {State.ACCEPTED: 3}


class OneText(RecordingGateway):
    """Takes many numbers of one text, and no fewer than three."""

    def __init__(self) -> None:
        super().__init__(batch_max=10)
        can = self.capabilities
        self.capabilities = Capabilities(
            can.free_text, can.can_be_answered, False, False, can.max_segments, 1, batch_min=3, batch_max=10
        )
        self.calls: list[set[str]] = []

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        self.calls.append({outgoing.text for outgoing in batch})
        return await super().send(batch)


def test_a_gateway_that_takes_many_of_one_text_gets_one_text_at_a_time(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    texts = ["một"] * 12 + ["hai"] * 5
    put(database, now, *(message(f"m{i}", now, address=phone(i), text=text) for i, text in enumerate(texts)))
    gateway = OneText()
    assert dispatch(database, gateway, tmp_path, Clock(now)) == 17
    assert gateway.calls == [{"một"}, {"một"}, {"hai"}]
    assert [outgoing.to for outgoing in gateway.arrived] == [phone(i) for i in range(17)]
