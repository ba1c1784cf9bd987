"""The engine, sessions, and the column types that personal data and times live in.

One `Database` a process. `read()` and `write()` give a session for one transaction; nothing talks to a network inside.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, LargeBinary, MetaData, create_engine, event
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


class Database:
    """An engine with its vault. `url` as SQLAlchemy reads it; SQLite runs in WAL and survives a power cut."""

    def __init__(self, url: str, vault: Vault) -> None:
        self.vault = vault
        # Parameters stay out of errors: those that fail before they are encrypted would reach the log in clear.
        self.engine = create_engine(url, pool_pre_ping=not is_sqlite_url(url), hide_parameters=True)
        self.engine.dialect.__dict__["loa_vault"] = vault
        if is_sqlite_url(url):
            _prepare_sqlite(self.engine)
        self._reading = self.engine.execution_options(loa_reading=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session whose transaction takes no write lock; nothing is committed."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose transaction is committed at the end, or rolled back whole by any exception."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        self.engine.dispose()


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
