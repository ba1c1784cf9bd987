"""The engine on a real RabbitMQ with real workers: offers arrive, one run at a time, and nothing of it is held dear."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scheduler.broker import BrokerAway
from scheduler.clock import Ticking
from scheduler.engine import Engine, Solo
from tests.rabbitmq import RabbitServer
from tests.scheduler.offered_child import QUEUES
from tests.services import free_ports, until

ROOT = Path(__file__).parents[2]
START_S = 30.0
NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
KINDS = ("light", "heavy")

pytestmark = pytest.mark.timeout(180)


class Worker:
    """A process that runs what is offered; `said` is what it and its like have said so far, with their pids."""

    def __init__(self, url: str, folder: Path, *silence_s: str) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "tests.scheduler.offered_child", url, str(folder), *silence_s]
        with (folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        until(lambda: self.has_said("opened"), START_S, f"a worker (log: {folder / 'log'})")

    def has_said(self, words: str) -> int:
        return self.said.count(words)

    @property
    def said(self) -> list[str]:
        mine = f"{self.process.pid} "
        return [line.removeprefix(mine) for line in lines(self.folder) if line.startswith(mine)]


def lines(folder: Path) -> list[str]:
    return (folder / "said").read_text().splitlines() if (folder / "said").exists() else []


@contextmanager
def worker(url: str, folder: Path, *silence_s: str) -> Iterator[Worker]:
    living = Worker(url, folder, *silence_s)
    try:
        yield living
    finally:
        living.process.kill()
        living.process.wait(10)


@contextmanager
def engine(url: str) -> Iterator[Engine]:
    living = Engine(url, QUEUES)
    try:
        yield living
    finally:
        living.close()


def offer_until(offerer: Engine, name: str, worker: Worker, times: int, within_s: float) -> None:
    """As the clock does it: again and again."""

    def has_run() -> bool | None:
        offerer.offer(name)
        time.sleep(0.2)
        return worker.has_said(name) >= times or None

    until(has_run, within_s, f"{name} runs {times} times (log: {worker.folder / 'log'})")


def test_offers_run_and_a_job_that_raises_ends_nothing(rabbitmq: RabbitServer, tmp_path: Path) -> None:
    with engine(rabbitmq.url) as offerer, worker(rabbitmq.url, tmp_path) as living:
        offerer.offer("broken", "quick")
        until(lambda: {"broken", "quick"} <= set(living.said), START_S, "both run")
        offer_until(offerer, "quick", living, 2, START_S)
        with pytest.raises(ValueError, match="no such job: unheard"):
            offerer.offer("quick", "unheard")
        until(lambda: sum(offerer.depths().values()) == 0, START_S, "all is acknowledged")
        arguments = rabbitmq.control("list_queues", "name", "type", "messages_unacknowledged")
    types = {line.split()[0]: line.split()[1] for line in arguments.splitlines() if line.startswith("loa.")}
    # Others have queues on this server too: those of whole installations under test.
    assert (types["loa.light"], types["loa.heavy"]) == ("quorum", "quorum")
    assert "celery" not in arguments, "no queues that nobody asked for"


def test_a_job_that_runs_is_not_run_twice_but_once_more_after(rabbitmq: RabbitServer, tmp_path: Path) -> None:
    with engine(rabbitmq.url) as offerer, worker(rabbitmq.url, tmp_path) as living:
        offerer.offer("slow")
        until(lambda: living.has_said("slow begins"), START_S, "it runs")
        for _ in range(20):
            offerer.offer("slow")
            offer_until(offerer, "quick", living, living.has_said("quick") + 1, START_S)  # nothing waits behind it
        assert living.has_said("slow begins") == 1
        (tmp_path / "go").touch()
        until(lambda: living.has_said("slow ends") >= 2, START_S, "it looks once more")


def test_an_offer_is_answered_within_moments(rabbitmq: RabbitServer, tmp_path: Path) -> None:
    with engine(rabbitmq.url) as offerer, worker(rabbitmq.url, tmp_path) as living:
        offer_until(offerer, "quick", living, 1, START_S)
        waits = []
        for _ in range(20):
            time.sleep(0.06)  # past the pause between two offers of a job
            before, begun = living.has_said("quick"), time.monotonic()
            offerer.offer("quick")
            until(lambda before=before: living.has_said("quick") > before, 5, "it runs")  # type: ignore[misc]
            waits.append(time.monotonic() - begun)
    assert sorted(waits)[10] < 0.25, waits


def test_the_first_offer_waits_for_nothing_either() -> None:
    """Not even for Celery to be imported."""
    first = (
        "import sys, time; from scheduler.engine import Engine;"
        "engine = Engine('amqp://127.0.0.1:1//', {'quick': 'light'});"
        "assert 'celery' not in sys.modules; begun = time.monotonic(); engine.offer('quick');"
        "assert time.monotonic() - begun < 0.1"
    )
    subprocess.run([sys.executable, "-c", first], cwd=ROOT, check=True, timeout=START_S)


def test_what_a_killed_worker_had_is_given_to_another(rabbitmq: RabbitServer, tmp_path: Path) -> None:
    with engine(rabbitmq.url) as offerer, worker(rabbitmq.url, tmp_path) as first:
        offerer.offer("slow")
        until(lambda: first.has_said("slow begins"), START_S, "it runs")
        with worker(rabbitmq.url, tmp_path) as second:
            first.process.kill()
            until(lambda: second.has_said("slow begins"), START_S, "the other runs it")


def test_told_to_stop_it_lets_jobs_end_and_closes(rabbitmq: RabbitServer, tmp_path: Path) -> None:
    with engine(rabbitmq.url) as offerer, worker(rabbitmq.url, tmp_path) as living:
        offerer.offer("slow")
        until(lambda: living.has_said("slow begins"), START_S, "it runs")
        living.process.send_signal(signal.SIGTERM)
        assert living.process.wait(START_S) == 0
        assert living.said[-2:] == ["slow ends", "closed"]


def test_nothing_piles_up_while_no_worker_is_there(rabbitmq: RabbitServer) -> None:
    with engine(rabbitmq.url) as offerer:
        before = offerer.depths()["light"]
        offerer.offer("quick")
        until(lambda: offerer.depths()["light"] > before, START_S, "it waits")
        until(lambda: offerer.depths()["light"] == 0, 2 * START_S, "it is forgotten")


def test_a_broker_that_is_stopped_and_comes_back_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "rabbit").mkdir()
    with (
        RabbitServer(tmp_path / "rabbit") as rabbit,
        engine(rabbit.url) as offerer,
        worker(rabbit.url, tmp_path) as living,
    ):
        offer_until(offerer, "quick", living, 1, START_S)
        rabbit.stop()
        begun = time.monotonic()
        for _ in range(1_000):
            offerer.offer("quick")
        assert time.monotonic() - begun < 0.5, "who offers does not wait"
        with pytest.raises(BrokerAway):
            offerer.depths()
        rabbit.start()
        offer_until(offerer, "quick", living, living.has_said("quick") + 3, 2 * START_S)
        assert living.process.poll() is None


def test_a_worker_that_hears_nothing_looks_by_itself(tmp_path: Path) -> None:
    """No broker at all: neither now nor later."""
    (port,) = free_ports(1)
    with worker(f"amqp://guest:guest@127.0.0.1:{port}//", tmp_path, "0.5") as living:
        until(lambda: living.has_said("quick") >= 3, START_S, "it looks again and again")
        assert living.has_said("slow begins") == 1, "and still no job runs twice"
        living.process.send_signal(signal.SIGTERM)
        assert living.process.wait(START_S) == 0
        assert living.said[-1] == "closed"


def test_a_frozen_broker_holds_nobody_up(tmp_path: Path) -> None:
    """A broker that takes connections and says nothing is worse than one that is gone."""
    (tmp_path / "rabbit").mkdir()
    with RabbitServer(tmp_path / "rabbit") as rabbit, engine(rabbit.url) as offerer:
        offerer.offer("quick")
        until(lambda: offerer.depths()["light"], START_S, "it is taken")
        os.killpg(rabbit._running[-1].pid, signal.SIGSTOP)
        try:
            begun = time.monotonic()
            for _ in range(1_000):
                offerer.offer("quick", "slow")
            assert time.monotonic() - begun < 0.5
        finally:
            os.killpg(rabbit._running[-1].pid, signal.SIGCONT)
        until(lambda: offerer.depths()["heavy"], START_S, "what was offered meanwhile is taken")


def test_jobs_that_cannot_be_opened_are_told(rabbitmq: RabbitServer) -> None:
    def broken(_stop: asyncio.Event) -> AbstractAsyncContextManager[Mapping[str, Ticking]]:
        raise RuntimeError("no understanding")

    with engine(rabbitmq.url) as offerer, pytest.raises(RuntimeError, match="no understanding"):
        offerer.work(broken, lambda: NOW)
    assert not [thread for thread in threading.enumerate() if thread.name in ("jobs", "offers")]


def test_who_comes_while_a_job_runs_leaves_word() -> None:
    asyncio.run(_leave_word())


async def _leave_word() -> None:
    runs, words, goes_on = [], [], asyncio.Event()

    async def job(now: datetime) -> None:
        runs.append(now)
        await goes_on.wait()

    solo = Solo(job, lambda: words.append("again"))
    first = asyncio.ensure_future(solo.run(NOW))
    await asyncio.sleep(0)
    await solo.run(NOW)
    await solo.run(NOW)
    assert (len(runs), words) == (1, [])
    goes_on.set()
    await first
    assert (len(runs), words) == (1, ["again"])
    await solo.run(NOW)
    assert (len(runs), words) == (2, ["again"])
