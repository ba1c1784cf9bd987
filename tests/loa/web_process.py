"""The real web process of an installation, and a client that makes many calls at a time on raw sockets."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from gateways.kannel import KannelConfig
from loa.wiring import ROOT, kannel_config
from tests.loa.serving import Installation, call, processes
from tests.services import until

START_S = 60.0
ANSWER_S = 60.0
KANNEL = {"kannel_username": "loa", "kannel_password": "secret", "kannel_sender": "8099"}


class WebProcess:
    """`loa web`; may be killed and started again. Nothing of it is left at the end."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.log = installation.home / "web.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "loa", "web"],
                env=self.installation.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(lambda: call(f"{self.installation.url}/healthz") == 200, START_S, f"loa web answers\n{self.log}")

    def kill(self) -> None:
        """kill -9, granian's own worker process first: it is the one that answers."""
        found = processes(self.installation.home)
        for pid in sorted(found, key=lambda pid: found[pid] != "web server"):
            if found[pid] in ("web", "web server"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait(timeout=10)
            self._process = None


def kannel_text(config: KannelConfig, sender: str, text: str, provider_id: str) -> bytes:
    """Kannel's call for a text from a phone."""
    path = config.inbound_url.partition("/gateways/")[2].replace("%I", provider_id).replace("%T", "1700000000")
    headers = {"X-Kannel-From": sender, "X-Kannel-To": "8099", "Content-Type": "text/plain; charset=UTF-8"}
    return as_bytes("POST", f"/gateways/{path}", headers, text.encode())


def kannel_receipt(config: KannelConfig, reference: str, kind: int = 1) -> bytes:
    """Kannel's call for a receipt; 1 is delivered."""
    path = config.receipt_url(reference).partition("/gateways/")[2]
    for code, value in {"%d": str(kind), "%F": "fid-1", "%A": "", "%T": "1700000000"}.items():
        path = path.replace(code, value)
    return as_bytes("GET", f"/gateways/{path}", {})


def kannel_of(installation: Installation) -> KannelConfig:
    return kannel_config(installation.loa)


def as_bytes(method: str, path: str, headers: Mapping[str, str], body: bytes = b"", **query: str) -> bytes:
    """A request as it goes over the wire."""
    url = f"{path}?{urlencode(query)}" if query else path
    length = {"Content-Length": str(len(body))} if body or method == "POST" else {}
    lines = [f"{method} {url} HTTP/1.1", "Host: loa", *(f"{k}: {v}" for k, v in {**headers, **length}.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answers(
    port: int,
    requests: Sequence[bytes],
    connections: int = 64,
    on_answer: Callable[[int], object] = lambda count: None,
) -> list[int | None]:
    """The status of each call, None where the server hung up instead. All connections are opened before the first call.

    `on_answer` is told after each answer how many there were.
    """
    return asyncio.run(_answers(port, requests, connections, on_answer))


async def _answers(
    port: int, requests: Sequence[bytes], connections: int, on_answer: Callable[[int], object]
) -> list[int | None]:
    statuses: list[int | None] = [None] * len(requests)
    left = iter(range(len(requests)))
    count = 0

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            for number in left:
                writer.write(requests[number])
                statuses[number] = await _status(reader)
                count += 1
                on_answer(count)
        writer.close()

    async with asyncio.timeout(ANSWER_S):
        opened = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(connections)))
        await asyncio.gather(*(client(*each) for each in opened))
    return statuses


async def _status(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    await reader.readexactly(int(head.partition("content-length:")[2].partition("\r")[0] or 0))
    return int(head.split()[1])
