"""Logging in."""

from wtforms import PasswordField, StringField

from console.forms.fields import Form, Needed


class LoginForm(Form):
    name = StringField("Tên đăng nhập", [Needed("Nhập tên đăng nhập.")])
    password = PasswordField("Mật khẩu", [Needed("Nhập mật khẩu.")])
