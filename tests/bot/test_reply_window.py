"""Where a channel lets a person be answered for so long and no longer, answers know it, and officials are told."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.answering import Answerer
from bot.models import Ticket
from bot.tickets.handling import TicketError, answer, ticket_by_code
from foundation.database import Database
from gateways import InboundText
from people import Role, add_official, official_named
from scheduler.outbox import Route
from tests.bot.meaning import NOW, meant
from tests.bot.understanding_process import UnderstandingProcess
from tests.bot.village import ME, all_replies, receive, send, work

WINDOW = timedelta(days=7)
ROUTES = {"kannel": Route("kannel", "sms", 300, 10, reply_window=WINDOW)}
COMPLAINT = "xã hứa cấp bồn nước mà chưa thấy"
PROCESS = UnderstandingProcess({COMPLAINT: meant("report_problem")})
HOUR = timedelta(hours=1)


def ticket_of_a_complaint(database: Database, answerer: Answerer) -> str:
    send(database, COMPLAINT)
    work(database, PROCESS, answerer, ROUTES)
    with database.write() as session:
        add_official(session, "lan", Role.HANDLER, None, NOW, "test")
        return session.scalars(select(Ticket)).one().code


def answered(database: Database, code: str, now: datetime) -> None:
    with database.write() as session:
        answer(session, ticket_by_code(session, code), official_named(session, "lan"), "Mai có.", ROUTES, now)


def test_an_answer_is_good_until_the_window_closes(database: Database, answerer: Answerer) -> None:
    send(database, COMPLAINT)
    work(database, PROCESS, answerer, ROUTES, NOW + HOUR)
    (reply,) = all_replies(database)
    assert (reply.asked_at, reply.expires_at) == (NOW, NOW + WINDOW)


@pytest.mark.parametrize(
    ("sent_at", "asked_at"),
    [
        (NOW - HOUR, NOW - HOUR),
        (NOW + 2 * HOUR, NOW),  # a carrier's clock that is ahead
        (NOW - timedelta(days=400), NOW),  # or stands
    ],
)
def test_the_carriers_clock_is_believed_unless_it_is_off(
    database: Database, answerer: Answerer, sent_at: datetime, asked_at: datetime
) -> None:
    receive(database, [InboundText("1", ME, "8079", COMPLAINT, sent_at)])
    work(database, PROCESS, answerer, ROUTES)
    (reply,) = all_replies(database)
    assert (reply.asked_at, reply.expires_at) == (asked_at, asked_at + WINDOW)


def test_an_officials_answer_counts_from_when_the_person_last_wrote(database: Database, answerer: Answerer) -> None:
    code = ticket_of_a_complaint(database, answerer)
    wrote_again = NOW + timedelta(days=5)
    send(database, "có chưa", now=wrote_again)
    answered(database, code, NOW + timedelta(days=8))
    last = all_replies(database)[-1]
    assert (last.asked_at, last.expires_at) == (wrote_again, wrote_again + WINDOW)


def test_an_official_who_comes_too_late_is_told_to_call(database: Database, answerer: Answerer) -> None:
    code = ticket_of_a_complaint(database, answerer)
    answered(database, code, NOW + WINDOW - HOUR)
    before = len(all_replies(database))
    with pytest.raises(TicketError, match="trong 7 ngày; hãy gọi điện"):
        answered(database, code, NOW + WINDOW)
    assert len(all_replies(database)) == before
