"""What granian calls: carriers' calls in its event loop, everything else as WSGI in threads.

An event loop and one committing thread take a call in half of the processor's time that 64 threads need which wake up
for each group (measured: docs/decisions/0010).
"""

import asyncio
import io
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from loa.inbound.calls import PREFIX
from loa.webhooks import Webhooks

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

Headers = list[tuple[str, str]]


class Application:
    """RSGI. `largest` is the longest body, in bytes, that is read for the pages, of which `threads` are made at a
    time."""

    def __init__(self, webhooks: Webhooks, pages: "WSGIApplication", threads: int, largest: int) -> None:
        self._webhooks = webhooks
        self._pages = pages
        self._largest = largest
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="pages")

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        if scope.path.startswith(PREFIX):
            await self._webhooks.serve(scope, proto)
            return
        body = await self._body(scope, proto)
        if body is None:
            proto.response_bytes(413, [("content-type", "text/plain")], b"the body is too large\n")
            return
        environ = _environ(scope, body)
        answered = await asyncio.get_running_loop().run_in_executor(self._threads, _answer, self._pages, environ)
        proto.response_bytes(*answered)

    async def _body(self, scope: Any, proto: Any) -> bytes | None:
        """The whole body; None when it is too large."""
        given = scope.headers.get("content-length", "")
        if given.isdecimal() and int(given[:20]) > self._largest:
            return None
        parts, size = [], 0
        async for part in proto:
            size += len(part)
            if size > self._largest:
                return None
            parts.append(bytes(part))
        return b"".join(parts)


def _environ(scope: Any, body: bytes) -> "WSGIEnvironment":
    """The environment of PEP 3333."""
    name, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": name,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for header, value in scope.headers.items():
        if "_" in header:
            continue  # X_Forwarded_For would pass for what a proxy of ours says in X-Forwarded-For
        key = "HTTP_" + header.upper().replace("-", "_")
        joined = "; " if header == "cookie" else ","
        environ[key] = f"{environ[key]}{joined}{value}" if key in environ else value
    if scope.authority:
        environ.setdefault("HTTP_HOST", scope.authority)
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _answer(pages: "WSGIApplication", environ: "WSGIEnvironment") -> tuple[int, Headers, bytes]:
    """Run the application to its end."""
    begun: list[tuple[int, Headers]] = []
    written: list[bytes] = []

    def start(status: str, headers: Headers, error: object = None, /) -> Any:
        begun.append((int(status[:3]), [(name.lower(), value) for name, value in headers]))
        return written.append

    told: Iterable[bytes] = pages(environ, start)
    try:
        written.extend(told)
    finally:
        if hasattr(told, "close"):
            told.close()
    status, headers = begun[-1]
    return status, headers, b"".join(written)
