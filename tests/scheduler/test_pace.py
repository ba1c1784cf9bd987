import math
import random
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.pace import LocalPace


class Time:
    """A monotonic clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


Left = list[tuple[float, int]]


def leave(rate: float, sizes: list[int], wakes_late_s: Callable[[], float] = lambda: 0.0) -> Left:
    """When each message leaves, with its segments: whoever must wait wakes up a little later, as real loops do."""
    clock = Time()
    pace = LocalPace(rate, clock)
    left = []
    for size in sizes:
        while wait := pace.take(size, size):
            clock.at += wait + wakes_late_s()
        left.append((clock.at, size))
    return left


def most_in_a_second(left: Left) -> int:
    most = start = inside = 0
    for at, size in left:
        inside += size
        while left[start][0] <= at - 1:
            inside -= left[start][1]
            start += 1
        most = max(most, inside)
    return most


def lateness(kind: str, chance: random.Random) -> Callable[[], float]:
    return {
        "never": lambda: 0.0,
        "a millisecond": lambda: 0.001,
        "often": lambda: chance.expovariate(300),
        "seldom, but long": lambda: 0.15 if chance.random() < 0.001 else 0.0,
    }[kind]


LATE = ["never", "a millisecond", "often", "seldom, but long"]


@pytest.mark.parametrize("rate", [1, 50, 500, 3_000])
@pytest.mark.parametrize("largest", [1, 3, 10])
@pytest.mark.parametrize("late", LATE)
def test_in_any_second_at_most_the_rate_and_one_message_more_leave(rate: int, largest: int, late: str) -> None:
    chance = random.Random(rate * largest)
    sizes = [chance.randint(1, largest) for _ in range(rate * 5)]
    assert most_in_a_second(leave(rate, sizes, lateness(late, chance))) <= rate + largest


@settings(max_examples=60, deadline=None)
@given(
    rate=st.floats(0.5, 200),
    sizes=st.lists(st.integers(1, 30), min_size=1, max_size=150),
    naps=st.lists(st.floats(0, 3), min_size=1, max_size=20),
)
def test_whatever_is_asked_and_however_late_the_promise_holds(rate: float, sizes: list[int], naps: list[float]) -> None:
    turns = iter(naps * 100_000)
    assert most_in_a_second(leave(rate, sizes, lambda: next(turns))) <= rate + max(sizes) + 1e-6


@pytest.mark.parametrize("rate", [1, 50, 500, 3_000])
@pytest.mark.parametrize("late", LATE)
def test_over_thirty_seconds_no_more_than_two_per_cent_are_lost(rate: int, late: str) -> None:
    left = leave(rate, [1] * (rate * 30 + 1), lateness(late, random.Random(rate)))
    took = left[-1][0] - left[0][0]
    assert 30 * 0.98 <= took <= 30 / 0.98


def test_a_message_larger_than_a_seconds_rate_leaves_all_the_same() -> None:
    left = leave(2, [10, 10])
    assert left[1][0] - left[0][0] == pytest.approx(5)


def test_messages_that_go_in_one_call_are_charged_together() -> None:
    clock = Time()
    pace = LocalPace(10, clock)
    assert pace.take(5, 1) == 0
    assert pace.take(1, 1) == pytest.approx(0.5)


def test_nothing_is_saved_up_while_nothing_is_sent() -> None:
    clock = Time()
    pace = LocalPace(10, clock)
    assert pace.take(1, 1) == 0
    clock.at += 60
    times = []
    for _ in range(5):
        while wait := pace.take(1, 1):
            clock.at += wait
        times.append(clock.at)
    assert [round(later - earlier, 6) for earlier, later in pairwise(times)] == [0.1] * 4


def test_a_machine_that_stood_still_does_not_catch_up() -> None:
    clock = Time()
    pace = LocalPace(100, clock)
    assert pace.take(1, 1) == 0
    assert pace.take(1, 1) > 0
    clock.at += 5
    assert pace.take(1, 1) == 0
    assert pace.take(1, 1) == pytest.approx(0.01)


def test_when_told_that_we_were_too_fast_nothing_leaves_for_as_long() -> None:
    clock = Time()
    pace = LocalPace(10, clock)
    assert pace.take(1, 1) == 0
    pace.hold(7)
    pace.hold(2)
    assert pace.take(1, 1) == pytest.approx(7)
    clock.at += 7
    assert pace.take(1, 1) == 0
    assert pace.take(1, 1) == pytest.approx(0.1)


def test_it_holds_on_a_real_clock() -> None:
    pace = LocalPace(200, time.monotonic)
    left: Left = []
    while len(left) < 300:
        if wait := pace.take(1, 1):
            assert wait < math.inf
            time.sleep(wait)
        else:
            left.append((time.monotonic(), 1))
    # Taken a moment after the permit: one may look as if it had left with the next second's.
    assert most_in_a_second(left) <= 200 + 2
    assert left[-1][0] - left[0][0] >= 299 / 200 * 0.99
