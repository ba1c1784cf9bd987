"""Sends what is due for one gateway: claims, sends and settles at the same time, a batch at a time, never a row.

While a batch is being sent, the next one is claimed and the last one settled. It works on rows that it alone has
claimed, says in its journal what leaves, and leaves nothing behind that the next one could not take up
(`recovery.recover`).
"""

import asyncio
import os
import random
import secrets
import socket
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from foundation.database import Database
from foundation.message_class import MessageClass
from gateways.protocol import Gateway, Outcome
from scheduler import leases
from scheduler.claimed import Claimed
from scheduler.claims import EVERY_CLASS, Taken, claim, release, settle
from scheduler.journal import Journal
from scheduler.limits import LIMITS, Limits
from scheduler.pace import Pace
from scheduler.sending import Sending
from scheduler.set_back import SetBack, due_again
from scheduler.shared_pace import pace_of
from scheduler.standing import Standing

log = structlog.get_logger()

POLL_S = 1.0
SMALLEST_CLAIM, LARGEST_CLAIM = 10, 4_000
"""A batch is what the gateway takes in a second, within these."""
URGENT = (MessageClass.REPLY, MessageClass.OPERATIONAL)
"""What is claimed although enough is in hand: it overtakes."""
URGENT_AT_ONCE = 500
KEPT_S = 30.0
"""What is in hand for longer is given back, so that the rules are asked again before it leaves."""
JOURNAL_PAUSE_S = 5.0
SETTLE_ATTEMPTS = 60


class DispatchError(Exception):
    """The dispatcher cannot go on without losing what it knows; its process ends and recovers at the next start."""


