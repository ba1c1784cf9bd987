"""The clock: named jobs at intervals. It only says "look now"; what is due stands in the database."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger()

LOOKS_EVERY_S = 1.0
JUMP_S = 2.0

Job = Callable[[datetime], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Ticking:
    """A job and the seconds between its ticks. A tick that finds the last one still running is left out."""

    job: Job
    every_s: float


class Clock:
    """Ticks registered jobs inside the running event loop. A job that raises is logged and ticks on."""

    def __init__(self, jobs: Mapping[str, Ticking], now: Callable[[], datetime]) -> None:
        self._jobs = jobs
        self._now = now
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        for name, ticking in self._jobs.items():
            self._scheduler.add_job(
                self._tick,
                "interval",
                seconds=ticking.every_s,
                args=[name],
                id=name,
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
        self._scheduler.start()
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    def stop(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        self._scheduler.shutdown(wait=False)

    async def _watch(self) -> None:
        """Begin anew when the machine's clock was set: APScheduler's next ticks are moments of that clock, and an
        hour back would keep it waiting for an hour."""
        apart = _apart()
        while True:
            await asyncio.sleep(LOOKS_EVERY_S)
            before, apart = apart, _apart()
            if abs(apart - before) > JUMP_S:
                log.warning("the machine's clock was set", seconds=round(apart - before))
                for name, ticking in self._jobs.items():
                    self._scheduler.reschedule_job(name, trigger="interval", seconds=ticking.every_s)

    async def _tick(self, name: str) -> None:
        try:
            await self._jobs[name].job(self._now())
        except Exception:
            log.exception("a job failed", job=name)


def _apart() -> float:
    """How far the machine's clock is from one that only goes on; changes when it is set."""
    return time.time() - time.monotonic()
