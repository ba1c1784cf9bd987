"""Figures that take long to get: told as they were a moment ago, while they are gotten anew beside whoever asks."""

import threading
import time
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

import structlog

log = structlog.get_logger()
T = TypeVar("T")

FRESH_S = 5.0
REST = 20.0
"""Between two times lies so many times what the last one took: whatever it counts, it takes 5 % of one core at most."""
STALE_S = 120.0
"""Nobody is told what is older, unless getting it takes so long by itself."""


class Told(NamedTuple, Generic[T]):
    """Figures, how many seconds old they are, and how many it took to get them."""

    figures: T
    age_s: float
    took_s: float


class Kept(Generic[T]):
    """The last figures that `get` gave. Who asks first, or after a long time, waits for them; any other never does.

    Threads may share it. What `get` raises reaches whoever waits; beside them it is logged, and tried again.
    """

    def __init__(
        self, get: Callable[[], T], monotonic: Callable[[], float] = time.monotonic, fresh_s: float = FRESH_S
    ) -> None:
        self._get = get
        self._monotonic = monotonic
        self._fresh_s = fresh_s
        self._lock = threading.Lock()
        self._known: tuple[float, float, T] | None = None
        self._getting: threading.Thread | None = None

    def __call__(self) -> Told[T]:
        """Raises what `get` raises when there is nothing else to tell."""
        known = self._known
        if known is None or self._monotonic() - known[0] > max(STALE_S, 2 * REST * known[1]):
            with self._lock:
                known = self._known
                if known is None or self._monotonic() - known[0] > max(STALE_S, 2 * REST * known[1]):
                    known = self._anew()
        elif self._monotonic() - known[0] > max(self._fresh_s, REST * known[1]):
            self._begin()
        got_at, took, figures = known
        return Told(figures, self._monotonic() - got_at, took)

    def wait(self) -> None:
        """Until nothing is being gotten any more."""
        if (getting := self._getting) is not None:
            getting.join()

    def _begin(self) -> None:
        if not self._lock.acquire(blocking=False):
            return  # somebody gets them
        try:
            self._getting = threading.Thread(target=self._beside, name="figures", daemon=True)
            self._getting.start()
        except RuntimeError:  # no more threads: what is known must do
            self._lock.release()

    def _beside(self) -> None:
        try:
            self._anew()
        except Exception as error:
            log.error("figures could not be gotten", error=type(error).__name__)
        finally:
            self._lock.release()

    def _anew(self) -> tuple[float, float, T]:
        began = self._monotonic()
        figures = self._get()
        now = self._monotonic()
        self._known = now, now - began, figures
        return self._known
