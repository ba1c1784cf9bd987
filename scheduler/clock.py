"""The clock: named jobs at intervals. It only says "look now"; what is due stands in the database."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger()

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

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)

    async def _tick(self, name: str) -> None:
        try:
            await self._jobs[name].job(self._now())
        except Exception:
            log.exception("a job failed", job=name)
