"""Answers that travel in our own HTTP answer: the call of a short code waits a moment for them.

An answer is queued with a moment of grace (`Route.grace`), in which no dispatcher touches it: the call claims it as a
dispatcher would, says it, and settles it once it is written. A crash between the two leaves it claimed by a name
without a lease, which makes it `unknown` after a while: it may have been said (scheduler/recovery.py).
"""

import os
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

import structlog
from sqlalchemy import select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.models import Inbound, InboundState
from foundation.database import Database
from foundation.identifiers import new_reference
from gateways import Outcome, SendStatus
from scheduler.checks import check
from scheduler.claimed import Claimed
from scheduler.claims import release, settle
from scheduler.limits import Limits
from scheduler.outbox import OutboundMessage, State
from scheduler.rules import VERSION

log = structlog.get_logger()

PATIENCE_S = 3.0
MOST_CALLS = 16
"""Of the threads of the web process, so many may wait for answers at a time; later calls are answered at once, empty,
and their answers go the usual way."""
LOOK_EVERY_S = 0.05
SAID = "in the answer to the person's call"


@dataclass(frozen=True, slots=True)
class Answers:
    """What is to be said now, and by whom it is claimed."""

    name: str
    claimed: Sequence[Claimed] = ()

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.claimed]


NOTHING = Answers("")


class AnswersAtOnce:
    """Waits for the answers to texts that came in a call. Threads may share it."""

    def __init__(
        self,
        database: Database,
        limits: Callable[[], Limits],
        now: Callable[[], datetime],
        patience_s: float = PATIENCE_S,
        most_calls: int = MOST_CALLS,
    ) -> None:
        self._database = database
        self._limits = limits
        self._now = now
        self._patience_s = patience_s
        self._free = threading.BoundedSemaphore(most_calls)

    def wait(self, gateway: str, provider_ids: Collection[str]) -> Answers:
        """Claim the answers to these texts of one gateway once all are done; nothing when they don't come in time or
        too many calls wait. Whoever gets answers tells what became of them: `said` or `unsaid`."""
        if not self._free.acquire(blocking=False):
            return NOTHING
        try:
            deadline = time.monotonic() + self._patience_s
            while True:
                if (done := self._done(gateway, provider_ids)) is not None:
                    return self._claim(gateway, done)
                if time.monotonic() >= deadline:
                    return NOTHING
                time.sleep(LOOK_EVERY_S)
        except SQLAlchemyError as error:
            # The text is stored and will be answered: the carrier need not know.
            log.error("no answers in the call", gateway=gateway, error=type(error).__name__)
            return NOTHING
        finally:
            self._free.release()

    def said(self, answers: Answers) -> None:
        """They were written to the carrier."""
        accepted = Outcome("", SendStatus.ACCEPTED, detail=SAID)
        outcomes = [(each, replace(accepted, reference=each.reference)) for each in answers.claimed]
        self._write(lambda session: settle(session, outcomes, answers.name, self._now(), Random()))

    def unsaid(self, answers: Answers) -> None:
        """They certainly were not: they go the usual way."""
        self._write(lambda session: release(session, answers.claimed, answers.name))

    def _write(self, write: Callable[[Session], None]) -> None:
        try:
            with self._database.write() as session:
                write(session)
        except SQLAlchemyError as error:
            log.error("answers in a call were not settled", error=type(error).__name__)  # they become `unknown`

    def _done(self, gateway: str, provider_ids: Collection[str]) -> list[int] | None:
        """The rows of these texts once all are answered."""
        query = select(Inbound.id, Inbound.state).where(
            tuple_(Inbound.gateway, Inbound.provider_id).in_([(gateway, each) for each in provider_ids])
        )
        with self._database.read() as session:
            rows = session.execute(query).all()
        return [row.id for row in rows] if all(row.state == InboundState.DONE for row in rows) else None

    def _claim(self, gateway: str, inbound_ids: Iterable[int]) -> Answers:
        name = f"web-{socket.gethostname()[:60]}-{os.getpid()}-{new_reference()}"
        now = self._now()
        queued = (
            select(OutboundMessage)
            .where(
                OutboundMessage.inbound_id.in_(list(inbound_ids)),
                OutboundMessage.gateway == gateway,
                OutboundMessage.state == State.QUEUED,
            )
            .order_by(OutboundMessage.id)
            .with_for_update(skip_locked=True)
        )
        with self._database.write() as session:
            rows = session.scalars(queued).all()
            session.execute(
                update(OutboundMessage)
                .where(OutboundMessage.id.in_([row.id for row in rows]))
                .values(state=State.SENDING, claimed_by=name, sent_at=now, rules_version=VERSION)
                .execution_options(synchronize_session=False)
            )
            return Answers(name, check(session, [_claimed(row) for row in rows], self._limits(), now))


def _claimed(row: OutboundMessage) -> Claimed:
    return Claimed(
        row.id,
        row.reference,
        row.channel,
        row.gateway,
        row.address,
        row.address_hash,
        row.text,
        row.encoding,
        row.segments,
        row.price_vnd,
        row.message_class,
        row.priority,
        row.batch_id,
        row.attempts,
        row.not_before,
        row.expires_at,
    )
