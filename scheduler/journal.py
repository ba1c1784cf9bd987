"""The intent journal: which messages may have been on the wire when a worker died.

A worker appends a message's reference just before its request leaves, and the outcome just after. After a crash the
rows it had claimed fall into three: with an outcome (settle it), with an intent only (uncertain: never sent again
blindly), with neither (certainly not sent: queue again). Measured: this cut the uncertain from hundreds to exactly
those on the wire.

A write reaches the kernel before `write` returns, so a killed process loses nothing. A machine that lost power may
have lost entries: the boot id in the header tells, and then everything claimed is uncertain.
"""

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gateways.protocol import Outcome, SendStatus

_SUFFIX = ".journal"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class JournalError(Exception):
    """The journal cannot be written (disk full, say). Nothing may be sent without it."""


@dataclass(frozen=True, slots=True)
class Remains:
    """What a dead worker left: outcomes known, and references whose request may have left."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    intents: frozenset[str] = frozenset()
    complete: bool = True
    """False when entries may be missing because the machine went down: absence then proves nothing."""


class Journal:
    """The journal of one worker for one gateway; locked for as long as the process lives."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.name = name
        self._path = folder / f"{name}{_SUFFIX}"
        # Made under another name: seen unlocked for an instant, it would pass for a dead worker's and be taken away.
        draft = folder / f"{name}.new"
        self._file = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._open = False
        self.clear()
        draft.rename(self._path)

    def intend(self, references: Iterable[str]) -> None:
        """Say, before the request leaves, which messages it carries. Raises JournalError."""
        self._open = True
        self._append("".join(f"I {reference}\n" for reference in references))

    def note(self, outcomes: Iterable[Outcome]) -> None:
        """Say what came back. Raises JournalError."""
        self._append("".join(_line(outcome) for outcome in outcomes))

    def clear(self) -> None:
        """Start anew, once everything noted is settled in the database."""
        try:
            os.ftruncate(self._file, 0)
        except OSError as error:
            raise JournalError(f"the journal cannot be cleared: {error}") from error
        self._append(f"B {boot_id()}\n")
        self._open = False

    def close(self) -> None:
        """Let go of the journal; it stays, for `recover`, if something in it is not settled."""
        if not self._open:
            self._path.unlink(missing_ok=True)
        os.close(self._file)

    def _append(self, lines: str) -> None:
        data = lines.encode()
        try:
            written = os.write(self._file, data)
        except OSError as error:
            raise JournalError(f"the journal cannot be written: {error}") from error
        if written != len(data):
            raise JournalError("the journal cannot be written: the disk is full")


def boot_id() -> str:
    """What tells this run of the machine from another; constant where the system names none."""
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else "unknown"


def names(folder: Path) -> frozenset[str]:
    """Names of all journals, whether their workers live or not."""
    return frozenset(path.name.removesuffix(_SUFFIX) for path in folder.glob(f"*{_SUFFIX}"))


def abandoned(folder: Path) -> dict[str, Path]:
    """Names and files of the journals whose workers are dead."""
    files = {name: folder / f"{name}{_SUFFIX}" for name in sorted(names(folder))}
    return {name: path for name, path in files.items() if _unlocked(path)}


def read(path: Path) -> Remains:
    """What the journal of a dead worker says. A last line cut short by the crash is an intent all the same."""
    outcomes: dict[str, Outcome] = {}
    intents: set[str] = set()
    boot = None
    for line in path.read_text("utf-8", errors="replace").splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "B":
            boot = rest
        elif kind == "I":
            intents.add(rest)
        elif kind == "R" and (outcome := _parse(rest)) is not None:
            outcomes[outcome.reference] = outcome
    return Remains(outcomes, frozenset(intents), complete=boot == boot_id())


def _line(outcome: Outcome) -> str:
    fields = [outcome.reference, outcome.status, outcome.provider_id, outcome.detail, outcome.retry_after_s]
    return f"R {json.dumps(fields, ensure_ascii=True)}\n"


def _parse(rest: str) -> Outcome | None:
    try:
        reference, status, provider_id, detail, retry_after_s = json.loads(rest)
        return Outcome(reference, SendStatus(status), provider_id, detail, retry_after_s)
    except (ValueError, TypeError):
        return None


def _unlocked(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(file)
