"""Counters: what happened since the installation began."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from sqlalchemy.orm import Session

from gateways import SendStatus
from scheduler.outbox.tallies import TURN_S, Key, Sum, What, totals

CHARGED = frozenset({SendStatus.ACCEPTED, SendStatus.UNCERTAIN})
"""What a carrier may charge for."""
_RECEIPTS = {What.REPORTED: "news", What.NO_NEWS: "no_news", What.ORPHANED: "orphan"}


def counted(session: Session) -> Iterator[Metric]:
    """All counters of messages, receipts and turns."""
    sums: dict[What, list[tuple[Key, Sum]]] = {what: [] for what in What}
    for key, sum_ in totals(session):
        sums[key.what].append((key, sum_))
    yield from _tried(sums[What.TRIED])
    refused = CounterMetricFamily(
        "loa_messages_refused", "Messages that a rule gave up", labels=["gateway", "class", "rule"]
    )
    for key, sum_ in sums[What.REFUSED]:
        refused.add_metric([key.gateway, key.message_class, key.label], sum_.times)
    yield refused
    receipts = CounterMetricFamily(
        "loa_receipts",
        "Delivery receipts by the state they tell of and by what they were: news, no_news, or orphan (no message of "
        "ours)",
        labels=["gateway", "class", "state", "outcome"],
    )
    for what, outcome in _RECEIPTS.items():
        for key, sum_ in sums[what]:
            receipts.add_metric([key.gateway, key.message_class, key.label, outcome], sum_.times)
    yield receipts
    yield _turns(sums[What.ANSWERED])


def _tried(sums: Sequence[tuple[Key, Sum]]) -> Iterator[Metric]:
    """Attempts, and what those cost that the carrier has, or may have."""
    tries = CounterMetricFamily(
        "loa_messages_tried",
        "Attempts to hand a message to its gateway, by outcome: accepted, rejected (this person or text), account (a "
        "person must mend it), temporary and rate_limited (tried again), uncertain (may have been sent)",
        labels=["gateway", "class", "outcome"],
    )
    costs: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for key, sum_ in sums:
        tries.add_metric([key.gateway, key.message_class, key.label], sum_.times)
        if key.label in CHARGED:
            cost = costs[key.gateway, key.message_class]
            cost[0], cost[1] = cost[0] + sum_.segments, cost[1] + sum_.vnd
    yield tries
    labels = ["gateway", "class"]
    segments = CounterMetricFamily(
        "loa_charged_segments", "Segments that gateways took, or may have taken", None, labels
    )
    vnd = CounterMetricFamily("loa_charged_vnd", "What they cost by the prices in the settings, in VND", None, labels)
    for names, cost in costs.items():
        segments.add_metric(names, cost[0])
        vnd.add_metric(names, cost[1])
    yield segments
    yield vnd


def _turns(sums: Sequence[tuple[Key, Sum]]) -> Metric:
    """How long people's texts waited for their answer to be queued."""
    family = HistogramMetricFamily(
        "loa_turn_seconds", "From storing a text to committing its answer, in seconds", labels=["gateway"]
    )
    within: defaultdict[str, dict[str, int]] = defaultdict(dict)
    milliseconds: defaultdict[str, int] = defaultdict(int)
    for key, sum_ in sums:
        within[key.gateway][key.label] = sum_.times
        milliseconds[key.gateway] += sum_.milliseconds
    for gateway, counts in within.items():
        buckets, total = [], 0
        for bound in (*map(str, TURN_S), "+Inf"):
            total += counts.get(bound, 0)
            buckets.append((bound, total))
        family.add_metric([gateway], buckets, milliseconds[gateway] / 1000)
    return family
