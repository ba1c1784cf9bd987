"""What a text comes to, shown while it is written: both faces, their segments, and the cost for a group."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from campaigns.broadcasts import estimate
from foundation.text import Segmentation, nfc, segment, unaccent
from scheduler.outbox import Route


@dataclass(frozen=True, slots=True)
class Face:
    """A text as a phone shows it. `cost_vnd` is for everybody; None while nobody is chosen. `fits` the gateway."""

    counted: Segmentation
    cost_vnd: int | None
    fits: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """The text as written and without diacritics, and to how many people it goes (None: nobody is chosen yet)."""

    accented: Face
    bare: Face
    recipients: int | None
    price_vnd_per_segment: int
    most_segments: int

    @property
    def is_bare(self) -> bool:
        return self.accented.counted.text == self.bare.counted.text


def preview(session: Session, text: str, group_id: int, route: Route) -> Preview:
    """What a text would come to; `group_id` is 0 while no group is chosen."""
    text = nfc(text).strip()
    recipients = estimate(session, text, group_id, route).recipients if group_id else None
    return Preview(
        accented=_face(text, recipients, route),
        bare=_face(unaccent(text), recipients, route),
        recipients=recipients,
        price_vnd_per_segment=route.price_vnd_per_segment,
        most_segments=route.max_segments,
    )


def _face(text: str, recipients: int | None, route: Route) -> Face:
    counted = segment(text)
    cost = None if recipients is None else counted.segments * recipients * route.price_vnd_per_segment
    return Face(counted, cost, counted.segments <= route.max_segments)
