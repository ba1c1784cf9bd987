"""What the tests of the bot share: the real book of answers, and routes to answer by."""

import logging
import sys
from collections.abc import Iterator
from io import StringIO

import pytest
import structlog

from bot.answering import Answerer
from foundation.logs import configure_logs
from scheduler.outbox import Route
from tests.policies.signed import signed_book


@pytest.fixture(scope="session")
def answerer() -> Answerer:
    return Answerer(signed_book())


@pytest.fixture
def routes() -> dict[str, Route]:
    """Two gateways of one channel, the cheap one for short texts only."""
    return {"kannel": Route("kannel", "sms", 300, 10), "simulator": Route("simulator", "sms", 250, 3)}


@pytest.fixture(autouse=True)
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[StringIO]:
    """What is logged, as an installation logs it."""
    stream = StringIO()
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        configure_logs("INFO", "worker")
    yield stream
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)
