"""`loa serve`: kill −9 any of it, and nothing is orphaned, lost or doubled."""

import os
import signal
import socket
from collections.abc import Callable

import pytest

from loa.processes.locks import is_held
from tests.loa.phones import ask_from, texts_on
from tests.loa.serving import Installation, call, processes
from tests.services import until

PHONE = "0912345678"


@pytest.mark.timeout(240)
def test_what_is_killed_comes_back_and_every_question_is_answered_once(
    install: Callable[..., Installation],
) -> None:
    installation = install()
    with installation.serve() as serving:
        first = serving.pids()
        assert set(first) == {"understanding", "worker", "web", "web server"}
        asked = 0
        for role in ("worker", "web server", "web", "understanding"):
            os.kill(serving.pids()[role], signal.SIGKILL)
            until(lambda role=role: serving.pids().get(role) not in (None, first[role]), 60, f"{role} starts again")  # type: ignore[misc]
            until(lambda: call(f"{installation.url}/readyz") == 200, 60, "the web process answers again")
            asked += 1
            ask_from(installation, PHONE, f"ho ngheo dc ho tro tien dien bn {asked}")
            until(lambda asked=asked: len(texts_on(installation, PHONE)) >= asked, 60, f"answer {asked}")  # type: ignore[misc]
        assert len(texts_on(installation, PHONE)) == asked
    assert not processes(installation.home)


@pytest.mark.timeout(240)
def test_when_the_parent_is_killed_nothing_stays_and_the_next_start_is_alone(
    install: Callable[..., Installation],
) -> None:
    installation = install()
    with installation.serve() as serving:
        os.kill(serving.process.pid, signal.SIGKILL)
        until(lambda: not processes(installation.home), 10, "all children end with their parent")
        until(lambda: not is_held(installation.home, "worker"), 5, "the worker's lock is let go of")
    with installation.serve() as serving:
        assert set(serving.pids()) == {"understanding", "worker", "web", "web server"}
        ask_from(installation, PHONE, "UNG HO 200K")
        until(lambda: texts_on(installation, PHONE), 30, "an answer")


@pytest.mark.timeout(120)
def test_a_second_start_is_refused_and_the_first_goes_on(install: Callable[..., Installation]) -> None:
    installation = install()
    with installation.serve():
        assert "already" in installation.run("worker", expect=1)
        assert "LOA_PORT" in installation.run("serve", expect=1)
        assert call(f"{installation.url}/readyz") == 200


def test_a_taken_port_is_said_before_anything_starts(install: Callable[..., Installation]) -> None:
    installation = install()
    with socket.socket() as other:
        other.bind(("127.0.0.1", installation.port))
        other.listen()
        assert "LOA_PORT" in installation.run("serve", expect=1)
    assert not processes(installation.home)
