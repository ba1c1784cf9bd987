"""A number that becomes another person's: nothing of the one before is told to it, and a stop still stops."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.exchange import State
from bot.memory import recall, remember
from bot.numbers import SILENCE, forget_person, was_silent
from bot.tickets.handling import TicketError, answer, ticket_by_code, tickets_of
from foundation.database import Database
from people import Consent, SuppressionReason, official_named, suppress, suppressed
from scheduler.outbox import Route
from tests.bot.meaning import NOW
from tests.bot.tickets.desk import opened, staff
from tests.bot.village import ME, all_inbound, phone, receive, send, text_from

LATER = NOW + timedelta(hours=1)
ROUTES = {"kannel": Route("kannel", "sms", 300, 10)}


def test_a_new_person_finds_no_talk_and_no_tickets_of_the_one_before(database: Database) -> None:
    staff(database)
    before = opened(database)
    with database.write() as session:
        remember(session, "sms", ME, State(topic="electricity"), NOW)
        remember(session, "sms", phone(2), State(topic="electricity"), NOW)
        forget_person(session, "sms", ME, LATER)
    after = opened(database, at=LATER)
    with database.read() as session:
        assert recall(session, "sms", ME, LATER) == State()
        assert recall(session, "sms", phone(2), LATER).topic == "electricity"
        assert [known.code for known in tickets_of(session, "sms", ME)] == [after]

    with database.write() as session:
        hoa = official_named(session, "hoa")
        with pytest.raises(TicketError, match="nay là của người khác"):
            answer(session, ticket_by_code(session, before), hoa, "Mai có tiền.", ROUTES, LATER)
        answer(session, ticket_by_code(session, after), hoa, "Mai có tiền.", ROUTES, LATER)


def test_on_another_channel_the_person_stays_the_same(database: Database) -> None:
    code = opened(database)
    with database.write() as session:
        forget_person(session, "zalo", ME, LATER)
    with database.read() as session:
        assert [known.code for known in tickets_of(session, "sms", ME)] == [code]


def test_a_stop_stays_and_consent_ends(database: Database) -> None:
    with database.write() as session:
        suppress(session, "sms", ME, SuppressionReason.OPT_OUT, NOW)
        for address in (ME, phone(2)):
            session.add(
                Consent(
                    channel="sms",
                    address_hash=address,
                    message_class="fundraising",
                    evidence="DANG KY",
                    given_at=NOW,
                )
            )
        forget_person(session, "sms", ME, LATER)
    with database.read() as session:
        withdrawn = session.scalars(select(Consent.withdrawn_at).order_by(Consent.id)).all()
        assert withdrawn == [LATER, None]
        hashes = {row[0] for row in session.execute(select(Consent.address_hash))}
        assert list(suppressed(session, "sms", hashes).values()) == [SuppressionReason.OPT_OUT]


def test_half_a_year_of_silence_is_noticed_at_the_text_that_breaks_it(database: Database) -> None:
    send(database, "tiền điện", now=NOW)
    receive(database, [text_from(phone(2), "khác", "other")], now=NOW + SILENCE)
    send(database, "xin chào", now=NOW + SILENCE)
    first, _, last = all_inbound(database)
    with database.read() as session:
        assert was_silent(session, "sms", ME, last.id, NOW + SILENCE)
        assert not was_silent(session, "sms", ME, last.id, NOW + SILENCE - timedelta(seconds=1))
        assert not was_silent(session, "sms", ME, first.id, NOW + SILENCE)  # the very first text
        assert not was_silent(session, "zalo", ME, last.id, NOW + SILENCE)
        assert not was_silent(session, "sms", ME, None, NOW + SILENCE)
