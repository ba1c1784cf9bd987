from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text as sql

from foundation.database import Database
from foundation.message_class import MessageClass
from gateways.protocol import Ladder
from scheduler.outbox import (
    TOO_LONG,
    Route,
    RouteError,
    State,
    To,
    batch,
    cancel,
    counts,
    enqueue,
    enqueue_alike,
    oldest_wait,
    open_batch,
    pause,
    reasons,
    resume,
    way_back,
    way_out,
)
from tests.scheduler.parts import PHONE, ROUTE, message, phone, put, put_many, row, rows, tally


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


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


def test_no_answer_and_no_broadcast_takes_a_gateway_that_does_not_carry_its_class() -> None:
    reply, advertising, public = MessageClass.REPLY, MessageClass.ADVERTISING, MessageClass.PUBLIC_INFORMATION
    account = Route("zalo", "zalo", 0, 1, classes=frozenset({reply}))
    sold = Route("esms_advertising", "sms", 0, 1, classes=frozenset({advertising}))
    plain = Route("kannel", "sms", 0, 1, classes=frozenset(MessageClass) - {advertising})
    routes = {"zalo": account, "esms_advertising": sold, "kannel": plain}
    assert [way_out(routes, each) for each in (public, advertising)] == [plain, sold]
    assert way_back(routes, "esms_advertising", "sms") is plain
    with pytest.raises(RouteError, match="public_information"):
        way_out({"zalo": account, "esms_advertising": sold}, public)


LADDER = Ladder(bare=(122, 268, 421), accented=(65, 130))
COUNTING = Route("esms_advertising", "sms", 850, 10, ladders={MessageClass.ADVERTISING: LADDER})


@pytest.mark.parametrize(
    ("text", "message_class", "segments"),
    [
        ("a" * 122, MessageClass.ADVERTISING, 1),
        ("a" * 123, MessageClass.ADVERTISING, 2),
        ("a" * 421, MessageClass.ADVERTISING, 3),
        ("a" * 160, MessageClass.PUBLIC_INFORMATION, 1),
        ("ạ" * 66, MessageClass.ADVERTISING, 2),
        ("ạ" * 66, MessageClass.PUBLIC_INFORMATION, 1),
    ],
)
def test_segments_and_price_are_those_of_the_gateway_that_counts(
    database: Database, now: datetime, text: str, message_class: MessageClass, segments: int
) -> None:
    put(database, now, message("m0", now, text=text, message_class=message_class, route=COUNTING))
    queued = row(database)
    assert (queued.state, queued.segments, queued.price_vnd) == (State.QUEUED, segments, segments * 850)


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("a" * 422, COUNTING),
        ("ạ" * 131, COUNTING),
        ("ạ", Route("bare", "sms", 850, 10, ladders={MessageClass.ADVERTISING: Ladder(bare=(122,), accented=())})),
        ("a" * 161, Route("short", "sms", 850, 1)),
    ],
)
def test_what_its_gateway_does_not_carry_has_failed_from_the_start_and_costs_nothing(
    database: Database, now: datetime, text: str, route: Route
) -> None:
    put(database, now, message("m0", now, text=text, message_class=MessageClass.ADVERTISING, route=route))
    failed = row(database)
    assert (failed.state, failed.detail, failed.settled_at, failed.price_vnd) == (State.FAILED, TOO_LONG, now, 0)
    assert failed.text == text


@pytest.mark.parametrize(
    ("window", "expires_h", "expected_h"),
    [(48, None, 48), (48, 24, 24), (48, 72, 48), (None, 72, 72), (None, None, None)],
)
def test_an_answer_is_good_for_as_long_as_the_person_may_be_answered(
    database: Database, now: datetime, window: int | None, expires_h: int | None, expected_h: int | None
) -> None:
    asked = now - timedelta(hours=1)

    def after(hours: int | None) -> datetime | None:
        return None if hours is None else asked + timedelta(hours=hours)

    route = replace(ROUTE, reply_window=None if window is None else timedelta(hours=window))
    answer = message("m0", now, message_class=MessageClass.REPLY, route=route, expires_at=after(expires_h))
    put(database, now, replace(answer, asked_at=asked), replace(answer, dedupe_key="unasked"))
    assert (row(database).asked_at, row(database).expires_at) == (asked, after(expected_h))
    assert row(database, "unasked").expires_at == after(expires_h)


def test_one_text_to_many_is_counted_and_encrypted_once(database: Database, now: datetime) -> None:
    like = message("", now, address="", batch_id=new_batch(database, now, 0), expires_at=now + timedelta(days=1))
    moments = [now + timedelta(minutes=i // 2) for i in range(150)]
    to = [To(f"m{i}", phone(i), moment) for i, moment in enumerate(moments)]
    with database.write() as session:
        assert enqueue_alike(session, like, to, now) == 150
        assert enqueue_alike(session, like, [*to, To("one more", PHONE, now)], now) == 1
    queued = rows(database)[:150]
    assert [(each.dedupe_key, each.address, each.not_before) for each in queued] == to
    assert {(each.text, each.segments, each.batch_id, each.expires_at) for each in queued} == {
        (like.text, 1, like.batch_id, like.expires_at)
    }
    with database.engine.connect() as connection:
        stored = connection.execute(sql("SELECT text, address FROM outbox")).all()
    assert len({bytes(row.text) for row in stored}) == 2, "once a call"
    assert len({bytes(row.address) for row in stored}) == 151


def test_texts_of_several_kinds_are_queued_in_their_order(database: Database, now: datetime) -> None:
    mixed = [message(f"m{i}", now, text="abc"[i % 3], address=phone(i)) for i in range(100)]
    assert put(database, now, *mixed) == 100
    assert [(each.dedupe_key, each.text) for each in rows(database)] == [(m.dedupe_key, m.text) for m in mixed]
