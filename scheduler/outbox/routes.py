"""Routes: what a gateway takes, how it counts, and what it costs, as far as whoever queues a message needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from foundation.message_class import MessageClass
from foundation.refusal import Refusal
from foundation.text import Segmentation
from gateways.protocol import Ladder
from scheduler.outbox.hours import HOURS, Hours


@dataclass(frozen=True, slots=True)
class Route:
    """The gateway that a message takes, what a segment costs there, and how many it carries."""

    gateway: str
    channel: str
    price_vnd_per_segment: int
    max_segments: int
    ladders: Mapping[MessageClass, Ladder] = field(default_factory=dict)
    """Classes whose segments this gateway counts in its own way."""
    reply_window: timedelta | None = None
    """A person may be answered for so long after they last wrote; None for ever."""
    segments_per_second: float | None = None
    """Its rate; None where nobody asked."""
    hours: Mapping[MessageClass, Hours] = field(default_factory=lambda: HOURS)
    """When each class leaves."""
    grace: timedelta = timedelta()
    """So long an answer waits for the call that asked: it may travel in our answer to that."""
    classes: frozenset[MessageClass] = frozenset(MessageClass)
    """The classes that this gateway carries at all."""

    def segments(self, counted: Segmentation, message_class: MessageClass) -> int | None:
        """What the gateway charges for a text of this class; None for one that it does not carry."""
        ladder = self.ladders.get(message_class)
        segments = counted.segments if ladder is None else ladder.segments(counted)
        return None if segments is None or segments > self.max_segments else segments


class RouteError(Refusal):
    """No gateway in use reaches that channel, or carries that class."""


def way_out(routes: Mapping[str, Route], message_class: MessageClass) -> Route:
    """The route of what answers nobody: the first gateway, as settings name them, that carries its class.

    Raises RouteError.
    """
    for route in routes.values():
        if message_class in route.classes:
            return route
    raise RouteError(f"no gateway in use carries {message_class}: see LOA_GATEWAYS")


def way_back(routes: Mapping[str, Route], gateway: str | None, channel: str) -> Route:
    """The route of an answer: the gateway that the question came by, or else one of its channel that carries answers.

    Raises RouteError.
    """
    answering = {name: route for name, route in routes.items() if MessageClass.REPLY in route.classes}
    route = answering.get(gateway or "") or next((r for r in answering.values() if r.channel == channel), None)
    if route is not None:
        return route
    raise RouteError(f"no gateway in use reaches {channel}: see LOA_GATEWAYS")
