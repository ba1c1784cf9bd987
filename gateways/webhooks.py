"""What all gateways check in a carrier's call before they believe it."""

import hashlib
import hmac
from collections.abc import Container
from email.message import Message
from functools import lru_cache

from gateways.protocol import WebhookRefused, WebhookRequest

LARGEST_BODY = 262_144
"""Bytes. Ten thousand emoji fit, percent-encoded; no carrier sends more."""


def require_shape(request: WebhookRequest, methods: Container[str]) -> None:
    """Refuse other methods with 405 and bodies over LARGEST_BODY with 413."""
    if request.method not in methods:
        raise WebhookRefused(405, "this gateway does not call that way")
    if len(request.body) > LARGEST_BODY:
        raise WebhookRefused(413, "the body is too large")


def proof(secret: bytes, *parts: str | bytes) -> str:
    """128 bits of HMAC-SHA256 in hex over the parts, each with its length, so that parts can't run into each other."""
    mac = _keyed(secret).copy()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        mac.update(len(data).to_bytes(8) + data)
    return mac.hexdigest()[:32]


@lru_cache(maxsize=32)
def _keyed(secret: bytes) -> hmac.HMAC:
    """Set up once: each message that we send carries a proof."""
    return hmac.new(secret, digestmod=hashlib.sha256)


def require_proof(given: str | None, expected: str) -> None:
    """Compare in constant time; refuse with 403."""
    if given is None or not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode()):
        raise WebhookRefused(403, "the call does not carry our proof")


def read_text(request: WebhookRequest) -> str | None:
    """The body as text, in its own charset or UTF-8; bytes that don't fit become U+FFFD.

    A body of binary type (Kannel's 8-bit messages) counts as text if it is UTF-8; else, as a ring tone does, it holds
    no text: None.
    """
    header = Message()
    header["Content-Type"] = request.header("Content-Type") or "text/plain"
    if header.get_content_type() == "application/octet-stream":
        try:
            return request.body.decode()
        except UnicodeDecodeError:
            return None
    try:
        return request.body.decode(header.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):  # a charset that is unknown, or no charset
        return request.body.decode("utf-8", "replace")
