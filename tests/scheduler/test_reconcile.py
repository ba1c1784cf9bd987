import asyncio
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, select, text, update

from foundation.database import Database
from foundation.message_class import MessageClass
from gateways import Gateway, Receipt, ReceiptState, Sent
from people import AuditEntry
from scheduler.outbox import DeliveryReport, OutboundMessage, State, batch, merge, open_batch
from scheduler.outbox.overview import NO_RECEIPT_AFTER, uncertain_by_age, without_receipt
from scheduler.reconcile import ASK_AT_ONCE, ASK_FOR, DEADLINE, Reconciled, ask_for_receipts, reconcile
from scheduler.repeats import FIRST_AFTER, MARGIN
from scheduler.standing import Standing
from tests.scheduler.named import NamedGateway, TellingGateway
from tests.scheduler.parts import PRICE, Clock, phone, put_many, row, rows, tally
from tests.scheduler.standing_parts import claimed_from

DAY = timedelta(days=1)


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


def left(
    database: Database,
    now: datetime,
    count: int,
    state: State = State.UNKNOWN,
    ago: timedelta = timedelta(),
    **row: Any,
) -> None:
    """Messages that left so long ago and are in this state."""
    put_many(database, now, count)
    with database.write() as session:
        session.execute(update(OutboundMessage).values(state=state, sent_at=now - ago, **row))


def run(database: Database, now: datetime, *gateways: Gateway, at_once: bool = False) -> Reconciled:
    named = {gateway.name: gateway for gateway in gateways}
    return asyncio.run(reconcile(database, named, now, at_once=at_once))


def delivered(sent: Sent) -> Receipt:
    return Receipt(sent.reference, ReceiptState.DELIVERED, "p1")


def notices(database: Database) -> list[dict[str, Any]]:
    with database.read() as session:
        query = select(AuditEntry).where(AuditEntry.action == "outbox.uncertain").order_by(AuditEntry.id)
        return [entry.details for entry in session.scalars(query)]


def deduping(**can: Any) -> NamedGateway:
    return NamedGateway("recording", dedupes_for=DAY, **can)


REPEATS = [
    ("a receipt may still come", FIRST_AFTER - timedelta(seconds=1), False),
    ("a minute later", FIRST_AFTER, True),
    ("in the first half of the window", DAY / 2 - timedelta(seconds=1), True),
    ("when the carrier might forget before it leaves", DAY / 2, False),
    ("when the carrier has forgotten", DAY, False),
]


@pytest.mark.parametrize(("ago", "repeated"), [case[1:] for case in REPEATS], ids=[case[0] for case in REPEATS])
def test_an_uncertain_text_is_queued_again_where_the_carrier_dedupes(
    database: Database, now: datetime, ago: timedelta, repeated: bool
) -> None:
    left(database, now, 1, ago=ago)
    before = row(database)
    assert run(database, now, deduping()).repeated == repeated
    after = row(database)
    assert after.state == (State.QUEUED if repeated else State.UNKNOWN)
    assert (after.reference, after.gateway) == (before.reference, before.gateway), (
        "by its reference the carrier knows it"
    )
    assert run(database, now, deduping()).repeated == 0


def test_it_is_queued_again_once_and_then_never(database: Database, now: datetime) -> None:
    left(database, now, 1, ago=FIRST_AFTER)
    assert run(database, now, deduping()).repeated == 1
    with database.write() as session:
        session.execute(update(OutboundMessage).values(state=State.UNKNOWN, sent_at=now))
    assert run(database, now + timedelta(hours=1), deduping()).repeated == 0


def test_no_other_gateway_repeats_anything(database: Database, now: datetime) -> None:
    left(database, now, 1, ago=timedelta(hours=1))
    assert run(database, now, NamedGateway("recording"), NamedGateway("other", dedupes_for=DAY)).repeated == 0
    assert row(database).state == State.UNKNOWN


@pytest.mark.parametrize("state", [State.ACCEPTED, State.SENT, State.DELIVERED, State.FAILED, State.CANCELLED])
def test_what_is_not_uncertain_is_never_queued_again(database: Database, now: datetime, state: State) -> None:
    left(database, now, 1, state, ago=timedelta(hours=1))
    assert run(database, now, deduping()).repeated == 0
    assert row(database).state == state


def claim_again(database: Database, gateway: NamedGateway, now: datetime) -> list[int]:
    """Claim what is queued as a worker does; the ids of what it may send."""
    with database.write() as session:
        queued = list(session.scalars(select(OutboundMessage).where(OutboundMessage.state == State.QUEUED)))
        for each in queued:
            each.state, each.claimed_by, each.sent_at = State.SENDING, "worker", now
        session.flush()
        standing = Standing(gateway, {}, Clock(now), lambda: 0.0, random=Random(1))
        return [c.id for c in standing.take_over(session, [claimed_from(each) for each in queued])]


