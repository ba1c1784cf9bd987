"""`loa serve`, the embedded default, on PostgreSQL: one worker, no broker, its clock by a lock in the database."""

from collections.abc import Callable

import pytest

from loa.wiring import CLOCK
from scheduler.leader import has_leader
from tests.loa.phones import ask_from, texts_on
from tests.loa.serving import Installation
from tests.postgres import PostgresServer
from tests.services import until

PHONE = "0912345678"


@pytest.mark.timeout(240)
def test_it_answers_without_a_broker(install: Callable[..., Installation], postgres: PostgresServer) -> None:
    installation = install(database_url=postgres.create_database())
    with installation.serve():
        ask_from(installation, PHONE, "UNG HO 200K")
        until(lambda: texts_on(installation, PHONE), 60, "an answer")
        with installation.loa.database.read() as session:
            assert has_leader(session, CLOCK)
