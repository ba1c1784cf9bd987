"""A real Kannel with a telephone network that the test plays, over the fake carrier's line protocol.

One line a message: `FROM TO KIND DATA`. Kannel writes kind `text` as it is (a newline in the text is a newline in the
line), `ucs-2` and `data` percent-encoded, and parts of a long text as `udh HEADER data DATA`. It reads `text`,
`data`, `ucs2` and `udh HEADER DATA`.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote_from_bytes, unquote_to_bytes

from gateways.kannel import KannelConfig
from gateways.kannel_configuration import KannelSite, create_receipt_store, kannel_configuration
from tests.services import free_ports, require, until

HOW = "apt-get install --no-install-recommends kannel"
_START_S = 10.0
_PAUSE_S = 0.02
T = TypeVar("T")
_LINE = re.compile(rb"(\S+) (\+?\d+) (text|data|ucs-2|udh) ?(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A text on a phone; `parts` is how many messages it came in."""

    to: str
    sender: str
    text: str
    parts: int = 1


class KannelStack:
    """bearerbox and smsbox on free ports, in `folder`; `callback_base` as in KannelConfig.

        with KannelStack(folder, "http://127.0.0.1:8080/gateways/kannel", secret) as kannel:
            gateway = KannelGateway(kannel.config)
            kannel.phone_sends("0912345678", "8099", "xin chào")

    With `phones=False` no carrier is connected until `connect_phones`. `carrier` is a `group = smsc` of one's own in
    place of the fake carrier; its telephones are then somebody else's.
    """

    def __init__(
        self, folder: Path, callback_base: str, secret: bytes, phones: bool = True, carrier: str | None = None
    ) -> None:
        self._bearerbox = require("bearerbox", HOW)
        self._smsbox = require("smsbox", HOW)
        admin_port, box_port, send_port, self._carrier_port = free_ports(4)
        self._send_port = send_port
        self._folder = folder
        self._with_phones = phones and carrier is None
        self._first_port = box_port if carrier else self._carrier_port
        self._processes: list[subprocess.Popen[bytes]] = []
        self._peer: socket.socket | None = None
        self._unread = b""
        self._parts: dict[tuple[bytes, bytes], dict[int, bytes]] = {}
        self.config = KannelConfig(
            url=f"http://127.0.0.1:{send_port}",
            username="loa",
            password="không ai biết",
            sender="8099",
            callback_base=callback_base,
            secret=secret,
        )
        fake = f"group = smsc\nsmsc = fake\nsmsc-id = FAKE\nport = {self._carrier_port}\nconnect-allow-ip = 127.0.0.1"
        site = KannelSite(carrier or fake, folder, "quan-tri", admin_port, box_port, retry_s=1, put_off_s=5)
        self._configuration = folder / "kannel.conf"
        self._configuration.write_text(kannel_configuration(self.config, site))
        create_receipt_store(folder)

    def __enter__(self) -> Self:
        try:
            self.start()
            if self._with_phones:
                self.connect_phones()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start both programs and wait until they listen."""
        self._run(self._bearerbox, self._first_port)
        self._run(self._smsbox, self._send_port)

    def stop(self) -> None:
        """Kill everything at once, as a power cut would: what Kannel promised to keep is in its files."""
        if self._peer is not None:
            self._peer.close()
            self._peer = None
        for process in reversed(self._processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)
        self._processes.clear()

    def connect_phones(self) -> None:
        """Connect the carrier, and with it all phones."""
        self._peer = until(lambda: _connected(self._carrier_port), _START_S, "the carrier's port")
        self._unread = b""

    def phone_sends(self, sender: str, to: str, text: str, parts: int = 1) -> None:
        """A phone sends: ASCII as 7-bit text, anything else as UCS-2, or in parts of an 8-bit UTF-8 message."""
        if parts > 1:
            # The fake carrier knows long messages as 8-bit data only.
            for header, chunk in _cut(text.encode(), parts):
                self._write(f"{sender} {to} udh {quote_from_bytes(header)} {quote_from_bytes(chunk)}")
        elif text.isascii() and "\n" not in text:
            self._write(f"{sender} {to} text {text}")
        else:
            self._write(f"{sender} {to} ucs2 {quote_from_bytes(text.encode('utf-16-be'))}")

    def received(self, count: int, timeout: float = 10.0) -> list[Arrived]:
        """The next `count` texts that reached phones, long ones put together. Fails when they don't come in time."""
        arrived: list[Arrived] = []
        deadline = time.monotonic() + timeout
        while len(arrived) < count:
            lines = self._read(max(0.0, deadline - time.monotonic()))
            if not lines and time.monotonic() >= deadline:
                raise AssertionError(f"{len(arrived)} of {count} texts reached a phone in {timeout} s")
            arrived += [text for line in lines if (text := self._understand(line)) is not None]
        return arrived

    def log(self) -> str:
        """All that Kannel wrote to its logs."""
        return "".join(path.read_text("utf-8", "replace") for path in sorted(self._folder.glob("*.log")))

    def _run(self, program: Path, port: int) -> None:
        log = (self._folder / f"{program.name}.err").open("ab")
        with log:
            self._processes.append(
                subprocess.Popen(
                    [program, "-v", "4", self._configuration], stdout=log, stderr=log, start_new_session=True
                )
            )
        until(lambda: _listening(port), _START_S, f"{program.name} on port {port}")

    def _write(self, line: str) -> None:
        assert self._peer is not None, "connect_phones() first"
        self._peer.sendall(line.encode() + b"\n")

    def _read(self, timeout: float) -> list[bytes]:
        """The lines that came; a text's own newlines are mended, so this reads until the carrier pauses."""
        assert self._peer is not None, "connect_phones() first"
        wait = max(timeout, _PAUSE_S)
        with contextlib.suppress(TimeoutError):
            while True:
                self._peer.settimeout(wait)
                self._unread += self._peer.recv(65_536)
                wait = _PAUSE_S
        *whole, self._unread = self._unread.split(b"\n")
        lines: list[bytes] = []
        for piece in whole:
            if _LINE.fullmatch(piece) or not lines:
                lines.append(piece)
            else:
                lines[-1] += b"\n" + piece
        return lines

    def _understand(self, line: bytes) -> Arrived | None:
        found = _LINE.fullmatch(line)
        assert found, f"the carrier sent an unknown line of {len(line)} bytes"
        sender, to, kind, data = found.groups()
        if kind != b"udh":
            return Arrived(to.decode(), sender.decode(), _decode(kind, data))
        header, _, chunk = data.split(b" ", 2)
        number, total, place = unquote_to_bytes(header)[3:6]
        parts = self._parts.setdefault((to, bytes((number,))), {})
        parts[place] = _unquote(chunk)
        if len(parts) < total:
            return None
        del self._parts[to, bytes((number,))]
        whole = b"".join(parts[place] for place in sorted(parts))
        # The line doesn't tell the alphabet of a part; UCS-2 of our languages has bytes that UTF-8 text never has.
        text = whole.decode() if b"\x00" not in whole and _is_utf8(whole) else whole.decode("utf-16-be")
        return Arrived(to.decode(), sender.decode(), text, total)


def _decode(kind: bytes, data: bytes) -> str:
    return (
        _unquote(data).decode("utf-16-be")
        if kind == b"ucs-2"
        else (data if kind == b"text" else _unquote(data)).decode()
    )


def _unquote(data: bytes) -> bytes:
    return unquote_to_bytes(data.replace(b"+", b" "))


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _cut(data: bytes, parts: int) -> Iterator[tuple[bytes, bytes]]:
    """Concatenation headers (3GPP TS 23.040, 9.2.3.24.1) and what follows them."""
    size = -(-len(data) // parts)
    for place in range(parts):
        yield bytes((5, 0, 3, 42, parts, place + 1)), data[place * size : (place + 1) * size]


def _listening(port: int) -> bool | None:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return None


def _connected(port: int) -> socket.socket | None:
    with contextlib.suppress(OSError):
        return socket.create_connection(("127.0.0.1", port), timeout=1)
    return None
