"""The load of `loa bench inbound`: calls as Kannel makes them, over raw sockets, in a process of its own.

`python -m loa.bench.inbound_load FILE` reads one Load as JSON from stdin and writes one Loaded to the file. An HTTP
library would need more of the processor than the server that is measured.
"""

import asyncio
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import msgspec
import uvloop

TEXT = "Tôi muốn hỏi hộ nghèo được hỗ trợ tiền điện bao nhiêu"
GIVE_UP_S = 120.0


@dataclass(frozen=True, slots=True)
class Load:
    """So many calls on `path` (Kannel's `post-url`: %I is the id, %T the time), each from another number.

    With `rate`, so many begin a second whether answers came or not, and a call's time counts from when it was due;
    without, each connection calls again as soon as it is answered.
    """

    port: int
    path: str
    calls: int
    connections: int
    tag: str
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of it: statuses by number, which calls were answered with 200, seconds from call to answer, sorted."""

    seconds: float
    statuses: dict[int, int]
    accepted: list[int]
    took: list[float]


@dataclass(slots=True)
class _Run:
    load: Load
    due: list[tuple[int, float]] = field(default_factory=list)
    idle: "list[_Connection]" = field(default_factory=list)
    begun: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    accepted: list[int] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    done: asyncio.Event = field(default_factory=asyncio.Event)


def request(load: Load, number: int) -> bytes:
    """The bytes of one call."""
    body = TEXT.encode()
    path = load.path.replace("%I", call_id(load.tag, number)).replace("%T", "1700000000")
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{load.port}\r\nX-Kannel-From: +849{10_000_000 + number}\r\n"
        f"X-Kannel-To: 8079\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def call_id(tag: str, number: int) -> str:
    """The provider id of one call."""
    return f"{tag}-{number}"


class _Connection(asyncio.Protocol):
    """One call at a time; an answer fits into what is read at once, or its first bytes do."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._number = 0
        self._since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports keep the contract without being of the class
        self._transport = cast(asyncio.Transport, transport)

    def call(self, number: int, since: float) -> None:
        self._number, self._since = number, since
        self._transport.write(request(self._run.load, number))

    def data_received(self, data: bytes) -> None:
        run = self._run
        status = int(data[9:12])
        run.took.append(time.perf_counter() - self._since)
        run.statuses[status] += 1
        if status == 200:
            run.accepted.append(self._number)
        if len(run.took) == run.load.calls:
            run.done.set()
        elif run.load.rate is not None:
            if run.due:
                self.call(*run.due.pop(0))
            else:
                run.idle.append(self)
        elif run.begun < run.load.calls:
            run.begun += 1
            self.call(run.begun - 1, time.perf_counter())

    def connection_lost(self, error: Exception | None) -> None:
        self._run.done.set()


async def put_on(load: Load) -> Loaded:
    """Make the calls. Ends early when the server hangs up."""
    run = _Run(load)
    loop = asyncio.get_running_loop()
    made = [
        await loop.create_connection(lambda: _Connection(run), "127.0.0.1", load.port) for _ in range(load.connections)
    ]
    began = time.perf_counter()
    if load.rate is None:
        run.begun = min(load.connections, load.calls)
        for number, (_, connection) in enumerate(made[: run.begun]):
            connection.call(number, time.perf_counter())
    else:
        run.idle = [connection for _, connection in made]
        await _pace(run, load.rate, began)
    async with asyncio.timeout(GIVE_UP_S):
        await run.done.wait()
    seconds = time.perf_counter() - began
    return Loaded(seconds, dict(run.statuses), run.accepted, sorted(run.took))


async def _pace(run: _Run, rate: float, began: float) -> None:
    for number in range(run.load.calls):
        due = began + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        if run.idle:
            run.idle.pop().call(number, due)
        else:
            run.due.append((number, due))


if __name__ == "__main__":
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    Path(sys.argv[1]).write_bytes(msgspec.json.encode(uvloop.run(put_on(asked))))
