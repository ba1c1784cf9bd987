"""Who takes the place of a gateway that is not trusted, with which texts, and how they drift back."""

import asyncio
import time
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import update

from foundation.database import Database
from foundation.message_class import MessageClass
from gateways import Channel, Ladder, SendStatus
from scheduler.dispatcher import Dispatcher
from scheduler.outbox import OutboundMessage, State
from scheduler.outbox.states import CircuitState
from scheduler.standing import DEARER_AFTER_S, STAND_IN_AFTER_S, Standing
from scheduler.standing_in import carries_for_others, may_stand_in
from tests.scheduler.named import NamedGateway
from tests.scheduler.parts import Clock, accepts, row, rows, says
from tests.scheduler.standing_parts import circuit, gateways, queue, set_circuit, worker
from tests.services import until_in_loop

REPLY, PUBLIC = MessageClass.REPLY, MessageClass.PUBLIC_INFORMATION
ADVERTISING = MessageClass.ADVERTISING
PATIENCE_S = 20.0


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


def test_another_takes_its_place_after_a_little_while(database: Database, now: datetime) -> None:
    a, b = NamedGateway("a"), NamedGateway("b", price=700)
    queue(database, now, "a", 3, text="Chúc mừng năm mới")
    set_circuit(database, "a", now, opened_s=STAND_IN_AFTER_S - 1)
    standing_in = worker(database, Clock(now), b, a)
    assert standing_in.leave().gateways == ("b",)
    standing_in.clock.at += timedelta(seconds=1)
    assert standing_in.leave().gateways == ("b", "a")
    taken = standing_in.claim()
    assert [(c.gateway, c.segments, c.price_vnd) for c in taken] == [("b", 1, 700)] * 3
    for stored in rows(database):
        assert (stored.gateway, stored.failed_over_from, stored.price_vnd) == ("b", "a", 700)
        assert (stored.state, stored.claimed_by) == (State.SENDING, "worker")


def test_when_the_circuit_closes_the_rest_stays_with_its_own_gateway(database: Database, now: datetime) -> None:
    a, b = NamedGateway("a"), NamedGateway("b")
    set_circuit(database, "a", now)
    standing_in = worker(database, Clock(now), b, a)
    assert standing_in.leave().gateways == ("b", "a")
    for state in (CircuitState.HALF_OPEN, CircuitState.CLOSED):
        set_circuit(database, "a", now, state)
        assert standing_in.leave().gateways == ("b",), state


def test_who_is_not_trusted_stands_in_for_nobody(database: Database, now: datetime) -> None:
    a, b = NamedGateway("a"), NamedGateway("b")
    for name in ("a", "b"):
        set_circuit(database, name, now)
    assert worker(database, Clock(now), b, a).leave().gateways == ("b",)


def test_the_cheapest_that_is_trusted_goes_first(database: Database, now: datetime) -> None:
    a, cheap, dear = NamedGateway("a"), NamedGateway("z", price=300), NamedGateway("b", price=900)
    set_circuit(database, "a", now, opened_s=STAND_IN_AFTER_S)
    first, second = worker(database, Clock(now), cheap, a, dear), worker(database, Clock(now), dear, a, cheap)
    assert first.leave().gateways == ("z", "a")
    assert second.leave().gateways == ("b",)
    second.clock.at += timedelta(seconds=DEARER_AFTER_S)
    assert second.leave().gateways == ("b", "a"), "what the cheaper one did not take by then"
    second.clock.at = now
    set_circuit(database, "z", now)
    assert second.leave().gateways == ("b", "a", "z"), "the cheaper one is in trouble itself"


CANNOT = [
    ("another channel", {"channel": Channel.ZALO}),
    ("only advertising", {"classes": frozenset({ADVERTISING})}),
    ("takes texts by the thirty", {"batch_min": 30}),
]


