"""A disk that is full, for journals that are open already; one that is really full is in `test_journal`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_journals(folder: Path) -> list[int]:
    """The file descriptors of this process's journals in a folder."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            target = link.readlink()
        except OSError:
            continue
        if target.parent == folder and target.suffix == ".journal":
            found.append(int(link.name))
    return found


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """While the block runs, no open journal of this folder can grow: /dev/full is in its place."""
    kept = {number: os.dup(number) for number in open_journals(folder)}
    assert kept, "no journal is open"
    for number in kept:
        full = os.open("/dev/full", os.O_RDWR)
        os.dup2(full, number)
        os.close(full)
    try:
        yield
    finally:
        for number, copy in kept.items():
            os.dup2(copy, number)
            os.close(copy)
