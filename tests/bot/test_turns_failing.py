"""When something breaks in the middle of a turn: all of it stands or nothing, and nobody is left without an answer."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO

import pytest
from aiohttp import web
from sqlalchemy import func, select
from sqlalchemy import text as sql

from bot import inbound
from bot.answering import Answerer
from bot.inbound import LEASE, MOST_ATTEMPTS, MOST_CLAIMS
from bot.models import Conversation, InboundState, Ticket
from campaigns.models import Pledge
from foundation.database import Base, Database
from people import Suppression
from scheduler.outbox import OutboundMessage, Route
from tests.bot.meaning import NOW, meant
from tests.bot.understanding_process import UnderstandingProcess
from tests.bot.village import ME, all_inbound, all_replies, phone, receive, send, text_from, work

EFFECTS: tuple[type[Base], ...] = (Conversation, Ticket, Pledge, Suppression, OutboundMessage)
ONCE_THE_LEASE_IS_OVER = NOW + LEASE + timedelta(seconds=1)
QUESTION = "tiền điện nhiêu"
TABLE = {QUESTION: meant("ask_amount", "electricity"), "cán bộ đòi tiền": meant("report_problem")}
KANNEL = {"kannel": Route("kannel", "sms", 300, 10)}

Routes = Mapping[str, Route]


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


def count(database: Database, table: type[Base]) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def effects(database: Database) -> dict[str, int]:
    return {table.__tablename__: n for table in EFFECTS if (n := count(database, table))}


_BREAK = {
    "sqlite": ["CREATE TRIGGER broken BEFORE INSERT ON outbox WHEN {when} BEGIN SELECT RAISE(ABORT, 'disk full'); END"],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF {when} THEN RAISE 'disk full'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER broken BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION refuse()",
    ],
}
_MEND = {"sqlite": "DROP TRIGGER broken", "postgresql": "DROP FUNCTION refuse() CASCADE"}


@contextmanager
def broken_outbox(database: Database, when: str = "1 = 1") -> Iterator[None]:
    """The disk refuses rows of the outbox while `when` holds."""
    kind = database.engine.dialect.name
    with database.engine.begin() as connection:
        for statement in _BREAK[kind]:
            connection.execute(sql(statement.format(when=when.replace(":", "\\:"))))
    try:
        yield
    finally:
        with database.engine.begin() as connection:
            connection.execute(sql(_MEND[kind]))


TURNS = {
    "HUY": {"suppressions": 1},
    "UNG HO 200K": {"pledges": 1},
    "xem dữ liệu": {"tickets": 1},
    "cán bộ đòi tiền": {"tickets": 1},
    QUESTION: {},
}


@pytest.mark.parametrize("text", TURNS)
def test_a_turn_that_cannot_reply_leaves_nothing_behind(text: str, database: Database, answerer: Answerer) -> None:
    process = UnderstandingProcess(TABLE)
    send(database, text)

    with broken_outbox(database):
        assert work(database, process, answerer, KANNEL) == 0
        assert effects(database) == {}
        assert all_inbound(database)[0].state == InboundState.WORKING  # until its lease is over
    assert work(database, process, answerer, KANNEL, ONCE_THE_LEASE_IS_OVER) == 1
    assert effects(database) == {"conversations": 1, "outbox": 1, **TURNS[text]}


def test_a_passing_fault_is_not_noticed(database: Database, answerer: Answerer) -> None:
    send(database, QUESTION)

    attempts = f"(SELECT attempts FROM inbound WHERE id = NEW.inbound_id) < {MOST_ATTEMPTS}"
    with broken_outbox(database, when=attempts):
        assert work(database, UnderstandingProcess(TABLE), answerer, KANNEL) == 1
    (asked,) = all_inbound(database)
    assert (asked.kind, asked.attempts) == ("answer", MOST_ATTEMPTS)
    assert len(all_replies(database)) == 1


def test_after_three_failures_a_person_takes_over_and_the_sender_is_told(
    database: Database, answerer: Answerer
) -> None:
    send(database, QUESTION, "HUY")
    send(database, QUESTION, sender=phone(2))

    with broken_outbox(database, when=f"NEW.template LIKE 'answer:%' AND NEW.gateway = '{KANNEL['kannel'].gateway}'"):
        assert work(database, UnderstandingProcess(TABLE), answerer, KANNEL) == 3
    with database.read() as session:
        tickets = session.scalars(select(Ticket).order_by(Ticket.id)).all()
    assert [(ticket.kind, ticket.text) for ticket in tickets] == [("handover", QUESTION)] * 2
    replies = [reply.text for reply in all_replies(database) if reply.template == "handover"]
    assert [ticket.code in reply for ticket, reply in zip(tickets, replies, strict=True)] == [True, True]
    assert [row.kind for row in all_inbound(database)] == ["handover", "opt_out", "handover"]
    assert {row.attempts for row in all_inbound(database) if row.kind == "handover"} == {MOST_ATTEMPTS}


def test_a_text_at_which_workers_die_is_handed_to_a_person(database: Database, answerer: Answerer) -> None:
    send(database, QUESTION)
    for _ in range(MOST_CLAIMS):
        with database.write() as session:
            assert inbound.claim(session, 10, NOW)
            inbound.release_all(session)  # as the next worker does that finds its lease

    assert work(database, UnderstandingProcess(TABLE), answerer, KANNEL) == 1

    (row,) = all_inbound(database)
    assert (row.state, row.kind) == (InboundState.DONE, "handover")
    assert effects(database) == {"tickets": 1, "outbox": 1}


def test_one_text_that_cannot_be_answered_does_not_hold_up_the_others(database: Database, answerer: Answerer) -> None:
    receive(database, [text_from(phone(1), QUESTION, "z1")], gateway="oa", channel="zalo")
    receive(database, [text_from(phone(n), QUESTION, f"id-{n}") for n in range(2, 12)])
    process = UnderstandingProcess(TABLE)

    assert work(database, process, answerer, KANNEL) == 10
    assert [row.state for row in all_inbound(database)] == [InboundState.WORKING, *[InboundState.DONE] * 10]
    with_zalo = {**KANNEL, "oa": Route("oa", "zalo", 0, 3)}
    assert work(database, process, answerer, with_zalo, ONCE_THE_LEASE_IS_OVER) == 1
    assert all_replies(database)[-1].channel == "zalo"


def test_a_worker_so_slow_that_another_took_the_text_leaves_nothing_behind(
    database: Database, answerer: Answerer
) -> None:
    process = UnderstandingProcess(TABLE)
    send(database, "cán bộ đòi tiền")

    async def meanwhile(texts: list[str]) -> web.StreamResponse:
        with database.write() as session:
            assert len(inbound.claim(session, 10, ONCE_THE_LEASE_IS_OVER)) == 1
        return await process.understand(texts)

    process.answer = meanwhile

    assert work(database, process, answerer, KANNEL) == 0
    assert effects(database) == {}
    (asked,) = all_inbound(database)
    assert (asked.state, asked.attempts) == (InboundState.WORKING, 2)


def test_a_ticket_code_taken_by_chance_is_drawn_again(
    database: Database, answerer: Answerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = iter(["PA1234566", "PA1234566", "PA7654325"])
    monkeypatch.setattr("bot.turns.new_ticket_code", lambda: next(codes))
    send(database, "xem dữ liệu")
    send(database, "xem dữ liệu", sender=phone(2))

    assert work(database, None, answerer, KANNEL) == 2
    with database.read() as session:
        assert session.scalars(select(Ticket.code).order_by(Ticket.id)).all() == ["PA1234566", "PA7654325"]


def test_a_memory_of_an_older_version_is_forgotten_not_fatal(database: Database, answerer: Answerer) -> None:
    with database.write() as session:
        for address, state in ((ME, '{"topic": 5}'), (phone(2), "not json")):
            session.add(
                Conversation(channel="sms", address_hash=address, state=state, expires_at=NOW + timedelta(hours=1))
            )
    send(database, QUESTION)
    send(database, QUESTION, sender=phone(2))

    assert work(database, UnderstandingProcess(TABLE), answerer, KANNEL) == 2
    assert [row.kind for row in all_inbound(database)] == ["answer", "answer"]
    assert count(database, Conversation) == 2


def test_a_failure_is_logged_without_a_word_of_the_person(
    database: Database, answerer: Answerer, logged: StringIO
) -> None:
    send(database, "chồng tôi là Hồ Văn Bí Mật, tôi sợ")
    with broken_outbox(database):
        work(database, None, answerer, KANNEL)

    log = logged.getvalue()
    assert log.count('"a turn failed"') == MOST_ATTEMPTS
    assert "disk full" in log
    assert "could not be handed over" in log
    assert "Bí Mật" not in log.encode().decode("unicode_escape")
    assert "Mật" not in log
    assert ME.removeprefix("+84") not in log
