"""Answering a ticket."""

from wtforms import HiddenField, TextAreaField

from console.forms.fields import Form, Needed, tidy


class AnswerForm(Form):
    """`seen` counts the answers that the official had before them, so that two do not answer at once."""

    text = TextAreaField("Câu trả lời", [Needed("Viết câu trả lời.")], filters=[tidy])
    seen = HiddenField()
