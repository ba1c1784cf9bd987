import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from foundation.database import Database
from foundation.message_class import MessageClass
from gateways import Outcome, Outgoing, SendStatus
from scheduler.claims import LONGEST_RETRY_S, LONGEST_WISH_S, MOST_ATTEMPTS
from scheduler.outbox import (
    DeliveryReport,
    OutboundMessage,
    Route,
    State,
    batch,
    cancel,
    merge,
    open_batch,
    pause,
    resume,
)
from tests.scheduler.parts import (
    PRICE,
    Clock,
    RecordingGateway,
    accepts,
    dispatch,
    message,
    phone,
    put,
    put_many,
    row,
    rows,
    says,
    tally,
)

PUBLIC = MessageClass.PUBLIC_INFORMATION


@pytest.fixture
def database(any_database: Database) -> Database:
    """On both kinds."""
    return any_database


ENDS = [
    (SendStatus.ACCEPTED, State.ACCEPTED, 1, PRICE),
    (SendStatus.REJECTED, State.FAILED, 1, 0),
    (SendStatus.UNCERTAIN, State.UNKNOWN, 1, PRICE),
    (SendStatus.TEMPORARY, State.QUEUED, 1, 0),
    (SendStatus.RATE_LIMITED, State.QUEUED, 0, 0),
    (SendStatus.ACCOUNT, State.QUEUED, 1, 0),
]


def new_batch(database: Database, now: datetime, count: int) -> int:
    with database.write() as session:
        batch_id = open_batch(session, PUBLIC, now)
    put_many(database, now, count, batch_id)
    return batch_id


def spent(database: Database, batch_id: int) -> int:
    with database.read() as session:
        return batch(session, batch_id).spent_vnd


@pytest.mark.parametrize(("status", "state", "attempts", "cost"), ENDS)
def test_what_the_gateway_says_is_what_becomes_of_the_message(
    database: Database, tmp_path: Path, now: datetime, status: SendStatus, state: State, attempts: int, cost: int
) -> None:
    batch_id = new_batch(database, now, 1)
    gateway = RecordingGateway(says(status, "why"))
    assert dispatch(database, gateway, tmp_path, Clock(now)) == 1
    after = row(database)
    assert (after.state, after.attempts, after.detail) == (state, attempts, "why")
    assert after.claimed_by is None
    assert (after.not_before > now) == (state is State.QUEUED)
    assert (after.settled_at is not None) == (state is State.FAILED)
    assert spent(database, batch_id) == cost


def test_all_statuses_in_one_batch_go_each_its_own_way(database: Database, tmp_path: Path, now: datetime) -> None:
    put_many(database, now, 60)
    statuses = [SendStatus.ACCEPTED, SendStatus.REJECTED, SendStatus.UNCERTAIN, SendStatus.TEMPORARY]
    gateway = RecordingGateway(lambda m: Outcome(m.reference, statuses[int(m.to[-1]) % 4]))
    assert dispatch(database, gateway, tmp_path, Clock(now)) == 60
    for each in rows(database):
        expected = {0: State.ACCEPTED, 1: State.FAILED, 2: State.UNKNOWN, 3: State.QUEUED}[int(each.address[-1]) % 4]
        assert each.state == expected


def test_the_gateway_gets_the_message_as_it_was_queued(database: Database, tmp_path: Path, now: datetime) -> None:
    put(database, now, message("m0", now, text="Chúc mừng năm mới"))
    gateway = RecordingGateway()
    dispatch(database, gateway, tmp_path, Clock(now))
    [sent] = gateway.arrived
    queued = row(database)
    assert (sent.to, sent.text, sent.reference) == (queued.address, "Chúc mừng năm mới", queued.reference)
    assert (sent.encoding.value, sent.message_class) == ("UCS-2", PUBLIC)
    assert queued.provider_id == f"p-{queued.reference}"
    assert queued.sent_at == now


