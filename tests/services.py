"""Real servers for tests: used where they are installed, demanded where REQUIRE_SERVICES says so."""

import os
import shutil
import socket
from pathlib import Path

import pytest

_SYSTEM_FOLDERS = ("/usr/sbin", "/usr/lib/rabbitmq/bin")


def require(binary: str, how: str) -> Path:
    """The installed program; else the test is skipped, or fails when REQUIRE_SERVICES is set.

    `how` says how to install it ("apt-get install kannel").
    """
    found = shutil.which(binary, path=os.pathsep.join((os.environ.get("PATH", ""), *_SYSTEM_FOLDERS)))
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
