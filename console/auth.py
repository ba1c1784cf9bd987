"""Logging in and out."""

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_user, logout_user
from sqlalchemy.orm import Session
from werkzeug import Response

from console.access import SignedIn, me
from console.blueprint import here, pages
from console.forms.login import LoginForm
from console.words import problem
from foundation.text import fold
from people import Official, OfficialError, authenticate, official_named, record

FAILURES_BY_NAME = "5 per 5 minutes"
FAILURES_BY_ADDRESS = "30 per 5 minutes"
"""An office may share one address; a guesser of one name is stopped sooner."""

limiter = Limiter(get_remote_address, storage_uri="memory://")  # one web process: its own memory is enough


def _failed(response: Response) -> bool:
    return response.status_code != 302


def _name_and_address() -> str:
    return f"{fold(request.form.get('name', ''))[:64]}@{get_remote_address()}"


@pages.route("/login", methods=["GET", "POST"])
@limiter.limit(FAILURES_BY_ADDRESS, methods=["POST"], deduct_when=_failed)
@limiter.limit(FAILURES_BY_NAME, key_func=_name_and_address, methods=["POST"], deduct_when=_failed)
def login() -> ResponseReturnValue:
    """Says nothing of whether the name or the password was wrong."""
    if current_user.is_authenticated:
        return redirect(_safe_target())
    form = LoginForm()
    if not form.validate_on_submit():
        return _page(form)
    context = here()
    with context.database.read() as reading:  # Argon2 is slow on purpose: not while others wait to write
        official = authenticate(reading, form.name.data, form.password.data)
    with context.database.write() as writing:
        _note(writing, official, form.name.data)
    if official is None:
        return _page(form, "Tên đăng nhập hoặc mật khẩu không đúng."), 401
    session.clear()
    session.permanent = True
    login_user(SignedIn(official))
    return redirect(_safe_target())


@pages.post("/logout")
def logout() -> ResponseReturnValue:
    official = me()
    with here().database.write() as writing:
        record(writing, here().now(), official.name, "official.signed_out", "official", official.id)
    logout_user()
    session.clear()
    flash("Đã đăng xuất.")
    return redirect(url_for("console.login"))


@pages.errorhandler(429)
def too_many_failures(error: Exception) -> tuple[str, int]:
    return _page(LoginForm(), problem(429)[1]), 429


def _page(form: LoginForm, error: str | None = None) -> str:
    demo_login = here().demo_login if here().demo else None
    return render_template("console/login.html", form=form, error=error, demo_login=demo_login)


def _note(session: Session, official: Official | None, typed: str) -> None:
    """An unknown name is not kept: it may be a password in the wrong field."""
    now = here().now()
    if official is not None:
        record(session, now, official.name, "official.signed_in", "official", official.id)
        return
    try:
        known = official_named(session, typed)
    except OfficialError:
        record(session, now, "?", "official.sign_in_failed", "official", "?")
    else:
        record(session, now, known.name, "official.sign_in_failed", "official", known.id)


def _safe_target() -> str:
    """Where one was going, if that is a page of the console; a link from outside leads nowhere else."""
    wanted = request.args.get("next", "")
    home = url_for("console.home")
    return wanted if wanted.startswith(home) and "\\" not in wanted else home
