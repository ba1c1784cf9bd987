import asyncio
from datetime import datetime

import pytest

from scheduler.clock import Clock, Ticking
from tests.services import until_in_loop

PATIENCE_S = 10.0


def test_each_job_ticks_under_its_name_and_is_told_the_time(now: datetime) -> None:
    told: dict[str, list[datetime]] = {"often": [], "seldom": []}

    async def often(at: datetime) -> None:
        told["often"].append(at)

    async def seldom(at: datetime) -> None:
        told["seldom"].append(at)

    async def work() -> None:
        clock = Clock({"often": Ticking(often, 0.02), "seldom": Ticking(seldom, 30)}, lambda: now)
        clock.start()
        await until_in_loop(lambda: len(told["often"]) >= 3, PATIENCE_S, "it comes to that")
        clock.stop()
        await asyncio.sleep(0.05)
        after = len(told["often"])
        await asyncio.sleep(0.1)
        assert len(told["often"]) == after, "it stopped"

    asyncio.run(work())
    assert set(told["often"]) == {now}
    assert told["seldom"] == []


def test_a_job_that_fails_is_logged_and_ticks_on(now: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    ticks = {"bad": 0, "good": 0}

    async def bad(_: datetime) -> None:
        ticks["bad"] += 1
        raise RuntimeError("the database is away")

    async def good(_: datetime) -> None:
        ticks["good"] += 1

    async def work() -> None:
        clock = Clock({"bad": Ticking(bad, 0.02), "good": Ticking(good, 0.02)}, lambda: now)
        clock.start()
        await until_in_loop(lambda: min(ticks.values()) >= 3, PATIENCE_S, "it comes to that")
        clock.stop()

    asyncio.run(work())
    captured = capsys.readouterr()
    assert "a job failed" in captured.out + captured.err


def test_a_job_that_takes_longer_than_its_interval_never_overlaps_itself(now: datetime) -> None:
    running = most = finished = others = 0

    async def slow(_: datetime) -> None:
        nonlocal running, most, finished
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.08)
        running -= 1
        finished += 1

    async def quick(_: datetime) -> None:
        nonlocal others
        others += 1

    async def work() -> None:
        clock = Clock({"slow": Ticking(slow, 0.02), "quick": Ticking(quick, 0.02)}, lambda: now)
        clock.start()
        await until_in_loop(lambda: finished >= 3, PATIENCE_S, "it comes to that")
        clock.stop()

    asyncio.run(work())
    assert most == 1
    assert others > finished, "nor does it hold up the others"
