"""The servers that other tests rest on: they are real, they are ours alone, and nothing of them stays."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from foundation.database import Database
from foundation.keys import Vault
from loa import schema
from tests.postgres import PostgresServer
from tests.rabbitmq import RabbitServer
from tests.services import require, until

# A RabbitMQ takes five seconds to start, and more on a busy machine.
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[PostgresServer]:
    """One that a test may kill."""
    with PostgresServer(tmp_path) as server:
        yield server


def processes(mark: str) -> set[int]:
    """Living processes with this in their command line or environment, zombies left out."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if any(mark.encode() in (folder / name).read_bytes() for name in ("cmdline", "environ")):
                found.add(int(folder.name))
        except OSError:
            continue
    return found


def rows(url: str, vault: Vault) -> int:
    database = Database(url, vault)
    with database.read() as session:
        found = session.scalar(text("SELECT count(*) FROM groups"))
    database.close()
    return found or 0


def add_row(url: str, vault: Vault) -> None:
    database = Database(url, vault)
    with database.write() as session:
        session.execute(text("INSERT INTO groups (name, created_at) VALUES ('xã', now())"))
    database.close()


def test_what_is_missing_is_skipped_unless_it_is_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUIRE_SERVICES", "0")
    with pytest.raises(pytest.skip.Exception, match="apt-get install it"):
        require("no-such-program", "apt-get install it")
    monkeypatch.setenv("REQUIRE_SERVICES", "1")
    with pytest.raises(pytest.fail.Exception, match="apt-get install it"):
        require("no-such-program", "apt-get install it")


def test_folders_are_looked_through_first(tmp_path: Path) -> None:
    program = tmp_path / "sh"
    program.write_text("")
    program.chmod(0o755)
    assert require("sh", "", [tmp_path]) == program
    assert require("sh", "") != program


def test_what_does_not_come_up_is_told() -> None:
    with pytest.raises(AssertionError, match="the moon"):
        until(lambda: None, 0, "the moon")


def test_a_fresh_database_is_migrated_and_knows_nothing_of_another(postgres: PostgresServer, vault: Vault) -> None:
    one, two = postgres.create_database(), postgres.create_database()
    add_row(one, vault)
    assert (rows(one, vault), rows(two, vault)) == (1, 0)
    database = Database(two, vault)
    assert schema.is_current(database)
    database.close()
    for url in (one, two):
        postgres.drop_database(url)


def test_postgresql_keeps_what_was_committed_when_it_is_killed_or_restarted(
    own_postgres: PostgresServer, vault: Vault
) -> None:
    url = own_postgres.create_database()
    add_row(url, vault)
    own_postgres.kill()
    with pytest.raises(psycopg.OperationalError):
        own_postgres.execute("SELECT 1")
    own_postgres.start()
    assert rows(url, vault) == 1
    for mode in ("fast", "immediate"):
        own_postgres.restart(mode)
        assert rows(url, vault) == 1


def test_a_pool_survives_a_restart(own_postgres: PostgresServer, vault: Vault) -> None:
    database = Database(own_postgres.create_database(), vault)
    with database.read() as session:
        session.execute(text("SELECT 1"))
    own_postgres.restart("immediate")
    with database.read() as session:
        assert session.scalar(text("SELECT 1")) == 1
    database.close()


def test_postgresql_leaves_no_process_and_no_folder(tmp_path: Path) -> None:
    with PostgresServer(tmp_path) as server:
        mark = f"port={server.port}"
        (folder,) = server.execute("SHOW data_directory")
        assert processes(mark)
        assert Path(str(folder[0])).is_dir()
    until(lambda: not processes(mark), 10, "PostgreSQL's end")
    assert not Path(str(folder[0])).exists()


def test_a_server_that_must_survive_a_power_cut_does_not_lie_in_memory(tmp_path: Path) -> None:
    with PostgresServer(tmp_path, fsync=True) as server:
        assert server.execute("SHOW fsync") == [("on",)]
        ((folder,),) = server.execute("SHOW data_directory")
        assert not str(folder).startswith("/dev/shm")


def test_as_root_postgresql_runs_as_somebody_else(postgres: PostgresServer) -> None:
    owners = {Path(f"/proc/{pid}").stat().st_uid for pid in processes(f"port={postgres.port}")}
    assert owners and 0 not in owners


def test_rabbitmq_keeps_what_it_was_told_when_it_is_stopped_and_killed(tmp_path: Path) -> None:
    with RabbitServer(tmp_path) as server:
        mark = str(tmp_path)  # in the environment of whatever it starts, epmd among it
        server.control("add_vhost", "kept")
        server.stop()
        assert not processes(mark)
        server.start()
        assert "kept" in server.control("list_vhosts").split()
        server.kill()
        server.start()
        assert "kept" in server.control("list_vhosts").split()
    until(lambda: not processes(mark), 10, "RabbitMQ's end")


def test_two_rabbits_run_beside_each_other(rabbitmq: RabbitServer, tmp_path: Path) -> None:
    with RabbitServer(tmp_path) as other:
        other.control("add_vhost", "mine")
        assert "mine" not in rabbitmq.control("list_vhosts").split()
        assert rabbitmq.url != other.url
