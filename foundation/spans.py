"""Spans of time as settings and commands write them: "30m", "4h", "7d"."""

import re
from datetime import timedelta

from foundation.refusal import Refusal

_SPAN = re.compile(r"(\d{1,4})\s?([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class SpanError(Refusal, ValueError):
    """No span of time; the message is Vietnamese and quotes it."""


def parse_span(text: str) -> timedelta:
    """So many minutes (m), hours (h) or days (d); "0" is none at all. Raises SpanError."""
    if text.strip() == "0":
        return timedelta()
    match = _SPAN.fullmatch(text.strip().lower())
    if match is None:
        raise SpanError(f"không đọc được khoảng thời gian «{text}»: ghi như 30m, 4h hoặc 7d")
    return int(match[1]) * _UNITS[match[2]]
