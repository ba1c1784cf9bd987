"""Many requests, one transaction: each waits until what it handed in is durable."""

import asyncio
import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

log = structlog.get_logger()
T = TypeVar("T")

PATIENCE_S = 1.5
"""Zalo wants its answer within two seconds (gateways.md §1.4), and gets a 503 rather than none."""
MOST_WAITING = 1_000
IDLE_S = 30.0
GATHER_S = 0.004
"""Between the starts of two groups. A group costs the processor as much as some ten calls, so under load they shall be
few; a call that comes alone waits for nobody."""
_DEADLOCK = "40P01"


class NotStored(Exception):
    """It is not known to be stored, and perhaps it is: whoever called shall call again, which has no second effect.

    The message is an English phrase that holds nothing of what was handed in.
    """


class _Waiting(Generic[T]):
    """One thing handed in, by a thread (it waits for `done`) or in an event loop (it awaits `future`)."""

    __slots__ = ("done", "error", "future", "item")

    def __init__(self, item: T, future: "asyncio.Future[None] | None" = None) -> None:
        self.item = item
        self.future = future
        self.error: Exception | None = None
        self.done = threading.Lock()
        self.done.acquire()


class GroupCommit(Generic[T]):
    """Threads hand in things and wait; one thread writes all that wait in one transaction, then lets them go.

    A commit costs a sync of the disk whatever it holds: the more calls come, the larger the groups. `write` writes all
    or nothing of a group, durably when it returns. `committed` is called after each group that was written. The thread
    starts with the first thing and ends when nothing comes for a while.
    """

    def __init__(
        self,
        write: Callable[[Sequence[T]], None],
        committed: Callable[[], None],
        most_waiting: int = MOST_WAITING,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._write = write
        self._committed = committed
        self._most_waiting = most_waiting
        self._patience_s = patience_s
        self._changed = threading.Condition(threading.Lock())
        self._waiting: list[_Waiting[T]] = []
        self._runs = False
        self._busy_since: float | None = None
        self._last_began = 0.0

    def hand_in(self, item: T) -> None:
        """Returns when the item is durable.

        Raises NotStored: too many wait, the database did not answer within `patience_s` seconds, or it refused. An item
        given up here may still be written later.
        """
        waiting = _Waiting(item)
        self._enter(waiting)
        if not waiting.done.acquire(timeout=self._patience_s):
            raise NotStored("the database does not answer in time")
        _raise_if_refused(waiting)

    async def hand_in_soon(self, item: T) -> None:
        """The same in an event loop, which goes on meanwhile."""
        waiting = _Waiting(item, asyncio.get_running_loop().create_future())
        self._enter(waiting)
        assert waiting.future is not None
        try:
            async with asyncio.timeout(self._patience_s):
                await waiting.future
        except TimeoutError:
            raise NotStored("the database does not answer in time") from None
        _raise_if_refused(waiting)

    def _enter(self, waiting: _Waiting[T]) -> None:
        with self._changed:
            if len(self._waiting) >= self._most_waiting:
                raise NotStored("too many calls wait")
            if self._busy_since is not None and time.monotonic() - self._busy_since > self._patience_s:
                raise NotStored("the database does not answer")  # why let more find that out
            self._waiting.append(waiting)
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._run, name="group-commit", daemon=True).start()
            elif len(self._waiting) == 1:
                self._changed.notify()

    def _run(self) -> None:
        while group := self._next_group():
            try:
                self._store(group)
            except BaseException:  # nobody shall wait for a thread that is gone
                log.exception("a group was not stored")
                for waiting in group:
                    waiting.error = waiting.error or RuntimeError("the committer failed")
            finally:
                _let_go(group)
            if any(waiting.error is None for waiting in group):
                self._committed()

    def _next_group(self) -> list[_Waiting[T]]:
        """All that waits, as soon as something does; nothing when nothing came for so long that the thread may end."""
        with self._changed:
            self._busy_since = None
            if not self._waiting and not self._changed.wait_for(lambda: self._waiting, IDLE_S):
                self._runs = False
                return []
        time.sleep(max(0.0, self._last_began + GATHER_S - time.monotonic()))
        with self._changed:
            group, self._waiting = self._waiting, []
            self._busy_since = self._last_began = time.monotonic()
            return group

    def _store(self, group: Sequence[_Waiting[T]]) -> None:
        """Write the group whole; if something in it cannot be written, each by itself: the others are not to blame."""
        error = self._try(group)
        if error is None:
            return
        if len(group) == 1 or _concerns_all(error):
            log.error("the database refuses what came in", calls=len(group), error=type(error).__name__)
            for waiting in group:
                waiting.error = error
            return
        until = time.monotonic() + self._patience_s
        for waiting in group:
            late = NoConnection("given up")
            waiting.error = self._try([waiting]) if time.monotonic() < until else late
        refused = [type(waiting.error).__name__ for waiting in group if waiting.error is not None]
        log.error(
            "some of a group were not stored", calls=len(group), refused=len(refused), errors=sorted(set(refused))
        )

    def _try(self, group: Sequence[_Waiting[T]]) -> Exception | None:
        began = time.monotonic()
        try:
            self._write([waiting.item for waiting in group])
        except Exception as error:
            return error
        log.debug("a group was stored", calls=len(group), seconds=round(time.monotonic() - began, 4))
        return None


def _raise_if_refused(waiting: _Waiting[T]) -> None:
    if waiting.error is not None:
        raise NotStored(f"the database refused: {type(waiting.error).__name__}") from waiting.error


def _let_go(group: Sequence[_Waiting[T]]) -> None:
    """Tell threads one by one, and each event loop once for all of its own: waking it costs a system call."""
    futures: defaultdict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = defaultdict(list)
    for waiting in group:
        if waiting.future is None:
            waiting.done.release()
        else:
            futures[waiting.future.get_loop()].append(waiting.future)
    for loop, those in futures.items():
        with contextlib.suppress(RuntimeError):  # the loop has ended, and with it all that waited there
            loop.call_soon_threadsafe(_wake, those)


def _wake(futures: Sequence["asyncio.Future[None]"]) -> None:
    for future in futures:
        if not future.done():  # who lost patience is gone
            future.set_result(None)


def _concerns_all(error: Exception) -> bool:
    """Whether it is the database that fails, and not one row: no connection, locked, disk full."""
    if isinstance(error, NoConnection | InterfaceError | OSError):
        return True
    if isinstance(error, OperationalError):
        return getattr(error.orig, "sqlstate", None) != _DEADLOCK
    return isinstance(error, DBAPIError) and error.connection_invalidated
