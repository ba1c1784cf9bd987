"""A gateway's rate, charged by segment."""

import asyncio
from collections.abc import Awaitable, Callable

Sleep = Callable[[float], Awaitable[None]]


class Pace:
    """Spaces messages so that in any second at most `segments_per_second` and one message more leave.

    No bursts are saved up: carriers count in short windows, and what is refused for speed costs more than it gains.
    """

    def __init__(
        self, segments_per_second: float, monotonic: Callable[[], float], sleep: Sleep = asyncio.sleep
    ) -> None:
        self._rate = segments_per_second
        self._monotonic = monotonic
        self._sleep = sleep
        self._free_at = 0.0

    async def take(self, segments: int) -> None:
        """Wait until this many segments may leave."""
        now = self._monotonic()
        start = max(self._free_at, now)
        self._free_at = start + segments / self._rate
        if start > now:
            await self._sleep(start - now)

    def hold(self, seconds: float) -> None:
        """Nothing leaves for this long: the gateway said we were too fast."""
        self._free_at = max(self._free_at, self._monotonic() + seconds)
