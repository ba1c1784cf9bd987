"""Logging in."""

from wtforms import PasswordField, StringField  # type: ignore[import-untyped]

from console.forms.fields import Form, Needed


class LoginForm(Form):
    name = StringField("Tên đăng nhập", [Needed("Nhập tên đăng nhập.")])
    password = PasswordField("Mật khẩu", [Needed("Nhập mật khẩu.")])