def test_a_temporary_failure_is_tried_again_with_growing_pauses_and_then_no_more(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    put_many(database, now, 1)
    gateway, clock = RecordingGateway(says(SendStatus.TEMPORARY, "overloaded")), Clock(now)
    pauses = []
    while (dispatch(database, gateway, tmp_path, clock)) and row(database).state == State.QUEUED:
        pauses.append((row(database).not_before - clock.at).total_seconds())
        clock.at = row(database).not_before - timedelta(milliseconds=1)
        assert dispatch(database, gateway, tmp_path, clock) == 0, "not a moment before"
        clock.at = row(database).not_before
    assert row(database).state == State.FAILED
    assert len(gateway.arrived) == MOST_ATTEMPTS == len(pauses) + 1
    for number, pause_s in enumerate(pauses):
        assert 0.8 * 5 * 2**number <= pause_s <= min(LONGEST_RETRY_S, 5 * 2**number) * 1.2


def test_being_too_fast_is_no_failed_attempt(database: Database, tmp_path: Path, now: datetime) -> None:
    put_many(database, now, 1)
    gateway, clock = RecordingGateway(says(SendStatus.RATE_LIMITED, retry_after_s=0.01)), Clock(now)
    for _ in range(MOST_ATTEMPTS * 2):
        assert dispatch(database, gateway, tmp_path, clock) == 1
        clock.at = row(database).not_before
    assert (row(database).state, row(database).attempts) == (State.QUEUED, 0)


def test_being_too_fast_slows_everything_down(database: Database, tmp_path: Path, now: datetime) -> None:
    put_many(database, now, 3)
    times: list[float] = []

    def answer(outgoing: Outgoing) -> Outcome:
        times.append(time.monotonic())
        if len(times) == 1:
            return Outcome(outgoing.reference, SendStatus.RATE_LIMITED, retry_after_s=0.4)
        return accepts(outgoing)

    dispatch(database, RecordingGateway(answer, concurrency=1), tmp_path, Clock(now))
    # The second one had its turn already when the first was refused.
    assert times[2] - times[0] >= 0.39


@pytest.mark.parametrize("wish", [1e3, 1e12, float("inf")])
def test_a_gateways_wish_is_heeded_up_to_a_day(database: Database, tmp_path: Path, now: datetime, wish: float) -> None:
    put_many(database, now, 1)
    dispatch(database, RecordingGateway(says(SendStatus.TEMPORARY, retry_after_s=wish)), tmp_path, Clock(now))
    assert row(database).not_before == now + timedelta(seconds=min(wish, LONGEST_WISH_S))


def test_trouble_with_the_account_pauses_the_batch_until_a_person_mends_it(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    batch_id = new_batch(database, now, 5)
    gateway, clock = RecordingGateway(says(SendStatus.ACCOUNT, "wrong password")), Clock(now)
    dispatch(database, gateway, tmp_path, clock)
    with database.read() as session:
        assert batch(session, batch_id).paused_because == "gateway: wrong password"
    clock.at = now + timedelta(hours=2)
    assert dispatch(database, gateway, tmp_path, clock) == 0
    gateway.answer = accepts
    with database.write() as session:
        resume(session, batch_id)
    assert dispatch(database, gateway, tmp_path, clock) == 5
    assert tally(database) == {State.ACCEPTED: 5}


def test_an_answer_outlives_weeks_of_trouble_with_the_account(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    put(database, now, message("m0", now, message_class=MessageClass.REPLY))
    with database.write() as session:
        session.execute(update(OutboundMessage).values(attempts=5_000))
    dispatch(database, RecordingGateway(says(SendStatus.ACCOUNT)), tmp_path, Clock(now))
    assert row(database).state == State.QUEUED
    assert row(database).not_before <= now + timedelta(seconds=LONGEST_RETRY_S * 1.2)


@pytest.mark.parametrize("early", [State.DELIVERED, State.UNDELIVERED, State.SENT])
def test_a_receipt_that_overtakes_the_gateways_answer_wins(
    database: Database, tmp_path: Path, now: datetime, early: State
) -> None:
    batch_id = new_batch(database, now, 3)

    def answer(outgoing: Outgoing) -> Outcome:
        with database.write() as session:
            assert merge(session, "recording", [DeliveryReport(outgoing.reference, early, detail="early")], now) == 1
        return accepts(outgoing)

    dispatch(database, RecordingGateway(answer), tmp_path, Clock(now))
    assert tally(database) == {early: 3}
    assert row(database).provider_id == f"p-{row(database).reference}"
    assert (row(database).detail, row(database).claimed_by) == ("early", None)
    assert spent(database, batch_id) == 3 * PRICE


class FaultyGateway(RecordingGateway):
    """Breaks its promises for numbers that end in 7."""

    def __init__(self, fault: str, batch_max: int = 1) -> None:
        super().__init__(batch_max=batch_max)
        self.fault = fault

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        outcomes = await super().send(batch)
        if not any(outgoing.to.endswith("7") for outgoing in batch):
            return outcomes
        match self.fault:
            case "raises":
                raise RuntimeError(f"unexpected answer for {batch[0].to}")
            case "too few":
                return outcomes[:-1]
            case "too many":
                return [*outcomes, outcomes[0]]
            case _:
                return [Outcome("another", SendStatus.ACCEPTED) for _ in outcomes]


@pytest.mark.parametrize("fault", ["raises", "too few", "too many", "of another message"])
@pytest.mark.parametrize("batch_max", [1, 10])
def test_a_gateway_that_breaks_its_promise_leaves_its_messages_unknown_and_no_other(
    database: Database, tmp_path: Path, now: datetime, fault: str, batch_max: int
) -> None:
    put_many(database, now, 40)
    gateway = FaultyGateway(fault, batch_max)
    assert dispatch(database, gateway, tmp_path, Clock(now)) == 40
    unknown = 4 if batch_max == 1 else 40
    assert tally(database).get(State.UNKNOWN) == unknown
    assert tally(database).get(State.ACCEPTED, 0) == 40 - unknown
    assert dispatch(database, gateway, tmp_path, Clock(now + timedelta(days=1))) == 0, "never sent again blindly"
    assert len(gateway.arrived) == 40


def test_answers_go_before_what_is_told_to_many(database: Database, tmp_path: Path, now: datetime) -> None:
    put_many(database, now, 200)
    put(
        database,
        now,
        *(message(f"reply{i}", now, address=phone(1_000 + i), message_class=MessageClass.REPLY) for i in range(5)),
        message("team", now, address=phone(2_000), message_class=MessageClass.OPERATIONAL),
    )
    gateway = RecordingGateway(rate=50, concurrency=1)
    clock = Clock(now)
    assert dispatch(database, gateway, tmp_path, clock) == 50
    classes = [outgoing.message_class for outgoing in gateway.arrived]
    assert classes[:6] == [MessageClass.REPLY] * 5 + [MessageClass.OPERATIONAL]
    assert set(classes[6:]) == {PUBLIC}
    assert [outgoing.to for outgoing in gateway.arrived[6:]] == [phone(i) for i in range(44)], "in order"


def test_only_what_is_due_and_goes_this_way_is_taken(database: Database, tmp_path: Path, now: datetime) -> None:
    paused = new_batch(database, now, 1)
    with database.write() as session:
        pause(session, paused, "a person", now)
    put(
        database,
        now,
        message("later", now, address=phone(1), not_before=now + timedelta(seconds=1)),
        message("elsewhere", now, address=phone(2), route=Route("another", "sms", 0, 1)),
        message("due", now, address=phone(3)),
    )
    gateway = RecordingGateway()
    assert dispatch(database, gateway, tmp_path, Clock(now)) == 1
    assert [outgoing.to for outgoing in gateway.arrived] == [phone(3)]
    assert row(database).state == State.QUEUED


def test_what_comes_back_after_its_broadcast_was_cancelled_is_not_tried_again(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    batch_id = new_batch(database, now, 3)

    def answer(outgoing: Outgoing) -> Outcome:
        with database.write() as session:
            cancel(session, batch_id, now)
        return Outcome(outgoing.reference, SendStatus.TEMPORARY)

    gateway, clock = RecordingGateway(answer), Clock(now)
    dispatch(database, gateway, tmp_path, clock)
    clock.at = now + timedelta(minutes=5)
    dispatch(database, gateway, tmp_path, clock)
    assert tally(database) == {State.EXPIRED: 3}
    assert len(gateway.arrived) == 3
