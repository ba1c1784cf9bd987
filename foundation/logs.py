"""Structured logs to stderr that never hold a telephone or identity number or a text in clear."""

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

from foundation.phones import mask
from foundation.text import mask_identity_numbers

# Abroad only with "+"; at home mobiles and landlines, also with blanks, dots or hyphens between the digits.
_PHONE = re.compile(r"\+\d{8,15}|(?<![\d.])(?:\+?84|0)[ .-]?[235789](?:[ .-]?\d){8,9}(?!\d)")
_PRIVATE = frozenset({"text", "body", "phone", "to", "sender", "reply", "password", "token"})


def configure_logs(level: str, role: str) -> None:
    """JSON lines, one an event, with the process's role; a person at a terminal gets coloured lines instead."""
    renderer = structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
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
    structlog.contextvars.bind_contextvars(role=role)
    # Libraries that log through the standard library (APScheduler, aiohttp, granian) go the same way.
    handler = logging.StreamHandler(sys.stderr)
    formatter = structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_drop_meta, renderer])
    handler.setFormatter(formatter)
    logging.basicConfig(
        level=max(logging.WARNING, logging.getLevelNamesMapping()[level]), handlers=[handler], force=True
    )


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Masks numbers wherever they stand and drops the values of keys that hold texts or secrets, at any depth."""
    return {key: "[redacted]" if key in _PRIVATE else _masked(value) for key, value in event.items()}


def _masked(value: Any) -> Any:
    match value:
        case str():
            return _PHONE.sub(lambda found: mask(found[0]), mask_identity_numbers(value))
        case dict():
            return {_masked(key): "[redacted]" if key in _PRIVATE else _masked(part) for key, part in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(part) for part in value]
        case _:
            return value


def _drop_meta(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    event.pop("_record", None)
    event.pop("_from_structlog", None)
    return event
