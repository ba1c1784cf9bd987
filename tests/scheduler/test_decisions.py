import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from foundation.database import Database
from foundation.message_class import MessageClass
from people import AuditEntry, Official, OfficialError, Role, add_official
from scheduler.outbox import DeliveryReport, OutboundMessage, State, batch, merge, open_batch
from scheduler.outbox.decisions import (
    MOST_AT_ONCE,
    Decision,
    DecisionError,
    resend,
    resendable,
    settle_by_hand,
    try_now,
)
from scheduler.outbox.models import GatewayState
from scheduler.outbox.states import CircuitState
from tests.scheduler.parts import PRICE, ROUTE, message, phone, put, put_many, row, rows

ROUTES = {"recording": ROUTE}
MAY_TELL_FOR = timedelta(hours=24)
PATIENCE_S = 20


@pytest.fixture
def database(any_database: Database, now: datetime) -> Database:
    with any_database.write() as session:
        for name, role in (("minh", Role.APPROVER), ("hai", Role.APPROVER), ("lan", Role.EDITOR)):
            add_official(session, name, role, None, now, "test")
    return any_database


def who(database: Database, name: str = "minh") -> Official:
    with database.read() as session:
        return session.scalars(select(Official).where(Official.name == name)).one()


def came_to(database: Database, state: State, now: datetime, count: int = 1, **values: Any) -> list[str]:
    """Messages that left two days ago and came to this; their references."""
    put_many(database, now, count)
    with database.write() as session:
        session.execute(update(OutboundMessage).values(state=state, sent_at=now - timedelta(days=2), **values))
    return [stored.reference for stored in rows(database)]


def again(
    database: Database, references: list[str], now: datetime, name: str = "minh", because: str | None = None
) -> list[str | None]:
    official = who(database, name)
    with database.write() as session:
        done = resend(session, references, official, ROUTES, now, MAY_TELL_FOR, because)
    return [each.resent_as for each in done]


def decide(database: Database, references: list[str], decision: Decision, now: datetime, name: str = "minh") -> None:
    official = who(database, name)
    with database.write() as session:
        settle_by_hand(session, references, decision, official, now)


def audited(database: Database) -> list[tuple[str, str, str]]:
    with database.read() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "message").order_by(AuditEntry.id))
        return [(entry.actor, entry.action, entry.subject_id) for entry in found]


ENDS = [(Decision.ARRIVED, State.SENT, False), (Decision.LOST, State.FAILED, True)]


@pytest.mark.parametrize(("decision", "state", "settled"), ENDS)
def test_a_person_says_what_became_of_an_uncertain_text(
    database: Database, now: datetime, decision: Decision, state: State, settled: bool
) -> None:
    [reference] = came_to(database, State.UNKNOWN, now)
    decide(database, [reference], decision, now)
    after = row(database)
    assert (after.state, after.detail, after.settled_at) == (state, f"{decision}: minh", now if settled else None)
    assert audited(database) == [("minh", f"message.{decision}", reference)]


def test_a_receipt_that_comes_later_knows_better(database: Database, now: datetime) -> None:
    [reference] = came_to(database, State.UNKNOWN, now)
    decide(database, [reference], Decision.LOST, now)
    with database.write() as session:
        merge(session, "recording", [DeliveryReport(reference, State.DELIVERED)], now)
    assert row(database).state == State.DELIVERED


@pytest.mark.parametrize("state", [state for state in State if state is not State.UNKNOWN])
def test_nobody_decides_about_what_is_known(database: Database, now: datetime, state: State) -> None:
    references = came_to(database, state, now)
    with pytest.raises(DecisionError, match="không còn ở trạng thái chưa rõ"):
        decide(database, references, Decision.ARRIVED, now)
    assert row(database).state == state and audited(database) == []


def test_all_or_none(database: Database, now: datetime) -> None:
    references = came_to(database, State.UNKNOWN, now, count=3)
    with pytest.raises(DecisionError, match="không có tin nobody"):
        decide(database, [*references, "nobody"], Decision.LOST, now)
    assert {stored.state for stored in rows(database)} == {State.UNKNOWN}
    with pytest.raises(DecisionError, match="chưa chọn tin nào"):
        decide(database, [], Decision.LOST, now)
    with pytest.raises(DecisionError, match="nhiều nhất 1000"):
        decide(database, [f"r{number}" for number in range(MOST_AT_ONCE + 1)], Decision.LOST, now)


