"""The machine's clock is set back: what was due is due, what was meant for later keeps its hour."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from foundation.database import Database
from scheduler.outbox import OutboundMessage, State
from scheduler.set_back import SetBack, due_again
from tests.scheduler.parts import Clock, message, put, row

HOUR = timedelta(hours=1)
NOW = timedelta()
MEANT_FOR = {"at once": NOW, "in hand": NOW, "tried": NOW, "later": 1.5 * HOUR, "in a while": HOUR / 4}


@pytest.mark.parametrize(
    ("machine", "monotonic", "noticed"), [(5, 5, False), (-3_595, 5, True), (3_605, 5, False), (5, 25, False)]
)
def test_only_an_hour_back_is_noticed(now: datetime, machine: float, monotonic: float, noticed: bool) -> None:
    clock, seconds = Clock(now), 0.0
    set_back = SetBack(clock, lambda: seconds)
    assert set_back.since_asked() is None
    clock.at, seconds = now + timedelta(seconds=machine), monotonic
    assert set_back.since_asked() == (now + timedelta(seconds=monotonic) if noticed else None)
    assert set_back.since_asked() is None, "once"


def test_each_is_due_when_it_should_be(any_database: Database, now: datetime) -> None:
    database, was = any_database, now + HOUR
    put(database, was, message("at once", was), message("later", was, not_before=was + HOUR / 2))
    put(database, was, message("in hand", was))
    put(database, now, message("in a while", now, not_before=now + HOUR / 4), message("tried", now))
    with database.write() as session:
        tried = OutboundMessage.dedupe_key == "tried"
        in_hand = OutboundMessage.dedupe_key == "in hand"
        session.execute(update(OutboundMessage).where(in_hand).values(state=State.SENDING, claimed_by="w"))
        session.execute(update(OutboundMessage).where(tried).values(attempts=1, not_before=was + HOUR / 6))
    with database.write() as session:
        assert due_again(session, "recording", was, now) == 3
        assert due_again(session, "another", was, now) == 0
    due = {key: row(database, key).not_before for key in MEANT_FOR}
    assert due == {key: now + meant for key, meant in MEANT_FOR.items()}
