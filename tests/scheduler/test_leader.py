"""One leader at a time, whatever becomes of it: real processes on a real PostgreSQL."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from foundation.database import Database
from scheduler.leader import LOOK_EVERY_S, has_leader
from tests.postgres import PostgresServer
from tests.scheduler.leading_child import OFFICE
from tests.services import until

ROOT = Path(__file__).parents[2]
START_S = 20.0
TAKES_OVER_S = 1.0
STOPS_S = 2.0
QUIET_S = 4 * LOOK_EVERY_S


class Candidate:
    """A process that leads when it may; `said` is all that it said so far."""

    def __init__(self, url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.scheduler.leading_child", url], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        self._said = ""

    @property
    def said(self) -> list[str]:
        assert self.process.stdout is not None
        self._said += (self.process.stdout.read() or b"").decode()
        return self._said.split()

    @property
    def leads(self) -> bool:
        return self.said[-1:] == ["begin"]

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        self.process.kill()
        self.process.wait(10)
        if self.process.stdout is not None:
            self.process.stdout.close()


@contextmanager
def candidates(url: str, count: int) -> Iterator[list[Candidate]]:
    with ExitStack() as stack:
        found = [Candidate(url) for _ in range(count)]
        for each in found:
            stack.callback(each.end)
        yield found


def the_leader(among: list[Candidate], within_s: float) -> Candidate:
    return until(lambda: next((each for each in among if each.leads), None), within_s, "a leader")


def backends(server: PostgresServer) -> list[int]:
    """PostgreSQL's processes that serve candidates."""
    rows = server.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'loa leader'")
    return [int(str(row[0])) for row in rows]


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[PostgresServer]:
    """One that a test may stop."""
    with PostgresServer(tmp_path) as server:
        yield server


def test_of_three_one_leads_and_the_next_takes_over_when_it_is_killed(postgres_database: Database) -> None:
    url = postgres_database.engine.url.render_as_string(hide_password=False)
    with candidates(url, 3) as living:
        leader = the_leader(living, START_S)
        with postgres_database.read() as session:
            assert has_leader(session, OFFICE)
            assert not has_leader(session, "another office")
        for _ in range(2):
            time.sleep(QUIET_S)  # nobody else wants it meanwhile
            assert [each for each in living if each.said] == [leader]
            living.remove(leader)
            leader.send(signal.SIGKILL)
            leader = the_leader(living, TAKES_OVER_S)
        leader.send(signal.SIGTERM)
        leader.process.wait(5)
        assert leader.said == ["begin", "cease"]
    with postgres_database.read() as session:
        assert not has_leader(session, OFFICE)


def test_a_leader_whose_connection_is_cut_stops_and_one_leads_again(
    postgres: PostgresServer, postgres_database: Database
) -> None:
    url = postgres_database.engine.url.render_as_string(hide_password=False)
    with candidates(url, 1) as (only,):
        the_leader([only], START_S)
        for backend in backends(postgres):
            postgres.execute(f"SELECT pg_terminate_backend({backend})")
        until(lambda: only.said[:2] == ["begin", "cease"], STOPS_S, "it ceases")
        until(lambda: only.said == ["begin", "cease", "begin"], STOPS_S, "it leads again")


def test_a_leader_whose_server_says_nothing_stops_by_itself(own_postgres: PostgresServer) -> None:
    """As when the network is cut: nothing is refused and nothing is closed, there is just no answer."""
    with candidates(own_postgres.url(), 1) as (only,):
        the_leader([only], START_S)
        (backend,) = backends(own_postgres)
        os.kill(backend, signal.SIGSTOP)
        try:
            until(lambda: only.said == ["begin", "cease"], STOPS_S, "it ceases")
        finally:
            os.kill(backend, signal.SIGCONT)
        until(lambda: only.leads, START_S, "it leads again")


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_that_restarts_has_one_leader_again(own_postgres: PostgresServer, mode: str) -> None:
    with candidates(own_postgres.url(), 2) as both:
        leader = the_leader(both, START_S)
        own_postgres.stop("fast" if mode == "fast" else "immediate")
        until(lambda: leader.said == ["begin", "cease"], STOPS_S, "it ceases")
        own_postgres.start()
        the_leader(both, START_S)
        time.sleep(QUIET_S)
        assert sum(each.leads for each in both) == 1
