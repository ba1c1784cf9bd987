from datetime import datetime, timedelta

import pytest

from foundation.database import Database
from foundation.message_class import MessageClass
from scheduler.outbox import (
    Route,
    RouteError,
    State,
    batch,
    cancel,
    counts,
    enqueue,
    oldest_wait,
    open_batch,
    pause,
    reasons,
    resume,
    way_back,
)
from tests.scheduler.parts import ROUTE, message, phone, put, put_many, row, rows, tally


def new_batch(database: Database, now: datetime, count: int) -> int:
    with database.write() as session:
        batch_id = open_batch(session, MessageClass.PUBLIC_INFORMATION, now)
    put_many(database, now, count, batch_id)
    return batch_id


def test_the_same_key_is_queued_once_for_ever(database: Database, now: datetime) -> None:
    assert put(database, now, message("a", now), message("b", now), message("a", now, text="another")) == 2
    assert put(database, now, message("a", now), message("c", now)) == 1
    assert [each.dedupe_key for each in rows(database)] == ["a", "b", "c"]
    assert row(database, "a").text == "Xin chao"


def test_an_expansion_over_many_chunks_repeated_after_a_crash_adds_nothing(database: Database, now: datetime) -> None:
    many = [message(f"m{i}", now, address=phone(i)) for i in range(2_300)]
    with pytest.raises(RuntimeError), database.write() as session:
        assert enqueue(session, many[:1_500], now) == 1_500
        raise RuntimeError("the worker died")
    assert not rows(database)
    assert put(database, now, *many) == 2_300
    assert put(database, now, *many) == 0
    assert len({each.reference for each in rows(database)}) == 2_300


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("Xin chao", "GSM-7", 1),
        ("Xin chào", "GSM-7", 1),
        ("Xin chào bạn", "UCS-2", 1),
        ("a" * 161, "GSM-7", 2),
        ("ạ" * 71, "UCS-2", 2),
        ("a\u0323" * 70, "UCS-2", 1),
    ],
)
def test_segments_and_price_are_fixed_when_queued(
    database: Database, now: datetime, text: str, encoding: str, segments: int
) -> None:
    put(database, now, message("m0", now, text=text))
    put(database, now, message("m1", now, text=text, route=Route("other", "sms", 0, 1)))
    queued = row(database)
    assert (queued.encoding, queued.segments, queued.price_vnd) == (encoding, segments, segments * 500)
    assert row(database, "m1").price_vnd == 0


def test_a_message_remembers_what_made_it(database: Database, now: datetime) -> None:
    new = message("m0", now, message_class=MessageClass.FUNDRAISING, expires_at=now + timedelta(days=1))
    put(database, now, new)
    queued = row(database)
    assert (queued.state, queued.attempts, queued.priority) == (State.QUEUED, 0, MessageClass.FUNDRAISING.priority)
    assert (queued.channel, queued.gateway, queued.created_at) == ("sms", "recording", now)
    assert queued.expires_at == now + timedelta(days=1)
    assert (queued.address, queued.address_hash) == (new.address, database.vault.digest(new.address))


def test_a_batch_is_counted_by_state_and_reason(database: Database, now: datetime) -> None:
    batch_id = new_batch(database, now, 5)
    put(database, now, message("elsewhere", now))
    with database.write() as session:
        assert counts(session, batch_id) == {"queued": 5}
        assert reasons(session, batch_id) == {}
        assert cancel(session, batch_id, now) == 5
        assert counts(session, batch_id) == {"cancelled": 5}
        assert cancel(session, batch_id, now) == 0
    assert tally(database) == {State.CANCELLED: 5, State.QUEUED: 1}
    assert row(database).settled_at == now


def test_a_pause_is_told_with_its_first_reason_until_it_ends(database: Database, now: datetime) -> None:
    batch_id = new_batch(database, now, 1)
    with database.write() as session:
        pause(session, batch_id, "budget_spent" + "x" * 300, now)
        pause(session, batch_id, "another", now + timedelta(hours=1))
    with database.read() as session:
        paused = batch(session, batch_id)
        assert paused.paused_at == now
        assert paused.paused_because is not None
        assert paused.paused_because.startswith("budget_spent")
        assert len(paused.paused_because) == 200
    with database.write() as session:
        resume(session, batch_id)
    with database.read() as session:
        assert (batch(session, batch_id).paused_at, batch(session, batch_id).paused_because) == (None, None)


def test_the_oldest_wait_is_that_of_what_we_could_send(database: Database, now: datetime) -> None:
    later = now + timedelta(minutes=5)

    def wait() -> timedelta:
        with database.read() as session:
            return oldest_wait(session, later)

    assert wait() == timedelta()
    put(database, now, message("tonight", now, not_before=now + timedelta(hours=10)))
    assert wait() == timedelta()
    batch_id = new_batch(database, now, 2)
    assert wait() == timedelta(minutes=5)
    with database.write() as session:
        pause(session, batch_id, "a person decides", now)
    assert wait() == timedelta(), "what a person holds back does not wait for us"


def test_an_answer_goes_back_the_way_the_question_came() -> None:
    other, zalo = Route("kannel", "sms", 0, 1), Route("zalo", "zalo", 0, 1)
    routes = {"recording": ROUTE, "kannel": other, "zalo": zalo}
    assert way_back(routes, "kannel", "sms") is other
    assert way_back(routes, "gone", "zalo") is zalo
    assert way_back(routes, None, "sms") is ROUTE
    with pytest.raises(RouteError):
        way_back({"zalo": zalo}, "gone", "sms")
