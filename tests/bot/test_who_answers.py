"""The acknowledgement of a ticket names who owns it; nobody looks up who that is for a text without a ticket."""

from collections.abc import Mapping

from sqlalchemy import event, select

from bot.answering import Answerer
from bot.models import Ticket
from foundation.database import Database
from people import Role, add_duty, add_official, set_post
from scheduler.outbox import Route
from tests.bot.meaning import NOW, meant
from tests.bot.understanding_process import UnderstandingProcess
from tests.bot.village import all_inbound, all_replies, offer_tc, send, work

Routes = Mapping[str, Route]
A_PERSON = "cho tôi gặp cán bộ về tiền điện"
QUESTION = "hộ nghèo được hỗ trợ tiền điện bao nhiêu"
TABLE = {A_PERSON: meant("ask_human", "electricity"), QUESTION: meant("ask_amount", "electricity")}


def staff(database: Database) -> None:
    """One official for all, another for electricity, each speaking for a body of their own."""
    with database.write() as session:
        for name, body, topic in (("hoa", "Trung tâm điều hành", None), ("lan", "Sở Công Thương", "electricity")):
            official = add_official(session, name, Role.ADMIN, None, NOW, "root")
            set_post(session, official, body, None, None, NOW, "root")
            add_duty(session, official, None, topic, False, NOW, "root")


def test_the_acknowledgement_names_the_body_of_the_tickets_owner(
    database: Database, answerer: Answerer, routes: Routes
) -> None:
    staff(database)
    send(database, A_PERSON)
    work(database, UnderstandingProcess(TABLE), answerer, routes)

    with database.read() as session:
        (ticket,) = session.scalars(select(Ticket))
    (reply,) = all_replies(database)
    bodies = {"hoa": "Trung tâm điều hành", "lan": "Sở Công Thương"}
    assert ticket.owner is not None
    assert bodies[ticket.owner] in reply.text


def test_a_question_that_is_answered_asks_for_no_duties(database: Database, answerer: Answerer, routes: Routes) -> None:
    staff(database)
    send(database, QUESTION)
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    work(database, UnderstandingProcess(TABLE), answerer, routes)

    assert all_inbound(database)[0].kind == "answer"
    assert not [statement for statement in asked if "FROM duties" in statement]


def test_a_word_that_we_offered_needs_no_understanding(database: Database, answerer: Answerer, routes: Routes) -> None:
    offer_tc(database, routes)
    send(database, "TC")
    process = UnderstandingProcess()
    work(database, process, answerer, routes)

    assert all_inbound(database)[0].kind == "opt_out"
    assert process.asked == []
