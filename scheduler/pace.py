"""A gateway's rate, charged by segment at the moment of sending."""

import math
from collections import deque
from collections.abc import Callable
from typing import Protocol

CATCHES_UP_S = 0.2
"""What a late wake-up lost is made up for when it was no longer; a machine that stood still has lost its turn."""

EARLY_S = 0.001
"""Who comes so little too early need not wait, and is charged as if they had: no event loop sleeps for less."""
_INSTANT_S = 1e-6
"""Rather than the nothing that rounding may leave of a wait, and that would let too many go."""


class Pace(Protocol):
    """Who says when the next message may leave. Asked by one event loop alone."""

    def take(self, segments: int, most: int) -> float:
        """0 and charged if so many segments may leave now, else after how many seconds to ask again; infinity: when
        told by `ready`. `most` are the segments of the largest message among them."""
        ...

    def hold(self, seconds: float) -> None:
        """Nothing leaves for this long: the gateway said we were too fast."""
        ...

    def on_ready(self, ready: Callable[[], None]) -> None:
        """Whom to tell that it is worth asking again."""
        ...


class Spacing:
    """When the next may leave so that the rate is met on the average, evenly, and nothing is saved up while idle.

    The virtual scheduling of the generic cell rate algorithm (ITU-T I.371), without tolerance for who comes early. Who
    waited and was woken late is taken to have come in time, else each late wake-up would lower the rate.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free_at = -math.inf
        self._awaited = False

    def wait_s(self, now: float) -> float:
        """How long until the next may leave; 0: now."""
        if self._free_at - now <= EARLY_S:
            return 0.0
        self._awaited = True
        return self._free_at - now

    def charge(self, segments: int, now: float) -> None:
        """They leave now."""
        late = now - self._free_at
        self._awaited &= 0 < late <= CATCHES_UP_S
        self._free_at = (self._free_at if self._awaited or late < 0 else now) + segments / self._rate

    def hold(self, until: float) -> None:
        self._free_at = max(self._free_at, until)


class SecondsGuard:
    """In any second at most the rate and one message more: what leaves is remembered for a second."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._left: deque[tuple[float, int]] = deque()
        self._inside = 0

    def wait_s(self, segments: int, most: int, now: float) -> float:
        """How long until these, of which the largest message has `most`, may leave; 0: now."""
        left = self._left
        while left and left[0][0] <= now - 1:
            self._inside -= left.popleft()[1]
        over = self._inside + segments - most - self._rate
        if not left or over < 0:
            return 0.0
        for at, each in left:
            over -= each
            if over < 0:
                return max(_INSTANT_S, at + 1 - now)
        return max(_INSTANT_S, left[-1][0] + 1 - now)

    def charge(self, segments: int, now: float) -> None:
        """They leave now."""
        self._left.append((now, segments))
        self._inside += segments


class LocalPace:
    """The pace of a gateway that one process alone sends to.

    In any second at most `segments_per_second` and one message more leave; over longer no less, if they are there.
    """

    def __init__(self, segments_per_second: float, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._spacing = Spacing(segments_per_second)
        self._guard = SecondsGuard(segments_per_second)

    def take(self, segments: int, most: int) -> float:
        now = self._monotonic()
        wait = self._spacing.wait_s(now) or self._guard.wait_s(segments, most, now)
        if not wait:
            self._spacing.charge(segments, now)
            self._guard.charge(segments, now)
        return wait

    def hold(self, seconds: float) -> None:
        self._spacing.hold(self._monotonic() + seconds)

    def on_ready(self, ready: Callable[[], None]) -> None:
        """It never says "when told"."""
