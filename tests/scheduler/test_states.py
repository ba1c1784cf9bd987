from datetime import datetime
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from foundation.database import Database
from scheduler.outbox import Batch, DeliveryReport, OutboundMessage, State, merge
from scheduler.outbox.states import OPEN, TRANSITIONS, sources
from tests.scheduler.parts import message, put, row

FINAL = {State.SEEN, State.SUPPRESSED, State.CANCELLED}
REPORTS = (State.ACCEPTED, State.SENT, State.DELIVERED, State.UNDELIVERED, State.FAILED, State.EXPIRED)


def test_the_table_names_every_state_and_every_state_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(State)
    reached, edge = {State.QUEUED}, [State.QUEUED]
    while edge:
        new = TRANSITIONS[edge.pop()] - reached
        reached |= new
        edge += new
    assert reached == set(State)


def test_final_states_are_final_and_no_other_state_is_a_dead_end() -> None:
    assert {state for state, targets in TRANSITIONS.items() if not targets} == FINAL


def test_what_a_gateway_has_taken_never_goes_back_into_the_queue() -> None:
    assert sources(State.QUEUED) == [State.SENDING, State.UNKNOWN]  # the latter where the carrier dedupes, or on proof
    assert set(sources(State.SENDING)) == {State.QUEUED}
    assert {State.QUEUED, State.SENDING} == OPEN


def test_no_state_leads_to_itself() -> None:
    assert not [state for state, targets in TRANSITIONS.items() if state in targets]


def take(database: Database, state: State, now: datetime, gateway: str = "recording", key: str = "m0") -> bool:
    with database.write() as session:
        report = DeliveryReport(row(database, key).reference, state, provider_id="p1")
        return bool(merge(session, gateway, [report], now))


def bring(database: Database, state: State, now: datetime) -> None:
    """One message, in this state."""
    with database.write() as session:
        session.execute(delete(OutboundMessage))
        session.execute(delete(Batch))
    put(database, now, message("m0", now))
    with database.write() as session:
        session.execute(update(OutboundMessage).values(state=state))


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("reported", REPORTS)
def test_a_receipt_does_what_the_table_says_and_nothing_else(
    database: Database, now: datetime, before: State, reported: State
) -> None:
    bring(database, before, now)
    allowed = reported in TRANSITIONS[before] and before is not State.QUEUED
    assert take(database, reported, now) == allowed
    assert row(database).state == (reported if allowed else before)
    assert row(database).provider_id == ("p1" if allowed else None)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(REPORTS), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_order_and_number_of_receipts_change_nothing_once_delivered(
    database: Database, now: datetime, receipts: list[State], random: Random
) -> None:
    receipts = [*receipts, State.DELIVERED]
    shuffled = receipts * 2
    random.shuffle(shuffled)
    bring(database, State.SENDING, now)
    delivered = False
    for state in shuffled:
        take(database, state, now)
        delivered = delivered or state is State.DELIVERED
        assert not delivered or row(database).state == State.DELIVERED, "a delivered text is never taken back"
    assert row(database).state == State.DELIVERED


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([State.ACCEPTED, State.SENT]), max_size=3),
    st.sampled_from([State.UNDELIVERED, State.FAILED, State.EXPIRED]),
    st.randoms(use_true_random=False),
)
def test_one_fate_reported_in_any_order_is_the_fate(
    database: Database, now: datetime, steps: list[State], fate: State, random: Random
) -> None:
    shuffled = [*steps, fate, *steps, fate]
    random.shuffle(shuffled)
    bring(database, State.SENDING, now)
    for state in shuffled:
        take(database, state, now)
    assert row(database).state == fate


def test_a_receipt_about_nothing_of_ours_changes_nothing(database: Database, now: datetime) -> None:
    bring(database, State.ACCEPTED, now)
    assert not take(database, State.DELIVERED, now, gateway="another")
    with database.write() as session:
        assert merge(session, "recording", [DeliveryReport("nobody", State.DELIVERED)], now) == 0
        assert merge(session, "recording", [], now) == 0
    assert row(database).state == State.ACCEPTED


def test_a_receipt_says_when_it_was_settled_and_why(database: Database, now: datetime) -> None:
    bring(database, State.ACCEPTED, now)
    with database.write() as session:
        report = DeliveryReport(row(database).reference, State.UNDELIVERED, "p" * 500, "absent subscriber")
        assert merge(session, "recording", [report], now) == 1
    settled = row(database)
    assert (settled.settled_at, settled.detail, settled.provider_id) == (now, "absent subscriber", "p" * 120)
