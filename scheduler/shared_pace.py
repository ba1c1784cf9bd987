"""The pace of a gateway that several workers send to: permits reserved in the database, a little at a time."""

import asyncio
import math
from collections.abc import Callable
from typing import NamedTuple

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from foundation.database import Database
from gateways.protocol import Gateway
from scheduler.pace import LocalPace, Pace

log = structlog.get_logger()

SHARE = 0.99
"""Of the rate is given away: what a permit may be late by takes the rest."""
LATE_S = 0.01
"""A permit is void so long after its moment. Within any second no more than SHARE × (1 + LATE_S) of the rate leaves."""
CHUNK_S = 0.08
"""So much of the rate is reserved at a time; that much is lost when a worker dies or has nothing more to send."""
LONGEST_HOLD_S = 60.0
TRY_AGAIN_S = 1.0

# A clock that jumped leaves `free_at` in the past, where it is worth nothing, or beyond what any hold may ask for.
_RESERVE = text("""
    WITH clock AS (SELECT extract(epoch FROM clock_timestamp())::float8 AS now)
    UPDATE gateway_states SET free_at = :span + CASE
        WHEN free_at < clock.now OR free_at > clock.now + :longest THEN clock.now ELSE free_at END
    FROM clock WHERE gateway = :gateway RETURNING free_at - :span - clock.now
""")
_HOLD = text("""
    UPDATE gateway_states SET free_at = greatest(
        CASE WHEN free_at > extract(epoch FROM clock_timestamp()) + :longest THEN 0 ELSE free_at END,
        extract(epoch FROM clock_timestamp()) + :seconds
    ) WHERE gateway = :gateway
""")
_BEGIN = text("""
    INSERT INTO gateway_states (gateway, free_at, circuit, since) VALUES (:gateway, 0, 'closed', now())
    ON CONFLICT (gateway) DO NOTHING
""")


class Reserved(NamedTuple):
    """Permits that this worker alone may use: the first at `start` by its own clock, then one each `1 / rate`."""

    start: float
    segments: int


class Permits:
    """Reserved permits, and when each may be used. Pure: the clock is an argument."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._ahead: list[Reserved] = []

    def add(self, reserved: Reserved) -> None:
        self._ahead.append(reserved)

    def drop(self) -> None:
        """They are void: nothing may leave."""
        self._ahead.clear()

    def left(self) -> int:
        """How many segments are reserved and not used yet."""
        return sum(reserved.segments for reserved in self._ahead)

    def wait_s(self, segments: int, now: float) -> float | None:
        """When so many segments may leave; 0: now. None: not so many are reserved."""
        self._void(now)
        if self.left() < segments:
            return None
        return max(0.0, self._ahead[0].start - now)

    def use(self, segments: int) -> None:
        """They leave now."""
        while segments:
            start, count = self._ahead[0]
            used = min(count, segments)
            segments -= used
            if used == count:
                self._ahead.pop(0)
            else:
                self._ahead[0] = Reserved(start + used / self._rate, count - used)

    def _void(self, now: float) -> None:
        while self._ahead:
            start, count = self._ahead[0]
            stale = min(count, math.ceil((now - LATE_S - start) * self._rate))
            if stale <= 0:
                return
            self.use(stale)


class SharedPace:
    """As `LocalPace`, over all workers on one PostgreSQL, by the database's clock.

    The database gives away the time of a gateway in spans, one after the other. A worker reserves one when it has
    something to send, and the next one shortly before the present one ends.
    """

    def __init__(
        self, database: Database, gateway: str, segments_per_second: float, monotonic: Callable[[], float]
    ) -> None:
        self._database = database
        self._gateway = gateway
        self._rate = segments_per_second * SHARE
        self._chunk = max(1, int(self._rate * CHUNK_S))
        self._permits = Permits(self._rate)
        self._monotonic = monotonic
        self._held_until = -math.inf
        self._held = 0.0
        self._asking: asyncio.Task[None] | None = None
        self._ready: Callable[[], None] = lambda: None
        self._begun = False

    def on_ready(self, ready: Callable[[], None]) -> None:
        self._ready = ready

    def take(self, segments: int, most: int) -> float:
        now = self._monotonic()
        if now < self._held_until:
            return self._held_until - now
        wait = self._permits.wait_s(segments, now)
        if wait == 0:
            self._permits.use(segments)
        if self._permits.left() < max(self._chunk // 2, segments):
            self._ask(segments)
        return math.inf if wait is None else wait

    def hold(self, seconds: float) -> None:
        """Over all workers; what another has reserved already, it may still use."""
        self._permits.drop()
        self._held = max(self._held, seconds)
        self._held_until = max(self._held_until, self._monotonic() + seconds)
        self._ask(0)

    def _ask(self, segments: int) -> None:
        if self._asking is None:
            self._asking = asyncio.get_running_loop().create_task(self._reserve(max(self._chunk, segments)))

    async def _reserve(self, segments: int) -> None:
        held, self._held = self._held, 0.0
        try:
            reserved = await asyncio.to_thread(self._reserved, segments, held)
        except SQLAlchemyError:
            log.exception("no permits: the database is out of reach", gateway=self._gateway)
            self._held = max(self._held, held)
            await asyncio.sleep(TRY_AGAIN_S)
        else:
            if self._monotonic() >= self._held_until:
                self._permits.add(reserved)
        finally:
            self._asking = None
            self._ready()

    def _reserved(self, segments: int, held: float) -> Reserved:
        with self._database.write() as session:
            if not self._begun:
                session.execute(_BEGIN, {"gateway": self._gateway})
                self._begun = True
            if held:
                session.execute(_HOLD, {"gateway": self._gateway, "seconds": held, "longest": LONGEST_HOLD_S + 1})
            span = segments / self._rate
            asked = {"gateway": self._gateway, "span": span, "longest": LONGEST_HOLD_S + 1}
            ahead = session.scalar(_RESERVE, asked)
            if ahead is None:  # the row was taken away
                session.execute(_BEGIN, {"gateway": self._gateway})
                ahead = session.scalar(_RESERVE, asked)
        # Taken after the answer: by so much a permit is used later than its moment, never earlier.
        return Reserved(self._monotonic() + float(ahead or 0.0), segments)


def pace_of(database: Database, gateway: Gateway, monotonic: Callable[[], float]) -> Pace:
    """A gateway's pace over all workers that the database may have: on SQLite there is one."""
    if database.engine.dialect.name == "sqlite":
        return LocalPace(gateway.segments_per_second, monotonic)
    return SharedPace(database, gateway.name, gateway.segments_per_second, monotonic)
