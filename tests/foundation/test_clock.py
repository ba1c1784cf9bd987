from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import (
    TimeError,
    add_working_days,
    local,
    next_morning,
    parse_time,
    say_date,
    say_time,
    today,
)

EIGHT = datetime(2026, 11, 21, 1, tzinfo=UTC)
HALF_PAST = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)

WRITTEN = [
    ("2026-11-21 08:00", EIGHT),
    ("2026-11-21T08:00", EIGHT),
    ("2026-11-21T08:00:00+07:00", EIGHT),
    ("2026-11-21T01:00:00Z", EIGHT),
    ("2026-11-21 08", EIGHT),
    ("  2026-11-21 08:30 ", HALF_PAST),
    ("21/11/2026 8h", EIGHT),
    ("21/11/2026 8h30", HALF_PAST),
    ("21/11/2026 8 giờ 30 phút", HALF_PAST),
    ("21/11/2026, 08:30", HALF_PAST),
    ("08:00 21/11/2026", EIGHT),
    ("8:00 21.11.2026", EIGHT),
    ("8H 21-11-2026", EIGHT),
    ("8 gio 21/11/2026", EIGHT),
    ("lúc 8h30 ngày 21/11/2026", HALF_PAST),
    ("8 giờ, ngày 21/11/2026", EIGHT),
    ("8 gio\u031b\u0300 21/11/2026", EIGHT),
    ("23:59 31/12/2026", datetime(2026, 12, 31, 16, 59, tzinfo=UTC)),
    ("00:00 1/1/2027", datetime(2026, 12, 31, 17, tzinfo=UTC)),
]

REFUSED = [
    "",
    "mai",
    "2026-11-21",
    "20261121",
    "21/11/2026",
    "8h",
    "08:00",
    "30/2/2026 8h",
    "21/13/2026 8h",
    "21/11/2026 25:00",
    "21/11/2026 8:75",
    "21/11/26 8h",
    # What is not understood must not be passed over: each of these would else be another hour or another day.
    "8h chiều 21/11/2026",
    "8h tối 21/11/2026",
    "8 giờ rưỡi 21/11/2026",
    "9 giờ kém 15 21/11/2026",
    "8h5 21/11/2026",
    "100:00 21/11/2026",
    "121/11/2026 8h",
    "21/11/20261 8h",
    "8h 21/11/2026 hoặc 22/11/2026",
    "0001-01-01 00:00",
    "1/1/0001 0h",
    "9999-12-31T23:59-12:00",
]


@pytest.mark.parametrize(("text", "moment"), WRITTEN)
def test_a_moment_is_read_as_officials_write_it(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment
    assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_moment_or_not_wholly_understood_is_refused(text: str) -> None:
    with pytest.raises(TimeError):
        parse_time(text)


def test_a_day_without_an_hour_is_told_what_is_missing() -> None:
    with pytest.raises(TimeError, match="chưa có giờ"):
        parse_time("2026-11-21")


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)))
def test_what_we_say_we_can_read(moment: datetime) -> None:
    moment = moment.replace(second=0, microsecond=0, tzinfo=UTC)
    # Before 1906 Vietnam's clocks were not whole minutes from UTC.
    said = moment if moment.year > 1911 else local(moment).replace(tzinfo=UTC)
    assert parse_time(say_time(said)) == said or moment.year <= 1911


def test_times_are_vietnams_to_people() -> None:
    assert say_time(datetime(2026, 11, 20, 17, 30, tzinfo=UTC)) == "00:30 21/11/2026"
    assert today(datetime(2026, 11, 20, 16, 59, tzinfo=UTC)) == date(2026, 11, 20)
    assert today(datetime(2026, 11, 20, 17, 0, tzinfo=UTC)) == date(2026, 11, 21)
    assert say_date(date(2025, 7, 1)) == "1/7/2025"


def test_tomorrow_morning_is_vietnams_tomorrow() -> None:
    assert next_morning(datetime(2026, 11, 20, 16, 59, tzinfo=UTC)) == EIGHT
    assert next_morning(datetime(2026, 11, 20, 17, 1, tzinfo=UTC)) == EIGHT + timedelta(days=1)


def test_a_naive_datetime_says_no_moment() -> None:
    with pytest.raises(ValueError, match="naive"):
        local(datetime(2026, 11, 20, 8))


@pytest.mark.parametrize(
    ("count", "due"),
    [(0, date(2026, 11, 20)), (1, date(2026, 11, 23)), (5, date(2026, 11, 27)), (6, date(2026, 11, 30))],
)
def test_weekends_are_no_working_days(count: int, due: date) -> None:
    assert add_working_days(date(2026, 11, 20), count) == due
