"""The officials' pages. `register_console` hangs them on a Flask application at /console."""

from datetime import timedelta

from flask import Flask
from flask_babel import Babel

from console import (
    access,
    audiences,
    audiences_writing,
    audit,
    auth,
    broadcast_actions,
    broadcast_writing,
    broadcasts,
    conversations,
    delivery,
    eligibility,
    filters,
    home,
    inbox,
    learning,
    pledges,
    safety,
    slips,
    static_files,
    tickets,
    why,
)
from console.blueprint import EXTENSION, ConsoleContext, pages

__all__ = ["ConsoleContext", "register_console"]

# Importing these hangs them on the blueprint; named here so that none is forgotten.
PAGES = (
    *(filters, why, static_files, auth, home, broadcasts, broadcast_writing, broadcast_actions),
    *(delivery, inbox, tickets, conversations, learning, pledges, audit),
    *(audiences, audiences_writing, eligibility, slips),
)

WORKING_DAY = timedelta(hours=8)


def register_console(app: Flask, context: ConsoleContext) -> None:
    """Add the console to an application whose `secret_key` is set or will be before the first request.

    Sets the application's session cookie (8 h, HttpOnly, SameSite=Lax, Secure outside a demo) and language. Other
    blueprints are neither asked for CSRF tokens nor given the console's headers.
    """
    app.extensions[EXTENSION] = context
    app.config.update(
        PERMANENT_SESSION_LIFETIME=WORKING_DAY,
        SESSION_REFRESH_EACH_REQUEST=False,  # a page that polls must not keep its official logged in for ever
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=not context.demo,
        BABEL_DEFAULT_LOCALE="vi",
        BABEL_DEFAULT_TIMEZONE="Asia/Ho_Chi_Minh",
    )
    Babel(app)
    access.login_manager.init_app(app)
    auth.limiter.init_app(app)
    safety.guard(app)
    app.register_blueprint(pages)
