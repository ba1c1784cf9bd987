"""The dispatcher's SQL in both dialects: one statement for a batch, and one value in or out for all its rows.

Rows travel as one JSON document wherever Python's driver would otherwise step through them: each step of SQLite lets
go of the interpreter and must win it back from the event loop, which is busy sending.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from scheduler.outbox.states import State, sources

Row = Sequence[Any]
"""A claimed row: the columns of `COLUMNS`, in that order; encrypted ones as bytes, moments as datetimes."""

COLUMNS = (
    *("id", "reference", "channel", "gateway", "address", "address_hash", "text", "encoding", "segments", "price_vnd"),
    *("message_class", "priority", "batch_id", "attempts", "not_before", "expires_at"),
)

_SETTLES_TO = (State.ACCEPTED, State.FAILED, State.UNKNOWN, State.QUEUED)
# A receipt may have been faster and know more: the table of transitions says which of the two states stays.
_MOVES = " OR ".join(
    f"(v.state = '{target}' AND outbox.state IN ({', '.join(repr(str(each)) for each in sources(target))}))"
    for target in _SETTLES_TO
)
_SETTLE = f"""
    UPDATE outbox SET
        state = CASE WHEN {_MOVES} THEN v.state ELSE outbox.state END,
        detail = CASE WHEN {_MOVES} THEN v.detail ELSE outbox.detail END,
        provider_id = coalesce(v.provider_id, outbox.provider_id),
        attempts = v.attempts,
        not_before = coalesce(v.not_before, outbox.not_before),
        settled_at = coalesce(outbox.settled_at, v.settled_at),
        claimed_by = NULL,
        left_by = NULL
"""
_DUE = """
    FROM outbox WHERE state = 'queued' AND gateway = {gateway} AND priority = {priority} AND not_before <= {now}
    AND (batch_id IS NULL OR batch_id NOT IN (SELECT id FROM batches WHERE paused_at IS NOT NULL))
    ORDER BY not_before, id LIMIT {most}
"""
_HELD = "((state = 'sending' AND claimed_by = {worker}) OR (state = 'unknown' AND left_by = {worker}))"


class Statements(Protocol):
    """What the dispatcher asks of a database, in the caller's transaction. Moments are UTC."""

    def claim(
        self, connection: Connection, gateway: str, priority: int, most: int, mark: Mapping[str, Any], now: datetime
    ) -> list[Row]:
        """Claim due rows of one gateway and one priority, marking them with these values; in order. Those of paused
        batches, and those that another worker has its hands on, are left."""
        ...

    def settle(self, connection: Connection, worker: str, rows: Sequence[Row], now: datetime) -> None:
        """Write outcomes of rows that the worker holds: (id, state, detail, provider id, attempts, not before)."""
        ...

    def release(self, connection: Connection, worker: str, ids: Sequence[int], not_before: datetime | None) -> None:
        """Queue again those of these rows that the worker holds and that no receipt has taken further."""
        ...

    def fail(self, connection: Connection, ids: Sequence[int], detail: str, now: datetime) -> None:
        """Give rows up."""
        ...

    def prices(self, connection: Connection, worker: str, ids: Iterable[int], settled: bool) -> list[tuple[int, int]]:
        """Batches and what these rows of theirs cost together: of those still claimed by the worker, or of those that
        were settled for it when its lease ran out."""
        ...


def statements(session: Session) -> Statements:
    """Those of the session's database."""
    return _SQLITE if session.get_bind().dialect.name == "sqlite" else _POSTGRESQL


