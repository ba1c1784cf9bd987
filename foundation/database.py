"""The engine, sessions, and the column types that personal data and times live in.

One `Database` a process. `read()` and `write()` give a session for one transaction; nothing talks to a network inside.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, MetaData, create_engine, event, func, select
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from foundation.keys import Vault

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


BIG = BigInteger().with_variant(Integer(), "sqlite")
"""For money and for keys of tables that grow by millions a day; SQLite's integers are 64 bits anyway."""


class Base(DeclarativeBase):
    """All rooms' tables; constraints have names, so that migrations can drop them."""

    metadata = MetaData(naming_convention=NAMING)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC. A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime says no moment")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class EncryptedText(TypeDecorator[str]):
    """Text that is ciphertext in the database, its key's number in front. It cannot be searched."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else vault_of(dialect).encrypt(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else vault_of(dialect).decrypt(bytes(value))


class KeyedHash(TypeDecorator[bytes]):
    """The keyed hash of a text, for looking it up: assign or compare with the text itself, or with a hash read."""

    impl = LargeBinary(32)
    cache_ok = True

    def process_bind_param(self, value: str | bytes | None, dialect: Dialect) -> bytes | None:
        return vault_of(dialect).digest(value) if isinstance(value, str) else value

    def coerce_compared_value(self, op: Any, value: Any) -> "KeyedHash":
        return self


def vault_of(dialect: Dialect) -> Vault:
    """The vault that the engine was made with."""
    vault: Vault = dialect.__dict__["loa_vault"]
    return vault


LONGEST_BETWEEN_LOOKS_S = 0.1
"""SQLite's busy handler: https://sqlite.org/src/file/src/main.c, sqliteDefaultBusyCallback."""

_POSTGRESQL_SESSION = {
    "timezone": "UTC",  # `UtcDateTime` reads moments as the session shows them
    "lock_timeout": "15s",  # as SQLite's busy_timeout below: who waits longer fails and tries again
    # Nothing talks to a network inside a transaction: one that idles is of a process that hangs, and holds its locks.
    "idle_in_transaction_session_timeout": "60s",
}

_POSTGRESQL = {
    "application_name": "loa",
    "options": " ".join(f"-c {name}={value}" for name, value in _POSTGRESQL_SESSION.items()),
    "connect_timeout": 10,
    # A server that lost power says nothing: noticed after a minute, and not after the two hours that Linux takes.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
# No statement_timeout: an audience or a migration may take its time, and a statement of a dead process ends with it.


class Database:
    """An engine with its vault. `url` as SQLAlchemy reads it; SQLite runs in WAL and survives a power cut.

    On PostgreSQL a process holds up to `pool` connections, and twice as many for a moment; all processes together may
    not want more than the server's `max_connections`.
    """

    def __init__(self, url: str, vault: Vault, pool: int = 5) -> None:
        self.vault = vault
        # Parameters stay out of errors: those that fail before they are encrypted would reach the log in clear.
        if is_sqlite_url(url):
            self.engine = create_engine(url, hide_parameters=True)
            _prepare_sqlite(self.engine)
            self._reading = self.engine.execution_options(loa_reading=True)
        else:
            self.engine = create_engine(
                url,
                hide_parameters=True,
                pool_size=pool,
                max_overflow=pool,
                pool_pre_ping=True,  # a server that was restarted costs no transaction
                connect_args=_POSTGRESQL,
            )
            # One snapshot for all statements, as SQLite's readers have it.
            self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self.engine.dialect.__dict__["loa_vault"] = vault

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one moment and holds up no writer; it commits nothing, and on PostgreSQL cannot write."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose transaction is committed at the end, or rolled back whole by any exception.

        On SQLite there is one writer at a time. On PostgreSQL there are many, each seeing what others have committed:
        who decides by what it reads takes its lock (`hold`, `one_at_a_time`), or rests on a constraint.
        """
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def give_way(self) -> None:
        """Between two of many transactions: those who wait for the database come in.

        SQLite knows no queue: who waits looks again after up to a tenth of a second, and whoever writes one transaction
        after the other keeps all others out for seconds (measured: 7).
        """
        if self.engine.dialect.name == "sqlite":
            time.sleep(LONGEST_BETWEEN_LOOKS_S)

    def close(self) -> None:
        self.engine.dispose()


def hold(session: Session, row: Base) -> None:
    """Read a row anew, with its lock: nobody else changes it until this transaction ends. What was set before stays."""
    session.flush()
    session.refresh(row, with_for_update=True)


def one_at_a_time(session: Session, what: str) -> None:
    """Wait until no other transaction that named the same `what` is open: for deciding by what is *not* there yet.

    Kept until the transaction ends; on SQLite a writer is alone anyway. A row that is there has `hold`.
    """
    if session.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(sha256(what.encode()).digest()[:8], signed=True)
        session.execute(select(func.pg_advisory_xact_lock(key)))


def sqlite_url(path: Any) -> str:
    """The URL of a SQLite file."""
    return f"sqlite:///{path}"


def is_sqlite_url(url: str) -> bool:
    return make_url(url).get_backend_name() == "sqlite"


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=15000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that turns from reading to writing fails at once when another wrote meanwhile,
        # whatever the time-out; so writers queue for the lock at the start.
        reading = connection.get_execution_options().get("loa_reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
