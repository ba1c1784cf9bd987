"""Structured logs to stderr that never hold a telephone or identity number, an id of Zalo's, a text or a secret."""

import logging
import re
import sys
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import PurePath
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from foundation.phones import mask
from foundation.text import mask_identity_numbers

_GAP = r"(?:[ \u00a0.\-]|%20){0,3}"
# Abroad only with "+"; at home mobiles and landlines, however people space and prefix them: "0084 912…", "(84) 912…",
# "+84 (0)912…". A digit and a dot before it make it a fraction.
_PHONE = re.compile(
    r"\+\d{8,15}"
    rf"|(?<!\d)(?<!\d\.)(?:\(?(?:\+|00)?84\)?{_GAP}(?:\(?0\)?{_GAP})?|0{_GAP})[235789](?:{_GAP}\d){{8,9}}(?!\d)"
)
# By which Zalo's accounts know people: as good as a number.
_ZALO_ID = re.compile(r"(?<![\d.])\d{15,20}(?!\d)")
_PRIVATE = frozenset(
    {
        *("text", "body", "reply", "phone", "to", "sender", "recipient", "address"),
        *("password", "token", "secret", "authorization", "cookie", "headers", "query"),
    }
)
_PRIVATE_ENDS = ("_password", "_token", "_secret", "_key")
_USER = re.compile(r"(?<=://)[^/\s@'\"]+@")
_QUERY = re.compile(r"(?<=\w)(://[^\s?'\"]+)\?[^\s'\"]+")
# PostgreSQL tells there what stood in a row.
_DETAIL = re.compile(r"^((?:DETAIL|CONTEXT):).*$", re.MULTILINE)


def configure_logs(level: str, role: str) -> None:
    """JSON lines, one an event, with the process's role; a person at a terminal gets coloured lines instead."""
    renderer = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        partial(_of_role, role),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries that log through the standard library (APScheduler, aiohttp, granian) go the same way.
    handler = logging.StreamHandler(sys.stderr)
    formatter = structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_drop_meta, renderer])
    handler.setFormatter(formatter)
    logging.basicConfig(
        level=max(logging.WARNING, logging.getLevelNamesMapping()[level]), handlers=[handler], force=True
    )


def _of_role(role: str, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """In every thread: what is bound to one context is unknown to the threads of others."""
    event.setdefault("role", role)
    return event


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Masks numbers wherever they stand and drops the values of keys that hold texts or secrets, at any depth.

    What is neither text nor number nor moment is told by its type alone: a message's repr holds number and text.
    """
    return {key: value if key.startswith("_") else _kept(key, value) for key, value in event.items()}


def _kept(key: Any, value: Any) -> Any:
    if isinstance(key, str) and (key in _PRIVATE or key.endswith(_PRIVATE_ENDS)):
        return "[redacted]"
    return _masked(value)


def _masked(value: Any) -> Any:
    match value:
        case str():
            return _masked_text(value)
        case bool() | float() | datetime() | date() | timedelta() | None:
            return value
        case int():
            masked = _masked_text(str(value))
            return value if masked == str(value) else masked
        case dict():
            return {_masked(key): _kept(key, part) for key, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(part) for part in value]
        case PurePath():
            return _masked_text(str(value))
        case _:
            return f"<{type(value).__name__}>"


def _masked_text(text: str) -> str:
    text = _DETAIL.sub(r"\1 [redacted]", _QUERY.sub(r"\1?[redacted]", _USER.sub("[redacted]@", text)))
    text = mask_identity_numbers(_PHONE.sub(lambda found: mask(found[0]), text))
    return _ZALO_ID.sub(lambda found: mask(found[0]), text)


def _drop_meta(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return event
