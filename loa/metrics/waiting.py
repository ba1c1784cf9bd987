"""Gauges: what waits just now, and for how long. From indexes on the few rows that wait, never from all rows."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.models import Inbound, InboundState
from scheduler.outbox.models import OutboundMessage, Sender, StoredReceipt
from scheduler.outbox.overview import UNKNOWN, Queue

_INBOUND = (InboundState.QUEUED, InboundState.WORKING)


def waiting(session: Session, gateways: Iterable[str], now: datetime) -> Iterator[Metric]:
    """What is on the wire, uncertain, or not looked at yet."""
    yield from _messages(session, gateways, now)
    yield from _receipts(session, now)
    yield from _inbound(session, now)


def queue_figures(queues: Sequence[Queue]) -> Iterator[Metric]:
    """What waits to be sent. Counting it reads an index of all that waits: a million takes a fifth of a second."""
    labels = ["gateway", "class"]
    waits = GaugeMetricFamily("loa_queue_messages", "Messages that wait to be sent, now or later", labels=labels)
    due = GaugeMetricFamily("loa_queue_due_messages", "Messages that could leave now", labels=labels)
    paused = GaugeMetricFamily("loa_queue_paused_messages", "Messages of broadcasts that are paused", labels=labels)
    oldest = GaugeMetricFamily(
        "loa_queue_oldest_due_seconds", "How long the oldest of those that could leave has been due", labels=labels
    )
    for queue in queues:
        names = [queue.gateway, queue.message_class]
        waits.add_metric(names, queue.waiting)
        due.add_metric(names, queue.due)
        paused.add_metric(names, queue.paused)
        oldest.add_metric(names, queue.oldest_s)
    yield from (waits, due, paused, oldest)


def _messages(session: Session, gateways: Iterable[str], now: datetime) -> Iterator[Metric]:
    row = OutboundMessage
    sending = GaugeMetricFamily("loa_sending_messages", "Messages that a sender has in hand", labels=["gateway"])
    held = dict.fromkeys(gateways, 0) | in_hand(session)
    for gateway, count in held.items():
        sending.add_metric([gateway], count)
    yield sending

    uncertain = GaugeMetricFamily(
        "loa_uncertain_messages", "Messages that may have been sent, or not: state unknown", labels=["gateway"]
    )
    oldest = GaugeMetricFamily(
        "loa_uncertain_oldest_seconds", "How long ago the first of those left that are uncertain", labels=["gateway"]
    )
    unknown = select(row.gateway, func.count(), func.min(row.sent_at)).where(UNKNOWN).group_by(row.gateway)
    found = {gateway: (count, since) for gateway, count, since in session.execute(unknown)}
    for gateway in held.keys() | found.keys():
        count, since = found.get(gateway, (0, None))
        uncertain.add_metric([gateway], count)
        oldest.add_metric([gateway], _seconds(now, since))
    yield uncertain
    yield oldest


def in_hand(session: Session) -> dict[str, int]:
    """How many messages senders have claimed and not settled, by gateway."""
    row = OutboundMessage
    # By the names of those who may: PostgreSQL, without statistics, reads the whole table for "not null".
    senders = session.scalars(select(Sender.name)).all()
    query = select(row.gateway, func.count().label("messages")).where(row.claimed_by.in_(senders)).group_by(row.gateway)
    return {r.gateway: r.messages for r in session.execute(query)} if senders else {}


def receipts_waiting(session: Session) -> tuple[int, datetime | None]:
    """How many receipts were not looked at yet, and since when the oldest waits."""
    query = select(func.count(), func.min(StoredReceipt.received_at)).where(StoredReceipt.outcome.is_(None))
    count, since = session.execute(query).one()
    return count, since


def inbound_waiting(session: Session) -> tuple[dict[InboundState, int], datetime | None]:
    """How many of people's texts wait in each state, and since when the oldest does."""
    query = select(Inbound.state, func.count(), func.min(Inbound.id)).where(Inbound.state.in_(_INBOUND))
    found = {state: (count, first) for state, count, first in session.execute(query.group_by(Inbound.state))}
    first = min((first for _, first in found.values()), default=None)
    since = session.scalar(select(Inbound.received_at).where(Inbound.id == first)) if first is not None else None
    return {state: found.get(state, (0, 0))[0] for state in _INBOUND}, since


def _receipts(session: Session, now: datetime) -> Iterator[Metric]:
    count, since = receipts_waiting(session)
    yield GaugeMetricFamily("loa_receipts_waiting", "Delivery receipts not looked at yet", value=count)
    yield GaugeMetricFamily(
        "loa_receipts_waiting_oldest_seconds", "How long the oldest of them has waited", value=_seconds(now, since)
    )


def _inbound(session: Session, now: datetime) -> Iterator[Metric]:
    counts, since = inbound_waiting(session)
    texts = GaugeMetricFamily("loa_inbound_texts", "People's texts that wait for an answer, by state", labels=["state"])
    for state, count in counts.items():
        texts.add_metric([state.value], count)
    yield texts
    yield GaugeMetricFamily(
        "loa_inbound_oldest_seconds", "How long the oldest of them has waited", value=_seconds(now, since)
    )


def _seconds(now: datetime, since: datetime | None) -> float:
    return max(now - since, timedelta()).total_seconds() if since else 0.0
