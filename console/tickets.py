"""One ticket: its conversation, answering it, and what else is done with it."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from bot.exchange import Reason
from bot.history import history
from bot.models import Ticket
from bot.threads import ThreadError, thread_of
from bot.tickets.handling import (
    TicketError,
    answer,
    answers_to,
    as_sent,
    assign,
    close,
    matter_of,
    may_see,
    ticket_by_code,
)
from bot.tickets.sight import sight_of
from console import words
from console.access import me, needs
from console.blueprint import here, pages
from console.canned import offer, put_in
from console.filters import sentence
from console.forms.fields import choices, tidy
from console.forms.ticket import AnswerForm, AssignForm
from foundation.clock import today
from foundation.phones import national
from foundation.refusal import Refusal
from foundation.text import Segmentation, segment
from people import Duties, Right, official_named, phone_of, record


@pages.route("/tickets/<code>", methods=["GET", "POST"])
@needs(Right.ANSWER)
def ticket(code: str) -> ResponseReturnValue:
    """The conversation and, beside it, the answer; what was typed stays when it cannot be sent."""
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
    return _page(code, form, error=error), 422 if error or form.errors else 200


@pages.post("/tickets/<code>/insert")
@needs(Right.ANSWER)
def insert_answer(code: str) -> str:
    """The answer with what the book says below it, to be made one's own. With htmx only the form changes."""
    form = AnswerForm()
    told = put_in(form)
    if not request.headers.get("HX-Request"):
        return _page(code, form, told=told)
    with here().database.read() as session:
        asked = _find(session, code)
        offer(form, session, asked)
    return render_template(
        "console/tickets/_writing.html", ticket=asked, form=form, told=told, counted=_count(asked, form)
    )


@pages.post("/tickets/<code>/count")
@needs(Right.ANSWER)
def count_answer(code: str) -> str:
    """What an answer comes to, asked for while one types."""
    with here().database.read() as session:
        asked = _find(session, code)
    counted = segment(as_sent(asked, tidy(request.form.get("text"))))
    return render_template("console/tickets/_count.html", counted=counted)


@pages.post("/tickets/<code>/assign")
@needs(Right.ANSWER)
def assign_ticket(code: str) -> ResponseReturnValue:
    """To somebody else, who is told. Whoever gives away a confidential one may not see it any more."""
    form, unanswered = AssignForm(), AnswerForm(formdata=None)
    if not form.validate():
        return _page(code, unanswered, form), 422
    try:
        with here().database.write() as session:
            asked = _find(session, code)
            to = official_named(session, form.owner.data)
            assign(session, asked, to, me(), here().now())
            still_seen = may_see(session, me(), asked)
    except Refusal as refusal:
        return _page(code, unanswered, form, assign_error=sentence(str(refusal))), 422
    here().nudge()
    flash(f"Đã giao phiếu {code} cho {to.name}.")
    return redirect(url_for("console.ticket", code=code) if still_seen else url_for("console.tickets"))


@pages.post("/tickets/<code>/close")
@needs(Right.ANSWER)
def close_ticket(code: str) -> ResponseReturnValue:
    with here().database.write() as session:
        close(session, _find(session, code), me(), here().now())
    flash("Đã đóng phiếu.")
    return redirect(url_for("console.ticket", code=code))


@pages.post("/tickets/<code>/number")
@needs(Right.ANSWER)
def show_number(code: str) -> str:
    """The number of somebody who asked to be called, for whoever will call; on record."""
    with here().database.write() as session:
        asked = _find(session, code)
        if not _may_call(asked):
            abort(404)
        phone = phone_of(session, asked.channel, asked.address)
        record(session, here().now(), me().name, "ticket.number_shown", "ticket", asked.code)
    return _page(code, AnswerForm(formdata=None), number=national(phone) if phone else words.NO_NUMBER)


def _page(code: str, form: AnswerForm, assigning: AssignForm | None = None, **told: object) -> str:
    """The whole page; `told` is what it says beside the ticket. That a confidential one was read is on record."""
    context = here()
    with context.database.read() as session:
        asked = _find(session, code)
        sight = sight_of(session, me(), asked.channel, asked.address_hash)
        lines = history(session, asked, sight)
        thread_id, opened = _thread(session, asked)
        offer(form, session, asked)
        form.seen.data = len(answers_to(session, asked))
        assigning = assigning or AssignForm(formdata=None)
        duties = Duties.load(session)
        assigning.owner.choices = choices(_who_may_own(duties, asked))
        owner = duties.holders.get(asked.owner or "")
    if asked.confidential:
        with context.database.write() as session:
            record(session, context.now(), me().name, "ticket.read", "ticket", asked.code)
    return render_template(
        "console/tickets/detail.html",
        ticket=asked,
        lines=lines,
        opened=opened,
        thread_id=thread_id,
        anonymous=sight.anonymous,
        form=form,
        counted=_count(asked, form),
        assigning=assigning,
        may_call=_may_call(asked),
        not_told=words.not_told_because(owner) if owner else None,
        today=today(context.now()),
        **told,
    )


def _find(session: Session, code: str) -> Ticket:
    """The ticket; one that this official may not see is not there."""
    try:
        asked = ticket_by_code(session, code)
    except TicketError:
        abort(404)
    if not may_see(session, me(), asked):
        abort(404)
    return asked


def _thread(session: Session, asked: Ticket) -> tuple[int | None, dict[int | None, Ticket]]:
    """Where the whole conversation stands, if this official may read it, and the tickets by the texts that opened
    them."""
    if asked.inbound_id is None:
        return None, {}
    try:
        thread = thread_of(session, me(), asked.inbound_id)
    except ThreadError:
        return None, {}
    return asked.inbound_id, {theirs.inbound_id: theirs for theirs in thread.tickets}


def _who_may_own(duties: Duties, asked: Ticket) -> list[tuple[str, str]]:
    """Those who may take it over, with whom they speak for; of a confidential one, who has that duty."""
    matter = matter_of(asked)
    fitting = (
        holder
        for holder in duties.holders.values()
        if holder.name != asked.owner and (not asked.confidential or duties.handles(holder.name, matter))
    )
    named = [(h.name, f"{h.name} ({h.body})" if h.body else h.name) for h in fitting]
    return [("", "Chọn người"), *sorted(named)]


def _may_call(asked: Ticket) -> bool:
    """Who asked to be called, and who is in danger: of all that is confidential, help alone needs the number."""
    asked_for = asked.reason == Reason.CALL_BACK and not asked.confidential
    return asked.channel == "sms" and (asked_for or asked.reason == Reason.DANGER)


def _count(asked: Ticket, form: AnswerForm) -> Segmentation:
    return segment(as_sent(asked, form.text.data or ""))


def _answer(code: str, form: AnswerForm) -> None:
    context = here()
    with context.database.write() as session:
        asked = _find(session, code)
        if form.seen.data != str(len(answers_to(session, asked))):
            raise TicketError("vừa có một câu trả lời khác được gửi: xem ở trên rồi gửi lại nếu vẫn cần")
        answer(session, asked, me(), form.text.data, context.routes, context.now())
