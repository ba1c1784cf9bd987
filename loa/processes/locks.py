"""One of a kind: a lock file in LOA_HOME that the system lets go of when its holder dies."""

import fcntl
import os
from pathlib import Path

from foundation.refusal import Refusal


class AlreadyRunning(Refusal):
    """Another process holds the lock; the message names it."""


class Lock:
    """Held from creation until the process ends or `release` is called. The file stays and holds the holder's pid."""

    def __init__(self, home: Path, name: str) -> None:
        folder = home / "run"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.read(self._file, 32).decode().strip()
            os.close(self._file)
            raise AlreadyRunning(f"{name} already runs on {home} as process {holder}") from error
        os.ftruncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        os.close(self._file)


def is_held(home: Path, name: str) -> bool:
    """Whether some process holds the lock."""
    try:
        Lock(home, name).release()
    except AlreadyRunning:
        return True
    return False
