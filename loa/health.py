"""Whether this process lives and serves, and its figures: for whoever watches over an installation."""

from flask import Blueprint, Response, jsonify, request
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import text

from loa.metrics import Figures, may_read
from loa.schema import is_current
from loa.wiring import Loa


def health(loa: Loa, registry: CollectorRegistry) -> Blueprint:
    """`/healthz`: the process lives. `/readyz`: it can serve. `/metrics`: Prometheus, with what others registered."""
    blueprint = Blueprint("health", __name__)
    registry.register(Figures(loa))

    @blueprint.get("/healthz")
    def alive() -> Response:
        return Response("ok\n", content_type="text/plain")

    @blueprint.get("/readyz")
    def ready() -> tuple[Response, int]:
        with loa.database.read() as session:
            session.execute(text("SELECT 1"))
        current = is_current(loa.database)
        return jsonify(database="ok" if current else "migrations missing"), 200 if current else 503

    @blueprint.get("/metrics")
    def metrics() -> Response:
        token = loa.settings.metrics_token.get_secret_value()
        if may_read(token, request.remote_addr, dict(request.headers)):
            return Response(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")
        if token:
            return Response("show the token\n", 401, {"WWW-Authenticate": "Bearer"}, content_type="text/plain")
        return Response("for this machine only: see LOA_METRICS_TOKEN\n", 403, content_type="text/plain")

    return blueprint
