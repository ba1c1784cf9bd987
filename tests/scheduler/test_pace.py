import asyncio
import random
import time
from itertools import pairwise

import pytest

from scheduler.pace import Pace


class Time:
    """A monotonic clock that moves when somebody sleeps, a little longer than asked for, as real ones do."""

    def __init__(self, oversleeps_s: float = 0.0) -> None:
        self.at = 1_000.0
        self.oversleeps_s = oversleeps_s

    def __call__(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.at += seconds + self.oversleeps_s


def leave(rate: float, sizes: list[int], oversleeps_s: float = 0.0) -> list[tuple[float, int]]:
    """When each message leaves, with its segments."""
    clock = Time(oversleeps_s)
    pace = Pace(rate, clock, clock.sleep)

    async def all_of_them() -> list[tuple[float, int]]:
        left = []
        for size in sizes:
            await pace.take(size)
            left.append((clock.at, size))
        return left

    return asyncio.run(all_of_them())


def most_in_a_second(left: list[tuple[float, int]]) -> int:
    most = start = inside = 0
    for at, size in left:
        inside += size
        while left[start][0] <= at - 1:
            inside -= left[start][1]
            start += 1
        most = max(most, inside)
    return most


@pytest.mark.parametrize("rate", [1, 50, 500, 3_000])
@pytest.mark.parametrize("largest", [1, 3, 10])
def test_in_any_second_at_most_the_rate_and_one_message_more_leave(rate: int, largest: int) -> None:
    chance = random.Random(rate * largest)
    sizes = [chance.randint(1, largest) for _ in range(rate * 5)]
    assert most_in_a_second(leave(rate, sizes)) <= rate + largest


@pytest.mark.parametrize(("rate", "oversleeps_s"), [(1, 0.01), (50, 0.002), (500, 0.001), (3_000, 0.0)])
def test_over_thirty_seconds_no_more_than_two_per_cent_are_lost(rate: int, oversleeps_s: float) -> None:
    left = leave(rate, [1] * (rate * 30 + 1), oversleeps_s)
    took = left[-1][0] - left[0][0]
    assert 30 * 0.98 <= took <= 30 * 1.02 + oversleeps_s


def test_nothing_is_saved_up_while_nothing_is_sent() -> None:
    clock = Time()
    pace = Pace(10, clock, clock.sleep)

    async def idle_then_hurry() -> list[float]:
        await pace.take(1)
        clock.at += 60
        times = []
        for _ in range(5):
            await pace.take(1)
            times.append(clock.at)
        return times

    times = asyncio.run(idle_then_hurry())
    assert [round(later - earlier, 6) for earlier, later in pairwise(times)] == [0.1] * 4


def test_when_told_that_we_were_too_fast_nothing_leaves_for_as_long() -> None:
    clock = Time()
    pace = Pace(10, clock, clock.sleep)

    async def held() -> tuple[float, float]:
        await pace.take(1)
        pace.hold(7)
        pace.hold(2)
        start = clock.at
        await pace.take(1)
        first = clock.at - start
        await pace.take(1)
        return first, clock.at - start

    first, second = asyncio.run(held())
    assert first == pytest.approx(7)
    assert second == pytest.approx(7.1)


def test_it_holds_on_a_real_clock() -> None:
    async def second_and_a_half() -> list[tuple[float, int]]:
        pace = Pace(200, time.monotonic)
        left = []
        for _ in range(300):
            await pace.take(1)
            left.append((time.monotonic(), 1))
        return left

    left = asyncio.run(second_and_a_half())
    # A late wake-up may push one message's leaving towards the next; it never adds one.
    assert most_in_a_second(left) <= 200 * 1.05
    assert left[-1][0] - left[0][0] >= 299 / 200 * 0.99
