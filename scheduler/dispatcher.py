"""Sends what is due: claim a batch, send it at the gateway's pace, settle it; one statement each, never a row each.

One dispatcher a gateway. It works on rows that it alone has claimed, says in its journal what leaves, and leaves
nothing behind that the next one could not take up (`claims.recover`).
"""

import asyncio
import os
import random
import secrets
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy.exc import SQLAlchemyError

from foundation.database import Database
from foundation.message_class import MessageClass
from foundation.text import Encoding
from gateways.protocol import Gateway, Outcome, Outgoing, SendStatus
from scheduler.claims import Claimed, claim, release, settle
from scheduler.journal import Journal, JournalError
from scheduler.pace import Pace
from scheduler.rules import HOURS, Hours

log = structlog.get_logger()

POLL_S = 1.0
SMALLEST_CLAIM = 50
JOURNAL_PAUSE_S = 5.0
TOO_FAST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
SETTLE_ATTEMPTS = 60


class DispatchError(Exception):
    """The dispatcher cannot go on without losing what it knows; its process ends and recovers at the next start."""


@dataclass(slots=True)
class _Sent:
    """What one batch came to."""

    results: list[tuple[Claimed, Outcome]] = field(default_factory=list)
    journal_error: JournalError | None = None


class Dispatcher:
    """Sends for one gateway until told to stop. `nudge()` makes it look at once instead of at the next poll."""

    def __init__(
        self,
        database: Database,
        gateway: Gateway,
        journals: Path,
        now: Callable[[], datetime],
        hours: Mapping[MessageClass, Hours] = HOURS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        worker = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}-{gateway.name}"
        self._database = database
        self._gateway = gateway
        self._journal = Journal(journals, worker)
        self._now = now
        self._hours = hours
        self._pace = Pace(gateway.segments_per_second, monotonic)
        self._random = random.Random()
        self._wanted = asyncio.Event()
        self._stop = asyncio.Event()

    def nudge(self) -> None:
        self._wanted.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; what is on the wire then is waited for and settled, the rest queued again."""
        self._stop = stop
        try:
            while not stop.is_set():
                self._wanted.clear()  # before looking: a nudge that comes meanwhile is kept
                if not await self._attempt():
                    await self._idle()
        finally:
            self._journal.close()

    async def dispatch_once(self) -> int:
        """Claim, send and settle one batch; how many messages were tried.

        Raises JournalError when the journal cannot be written; what was not sent then is queued again.
        """
        claimed = await asyncio.to_thread(self._claim)
        if not claimed:
            return 0
        sent = _Sent()
        await self._send(claimed, sent)
        await self._settle(claimed, sent)
        if sent.journal_error is not None:
            raise sent.journal_error
        return len(claimed)

    async def _attempt(self) -> int:
        try:
            return await self.dispatch_once()
        except JournalError as error:
            log.error("sending stops: no journal", gateway=self._gateway.name, error=str(error))
            await asyncio.sleep(JOURNAL_PAUSE_S)
        except DispatchError:
            raise
        except Exception:
            log.exception("dispatching failed", gateway=self._gateway.name)
            await asyncio.sleep(POLL_S)
        return 0

    async def _idle(self) -> None:
        waiting = [asyncio.ensure_future(event.wait()) for event in (self._wanted, self._stop)]
        await asyncio.wait(waiting, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
        for future in waiting:
            future.cancel()

    def _claim(self) -> list[Claimed]:
        limit = max(SMALLEST_CLAIM, int(self._gateway.segments_per_second))
        with self._database.write() as session:
            return claim(session, self._gateway.name, self._journal.name, limit, self._hours, self._now())

    async def _send(self, claimed: list[Claimed], sent: _Sent) -> None:
        room = asyncio.Semaphore(self._gateway.capabilities.concurrency)
        size = self._gateway.capabilities.batch_max
        async with asyncio.TaskGroup() as tasks:
            for start in range(0, len(claimed), size):
                batch = claimed[start : start + size]
                await self._pace.take(sum(message.segments for message in batch))
                await room.acquire()
                if self._stop.is_set() or not self._may_leave(batch, sent):
                    return
                task = tasks.create_task(self._send_batch(batch, sent))
                task.add_done_callback(lambda _: room.release())

    def _may_leave(self, batch: list[Claimed], sent: _Sent) -> bool:
        # After one failed write nothing follows: it may have left half a line, which would swallow the next one.
        if sent.journal_error is None:
            try:
                self._journal.intend(message.reference for message in batch)
            except JournalError as error:
                sent.journal_error = error
        return sent.journal_error is None

    async def _send_batch(self, batch: list[Claimed], sent: _Sent) -> None:
        outcomes = await self._try(batch)
        sent.results.extend(zip(batch, outcomes, strict=True))
        if too_fast := [outcome for outcome in outcomes if outcome.status is SendStatus.RATE_LIMITED]:
            wish = max(outcome.retry_after_s or TOO_FAST_PAUSE_S for outcome in too_fast)
            self._pace.hold(min(wish, LONGEST_PAUSE_S))
        try:
            self._journal.note(outcomes)
        except JournalError as error:
            sent.journal_error = error

    async def _try(self, batch: list[Claimed]) -> list[Outcome]:
        try:
            outcomes = await self._gateway.send([_outgoing(message) for message in batch])
            if [outcome.reference for outcome in outcomes] != [message.reference for message in batch]:
                raise ValueError("not one outcome for each message, in order")
            return outcomes
        except Exception:
            # A gateway promises not to raise. One that does may have sent: uncertain, and never repeated.
            log.exception("a gateway raised", gateway=self._gateway.name)
            return [Outcome(message.reference, SendStatus.UNCERTAIN, detail="gateway raised") for message in batch]

    async def _settle(self, claimed: list[Claimed], sent: _Sent) -> None:
        # Nothing else is claimed until this is written: the results stand nowhere but here and in the journal.
        for _ in range(SETTLE_ATTEMPTS):
            try:
                await asyncio.to_thread(self._write, claimed, sent)
                return
            except SQLAlchemyError:
                log.exception("settling failed; trying again", gateway=self._gateway.name)
                await asyncio.sleep(POLL_S)
        raise DispatchError("the database takes no results: the worker must restart and recover from its journal")

    def _write(self, claimed: list[Claimed], sent: _Sent) -> None:
        now = self._now()
        known = {message.id for message, _ in sent.results}
        unsent = [message for message in claimed if message.id not in known]
        again = now + timedelta(seconds=JOURNAL_PAUSE_S if sent.journal_error else 0)
        with self._database.write() as session:
            if sent.results:
                settle(session, sent.results, now, self._random)
            if unsent:
                release(session, unsent, again)
        self._journal.clear()


def _outgoing(claimed: Claimed) -> Outgoing:
    return Outgoing(claimed.reference, claimed.address, claimed.text, Encoding(claimed.encoding), claimed.message_class)
