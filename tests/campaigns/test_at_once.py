"""Two at the same broadcast in the same moment, on PostgreSQL, where nobody waits for a writer who touches nothing of
theirs."""

from datetime import datetime

import pytest

from campaigns import broadcasts as life
from campaigns.broadcasts import BroadcastError
from campaigns.models import Status
from campaigns.sending import finish, send_due
from foundation.database import Database
from people import official_named
from scheduler.outbox import State
from tests.campaigns import test_broadcasts as parts
from tests.campaigns.test_broadcasts import ROUTE, at_eight, do, edit, get
from tests.postgres import meanwhile

village = parts.village


@pytest.fixture
def database(postgres_database: Database) -> Database:
    return postgres_database


def test_nobody_approves_a_text_that_is_being_rewritten(village: Database, now: datetime) -> None:
    broadcast_id = parts.write(village, now)
    do(village, broadcast_id, parts.submit(now))

    with village.write() as session:
        life.approve(session, life.broadcast_by_id(session, broadcast_id), official_named(session, "minh"), ROUTE, now)
        other = meanwhile(village, lambda: do(village, broadcast_id, edit(now, text="Tin khac")))
    other.result(30)

    now_is = get(village, broadcast_id)
    assert (now_is.status, now_is.text, now_is.approved_by) == (Status.DRAFT, "Tin khac", None)


def test_nobody_rewrites_what_was_approved_in_the_same_moment_unseen(village: Database, now: datetime) -> None:
    broadcast_id = parts.write(village, now)
    do(village, broadcast_id, parts.submit(now))

    with village.write() as session:
        found = life.broadcast_by_id(session, broadcast_id)
        life.edit(session, found, official_named(session, "lan"), "Tin khac", at_eight(now), None, ROUTE, now)
        session.flush()
        other = meanwhile(village, lambda: do(village, broadcast_id, parts.approve(now)))
    with pytest.raises(BroadcastError, match="bản nháp"):
        other.result(30)
    assert get(village, broadcast_id).status == Status.DRAFT


def test_what_is_cancelled_while_it_is_being_finished_stays_cancelled(village: Database, now: datetime) -> None:
    broadcast_id = parts.sending(village, now)
    parts.settle_all(village, State.DELIVERED, now)

    with village.write() as session:
        found = life.broadcast_by_id(session, broadcast_id)
        life.cancel(session, found, official_named(session, "lan"), now)
        session.flush()
        other = meanwhile(village, lambda: finish(village, now))
    assert other.result(30) == 0
    assert get(village, broadcast_id).status == Status.CANCELLED


def test_what_is_cancelled_while_it_is_due_goes_to_nobody(village: Database, now: datetime) -> None:
    broadcast_id = parts.approved(village, now)
    with village.write() as session:
        found = life.broadcast_by_id(session, broadcast_id)
        life.cancel(session, found, official_named(session, "lan"), now)
        session.flush()
        other = meanwhile(village, lambda: send_due(village, {ROUTE.gateway: ROUTE}, at_eight(now)))
    assert other.result(30) == 0
    assert parts.messages(village) == []
