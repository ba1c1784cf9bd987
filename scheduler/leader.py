"""One clock at a time, over all machines: who holds a lock of PostgreSQL's, on a connection of its own.

The lock lives as long as the connection. A leader that is killed loses it within milliseconds, and the next one has it
at its next look; a leader whose machine fell off the network stops by itself before the server gives the lock away.
Two clocks for a moment would do no harm, as they only say "look now"; two for good would do everything twice as often.

Needs a real connection: behind a pooler that shares connections between transactions (PgBouncer's transaction mode)
the lock would belong to nobody in particular.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import psycopg
import structlog
from sqlalchemy import URL, make_url, text
from sqlalchemy.orm import Session

log = structlog.get_logger()

LOOK_EVERY_S = 0.25
"""How often a follower asks for the lock, and a leader whether it still holds it."""
ANSWER_S = 1.0
"""A leader whose connection says nothing for so long is none any more."""
CONNECT_S = 3
_SERVER_NOTICES_S = 5
"""So long after it last heard of a leader's machine the server gives its lock away: well after that leader stopped
(`LOOK_EVERY_S` + `ANSWER_S`), and not after two hours, as Linux has it by itself."""

_HOLD = "SELECT pg_try_advisory_lock(%s)"
_HOLDS = (
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND ((classid::bigint << 32) | objid::bigint) = {key}{mine})"
)
_MINE = " AND pid = pg_backend_pid()"
_NO_ANSWER = (psycopg.Error, TimeoutError, OSError)


async def lead(
    url: str, office: str, begin: Callable[[], None], cease: Callable[[], None], stop: asyncio.Event
) -> None:
    """Until `stop`: call `begin` each time this process becomes the leader of `office`, and `cease` when it is no more.

    `url` is SQLAlchemy's, of a PostgreSQL. A database that is away is waited for. Raises what `begin` raises.
    """
    key, is_away = _key(office), False
    while not stop.is_set():
        try:
            async with await _connect(make_url(url)) as connection:
                is_away = False
                if await _elected(connection, key, stop):
                    await _reign(connection, key, office, begin, cease, stop)
        except _NO_ANSWER as error:
            if not is_away:
                is_away = True
                log.warning("no leader without the database", office=office, error=type(error).__name__)
            await _pause(stop)


def has_leader(session: Session, office: str) -> bool:
    """Whether some process leads now, as PostgreSQL tells it."""
    statement = text(_HOLDS.format(key=":key", mine=""))
    return bool(session.execute(statement, {"key": _key(office)}).scalar_one())


async def _elected(connection: psycopg.AsyncConnection[Any], key: int, stop: asyncio.Event) -> bool:
    while not stop.is_set():
        if await _ask(connection, _HOLD, key):
            return True
        await _pause(stop)
    return False


async def _reign(
    connection: psycopg.AsyncConnection[Any],
    key: int,
    office: str,
    begin: Callable[[], None],
    cease: Callable[[], None],
    stop: asyncio.Event,
) -> None:
    log.info("leads", office=office)
    begin()
    try:
        holds = _HOLDS.format(key="%s", mine=_MINE)
        while not stop.is_set():
            await _pause(stop)
            if not await _ask(connection, holds, key):
                log.warning("leads no more", office=office, because="the lock is gone")
                return
    except _NO_ANSWER as error:
        log.warning("leads no more", office=office, because=type(error).__name__)
    finally:
        cease()


async def _ask(connection: psycopg.AsyncConnection[Any], question: str, key: int) -> bool:
    """The answer, or TimeoutError when it is late."""
    asking = asyncio.ensure_future(_answer(connection, question, key))
    done, _ = await asyncio.wait({asking}, timeout=ANSWER_S)
    if not done:
        _hang_up(connection)  # so that nobody waits for the rest of it, neither here nor at the end
        with contextlib.suppress(*_NO_ANSWER):
            await asking
        raise TimeoutError("the database does not answer")
    return asking.result()


async def _answer(connection: psycopg.AsyncConnection[Any], question: str, key: int) -> bool:
    cursor = await connection.execute(question.encode(), [key])
    row = await cursor.fetchone()
    return bool(row and row[0])


async def _connect(url: URL) -> psycopg.AsyncConnection[Any]:
    seconds = _SERVER_NOTICES_S
    watch = {
        # The server's side of the connection; `tcp_user_timeout` is for what it has sent and nobody confirms.
        "tcp_keepalives_idle": seconds - 3,
        "tcp_keepalives_interval": 1,
        "tcp_keepalives_count": 3,
        "tcp_user_timeout": seconds * 1000,
    }
    options = {
        **url.translate_connect_args(username="user", database="dbname"),
        **url.query,
        "application_name": "loa leader",
        "connect_timeout": CONNECT_S,
        "options": " ".join(f"-c {name}={value}" for name, value in watch.items()),
    }
    return await psycopg.AsyncConnection.connect(**options, autocommit=True)


def _hang_up(connection: psycopg.AsyncConnection[Any]) -> None:
    """End the connection for whoever waits at it. (Closed while somebody waits, it would be waited at for ever.)"""
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


async def _pause(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), LOOK_EVERY_S)


def _key(office: str) -> int:
    """The number of the lock: PostgreSQL's are of 64 bits."""
    return int.from_bytes(sha256(f"leader:{office}".encode()).digest()[:8], signed=True)
