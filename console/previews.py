"""What a text comes to, shown while it is written: both faces, their segments, and the cost for a group."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from campaigns.estimates import why_not_carried
from foundation.message_class import MessageClass
from foundation.text import Segmentation, nfc, segment, unaccent
from people import group_size
from scheduler.outbox import Route


@dataclass(frozen=True, slots=True)
class Face:
    """A text as a phone shows it, its segments as the gateway counts them. `cost_vnd` is for everybody; None while
    nobody is chosen. `objection` is why the gateway would not take it."""

    counted: Segmentation
    cost_vnd: int | None
    objection: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """The text as written and without diacritics, and to how many people it goes (None: nobody is chosen yet)."""

    accented: Face
    bare: Face
    recipients: int | None
    price_vnd_per_segment: int

    @property
    def is_bare(self) -> bool:
        return self.accented.counted.text == self.bare.counted.text


def preview(session: Session, text: str, group_id: int, message_class: MessageClass, route: Route) -> Preview:
    """What a text would come to; `group_id` is 0 while no group is chosen."""
    text = nfc(text).strip()
    recipients = group_size(session, group_id, route.channel) if group_id else None
    return Preview(
        accented=_face(text, recipients, message_class, route),
        bare=_face(unaccent(text), recipients, message_class, route),
        recipients=recipients,
        price_vnd_per_segment=route.price_vnd_per_segment,
    )


def _face(text: str, recipients: int | None, message_class: MessageClass, route: Route) -> Face:
    counted = segment(text)
    objection = why_not_carried(counted, message_class, route)
    counted = counted._replace(segments=route.segments(counted, message_class) or counted.segments)
    cost = None if recipients is None else counted.segments * recipients * route.price_vnd_per_segment
    return Face(counted, cost, objection)
