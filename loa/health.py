"""Health and figures, for whoever watches over an installation."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, jsonify
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.models import Inbound, Ticket
from foundation.clock import utc_now
from foundation.database import Database
from loa.schema import is_current
from loa.wiring import Loa
from scheduler.outbox import OutboundMessage, oldest_wait


def health(loa: Loa) -> Blueprint:
    """`/healthz`: the process lives. `/readyz`: it can serve. `/metrics`: Prometheus."""
    blueprint = Blueprint("health", __name__)
    registry = CollectorRegistry()
    registry.register(_Figures(loa.database))

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
        return Response(generate_latest(registry), content_type="text/plain; version=0.0.4")

    return blueprint


class _Figures(Collector):
    """Read from the database at each scrape: the figures of all processes together, true after a restart."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def describe(self) -> Iterator[Metric]:
        # Without this the registry would query the database when the application is made.
        return iter(())

    def collect(self) -> Iterator[Metric]:
        with self._database.read() as session:
            messages = GaugeMetricFamily(
                "loa_outbox_messages", "Messages by class and state", labels=["class", "state"]
            )
            for message_class, state, count in session.execute(
                select(OutboundMessage.message_class, OutboundMessage.state, func.count()).group_by(
                    OutboundMessage.message_class, OutboundMessage.state
                )
            ):
                messages.add_metric([str(message_class), str(state)], count)
            yield messages
            wait = oldest_wait(session, utc_now()).total_seconds()
            yield GaugeMetricFamily("loa_outbox_oldest_wait_seconds", "Age of the oldest due message", value=wait)
            yield _by(session, "loa_inbound_texts", "Inbound texts by state", Inbound.state)
            yield _by(session, "loa_tickets", "Tickets by status", Ticket.status)


def _by(session: Session, name: str, meaning: str, column: InstrumentedAttribute[Any]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=["state"])
    for value, count in session.execute(select(column, func.count()).group_by(column)):
        family.add_metric([str(value)], count)
    return family
