"""The far end of a gateway's wire: takes requests, writes each down, and answers as the test says."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Act = Callable[[socket.socket, threading.Event], None]


def answers(status: int, body: str = "", headers: str = "") -> Act:
    """Answer with this status; `headers` are whole lines ("Retry-After: 7")."""

    def act(connection: socket.socket, _closing: threading.Event) -> None:
        data = body.encode()
        head = f"HTTP/1.1 {status} -\r\nContent-Length: {len(data)}\r\n" + (f"{headers}\r\n" if headers else "")
        connection.sendall(head.encode() + b"\r\n" + data)

    return act


def hangs_up(connection: socket.socket, _closing: threading.Event) -> None:
    """Take the request and close the connection without a word."""
    connection.shutdown(socket.SHUT_RDWR)


def says_nothing(_connection: socket.socket, closing: threading.Event) -> None:
    """Take the request and keep silent."""
    closing.wait(30)


def talks_nonsense(connection: socket.socket, _closing: threading.Event) -> None:
    """Answer what is not HTTP."""
    connection.sendall(b"\x00\xff SMSC V3.3 READY\r\n\r\n")
    connection.shutdown(socket.SHUT_RDWR)


def breaks_off(connection: socket.socket, _closing: threading.Event) -> None:
    """Say 202 and close in the middle of the body."""
    connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n0: Acc")
    connection.shutdown(socket.SHUT_RDWR)


@dataclass
class FarEnd:
    """`requests` holds whole requests as bytes; the acts are used in turn, the last for ever."""

    url: str
    requests: list[bytes] = field(default_factory=list)


@contextmanager
def far_end(*acts: Act, port: int = 0) -> Iterator[FarEnd]:
    """A server on the loopback while the block runs."""
    closing = threading.Event()
    lock = threading.Lock()
    with socket.create_server(("127.0.0.1", port)) as listener:
        end = FarEnd(f"http://127.0.0.1:{listener.getsockname()[1]}")
        open_now: list[socket.socket] = []

        def serve(connection: socket.socket) -> None:
            with connection:
                while request := _read_request(connection):
                    with lock:
                        act = acts[min(len(end.requests), len(acts) - 1)]
                        end.requests.append(request)
                    act(connection, closing)

        def accept() -> None:
            while not closing.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with lock:
                    open_now.append(connection)
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield end
        finally:
            closing.set()
            listener.shutdown(socket.SHUT_RDWR)
            for connection in open_now:
                connection.close()


def _read_request(connection: socket.socket) -> bytes:
    """One request with its body; nothing when the other side is gone."""
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            if not (more := connection.recv(65_536)):
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            if not (more := connection.recv(65_536)):
                return b""
            body += more
    except OSError:
        return b""
    return head + b"\r\n\r\n" + body
