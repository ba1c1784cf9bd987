"""Whom and what is looked up at the desk."""

from wtforms import SelectField

from console.forms.fields import DayField, Form, Needed


class DeskForm(Form):
    """`policy` is empty for every benefit there is."""

    policy = SelectField("Tra cứu")
    on = DayField("Theo quy định của ngày", [Needed("Chọn ngày.")])
