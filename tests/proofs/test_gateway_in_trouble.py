"""Our Kannel gateway meets a real HTTP server in every mood: what becomes of the texts, and of the rest."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from socket import socket

import pytest
from sqlalchemy import select, update

from foundation.clock import utc_now
from foundation.database import Database
from scheduler.circuit import Tolerance
from scheduler.outbox import OutboundMessage, State
from scheduler.outbox.models import GatewayState
from scheduler.outbox.states import CircuitState
from tests.gateways.far_end import Act, answers, breaks_off, hangs_up, says_nothing, talks_nonsense
from tests.proofs.moody import ROUTE, SOON, WELL, dispatching, smsbox, states
from tests.scheduler.parts import message, phone, put, rows
from tests.services import until_in_loop
from tests.sizes import LONG, size

PEOPLE = size(200, 2_000)
AT_ONCE = 16
PATIENCE_S = 60.0 + PEOPLE / 50

KINDS = ["database", "postgres_database"] if LONG else ["database"]
"""In `make test` on SQLite alone: what is shown here rests on the circuit, less on SQL."""

pytestmark = pytest.mark.timeout(int(2 * PATIENCE_S))


def slowly(connection: socket, closing: threading.Event) -> None:
    closing.wait(0.3)
    WELL(connection, closing)


@dataclass(frozen=True)
class Mood:
    """`becomes` is what becomes of a text that meets it; `opens` whether the circuit does."""

    act: Act
    becomes: State
    opens: bool = True
    tolerance: Tolerance = SOON
    timeout_s: float = 10.0


MOODS = {
    "500": Mood(answers(500, "Internal Server Error"), State.UNKNOWN),
    "502 from a proxy": Mood(answers(502, "<html>Bad Gateway</html>"), State.UNKNOWN),
    "503": Mood(answers(503, "Temporal failure, try again later."), State.QUEUED),
    "429": Mood(answers(429, "", "Retry-After: 2"), State.QUEUED),
    "403": Mood(answers(403, "Authorization failed for sendsms"), State.QUEUED),
    "garbage": Mood(talks_nonsense, State.UNKNOWN),
    "200 with garbage": Mood(answers(200, "<html>Xin chào</html>"), State.UNKNOWN),
    "hangs up": Mood(hangs_up, State.UNKNOWN),
    "says nothing": Mood(says_nothing, State.UNKNOWN, timeout_s=1.0),
    "breaks off in its answer": Mood(breaks_off, State.ACCEPTED, opens=False),
    "slowly": Mood(slowly, State.ACCEPTED, tolerance=replace(SOON, slow_s=0.2)),
}


def circuit(database: Database) -> CircuitState:
    with database.read() as session:
        found = session.scalar(select(GatewayState.circuit).where(GatewayState.gateway == "kannel"))
        return CircuitState(found or CircuitState.CLOSED)


def queue(database: Database) -> None:
    now = utc_now()
    put(database, now, *(message(f"m{n}", now, address=phone(n), route=ROUTE) for n in range(PEOPLE)))


def done(database: Database) -> Callable[[], bool]:
    return lambda: not {State.QUEUED, State.SENDING} & states(database).keys()


@pytest.mark.parametrize("name", MOODS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_gateway_in_trouble_is_left_alone_and_comes_back_to(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, name: str
) -> None:
    mood = MOODS[name]
    database: Database = request.getfixturevalue(kind)
    queue(database)

    async def work() -> None:
        gateway = box.gateway(concurrency=AT_ONCE, timeout_s=mood.timeout_s)
        async with dispatching(database, gateway, tmp_path / "journals", tolerance=mood.tolerance) as dispatcher:
            if mood.opens:
                await until_in_loop(lambda: circuit(database) is CircuitState.OPEN, PATIENCE_S, "the circuit opens")
                # What was on the wire comes back; nothing follows it.
                await until_in_loop(
                    lambda: State.SENDING not in states(database), PATIENCE_S, "what is in hand is given back"
                )
                met = box.arrived()
                assert len(met) <= mood.tolerance.least + 2 * AT_ONCE, "no more than it took to see it"
                found = states(database)
                assert found.keys() <= {mood.becomes, State.QUEUED}
                assert found[State.QUEUED] >= PEOPLE - len(met)
                if mood.becomes is not State.QUEUED:
                    assert found[mood.becomes] == len(met)
            else:
                await until_in_loop(done(database), PATIENCE_S, "all have left")
            box.mood = WELL
            with database.write() as session:  # what waits for its next attempt need not wait for minutes here
                waits = OutboundMessage.state == State.QUEUED
                session.execute(update(OutboundMessage).where(waits).values(not_before=utc_now()))
            dispatcher.nudge()
            await until_in_loop(done(database), PATIENCE_S, "the rest leaves when it is well again")
            await until_in_loop(lambda: circuit(database) is CircuitState.CLOSED, PATIENCE_S, "the circuit closes")

    with smsbox() as box:
        box.mood = mood.act
        asyncio.run(work())
        arrived = box.arrived()
    ends = {row.reference: State(row.state) for row in rows(database)}
    assert set(ends.values()) <= {State.ACCEPTED, mood.becomes}
    assert ends.keys() == arrived.keys(), "everything left"
    uncertain = {reference for reference, state in ends.items() if state is State.UNKNOWN}
    once_only = uncertain if mood.becomes is State.UNKNOWN else set()
    assert all(arrived[reference] == 1 for reference in once_only), "what is uncertain is never sent again"
    if mood.becomes in (State.UNKNOWN, State.ACCEPTED):
        assert set(arrived.values()) == {1}
    if name == "429":
        assert {row.attempts for row in rows(database)} == {1}, "to have been too fast is no failed attempt"


def test_a_gateway_that_hangs_up_sees_each_text_once_though_nobody_answers(database: Database, tmp_path: Path) -> None:
    """aiohttp would repeat a GET by itself; we post, and what was taken without an answer is uncertain."""
    now = utc_now()
    put(database, now, *(message(f"m{n}", now, address=phone(n), route=ROUTE) for n in range(5)))

    async def work() -> None:
        async with dispatching(database, box.gateway(), tmp_path / "journals"):
            await until_in_loop(done(database), PATIENCE_S, "all have left")

    with smsbox() as box:
        box.mood = hangs_up
        asyncio.run(work())
        assert Counter(box.arrived().values()) == {1: 5}
    assert states(database) == {State.UNKNOWN: 5}
