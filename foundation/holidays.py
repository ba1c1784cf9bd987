"""The days on which offices are closed, or open on a week-end: by law, by the year's calendar, by a setting."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self

import yaml

FILE = Path(__file__).with_name("holidays.yaml")
_LONGEST_SPAN = timedelta(days=60)


class HolidaysError(ValueError):
    """Days off that cannot be read; the message quotes them."""


@dataclass(frozen=True, slots=True)
class DaysOff:
    """Days that are no working days besides Saturdays and Sundays. `every_year` are (month, day).

    `worked` are days on which offices are open whatever else they are: a Saturday in exchange for a day between two
    holidays.
    `known_until` is the last year whose movable days stand in the file. Immutable; safe to share between threads.
    """

    every_year: frozenset[tuple[int, int]]
    single: frozenset[date]
    known_until: int
    worked: frozenset[date] = frozenset()

    @classmethod
    def load(cls, path: Path = FILE) -> Self:
        """Reads the file. Raises OSError, KeyError or ValueError when it is not of its shape: it is shipped with us."""
        content: Mapping[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        by_year: Mapping[int, list[date]] = content["by_year"]
        fixed = (date.fromisoformat(f"2000-{day}") for day in content["every_year"])
        return cls(
            frozenset((day.month, day.day) for day in fixed),
            frozenset(day for days in by_year.values() for day in days),
            max(by_year),
        )

    def and_also(self, text: str) -> Self:
        """These and what a setting adds: days and spans like "2027-02-04,2027-02-11/2027-02-12"; worked, with a plus
        before them: "+2027-02-20".

        Raises:
            HolidaysError: no such day, or a span that ends before it begins or lasts longer than a calendar's slip.
        """
        parts = [part.strip() for part in text.split(",") if part.strip()]
        off = (day for part in parts if not part.startswith("+") for day in _span(part))
        worked = (day for part in parts if part.startswith("+") for day in _span(part[1:]))
        return replace(self, single=self.single.union(off), worked=self.worked.union(worked))

    def __contains__(self, day: date) -> bool:
        return self._named(day) or day in self._made_up(day.year)

    def _named(self, day: date) -> bool:
        return day in self.single or (day.month, day.day) in self.every_year

    def _made_up(self, year: int) -> set[date]:
        """The working days that are free for one of every year that falls on a week-end."""
        free: set[date] = set()
        for month, number in sorted(self.every_year):
            day = date(year, month, number)
            if day.weekday() < 5:
                continue
            while day.weekday() >= 5 or self._named(day) or day in free:
                day += timedelta(days=1)
            free.add(day)
        return free


def _span(part: str) -> list[date]:
    first, _, last = part.partition("/")
    try:
        begins, ends = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError as error:
        raise HolidaysError(f"«{part}» is no day like 2027-02-04, nor a span like 2027-02-11/2027-02-12") from error
    if not timedelta() <= ends - begins <= _LONGEST_SPAN:
        raise HolidaysError(f"«{part}» ends before it begins, or lasts longer than {_LONGEST_SPAN.days} days")
    return [begins + timedelta(days=days) for days in range((ends - begins).days + 1)]


SHIPPED = DaysOff.load()
