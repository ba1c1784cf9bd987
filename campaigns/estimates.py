"""What a broadcast will come to before anybody approves it: people, segments, money, and when the last text leaves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from campaigns.models import Broadcast
from foundation.message_class import MessageClass
from foundation.text import Segmentation, segment
from people import group_size
from scheduler.outbox import Route
from scheduler.outbox.spreading import after_open_time


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a broadcast will come to: people, segments of all texts together, VND; `each` is the segments of one text,
    as its route counts them.

    The money is at the price of this route, and becomes the budget: whoever approves puts their name to this sum and to
    no other. Where a dearer gateway has to stand in, the broadcast stops when the sum is spent, and says so.
    """

    recipients: int
    segments: int
    cost_vnd: int
    each: int


def estimate(session: Session, text: str, group_id: int, message_class: MessageClass, route: Route) -> Estimate:
    """What a text to a group would come to over this route; of one that it does not carry, as others would count."""
    recipients = group_size(session, group_id, route.channel)
    counted = segment(text)
    each = route.segments(counted, message_class) or counted.segments
    return Estimate(recipients, each * recipients, each * recipients * route.price_vnd_per_segment, each)


def why_not_carried(counted: Segmentation, message_class: MessageClass, route: Route) -> str | None:
    """Why the gateway would not take a text of this class, in Vietnamese; None where it would."""
    if route.segments(counted, message_class) is not None:
        return None
    if message_class in route.ladders:
        return (
            f"tin dài {counted.units} ký tự, dài hơn mức cổng {route.gateway} nhận cho loại tin này; "
            "rút ngắn lại, hoặc bỏ dấu"
        )
    return f"tin dài {counted.segments} đoạn, cổng {route.gateway} chỉ chở được {route.max_segments}"


def last_leaves(broadcast: Broadcast, route: Route, now: datetime) -> datetime:
    """When its last text leaves if all goes well: at its time, or at once where that has passed; spread over so much
    time in which its class may be sent, and no faster than the gateway goes."""
    people = max(broadcast.recipients, 1)
    spread_out = broadcast.spread * (people - 1) // people
    return after_open_time(
        max(broadcast.scheduled_at, now),
        max(spread_out, at_full_rate(broadcast.segments, route)),
        route.hours[MessageClass(broadcast.message_class)],
    )


def at_full_rate(segments: int, route: Route) -> timedelta:
    """How long the gateway needs for so many segments; nothing where its rate is not known."""
    return timedelta(seconds=segments / route.segments_per_second) if route.segments_per_second else timedelta()
