"""A dispatcher whose disk is full, whose database is locked, whose rows cannot be read."""

import asyncio
import sqlite3
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text

from foundation.database import Database
from gateways import Outcome, Outgoing
from scheduler import dispatcher as dispatching
from scheduler import journal as journals
from scheduler.claims import UNREADABLE
from scheduler.dispatcher import Dispatcher
from scheduler.journal import JournalError
from scheduler.outbox import State
from tests.scheduler.disk import full_disk
from tests.scheduler.parts import (
    Clock,
    RecordingGateway,
    accepts,
    dispatch,
    put_many,
    tally,
)


def test_a_database_locked_for_a_while_loses_nothing(
    database: Database, database_file: Path, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_many(database, now, 30)
    monkeypatch.setattr(dispatching, "POLL_S", 0.02)

    @event.listens_for(database.engine, "connect")
    def impatient(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA busy_timeout=10")

    database.close()  # new connections from here on
    locker = sqlite3.connect(database_file, check_same_thread=False, isolation_level=None)

    def answer(outgoing: Outgoing) -> Outcome:
        if not locker.in_transaction and not released:
            locker.execute("BEGIN IMMEDIATE")
            threading.Timer(0.5, release).start()
        return accepts(outgoing)

    released: list[bool] = []

    def release() -> None:
        released.append(True)
        locker.execute("ROLLBACK")

    gateway = RecordingGateway(answer)
    assert dispatch(database, gateway, tmp_path, Clock(now)) == 30
    locker.close()
    assert released
    assert tally(database) == {State.ACCEPTED: 30}
    assert len(gateway.arrived) == 30
    assert list((tmp_path / "journals").glob("*.journal")) == []


def test_with_a_full_disk_nothing_is_sent_and_nothing_lost(database: Database, tmp_path: Path, now: datetime) -> None:
    put_many(database, now, 20)
    gateway, clock = RecordingGateway(), Clock(now)

    async def work() -> None:
        dispatcher = Dispatcher(database, gateway, tmp_path / "journals", clock)
        with full_disk(tmp_path / "journals"), pytest.raises(JournalError):
            await dispatcher.dispatch_once()
        assert gateway.arrived == []
        assert tally(database) == {State.QUEUED: 20}
        assert await dispatcher.dispatch_once() == 0, "it waits a little before it tries again"
        clock.at += timedelta(seconds=10)
        assert await dispatcher.dispatch_once() == 20

    asyncio.run(work())
    assert tally(database) == {State.ACCEPTED: 20}
    assert len(gateway.arrived) == 20


def test_a_disk_that_fills_up_in_the_middle_stops_the_sending_and_repeats_nothing(
    database: Database, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "STEP", 7)
    put_many(database, now, 30)
    folder, clock = tmp_path / "journals", Clock(now)
    gateway = RecordingGateway(concurrency=1)

    async def work() -> None:
        dispatcher = Dispatcher(database, gateway, folder, clock)
        disk = full_disk(folder)

        def answer(outgoing: Outgoing) -> Outcome:
            if len(gateway.arrived) == 7:
                disk.__enter__()
            return accepts(outgoing)

        gateway.answer = answer
        with pytest.raises(JournalError):
            await dispatcher.dispatch_once()
        disk.__exit__(None, None, None)
        assert len(gateway.arrived) == 7
        assert tally(database) == {State.ACCEPTED: 7, State.QUEUED: 23}
        clock.at += timedelta(seconds=10)
        gateway.answer = accepts
        assert await dispatcher.dispatch_once() == 23

    asyncio.run(work())
    assert tally(database) == {State.ACCEPTED: 30}
    assert len({outgoing.reference for outgoing in gateway.arrived}) == len(gateway.arrived) == 30


def test_a_row_that_cannot_be_decrypted_is_given_up_and_stops_nobody(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    put_many(database, now, 5)
    with database.write() as session:
        session.execute(text("UPDATE outbox SET text = substr(text, 1, 20) WHERE dedupe_key = 'm1'"))
        session.execute(text("UPDATE outbox SET address = text WHERE dedupe_key = 'm1' OR dedupe_key = 'm3'"))
    gateway = RecordingGateway()
    assert dispatch(database, gateway, tmp_path, Clock(now)) == 4
    with database.read() as session:
        states = session.execute(text("SELECT state, detail, settled_at IS NULL FROM outbox ORDER BY id")).all()
    assert [state for state, _, _ in states] == ["accepted", "failed", "accepted", "accepted", "accepted"]
    assert states[1][1:] == (UNREADABLE, False)
