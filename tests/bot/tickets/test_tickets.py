"""What only a person can answer: told to the person by the way they asked, asked about by code, closed."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.answering import Answerer
from bot.exchange import Kind, Reason, TicketOpened
from bot.history import Heard, Said, history
from bot.inbound import Origin
from bot.models import Ticket, TicketStatus
from bot.tickets.handling import (
    LONGEST_ANSWER_SEGMENTS,
    TicketError,
    answer,
    answers_to,
    close,
    open_ticket,
    ticket_by_code,
    tickets_of,
)
from bot.tickets.sight import Sight
from foundation.clock import VIETNAM
from foundation.database import Database
from foundation.message_class import MessageClass
from foundation.text import segment
from people import AuditEntry, Official, OfficialError, Role, add_official
from scheduler.outbox import Route, RouteError
from tests.bot.meaning import CODE, NOW, TODAY, meant
from tests.bot.tickets.desk import opened
from tests.bot.understanding_process import UnderstandingProcess
from tests.bot.village import ME, all_inbound, all_replies, phone, receive, send, text_from, work

ROUTES = {"kannel": Route("kannel", "sms", 300, 10), "simulator": Route("simulator", "sms", 250, 1)}
LATER = NOW + timedelta(hours=3)
AFTER_THAT = NOW + timedelta(hours=4)
COMPLAINT = "xã hứa cấp bồn nước mà chưa thấy"
PROCESS = UnderstandingProcess({COMPLAINT: meant("report_problem")})


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


@pytest.fixture
def lan(database: Database) -> Official:
    with database.write() as session:
        return add_official(session, "lan", Role.HANDLER, None, NOW, "test")


def complain(database: Database, answerer: Answerer, gateway: str = "kannel", at: datetime = NOW) -> Ticket:
    """The ticket of a person who complained through a gateway."""
    send(database, COMPLAINT, gateway=gateway, now=at)
    work(database, PROCESS, answerer, ROUTES, at)
    with database.read() as session:
        return session.scalars(select(Ticket).order_by(Ticket.id.desc())).first() or pytest.fail("no ticket")


def reply_to(database: Database, ticket: Ticket, official: Official, text: str) -> None:
    with database.write() as session:
        answer(session, ticket_by_code(session, ticket.code), official, text, ROUTES, LATER)


def asked_about(database: Database, answerer: Answerer, text: str, sender: str = ME, at: datetime = AFTER_THAT) -> str:
    """What the person is told who asks by text."""
    send(database, text, sender=sender, now=at)
    work(database, PROCESS, answerer, ROUTES, at)
    return all_replies(database)[-1].text


def test_an_answer_goes_out_as_a_reply_the_way_the_question_came(
    database: Database, answerer: Answerer, lan: Official
) -> None:
    ticket = complain(database, answerer)
    reply_to(database, ticket, lan, "  Bồn nước về xã ngày 25/11. ")

    sent = all_replies(database)[-1]
    assert sent.text == f"{ticket.code}: Bồn nước về xã ngày 25/11."
    assert (sent.gateway, sent.address, sent.inbound_id) == ("kannel", ME, all_inbound(database)[0].id)
    assert (sent.message_class, sent.approver, sent.not_before) == (MessageClass.REPLY, "lan", LATER)


def test_an_answer_longer_than_the_gateway_carries_goes_in_parts(
    database: Database, answerer: Answerer, lan: Official
) -> None:
    ticket = complain(database, answerer, "simulator")
    before = len(all_replies(database))
    reply_to(database, ticket, lan, "Bồn nước về xã ngày mai. " * 5)

    parts = [message.text for message in all_replies(database)[before:]]
    assert len(parts) == 2
    assert all(segment(part).segments == 1 for part in parts)
    assert parts[0].startswith(ticket.code)


def test_the_status_asked_by_text_follows_the_ticket(database: Database, answerer: Answerer, lan: Official) -> None:
    ticket = complain(database, answerer)
    assert "đang xem, hạn trả lời 27/11/2026" in asked_about(database, answerer, f"phiếu {ticket.code} sao rồi")
    assert "không có mã" in asked_about(database, answerer, f"phiếu {ticket.code} sao rồi", sender=phone(2))

    reply_to(database, ticket, lan, "Ngày mai có.")
    later = AFTER_THAT + timedelta(hours=1)
    assert "đã nhắn tin trả lời" in asked_about(database, answerer, f"phiếu {ticket.code} sao rồi", at=later)

    with database.write() as session:
        close(session, ticket_by_code(session, ticket.code), lan, LATER)
    still_later = later + timedelta(hours=1)
    assert "đã giải quyết xong" in asked_about(
        database, answerer, f"phiếu {ticket.code.lower()} sao rồi", at=still_later
    )


def test_an_answered_ticket_may_be_answered_again(database: Database, answerer: Answerer, lan: Official) -> None:
    ticket = complain(database, answerer)
    for text in ("Xã đang hỏi huyện.", "Ngày mai có."):
        reply_to(database, ticket, lan, text)

    with database.read() as session:
        assert [given.text for given in answers_to(session, ticket)] == ["Xã đang hỏi huyện.", "Ngày mai có."]
    assert len(all_replies(database)) == 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "chưa có câu trả lời"),
        (" \n ", "chưa có câu trả lời"),
        ("ề" * (LONGEST_ANSWER_SEGMENTS * 67), "7 đoạn tin, nhiều nhất 6"),
    ],
)
def test_an_answer_that_cannot_be_sent_is_refused(
    text: str, reason: str, database: Database, answerer: Answerer, lan: Official
) -> None:
    ticket = complain(database, answerer)

    with pytest.raises(TicketError, match=reason):
        reply_to(database, ticket, lan, text)
    assert len(all_replies(database)) == 1


def test_the_longest_answer_counts_its_code(database: Database, answerer: Answerer, lan: Official) -> None:
    ticket = complain(database, answerer)
    longest = LONGEST_ANSWER_SEGMENTS * 67 - len(f"{ticket.code}: ")

    with pytest.raises(TicketError):
        reply_to(database, ticket, lan, "ề" * (longest + 1))
    reply_to(database, ticket, lan, "ề" * longest)
    assert all_replies(database)[-1].segments == LONGEST_ANSWER_SEGMENTS


def test_a_closed_ticket_is_not_answered(database: Database, answerer: Answerer, lan: Official) -> None:
    ticket = complain(database, answerer)
    with database.write() as session:
        for _ in range(2):
            close(session, ticket_by_code(session, ticket.code), lan, LATER)

    with pytest.raises(TicketError, match="đã đóng"):
        reply_to(database, ticket, lan, "Ngày mai có.")
    with database.read() as session:
        closed = ticket_by_code(session, ticket.code)
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject_kind == "ticket")).all()
    assert (closed.status, closed.closed_at) == (TicketStatus.CLOSED, LATER)
    assert actions == ["ticket.closed"]


def test_who_has_no_right_to_answer_can_neither_answer_nor_close(database: Database, answerer: Answerer) -> None:
    ticket = complain(database, answerer)
    nobody = Official(name="ba", role="visitor", active=True)

    for act in (
        lambda session, row: answer(session, row, nobody, "Ngày mai có.", ROUTES, LATER),
        lambda session, row: close(session, row, nobody, LATER),
    ):
        with pytest.raises((OfficialError, ValueError)), database.write() as session:
            act(session, ticket_by_code(session, ticket.code))
    assert len(all_replies(database)) == 1


def test_every_answer_is_in_the_audit_log_without_its_words(
    database: Database, answerer: Answerer, lan: Official
) -> None:
    ticket = complain(database, answerer)
    reply_to(database, ticket, lan, "Ngày mai có.")

    with database.read() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "ticket")).all()
    assert (entry.actor, entry.action, entry.subject_id, entry.at) == ("lan", "ticket.answered", ticket.code, LATER)
    assert not entry.details


def test_without_a_gateway_of_the_channel_nothing_is_said_to_be_answered(
    database: Database, answerer: Answerer, lan: Official
) -> None:
    ticket = complain(database, answerer)

    with pytest.raises(RouteError), database.write() as session:
        answer(session, ticket_by_code(session, ticket.code), lan, "Ngày mai có.", {}, LATER)
    with database.read() as session:
        assert ticket_by_code(session, ticket.code).status == TicketStatus.OPEN


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 11, 16), date(2026, 11, 23)),  # Monday → Monday
        (date(2026, 11, 20), date(2026, 11, 27)),  # Friday → Friday, over one week-end
        (date(2026, 11, 21), date(2026, 11, 27)),  # Saturday counts as the Friday before
        (date(2026, 11, 22), date(2026, 11, 27)),
    ],
)
def test_the_due_day_counts_working_days_of_vietnam(
    day: date, due: date, database: Database, answerer: Answerer
) -> None:
    for hour in (1, 23):  # at one at night it is still yesterday in UTC
        at = datetime(day.year, day.month, day.day, hour, tzinfo=VIETNAM)
        assert complain(database, answerer, at=at).due_on == due


def test_tickets_are_the_persons_own_and_found_by_code(database: Database) -> None:
    first, second = opened(database), opened(database, reason=Reason.CORRUPTION, confidential=True)
    with database.read() as session:
        known = tickets_of(session, "sms", ME)
        assert [(one.code, one.confidential) for one in known] == [(first, False), (second, True)]
        assert tickets_of(session, "zalo", ME) == tickets_of(session, "sms", phone(2)) == ()
        assert ticket_by_code(session, first.lower()).code == first
        with pytest.raises(TicketError, match="không có phiếu PA0000013"):
            ticket_by_code(session, "PA0000013")


def test_the_conversation_behind_a_ticket_is_read_in_order(
    database: Database, answerer: Answerer, lan: Official
) -> None:
    receive(database, [text_from(phone(2), "của người khác", "other")])
    ticket = complain(database, answerer)
    reply_to(database, ticket, lan, "Ngày mai có.")
    asked_about(database, answerer, "cảm ơn")

    with database.read() as session:
        lines = history(session, ticket, Sight())
        shortest = history(session, ticket, Sight(), limit=1)
    assert [type(line) for line in lines] == [Heard, Said, Said, Heard, Said]
    assert lines[0].text == COMPLAINT
    assert [line.official for line in lines if isinstance(line, Said)].count("lan") == 1
    assert "của người khác" not in [line.text for line in lines]
    assert [line.text for line in shortest if isinstance(line, Heard)] == [COMPLAINT, "cảm ơn"]


def test_the_history_of_a_ticket_opened_by_hand_holds_its_question_and_answers(
    database: Database, lan: Official
) -> None:
    with database.write() as session:
        opened = TicketOpened(CODE, Kind.HANDOVER, None, TODAY)
        open_ticket(session, opened, Origin("sms", ME, "hỏi qua điện thoại"), NOW)
        answer(session, ticket_by_code(session, CODE), lan, "Đã rõ.", ROUTES, LATER)

    with database.read() as session:
        lines = history(session, ticket_by_code(session, CODE), Sight())
    assert [(type(line), line.text) for line in lines] == [(Heard, "hỏi qua điện thoại"), (Said, "Đã rõ.")]
    assert all_replies(database)[0].gateway == "kannel"
