"""However settling and receipts are interleaved, whichever are repeated or missing: a message ends at the highest rank
that anybody told of it."""

from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from foundation.database import Database
from gateways import Outcome, SendStatus
from scheduler.claims import claim, settle
from scheduler.outbox import OutboundMessage, State
from scheduler.outbox.models import StoredReceipt
from scheduler.outbox.receipts import DeliveryReport, merge_waiting, prepare_receipt, store_receipts
from tests.proofs.moody import ANY_HOUR
from tests.scheduler.parts import message, put, row
from tests.sizes import size

GATEWAY, WORKER = "recording", "w"
RANK = {
    State.UNKNOWN: 0,
    State.ACCEPTED: 1,
    State.SENT: 2,
    State.UNDELIVERED: 3,
    State.EXPIRED: 3,
    State.FAILED: 3,
    State.DELIVERED: 4,
    State.SEEN: 5,
}
"""Written here once more on purpose, from the manuals and not from our table of transitions."""
SETTLED = {SendStatus.ACCEPTED: State.ACCEPTED, SendStatus.UNCERTAIN: State.UNKNOWN, SendStatus.REJECTED: State.FAILED}
RECEIPTS = st.sampled_from([state for state in RANK if state is not State.UNKNOWN])
SETTLE, MERGE = "settle", "merge"


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


@pytest.mark.timeout(600)
@settings(max_examples=size(60, 2_000), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(list(SETTLED)),
    st.lists(st.one_of(RECEIPTS, st.just(MERGE)), max_size=8),
    st.integers(0, 8),
)
def test_a_message_ends_at_the_highest_rank_that_was_told(
    database: Database, now: datetime, status: SendStatus, told: list[State | str], settled_at: int
) -> None:
    with database.write() as session:
        session.execute(delete(StoredReceipt))
        session.execute(delete(OutboundMessage))
    put(database, now, message("m0", now))
    with database.write() as session:
        [held] = claim(session, GATEWAY, WORKER, 1, ANY_HOUR, now).messages
    steps = [*told[:settled_at], SETTLE, *told[settled_at:], MERGE]
    for number, step in enumerate(steps):
        moment = now + timedelta(seconds=number)
        with database.write() as session:
            if step == SETTLE:
                settle(session, [(held, Outcome(held.reference, status, "p-1"))], WORKER, moment, Random(1))
            elif step == MERGE:
                merge_waiting(session, moment)
            else:
                report = DeliveryReport(held.reference, State(step))
                store_receipts(session, [prepare_receipt(session.get_bind().dialect, GATEWAY, report, moment)])
    states = [SETTLED[status], *(State(each) for each in told if each != MERGE)]
    assert RANK[State(row(database).state)] == max(RANK[state] for state in states)
    assert row(database).claimed_by is None