def test_who_may_not_approve_decides_nothing(database: Database, now: datetime) -> None:
    references = came_to(database, State.UNKNOWN, now)
    with pytest.raises(OfficialError):
        decide(database, references, Decision.ARRIVED, now, name="lan")
    with pytest.raises(OfficialError):
        again(database, references, now, name="lan")
    with pytest.raises(OfficialError), database.write() as session:
        try_now(session, "recording", who(database, "lan"), now)
    assert len(rows(database)) == 1 and row(database).state == State.UNKNOWN


RESENT = [
    (State.UNKNOWN, State.FAILED),
    (State.FAILED, State.FAILED),
    (State.UNDELIVERED, State.UNDELIVERED),
]


@pytest.mark.parametrize(("before", "after"), RESENT)
def test_what_did_not_arrive_is_sent_again_as_a_message_of_its_own(
    database: Database, now: datetime, before: State, after: State
) -> None:
    expires = now + timedelta(days=1)
    [reference] = came_to(database, before, now, expires_at=expires, template="broadcast:1", approver="minh")
    [new] = again(database, [reference], now)
    old, fresh = rows(database)
    assert (old.reference, old.state, old.detail) == (reference, after, f"resent as {new}")
    assert (fresh.reference, fresh.state) == (new, State.QUEUED) and new != reference
    assert (fresh.text, fresh.address, fresh.message_class) == (old.text, old.address, old.message_class)
    assert (fresh.expires_at, fresh.template, fresh.approver) == (expires, "broadcast:1", "minh")
    assert (fresh.not_before, fresh.attempts, fresh.gateway) == (now, 0, "recording")
    assert audited(database) == [("minh", "message.resent", reference)]


def test_nothing_is_resent_twice_but_the_resent_may_be(database: Database, now: datetime) -> None:
    [reference] = came_to(database, State.FAILED, now)
    [new] = again(database, [reference], now)
    with pytest.raises(DecisionError, match=f"đã được gửi lại rồi, là tin {new}"):
        again(database, [reference], now, name="hai", because="cứ gửi")
    with database.write() as session:
        session.execute(update(OutboundMessage).values(state=State.FAILED))
    assert new is not None and again(database, [new], now) != [new]


NOT_RESENT = [state for state in State if state not in (State.UNKNOWN, State.FAILED, State.UNDELIVERED)]


@pytest.mark.parametrize("state", NOT_RESENT)
def test_what_arrived_or_may_yet_go_is_not_resent(database: Database, now: datetime, state: State) -> None:
    references = came_to(database, state, now)
    with pytest.raises(DecisionError, match="không gửi lại được"):
        again(database, references, now, because="cứ gửi")
    assert len(rows(database)) == 1


def test_a_text_whose_fate_may_still_be_told_is_resent_for_a_reason_only(database: Database, now: datetime) -> None:
    [reference] = came_to(database, State.UNKNOWN, now)
    too_early = now - timedelta(days=1, seconds=1)
    with pytest.raises(DecisionError, match=r"nhà mạng còn có thể báo .* 09:00 19/11/2026"):
        again(database, [reference], too_early)
    assert again(database, [reference], too_early, because="đã gọi hỏi, chưa nhận được")
    with database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "message.resent")).one()
    assert entry.details["because"] == "đã gọi hỏi, chưa nhận được"


def test_a_text_that_is_no_longer_true_is_not_resent(database: Database, now: datetime) -> None:
    references = came_to(database, State.FAILED, now, expires_at=now)
    with pytest.raises(DecisionError, match="đã quá hạn lúc 09:00 20/11/2026"):
        again(database, references, now)


def test_what_another_gateway_carried_goes_the_way_it_was_meant_to_go(database: Database, now: datetime) -> None:
    [reference] = came_to(database, State.FAILED, now, gateway="dear", failed_over_from="recording", price_vnd=900)
    again(database, [reference], now)
    fresh = rows(database)[1]
    assert (fresh.gateway, fresh.price_vnd, fresh.failed_over_from) == ("recording", PRICE, None)