@pytest.mark.parametrize("can", [case[1] for case in CANNOT], ids=[case[0] for case in CANNOT])
def test_who_can_carry_nothing_of_it_does_not_even_look(database: Database, now: datetime, can: dict[str, Any]) -> None:
    a, b = NamedGateway("a", classes=frozenset({REPLY, PUBLIC})), NamedGateway("b", **can)
    set_circuit(database, "a", now)
    assert not may_stand_in(b, a)
    assert worker(database, Clock(now), b, a).leave().gateways == ("b",)


def test_an_answer_goes_only_where_it_can_be_answered_again() -> None:
    assert REPLY in carries_for_others(NamedGateway("b"))
    assert REPLY not in carries_for_others(NamedGateway("b", can_be_answered=False))
    assert REPLY not in carries_for_others(NamedGateway("b", reply_window=timedelta(days=2)))
    no_advertising = MappingProxyType({ADVERTISING: Ladder((), ())})
    assert ADVERTISING not in carries_for_others(NamedGateway("b", ladders=no_advertising))


def test_what_it_cannot_carry_goes_back_untouched_but_not_at_once(database: Database, now: datetime) -> None:
    a, b = NamedGateway("a", price=100), NamedGateway("b", can_be_answered=False, max_segments=2)
    b.refuses = "vay"
    queue(database, now, "a", 1, message_class=REPLY)
    queue(database, now, "a", 1, text="x" * 400)
    queue(database, now, "a", 1, text="vay von")
    queue(database, now, "a", 2)
    before = rows(database)
    set_circuit(database, "a", now)
    standing_in = worker(database, Clock(now), b, a)
    assert [c.id for c in standing_in.claim()] == [before[3].id, before[4].id]
    for stored, was in zip(rows(database)[:3], before, strict=False):
        assert (stored.state, stored.claimed_by, stored.sent_at) == (State.QUEUED, None, None)
        assert (stored.gateway, stored.segments, stored.price_vnd) == ("a", was.segments, was.price_vnd)
        assert stored.failed_over_from is None and stored.attempts == 0
        assert now < stored.not_before < now + timedelta(seconds=20)


def test_whose_texts_it_mostly_cannot_carry_it_leaves_alone_for_a_while(database: Database, now: datetime) -> None:
    a, b = NamedGateway("a"), NamedGateway("b")
    b.refuses = "vay"
    queue(database, now, "a", 5, text="vay von")
    set_circuit(database, "a", now, opened_s=60)
    standing_in = worker(database, Clock(now), b, a)
    assert standing_in.claim() == []
    assert standing_in.leave().gateways == ("b",)
    standing_in.wait(5)
    assert standing_in.leave().gateways == ("b", "a")


def test_a_stand_in_counts_by_its_own_ladder(database: Database, now: datetime) -> None:
    ladders = MappingProxyType({PUBLIC: Ladder(bare=(10, 20, 30), accented=(5,))})
    a, b = NamedGateway("a"), NamedGateway("b", price=200, ladders=ladders)
    queue(database, now, "a", 1, text="x" * 25)
    queue(database, now, "a", 1, text="x" * 31)
    set_circuit(database, "a", now)
    [taken] = worker(database, Clock(now), b, a).claim()
    assert (taken.segments, taken.price_vnd) == (3, 600)
    assert (row(database, "m0").segments, row(database, "m0").price_vnd) == (3, 600)
    assert row(database, "m1").gateway == "a"


def test_who_it_was_meant_for_first_is_remembered_when_it_changes_hands_twice(
    database: Database, now: datetime
) -> None:
    a, b, c = (NamedGateway(name) for name in "abc")
    queue(database, now, "a", 1)
    set_circuit(database, "a", now)
    assert worker(database, Clock(now), b, a, c).claim()
    with database.write() as session:
        session.execute(update(OutboundMessage).values(state=State.QUEUED))
    set_circuit(database, "b", now)
    assert worker(database, Clock(now), c, a, b).claim()
    stored = row(database)
    assert (stored.gateway, stored.failed_over_from) == ("c", "a")


