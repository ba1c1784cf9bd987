"""Writing a broadcast, and deciding on one."""

from datetime import timedelta
from typing import Any

from flask_wtf.file import FileField
from wtforms import SelectField, TextAreaField, ValidationError

from console.forms.fields import Form, HoursField, MomentField, Needed, choices, tidy
from console.words import CLASSES
from foundation.message_class import MessageClass

LONGEST_TEXT = 2000
"""Characters; far beyond what any gateway carries, so that the preview can still tell how much too long it is."""


def _id(value: object) -> int:
    """An id as browsers send it; 0, which is nobody's, for nothing or nonsense."""
    return int(str(value)) if str(value).isdecimal() else 0


class EditForm(Form):
    """What may change after a broadcast was created."""

    text = TextAreaField("Nội dung tin", [Needed("Viết nội dung tin.")], filters=[tidy])
    scheduled_at = MomentField("Giờ gửi", [Needed("Chọn giờ gửi.")])
    expires_at = MomentField("Hết hạn (không bắt buộc)")
    spread = HoursField("Gửi rải trong … giờ để kịp trả lời (không bắt buộc)", default=timedelta())

    def validate_text(self, field: Any) -> None:
        if len(field.data or "") > LONGEST_TEXT:
            raise ValidationError(f"Tin dài {len(field.data)} ký tự, nhiều nhất {LONGEST_TEXT}.")


class WriteForm(EditForm):
    """A new broadcast: to a group that is known, or to the people of a file."""

    group = SelectField("Nhóm người nhận", coerce=_id, validate_choice=False)
    contacts = FileField("Hoặc tải danh sách lên")
    programme = SelectField("Căn cứ (không bắt buộc)", coerce=_id, validate_choice=False)
    message_class = SelectField("Loại tin", choices=choices(CLASSES.items()), default=MessageClass.PUBLIC_INFORMATION)

    def validate_group(self, field: Any) -> None:
        if field.data not in {choice.value for choice in field.choices if choice.value}:
            raise ValidationError("Chọn nhóm người nhận, hoặc tải danh sách lên.")


class ReturnForm(Form):
    because = TextAreaField("Lý do trả lại", filters=[tidy])
