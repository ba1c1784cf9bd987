"""Many rows by one statement, as fast as the driver goes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Dialect, LargeBinary, String, Table
from sqlalchemy.types import TypeEngine

from foundation.database import EncryptedText, KeyedHash
from foundation.iteration import chunked

AT_ONCE = 64
"""Rows a statement. For each number of rows the driver keeps a prepared statement: sqlite3 keeps 128 of them."""
ARRAYS = 1_000
"""Rows a statement where each column is one array."""


class RowInsert:
    """`INSERT INTO table (columns) VALUES …, …, … <on_conflict>`.

    What is encrypted or a keyed hash is given as bytes, made before. `prepare` turns a row into what the driver takes,
    in whatever thread; `insert` only hands it over.

    Not SQLAlchemy's own: it gives many rows as one statement only with RETURNING, and sqlite3 lets go of the
    interpreter at each row that it fetches or executes. Where many threads compute, as in the web process, a group of
    64 rows then waited for its turn 64 times (measured: half the calls a second, ../docs/decisions/0010). PostgreSQL
    takes each column as one array: a third of the time that a parameter for each value takes (measured).
    """

    def __init__(self, table: Table, columns: Sequence[str], on_conflict: str = "") -> None:
        self._table = table
        self._columns = tuple(columns)
        self._on_conflict = on_conflict
        self._statement = lru_cache(maxsize=2 * AT_ONCE)(self._write_statement)
        self._processors = lru_cache(maxsize=2)(self._make_processors)

    def prepare(self, dialect: Dialect, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values of a row in the order of the columns, as this database stores them; of a row that has only some
        of the columns, those."""
        return tuple(
            row[name] if processor is None else processor(row[name])
            for name, processor in self._processors(dialect)
            if name in row
        )

    def insert(self, connection: Connection, rows: Iterable[tuple[Any, ...]]) -> int:
        """Insert prepared rows in the caller's transaction, in their order; how many there are more now."""
        arrays = connection.dialect.name == "postgresql"
        added = 0
        for chunk in chunked(rows, ARRAYS if arrays else AT_ONCE):
            statement = self._statement(connection.dialect if arrays else None, len(chunk))
            values = map(list, zip(*chunk, strict=True)) if arrays else chain.from_iterable(chunk)
            added += connection.exec_driver_sql(statement, tuple(values)).rowcount
        return added

    def _make_processors(self, dialect: Dialect) -> tuple[tuple[str, Any], ...]:
        return tuple((name, kind.dialect_impl(dialect).bind_processor(dialect)) for name, kind in self._types() if name)

    def _types(self) -> Iterator[tuple[str, TypeEngine[Any]]]:
        for name in self._columns:
            kind = self._table.c[name].type
            yield name, LargeBinary() if isinstance(kind, EncryptedText | KeyedHash) else kind

    def _write_statement(self, arrays: Dialect | None, rows: int) -> str:
        if arrays is not None:
            # A cast to VARCHAR(n) would cut what is too long; so the column refuses it.
            kinds = ["TEXT" if isinstance(k, String) else k.compile(arrays) for _, k in self._types()]
            source = f"SELECT * FROM unnest({', '.join(f'CAST(%s AS {kind}[])' for kind in kinds)})"
        else:
            row = f"({', '.join('?' * len(self._columns))})"
            source = f"VALUES {', '.join([row] * rows)}"
        return f"INSERT INTO {self._table.name} ({', '.join(self._columns)}) {source} {self._on_conflict}"