def test_what_is_uncertain_is_never_sent_by_another(database: Database, now: datetime) -> None:
    a, b = NamedGateway("a", dedupes_for=timedelta(days=1)), NamedGateway("b")
    queue(database, now, "a", 3)
    with database.write() as session:
        uncertain = update(OutboundMessage).where(OutboundMessage.dedupe_key == "m0")
        session.execute(uncertain.values(state=State.UNKNOWN))
        again = update(OutboundMessage).where(OutboundMessage.dedupe_key == "m1")
        session.execute(again.values(status_asked_at=now))  # queued once more, as its own carrier dedupes
    set_circuit(database, "a", now)
    assert [c.reference for c in worker(database, Clock(now), b, a).claim()] == [row(database, "m2").reference]
    assert (row(database, "m0").state, row(database, "m0").gateway) == (State.UNKNOWN, "a")
    assert (row(database, "m1").state, row(database, "m1").gateway) == (State.QUEUED, "a")


def test_its_own_rows_and_the_others_leave_in_the_order_in_which_they_were_claimed(
    database: Database, now: datetime
) -> None:
    a, b = NamedGateway("a"), NamedGateway("b")
    queue(database, now, "b", 2)
    queue(database, now, "a", 2)
    queue(database, now, "b", 2)
    set_circuit(database, "a", now)
    claimed = worker(database, Clock(now), b, a).claim()
    assert [c.id for c in claimed] == [stored.id for stored in rows(database)]
    assert {c.gateway for c in claimed} == {"b"}


def all_accepted(database: Database) -> bool:
    return all(each.state == State.ACCEPTED for each in rows(database))


def stands(database: Database) -> str | None:
    state = circuit(database)
    return state.circuit if state else None


def test_texts_go_round_a_gateway_in_trouble_once_each_and_come_back_to_it(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    clock = Clock(now)
    a, b = NamedGateway("a", price=300), NamedGateway("b", price=700)
    a.answer = says(SendStatus.TEMPORARY, "overloaded")
    queue(database, now, "a", 120)

    async def work() -> None:
        stop = asyncio.Event()
        both = gateways(a, b)
        running = [
            asyncio.create_task(
                Dispatcher(
                    database, each, tmp_path / "journals", clock, standing=Standing(each, both, clock, time.monotonic)
                ).run(stop)
            )
            for each in (a, b)
        ]
        try:
            await until_in_loop(lambda: stands(database) == CircuitState.OPEN, PATIENCE_S, "it opens")
            assert not b.arrived, "a little while must pass first"
            clock.at += timedelta(seconds=STAND_IN_AFTER_S + 5)
            await until_in_loop(
                lambda: all(each.state == State.ACCEPTED for each in rows(database)), PATIENCE_S, "it comes to that"
            )
            a.answer = accepts
            a.arrived.clear()
            clock.at += timedelta(minutes=1)
            await until_in_loop(lambda: stands(database) == CircuitState.HALF_OPEN, PATIENCE_S, "it is tried")
            queue(database, clock.at, "a", 80)
            await until_in_loop(
                lambda: all(each.state == State.ACCEPTED for each in rows(database)), PATIENCE_S, "it comes to that"
            )
        finally:
            stop.set()
            await asyncio.gather(*running)

    asyncio.run(work())
    first, later = rows(database)[:120], rows(database)[120:]
    assert sorted(m.reference for m in b.arrived) == sorted(each.reference for each in first), "once each, all of them"
    assert {(each.gateway, each.failed_over_from, each.price_vnd) for each in first} == {("b", "a", 700)}
    assert sorted(m.reference for m in a.arrived) == sorted(each.reference for each in later)
    assert {(each.gateway, each.failed_over_from) for each in later} == {("a", None)}
    assert stands(database) == CircuitState.CLOSED
