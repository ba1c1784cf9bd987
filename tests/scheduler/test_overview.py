from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text, update
from sqlalchemy.orm import Session

from foundation.database import Database
from foundation.message_class import MessageClass
from scheduler.outbox import OutboundMessage, State, open_batch, pause
from scheduler.outbox.overview import (
    RECENT,
    Queue,
    Trust,
    count_uncertain,
    queues,
    refusals,
    trusts,
    uncertain,
    waiting_for_a_person,
)
from scheduler.outbox.states import CircuitState
from tests.scheduler.parts import PRICE, message, phone, put, put_many
from tests.scheduler.standing_parts import set_circuit

REPLY, PUBLIC = MessageClass.REPLY, MessageClass.PUBLIC_INFORMATION


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


def test_what_waits_is_counted_by_class_and_gateway(database: Database, now: datetime) -> None:
    with database.write() as session:
        stopped = open_batch(session, PUBLIC, now)
        pause(session, stopped, "for the test", now)
    put(
        database,
        now,
        message("reply", now - timedelta(seconds=30), message_class=REPLY),
        message("due", now - timedelta(hours=2)),
        message("tomorrow", now, not_before=now + timedelta(days=1)),
        *(message(f"stopped{number}", now - timedelta(days=3), batch_id=stopped) for number in range(2)),
    )
    with database.read() as session:
        assert queues(session, now) == [
            Queue("recording", REPLY, waiting=1, due=1, paused=0, oldest_s=30),
            Queue("recording", PUBLIC, waiting=4, due=1, paused=2, oldest_s=7200),
        ]


def test_what_left_waits_no_more(database: Database, now: datetime) -> None:
    put_many(database, now, 3)
    with database.write() as session:
        session.execute(update(OutboundMessage).values(state=State.SENDING))
    with database.read() as session:
        assert queues(session, now) == []


def test_refusals_are_counted_for_the_batches_of_a_week(database: Database, now: datetime) -> None:
    for number, (age, detail, state) in enumerate(
        [
            (timedelta(0), "opt_out", State.SUPPRESSED),
            (timedelta(days=6), "opt_out", State.SUPPRESSED),
            (timedelta(days=6), "expired", State.EXPIRED),
            (timedelta(days=6), "gateway raised", State.UNKNOWN),
            (RECENT, "opt_out", State.SUPPRESSED),
        ]
    ):
        with database.write() as session:
            batch_id = open_batch(session, PUBLIC, now - age)
        put(database, now, message(f"m{number}", now, batch_id=batch_id))
        with database.write() as session:
            which = update(OutboundMessage).where(OutboundMessage.batch_id == batch_id)
            session.execute(which.values(state=state, detail=detail))
    with database.read() as session:
        assert list(refusals(session, now).items()) == [("opt_out", 2), ("expired", 1)]


def test_who_was_never_in_trouble_is_trusted(database: Database, now: datetime) -> None:
    set_circuit(database, "a", now)
    with database.read() as session:
        found = trusts(session, ["b", "a"])
    assert found[0] == Trust("b", CircuitState.CLOSED)
    assert (found[1].gateway, found[1].circuit, found[1].retry_at) == (
        "a",
        CircuitState.OPEN,
        now + timedelta(minutes=1),
    )


def test_uncertain_texts_are_listed_from_the_oldest_without_whom_answers_went_to(
    database: Database, now: datetime
) -> None:
    put(database, now, message("m0", now, address=phone(1)), message("m1", now, message_class=REPLY))
    with database.write() as session:
        left = update(OutboundMessage).values(state=State.UNKNOWN, sent_at=now)
        session.execute(left)
        older = update(OutboundMessage).where(OutboundMessage.dedupe_key == "m1")
        session.execute(older.values(sent_at=now - timedelta(hours=1)))
    with database.read() as session:
        listed = uncertain(session, 10)
        assert [(each.to, each.price_vnd) for each in listed] == [(None, PRICE), ("091****001", PRICE)]
        assert len(uncertain(session, 1)) == 1
        assert waiting_for_a_person(session, now - timedelta(minutes=30)) == {"recording": 1}


QUESTIONS: list[tuple[str, Callable[[Session, datetime], object], str]] = [
    ("what waits", queues, "ix_outbox_due"),
    ("what is uncertain", lambda session, now: uncertain(session, 10), "ix_outbox_unknown"),
    ("how many are uncertain", lambda session, now: count_uncertain(session), "ix_outbox_unknown"),
    ("who waits for a person", waiting_for_a_person, "ix_outbox_unknown"),
]


@pytest.mark.parametrize(("question", "index"), [case[1:] for case in QUESTIONS], ids=[case[0] for case in QUESTIONS])
def test_the_few_are_found_among_millions_by_their_index(
    database: Database, now: datetime, question: Callable[[Session, datetime], object], index: str
) -> None:
    """Pages ask these while millions of texts have arrived long ago."""
    put_many(database, now, 3)
    asked: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "FROM outbox" in statement:
            asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", keep)
    with database.read() as session:
        question(session, now)
    event.remove(database.engine, "before_cursor_execute", keep)
    with database.read() as session:
        if database.engine.dialect.name == "postgresql":
            session.execute(text("SET LOCAL enable_seqscan = off"))  # three rows are read faster without an index
            explain = "EXPLAIN "
        else:
            explain = "EXPLAIN QUERY PLAN "
        plans = [
            " ".join(str(row[-1]) for row in session.connection().exec_driver_sql(explain + statement, parameters))
            for statement, parameters in asked
        ]
    assert plans and all(index in plan for plan in plans), plans
