"""The numbers that the rules on the way out go by: hours, caps, and whom a class never goes to.

Settings change them; where the law or the project sets one, only towards stricter.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from foundation.message_class import MessageClass
from foundation.spans import SpanError, parse_span
from people.models import Label
from scheduler.outbox.hours import HOURS, Hours, read_hours


@dataclass(frozen=True, slots=True)
class Cap:
    """At most so many messages to one person within any `window`."""

    most: int
    window: timedelta
    source: str


class CapsError(ValueError):
    """Caps that cannot be read, or that the law does not allow; the message quotes them."""


class LabelsError(ValueError):
    """Labels that cannot be read, or of a class that answers; the message quotes them."""


CAPS: Mapping[MessageClass, Cap] = {
    # Law or not, more than this is a mistake of ours that repeats itself: a storm's warnings every two hours of a day
    # still go through.
    MessageClass.PUBLIC_INFORMATION: Cap(8, timedelta(hours=24), "own decision: a safety net"),
    MessageClass.FUNDRAISING: Cap(1, timedelta(days=7), "own decision: nobody is pressed to give"),
    MessageClass.ADVERTISING: Cap(3, timedelta(hours=24), "Decree 91/2020/NĐ-CP art. 13: 3 in 24 hours"),
}
"""Replies and operational texts have none: the first answer those who wrote, the second are officials' duty."""

EXCLUDED: Mapping[MessageClass, frozenset[Label]] = {MessageClass.FUNDRAISING: frozenset(Label)}
"""Labels that a class never goes to: those whom the programmes are for are not asked for money (own decision)."""

_BY_LAW = {MessageClass.ADVERTISING: CAPS[MessageClass.ADVERTISING]}
"""Caps that may be narrowed but not widened."""
_UNCAPPED = frozenset({MessageClass.REPLY, MessageClass.OPERATIONAL})
_CAP = re.compile(r"(\w+)=(\d{1,4})/(\w+)")
_EXCLUDED = re.compile(r"(\w+)=(\w+(?:\+\w+)*)")


@dataclass(frozen=True, slots=True)
class Limits:
    """What the rules go by: when a class may be sent, how often to one person, and to whom never."""

    hours: Mapping[MessageClass, Hours] = field(default_factory=lambda: HOURS)
    caps: Mapping[MessageClass, Cap] = field(default_factory=lambda: CAPS)
    excluded: Mapping[MessageClass, frozenset[Label]] = field(default_factory=lambda: EXCLUDED)


LIMITS = Limits()


def read_limits(hours: str, caps: str, labels: str = "") -> Limits:
    """`LIMITS` as settings change them: LOA_HOURS, LOA_CAPS and LOA_LABELS.

    Raises:
        HoursError, CapsError, LabelsError: one line that quotes what is wrong.
    """
    return Limits(read_hours(hours), read_caps(caps), read_excluded(labels))


def read_caps(text: str) -> Mapping[MessageClass, Cap]:
    """`CAPS`, changed by a setting like "public_information=4/24h,fundraising=1/30d".

    Raises:
        CapsError: unreadable, a class that has no cap, none at all, or wider than the law allows.
    """
    caps = dict(CAPS)
    for part in _parts(text):
        match = _CAP.fullmatch(part)
        if match is None or match[1] not in set(MessageClass) - _UNCAPPED:
            raise CapsError(f"«{part}» is not CLASS=MOST/SPAN (1/7d) with a class other than reply and operational")
        message_class = MessageClass(match[1])
        try:
            most, window = int(match[2]), parse_span(match[3])
        except SpanError as error:
            raise CapsError(f"«{part}»: a span is written 24h or 7d") from error
        law = _BY_LAW.get(message_class)
        if not most or not window:
            raise CapsError(f"«{part}» lets nothing through, or everything")
        if law and (most > law.most or window < law.window):
            raise CapsError(f"«{part}»: {law.source}")
        caps[message_class] = Cap(most, window, "LOA_CAPS")
    return caps


def read_excluded(text: str) -> Mapping[MessageClass, frozenset[Label]]:
    """`EXCLUDED`, widened by a setting like "advertising=poor+near_poor"; it is never narrowed.

    Raises:
        LabelsError: unreadable, an unknown class or label, or replies.
    """
    excluded = dict(EXCLUDED)
    for part in _parts(text):
        match = _EXCLUDED.fullmatch(part)
        named = match[2].split("+") if match else []
        if match is None or match[1] not in set(MessageClass) - {MessageClass.REPLY} or not set(named) <= set(Label):
            known = "+".join(Label)
            raise LabelsError(f"«{part}» is not CLASS={known} with a class other than reply")
        message_class = MessageClass(match[1])
        excluded[message_class] = excluded.get(message_class, frozenset()) | {Label(name) for name in named}
    return excluded


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
