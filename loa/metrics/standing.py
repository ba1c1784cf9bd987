"""Gauges: whether what should work does: gateways, senders, the clock, batches, room on the disk."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from foundation.database import is_sqlite_url
from loa.processes.locks import is_held
from loa.wiring import CLOCK, Loa
from scheduler.leader import has_leader
from scheduler.leases import all_leases
from scheduler.outbox.models import Batch, OutboundMessage
from scheduler.outbox.overview import trusts
from scheduler.outbox.states import CircuitState, State

BUDGET, GATEWAY, PERSON = "budget", "gateway", "person"
_BUDGET_SPENT = "budget_spent"
_BY_GATEWAY = "gateway: "


def standing(session: Session, gateways: Iterable[str], now: datetime) -> Iterator[Metric]:
    """How gateways, their senders and broadcasts stand."""
    names = list(gateways)
    circuits = GaugeMetricFamily(
        "loa_gateway_circuit",
        "1 for the state a gateway's circuit is in: closed (trusted), open (left alone), half_open (being tried)",
        labels=["gateway", "state"],
    )
    for trust in trusts(session, names):
        for state in CircuitState:
            circuits.add_metric([trust.gateway, state.value], float(trust.circuit is state))
    yield circuits

    senders = GaugeMetricFamily("loa_senders", "Senders that renewed their lease lately", labels=["gateway"])
    alive = Counter(lease.gateway for lease in all_leases(session, now) if lease.is_alive)
    for name in dict.fromkeys([*names, *alive]):
        senders.add_metric([name], alive[name])
    yield senders

    batches = GaugeMetricFamily(
        "loa_batches_paused",
        "Paused broadcasts of which something is left to send, by why: budget (spent), gateway (trouble with the "
        "account), person",
        labels=["because"],
    )
    paused = paused_batches(session)
    for because in (BUDGET, GATEWAY, PERSON):
        batches.add_metric([because], paused[because])
    yield batches


def room(home: Path) -> Iterator[Metric]:
    """Bytes left where journals, and on SQLite the database, grow."""
    yield GaugeMetricFamily("loa_home_free_bytes", "Free bytes where LOA_HOME lies", value=shutil.disk_usage(home).free)


def paused_batches(session: Session) -> Counter[str]:
    """How many batches that have something left to send are paused, by why."""
    left = exists().where(OutboundMessage.batch_id == Batch.id, OutboundMessage.state == State.QUEUED)
    reasons = session.scalars(select(Batch.paused_because).where(Batch.paused_at.is_not(None), left))
    return Counter(map(_because, reasons))


def clock_leads(loa: Loa, session: Session) -> bool:
    """Whether some clock ticks: on PostgreSQL whichever process leads, else the one of this machine."""
    if is_sqlite_url(loa.settings.effective_database_url):
        return is_held(loa.settings.home, CLOCK)
    return has_leader(session, CLOCK)


def _because(reason: str | None) -> str:
    if reason == _BUDGET_SPENT:
        return BUDGET
    return GATEWAY if (reason or "").startswith(_BY_GATEWAY) else PERSON
