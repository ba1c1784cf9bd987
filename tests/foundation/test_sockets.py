import asyncio
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.sockets import Nudges, nudge, socket_path


@pytest.fixture
def home() -> Iterator[Path]:
    """A home whose path is short, which pytest's own is not always."""
    with tempfile.TemporaryDirectory(prefix="h") as folder:
        yield Path(folder)


def deep(tmp_path: Path) -> Path:
    return tmp_path / ("deep" * 20) / ("er" * 20)


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where short paths go, watched."""
    with tempfile.TemporaryDirectory(prefix="t") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def test_sockets_lie_in_the_home(home: Path) -> None:
    assert socket_path(home, "worker") == home / "run" / "worker.sock"


def test_a_deep_home_gets_a_short_path_of_this_users_own(tmp_path: Path, temporary: Path) -> None:
    path = socket_path(deep(tmp_path), "worker")
    assert len(os.fsencode(path)) <= 100
    assert path.parent.parent == temporary
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path == socket_path(deep(tmp_path), "worker"), "the same for every process"
    assert path != socket_path(deep(tmp_path) / "other", "worker")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can make a folder that belongs to somebody else")
def test_a_folder_that_somebody_else_made_first_is_not_trusted(tmp_path: Path, temporary: Path) -> None:
    os.chown(socket_path(deep(tmp_path), "worker").parent, 65_534, 65_534)
    with pytest.raises(PermissionError, match="belongs to another user"):
        socket_path(deep(tmp_path), "worker")


@pytest.mark.parametrize("where", ["shallow", "deep"])
def test_a_nudge_arrives(where: str, home: Path, tmp_path: Path, temporary: Path) -> None:
    path = socket_path(home if where == "shallow" else deep(tmp_path), "worker")

    async def listen() -> None:
        nudges = Nudges()
        await nudges.listen(path)
        await asyncio.to_thread(nudge, path)
        await asyncio.wait_for(nudges.event.wait(), 5)
        nudges.close()
        await asyncio.sleep(0)

    asyncio.run(listen())
    assert not path.exists()


def test_a_listener_takes_the_place_of_one_that_was_killed(home: Path) -> None:
    path = socket_path(home, "worker")

    async def listen_twice() -> None:
        killed, heir = Nudges(), Nudges()
        await killed.listen(path)
        await heir.listen(path)
        nudge(path)
        await asyncio.wait_for(heir.event.wait(), 5)
        assert not killed.event.is_set()
        killed.close()
        heir.close()
        await asyncio.sleep(0)

    asyncio.run(listen_twice())


def test_nobody_there_is_no_error(home: Path) -> None:
    nudge(socket_path(home, "worker"))
    nudge(home / "no" / "such" / "folder.sock")


def test_a_listener_too_busy_to_read_holds_up_nobody(home: Path) -> None:
    path = socket_path(home, "worker")

    async def flood() -> None:
        nudges = Nudges()
        await nudges.listen(path)
        for _ in range(5_000):
            nudge(path)
        await asyncio.wait_for(nudges.event.wait(), 5)
        nudges.close()
        await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(flood(), 20))
