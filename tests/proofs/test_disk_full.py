"""A worker whose files can grow no more, as on a full disk: it stops sending, says so, and goes on later."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.loa.outgrown import Site
from tests.postgres import PostgresServer
from tests.proofs.embedded import ROLES, embedded
from tests.services import until
from tests.sizes import size

ROWS = size(60, 1_000)
PATIENCE_S = 60.0 + ROWS / 20
SMALL = 48 * 1024
"""Bytes: the worker's log fits in, and no slot of a journal."""

pytestmark = pytest.mark.timeout(int(4 * PATIENCE_S))


@contextmanager
def no_room(made: Site) -> Iterator[None]:
    """While the block runs, no file of the worker's grows beyond `SMALL`."""
    [worker] = [process.pid for name, process in made.processes.items() if name.startswith("worker")]
    before = resource.prlimit(worker, resource.RLIMIT_FSIZE)
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (SMALL, before[1]))
    try:
        yield
    finally:
        resource.prlimit(worker, resource.RLIMIT_FSIZE, before)


def worker_of(made: Site) -> str:
    return next(name for name in made.processes if name.startswith("worker"))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_without_room_nothing_leaves_and_with_room_everything_once(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> None:
    """On SQLite the database itself cannot grow either, and nothing is even claimed."""
    settings: dict[str, str] = {}
    if kind == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        settings["database_url"] = server.create_database()
    with embedded(tmp_path, roles=ROLES, **settings) as made:
        made.mend()
        said = "sending stops: no journal" if kind == "postgresql" else "dispatching failed"
        with no_room(made):
            made.queue(ROWS)
            until(lambda: made.logged(worker_of(made), said), PATIENCE_S, f"it says so ({tmp_path})")
            assert not made.smsbox.requests, "nothing leaves without a journal"
            assert made.processes[worker_of(made)].poll() is None, "it goes on, and answers what needs no room"
        until(lambda: made.open_messages() == 0, PATIENCE_S, "all leave when there is room")
        assert made.states() == {"accepted": ROWS}
        assert set(made.arrived().values()) == {1} and len(made.arrived()) == ROWS


def test_a_disk_that_fills_up_in_the_middle_loses_and_repeats_nothing(postgres: PostgresServer, tmp_path: Path) -> None:
    with embedded(tmp_path, database_url=postgres.create_database()) as made:
        made.mend()
        made.queue(ROWS)
        until(lambda: len(made.smsbox.requests) >= ROWS // 3, PATIENCE_S, "a third has left")
        with no_room(made):  # the journal has its room already: what is under way goes on, as nothing new is needed
            made.queue(ROWS, ROWS)
            until(lambda: len(made.smsbox.requests) >= ROWS, PATIENCE_S, "it goes on")
        until(lambda: made.open_messages() == 0, PATIENCE_S, "all leave")
        assert made.states() == {"accepted": 2 * ROWS}
        assert set(made.arrived().values()) == {1}
