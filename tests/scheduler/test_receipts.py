"""Receipts are stored as they come and merged afterwards: once, in any order, by many, early, late or about nothing."""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from foundation.database import Database
from gateways import Channel
from scheduler.outbox import OutboundMessage, Route, State
from scheduler.outbox.models import StoredReceipt
from scheduler.outbox.receipts import (
    MAY_BE_EARLY,
    DeliveryReport,
    Merged,
    forget_receipts,
    merge_waiting,
    prepare_receipt,
    store_receipts,
)
from scheduler.outbox.states import TRANSITIONS, ReceiptOutcome
from tests.scheduler.parts import PRICE, message, phone, put, put_many, row, rows
from tests.sizes import size

GATEWAY = "recording"
ZALO = Route("zalo", Channel.ZALO, PRICE, 10)
REPORTED = (State.ACCEPTED, State.SENT, State.DELIVERED, State.SEEN, State.UNDELIVERED, State.FAILED, State.EXPIRED)


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


def come(database: Database, now: datetime, *reports: DeliveryReport, gateway: str = GATEWAY) -> None:
    """These reports come, all in one group."""
    with database.write() as session:
        dialect = database.engine.dialect
        store_receipts(session, [prepare_receipt(dialect, gateway, report, now) for report in reports])


def merged(database: Database, now: datetime, limit: int = 1_000) -> Merged:
    with database.write() as session:
        return merge_waiting(session, now, limit)


def stored(database: Database) -> Sequence[StoredReceipt]:
    with database.read() as session:
        return session.scalars(select(StoredReceipt).order_by(StoredReceipt.id)).all()


def bring(database: Database, state: State, **columns: object) -> None:
    """All messages into this state."""
    with database.write() as session:
        session.execute(update(OutboundMessage).values(state=state, **columns))


def one(database: Database, now: datetime, state: State = State.ACCEPTED) -> str:
    """One message in this state; its reference."""
    put(database, now, message("m0", now))
    bring(database, state)
    return row(database).reference


def one_by_one(state: State, reports: Sequence[State]) -> State:
    """What the table of transitions makes of reports, taken one after another."""
    for reported in reports:
        state = reported if reported in TRANSITIONS[state] and state is not State.QUEUED else state
    return state


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.sampled_from(list(State)), st.lists(st.sampled_from(REPORTED), unique=True)),
        min_size=1,
        max_size=6,
    ),
    st.integers(1, 8),
)
def test_a_batch_does_what_its_receipts_would_do_one_by_one(
    database: Database, now: datetime, lives: list[tuple[State, list[State]]], limit: int
) -> None:
    with database.write() as session:
        session.execute(delete(StoredReceipt))
        session.execute(delete(OutboundMessage))
    put_many(database, now, len(lives))
    reports = []
    for number, (before, told) in enumerate(lives):
        with database.write() as session:
            mine = OutboundMessage.dedupe_key == f"m{number}"
            session.execute(update(OutboundMessage).where(mine).values(state=before))
        reports += [DeliveryReport(row(database, f"m{number}").reference, state) for state in told]
    come(database, now, *reports)
    looked_at = 0
    while (done := merged(database, now, limit)).looked_at:
        looked_at += done.looked_at
    assert looked_at == len(reports)
    expected = [one_by_one(before, told) for before, told in lives]
    assert [row(database, f"m{number}").state for number in range(len(lives))] == expected


def test_sent_and_delivered_in_one_batch_end_at_delivered(database: Database, now: datetime) -> None:
    reference = one(database, now, State.SENDING)
    come(
        database,
        now,
        DeliveryReport(reference, State.DELIVERED, "p-1", "DELIVRD 000"),
        DeliveryReport(reference, State.SENT),
        DeliveryReport("nobody", State.SENT),
    )
    come(database, now, DeliveryReport(reference, State.FAILED), gateway="another")

    assert merged(database, now) == Merged(merged=1, no_news=1, orphans=2)
    after = row(database)
    assert (after.state, after.provider_id, after.detail) == (State.DELIVERED, "p-1", "DELIVRD 000")
    assert after.settled_at == now
    assert [receipt.outcome for receipt in stored(database)] == [
        ReceiptOutcome.MERGED,
        ReceiptOutcome.NO_NEWS,
        ReceiptOutcome.ORPHAN,
        ReceiptOutcome.ORPHAN,
    ]
    assert merged(database, now) == Merged()