def test_what_waited_too_long_for_its_second_request_stays_with_a_person(database: Database, now: datetime) -> None:
    with database.write() as session:
        batch_id = open_batch(session, MessageClass.PUBLIC_INFORMATION, now)
    left(database, now, 2, ago=timedelta(hours=11), batch_id=batch_id)
    gateway = deduping()
    assert run(database, now, gateway).repeated == 2
    in_time, late = now + DAY / 2 - MARGIN - timedelta(seconds=1), now + DAY / 2 - MARGIN
    assert len(claim_again(database, gateway, in_time)) == 2
    with database.write() as session:
        session.execute(update(OutboundMessage).values(state=State.QUEUED))
        spent = batch(session, batch_id).spent_vnd
    assert claim_again(database, gateway, late) == []
    assert tally(database) == {State.UNKNOWN: 2}
    assert {stored.claimed_by for stored in rows(database)} == {None}
    with database.read() as session:
        assert batch(session, batch_id).spent_vnd == spent + 2 * PRICE, "it may have been sent, so it is spent"


def test_a_text_sent_once_more_is_charged_once(database: Database, now: datetime) -> None:
    with database.write() as session:
        batch_id = open_batch(session, MessageClass.PUBLIC_INFORMATION, now)
        batch(session, batch_id).spent_vnd = 3 * PRICE
    left(database, now, 3, ago=FIRST_AFTER, batch_id=batch_id)
    assert run(database, now, deduping()).repeated == 3
    with database.read() as session:
        assert batch(session, batch_id).spent_vnd == 0, "until it is charged for the second request"


def test_a_carrier_that_tells_is_asked_and_believed(database: Database, now: datetime) -> None:
    left(database, now, 3, ago=timedelta(minutes=2), provider_id="p0")
    gateway = TellingGateway(tells=lambda sent: None if sent.to == phone(2) else delivered(sent))
    assert run(database, now, gateway) == Reconciled(repeated=0, asked=3, told=2, waiting=0)
    assert [stored.state for stored in rows(database)] == [State.DELIVERED, State.DELIVERED, State.UNKNOWN]
    [first, *_] = gateway.asked
    assert (first.to, first.provider_id, first.at) == (phone(0), "p0", now - timedelta(minutes=2))


AGES = [
    ("before a receipt could come", timedelta(seconds=59), None, False),
    ("for the first time", timedelta(minutes=1), None, True),
    ("young, asked just now", timedelta(minutes=5), timedelta(seconds=59), False),
    ("young, asked a minute ago", timedelta(minutes=5), timedelta(minutes=1), True),
    ("half an hour old, asked a minute ago", timedelta(minutes=30), timedelta(minutes=1), False),
    ("half an hour old, asked five minutes ago", timedelta(minutes=30), timedelta(minutes=5), True),
    ("a day old, asked an hour ago", DAY, timedelta(hours=1), False),
    ("a day old, asked two hours ago", DAY, timedelta(hours=2), True),
    ("so old that nobody tells any more", ASK_FOR, None, False),
]


@pytest.mark.parametrize(("ago", "asked_ago", "asks"), [case[1:] for case in AGES], ids=[case[0] for case in AGES])
def test_it_is_asked_more_and_more_seldom(
    database: Database, now: datetime, ago: timedelta, asked_ago: timedelta | None, asks: bool
) -> None:
    left(database, now, 1, ago=ago, status_asked_at=None if asked_ago is None else now - asked_ago)
    assert run(database, now, TellingGateway()).asked == asks
    assert (row(database).status_asked_at == now) == asks


def test_a_person_who_asks_now_does_not_wait_for_the_turn(database: Database, now: datetime) -> None:
    left(database, now, 1, ago=DAY, status_asked_at=now - timedelta(seconds=5))
    assert run(database, now, TellingGateway()).asked == 0
    assert run(database, now, TellingGateway(), at_once=True).asked == 1
    assert run(database, now, TellingGateway(), at_once=True).asked == 0, "but once at a time"


def test_the_longest_unasked_come_first_and_never_all_at_once(database: Database, now: datetime) -> None:
    left(database, now, ASK_AT_ONCE + 50, ago=timedelta(minutes=5))
    gateway = TellingGateway()
    assert run(database, now, gateway).asked == ASK_AT_ONCE
    assert run(database, now, gateway).asked == 50
    assert len({sent.reference for sent in gateway.asked}) == ASK_AT_ONCE + 50


def test_two_workers_do_not_ask_the_same(database: Database, now: datetime) -> None:
    left(database, now, 300, ago=timedelta(minutes=5))
    one, other = TellingGateway(), TellingGateway()

    async def both() -> None:
        await asyncio.gather(*(reconcile(database, {g.name: g}, now) for g in (one, other)))

    asyncio.run(both())
    asked = [sent.reference for sent in one.asked + other.asked]
    assert len(asked) == len(set(asked)) and len(asked) >= ASK_AT_ONCE


