"""A real PostgreSQL of the test run's own: in a temporary folder, on a free port of the loopback, gone at the end."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

import psycopg
from sqlalchemy import text

from foundation.database import Database
from foundation.keys import Vault
from loa.schema import upgrade
from tests.services import free_ports, require, until

T = TypeVar("T")
HOW = "apt-get install --no-install-recommends postgresql"
FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
"""Debian keeps each version's programs apart and out of PATH; newest first."""
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
_START_S = 30.0
_STOP_S = 30.0
_USER = "loa"
_MEMORY = Path("/dev/shm")
_ROOM = 2 << 30  # bytes; a container's /dev/shm often has 64 MB, and hundreds of databases of 9 MB come and go
_TEMPLATE = "loa_template"
_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}


class PostgresServer:
    """One server; `folder` takes its log.

        with PostgresServer(folder) as postgres:
            with Database(postgres.create_database(), vault).write() as session: ...

    The data lies in a temporary folder of its own: PostgreSQL refuses to run as root, and root's test folders are
    closed to the user that it then runs as. Without `fsync` it lies in memory where there is room (a fresh database
    then takes 35–70 ms instead of 200–400), and survives `kill()`, only no power cut; measure with it.
    """

    def __init__(self, folder: Path, fsync: bool = False) -> None:
        self._postgres = require("postgres", HOW, FOLDERS)
        self._initdb = require("initdb", HOW, FOLDERS)
        self._fsync = fsync
        self._log = folder / "postgres.log"
        (self.port,) = free_ports(1)
        self._user = _unprivileged()
        self._home: Path | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._made = 0
        self._has_template = False

    def __enter__(self) -> Self:
        self._home = Path(tempfile.mkdtemp(prefix="loa-postgres-", dir=None if self._fsync else _in_memory()))
        try:
            if self._user is not None:
                shutil.chown(self._home, self._user)
            self._make_cluster()
            self.start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def url(self, name: str = "postgres") -> str:
        """As `LOA_DATABASE_URL` has it."""
        return f"postgresql+psycopg://{_USER}@127.0.0.1:{self.port}/{name}"

    def create_database(self) -> str:
        """The URL of a fresh database with every migration applied: a copy of one that was migrated once."""
        if not self._has_template:
            self._make_template()
        self._made += 1
        name = f"loa_{self._made}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return self.url(name)

    def create_empty_database(self) -> str:
        """The URL of a database without any table."""
        self._made += 1
        self.execute(f"CREATE DATABASE loa_{self._made}")
        return self.url(f"loa_{self._made}")

    def drop_database(self, url: str) -> None:
        """Throw a database away, whoever is still connected to it."""
        self.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        """One statement of the server's owner, outside any transaction; the rows it gives."""
        with self._connect() as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def start(self) -> None:
        """Start, and wait until it answers: after `kill` it first reads back what its log holds."""
        durable = "on" if self._fsync else "off"
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",  # a path of a socket may be no longer than 107 bytes
            "dynamic_shared_memory_type": "mmap",  # in the data's folder: elsewhere, `kill` would leave it behind
            "fsync": durable,
            "full_page_writes": durable,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(
                [self._postgres, "-D", self._data, *options],
                stdout=log,
                stderr=log,
                user=self._user,
                cwd="/",
                start_new_session=True,
            )
        until(self._answers, _START_S, f"PostgreSQL (log: {self._log})")

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Shut down: `fast` breaks off what runs and closes tidily, `immediate` is a crash that PostgreSQL asks for."""
        if self._server is None:
            return
        self._server.send_signal(_SIGNALS[mode])
        try:
            self._server.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
        self._server = None

    def kill(self) -> None:
        """Kill −9 of the server and all its processes, in the middle of whatever they do."""
        if self._server is None:
            return
        self._server.send_signal(signal.SIGSTOP)  # else it would start others for those that die
        for child in _children(self._server.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._server.kill()
        self._server.wait(_STOP_S)
        self._server = None

    def restart(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """As an update of the server's package does: every connection breaks."""
        self.stop(mode)
        self.start()

    @property
    def _data(self) -> Path:
        assert self._home is not None, "use the server in a with statement"
        return self._home / "data"

    def _make_cluster(self) -> None:
        """Names sort by their bytes, as in SQLite, so that both give one order."""
        options = ["-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        command = [str(self._initdb), "-D", str(self._data), *options]
        done = subprocess.run(command, user=self._user, cwd="/", capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr.decode(errors="replace")

    def _make_template(self) -> None:
        self.execute(f"CREATE DATABASE {_TEMPLATE}")
        # Migrations move columns and never look into them: any keys do.
        database = Database(self.url(_TEMPLATE), Vault({1: bytes(32)}, bytes(32), bytes(32)))
        try:
            upgrade(database)
        finally:
            database.close()  # no database is copied while somebody is connected to it
        self._has_template = True

    def _connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=_USER, dbname="postgres", autocommit=True, connect_timeout=10
        )

    def _answers(self) -> bool | None:
        assert self._server is not None
        assert self._server.poll() is None, f"PostgreSQL ended while it started (log: {self._log})"
        with contextlib.suppress(psycopg.OperationalError), self._connect():
            return True
        return None

    def _end(self) -> None:
        self.stop("immediate")
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
            self._home = None


@contextlib.contextmanager
def fresh_database(server: PostgresServer, vault: Vault) -> Iterator[Database]:
    """A migrated database for one test, thrown away after it."""
    url = server.create_database()
    database = Database(url, vault)
    try:
        yield database
    finally:
        database.close()
        server.drop_database(url)


def meanwhile(database: Database, work: Callable[[], T]) -> Future[T]:
    """Somebody else does `work` at this moment: comes back when it is done, or waits for a lock of ours.

    Its end is the caller's to wait for, with `result()`, once the lock is given back.
    """

    def waits() -> int | None:
        with database.engine.connect() as connection:
            return connection.scalar(text(_WAITING)) or None

    pool = ThreadPoolExecutor(1)
    other = pool.submit(work)
    pool.shutdown(wait=False)
    until(lambda: other.done() or waits(), _START_S, "the other transaction's end or lock")
    return other


def _unprivileged() -> str | None:
    """Whom the server runs as; None for who runs the tests, unless that is root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _in_memory() -> Path | None:
    """A folder that is no disk; None where there is none with room."""
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM else None


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(child) for child in listed.split()]
