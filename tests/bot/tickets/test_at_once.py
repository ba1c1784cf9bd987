"""Two at the same ticket in the same moment, on PostgreSQL."""

import pytest
from sqlalchemy import select

from bot.models import TicketStatus
from bot.tickets.followup import FollowUp
from bot.tickets.handling import TicketError, answer, assign, close, ticket_by_code
from foundation.database import Database
from foundation.holidays import SHIPPED
from people import official_named
from scheduler.outbox import OutboundMessage, Route
from tests.bot.meaning import NOW
from tests.bot.tickets.desk import MAI, opened, staff, ticket
from tests.postgres import meanwhile

ROUTES = {"kannel": Route("kannel", "sms", 300, 10)}


@pytest.fixture
def database(postgres_database: Database) -> Database:
    staff(postgres_database)
    return postgres_database


def answers(database: Database, code: str) -> None:
    with database.write() as session:
        answer(session, ticket_by_code(session, code), official_named(session, "hoa"), "Mai đến nhà.", ROUTES, NOW)


def test_what_is_closed_in_the_same_moment_is_answered_no_more(database: Database) -> None:
    code = opened(database)
    with database.write() as session:
        close(session, ticket_by_code(session, code), official_named(session, "hoa"), NOW)
        session.flush()
        other = meanwhile(database, lambda: answers(database, code))
    with pytest.raises(TicketError, match="đã đóng"):
        other.result(30)
    assert ticket(database, code).status == TicketStatus.CLOSED


def test_the_clock_tells_the_official_to_whom_it_is_given_in_that_moment(database: Database) -> None:
    code = opened(database)
    follow_up = FollowUp(ROUTES, SHIPPED, lambda topic: topic)
    with database.write() as session:
        hoa, mai = official_named(session, "hoa"), official_named(session, "mai")
        assign(session, ticket_by_code(session, code), mai, hoa, NOW)
        session.flush()
        other = meanwhile(database, lambda: follow_up.run(database, NOW))
    other.result(30)
    found = ticket(database, code)
    assert (found.owner, found.handed_over) == ("mai", 1)
    assert found.notified_at == NOW
    with database.read() as session:
        told = [message.address for message in session.scalars(select(OutboundMessage))]
    assert told == [MAI]