def test_a_receipt_that_comes_again_and_again_is_stored_and_merged_once(database: Database, now: datetime) -> None:
    reference = one(database, now)
    report = DeliveryReport(reference, State.DELIVERED)
    for _ in range(5):
        come(database, now, *[report] * size(100, 2_000))
    assert merged(database, now) == Merged(merged=1)
    come(database, now + timedelta(hours=1), report)
    assert merged(database, now) == Merged()
    assert len(stored(database)) == 1
    assert row(database).settled_at == now


def test_what_told_no_news_is_looked_at_again_when_it_comes_again(database: Database, now: datetime) -> None:
    reference = one(database, now, State.QUEUED)
    come(database, now, DeliveryReport(reference, State.DELIVERED))
    assert merged(database, now) == Merged(no_news=1), "it was never sent, whatever the carrier says"
    bring(database, State.ACCEPTED)
    assert merged(database, now) == Merged()
    come(database, now, DeliveryReport(reference, State.DELIVERED))
    assert merged(database, now) == Merged(merged=1)
    assert row(database).state == State.DELIVERED


def test_a_receipt_without_our_reference_waits_until_the_carriers_id_is_known(
    database: Database, now: datetime
) -> None:
    put(database, now, message("m0", now, route=ZALO))
    bring(database, State.SENDING)
    known, unknown = DeliveryReport("", State.SEEN, "z-1"), DeliveryReport("", State.DELIVERED, "z-2")
    come(database, now, known, unknown, known, gateway="zalo")

    assert merged(database, now) == Merged()
    bring(database, State.ACCEPTED, provider_id="z-1")
    assert merged(database, now) == Merged(merged=1)
    assert row(database).state == State.SEEN
    assert merged(database, now + MAY_BE_EARLY - timedelta(seconds=1)) == Merged()
    assert merged(database, now + MAY_BE_EARLY) == Merged(orphans=1)
    come(database, now, known, gateway="zalo")
    assert len(stored(database)) == 2


def test_those_that_wait_are_not_in_the_others_way(database: Database, now: datetime) -> None:
    early = [DeliveryReport("", State.SENT, f"z-{number}") for number in range(10)]
    come(database, now, *early, gateway="zalo")
    come(database, now, DeliveryReport(one(database, now), State.DELIVERED))
    assert merged(database, now, limit=2) == Merged(merged=1)


@pytest.mark.parametrize("odd", ["x" * 500, "a\0b", "\ud800", "p:a", "нет", "'; --", "%s"])
def test_whatever_a_carrier_writes_is_stored_and_harms_nobody(database: Database, now: datetime, odd: str) -> None:
    reference = one(database, now)
    come(
        database,
        now,
        DeliveryReport(odd, State.SENT, odd, odd, now),
        DeliveryReport("", State.SENT, odd, odd),
        DeliveryReport(reference, State.DELIVERED, odd, odd),
    )
    assert merged(database, now + MAY_BE_EARLY) == Merged(merged=1, orphans=2)
    assert row(database).state == State.DELIVERED


def test_two_long_references_that_begin_alike_are_two(database: Database, now: datetime) -> None:
    come(database, now, *(DeliveryReport("r" * 60 + end, State.SENT) for end in "ab"))
    come(database, now, *(DeliveryReport("", State.SENT, "r" * 60 + end) for end in "ab"))
    assert len({receipt.reference for receipt in stored(database)}) == 4


def test_several_workers_merge_each_receipt_once(database: Database, now: datetime) -> None:
    count = size(300, 3_000)
    put_many(database, now, count)
    bring(database, State.ACCEPTED)
    for state in (State.SENT, State.DELIVERED):
        come(database, now, *(DeliveryReport(each.reference, state) for each in rows(database)))
    done: list[Merged] = []

    def work() -> None:
        while (last := merged(database, now, limit=40)).looked_at:
            done.append(last)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sum(each.looked_at for each in done) == 2 * count
    assert Counter(each.state for each in rows(database)) == {State.DELIVERED: count}
    assert sum(each.orphans for each in done) == 0


def test_merged_receipts_are_forgotten_when_their_time_is_over(database: Database, now: datetime) -> None:
    long_ago = now - timedelta(days=400)
    reference = one(database, now)
    come(database, long_ago, *(DeliveryReport(phone(number)[1:], State.SENT) for number in range(5)))
    merged(database, long_ago)
    come(database, long_ago, DeliveryReport(reference, State.SENT))
    come(database, now, DeliveryReport(reference, State.DELIVERED))

    before = now - timedelta(days=365)
    with database.write() as session:
        assert [forget_receipts(session, before, limit=3) for _ in range(3)] == [3, 2, 0]
    assert [receipt.state for receipt in stored(database)] == [State.SENT, State.DELIVERED], "one was never merged"
