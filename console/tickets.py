"""Tickets: the list, one with its conversation, answering and closing it."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bot.history import history
from bot.models import Ticket, TicketStatus
from bot.tickets import TicketError, answer, answers_to, as_sent, close, list_tickets, ticket_by_code
from console.access import me, needs
from console.blueprint import here, pages
from console.filters import sentence
from console.forms.fields import tidy
from console.forms.ticket import AnswerForm
from foundation.clock import today
from foundation.refusal import Refusal
from foundation.text import segment
from people import Right

_OPEN_FIRST = (TicketStatus.OPEN, TicketStatus.ANSWERED, TicketStatus.CLOSED)


@pages.get("/tickets")
@needs(Right.ANSWER)
def tickets() -> str:
    """The open ones first, those by due day; `?status=` shows one kind."""
    wanted = request.args.get("status")
    status = TicketStatus(wanted) if wanted in set(TicketStatus) else None
    with here().database.read() as session:
        listed = list_tickets(session, status)
    listed = sorted(listed, key=lambda ticket: _OPEN_FIRST.index(TicketStatus(ticket.status)))
    return render_template("console/tickets/list.html", tickets=listed, status=status, today=today(here().now()))


@pages.route("/tickets/<code>", methods=["GET", "POST"])
@needs(Right.ANSWER)
def ticket(code: str) -> ResponseReturnValue:
    """The conversation and, below it, the answer; what was typed stays when it cannot be sent."""
    form = AnswerForm()
    error = None
    if request.method == "POST" and form.validate():
        try:
            _answer(code, form)
        except Refusal as refusal:
            error = sentence(str(refusal))
        else:
            here().nudge()
            flash("Đã gửi câu trả lời.")
            return redirect(url_for("console.ticket", code=code))
    with here().database.read() as session:
        asked = _find(session, code)
        lines = history(session, asked)
        form.seen.data = len(answers_to(session, asked))
    page = render_template(
        "console/tickets/detail.html",
        ticket=asked,
        lines=lines,
        form=form,
        error=error,
        counted=segment(as_sent(asked, form.text.data or "")),
        today=today(here().now()),
    )
    return page, 422 if error or form.errors else 200


@pages.post("/tickets/<code>/count")
@needs(Right.ANSWER)
def count_answer(code: str) -> str:
    """What an answer comes to, asked for while one types."""
    with here().database.read() as session:
        asked = _find(session, code)
    counted = segment(as_sent(asked, tidy(request.form.get("text"))))
    return render_template("console/tickets/_count.html", counted=counted)


@pages.post("/tickets/<code>/close")
@needs(Right.ANSWER)
def close_ticket(code: str) -> ResponseReturnValue:
    with here().database.write() as session:
        close(session, _find(session, code), me(), here().now())
    flash("Đã đóng phiếu.")
    return redirect(url_for("console.ticket", code=code))


def _find(session: Session, code: str) -> Ticket:
    try:
        return ticket_by_code(session, code)
    except TicketError:
        abort(404)


def _answer(code: str, form: AnswerForm) -> None:
    context = here()
    with context.database.write() as session:
        asked = _find(session, code)
        if form.seen.data != str(len(answers_to(session, asked))):
            raise TicketError("vừa có một câu trả lời khác được gửi: xem ở trên rồi gửi lại nếu vẫn cần")
        answer(session, asked, me(), form.text.data, context.routes, context.now())
