"""Writing a condition with its live count, and saving those it finds as a group."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.audiences.saving import LONGEST_CONDITION, LONGEST_NAME, keep, propose
from console.access import me, needs
from console.audiences_counting import count_households, names
from console.blueprint import here, pages
from console.filters import sentence
from console.forms.audience import AudienceForm
from console.forms.fields import choices
from foundation.clock import say_date, today
from foundation.refusal import Refusal
from people import Right


@pages.route("/audiences/new", methods=["GET", "POST"])
@needs(Right.WRITE)
def new_audience() -> ResponseReturnValue:
    """One form, two buttons: `do` is save, or count."""
    form = _form()
    if request.method == "GET":
        form.on.data = today(here().now())
    refused = None
    if request.method == "POST" and request.form.get("do") == "save" and form.validate():
        try:
            group_id, until = _save(form)
        except Refusal as error:
            refused = sentence(str(error))
        else:
            flash(f"Đã lưu nhóm «{form.name.data}». Các xã xem và phản đối trước ngày {until}.")
            return redirect(url_for("console.audience", group_id=group_id))
    return _page(form, refused), 422 if form.errors or refused else 200


@pages.post("/audiences/count")
@needs(Right.WRITE)
def count_audience() -> str:
    """The count alone, asked for while one types; what is wrong with the condition goes to its field."""
    form = _form()
    counted = count_households(form.condition.data, form.on.data)
    return render_template("console/audiences/_counted.html", counted=counted, wrong=counted.error, alone=True)


def _form() -> AudienceForm:
    form = AudienceForm()
    benefits = here().rules().benefits
    titles = sorted(((name, benefit.title) for name, benefit in benefits.items()), key=lambda each: each[1])
    form.policy.choices = choices([("", "Theo điều kiện"), *titles])
    return form


def _save(form: AudienceForm) -> tuple[int, str]:
    """Searched without the write lock, over a province it takes a while; then kept."""
    context = here()
    with context.database.read() as session:
        proposal = propose(
            session,
            form.name.data,
            form.condition.data,
            me(),
            context.rules(),
            form.on.data,
            context.channel,
            form.policy.data or None,
        )
    with context.database.write() as session:
        saved = keep(session, proposal, me(), context.objection_days, context.days_off, context.now())
        return saved.group_id, say_date(saved.approval_from)


def _page(form: AudienceForm, refused: str | None) -> str:
    """What is wrong with the condition is told at it; whatever else was refused, above the form."""
    counted = count_households(form.condition.data or "", form.on.data)
    rules = here().rules()
    return render_template(
        "console/audiences/form.html",
        form=form,
        counted=counted,
        alone=False,
        wrong=counted.error or next(iter(form.condition.errors), None),
        refused=None if counted.error else refused,
        failed=refused is not None,
        names=list(names(rules)),
        benefits=sorted(rules.benefits.values(), key=lambda benefit: benefit.title),
        longest=LONGEST_CONDITION,
        longest_name=LONGEST_NAME,
        days=here().objection_days,
    )
