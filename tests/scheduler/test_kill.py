"""The promise of delivery: kill −9 at any moment loses nothing and sends nothing twice."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from aiohttp import web

from foundation.clock import utc_now
from foundation.database import Database
from foundation.keys import open_vault
from scheduler.outbox import DeliveryReport, State, merge
from scheduler.recovery import recover
from tests.scheduler.parts import put_many, rows, tally
from tests.scheduler.sender import CONCURRENCY
from tests.sizes import size

ROWS = size(500, 4_000)
KILLS = size(10, 50)
SEED = 20261120
ANSWERS_AFTER_S = 0.02
PATIENCE_S = 20.0
ROOT = Path(__file__).resolve().parents[2]


@dataclass
class FarEnd:
    """A gateway's far end: `arrived` is every reference in order; `answered` those whose answer was written."""

    arrived: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        """Write the message down at once; answer a little later."""
        reference = (await request.read()).decode()
        self.arrived.append(reference)
        await asyncio.sleep(ANSWERS_AFTER_S)
        self.answered.append(reference)
        return web.Response(text=f"p-{reference}")

    def wait_for_more_than(self, count: int) -> None:
        """Until another message arrives."""
        deadline = time.monotonic() + PATIENCE_S
        while len(self.arrived) <= count:
            assert time.monotonic() < deadline, "nothing is sent"
            time.sleep(0.001)

    async def serve(self, ready: threading.Event, stop: asyncio.Event) -> None:
        application = web.Application()
        application.router.add_post("/", self.take)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        ready.set()
        await stop.wait()
        await runner.cleanup()


@pytest.fixture
def far_end() -> Iterator[FarEnd]:
    """Outlives every sender."""
    end, ready, loop = FarEnd(), threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(end.serve(ready, stop)))
    thread.start()
    assert ready.wait(10)
    yield end
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


class Senders:
    """Starts senders, one after the other."""

    def __init__(self, database_file: Path, keys: Path, journals: Path, end: FarEnd) -> None:
        command = [sys.executable, "-m", "tests.scheduler.sender", *map(str, (database_file, keys, journals)), end.url]
        self._parent = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def start(self) -> int:
        """The process id of a sender that is just about to begin."""
        assert self._parent.stdin is not None
        print("start", file=self._parent.stdin, flush=True)
        return self._said()

    def ended(self) -> int:
        """Wait for the sender's end; its exit code."""
        return self._said()

    def close(self) -> None:
        """No more senders."""
        self._parent.communicate(timeout=30)

    def _said(self) -> int:
        assert self._parent.stdout is not None
        return int(self._parent.stdout.readline())


def test_killed_at_any_moment_it_loses_nothing_and_sends_nothing_twice(
    database_file: Path, tmp_path: Path, far_end: FarEnd
) -> None:
    keys, journals, chance = tmp_path / "keys", tmp_path / "journals", Random(SEED)
    journals.mkdir()
    database = Database(f"sqlite:///{database_file}", open_vault(keys))
    put_many(database, utc_now() - timedelta(minutes=1), ROWS)
    references = {each.reference for each in rows(database)}
    unsettled: set[str] = set()

    senders = Senders(database_file, keys, journals, far_end)
    for number in range(KILLS):
        before = len(far_end.arrived)
        sender = senders.start()
        # Each third one during its first deeds, taking up what the last one left; the others while sending.
        if number % 3:
            far_end.wait_for_more_than(before)
        time.sleep(chance.uniform(0.0, 0.15))
        os.kill(sender, signal.SIGKILL)
        assert senders.ended() == -signal.SIGKILL
        time.sleep(ANSWERS_AFTER_S * 2)  # what was on its way arrives
        recent = far_end.arrived[before:][-2 * CONCURRENCY :]
        recover(database, journals, utc_now(), Random(SEED))
        unknown = {each.reference for each in rows(database) if each.state == State.UNKNOWN} - unsettled
        unsettled |= unknown
        assert len(unknown) <= CONCURRENCY, "no more than were on the wire"
        assert unknown & set(far_end.arrived) <= set(recent), "and those were"

    senders.start()
    assert senders.ended() == 0
    senders.close()

    states = {each.reference: State(each.state) for each in rows(database)}
    repeated = {reference: times for reference, times in Counter(far_end.arrived).items() if times > 1}
    assert not repeated, "a text went out twice"
    assert set(states) == references
    assert set(states.values()) <= {State.ACCEPTED, State.UNKNOWN}
    accepted = {reference for reference, state in states.items() if state is State.ACCEPTED}
    assert accepted <= set(far_end.arrived), "a text was lost"
    assert references - accepted == unsettled
    assert 0 < len(unsettled) <= KILLS * CONCURRENCY
    assert len(far_end.arrived) > ROWS / 2
    assert list(journals.glob("*.journal")) == []

    with database.write() as session:
        reports = [DeliveryReport(reference, State.DELIVERED) for reference in far_end.arrived]
        merge(session, "recording", reports, utc_now())
    never_arrived = references - set(far_end.arrived)
    assert tally(database).get(State.UNKNOWN, 0) == len(never_arrived), "receipts settle all that arrived"
    database.close()
