"""The hours of the day in which a class of messages may be sent, Vietnam's time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from foundation.clock import local
from foundation.message_class import MessageClass


@dataclass(frozen=True, slots=True)
class Hours:
    """From when until when, every day; `closes` is the first moment at which it is closed."""

    opens: time
    closes: time
    source: str

    @property
    def never_close(self) -> bool:
        return (self.opens, self.closes) == (ALWAYS.opens, ALWAYS.closes)

    def opening(self, now: datetime) -> datetime:
        """`now` itself while it is open, else the next moment at which it opens."""
        here = local(now)
        if self.never_close or self.opens <= here.time() < self.closes:
            return now
        opening = here.replace(hour=self.opens.hour, minute=self.opens.minute, second=0, microsecond=0)
        return opening if here < opening else opening + timedelta(days=1)

    def closing(self, now: datetime) -> datetime | None:
        """When what is open at `now` closes; None where it never does."""
        if self.never_close:
            return None
        if self.closes == ALWAYS.closes:  # 24:00
            return local(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return local(now).replace(hour=self.closes.hour, minute=self.closes.minute, second=0, microsecond=0)


class HoursError(ValueError):
    """Hours that cannot be read, or that the law does not allow; the message quotes them."""


ALWAYS = Hours(time(0), time(23, 59, 59, 999_999), "an answer to somebody who just wrote")

HOURS: Mapping[MessageClass, Hours] = {
    MessageClass.REPLY: ALWAYS,
    MessageClass.OPERATIONAL: Hours(time(6), time(22), "own decision: officials are not woken"),
    MessageClass.PUBLIC_INFORMATION: Hours(time(7), time(21), "own decision, inside Decree 91/2020/NĐ-CP art. 13"),
    MessageClass.FUNDRAISING: Hours(time(8), time(20), "own decision, inside Decree 91/2020/NĐ-CP art. 13"),
    MessageClass.ADVERTISING: Hours(time(7), time(22), "Decree 91/2020/NĐ-CP art. 13: 07:00 to 22:00"),
}

_BY_LAW = {MessageClass.ADVERTISING: HOURS[MessageClass.ADVERTISING]}
"""Hours that may be narrowed but not widened."""
_HOURS = re.compile(r"(\w+)=(\d\d):(\d\d)-(\d\d):(\d\d)")


def read_hours(text: str) -> Mapping[MessageClass, Hours]:
    """`HOURS`, changed by a setting like "public_information=06:00-20:00,operational=00:00-24:00".

    Raises:
        HoursError: unreadable, an unknown class, closing before opening, or wider than the law allows.
    """
    hours = dict(HOURS)
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _HOURS.fullmatch(part)
        if match is None or match[1] not in set(MessageClass) - {MessageClass.REPLY}:
            raise HoursError(f"«{part}» is not CLASS=HH:MM-HH:MM with a class other than reply")
        message_class = MessageClass(match[1])
        opens, closes = _time(match[2], match[3], part), _time(match[4], match[5], part)
        law = _BY_LAW.get(message_class)
        if opens >= closes or (law and (opens < law.opens or closes > law.closes)):
            raise HoursError(f"«{part}»: {law.source if law else 'closes before it opens'}")
        hours[message_class] = Hours(opens, closes, "LOA_HOURS")
    return hours


def _time(hour: str, minute: str, part: str) -> time:
    if (hour, minute) == ("24", "00"):
        return ALWAYS.closes
    try:
        return time(int(hour), int(minute))
    except ValueError as error:
        raise HoursError(f"«{part}» names no time of day") from error
