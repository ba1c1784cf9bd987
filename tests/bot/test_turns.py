"""From the inbound queue to the outbox: each text one reply, by the way it came, with what it led to recorded."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.answering import Answerer
from bot.memory import forget_expired
from bot.models import Conversation, InboundState, Ticket
from campaigns.models import Pledge
from foundation.database import Database
from foundation.message_class import MessageClass
from foundation.text import segment
from people import Suppression, suppressed
from scheduler.outbox import Route
from tests.bot.meaning import IN_FIVE_WORKING_DAYS, MODEL, NOW, meant
from tests.bot.understanding_process import Answer, UnderstandingProcess, answering, too_slow
from tests.bot.village import ME, all_inbound, all_replies, phone, receive, send, text_from, work

QUESTION = "hộ nghèo được hỗ trợ tiền điện bao nhiêu"
PAPERS = "còn giấy tờ thì sao"
TABLE = {
    QUESTION: meant("ask_amount", "electricity"),
    PAPERS: meant("ask_documents"),
    "cán bộ đòi tiền": meant("report_problem"),
}

Routes = Mapping[str, Route]


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


@pytest.fixture
def process() -> UnderstandingProcess:
    return UnderstandingProcess(TABLE)


def is_suppressed(database: Database, address: str = ME) -> bool:
    with database.read() as session:
        return bool(suppressed(session, "sms", [database.vault.digest(address)]))


def test_a_question_is_answered_and_how_is_recorded(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    send(database, QUESTION)

    assert work(database, process, answerer, routes) == 1
    (asked,) = all_inbound(database)
    assert (asked.state, asked.kind, asked.facts) == (InboundState.DONE, "answer", ["electricity"])
    assert (asked.model_id, asked.confidence, asked.answered_at) == (MODEL, 0.95, NOW)
    assert (asked.intent, asked.topic) == ("ask_amount", "electricity")
    assert asked.citations
    assert asked.citations[0]["number"] == "28/2014/QĐ-TTg"
    (reply,) = all_replies(database)
    assert "59.520" in reply.text
    assert (reply.address, reply.inbound_id, reply.message_class) == (ME, asked.id, MessageClass.REPLY)
    assert (reply.template, reply.model_id, reply.batch_id) == ("answer:electricity", MODEL, None)
    assert reply.template_version == answerer.book.versions["electricity"]


def test_what_was_understood_is_kept_whatever_came_of_it(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    """A text about no subject, one whose subject has no answer, and a word that no model is asked about."""
    process = UnderstandingProcess({**TABLE, "xe buýt mấy giờ": meant("ask_when", "buses")})
    for number, text in enumerate((PAPERS, "xe buýt mấy giờ", "HUY")):
        send(database, text, sender=phone(number))
    work(database, process, answerer, routes)

    assert [(asked.kind, asked.intent, asked.topic) for asked in all_inbound(database)] == [
        ("ask_back", "ask_documents", None),
        ("handover", "ask_when", "buses"),
        ("opt_out", None, None),
    ]


def test_without_understanding_nothing_is_said_to_be_understood(
    database: Database, answerer: Answerer, routes: Routes
) -> None:
    send(database, QUESTION)
    work(database, None, answerer, routes)

    (asked,) = all_inbound(database)
    assert (asked.kind, asked.intent, asked.topic, asked.model_id) == ("handover", None, None, None)


def test_the_reply_leaves_by_the_gateway_of_the_question(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    send(database, QUESTION, gateway="kannel")
    send(database, QUESTION, gateway="simulator", sender=phone(2))
    send(database, QUESTION, gateway="given up", sender=phone(3))
    work(database, process, answerer, routes)

    assert [reply.gateway for reply in all_replies(database)] == ["kannel", "simulator", "kannel"]


def test_a_reply_longer_than_the_gateway_carries_goes_in_parts_in_order(
    database: Database, process: UnderstandingProcess, answerer: Answerer
) -> None:
    send(database, QUESTION)
    work(database, process, answerer, {"kannel": Route("kannel", "sms", 300, 1)})

    parts = [reply.text for reply in all_replies(database)]
    assert len(parts) > 1
    assert all(segment(part).segments == 1 for part in parts)
    assert "Nguồn: QĐ 28/2014" in " ".join(parts)
    assert "59.520" in parts[0]


def test_the_topic_carries_from_text_to_text_for_a_day(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    send(database, QUESTION, PAPERS)
    assert work(database, process, answerer, routes) == 2
    for hours, kind in ((23, "answer"), (48, "ask_back")):
        later = NOW + timedelta(hours=hours)
        send(database, PAPERS, now=later)
        work(database, process, answerer, routes, later)
        assert all_inbound(database)[-1].kind == kind
    assert [row.facts for row in all_inbound(database)][:3] == [["electricity"]] * 3


def test_what_was_talked_about_is_deleted_after_a_day(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    send(database, QUESTION)
    work(database, process, answerer, routes)

    for hours, gone in ((23, 0), (24, 1), (25, 0)):
        with database.write() as session:
            assert forget_expired(session, NOW + timedelta(hours=hours)) == gone


def test_two_people_on_one_gateway_do_not_share_a_topic(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    send(database, QUESTION)
    send(database, PAPERS, sender=phone(2))
    work(database, process, answerer, routes)

    assert [row.kind for row in all_inbound(database)] == ["answer", "ask_back"]


def test_stop_holds_until_started_again_and_counts_once(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    send(database, "HUY", "HUY", QUESTION)
    work(database, process, answerer, routes)

    assert is_suppressed(database)
    assert len(all_replies(database)) == 3
    with database.read() as session:
        assert len(session.scalars(select(Suppression)).all()) == 1
    send(database, "DANG KY")
    work(database, process, answerer, routes)
    assert not is_suppressed(database)


DOWN: dict[str, Answer | None] = {
    "nobody": None,
    "503": answering(b"", 503),
    "garbage": answering(b"garbage"),
    "another shape": answering(b'{"model": "m", "results": []}'),
    "slow": too_slow,
}


@pytest.mark.parametrize("answer", DOWN.values(), ids=DOWN.keys())
def test_without_understanding_keywords_work_and_a_question_becomes_a_ticket(
    answer: Answer | None, database: Database, answerer: Answerer, routes: Routes
) -> None:
    process = None
    if answer is not None:
        process = UnderstandingProcess(TABLE)
        process.answer = answer
    texts = ["HUY", "UNG HO 200K", QUESTION, "TRO GIUP"]
    for number, text in enumerate(texts):
        send(database, text, sender=phone(number))

    assert work(database, process, answerer, routes) == len(texts)
    assert [row.kind for row in all_inbound(database)] == ["opt_out", "pledge", "handover", "greeting"]
    assert is_suppressed(database, phone(0))
    with database.read() as session:
        assert session.scalars(select(Pledge.amount_vnd)).all() == [200_000]
        (ticket,) = session.scalars(select(Ticket)).all()
    assert (ticket.address, ticket.text, ticket.due_on) == (phone(2), QUESTION, IN_FIVE_WORKING_DAYS)
    told = all_replies(database)[2].text
    assert "trục trặc" in told
    assert ticket.code in told
    assert all_inbound(database)[2].model_id is None


def test_understanding_is_asked_in_batches_and_only_for_what_needs_it(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    receive(database, [text_from(phone(n), f"câu {n}" if n % 2 else "HUY", f"id-{n}") for n in range(100)])

    work(database, process, answerer, routes)

    assert sorted(text for texts in process.asked for text in texts) == sorted(f"câu {n}" for n in range(1, 100, 2))
    assert len(process.asked) <= 5


def test_three_hundred_people_get_one_reply_each(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    receive(database, [text_from(phone(n), QUESTION, f"id-{n}") for n in range(300)])

    assert work(database, process, answerer, routes) == 300
    assert [reply.address for reply in all_replies(database)] == [phone(n) for n in range(300)]


def test_hostile_texts_get_one_polite_reply_each(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    texts = ["", "\0", "🙏" * 50, "a" * 10_000, '/intent{"a":"b"}', "{code} %s {}", "9" * 10_000, "\ud83d", "' OR 1=1"]
    receive(database, [text_from(phone(n), text, f"id-{n}") for n, text in enumerate(texts)])

    assert work(database, process, answerer, routes) == len(texts)
    replies = all_replies(database)
    assert [reply.address for reply in replies] == [phone(n) for n in range(len(texts))]
    assert all(reply.text for reply in replies)
    assert all(row.attempts == 1 for row in all_inbound(database))


def test_what_is_remembered_cannot_be_read_in_the_table(
    database: Database, process: UnderstandingProcess, answerer: Answerer, routes: Routes
) -> None:
    send(database, QUESTION)
    work(database, process, answerer, routes)

    with database.engine.connect() as connection:
        ((state,),) = connection.exec_driver_sql(f"SELECT state FROM {Conversation.__tablename__}").all()
    assert b"electricity" not in state
