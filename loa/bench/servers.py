"""The servers that are measured: ours on a Unix socket, and stock `rasa run --enable-api` on a port of the loopback."""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bot.understanding import UnderstandingClient, UnderstandingUnavailable
from loa.nlu_process import ANSWER_WITHIN_S, START_WITHIN_S, NluError, environment, server_command
from loa.processes.lifeline import die_with
from loa.wiring import Loa

Ask = Callable[[Sequence[str]], Awaitable[object]]
"""Have texts understood, in one request. Raises NluError."""


class Serving:
    """A server that answers."""

    def __init__(self, pid: int, ask: Ask) -> None:
        self.ask = ask
        self._pid = pid

    def cpu_s(self) -> float:
        """Seconds of a core that its process has used so far, all threads together (Linux)."""
        fields = Path(f"/proc/{self._pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def ours(loa: Loa, folder: Path) -> AsyncIterator[Serving]:
    """Our server with the current model; a request may hold many texts."""
    path = folder / "nlu.sock"

    async with UnderstandingClient(path, ANSWER_WITHIN_S) as client:

        async def ask(texts: Sequence[str]) -> object:
            try:
                return await client.understand(texts)
            except UnderstandingUnavailable as error:
                raise NluError(f"understanding did not answer: {error}") from error

        async with _running(server_command(loa, path), folder, ask) as serving:
            yield serving


@asynccontextmanager
async def stock(loa: Loa, archive: Path, port: int, folder: Path) -> AsyncIterator[Serving]:
    """`rasa run` with the archive; a request holds one text, for that is all it takes."""
    url = f"http://127.0.0.1:{port}/model/parse"
    command = [
        *(str(loa.nlu_python), "-m", "rasa", "run", "--enable-api", "--model", str(archive.absolute())),
        *("--interface", "127.0.0.1", "--port", str(port)),
    ]
    timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:

        async def ask(texts: Sequence[str]) -> object:
            (text,) = texts
            try:
                async with session.post(url, json={"text": text}) as response:
                    document = await response.json()
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                raise NluError(f"rasa run did not answer: {type(error).__name__}") from error
            if response.status != 200 or not document.get("intent", {}).get("name"):
                raise NluError(f"rasa run answered {response.status}")
            return document

        async with _running(command, folder, ask) as serving:
            yield serving


@asynccontextmanager
async def _running(command: Sequence[str], folder: Path, ask: Ask) -> AsyncIterator[Serving]:
    """The program from its first answer on; stopped at the end whatever happens."""
    parent = os.getpid()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environment()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: die_with(parent),
    )
    try:
        await _until_answers(process, ask)
        yield Serving(process.pid, ask)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _until_answers(process: subprocess.Popen[bytes], ask: Ask) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while True:
        try:
            await ask(["xin chào"])
        except NluError as error:
            if process.poll() is not None:
                raise NluError(f"the server ended (exit {process.returncode})") from error
            if time.monotonic() > deadline:
                raise NluError(f"the server did not answer in {START_WITHIN_S:.0f} s") from error
            await asyncio.sleep(0.2)
        else:
            return
