"""A carrier's far end as light as can be: `python -m loa.bench.carrier [SECONDS]` prints its port and answers each
POST as Kannel does, at once or after so many seconds, until it is ended. What is measured is who posts.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import uvloop

from loa.processes.lifeline import die_with

ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Type: text/html\r\nContent-Length: 26\r\n\r\n0: Accepted for delivery\r\n"
_LENGTH = b"Content-Length: "


class Answering(asyncio.Protocol):
    """One connection: counts bytes, reads nothing."""

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            at = data.index(_LENGTH, 0, end) + len(_LENGTH)
            size = end + 4 + int(data[at : data.index(b"\r\n", at)])
            if len(data) < size:
                break
            data = data[size:]
            if self._after_s:
                asyncio.get_running_loop().call_later(self._after_s, self._transport.write, ANSWER)
            else:
                self._transport.write(ANSWER)
        self._rest = data


async def _serve(after_s: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Answering(after_s), "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


@contextmanager
def carrier(after_s: float = 0.0) -> Iterator[str]:
    """Its address, in a process of its own, on the last core if there are several."""
    parent = os.getpid()
    command = [sys.executable, "-m", "loa.bench.carrier", str(after_s)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: die_with(parent))
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.communicate()


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    uvloop.run(_serve(float(sys.argv[1])))


if __name__ == "__main__":
    main()