class _Sqlite:
    """One writer at a time: what was read in this transaction still holds when it is written."""

    _row = ", ".join(f"hex({name})" if name in ("address", "address_hash", "text") else name for name in COLUMNS)
    _PICK = f"SELECT json_group_array(json_array({_row})) FROM (SELECT * FROM outbox WHERE id IN (SELECT id {{due}}))"

    def claim(
        self, connection: Connection, gateway: str, priority: int, most: int, mark: Mapping[str, Any], now: datetime
    ) -> list[Row]:
        due = _DUE.format(gateway=":gateway", priority=":priority", now=":now", most=":most")
        picked = connection.exec_driver_sql(
            self._PICK.format(due=due),
            {"gateway": gateway, "priority": priority, "now": _text(now), "most": most},
        ).scalar_one()
        moments = _Moments()
        rows: list[Row] = [_read(row, moments) for row in msgspec.json.decode(picked)]
        rows.sort(key=lambda row: (row[14], row[0]))
        if rows:
            connection.exec_driver_sql(
                "UPDATE outbox SET state = 'sending', claimed_by = :worker, sent_at = :now, rules_version = :rules"
                " WHERE id IN (SELECT value FROM json_each(:ids))",
                {**mark, "now": _text(now), "ids": _json([row[0] for row in rows])},
            )
        return rows

    def settle(self, connection: Connection, worker: str, rows: Sequence[Row], now: datetime) -> None:
        names = ("id", "state", "detail", "provider_id", "attempts", "not_before", "settled_at")
        fields = ", ".join(f"value ->> {place} AS {name}" for place, name in enumerate(names))
        connection.exec_driver_sql(
            # Materialised, or SQLite reads the document once for each row; the plus keeps it from other indexes.
            f"WITH v AS MATERIALIZED (SELECT {fields} FROM json_each(:rows)) {_SETTLE} FROM v"
            " WHERE outbox.id = v.id AND (+claimed_by = :worker OR +left_by = :worker)",
            {"worker": worker, "rows": _json(_with_moments(rows, now, _text))},
        )

    def release(self, connection: Connection, worker: str, ids: Sequence[int], not_before: datetime | None) -> None:
        connection.exec_driver_sql(
            "UPDATE outbox SET state = 'queued', claimed_by = NULL, left_by = NULL, sent_at = NULL,"
            " not_before = coalesce(:again, not_before) WHERE id IN (SELECT value FROM json_each(:ids)) AND "
            + _HELD.format(worker=":worker"),
            {"worker": worker, "again": _text(not_before) if not_before else None, "ids": _json(ids)},
        )

    def fail(self, connection: Connection, ids: Sequence[int], detail: str, now: datetime) -> None:
        connection.exec_driver_sql(
            "UPDATE outbox SET state = 'failed', claimed_by = NULL, detail = :detail, settled_at = :now"
            " WHERE id IN (SELECT value FROM json_each(:ids))",
            {"detail": detail, "now": _text(now), "ids": _json(ids)},
        )

    def prices(self, connection: Connection, worker: str, ids: Iterable[int], settled: bool) -> list[tuple[int, int]]:
        rows = connection.exec_driver_sql(
            "SELECT batch_id, sum(price_vnd) FROM outbox WHERE id IN (SELECT value FROM json_each(:ids))"
            f" AND {'left_by' if settled else 'claimed_by'} = :worker AND batch_id IS NOT NULL"
            " GROUP BY batch_id ORDER BY batch_id",
            {"worker": worker, "ids": _json(list(ids))},
        )
        return [(batch_id, price) for batch_id, price in rows]


