"""The distributed engine: named jobs that one process offers and any worker runs. It knows no job of Loa's.

A worker is Celery's, in its main thread and with a pool of threads, around one event loop in a thread of its own. The
jobs live in that loop, as in the embedded worker; Celery's threads wait for them (docs/decisions/0011).
"""

import asyncio
import contextlib
import os
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import structlog
import uvloop

from scheduler.clock import Job, Ticking
from scheduler.offers import Offers

if TYPE_CHECKING:
    from scheduler.broker import Publisher

log = structlog.get_logger()

STOP_S = 20.0
"""What a worker gets for what is on the wire when it is told to stop. After that it ends as if it were killed, which
loses nothing either: journals and leases tell the next one."""
CLOSE_S = 1.0
LOOK_EVERY_S = 1.0
SILENCE_S = 10.0
"""A worker that was offered a job neither in so long nor in three of its intervals looks by itself: without a broker,
or without a clock, all goes on, only later."""

Open = Callable[[asyncio.Event], AbstractAsyncContextManager[Mapping[str, Ticking]]]
"""Makes a worker's jobs inside its loop, and ends them. The event says that the worker is to stop."""


class JobsBroken(Exception):
    """The jobs of a worker ended by themselves; its process ends, for whoever watches over it to start it anew."""


class Engine:
    """`queues` names the kind of each job: kinds have queues of their own, so that many of one delay no other.

    Raises nothing and opens nothing until it is used.
    """

    def __init__(self, url: str, queues: Mapping[str, str]) -> None:
        self._url = url
        self._queues = queues
        self._offers = Offers(self._publish)
        self.kinds = tuple(dict.fromkeys(queues.values()))

    def offer(self, *names: str) -> None:
        """Have some worker look at these jobs soon; never waits, and never fails for the broker's sake."""
        if unknown := set(names) - self._queues.keys():
            raise ValueError(f"no such job: {', '.join(sorted(unknown))}")
        self._offers.offer(names)

    def depths(self) -> dict[str, int]:
        """How many offers of each kind wait for a worker. Raises broker.BrokerAway."""
        waiting: dict[str, int] = _broker().depths(self._app, self.kinds)
        return waiting

    def work(
        self,
        open_jobs: Open,
        now: Callable[[], datetime],
        kinds: tuple[str, ...] | None = None,
        silence_s: float = SILENCE_S,
    ) -> int:
        """Run what is offered, of all kinds or of these, until SIGTERM or SIGINT; the exit code.

        Call it in the main thread. Raises what `open_jobs` raises at its start.
        """
        names = [name for name, kind in self._queues.items() if kinds is None or kind in kinds]
        crew = _Crew(open_jobs, names, now, self.offer, silence_s)
        crew.start()
        try:
            jobs = {name: partial(crew.run, name) for name in names}
            code = _broker().take(self._app, jobs, kinds or self.kinds, crew.stop)
        finally:
            crew.end()
            self.close()
        return code or int(crew.is_broken)

    def close(self) -> None:
        """Say on what is offered, if the broker takes it at once."""
        if self._offers.close(CLOSE_S):
            self._publisher.close()

    @cached_property
    def _app(self) -> Any:
        return _broker().application(self._url, self.kinds)

    @cached_property
    def _publisher(self) -> "Publisher":
        publisher: Publisher = _broker().Publisher(self._app, self._queues)
        return publisher

    def _publish(self, name: str) -> None:
        self._publisher.publish(name)


class Solo:
    """A job that runs once at a time in this process. Who comes meanwhile leaves word, and it is offered anew after."""

    def __init__(self, job: Job, again: Callable[[], None]) -> None:
        self._job = job
        self._again = again
        self._runs = False
        self._was_missed = False

    async def run(self, now: datetime) -> None:
        """Raises what the job raises."""
        if self._runs:
            self._was_missed = True
            return
        self._runs = True
        try:
            await self._job(now)
        finally:
            self._runs = False
            if self._was_missed:
                self._was_missed = False
                self._again()  # not here and now: tasks stay short, and another worker may be idle


class _Crew:
    """A worker's jobs, in a loop and thread of their own."""

    def __init__(
        self,
        open_jobs: Open,
        names: Collection[str],
        now: Callable[[], datetime],
        offer: Callable[[str], None],
        silence_s: float,
    ) -> None:
        self._open_jobs = open_jobs
        self._names = names
        self._now = now
        self._offer = offer
        self._silence_s = silence_s
        self._jobs: dict[str, Solo] = {}
        self._heard_at: dict[str, float] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._end = asyncio.Event()
        self._opened = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._live, name="jobs", daemon=True)
        self._is_ending = False

    @property
    def is_broken(self) -> bool:
        return self._error is not None

    def start(self) -> None:
        """Returns when the jobs are there."""
        self._thread.start()
        self._opened.wait()
        if self._error is not None:
            raise self._error

    def run(self, name: str) -> None:
        """One run of a job, waited for; called by Celery's threads. A job that raises is logged and not repeated."""
        if self._loop is None or not self._thread.is_alive():
            raise JobsBroken(name)
        asyncio.run_coroutine_threadsafe(self._run(name), self._loop).result()

    def stop(self) -> None:
        """Tell the jobs to come to an end; safe inside a signal's handler."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        if not self._is_ending:
            self._is_ending = True
            last = threading.Timer(STOP_S, _give_up)
            last.daemon = True
            last.start()

    def end(self) -> None:
        """Close what the jobs had open."""
        self.stop()
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(STOP_S)

    async def _run(self, name: str) -> None:
        self._heard_at[name] = time.monotonic()
        try:
            await self._jobs[name].run(self._now())
        except Exception:
            log.exception("a job failed", job=name)  # the clock offers it again

    def _live(self) -> None:
        try:
            uvloop.run(self._main())
        except BaseException as error:
            self._error = error
            if self._opened.is_set():
                log.critical("the jobs of this worker ended", error=type(error).__name__, exc_info=error)
                _broker().end(1)
        finally:
            self._opened.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with self._open_jobs(self._stop) as jobs:
            self._jobs = {name: Solo(jobs[name].job, partial(self._offer, name)) for name in self._names}
            self._heard_at = dict.fromkeys(self._names, time.monotonic())
            self._opened.set()
            async with asyncio.TaskGroup() as tasks:
                while not await self._ends_within(LOOK_EVERY_S):
                    moment = time.monotonic()
                    for name, heard_at in self._heard_at.items():
                        if moment - heard_at > max(self._silence_s, 3 * jobs[name].every_s):
                            tasks.create_task(self._run(name))

    async def _ends_within(self, seconds: float) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._end.wait(), seconds)
        return self._end.is_set()


def _broker() -> Any:
    """Celery takes a third of a second to import, on a busy machine much longer: no web request shall wait for it, so
    the thread does it that publishes."""
    from scheduler import broker

    return broker


def _give_up() -> None:
    log.error("what runs does not end: this worker ends as if it were killed", waited_s=STOP_S)
    os._exit(1)
