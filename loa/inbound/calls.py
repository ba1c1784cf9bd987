"""A carrier's call as the server hands it over, read without a framework: that was half of a call's time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateways import WebhookRefused, WebhookRequest
from gateways.webhooks import LARGEST_BODY

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

PREFIX = "/gateways/"
KINDS = ("inbound", "receipts")


def target(path: str) -> tuple[str, str] | None:
    """Which gateway is called, and what with; None when the path is not `/gateways/<name>/inbound` or `…/receipts`."""
    name, _, kind = path.removeprefix(PREFIX).partition("/")
    return (name, kind) if name and kind in KINDS else None


async def read_rsgi(scope: Any, proto: Any) -> WebhookRequest:
    """The call as granian's own interface has it. Raises WebhookRefused as `read_wsgi` does."""
    _require_method(scope.method)
    headers = dict(scope.headers.items())
    length = _length(headers.get("content-length", ""))
    _require_size(length or 0)
    body = b""
    try:
        if length is None:  # in pieces
            async for part in proto:
                body += part
                _require_size(len(body))
        elif length:
            body = await proto()
    except (OSError, RuntimeError) as error:  # granian's errors are RuntimeErrors
        raise WebhookRefused(400, "the body broke off") from error
    _require_whole(body, length)
    return _call(scope.method, scope.path, scope.query_string, headers, body)


def read_wsgi(environ: "WSGIEnvironment") -> WebhookRequest:
    """The call as WSGI has it. Raises WebhookRefused: too large, cut short, or with too many parameters."""
    _require_method(environ["REQUEST_METHOD"])
    headers = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    body = _body(environ)
    return _call(environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", ""), headers, body)


def _call(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> WebhookRequest:
    return WebhookRequest.called(method, f"{path}?{query}" if query else path, headers, body)


def _require_method(method: str) -> None:
    if method not in ("GET", "POST"):
        raise WebhookRefused(405, "no gateway calls that way")


def _require_size(size: int) -> None:
    if size > LARGEST_BODY:
        raise WebhookRefused(413, "the body is too large")


def _require_whole(body: bytes, length: int | None) -> None:
    if length is not None and len(body) < length:
        raise WebhookRefused(400, "the body was cut short")


def _length(given: str) -> int | None:
    if given and not (given.isascii() and given.isdecimal()):
        raise WebhookRefused(400, "the length is no number")
    return int(given[:20]) if given else None


def _body(environ: "WSGIEnvironment") -> bytes:
    """The whole body, at most LARGEST_BODY bytes of it: a larger one is refused before it is read."""
    expected = _length(environ.get("CONTENT_LENGTH") or "")
    if expected is None and not environ.get("wsgi.input_terminated"):
        return b""
    _require_size(expected or 0)
    body = _read(environ["wsgi.input"], LARGEST_BODY + 1 if expected is None else expected)
    _require_size(len(body))
    _require_whole(body, expected)
    return body


def _read(stream: Any, most: int) -> bytes:
    parts, left = [], most
    try:
        while left and (part := stream.read(left)):
            parts.append(part)
            left -= len(part)
    except OSError as error:
        raise WebhookRefused(400, "the body broke off") from error
    return b"".join(parts)
