"""Who is logged in, and what they may open. Every page asks for a log-in unless it is named in `PUBLIC`."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user
from sqlalchemy import select

from console.blueprint import here, pages
from people import Official, Right, has_right

PUBLIC = frozenset({"console.login", "console.static"})

P = ParamSpec("P")
R = TypeVar("R")

login_manager = LoginManager()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An official as Flask-Login wants them. The id in the session changes with the password, which ends sessions."""

    official: Official
    is_authenticated: bool = True
    is_active: bool = True
    is_anonymous: bool = False

    @property
    def name(self) -> str:
        return self.official.name

    def may(self, right: str) -> bool:
        return has_right(self.official, Right(right))

    def get_id(self) -> str:
        proof = hashlib.sha256((self.official.password_hash or "").encode()).hexdigest()[:16]
        return f"{self.official.id}.{proof}"


@login_manager.user_loader  # type: ignore[untyped-decorator]
def load(session_id: str) -> SignedIn | None:
    """The official of a session, unless they were deactivated or their password changed since."""
    number, _, _ = session_id.partition(".")
    with here().database.read() as session:
        official = session.scalar(select(Official).where(Official.id == int(number), Official.active))
    signed_in = SignedIn(official) if official else None
    return signed_in if signed_in and signed_in.get_id() == session_id else None


@pages.before_request
def ask_for_login() -> ResponseReturnValue | None:
    """To the log-in page, and back afterwards to where one was going."""
    if request.endpoint in PUBLIC or current_user.is_authenticated:
        return None
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    if request.headers.get("HX-Request"):  # a fragment cannot show a log-in form: the whole page goes there
        return Response(status=401, headers={"HX-Redirect": url_for("console.login")})
    return redirect(url_for("console.login", next=wanted))


def me() -> Official:
    """The official who is logged in."""
    official: Official = current_user.official
    return official


def needs(right: Right) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A page for those who have this right; 403 for others. The rooms' services check it again."""

    def wrap(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            if not has_right(me(), right):
                abort(403)
            return view(*args, **kwargs)

        return checked

    return wrap
