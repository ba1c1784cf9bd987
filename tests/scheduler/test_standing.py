"""What workers see of a gateway moves one circuit, which holds for all of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from foundation.database import Database
from gateways import Outcome, SendStatus
from scheduler.circuit import TOLERANCE
from scheduler.outbox.models import GatewayState
from scheduler.outbox.states import CircuitState
from scheduler.standing import Leave
from tests.scheduler.named import NamedGateway
from tests.scheduler.parts import Clock
from tests.scheduler.standing_parts import FAILS, QUICK_S, circuit, queue, worker
from tests.services import until

PATIENCE_S = 20.0


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


def test_who_has_said_nothing_yet_is_trusted(database: Database, now: datetime) -> None:
    leave = worker(database, Clock(now), NamedGateway("a")).leave()
    assert (leave.most, leave.gateways) == (None, ("a",))
    assert circuit(database) is None, "nothing is written while nothing changes"


def test_what_one_worker_saw_holds_for_all(database: Database, now: datetime) -> None:
    one, other = (worker(database, Clock(now), NamedGateway("a")) for _ in range(2))
    assert other.leave().most is None
    one.note(*FAILS)
    with capture_logs() as logs:
        assert one.leave() == Leave(0, ("a",), frozenset())
    assert other.leave().most == 0
    [line] = [line for line in logs if line["event"] == "a circuit moved"]
    assert (line["gateway"], line["before"], line["after"]) == ("a", "closed", "open")
    assert line["because"] == "errors: 100% of 10" and line["log_level"] == "warning"
    stored = circuit(database)
    assert stored and (stored.circuit, stored.since, stored.because) == ("open", now, "errors: 100% of 10")


def test_after_the_rest_a_few_try_then_all_go_again(database: Database, now: datetime) -> None:
    queue(database, now, "a", 100)
    clock = Clock(now)
    one, other = (worker(database, clock, NamedGateway("a")) for _ in range(2))
    one.note(*FAILS)
    assert one.claim() == [] and other.claim() == []
    clock.at += timedelta(seconds=40)
    one.wait(40)
    other.wait(40)
    assert len(one.claim()) == TOLERANCE.probes
    assert one.claim() == [], "the probes are on the wire"
    one.wait(TOLERANCE.probe_every_s)
    assert len(one.claim()) == TOLERANCE.probes, "nothing was heard of the first"
    one.note(*[SendStatus.ACCEPTED] * 5)
    assert len(one.claim()) == 90, "trusted again"
    assert other.leave().most is None


def test_a_probe_that_fails_opens_it_again_for_longer(database: Database, now: datetime) -> None:
    queue(database, now, "a", 100)
    clock = Clock(now)
    one = worker(database, clock, NamedGateway("a"))
    one.note(*FAILS)
    one.leave()
    first = circuit(database)
    clock.at += timedelta(seconds=40)
    one.wait(40)
    assert one.claim()
    one.wait(1)
    one.note(SendStatus.UNCERTAIN)
    assert one.leave().most == 0
    again = circuit(database)
    assert first and again and first.retry_at and again.retry_at
    assert again.retry_at - again.since > first.retry_at - first.since


def test_what_left_before_the_circuit_opened_says_nothing_about_the_probes(database: Database, now: datetime) -> None:
    clock = Clock(now)
    one = worker(database, clock, NamedGateway("a"))
    one.note(*FAILS)
    one.leave()
    clock.at += timedelta(seconds=40)
    one.wait(40)
    assert one.leave().most == TOLERANCE.probes
    one.standing.note([Outcome("late", SendStatus.UNCERTAIN)], seconds=30)
    assert one.leave().most == TOLERANCE.probes
    one.wait(1)
    one.note(SendStatus.ACCEPTED, SendStatus.ACCEPTED, SendStatus.ACCEPTED)
    assert one.leave().most is None


def test_old_failures_do_not_open_a_circuit_that_has_just_closed(database: Database, now: datetime) -> None:
    clock = Clock(now)
    one, other = (worker(database, clock, NamedGateway("a")) for _ in range(2))
    other.leave()
    other.note(*FAILS[:9])
    one.note(*FAILS)
    one.leave()
    other.leave()
    for each in (one, other):
        each.wait(40)
    clock.at += timedelta(seconds=40)
    one.leave()
    other.leave()
    one.wait(1)
    one.note(*[SendStatus.ACCEPTED] * 3)
    assert one.leave().most is None and other.leave().most is None
    other.wait(1)
    other.note(SendStatus.TEMPORARY)
    assert other.leave().most is None


def test_the_tenth_failure_raises_a_doubt_at_once_and_not_the_ninth(database: Database, now: datetime) -> None:
    """What is in hand shall not leave until the circuit was asked."""
    one = worker(database, Clock(now), NamedGateway("a"))
    one.leave()
    failed = [Outcome("r", SendStatus.UNCERTAIN)]
    assert [one.standing.note(failed, QUICK_S) for _ in range(10)] == [False] * 9 + [True]
    assert not one.standing.note([Outcome("r", SendStatus.ACCEPTED)], QUICK_S), "what succeeds raises none"
    was_open = one.standing.is_open
    one.leave()
    assert (was_open, one.standing.is_open) == (False, True)
    assert not one.standing.note(failed, QUICK_S), "it is known by now"


def test_two_workers_who_see_trouble_at_once_open_it_once(database: Database, now: datetime) -> None:
    one, other = (worker(database, Clock(now), NamedGateway("a")) for _ in range(2))
    one.leave()
    other.leave()
    one.note(*FAILS)
    other.note(*FAILS)
    one.leave()
    opened = circuit(database)
    other.clock.at += timedelta(seconds=1)
    other.leave()
    after = circuit(database)
    assert opened and after and opened.since == after.since


def test_a_worker_that_read_before_another_wrote_does_not_write_over_it(
    postgres_database: Database, now: datetime
) -> None:
    one = worker(postgres_database, Clock(now), NamedGateway("a"))
    other = worker(postgres_database, Clock(now + timedelta(seconds=1)), NamedGateway("a"))
    for each in (one, other):
        each.note(*FAILS)
    with ThreadPoolExecutor(1) as threads:
        with postgres_database.write() as session:
            one.standing.refresh(session, now)
            late = threads.submit(other.leave)
            until(lambda: waiting_for_a_lock(postgres_database), PATIENCE_S, "the other worker's wait for the lock")
        assert late.result(PATIENCE_S).most == 0
    stored = circuit(postgres_database)
    assert stored and stored.since == now


def waiting_for_a_lock(database: Database) -> bool | None:
    with database.read() as session:
        return session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")) > 0 or None


def test_the_pace_that_workers_share_survives_the_circuit(database: Database, now: datetime) -> None:
    with database.write() as session:
        session.add(GatewayState(gateway="a", free_at=123.5, circuit=CircuitState.CLOSED, since=now))
    one = worker(database, Clock(now), NamedGateway("a"))
    one.note(*FAILS)
    assert one.leave().most == 0
    stored = circuit(database)
    assert stored and stored.free_at == 123.5