class _Postgresql:
    """Many writers: rows are locked in the order of their ids by all who write many, so that none waits in a circle."""

    def claim(
        self, connection: Connection, gateway: str, priority: int, most: int, mark: Mapping[str, Any], now: datetime
    ) -> list[Row]:
        due = _DUE.format(gateway="%(gateway)s", priority="%(priority)s", now="%(now)s", most="%(most)s")
        rows = connection.exec_driver_sql(
            f"WITH due AS MATERIALIZED (SELECT id {due} FOR UPDATE SKIP LOCKED)"
            " UPDATE outbox SET state = 'sending', claimed_by = %(worker)s, sent_at = %(now)s,"
            " rules_version = %(rules)s FROM due WHERE outbox.id = due.id"
            f" RETURNING {', '.join('outbox.' + name for name in COLUMNS)}",
            {**mark, "gateway": gateway, "priority": priority, "now": now, "most": most},
        ).all()
        return sorted(rows, key=lambda row: (row[14], row[0]))

    def settle(self, connection: Connection, worker: str, rows: Sequence[Row], now: datetime) -> None:
        self._lock(connection, [row[0] for row in rows])
        connection.exec_driver_sql(
            f"{_SETTLE} FROM (SELECT (r ->> 0)::bigint AS id, r ->> 1 AS state, r ->> 2 AS detail,"
            " r ->> 3 AS provider_id, (r ->> 4)::int AS attempts, (r ->> 5)::timestamptz AS not_before,"
            " (r ->> 6)::timestamptz AS settled_at FROM json_array_elements(%(rows)s::json) AS r) AS v"
            " WHERE outbox.id = v.id AND (claimed_by = %(worker)s OR left_by = %(worker)s)",
            {"worker": worker, "rows": _json(_with_moments(rows, now, datetime.isoformat))},
        )

    def release(self, connection: Connection, worker: str, ids: Sequence[int], not_before: datetime | None) -> None:
        self._lock(connection, ids)
        connection.exec_driver_sql(
            "UPDATE outbox SET state = 'queued', claimed_by = NULL, left_by = NULL, sent_at = NULL,"
            " not_before = coalesce(%(again)s::timestamptz, not_before) WHERE id = ANY(%(ids)s) AND "
            + _HELD.format(worker="%(worker)s"),
            {"worker": worker, "again": not_before, "ids": list(ids)},
        )

    def fail(self, connection: Connection, ids: Sequence[int], detail: str, now: datetime) -> None:
        connection.exec_driver_sql(
            "UPDATE outbox SET state = 'failed', claimed_by = NULL, detail = %(detail)s, settled_at = %(now)s"
            " WHERE id = ANY(%(ids)s)",
            {"detail": detail, "now": now, "ids": list(ids)},
        )

    def prices(self, connection: Connection, worker: str, ids: Iterable[int], settled: bool) -> list[tuple[int, int]]:
        rows = connection.exec_driver_sql(
            "SELECT batch_id, sum(price_vnd)::bigint FROM outbox WHERE id = ANY(%(ids)s)"
            f" AND {'left_by' if settled else 'claimed_by'} = %(worker)s AND batch_id IS NOT NULL"
            " GROUP BY batch_id ORDER BY batch_id",
            {"worker": worker, "ids": list(ids)},
        )
        return [(batch_id, price) for batch_id, price in rows]

    def _lock(self, connection: Connection, ids: Sequence[int]) -> None:
        connection.exec_driver_sql(
            "SELECT count(*) FROM (SELECT 1 FROM outbox WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE) AS held",
            {"ids": list(ids)},
        )


def _with_moments(rows: Sequence[Row], now: datetime, write: Any) -> list[tuple[Any, ...]]:
    """The rows with their moments in the database's form, and the moment of settling where that is the end."""
    end = write(now)
    return [
        (*row[:5], row[5] and write(row[5]), end if row[1] == State.FAILED else None)  # (the others may go on)
        for row in rows
    ]


class _Moments(dict[str | None, datetime | None]):
    """Moments as SQLite has them; a broadcast has the same one thousands of times."""

    def __missing__(self, text: str | None) -> datetime | None:
        self[text] = moment = None if text is None else datetime.fromisoformat(text).replace(tzinfo=UTC)
        return moment


def _read(row: list[Any], moments: _Moments) -> list[Any]:
    row[4], row[5], row[6] = _unhex(row[4]), _unhex(row[5]), _unhex(row[6])
    row[14], row[15] = moments[row[14]], moments[row[15]]
    return row


_unhex = bytes.fromhex


def _text(moment: datetime) -> str:
    """As SQLAlchemy writes moments into SQLite."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


_SQLITE: Statements = _Sqlite()
_POSTGRESQL: Statements = _Postgresql()
