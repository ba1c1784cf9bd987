"""A process that would lead: `python -m tests.scheduler.leading_child URL` says `begin` and `cease` on stdout."""

import asyncio
import os
import signal
import sys

import uvloop

from foundation.logs import configure_logs
from scheduler.leader import lead

OFFICE = "test"


async def main(url: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await lead(url, OFFICE, lambda: say("begin"), lambda: say("cease"), stop)


def say(word: str) -> None:
    os.write(1, f"{word}\n".encode())


if __name__ == "__main__":
    configure_logs("INFO", "test")  # to stderr
    uvloop.run(main(sys.argv[1]))
