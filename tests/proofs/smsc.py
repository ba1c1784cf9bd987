"""A carrier's SMSC that speaks SMPP 3.4, and the telephones behind it: what Kannel meets at the end of its line.

Kannel's own `drive_smpp` takes and gives texts, but reports nothing of them.
"""

import itertools
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.kannel import Arrived
from tests.proofs.smpp import (
    ANSWER,
    HAS_HEADER,
    HEADER,
    MESSAGE_ID,
    MESSAGE_STATE,
    RECEIPT,
    UCS2,
    Command,
    Pdu,
    Status,
    Submitted,
    deliver,
    parameter,
    read_bind,
    read_submit,
)
from tests.services import until

USER, PASSWORD = "loa", "bi mat"
STATES = {
    "ENROUTE": 1,
    "DELIVRD": 2,
    "EXPIRED": 3,
    "DELETED": 4,
    "UNDELIV": 5,
    "ACCEPTD": 6,
    "UNKNOWN": 7,
    "REJECTD": 8,
}
"""message_state by the word in a receipt's text (5.2.28, appendix B)."""
_FIRST_ID = 0x9F00_0001
_MANUAL = Path(__file__).resolve().parents[2] / "docs" / "kannel-smpp.md"
_RECOMMENDED = re.compile(r"^    (group = smsc\n(?:    .+\n)+)", re.MULTILINE)
_PART = 132
"""Octets of UCS-2 in a part of a long text."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a submit_sm: the status it is answered with, then a receipt for each of these words, if asked
    for. `hangs_up`: the connection breaks instead of an answer, and the text arrives nevertheless."""

    status: Status = Status.OK
    reports: tuple[str, ...] = ("DELIVRD",)
    hangs_up: bool = False


def delivers(_message: Submitted) -> Fate:
    return Fate()


