"""Time is Vietnam's to people and UTC in the database. Whoever needs "now" or "today" takes it as an argument."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from foundation.holidays import SHIPPED, DaysOff
from foundation.refusal import Refusal
from foundation.text import fold

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")

_DAY_FIRST = re.compile(r"(?<!\d)(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4})(?!\d)")
# All that may stand beside the day, folded: what is not understood ("8h chiều") is refused, never passed over.
_HOUR = re.compile(r"(?:luc )?(?P<h>\d{1,2}) ?(?::|h|gio) ?(?P<min>\d{2})?(?: phut)?(?: ngay)?")


class TimeError(Refusal, ValueError):
    """A time that cannot be read; the message is Vietnamese."""


def utc_now() -> datetime:
    """The present, aware, in UTC. Called at the edges only."""
    return datetime.now(UTC)


def local(moment: datetime) -> datetime:
    """The same moment on Vietnam's clocks. Raises ValueError for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime says no moment")
    return moment.astimezone(VIETNAM)


def today(now: datetime) -> date:
    """The date in Vietnam at that moment."""
    return local(now).date()


def parse_time(text: str) -> datetime:
    """A moment as an official writes it, in UTC: "2026-11-21 08:00", "21/11/2026 8h", "8:00 21/11/2026".

    Without an offset it is Vietnam's time; a date without an hour is refused, since a broadcast at midnight is never
    meant.

    Raises:
        TimeError: unreadable, or no such day.
    """
    text = text.strip()
    try:
        moment = datetime.fromisoformat(text)
        if len(text) <= len("2026-11-21"):
            raise TimeError(f"«{text}» chưa có giờ: ghi thêm, ví dụ 08:00")
    except TimeError:
        raise
    except ValueError:
        moment = _day_first(text)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)).astimezone(UTC)
    except OverflowError as error:
        raise TimeError(f"không có thời điểm «{text}»") from error


def _day_first(text: str) -> datetime:
    day = _DAY_FIRST.search(text)
    beside = f"{text[: day.start()]} {text[day.end() :]}" if day else ""
    hour = _HOUR.fullmatch(fold(beside.replace(",", " ")))
    if not day or not hour:
        raise TimeError(f"không đọc được thời điểm «{text}»: ghi như 2026-11-21 08:00 hoặc 08:00 21/11/2026")
    try:
        return datetime(int(day["y"]), int(day["m"]), int(day["d"]), int(hour["h"]), int(hour["min"] or 0))
    except ValueError as error:
        raise TimeError(f"không có thời điểm «{text}»") from error


def say_time(moment: datetime) -> str:
    """A moment for people: "08:00 21/11/2026", Vietnam's time."""
    return f"{local(moment):%H:%M %d/%m/%Y}"


def say_date(day: date) -> str:
    """A date for people, without leading zeros: "1/7/2025"."""
    return f"{day.day}/{day.month}/{day.year}"


def next_morning(now: datetime, hour: int = 8) -> datetime:
    """Tomorrow at `hour` in Vietnam, in UTC."""
    return local(now).replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(UTC) + timedelta(days=1)


def add_working_days(day: date, count: int, off: DaysOff = SHIPPED) -> date:
    """The day `count` working days later; week-ends and days off do not count. Before `day` when negative."""
    step = timedelta(days=1 if count > 0 else -1)
    left = abs(count)
    while left:
        day += step
        left -= is_working_day(day, off)
    return day


def is_working_day(day: date, off: DaysOff = SHIPPED) -> bool:
    return day in off.worked or (day.weekday() < 5 and day not in off)
