"""What is known of thousands of keyed hashes, as fast as the driver goes."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row

from foundation.iteration import chunked

AT_ONCE = 10_000
"""Hashes a statement; SQLite takes 32,766 parameters."""


def look_up(
    connection: Connection,
    sql: str,
    hashes: Iterable[bytes],
    before: Sequence[object] = (),
    after: Sequence[object] = (),
) -> list[Row[Any]]:
    """The rows of a SELECT of our own that has `{among}` behind a column of hashes.

    Its other parameters are question marks, given as the driver takes them: those `before` `{among}` and those `after`.

    Past SQLAlchemy's `in_`, which for a thousand hashes takes three times as long as SQLite for finding them (measured:
    2.5 ms beside 0.9 ms), for every thousand messages that leave.
    """
    found: list[Row[Any]] = []
    for some in chunked(sorted(hashes), AT_ONCE):  # in the order of the index: a fifth faster
        if connection.dialect.name == "sqlite":
            statement = sql.format(among=f"IN ({','.join('?' * len(some))})")
            found += connection.exec_driver_sql(statement, (*before, *some, *after))
        else:
            statement = sql.format(among="= ANY(?)").replace("?", "%s")
            found += connection.exec_driver_sql(statement, (*before, some, *after))
    return found