class Dispatcher:
    """Sends for one gateway until told to stop. `nudge()` makes it look at once instead of at the next poll.

    `pace` is by default shared by all workers on the same database; `standing` says when it is not to be
    trusted and whose place it takes.
    """

    def __init__(
        self,
        database: Database,
        gateway: Gateway,
        journals: Path,
        now: Callable[[], datetime],
        limits: Limits = LIMITS,
        standing: Standing | None = None,
        pace: Pace | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}-{gateway.name}"
        self._database = database
        self._gateway = gateway
        self._journal = Journal(journals, self._name)
        self._host = leases.host_of(journals)
        self._now = now
        self._limits = limits
        self._standing = standing
        self.pace = pace or pace_of(database, gateway, monotonic)
        self._monotonic = monotonic
        self._set_back = SetBack(now, monotonic)
        self._random = random.Random()
        self._size = max(SMALLEST_CLAIM, min(LARGEST_CLAIM, int(gateway.segments_per_second)))
        self._look = asyncio.Event()
        self._nudged = True
        self._looked_at = -POLL_S
        self._more = True
        self._renewed_at: float | None = None
        self._paused_until = self._sifted_at = -POLL_S

    def nudge(self) -> None:
        """Look at once: something was queued."""
        self._nudged = True
        self._look.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; what is on the wire then is waited for and settled, the rest queued again."""
        try:
            await self._send_until(stop)
        finally:
            await self._end()

    async def dispatch_once(self) -> int:
        """Claim, send and settle one batch; how many messages were tried.

        Raises JournalError when the journal cannot be written; what was not sent then is queued again.
        """
        await asyncio.to_thread(self._renew)
        taken = await asyncio.to_thread(self._claim, self._size, EVERY_CLASS)
        if not taken.messages:
            return 0
        async with self._sending() as sending:
            self._allow(sending)
            sending.add(taken.messages)
            while sending.on_the_wire or (sending.in_hand and sending.trouble is None and not sending.in_doubt):
                await self._look.wait()
                self._look.clear()
        await self._give_up(sending)
        if sending.trouble is not None:
            raise sending.trouble
        return len(taken.messages)

    def _sending(self) -> Sending:
        return Sending(self._gateway, self._journal, self.pace, self._monotonic, self._look.set, self._standing)

    async def _watch(self, stop: asyncio.Event, sending: Sending) -> None:
        await stop.wait()
        sending.close()
        self._look.set()

    async def _send_until(self, stop: asyncio.Event) -> None:
        sending = self._sending()
        sending.look_at_results = max(1, self._size // 4)
        sending.look_below = self._size // 2
        watching = asyncio.create_task(self._watch(stop, sending))
        try:
            async with sending:
                while not stop.is_set():
                    self._look.clear()  # before looking: a nudge that comes meanwhile is kept
                    await self._keep_books(sending)
                    await self._rest()
        finally:
            watching.cancel()
            await self._give_up(sending)

    async def _rest(self) -> None:
        wait = max(0.0, self._looked_at + POLL_S - self._monotonic())
        timer = asyncio.get_running_loop().call_later(wait, self._look.set)
        await self._look.wait()
        timer.cancel()

    async def _keep_books(self, sending: Sending) -> None:
        """Settle what came back; claim what comes next."""
        await self._settle(sending.take_results())
        try:
            await self._renew_in_time(sending)
            await self._mend(sending)
            if self._monotonic() >= self._paused_until:
                await self._fetch(sending)
        except DispatchError:
            raise
        except Exception:
            log.exception("dispatching failed", gateway=self._gateway.name)
            self._more, self._looked_at = False, self._monotonic()

    async def _fetch(self, sending: Sending) -> None:
        """Bring what is due: a batch while there is room, and what is urgent in any case."""
        moment = self._monotonic()
        is_time = self._nudged or sending.in_doubt or moment >= self._looked_at + POLL_S
        has_room = sending.in_hand <= self._size // 2
        if not is_time and not (has_room and self._more):
            return
        limit, classes = (self._size, EVERY_CLASS) if has_room else (URGENT_AT_ONCE, URGENT)
        if sending.in_hand > 2 * self._size and not sending.in_doubt:
            return
        if is_time:
            self._nudged, self._looked_at = False, moment
        taken = await asyncio.to_thread(self._claim, limit, classes)
        if has_room:
            self._more = taken.looked_at >= limit
        elif taken.looked_at >= limit:
            self._nudged = True
        if self._standing is not None and self._standing.is_open:
            await self._release(sending.take_back())  # to be sent by another gateway, or by this one when it is well
        sending.in_doubt = False
        sending.add(taken.messages)
        if self._more and not taken.messages:
            self._look.set()

    async def _renew_in_time(self, sending: Sending) -> None:
        moment = self._monotonic()
        if self._renewed_at is None or moment >= self._renewed_at + leases.RENEW_S:
            if moment > sending.allowed_until:
                # Others may have taken these for uncertain. They never left, which is said before they may again.
                await self._release(sending.take_back())
            await asyncio.to_thread(self._renew)
        self._allow(sending)

    def _allow(self, sending: Sending) -> None:
        if self._renewed_at is not None:
            sending.allowed_until = self._renewed_at + leases.LEASE.total_seconds() / 2

    async def _mend(self, sending: Sending) -> None:
        """Give back what cannot leave, or has waited here for too long."""
        if sending.trouble is not None:
            log.error("sending stops: no journal", gateway=self._gateway.name, error=str(sending.trouble))
            self._paused_until = self._monotonic() + JOURNAL_PAUSE_S
            await self._release(sending.take_back(), self._now() + timedelta(seconds=JOURNAL_PAUSE_S))
            sending.trouble = None
        moment = self._monotonic()
        if moment >= self._sifted_at + POLL_S:
            self._sifted_at = moment
            await self._release(sending.drop(moment - KEPT_S, self._now()))

    def _renew(self) -> None:
        began = self._monotonic()
        with self._database.write() as session:
            leases.renew(session, self._name, self._gateway.name, self._host, self._now())
            if (was := self._set_back.since_asked()) is not None:
                due_again(session, self._gateway.name, was, self._now())
        self._renewed_at = began

    def _claim(self, limit: int, classes: Collection[MessageClass]) -> Taken:
        name, began = self._gateway.name, self._monotonic()
        with self._database.write() as session:
            taken = claim(session, name, self._name, limit, self._limits, self._now(), self._standing, classes)
        if taken.looked_at:
            seconds = round(self._monotonic() - began, 4)
            log.debug("claimed", gateway=name, messages=len(taken.messages), of=taken.looked_at, seconds=seconds)
        return taken

    async def _settle(self, results: Sequence[tuple[Claimed, Outcome]]) -> None:
        if not results:
            return
        # Nothing else is claimed until this is written: the results stand nowhere but here and in the journal.
        await self._written(self._write_results, results)
        self._journal.forget(outcome.reference for _, outcome in results)

    async def _release(self, unsent: Sequence[Claimed], not_before: datetime | None = None) -> None:
        if unsent:
            await self._written(self._write_unsent, unsent, not_before)

    async def _written(self, write: Callable[..., None], *what: object) -> None:
        for _ in range(SETTLE_ATTEMPTS):
            try:
                await asyncio.to_thread(write, *what)
                return
            except SQLAlchemyError:
                log.exception("settling failed; trying again", gateway=self._gateway.name)
                await asyncio.sleep(POLL_S)
        raise DispatchError("the database takes no results: the worker must restart and recover from its journal")

    def _write_results(self, results: Sequence[tuple[Claimed, Outcome]]) -> None:
        began = self._monotonic()
        with self._database.write() as session:
            settle(session, results, self._name, self._now(), self._random)
        seconds = round(self._monotonic() - began, 4)
        log.debug("settled", gateway=self._gateway.name, messages=len(results), seconds=seconds)

    def _write_unsent(self, unsent: Sequence[Claimed], not_before: datetime | None) -> None:
        with self._database.write() as session:
            release(session, unsent, self._name, not_before)

    async def _give_up(self, sending: Sending) -> None:
        """At the end: settle what came back, and queue again what did not leave."""
        await self._settle(sending.take_results())
        pause = timedelta(seconds=JOURNAL_PAUSE_S)
        await self._release(sending.take_back(), self._now() + pause if sending.trouble else None)

    async def _end(self) -> None:
        self._journal.close()
        if self._renewed_at is not None and not self._journal.is_open:
            await asyncio.to_thread(self._end_lease)

    def _end_lease(self) -> None:
        try:
            with self._database.write() as session:
                leases.end(session, [self._name])
        except SQLAlchemyError:  # whoever recovers next does it
            log.exception("a lease could not be ended", gateway=self._gateway.name)
