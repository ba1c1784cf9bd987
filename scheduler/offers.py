"""Offers of named jobs on their way to a broker that may be slow, full or gone: who offers never waits for it."""

import threading
import time
from collections.abc import Callable, Iterable

import structlog

log = structlog.get_logger()

PAUSE_S = 0.05
"""At most one offer of a job in so long: a thousand texts a second need no thousand offers to look for texts."""
RETRY_S = 1.0
COMPLAIN_EVERY_S = 60.0


class Offers:
    """Says names on through `publish`, in order and from a thread of its own, which the first offer starts.

    `publish` raises what it likes when the broker did not take a name; it is kept, each name once, until the broker
    does. So what waits is never more than there are names, and what is lost with this process the clock offers again.
    """

    def __init__(
        self, publish: Callable[[str], None], pause_s: float = PAUSE_S, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._publish = publish
        self._pause_s = pause_s
        self._monotonic = monotonic
        self._waiting: dict[str, None] = {}
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._complained_at: float | None = None
        self._away = False

    def offer(self, names: Iterable[str]) -> None:
        """Have these said on soon. Returns at once and raises nothing; after `close` it does nothing."""
        with self._changed:
            if self._closing.is_set():
                return
            self._waiting.update(dict.fromkeys(names))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="offers", daemon=True)
                self._thread.start()
            self._changed.notify()

    def close(self, patience_s: float) -> bool:
        """Try once more to say on what waits, and end; whether that was done within `patience_s`."""
        with self._changed:
            self._closing.set()
            self._changed.notify()
        if self._thread is None:
            return True
        self._thread.join(patience_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while names := self._take():
            left = self._say_on(names)
            if left and self._closing.is_set():
                return
            with self._changed:
                self._waiting = dict.fromkeys(left) | self._waiting
            self._closing.wait(RETRY_S if left else self._pause_s)

    def _take(self) -> list[str]:
        """What waits, as soon as something does; nothing when all is said on and this ends."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing.is_set())
            names = list(self._waiting)
            self._waiting = {}
            return names

    def _say_on(self, names: list[str]) -> list[str]:
        """Those that the broker did not take: after the first one it is not asked for the others."""
        for place, name in enumerate(names):
            try:
                self._publish(name)
            except Exception as error:
                self._complain(error)
                return names[place:]
        if self._away:
            self._away = False
            log.info("the broker takes offers again")
        return []

    def _complain(self, error: Exception) -> None:
        self._away = True
        now = self._monotonic()
        if self._complained_at is None or now - self._complained_at >= COMPLAIN_EVERY_S:
            self._complained_at = now
            # The kind of error alone: its words may hold the broker's address with its password.
            log.warning("the broker takes no offers", error=type(error).__name__)
