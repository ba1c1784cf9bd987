"""The outbox: rows that hold the truth of what is to be sent, was sent, to whom, and what became of it."""

from scheduler.outbox.models import Batch, OutboundMessage
from scheduler.outbox.receipts import DeliveryReport, merge
from scheduler.outbox.states import State
from scheduler.outbox.store import (
    NewMessage,
    Route,
    RouteError,
    batch,
    cancel,
    counts,
    enqueue,
    in_parts,
    oldest_wait,
    open_batch,
    pause,
    reasons,
    replies_to,
    resume,
    way_back,
)

__all__ = [
    "Batch",
    "DeliveryReport",
    "NewMessage",
    "OutboundMessage",
    "Route",
    "RouteError",
    "State",
    "batch",
    "cancel",
    "counts",
    "enqueue",
    "in_parts",
    "merge",
    "oldest_wait",
    "open_batch",
    "pause",
    "reasons",
    "replies_to",
    "resume",
    "way_back",
]
