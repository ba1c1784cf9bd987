"""The web application: webhooks, health, the console, and in demo the phone simulator."""

from datetime import timedelta

from flask import Flask, Response, redirect
from prometheus_client import CollectorRegistry
from werkzeug.middleware.proxy_fix import ProxyFix

from console import ConsoleContext, register_console
from foundation.clock import utc_now
from loa.demo import DEMO_LOGIN
from loa.health import health
from loa.simulator import simulator
from loa.webhooks import Webhooks
from loa.wiring import Loa

LARGEST_UPLOAD = 20 * 1024 * 1024


def create_app(loa: Loa) -> Flask:
    """The application of one installation. Opens nothing and starts nothing by itself."""
    app = Flask("loa")
    app.secret_key = loa.vault.derive("session")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_UPLOAD
    if count := loa.settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]
    figures = CollectorRegistry()
    app.register_blueprint(health(loa, figures))
    app.wsgi_app = Webhooks(loa, app.wsgi_app, figures)  # type: ignore[method-assign, assignment]
    demo = loa.settings.env == "demo"
    if demo and loa.simulated:
        app.register_blueprint(simulator(loa))
    register_console(
        app,
        ConsoleContext(
            database=loa.database,
            routes=loa.routes,
            now=utc_now,
            nudge=loa.nudge_worker,
            demo=demo,
            demo_login=DEMO_LOGIN if demo else None,
            book=loa.answerer.book,
            rules=loa.answerer.rules,
            objection_days=loa.settings.objection_days,
            days_off=loa.days_off,
            uncertain_for=timedelta(hours=loa.settings.uncertain_hours),
        ),
    )

    @app.get("/")
    def front() -> Response:
        return redirect("/console")  # type: ignore[return-value]

    return app
