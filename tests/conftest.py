"""What most tests need: a migrated database of their own, keys, and a moment.

Everything is imported inside the fixtures: `tests/nlu` runs on another Python, without our dependencies, and passes
through this file.
"""

import shutil
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from foundation.database import Database
    from foundation.keys import Vault
    from tests.postgres import PostgresServer
    from tests.rabbitmq import RabbitServer


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> "Vault":
    """Keys of this test run."""
    from foundation.keys import open_vault

    return open_vault(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory, vault: "Vault") -> Path:
    """An empty SQLite file with every migration applied; copied, never opened by tests."""
    from foundation.database import Database, sqlite_url
    from loa.schema import upgrade

    path = tmp_path_factory.mktemp("schema") / "loa.db"
    database = Database(sqlite_url(path), vault)
    upgrade(database)
    database.close()  # the last connection writes the WAL into the file
    return path


@pytest.fixture
def database_file(tmp_path: Path, migrated_file: Path) -> Path:
    """The file of `database`."""
    return Path(shutil.copy(migrated_file, tmp_path / "loa.db"))


@pytest.fixture
def database(database_file: Path, vault: "Vault") -> "Iterator[Database]":
    """A fresh database as a new installation has it."""
    from foundation.database import Database, sqlite_url

    database = Database(sqlite_url(database_file), vault)
    yield database
    database.close()


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[PostgresServer]":
    """A PostgreSQL for the whole test run; who stops or kills it starts one of their own."""
    from tests.postgres import PostgresServer

    with PostgresServer(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture
def postgres_database(postgres: "PostgresServer", vault: "Vault") -> "Iterator[Database]":
    """A fresh database on PostgreSQL, as a new installation has it."""
    from tests.postgres import fresh_database

    with fresh_database(postgres, vault) as database:
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest, vault: "Vault") -> "Iterator[Database]":
    """A fresh database, once of each kind: for what must hold on both.

    A test file that is to run on both overrides `database` with it.
    """
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres_database")
        return
    from foundation.database import Database, sqlite_url

    database = Database(sqlite_url(request.getfixturevalue("database_file")), vault)
    yield database
    database.close()


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[RabbitServer]":
    """A RabbitMQ for the whole test run; who stops or kills it starts one of their own."""
    from tests.rabbitmq import RabbitServer

    with RabbitServer(tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


@pytest.fixture
def now() -> datetime:
    """Friday 20 November 2026, 09:00 in Vietnam: every class of message may be sent."""
    return datetime(2026, 11, 20, 2, tzinfo=timezone.utc)  # noqa: UP017  (Python 3.10 reads this file too)
