"""An official who sent HUY from their own telephone: no notice reaches them, so the next one up is told instead."""

import pytest

from bot.exchange import Reason
from bot.tickets.followup import FollowUp
from foundation.database import Database
from foundation.holidays import SHIPPED
from people import SuppressionReason, entries, lift, suppress
from scheduler.outbox import Route
from tests.bot.meaning import NOW
from tests.bot.tickets.desk import HOA, MAI, opened, staff, texts_to, ticket

FOLLOW_UP = FollowUp({"kannel": Route("kannel", "sms", 300, 10)}, SHIPPED, lambda topic: topic)


@pytest.fixture
def office(database: Database) -> Database:
    """The commune, whose Hoa wants no more texts."""
    staff(database)
    with database.write() as session:
        suppress(session, "sms", HOA, SuppressionReason.OPT_OUT, NOW)
    return database


def test_who_stopped_texts_is_told_through_the_next_one_up_on_record(office: Database) -> None:
    code = opened(office)
    FOLLOW_UP.run(office, NOW)
    (sent,) = texts_to(office, MAI)
    assert "«hoa» khong co so may nhan tin, nho anh/chi bao" in sent.text
    assert texts_to(office, HOA) == []
    assert ticket(office, code).owner == "hoa"
    with office.read() as session:
        (noted,) = [entry for entry in entries(session) if entry.action == "ticket.owner_unreachable"]
    assert noted.details == {"owner": "hoa", "told": "mai"}


def test_danger_reaches_them_all_the_same(office: Database) -> None:
    opened(office, reason=Reason.DANGER, urgent=True)
    FOLLOW_UP.run(office, NOW)
    assert len(texts_to(office, HOA)) == 1
    assert texts_to(office, MAI) == []


def test_who_wants_texts_again_is_told(office: Database) -> None:
    with office.write() as session:
        lift(session, "sms", HOA, NOW)
    opened(office)
    FOLLOW_UP.run(office, NOW)
    assert len(texts_to(office, HOA)) == 1