@dataclass
class Smsc:
    """`fate` decides about each submit_sm; `submitted` are all that came, in order, refused ones too.

    With `keeps_receipts` they wait until `send_receipts`. `ids_differ`: an id is hexadecimal in the answer and decimal
    in the receipt, as with many carriers (Kannel's `msg-id-type = 0x01`). `states_apart`: state and id stand in
    optional parameters, not in the text.
    """

    port: int
    fate: Callable[[Submitted], Fate] = delivers
    keeps_receipts: bool = False
    ids_differ: bool = False
    states_apart: bool = False
    submitted: list[Submitted] = field(default_factory=list)
    taken: list[Submitted] = field(default_factory=list)
    """Those that were answered with OK, or whose answer got lost: they reach their telephones."""
    binds: int = 0
    _waiting: list[tuple[Submitted, int, str]] = field(default_factory=list)
    _line: socket.socket | None = None
    _sequence: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(_FIRST_ID))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def carrier(self) -> str:
        """The `group = smsc` of docs/kannel-smpp.md, for this carrier, and without waiting long."""
        ours = {
            "host": "127.0.0.1",
            "port": str(self.port),
            "smsc-username": f'"{USER}"',
            "smsc-password": f'"{PASSWORD}"',
            "enquire-link-interval": "2",
            "reconnect-delay": "1",
        }
        [block] = _RECOMMENDED.findall(_MANUAL.read_text("utf-8"))
        documented = dict(line.strip().split(" = ") for line in block.splitlines())
        assert ours.keys() <= documented.keys()
        habit = {"msg-id-type": "0x01"} if self.ids_differ else {}
        return "\n".join(f"{name} = {value}" for name, value in {**documented, **ours, **habit}.items())

    def arrived(self) -> list[Arrived]:
        """The whole texts on telephones, in the order of their last parts."""
        parts: dict[tuple[str, int], dict[int, str]] = {}
        whole: list[Arrived] = []
        for each in list(self.taken):
            if each.part is None:
                whole.append(Arrived(each.destination, each.source, each.text))
                continue
            reference, total, number = each.part
            mine = parts.setdefault((each.destination, reference), {})
            mine[number] = each.text
            if len(mine) == total:
                text = "".join(mine[n] for n in sorted(mine))
                whole.append(Arrived(each.destination, each.source, text, total))
                del parts[each.destination, reference]
        return whole

    def wait_until_bound(self, timeout: float = 30.0) -> None:
        until(lambda: self._line, timeout, "a bind")

    def send_receipts(self) -> int:
        """Send those that wait, to whoever is bound now; how many."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
            for message, number, word in waiting:
                self._send(Command.DELIVER, self._receipt(message, number, word))
            return len(waiting)

    def phone_sends(self, sender: str, to: str, text: str) -> None:
        """A telephone sends, in several parts if it is long."""
        data = text.encode("utf-16-be")
        if len(data) <= 140:
            self._send(Command.DELIVER, deliver(sender, to, data, 0, UCS2))
            return
        parts = [data[start : start + _PART] for start in range(0, len(data), _PART)]
        for number, part in enumerate(parts, 1):
            header = bytes((5, 0, 3, 77, len(parts), number))
            self._send(Command.DELIVER, deliver(sender, to, header + part, HAS_HEADER, UCS2))

    def break_line(self) -> None:
        """The connection is gone."""
        with self._lock:
            if self._line is not None:
                self._line.shutdown(socket.SHUT_RDWR)

    def _send(self, command: Command, body: bytes) -> None:
        with self._lock:
            assert self._line is not None, "nobody is bound"
            self._line.sendall(Pdu(command, next(self._sequence), body).packed())

    def _receipt(self, message: Submitted, number: int, word: str) -> bytes:
        """A receipt in the form that carriers commonly use (appendix B)."""
        named = str(number) if self.ids_differ else f"{number:X}"
        moment = time.strftime("%y%m%d%H%M")
        error = "000" if word == "DELIVRD" else "027"
        text = f"id:{named} sub:001 dlvrd:001 submit date:{moment} done date:{moment} stat:{word} err:{error} text:-"
        optional = b""
        if self.states_apart:
            text = ""
            optional = parameter(MESSAGE_ID, named.encode() + b"\0") + parameter(MESSAGE_STATE, bytes((STATES[word],)))
        return deliver(message.destination, message.source, text.encode(), RECEIPT, 0, optional)

    def serve(self, connection: socket.socket) -> None:
        """One connection, to its end."""
        try:
            while pdu := _read(connection):
                self._heed(connection, pdu)
        except OSError:
            pass
        finally:
            with self._lock:
                if self._line is connection:
                    self._line = None
            connection.close()

    def _heed(self, connection: socket.socket, pdu: Pdu) -> None:
        with self._lock:
            match pdu.command:
                case Command.BIND_TRANSCEIVER:
                    known = read_bind(pdu.body) == (USER, PASSWORD)
                    _answer(connection, pdu, b"SMSC\0" if known else b"", Status.OK if known else Status.BIND_FAILED)
                    if known:
                        self._line = connection
                        self.binds += 1
                case Command.ENQUIRE_LINK:
                    _answer(connection, pdu)
                case Command.UNBIND:
                    _answer(connection, pdu)
                case Command.SUBMIT:
                    self._take(connection, pdu)

    def _take(self, connection: socket.socket, pdu: Pdu) -> None:
        message = read_submit(pdu.body)
        self.submitted.append(message)
        fate = self.fate(message)
        if fate.status is Status.OK:
            self.taken.append(message)
        if fate.hangs_up:
            connection.shutdown(socket.SHUT_RDWR)
            return
        if fate.status is not Status.OK:
            _answer(connection, pdu, b"", fate.status)
            return
        number = next(self._ids)
        _answer(connection, pdu, f"{number:X}".encode() + b"\0")
        if message.wants_receipt:
            self._waiting += [(message, number, word) for word in fate.reports]
        if not self.keeps_receipts:
            self.send_receipts()


def _answer(connection: socket.socket, asked: Pdu, body: bytes = b"", status: Status = Status.OK) -> None:
    connection.sendall(Pdu(asked.command | ANSWER, asked.sequence, body, status).packed())


def _read(connection: socket.socket) -> Pdu | None:
    """The next PDU; None when the other side is gone."""
    head = _exactly(connection, HEADER.size)
    if not head:
        return None
    length, command, status, sequence = HEADER.unpack(head)
    return Pdu(command, sequence, _exactly(connection, length - HEADER.size), status)


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (more := connection.recv(count - len(data))):
        data += more
    return data if len(data) == count else b""


@contextmanager
def smsc(
    fate: Callable[[Submitted], Fate] = delivers,
    keeps_receipts: bool = False,
    ids_differ: bool = False,
    states_apart: bool = False,
) -> Iterator[Smsc]:
    """One on a free port of the loopback while the block runs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Smsc(listener.getsockname()[1], fate, keeps_receipts, ids_differ, states_apart)
        connections: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                connections.append(connection)
                threading.Thread(target=made.serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield made
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for connection in connections:
                connection.close()
