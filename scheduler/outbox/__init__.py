"""The outbox: rows that hold the truth of what is to be sent, was sent, to whom, and what became of it."""

from scheduler.outbox.hours import Hours
from scheduler.outbox.models import Batch, OutboundMessage
from scheduler.outbox.queueing import TOO_LONG, NewMessage, To, enqueue, enqueue_alike, in_parts
from scheduler.outbox.receipts import DeliveryReport, merge
from scheduler.outbox.routes import Route, RouteError, way_back, way_out
from scheduler.outbox.states import State
from scheduler.outbox.store import (
    batch,
    cancel,
    counts,
    oldest_wait,
    open_batch,
    pause,
    reasons,
    replies_to,
    resume,
)

__all__ = [
    "TOO_LONG",
    "Batch",
    "DeliveryReport",
    "Hours",
    "NewMessage",
    "OutboundMessage",
    "Route",
    "RouteError",
    "State",
    "To",
    "batch",
    "cancel",
    "counts",
    "enqueue",
    "enqueue_alike",
    "in_parts",
    "merge",
    "oldest_wait",
    "open_batch",
    "pause",
    "reasons",
    "replies_to",
    "resume",
    "way_back",
    "way_out",
]
