"""Who may be eligible for what, looked up at the desk question by question. Nothing that is told here is stored.

What was answered goes with the page and comes back with the next answer, in the body and never in the address.
"""

import json

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue

from console.access import needs
from console.blueprint import here, pages
from console.eligibility_desk import NUMBERS, Desk, offered, read_skipped, read_told
from console.filters import sentence
from console.forms.eligibility import DeskForm
from console.forms.fields import choices
from foundation.clock import today
from people import Right
from policies import FactError

EVERYTHING = ""


@pages.get("/eligibility")
@needs(Right.ANSWER)
def eligibility() -> str:
    """The first question; `?policy=` chooses a benefit."""
    form = _form()
    asked = request.args.get("policy", EVERYTHING)
    form.policy.data = asked if asked in here().rules().benefits else EVERYTHING
    form.on.data = today(here().now())
    return _page(form, _desk(form))


@pages.post("/eligibility")
@needs(Right.ANSWER)
def ask_eligibility() -> ResponseReturnValue:
    """The next question, or another look once something else is asked about. With htmx only the desk changes."""
    form, error = _form(), None
    if not form.validate():
        if form.policy.errors:
            abort(400)
        form.on.data = today(here().now())
    desk = _desk(form)
    try:
        desk = _told(desk)
    except FactError as refusal:
        error = sentence(str(refusal).removeprefix(f"{request.form.get('asked')}: "))
    # htmx shows no error page: with it what went wrong stands at the question alone.
    return _page(form, desk, error), 422 if error and not _alone() else 200


def _form() -> DeskForm:
    form = DeskForm()
    titles = ((name, benefit.title) for name, benefit in here().rules().benefits.items())
    form.policy.choices = choices([(EVERYTHING, "Tất cả các chính sách"), *sorted(titles, key=lambda each: each[1])])
    return form


def _desk(form: DeskForm) -> Desk:
    """As the page before left it; 400 for what no page of ours hands on."""
    rules = here().rules()
    try:
        facts = read_told(request.form.get("facts", ""), rules)
    except FactError:
        abort(400)
    policies = (form.policy.data,) if form.policy.data else tuple(rules.benefits)
    return Desk(policies, form.on.data, facts, read_skipped(request.form.getlist("skipped"), rules))


def _told(desk: Desk) -> Desk:
    """After what was done at the desk: an answer, none known, one taken back; or nothing. Raises FactError."""
    if name := request.form.get("forget"):
        return desk.without(name)
    question = here().rules().questions.get(request.form.get("asked", ""))
    if question and "unknown" in request.form:
        return desk.skipping(question)
    typed = request.form.get("number") or request.form.get("answer")
    return desk if question is None or typed is None else desk.answered(question, typed)


def _page(form: DeskForm, desk: Desk, error: str | None = None) -> str:
    rules = here().rules()
    question = desk.question(rules)
    template = "console/eligibility/_desk.html" if _alone() else "console/eligibility/page.html"
    return render_template(
        template,
        form=form,
        facts=json.dumps(dict(desk.facts)),
        told=desk.told(rules),
        skipped=[rules.questions[name] for name in sorted(desk.skipped)],
        question=question,
        offered=offered(question) if question else [],
        numbers=NUMBERS,
        typed=request.form.get("number", "") if error else "",
        error=error,
        results=desk.results(rules),
        everything=not form.policy.data,
        alone=_alone(),
    )


def _alone() -> bool:
    return bool(request.headers.get("HX-Request"))
