"""A worker of its own process, as `loa bench dispatch` needs it where memory counts, or two work at once.

`python -m loa.bench.dispatch_child DATABASE KEYS JOURNALS WANTED [CARRIER SECONDS]` sends so many messages to a gateway
that takes everything at once, or for so many seconds to a carrier, and prints what it did.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import uvloop

from foundation.database import Database
from foundation.keys import open_vault
from loa.bench.dispatch_ours import CountingKannel, NullGateway, config, dispatcher_of, sent
from loa.processes.lifeline import die_with

IN_FLIGHT = 64


def start(url: str, keys: Path, journals: Path, wanted: int, *carrier: object) -> "subprocess.Popen[str]":
    """Start one."""
    parent = os.getpid()
    command = [sys.executable, "-m", "loa.bench.dispatch_child", *map(str, (url, keys, journals, wanted, *carrier))]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: die_with(parent))


def said(process: "subprocess.Popen[str]") -> dict[str, float]:
    """What it did: `messages`, `seconds`, `peak_mb`."""
    out, _ = process.communicate()
    found: dict[str, float] = json.loads(out.splitlines()[-1])
    return found


async def _for_a_while(database: Database, journals: Path, gateway: CountingKannel, seconds: float) -> float:
    stop = asyncio.Event()
    gateway.count_until(sys.maxsize, stop)
    asyncio.get_running_loop().call_later(seconds, stop.set)
    began = time.perf_counter()
    await dispatcher_of(database, journals, gateway).run(stop)
    took = time.perf_counter() - began
    await gateway.close()
    return took


def main() -> None:
    url, keys, journals, wanted, *carrier = sys.argv[1:]
    database = Database(url, open_vault(Path(keys)))
    if carrier:
        gateway = CountingKannel(config(carrier[0], IN_FLIGHT))
        seconds = uvloop.run(_for_a_while(database, Path(journals), gateway, float(carrier[1])))
    else:
        gateway = NullGateway(config("http://127.0.0.1:1", IN_FLIGHT))
        seconds = sent(database, Path(journals), gateway, int(wanted))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"messages": gateway.counted, "seconds": seconds, "peak_mb": peak_mb}) + "\n")


if __name__ == "__main__":
    main()
