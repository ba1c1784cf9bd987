"""Leaving a little at a time: evenly, in open hours, each in its turn."""

from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise

from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import VIETNAM, local
from foundation.message_class import MessageClass
from scheduler.outbox.hours import ALWAYS, HOURS, Hours
from scheduler.outbox.spreading import after_open_time, open_time, spread

DAY = Hours(time(7), time(21), "test")


def at(text: str) -> datetime:
    """A moment on Vietnam's clocks."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


def told(count: int, start: str, over: timedelta, hours: Hours = DAY) -> list[str]:
    return [f"{local(moment):%d %H:%M:%S}" for moment in islice(spread(count, at(start), over, hours), count)]


def test_four_texts_over_four_hours_leave_an_hour_apart() -> None:
    hourly = ["20 08:00:00", "20 09:00:00", "20 10:00:00", "20 11:00:00"]
    assert told(4, "2026-11-20 08:00", timedelta(hours=4)) == hourly


def test_all_at_once_is_all_at_once() -> None:
    assert told(3, "2026-11-20 08:00", timedelta()) == ["20 08:00:00"] * 3
    assert told(2, "2026-11-20 23:00", timedelta()) == ["21 07:00:00"] * 2, "or at the next opening"


def test_the_night_is_jumped_over() -> None:
    evening = told(4, "2026-11-20 19:00", timedelta(hours=4))
    assert evening == ["20 19:00:00", "20 20:00:00", "21 07:00:00", "21 08:00:00"]


def test_days_go_by_where_hours_are_few() -> None:
    narrow = Hours(time(8), time(10), "test")
    assert told(3, "2026-12-31 09:00", timedelta(hours=6), narrow) == ["31 09:00:00", "01 09:00:00", "02 09:00:00"]


def test_a_day_that_ends_at_midnight_goes_on_in_the_morning() -> None:
    late = Hours(time(6), ALWAYS.closes, "24:00")
    assert told(2, "2026-11-20 23:30", timedelta(hours=2), late) == ["20 23:30:00", "21 06:30:00"]


def test_who_comes_too_many_leaves_with_the_last() -> None:
    moments = list(islice(spread(2, at("2026-11-20 08:00"), timedelta(hours=2), DAY), 4))
    assert moments[1:] == [at("2026-11-20 09:00")] * 3


hours = st.sampled_from(
    [*HOURS.values(), Hours(time(8), time(8, 30), "half an hour"), Hours(time(6), ALWAYS.closes, "")]
)
starts = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
spans = st.timedeltas(timedelta(), timedelta(hours=72))


@given(count=st.integers(1, 300), start=starts, over=spans, hours=hours)
def test_wherever_it_begins_it_is_even_open_and_in_time(
    count: int, start: datetime, over: timedelta, hours: Hours
) -> None:
    moments = list(islice(spread(count, start, over, hours), count))
    assert moments[0] == hours.opening(start)
    assert all(hours.opening(moment) == moment for moment in moments), "each while it is open"
    gaps = [open_time(one, other, hours) for one, other in pairwise(moments)]
    assert all(abs(gap - over / count) <= timedelta(microseconds=1) for gap in gaps), "evenly, the night left out"
    assert open_time(start, moments[-1], hours) <= over
    assert count == 1 or over < timedelta(seconds=1) or open_time(start, moments[-1], hours) < over


@given(count=st.integers(1, 200), first=st.integers(0, 220), start=starts, over=spans, hours=hours)
def test_whoever_goes_on_later_goes_on_as_planned(
    count: int, first: int, start: datetime, over: timedelta, hours: Hours
) -> None:
    whole = list(islice(spread(count, start, over, hours), first + 10))
    assert list(islice(spread(count, start, over, hours, first), 10)) == whole[first:]


@given(start=starts, passed=spans, hours=hours)
def test_open_time_is_counted_as_it_is_added(start: datetime, passed: timedelta, hours: Hours) -> None:
    end = after_open_time(start, passed, hours)
    assert hours.opening(end) == end
    assert abs(open_time(start, end, hours) - passed) <= timedelta(microseconds=1)


def test_every_class_has_hours_to_spread_in() -> None:
    assert set(HOURS) == set(MessageClass)
