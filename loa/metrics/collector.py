"""All figures of an installation, in one go."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.models import Ticket
from foundation.clock import utc_now
from foundation.sockets import socket_path
from loa.metrics.counted import counted
from loa.metrics.kept import Kept
from loa.metrics.standing import clock_leads, room, standing
from loa.metrics.waiting import queue_figures, waiting
from loa.nlu_process import understands
from loa.wiring import UNDERSTANDING, Loa
from scheduler.outbox.overview import Queue, queues

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Slow:
    """What takes longer than a scrape should: it reads as many rows as there are, or asks another process."""

    queues: Sequence[Queue]
    tickets: dict[str, int]
    understands: bool | None


class Figures(Collector):
    """Read at each scrape. Opens nothing before the first one.

    A scrape reads tens of rows and small indexes, however many messages there are; what takes longer is told as it was
    some seconds ago. While the database is away `loa_database_up` is 0 and the figures that come from it are missing.
    """

    def __init__(self, loa: Loa) -> None:
        self._loa = loa
        self._slow = Kept(self._get_slow)

    def describe(self) -> Iterator[Metric]:
        # Without this the registry would query the database when the application is made.
        return iter(())

    def collect(self) -> Iterator[Metric]:
        began, now = time.perf_counter(), utc_now()
        yield from room(self._loa.settings.home)
        try:
            with self._loa.database.read() as session:
                found = [*self._quick(session, now), *self._kept()]
            is_up = True
        except SQLAlchemyError as error:
            log.error("no figures without the database", error=type(error).__name__)
            found, is_up = [], False
        yield from found
        yield GaugeMetricFamily("loa_database_up", "1 when the database answered this scrape", value=float(is_up))
        took = time.perf_counter() - began
        yield GaugeMetricFamily("loa_scrape_seconds", "How long getting these figures took", value=took)

    def _quick(self, session: Session, now: datetime) -> Iterator[Metric]:
        gateways = self._loa.settings.gateways
        yield from counted(session)
        yield from waiting(session, gateways, now)
        yield from standing(session, gateways, now)
        leads = float(clock_leads(self._loa, session))
        yield GaugeMetricFamily("loa_clock_leads", "1 when some clock ticks", value=leads)

    def _kept(self) -> Iterator[Metric]:
        slow, age_s, took_s = self._slow()
        yield from queue_figures(slow.queues)
        tickets = GaugeMetricFamily("loa_tickets", "Tickets by status", labels=["state"])
        for state, count in slow.tickets.items():
            tickets.add_metric([state], count)
        yield tickets
        if slow.understands is not None:
            up = float(slow.understands)
            yield GaugeMetricFamily("loa_understanding_up", "1 when this machine's understanding answers", value=up)
        yield GaugeMetricFamily(
            "loa_kept_figures_age_seconds", "How old the figures of queues, tickets and understanding are", value=age_s
        )
        yield GaugeMetricFamily("loa_kept_figures_took_seconds", "How long getting those took", value=took_s)

    def _get_slow(self) -> _Slow:
        with self._loa.database.read() as session:
            waits = queues(session, utc_now())
            rows = session.execute(select(Ticket.status, func.count()).group_by(Ticket.status))
            tickets = {str(status): count for status, count in rows}
        return _Slow(waits, tickets, self._understands())

    def _understands(self) -> bool | None:
        """Outgrown, the machine of this web process may have none: then nothing is said of it."""
        socket = socket_path(self._loa.settings.home, UNDERSTANDING)
        if self._loa.engine is not None and not socket.exists():
            return None
        return understands(socket)
