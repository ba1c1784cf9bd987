"""Kill −9, or a restart, of any part at random moments while all of it works: nothing lost, nothing sent twice."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from random import Random

import pytest

from foundation.clock import utc_now
from scheduler.outbox import State
from tests.loa import outgrown
from tests.loa.outgrown import Site
from tests.postgres import PostgresServer
from tests.proofs.embedded import AT_ONCE, after_a_moment, embedded, resolve
from tests.rabbitmq import RabbitServer
from tests.services import until
from tests.sizes import LONG, size

SEED = 20261121
ROWS = size(300, 3_000)
PEOPLE = size(40, 500)
PATIENCE_S = 150.0 + ROWS / 20
STRIKES = {"embedded": size(3, 50), "outgrown": size(5, 50)}
PARTS = {
    "embedded": ("worker", "web"),
    # What a text meets on its way, the worker more often: it has the most in its hands.
    "outgrown": ("worker", "clock", "web", "rabbit", "postgres", "worker"),
}

Strike = Callable[[], None]


class Struck:
    """An installation at work, and what befalls it. `parts` says how to strike each of its parts."""

    def __init__(self, made: Site, parts: dict[str, Strike]) -> None:
        self.made = made
        self.parts = {"worker": lambda: self._kill("worker"), "web": lambda: self._kill("web")} | parts
        self.random = Random(SEED)
        self.queued = 0
        self.texts = 0
        self.workers_killed = 0

    def kill_leader(self) -> None:
        leaders = self.made.leaders()
        self.made.kill(leaders[0] if leaders else self._any("clock"))

    def _any(self, role: str) -> str:
        return self.random.choice([name for name in self.made.processes if name.startswith(role)])

    def _kill(self, role: str) -> None:
        self.workers_killed += role == "worker"
        self.made.kill(self._any(role))

    def work(self) -> None:
        """See that there is something to do, and in the middle of being done."""
        if self.made.open_messages() < ROWS // 2:
            self.made.queue(ROWS, self.queued)
            self.queued += ROWS
        before = len(self.made.smsbox.requests)
        until(lambda: len(self.made.smsbox.requests) > before, PATIENCE_S, "something leaves")

    def text(self) -> None:
        """A person writes; the carrier repeats the call until it is answered with 200."""
        number, self.texts = self.texts, self.texts + 1
        until(lambda: self.made.text(number) == 200, PATIENCE_S, f"text {number} is taken")

    def strike(self, part: str) -> None:
        with ThreadPoolExecutor() as phone:
            writing = phone.submit(self.text)
            time.sleep(self.random.uniform(0.0, 0.4))
            self.parts[part]()
            self.made.mend()
            writing.result()

    def everything_is_done(self, receivers: int) -> None:
        """All sent and settled, each once; each text answered once; what is uncertain was on the wire, and is told."""
        made = self.made
        until(lambda: not made.open_messages() and not made.unanswered(), PATIENCE_S, f"all is done ({made.folder})")
        until(lambda: not made.open_messages(), PATIENCE_S, "the answers have left")
        assert set(made.answered().values()) <= {1} and len(made.answered()) == self.texts
        arrived, unknown = made.arrived(), made.references(State.UNKNOWN)
        assert max(arrived.values()) == 1, "nothing leaves twice"
        assert len(made.references()) == receivers + self.texts
        assert made.references() - unknown <= arrived.keys(), "nothing is lost"
        assert made.references() == unknown | made.references(State.ACCEPTED)
        assert len(unknown) <= AT_ONCE * self.workers_killed
        never_left = unknown - arrived.keys()
        assert resolve(made, PATIENCE_S) == len(never_left), "receipts settle all the others"
        assert made.references(State.FAILED) == never_left


@pytest.fixture
def struck(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Struck]:
    """All of it at work, of the size that the test asks for."""
    with ExitStack() as stack:
        if request.param == "embedded":
            yield Struck(stack.enter_context(embedded(tmp_path, after_a_moment)), {})
            return
        postgres = stack.enter_context(PostgresServer(tmp_path))
        (folder := tmp_path / "rabbit").mkdir()
        rabbit = stack.enter_context(RabbitServer(folder))
        urls = {"database_url": postgres.create_database(), "broker_url": rabbit.url}
        made = stack.enter_context(embedded(tmp_path, after_a_moment, roles=outgrown.ROLES, **urls))

        def stop_and_start() -> None:
            rabbit.kill()
            rabbit.start()

        struck = Struck(made, {"rabbit": stop_and_start, "postgres": lambda: postgres.restart("immediate")})
        struck.parts["clock"] = struck.kill_leader
        yield struck


@pytest.mark.timeout(int(PATIENCE_S * 4) + 60 * max(STRIKES.values()))
@pytest.mark.parametrize("struck", PARTS, indirect=True)
def test_at_whatever_moment_whichever_part_dies_everything_leaves_once(
    struck: Struck, request: pytest.FixtureRequest
) -> None:
    kind = request.node.callspec.params["struck"]
    struck.made.mend()
    people = 0
    if kind == "outgrown":  # while the clocks are struck, a broadcast becomes due
        people = PEOPLE
        struck.made.broadcast(people, utc_now() + timedelta(seconds=10))
    parts = cycle(PARTS[kind])
    for _ in range(STRIKES[kind]):
        struck.work()
        struck.strike(struck.random.choice(PARTS[kind]) if LONG else next(parts))
    until(lambda: len(struck.made.references()) >= struck.queued + people, PATIENCE_S, "the broadcast is queued")
    struck.everything_is_done(struck.queued + people)