def test_a_gateway_that_raises_is_asked_again_in_its_turn(database: Database, now: datetime) -> None:
    def breaks(sent: Sent) -> Receipt:
        raise RuntimeError("nonsense")

    left(database, now, 1, ago=timedelta(minutes=5))
    assert run(database, now, TellingGateway(tells=breaks)) == Reconciled(asked=1)
    later = now + timedelta(minutes=1)
    assert run(database, later, TellingGateway(tells=delivered)).told == 1


def test_an_address_that_cannot_be_decrypted_keeps_nobody_from_asking(database: Database, now: datetime) -> None:
    left(database, now, 2, ago=timedelta(minutes=5))
    with database.write() as session:
        session.execute(text("UPDATE outbox SET address = :bad WHERE dedupe_key = 'm0'"), {"bad": b"\x01garbage"})
    assert run(database, now, TellingGateway(tells=delivered)).told == 1


def test_an_answer_that_was_overtaken_changes_nothing(database: Database, now: datetime) -> None:
    left(database, now, 1, ago=timedelta(minutes=5))

    def late(sent: Sent) -> Receipt:
        with database.write() as session:
            merge(session, "recording", [DeliveryReport(sent.reference, State.DELIVERED)], now)
        return Receipt(sent.reference, ReceiptState.SENT)

    assert run(database, now, TellingGateway(tells=late)).told == 0
    assert row(database).state == State.DELIVERED


TAKEN = [
    ("receipts come by themselves", True, timedelta(minutes=9), 0),
    ("receipts should have come", True, timedelta(minutes=10), 1),
    ("receipts never come", False, timedelta(minutes=1), 1),
]


@pytest.mark.parametrize("state", [State.ACCEPTED, State.SENT])
@pytest.mark.parametrize(("by_itself", "ago", "told"), [case[1:] for case in TAKEN], ids=[case[0] for case in TAKEN])
def test_what_was_taken_and_never_spoken_of_is_asked_about(
    database: Database, now: datetime, state: State, by_itself: bool, ago: timedelta, told: int
) -> None:
    left(database, now, 1, state, ago=ago)
    gateway = TellingGateway(tells=delivered, tells_delivery=by_itself)
    assert run(database, now, gateway).asked == 0
    assert asyncio.run(ask_for_receipts(database, {"recording": gateway}, now)) == told
    assert row(database).state == (State.DELIVERED if told else state)


def test_whom_nobody_can_tell_of_stays_unknown_and_is_put_on_record_once(database: Database, now: datetime) -> None:
    left(database, now, 3, ago=DEADLINE - timedelta(seconds=10))
    gateway = NamedGateway("recording")
    assert run(database, now, gateway).waiting == 0
    assert notices(database) == []
    for seconds in (10, 40, 70):
        assert run(database, now + timedelta(seconds=seconds), gateway).waiting == 3
    assert tally(database) == {State.UNKNOWN: 3}
    assert notices(database) == [{"messages": 3, "waiting": 3}]
    with database.write() as session:
        newer = update(OutboundMessage).where(OutboundMessage.dedupe_key == "m0")
        session.execute(newer.values(sent_at=now - DEADLINE + timedelta(seconds=90)))
    assert run(database, now + timedelta(seconds=100), gateway).waiting == 3
    assert notices(database)[1:] == [{"messages": 1, "waiting": 3}]


def test_no_query_runs_while_a_carrier_is_asked(database: Database, now: datetime) -> None:
    left(database, now, 1, ago=timedelta(minutes=5))
    open_: list[object] = []
    event.listen(database.engine, "begin", lambda connection: open_.append(connection))
    event.listen(database.engine, "commit", lambda connection: open_.pop())
    event.listen(database.engine, "rollback", lambda connection: open_ and open_.pop())

    def tells(sent: Sent) -> Receipt:
        assert not open_, "no network inside a transaction"
        return delivered(sent)

    assert run(database, now, TellingGateway(tells=tells)).told == 1


def test_what_has_no_receipt_for_three_days_can_be_counted(database: Database, now: datetime) -> None:
    left(database, now, 2, State.ACCEPTED, ago=NO_RECEIPT_AFTER)
    with database.read() as session:
        assert without_receipt(session, now) == {"recording": 2}
        assert without_receipt(session, now - timedelta(seconds=1)) == {}


def test_uncertain_texts_are_counted_by_age(database: Database, now: datetime) -> None:
    put_many(database, now, 4)
    ages = [timedelta(minutes=5), timedelta(hours=2), timedelta(days=2), timedelta(days=8)]
    with database.write() as session:
        for number, age in enumerate(ages):
            which = update(OutboundMessage).where(OutboundMessage.dedupe_key == f"m{number}")
            session.execute(which.values(state=State.UNKNOWN, sent_at=now - age))
    with database.read() as session:
        assert uncertain_by_age(session, now) == {"1h": 1, "24h": 1, "7d": 1, "older": 1}
