"""The learning queue: texts that were not understood, and what officials say they mean."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from bot.learning import ASKS, INTENTS, LabelError, how_many_wait, save_label, waiting, waiting_text
from console import words
from console.access import me, needs
from console.blueprint import here, pages
from console.canned import subjects_by_title
from console.filters import sentence
from people import Right

PAGE = 20


@pages.get("/learning")
@needs(Right.ANSWER)
def learning() -> str:
    """The newest first; `?after=` goes on below the last one of the page before."""
    return _page(request.args.get("after", type=int))


@pages.post("/learning/<int:inbound_id>")
@needs(Right.ANSWER)
def label_text(inbound_id: int) -> ResponseReturnValue:
    """Save what was chosen, or leave the text out of training. With htmx only its card changes."""
    intent, topic = request.form.get("intent") or None, request.form.get("topic") or None
    alone = bool(request.headers.get("HX-Request"))
    error = None
    skip = "skip" in request.form
    try:
        if intent is None and not skip:
            raise LabelError("chọn ý hỏi, hoặc bỏ qua tin này")
        with here().database.write() as session:
            chosen = (None, None) if skip else (intent, topic)
            label = save_label(session, inbound_id, *chosen, me(), _subjects().keys(), here().now())
    except LabelError as refusal:
        error = sentence(str(refusal))
    if error is None:
        if alone:
            return render_template("console/learning/_saved.html", label=label)
        flash(f"Đã ghi: {words.INTENTS[label.intent]}." if label.intent else "Đã bỏ qua một tin.")
        return redirect(url_for("console.learning", after=request.form.get("after", type=int)))
    wrong = {"error": error, "wrong_id": inbound_id, "intent": intent, "topic": topic}
    if not alone:
        return _page(request.form.get("after", type=int), **wrong), 422
    with here().database.read() as session:
        text = waiting_text(session, inbound_id)
    # 200: htmx puts no error page into the list, and what went wrong stands at the form.
    return render_template("console/learning/_text.html", text=text, **_choices(), **wrong)


def _page(after: int | None, **wrong: object) -> str:
    with here().database.read() as session:
        texts, total = waiting(session, PAGE, after), how_many_wait(session)
    return render_template(
        "console/learning/list.html",
        texts=texts,
        total=total,
        after=after,
        full=len(texts) == PAGE,
        **_choices(),
        **{"error": None, "wrong_id": None, "intent": None, "topic": None, **wrong},
    )


def _choices() -> dict[str, object]:
    return {"intents": INTENTS, "asks": ASKS, "subjects": _subjects()}


def _subjects() -> dict[str, str]:
    return subjects_by_title(here().book)
