"""Who may read the figures: they tell how many texts go out and what they cost, and nothing of any person."""

from collections.abc import Mapping
from hmac import compare_digest
from ipaddress import ip_address

_SCHEME = "bearer "
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")


def may_read(token: str, remote: str | None, headers: Mapping[str, str]) -> bool:
    """Whoever shows the token (LOA_METRICS_TOKEN); without one, callers on this machine that no proxy speaks for.

    A proxy on this machine that says nothing of whom it speaks for cannot be told from such a caller: it must not pass
    the path on (docs/operating.md).
    """
    if token:
        shown = headers.get("Authorization", "")
        is_bearer = shown[: len(_SCHEME)].lower() == _SCHEME
        return is_bearer and compare_digest(shown[len(_SCHEME) :].strip().encode(), token.encode())
    return not any(name in headers for name in _FORWARDED) and _is_loopback(remote)


def _is_loopback(address: str | None) -> bool:
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback
