"""Several workers on one gateway: together they keep its rate."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from foundation.database import Database
from foundation.keys import open_vault
from scheduler.outbox.models import GatewayState
from scheduler.shared_pace import LATE_S, LONGEST_HOLD_S, Permits, Reserved, SharedPace
from tests.scheduler.test_pace import most_in_a_second
from tests.sizes import size

ROOT = Path(__file__).resolve().parents[2]
RATE = 500
SECONDS = size(4, 30)


@settings(max_examples=200, deadline=None)
@given(
    naps=st.lists(st.floats(0, 0.3), min_size=1, max_size=40),
    sizes=st.lists(st.integers(1, 8), min_size=1, max_size=40),
)
def test_a_permit_is_used_at_its_moment_or_never(naps: list[float], sizes: list[int]) -> None:
    rate, now = 100.0, 50.0
    permits = Permits(rate)
    permits.add(Reserved(now, 60))
    permits.add(Reserved(now + 0.9, 40))
    moments = [now + k / rate for k in range(60)] + [now + 0.9 + k / rate for k in range(40)]
    used = 0
    for nap, segments in zip(naps, sizes * 40, strict=False):
        now += nap
        wait = permits.wait_s(segments, now)
        if wait is None:
            break
        now += wait
        if permits.wait_s(segments, now) == 0:
            first = len(moments) - permits.left()
            assert moments[first] - 1e-6 <= now <= moments[first] + LATE_S + 1e-6
            assert first >= used, "and once"
            permits.use(segments)
            used = first + segments


def reserve(pace: SharedPace, segments: int, held: float = 0.0) -> float:
    """How far ahead of now the permits begin, in seconds."""
    return pace._reserved(segments, held).start - time.monotonic()


def set_free_at(database: Database, seconds_ahead: float) -> None:
    with database.write() as session:
        now = session.scalar(text("SELECT extract(epoch FROM clock_timestamp())::float8"))
        session.execute(update(GatewayState).values(free_at=float(now or 0) + seconds_ahead))


def test_spans_follow_one_another_over_all_workers(postgres_database: Database) -> None:
    workers = [SharedPace(postgres_database, "kannel", 100, time.monotonic) for _ in range(2)]
    starts = [reserve(workers[number % 2], 99) for number in range(4)]
    assert starts == pytest.approx([0, 1, 2, 3], abs=0.3)


@pytest.mark.parametrize("jump_s", [-3_600.0, 3_600.0])
def test_a_clock_that_jumped_an_hour_stops_nobody(postgres_database: Database, jump_s: float) -> None:
    pace = SharedPace(postgres_database, "kannel", 100, time.monotonic)
    reserve(pace, 1)
    set_free_at(postgres_database, jump_s)
    assert reserve(pace, 1) == pytest.approx(0, abs=0.3)


def test_when_one_was_told_that_we_were_too_fast_all_hold(postgres_database: Database) -> None:
    one, other = (SharedPace(postgres_database, "kannel", 100, time.monotonic) for _ in range(2))
    reserve(one, 1, held=20.0)
    assert reserve(other, 1) == pytest.approx(20, abs=0.4)
    reserve(one, 1, held=LONGEST_HOLD_S)
    reserve(one, 1, held=5.0)
    assert reserve(other, 1) == pytest.approx(LONGEST_HOLD_S, abs=0.5)


WORKER = """
import asyncio, json, math, sys, time
from pathlib import Path
from foundation.database import Database
from foundation.keys import open_vault
from scheduler.shared_pace import SharedPace

async def main():
    database = Database(sys.argv[1], open_vault(Path(sys.argv[2])))
    pace, ready = SharedPace(database, "kannel", float(sys.argv[3]), time.monotonic), asyncio.Event()
    pace.on_ready(ready.set)
    left, until = [], time.monotonic() + float(sys.argv[4])
    while time.monotonic() < until:
        if not (wait := pace.take(1, 1)):
            left.append(time.monotonic())
        elif wait < math.inf:
            await asyncio.sleep(wait)
        else:
            await asyncio.wait_for(ready.wait(), 10)
        ready.clear()
    print(json.dumps(left))

asyncio.run(main())
"""


def test_two_processes_keep_the_rate_together(postgres_database: Database, tmp_path: Path) -> None:
    open_vault(tmp_path / "keys")
    url = postgres_database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", WORKER, url, str(tmp_path / "keys"), str(RATE), str(SECONDS)]
    workers = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)})
        for _ in range(2)
    ]
    # The monotonic clock is the machine's: moments of both can be compared.
    said = [json.loads(worker.communicate(timeout=SECONDS + 60)[0]) for worker in workers]
    left = sorted((at, 1) for moments in said for at in moments)
    # A permit may be late by the database's answer as well, which on a busy machine takes a while.
    assert most_in_a_second(left) <= RATE * 1.01 + 1
    both = max(moments[0] for moments in said), min(moments[-1] for moments in said)
    inside = sum(both[0] <= at <= both[1] for at, _ in left)
    print(f"{inside / (both[1] - both[0]):.0f} a second, {most_in_a_second(left)} at most")
    assert inside >= RATE * size(80, 98) / 100 * (both[1] - both[0])
    with postgres_database.read() as session:
        assert session.scalars(select(GatewayState.gateway)).all() == ["kannel"]
