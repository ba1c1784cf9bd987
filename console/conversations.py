"""Conversations: who talks with us, and what was said."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot import history, threads
from bot.history import Heard
from bot.threads import ThreadError
from console.access import me, needs
from console.blueprint import here, pages
from console.filters import sentence
from console.forms.conversation import FindForm
from foundation.refusal import Refusal
from people import Right, record

PAGE = 50


@pages.get("/conversations")
@needs(Right.ANSWER)
def conversations() -> str:
    """Whoever wrote last comes first; `?before=` goes on below the last one of the page before."""
    return _list(FindForm(formdata=None))


@pages.post("/conversations")
@needs(Right.ANSWER)
def find_conversation() -> ResponseReturnValue:
    """To the conversation of a ticket's code or a number; what was typed stays where there is none."""
    form, error = FindForm(), None
    if form.validate():
        try:
            with here().database.read() as session:
                found = threads.find_thread(session, me(), form.wanted.data)
        except Refusal as refusal:
            error = sentence(str(refusal))
        else:
            return redirect(url_for("console.conversation", inbound_id=found.text.id))
    return _list(form, error), 422


@pages.get("/conversations/<int:inbound_id>")
@needs(Right.ANSWER)
def conversation(inbound_id: int) -> str:
    """What was said with the person of that text; `?before=` shows what came earlier. Reading is noted."""
    context = here()
    before = request.args.get("before", type=int)
    with context.database.write() as session:
        try:
            thread = threads.thread_of(session, me(), inbound_id)
        except ThreadError:
            abort(404)
        lines = history.conversation(session, thread.person, PAGE, before)
        record(session, context.now(), me().name, "conversation.read", "conversation", inbound_id)
    heard = [line.inbound.id for line in lines if isinstance(line, Heard) and line.inbound]
    return render_template(
        "console/conversations/detail.html",
        thread=thread,
        lines=lines,
        before=before,
        older=min(heard) if len(heard) == PAGE else None,
        opened={ticket.inbound_id: ticket for ticket in thread.tickets},
    )


def _list(form: FindForm, error: str | None = None) -> str:
    with here().database.read() as session:
        listed = threads.list_threads(session, me(), PAGE, request.args.get("before", type=int))
    full = len(listed) == PAGE
    return render_template("console/conversations/list.html", form=form, error=error, threads=listed, full=full)