@pytest.mark.parametrize(("state", "more"), [(State.UNKNOWN, PRICE), (State.UNDELIVERED, PRICE), (State.FAILED, 0)])
def test_who_resends_approves_what_it_costs_once_more(
    database: Database, now: datetime, state: State, more: int
) -> None:
    with database.write() as session:
        batch_id = open_batch(session, MessageClass.PUBLIC_INFORMATION, now, budget_vnd=PRICE)
    [reference] = came_to(database, state, now, batch_id=batch_id)
    again(database, [reference], now)
    with database.read() as session:
        assert batch(session, batch_id).budget_vnd == PRICE + more
    assert rows(database)[1].batch_id == batch_id


def test_many_of_a_batch_are_found_and_those_done_are_not_found_again(database: Database, now: datetime) -> None:
    with database.write() as session:
        batch_id = open_batch(session, MessageClass.PUBLIC_INFORMATION, now)
    put_many(database, now, 5, batch_id)
    ends = (State.FAILED, State.FAILED, State.UNDELIVERED, State.DELIVERED, State.FAILED)
    with database.write() as session:
        for number, state in enumerate(ends):
            which = update(OutboundMessage).where(OutboundMessage.dedupe_key == f"m{number}")
            session.execute(which.values(state=state, expires_at=now if number == 4 else None))

    def found(*states: State) -> list[str]:
        with database.read() as session:
            return resendable(session, batch_id, states, now)

    stored = [each.reference for each in rows(database)]
    assert found(State.FAILED) == stored[:2], "the fifth has expired"
    assert found(State.FAILED, State.UNDELIVERED, State.DELIVERED) == stored[:3]
    again(database, found(State.FAILED), now)
    assert found(State.FAILED) == []


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """Do all at the same moment, each in a thread; what came of each, or what it raised."""
    start, came = threading.Barrier(len(deeds)), [None] * len(deeds)

    def do(number: int, deed: Callable[[], object]) -> None:
        start.wait(PATIENCE_S)
        try:
            came[number] = deed()  # type: ignore[call-overload]
        except Exception as error:
            came[number] = error  # type: ignore[call-overload]

    threads = [threading.Thread(target=do, args=each) for each in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    return list(came)


@pytest.mark.parametrize("state", [State.UNKNOWN, State.FAILED])
def test_two_officials_at_once_resend_it_once(database: Database, now: datetime, state: State) -> None:
    references = came_to(database, state, now, count=5)
    came = at_once(
        *(lambda name=name: again(database, references, now, name) for name in ("minh", "hai") for _ in range(2))
    )
    assert sum(isinstance(each, list) for each in came) == 1, came
    assert sum(isinstance(each, DecisionError) for each in came) == 3, came
    assert len(rows(database)) == 10


def test_one_says_it_arrived_while_another_resends_it(database: Database, now: datetime) -> None:
    references = came_to(database, State.UNKNOWN, now)
    came = at_once(
        lambda: again(database, references, now),
        lambda: decide(database, references, Decision.ARRIVED, now, "hai"),
    )
    assert sum(isinstance(each, DecisionError) for each in came) == 1, came
    resent = [stored for stored in rows(database) if stored.state == State.QUEUED]
    assert len(resent) == (row(database).state == State.FAILED)


def test_a_person_ends_the_rest_of_a_gateway(database: Database, now: datetime) -> None:
    resting = GatewayState(
        gateway="recording", free_at=0, circuit=CircuitState.OPEN, since=now, retry_at=now + timedelta(minutes=15)
    )
    with database.write() as session:
        session.add(resting)
    with database.write() as session:
        try_now(session, "recording", who(database), now)
    with database.read() as session:
        state = session.get_one(GatewayState, "recording")
        assert (state.circuit, state.retry_at) == (CircuitState.OPEN, now)
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "gateway.try_now")).one()
        assert (entry.actor, entry.subject_id) == ("minh", "recording")
    for gateway in ("recording", "nobody"):
        with database.write() as session:
            session.execute(update(GatewayState).values(circuit=CircuitState.CLOSED))
        with pytest.raises(DecisionError, match="không nghỉ"), database.write() as session:
            try_now(session, gateway, who(database), now)


def test_a_reply_that_is_resent_still_answers_the_same_text(database: Database, now: datetime) -> None:
    put(database, now, message("m0", now, address=phone(1), message_class=MessageClass.REPLY))
    with database.write() as session:
        session.execute(update(OutboundMessage).values(state=State.FAILED, sent_at=now, inbound_id=7))
    again(database, [row(database).reference], now)
    fresh = rows(database)[1]
    assert (fresh.inbound_id, fresh.message_class, fresh.priority) == (7, MessageClass.REPLY, 0)
