"""Loa's address as a carrier sees it: writes down every call and answers as told."""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gateways.protocol import WebhookRequest
from tests.services import until


@dataclass
class Callbacks:
    """`calls` so far; `statuses` are answered in turn before 200."""

    port: int
    calls: list[WebhookRequest] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}/gateways/kannel"

    def of(self, kind: str) -> list[WebhookRequest]:
        """The calls on …/inbound or …/receipts."""
        return [call for call in self.calls if call.url.startswith(f"/gateways/kannel/{kind}?")]

    def wait(
        self, kind: str, enough: Callable[[list[WebhookRequest]], bool], timeout: float = 15.0
    ) -> list[WebhookRequest]:
        """The calls of that kind, once there are enough. Fails when they don't come in time."""
        until(lambda: enough(self.of(kind)), timeout, f"calls on {kind}")
        return self.of(kind)


@contextmanager
def callbacks(port: int = 0) -> Iterator[Callbacks]:
    """Listen while the block runs."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            listening.calls.append(WebhookRequest.called(self.command, self.path, dict(self.headers), body))
            self.send_response(listening.statuses.pop(0) if listening.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 512  # with the usual five, a burst of receipts waits minutes for Kannel's next attempts

    with Server(("127.0.0.1", port), Handler) as server:
        listening = Callbacks(server.server_port)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield listening
        finally:
            server.shutdown()
            thread.join()
