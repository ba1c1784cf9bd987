"""Looking for a conversation."""

from wtforms import StringField

from console.forms.fields import Form, Needed, tidy


class FindForm(Form):
    """Sent in the body, never in the address: what is looked for may be a phone number."""

    wanted = StringField("Tìm hội thoại", [Needed("Gõ mã phiếu.")], filters=[tidy])
