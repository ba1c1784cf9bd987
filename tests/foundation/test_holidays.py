import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from foundation.clock import add_working_days, is_working_day
from foundation.holidays import SHIPPED, DaysOff, HolidaysError

TET_2027 = date(2027, 2, 6)


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 2, 17),  # mùng 1
        date(2026, 4, 27),  # Giỗ Tổ fell on a Sunday
        date(2026, 4, 30),
        date(2027, 1, 1),
        date(2027, 2, 8),
        date(2027, 5, 3),  # 1/5 falls on a Saturday
        date(2028, 1, 3),
        date(2028, 5, 2),  # 30/4 on a Sunday, and 1/5 after it is free by itself
        date(2033, 5, 2),  # 30/4 and 1/5 both on a week-end: two days are made up
        date(2033, 5, 3),
    ],
)
def test_offices_are_closed_on_holidays_and_on_what_makes_up_for_them(day: date) -> None:
    assert day.weekday() < 5
    assert day in SHIPPED
    assert not is_working_day(day)


@pytest.mark.parametrize("day", [date(2026, 11, 20), date(2026, 11, 24), date(2027, 5, 4), date(2033, 5, 4)])
def test_other_days_are_working_days(day: date) -> None:
    assert is_working_day(day)


def test_what_stands_in_the_file_are_no_week_ends_and_years_that_are_whole() -> None:
    assert all(day.weekday() < 5 for day in SHIPPED.single)
    assert {day.year for day in SHIPPED.single} == set(range(2026, SHIPPED.known_until + 1))


@pytest.mark.parametrize(
    ("day", "count", "due"),
    [
        (date(2027, 2, 3), 2, date(2027, 2, 11)),  # Wednesday before Tết: Thursday 4/2, then Thursday after
        (date(2027, 2, 4), 5, date(2027, 2, 17)),
        (date(2027, 4, 28), 2, date(2027, 5, 4)),
        (date(2026, 12, 31), 1, date(2027, 1, 4)),
        (date(2027, 2, 11), -1, date(2027, 2, 4)),
        (date(2026, 11, 23), -1, date(2026, 11, 20)),
    ],
)
def test_working_days_pass_over_tet_and_holidays_in_both_directions(day: date, count: int, due: date) -> None:
    assert add_working_days(day, count) == due


def test_a_setting_adds_days_and_spans() -> None:
    off = SHIPPED.and_also(" 2027-02-04, 2027-02-11/2027-02-12,")
    assert {date(2027, 2, 4), date(2027, 2, 11), date(2027, 2, 12), TET_2027 + timedelta(days=2)} <= {
        day for day in (date(2027, 2, 1) + timedelta(days=n) for n in range(20)) if day in off
    }
    assert add_working_days(date(2027, 2, 3), 1, off) == date(2027, 2, 15)
    assert add_working_days(date(2027, 2, 3), 1) == date(2027, 2, 4)
    assert SHIPPED.and_also("") == SHIPPED


def test_a_saturday_worked_in_exchange_counts() -> None:
    exchanged = SHIPPED.and_also("2027-02-11,+2027-02-20")
    assert is_working_day(date(2027, 2, 20), exchanged)
    assert not is_working_day(date(2027, 2, 20))
    assert not is_working_day(date(2027, 2, 21), exchanged)
    assert add_working_days(date(2027, 2, 19), 1, exchanged) == date(2027, 2, 20)
    assert add_working_days(date(2027, 2, 22), -1, exchanged) == date(2027, 2, 20)
    assert is_working_day(date(2027, 2, 5), SHIPPED.and_also("+2027-02-05"))  # a holiday that is worked is none


@pytest.mark.parametrize("text", ["+", "+2027-02-30", "+2027-02-21/2027-02-20"])
def test_worked_days_that_cannot_be_read_are_quoted(text: str) -> None:
    with pytest.raises(HolidaysError, match=f"«{re.escape(text[1:])}»"):
        SHIPPED.and_also(text)


@pytest.mark.parametrize("text", ["Tết", "4/2/2027", "2027-02-30", "2027-02-12/2027-02-11", "2027-01-01/2027-12-31"])
def test_days_that_cannot_be_read_are_quoted(text: str) -> None:
    with pytest.raises(HolidaysError, match=f"«{text}»"):
        SHIPPED.and_also(text)


def test_a_file_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "holidays.yaml"
    path.write_text("by_year: {2026: [2026-01-01]}")
    with pytest.raises(KeyError):
        DaysOff.load(path)
