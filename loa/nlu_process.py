"""Rasa's environment, as seen from here: an interpreter to run modules with, and a socket to ask."""

import asyncio
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bot.understanding import UnderstandingClient, UnderstandingUnavailable
from foundation.refusal import Refusal
from foundation.sockets import socket_path
from loa.processes.lifeline import die_with
from loa.wiring import ROOT, UNDERSTANDING, Loa

START_WITHIN_S = 90.0
ANSWER_WITHIN_S = 20.0
"""For the command line, whose batches are large and who waits gladly; the bot itself waits a second."""


class NluError(Refusal):
    """Rasa's environment is missing, or one of its modules failed."""


def server_command(loa: Loa, socket: Path) -> list[str]:
    """How the understanding process is started."""
    return [*_module(loa, "server"), "--models", str(loa.models), "--socket", str(socket)]


def environment() -> dict[str, str]:
    """What the modules of `nlu/` need in their environment."""
    return {"PYTHONPATH": str(ROOT), "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}


def run_module(loa: Loa, module: str, arguments: Sequence[str], capture: bool = False) -> str:
    """Run `nlu.MODULE` to its end, progress on stderr; its stdout if captured. Raises NluError when it fails."""
    done = subprocess.run(
        [*_module(loa, module), *arguments],
        env={**os.environ, **environment()},
        stdout=subprocess.PIPE if capture else None,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NluError(f"nlu.{module} failed (exit {done.returncode})")
    return done.stdout or ""


@asynccontextmanager
async def an_understanding(loa: Loa) -> AsyncIterator[UnderstandingClient]:
    """A client of the understanding process that runs, or of one started for the time being."""
    running = socket_path(loa.settings.home, UNDERSTANDING)
    async with UnderstandingClient(running, ANSWER_WITHIN_S) as client:
        if await _answers(client):
            yield client
            return
    with tempfile.TemporaryDirectory(prefix="loa-") as folder:
        own = Path(folder) / "nlu.sock"
        parent = os.getpid()
        process = subprocess.Popen(
            server_command(loa, own),
            env={**os.environ, **environment()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            preexec_fn=lambda: die_with(parent),
        )
        try:
            async with UnderstandingClient(own, ANSWER_WITHIN_S) as client:
                await _until_answers(client, process)
                yield client
        finally:
            process.terminate()
            process.wait(timeout=10)


def understands(path: Path, within_s: float = 1.0) -> bool:
    """Whether the understanding process that listens on this socket answers, with a model."""
    connection = HTTPConnection("understanding", timeout=within_s)
    try:
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(within_s)
        connection.sock.connect(str(path))
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


async def _until_answers(client: UnderstandingClient, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while not await _answers(client):
        if process.poll() is not None:
            raise NluError(f"the understanding process ended (exit {process.returncode}): run «loa nlu train»")
        if time.monotonic() > deadline:
            raise NluError(f"the understanding process did not answer in {START_WITHIN_S:.0f} s")
        await asyncio.sleep(0.1)


async def _answers(client: UnderstandingClient) -> bool:
    try:
        await client.model()
    except UnderstandingUnavailable:
        return False
    return True


def _module(loa: Loa, module: str) -> list[str]:
    if not loa.nlu_python.exists():
        raise NluError(f"{loa.nlu_python} is missing: run «make setup» (LOA_NLU_PYTHON names another interpreter)")
    return [str(loa.nlu_python), "-m", f"nlu.{module}"]
