"""`loa serve`: keeps web, worker and understanding running, restarts what crashes, leaves nothing behind."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import structlog

from foundation.refusal import Refusal
from loa.processes.lifeline import die_with
from loa.processes.locks import Lock

log = structlog.get_logger()

LOOK_EVERY_S = 0.2
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
WELL_AFTER_S = 30.0
"""A child that lived this long starts from the shortest wait again."""
PATIENCE_S = 15.0
"""What a child gets to end by itself after SIGTERM."""


class PortTaken(Refusal):
    """Something else listens on our port; the message names it."""


@dataclass(slots=True)
class Child:
    """One role: how to start it, and how it is doing."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    wait_s: float = FIRST_WAIT_S
    start_at: float = 0.0


def check_port(host: str, port: int) -> None:
    """Raises PortTaken while something listens there; asked before any child binds."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(f"{host}:{port} is taken: set LOA_PORT to another port") from error


class Supervisor:
    """Starts children and watches over them until told to stop."""

    def __init__(self, home: Path, children: Sequence[Child], on_ready: Callable[[], bool]) -> None:
        self._lock = Lock(home, "serve")
        self._children = children
        self._on_ready = on_ready
        self._stopping = False

    def run(self) -> None:
        """Until SIGTERM or SIGINT. `on_ready` is asked at each look until it says True."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        ready = False
        try:
            while not self._stopping:
                for child in self._children:
                    self._tend(child)
                ready = ready or self._on_ready()
                time.sleep(LOOK_EVERY_S)
        finally:
            self._end_all()
            self._lock.release()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _tend(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None:
            code = child.process.poll()
            if code is None:
                return
            lived = now - child.started_at
            child.wait_s = FIRST_WAIT_S if lived > WELL_AFTER_S else min(child.wait_s * 2, LONGEST_WAIT_S)
            child.start_at = now + child.wait_s * random.uniform(0.8, 1.2)
            child.process = None
            log.error("a child ended", child=child.name, code=code, lived_s=round(lived, 1), wait_s=child.wait_s)
        if now >= child.start_at:
            child.process = _start(child)
            child.started_at = now
            log.info("a child starts", child=child.name, pid=child.process.pid)

    def _end_all(self) -> None:
        living = [child.process for child in self._children if child.process is not None]
        for process in living:
            process.terminate()
        deadline = time.monotonic() + PATIENCE_S
        for process in living:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _start(child: Child) -> subprocess.Popen[bytes]:
    parent = os.getpid()
    return subprocess.Popen(
        child.command,
        cwd=child.folder,
        env={**os.environ, **child.environment},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,  # stdout is for what `loa serve` says itself
        start_new_session=True,  # Ctrl-C reaches us alone, and we end the children in order
        preexec_fn=lambda: die_with(parent),
    )
