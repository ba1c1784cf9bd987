"""Processes to be killed: each takes up what the one before left, then sends until nothing is left.

python -m tests.scheduler.sender DATABASE KEYS JOURNALS URL
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

import structlog
from sqlalchemy import select

from foundation.clock import utc_now
from foundation.database import Database, sqlite_url
from foundation.keys import open_vault
from gateways import Outcome, Outgoing, SendStatus
from gateways.wire import NeverLeft, NoAnswer, Wire
from scheduler.dispatcher import Dispatcher
from scheduler.limits import Limits
from scheduler.outbox import OutboundMessage, State
from scheduler.outbox.hours import ALWAYS, HOURS
from scheduler.recovery import recover
from tests.scheduler.parts import RecordingGateway

CONCURRENCY = 16


class PostingGateway(RecordingGateway):
    """Posts each reference to a far end, once."""

    def __init__(self, url: str) -> None:
        super().__init__(rate=300, concurrency=CONCURRENCY)
        self._url = url
        self._wire = Wire(CONCURRENCY, 10)

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        return [await self._post(message) for message in batch]

    async def _post(self, message: Outgoing) -> Outcome:
        try:
            answer = await self._wire.post(self._url, message.reference.encode(), {})
        except NeverLeft:
            return Outcome(message.reference, SendStatus.TEMPORARY)
        except NoAnswer:
            return Outcome(message.reference, SendStatus.UNCERTAIN)
        return Outcome(message.reference, SendStatus.ACCEPTED, provider_id=answer.text)

    async def close(self) -> None:
        await self._wire.close()


async def work(database: Database, gateway: PostingGateway, journals: Path) -> None:
    """Until no message is queued or being sent."""
    stop = asyncio.Event()
    # Whatever the hour at which the tests run.
    dispatcher = Dispatcher(database, gateway, journals, utc_now, Limits(hours=dict.fromkeys(HOURS, ALWAYS)))
    running = asyncio.create_task(dispatcher.run(stop))
    while await asyncio.to_thread(is_open, database):
        await asyncio.sleep(0.05)
    stop.set()
    await running
    await gateway.close()


def is_open(database: Database) -> bool:
    """Whether anything is left to send."""
    states = (State.QUEUED, State.SENDING)
    with database.read() as session:
        return session.scalar(select(OutboundMessage.id).where(OutboundMessage.state.in_(states)).limit(1)) is not None


def send(database: Database, journals: Path, url: str) -> None:
    """What a worker does: take up what the one before left, then send."""
    recover(database, journals, utc_now(), Random())
    asyncio.run(work(database, PostingGateway(url), journals))


def main() -> None:
    """For each line on standard input: fork a sender, say its process id, wait for its end, say how it ended.

    Forked, since starting Python ten times would take longer than everything else.
    """
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # what is said here goes to the test
    file, keys, journals, url = sys.argv[1:]
    for _ in sys.stdin:
        process = os.fork()
        if not process:
            database = Database(sqlite_url(file), open_vault(Path(keys)))
            send(database, Path(journals), url)
            os._exit(0)
        print(process, flush=True)
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
