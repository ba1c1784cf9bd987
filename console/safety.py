"""What keeps the pages safe: CSRF tokens, sizes, headers; and the page that says what went wrong."""

from flask import Flask, Response, render_template, request
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException

from console.blueprint import pages
from console.words import problem

LARGEST_REQUEST = 32 * 1024 * 1024
"""Room for a file of `uploads.LARGEST_FILE` and one somewhat above, so that it is refused beside its form."""

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

csrf = CSRFProtect()


def guard(app: Flask) -> None:
    """CSRF for the console alone: gateways' webhooks prove themselves otherwise."""
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session: a text is often written over an hour
    )
    csrf.init_app(app)


@pages.before_request
def check_request() -> None:
    """Bound the body before anything reads it, then ask for the token."""
    request.max_content_length = LARGEST_REQUEST
    csrf.protect()


@pages.after_request
def add_headers(response: Response) -> Response:
    response.headers.extend(HEADERS)
    if request.endpoint != "console.static":
        response.headers["Cache-Control"] = "no-store"  # personal data: not into a shared computer's cache
    return response


@pages.errorhandler(HTTPException)
def show_problem(error: HTTPException) -> tuple[str, int]:
    code = error.code or 500
    title, advice = problem(code)
    return render_template("console/error.html", code=code, title=title, advice=advice), code


@pages.get("/<path:missing>")
def nothing_here(missing: str) -> tuple[str, int]:
    """Inside the console even a wrong address gets its page and its headers."""
    title, advice = problem(404)
    return render_template("console/error.html", code=404, title=title, advice=advice), 404
