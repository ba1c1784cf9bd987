"""Writing a condition, and objecting to those it finds."""

from wtforms import SelectField, StringField, TextAreaField

from console.forms.fields import DayField, Form, Needed, tidy


class AudienceForm(Form):
    """`policy` is empty where the condition itself tells what the group will be told of."""

    condition = TextAreaField("Điều kiện", [Needed("Viết điều kiện.")], filters=[tidy])
    on = DayField("Xét theo quy định của ngày", [Needed("Chọn ngày.")])
    name = StringField("Tên nhóm", [Needed("Đặt tên cho nhóm.")], filters=[tidy])
    policy = SelectField("Tin gửi cho nhóm nói về", validate_choice=True)


class ObjectForm(Form):
    because = TextAreaField("Lý do phản đối", [Needed("Phản đối thì phải ghi lý do.")], filters=[tidy])
