"""What a resident told in an interview and kept for the commune, by the code they bring."""

from flask import render_template
from flask.typing import ResponseReturnValue
from wtforms import StringField

from bot.interview.slips import Opened, SlipError, open_slip
from console.access import me, needs
from console.blueprint import here, pages
from console.filters import sentence
from console.forms.fields import Form, Needed, tidy
from people import Right


class SlipForm(Form):
    """The code comes in the body, never in an address that browsers keep."""

    code = StringField("Mã phiếu kể", [Needed("Nhập mã bà con đưa, ví dụ GK1234566.")], filters=[tidy])


@pages.route("/slips", methods=["GET", "POST"])
@needs(Right.ANSWER)
def slips() -> ResponseReturnValue:
    """The form, and below it the slip; each opening is on record."""
    form, error, opened = SlipForm(), None, None
    if form.validate_on_submit():
        try:
            opened = _opened(form.code.data)
        except SlipError as refusal:
            error = sentence(str(refusal))
    page = render_template("console/slips/slip.html", form=form, error=error, opened=opened)
    return page, 422 if error or form.errors else 200


def _opened(code: str) -> Opened:
    context = here()
    with context.database.write() as session:
        return open_slip(session, code, me(), context.rules(), context.now())
