"""Leaving a little at a time: so that those who answer are not answered by nobody.

Only time in which a class's hours are open counts; closed hours are jumped over.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count as counting

from scheduler.outbox.hours import Hours


def spread(count: int, start: datetime, over: timedelta, hours: Hours, first: int = 0) -> Iterator[datetime]:
    """When each of `count` messages leaves, beginning with the `first` (from 0): evenly over so much open time.

    The first leaves as soon as it is open, the last before `over` has passed; any beyond `count` leave with the last.
    Endless.
    """
    begin, before = hours.opening(start), timedelta()  # of this stretch of open time, and how much lies before it
    end = hours.closing(begin)
    for number in counting(first):
        passed = over * min(number, count - 1) // max(count, 1)
        while end is not None and begin + (passed - before) >= end:
            before += end - begin
            begin = hours.opening(end)
            end = hours.closing(begin)
        yield begin + (passed - before)


def after_open_time(start: datetime, passed: timedelta, hours: Hours) -> datetime:
    """The moment at which it has been open for so long since `start`; an open one."""
    return next(spread(2, start, 2 * passed, hours, first=1))


def open_time(start: datetime, end: datetime, hours: Hours) -> timedelta:
    """For how long it is open from `start` until `end`; nothing where the end comes first."""
    passed = timedelta()
    begin = hours.opening(start)
    while begin < end:
        closing = hours.closing(begin)
        if closing is None or closing >= end:
            return passed + (end - begin)
        passed += closing - begin
        begin = hours.opening(closing)
    return passed
