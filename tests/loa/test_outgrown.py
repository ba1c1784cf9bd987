"""Web × 1, worker × 2, clock × 2, PostgreSQL and RabbitMQ: whatever is killed or stopped, everything leaves once."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from foundation.clock import utc_now
from scheduler.engine import SILENCE_S
from scheduler.outbox import State
from tests.loa.outgrown import Site, site
from tests.loa.serving import call
from tests.postgres import PostgresServer
from tests.rabbitmq import RabbitServer
from tests.services import until
from tests.sizes import size

ROWS = size(300, 3_000)
TEXTS = size(20, 200)
ALL_S = 60.0 + ROWS / 50
PEOPLE = size(50, 1_000)
DUE_IN = timedelta(seconds=3)
TAKES_OVER_S = 2.0
LEASE_S = 30.0
"""`bot.inbound.LEASE`: what a killed worker was answering waits so long."""

pytestmark = pytest.mark.timeout(120 + 2 * int(ALL_S))


@pytest.fixture(scope="module")
def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """One that these tests may restart."""
    with PostgresServer(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="module")
def own_rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitServer]:
    """One that these tests may stop, if they start it again."""
    with RabbitServer(tmp_path_factory.mktemp("rabbit")) as server:
        yield server


@pytest.fixture(scope="module")
def up(
    tmp_path_factory: pytest.TempPathFactory, own_postgres: PostgresServer, own_rabbit: RabbitServer
) -> Iterator[Site]:
    """One for all tests: five processes take a while to start."""
    with site(tmp_path_factory.mktemp("site"), own_postgres, own_rabbit) as made:
        yield made


@pytest.fixture
def made(up: Site) -> Site:
    """All of it at work, with nothing to do yet."""
    up.mend()
    up.forget()
    return up


def in_the_middle(made: Site, part: float = 0.25) -> None:
    """Wait until so much of what is queued has left."""
    goal = int(ROWS * part)
    until(lambda: len(made.smsbox.requests) >= goal, ALL_S, f"{goal} have left")
    assert made.open_messages(), "it was over too soon for this test"


def texts(made: Site, first: int, count: int) -> None:
    assert [made.text(number) for number in range(first, first + count)] == [200] * count


def everything_is_done(made: Site, answers: int) -> None:
    """All sent and settled, each once; each text answered once."""
    until(lambda: made.open_messages() == 0 and made.unanswered() == 0, ALL_S, f"all is done ({made.folder})")
    assert list(made.answered().values()) == [1] * answers
    until(lambda: made.open_messages() == 0, ALL_S, "the answers are sent")
    arrived = made.arrived()
    assert max(arrived.values()) == 1, "nothing leaves twice"
    unknown = made.references(State.UNKNOWN)
    assert made.references() - unknown <= arrived.keys(), "nothing is lost"
    assert made.references() == unknown | made.references(State.ACCEPTED)


def test_everything_leaves_once_and_each_text_is_answered_once(made: Site) -> None:
    made.queue(ROWS)
    in_the_middle(made, 0.1)
    begun = time.monotonic()
    texts(made, 0, TEXTS)
    until(lambda: made.unanswered() == 0, ALL_S, "all are answered")
    assert time.monotonic() - begun < LEASE_S, "a broadcast keeps no text waiting"
    everything_is_done(made, TEXTS)
    assert made.states() == {"accepted": ROWS + TEXTS}


def test_told_to_stop_in_the_middle_they_leave_nothing_half_done(made: Site) -> None:
    made.queue(ROWS)
    in_the_middle(made)
    assert set(made.stop("worker").values()) == {0}
    assert made.states().keys() == {"accepted", "queued"}
    assert made.arrived().keys() == made.references(State.ACCEPTED)
    assert not list((made.installation.home / "journals").glob("*.journal"))


def test_when_the_leader_is_killed_the_other_clock_fires_what_is_due_and_nothing_twice(made: Site) -> None:
    (leader,) = made.leaders()
    made.broadcast(PEOPLE, utc_now() + DUE_IN)
    due = time.monotonic() + DUE_IN.total_seconds()
    made.kill(leader)
    until(lambda: made.leaders(), TAKES_OVER_S, "the other leads")
    until(lambda: made.states(), ALL_S, "the broadcast begins")
    assert time.monotonic() - due < SILENCE_S, "the clock said so: no worker had to look by itself"
    until(lambda: len(made.references()) >= PEOPLE, ALL_S, "all of it is queued")
    everything_is_done(made, 0)
    assert made.states() == {"accepted": PEOPLE}


def test_a_broker_that_is_stopped_and_started_loses_nothing(made: Site, own_rabbit: RabbitServer) -> None:
    made.queue(ROWS)
    in_the_middle(made)
    own_rabbit.stop()
    try:
        begun = time.monotonic()
        texts(made, 0, 5)
        assert time.monotonic() - begun < 5, "no call waits for the broker"
        assert call(f"{made.installation.url}/readyz") == 200
    finally:
        own_rabbit.start()
    texts(made, 5, 5)
    everything_is_done(made, 10)
    assert made.states() == {"accepted": ROWS + 10}


def test_a_database_that_restarts_loses_nothing(made: Site, own_postgres: PostgresServer) -> None:
    made.queue(ROWS)
    in_the_middle(made)
    own_postgres.restart("immediate")
    until(lambda: call(f"{made.installation.url}/readyz") == 200, ALL_S, "the web process answers again")
    texts(made, 0, 5)
    everything_is_done(made, 5)
    assert made.states() == {"accepted": ROWS + 5}
    until(lambda: len(made.leaders()) == 1, ALL_S, "one clock leads")


def test_a_worker_that_is_killed_loses_nothing_and_repeats_nothing(made: Site) -> None:
    made.queue(ROWS)
    in_the_middle(made)
    made.kill(next(name for name in made.processes if name.startswith("worker")))
    everything_is_done(made, 0)
    on_the_wire = 2 * 64  # Kannel's concurrency, for each worker
    assert made.states().get(State.UNKNOWN, 0) <= on_the_wire
    texts(made, 0, 5)
    everything_is_done(made, 5)


def test_without_broker_and_clocks_workers_look_by_themselves(made: Site, own_rabbit: RabbitServer) -> None:
    """Later than they would be told, but they do."""
    assert set(made.stop("clock").values()) == {0}
    own_rabbit.stop()
    try:
        made.queue(20)
        texts(made, 0, 5)
        everything_is_done(made, 5)
    finally:
        own_rabbit.start()


def test_nothing_personal_or_secret_is_logged(made: Site) -> None:
    """By all that the tests before did to them."""
    made.queue(20)
    texts(made, 0, 5)
    everything_is_done(made, 5)
    logs = "".join(path.read_text() for path in made.folder.glob("*.log"))
    assert '"event": "the worker works"' in logs
    for secret in ("guest:guest", "+8491", "849800000", "xin chào", "Xin chao", "secret"):
        assert secret not in logs
