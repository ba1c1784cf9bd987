"""Real servers for tests: used where they are installed, demanded where REQUIRE_SERVICES says so."""

import asyncio
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/lib/rabbitmq/bin")


def require(binary: str, how: str, folders: Iterable[Path] = ()) -> Path:
    """The installed program; else the test is skipped, or fails when REQUIRE_SERVICES is set.

    `how` says how to install it ("apt-get install kannel"). `folders` are looked through before all others.
    """
    places = (*map(str, folders), os.environ.get("PATH", ""), *_SYSTEM_FOLDERS)
    found = shutil.which(binary, path=os.pathsep.join(places))
    if found:
        return Path(found)
    message = f"{binary} is not installed: {how}"
    if os.environ.get("REQUIRE_SERVICES", "0") not in ("", "0"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens on; all held at once, so that they differ."""
    held = [socket.socket() for _ in range(count)]
    try:
        for listener in held:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in held]
    finally:
        for listener in held:
            listener.close()


def until(attempt: Callable[[], T | None], timeout: float, what: str) -> T:
    """The first true result of `attempt`; fails when there is none within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (result := attempt()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not in {timeout} s: {what}")
        time.sleep(0.02)
    return result


async def until_in_loop(true: Callable[[], object], timeout: float, what: str) -> None:
    """The same, while the event loop goes on: it is asked in a thread."""
    deadline = time.monotonic() + timeout
    while not await asyncio.to_thread(true):
        assert time.monotonic() < deadline, f"not in {timeout} s: {what}"
        await asyncio.sleep(0.01)
