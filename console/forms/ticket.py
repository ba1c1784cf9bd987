"""Answering a ticket."""

from wtforms import HiddenField, SelectField, TextAreaField

from console.forms.fields import Form, Needed, choices, tidy
from console.words import FACETS


class AnswerForm(Form):
    """`seen` counts the answers that the official had before them, so that two do not answer at once.

    `subject` and `facet` choose what is put in from the book of answers; they are not sent with the answer.
    """

    text = TextAreaField("Câu trả lời", [Needed("Viết câu trả lời.")], filters=[tidy])
    seen = HiddenField()
    subject = SelectField("Về việc gì", validate_choice=False)
    facet = SelectField("Hỏi gì", choices=choices(FACETS.items()), validate_choice=False)


class AssignForm(Form):
    owner = SelectField("Người phụ trách", [Needed("Chọn người phụ trách.")], validate_choice=False)
