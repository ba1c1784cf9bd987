"""A worker of three jobs: `python -m tests.scheduler.offered_child URL FOLDER [SILENCE_S]` says in FOLDER/said what it
does. `quick` says so; `slow` goes on until FOLDER/go is there or the worker is to stop; `broken` raises.

Without a third argument it never looks by itself.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from math import inf
from pathlib import Path

from foundation.clock import utc_now
from foundation.logs import configure_logs
from scheduler.clock import Job, Ticking
from scheduler.engine import Engine

QUEUES = {"quick": "light", "broken": "light", "slow": "heavy"}


class Jobs:
    """What each job does, told in lines of one write each: several workers share the file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @asynccontextmanager
    async def open(self, stop: asyncio.Event) -> AsyncIterator[Mapping[str, Ticking]]:
        async def quick(_now: datetime) -> None:
            self._say("quick")

        async def slow(_now: datetime) -> None:
            self._say("slow begins")
            while not stop.is_set() and not (self._folder / "go").exists():
                await asyncio.sleep(0.01)
            self._say("slow ends")

        async def broken(_now: datetime) -> None:
            self._say("broken")
            raise ValueError("as it is to be")

        self._say("opened")
        jobs: dict[str, Job] = {"quick": quick, "slow": slow, "broken": broken}
        yield {name: Ticking(job, every_s=0.1) for name, job in jobs.items()}
        self._say("closed")

    def _say(self, words: str) -> None:
        with (self._folder / "said").open("ab", buffering=0) as file:
            file.write(f"{os.getpid()} {words}\n".encode())


if __name__ == "__main__":
    configure_logs("INFO", "worker")
    silence_s = float(sys.argv[3]) if len(sys.argv) > 3 else inf
    jobs = Jobs(Path(sys.argv[2]))
    raise SystemExit(Engine(sys.argv[1], QUEUES).work(jobs.open, utc_now, silence_s=silence_s))
