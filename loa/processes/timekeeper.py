"""The clock's process: says what is worth a look; with a broker to the workers, without one it looks by itself."""

import asyncio
import signal
from collections.abc import Mapping
from datetime import datetime

import structlog
import uvloop

from foundation.clock import utc_now
from foundation.database import is_sqlite_url
from loa.processes.jobs import planning_jobs, ticking
from loa.processes.locks import Lock
from loa.wiring import CLOCK, Loa
from scheduler.clock import Clock, Job, Ticking
from scheduler.engine import Engine
from scheduler.leader import lead

log = structlog.get_logger()


def run_clock(loa: Loa) -> None:
    """Act on time until SIGTERM or SIGINT.

    On PostgreSQL any number may run, of which one leads. On SQLite there is one: raises AlreadyRunning.
    """
    lock = Lock(loa.settings.home, CLOCK) if is_sqlite_url(loa.settings.effective_database_url) else None
    try:
        uvloop.run(_tick(loa))
    finally:
        if lock is not None:
            lock.release()


async def keep_time(loa: Loa, jobs: Mapping[str, Ticking], stop: asyncio.Event) -> None:
    """Tick these jobs until `stop`: on PostgreSQL only while this process leads over all others that would, too."""
    clocks: list[Clock] = []

    def begin() -> None:
        clocks.append(Clock(jobs, utc_now))
        clocks[-1].start()

    def cease() -> None:
        clocks.pop().stop()

    url = loa.settings.effective_database_url
    if not is_sqlite_url(url):
        await lead(url, CLOCK, begin, cease, stop)
        return
    begin()
    await stop.wait()
    cease()


async def _tick(loa: Loa) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    jobs = ticking(loa, planning_jobs(loa)) if loa.engine is None else _offering(loa, loa.engine)
    log.info("the clock waits to tick", jobs=len(jobs))
    try:
        await keep_time(loa, jobs, stop)
    finally:
        if loa.engine is not None:
            loa.engine.close()


def _offering(loa: Loa, engine: Engine) -> dict[str, Ticking]:
    """Each job of the timetable as an offer to the workers."""
    return {name: Ticking(_offer(engine, name), times.every_s) for name, times in loa.timetable.items()}


def _offer(engine: Engine, name: str) -> Job:
    async def offer(_now: datetime) -> None:
        engine.offer(name)

    return offer
