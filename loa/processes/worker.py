"""The worker: the dispatchers, the inbound turns and the jobs around them, in one event loop.

Embedded there is one, which the web process nudges through a socket, with the clock in it. Outgrown there is any
number, and a broker offers them what the clock and the web processes say is worth a look.
"""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from random import Random
from typing import NamedTuple

import structlog
import uvloop

from bot import inbound
from bot.turns import TurnWorker
from bot.understanding import UnderstandingClient
from foundation.clock import utc_now
from foundation.settings import SettingsError
from foundation.sockets import Nudges, socket_path
from loa.processes.jobs import merge_receipts, planning_jobs, ticking, working_jobs
from loa.processes.locks import Lock
from loa.processes.timekeeper import keep_time
from loa.processes.timetable import Kind, dispatch_of
from loa.wiring import CLOCK, UNDERSTANDING, WORKER, Loa
from scheduler.clock import Clock, Job, Ticking
from scheduler.dispatcher import Dispatcher
from scheduler.recovery import recover
from scheduler.standing import Standing

log = structlog.get_logger()

RECOVER_EVERY_S = 5.0
"""What a killed worker had in hand waits no longer for another one of its machine."""


def run_worker(loa: Loa, with_clock: bool) -> int:
    """Send and answer until SIGTERM or SIGINT; the exit code.

    With a broker, beside others of its kind. Without one it is alone, and with the clock, the embedded default, it also
    acts on time. Raises AlreadyRunning and SettingsError.
    """
    if loa.engine is not None:
        if with_clock:
            raise SettingsError("LOA_BROKER_URL: workers beside others have no clock in them: run «loa clock»")
        loa.answerer.rules()  # no turn shall wait for them
        kinds = loa.settings.worker_kinds
        return loa.engine.work(lambda stop: _offered(loa, stop, kinds), utc_now, kinds)
    locks = [Lock(loa.settings.home, WORKER), *([Lock(loa.settings.home, CLOCK)] if with_clock else [])]
    try:
        uvloop.run(_work(loa, with_clock))
    finally:
        for lock in locks:
            lock.release()
    return 0


class _Team(NamedTuple):
    """Who works in a worker."""

    turns: TurnWorker
    dispatchers: Mapping[str, Dispatcher]

    def send(self) -> None:
        """Have the dispatchers look at once."""
        for dispatcher in self.dispatchers.values():
            dispatcher.nudge()


@asynccontextmanager
async def _team(loa: Loa, stop: asyncio.Event, sends: bool) -> AsyncIterator[_Team]:
    """The team at work; at the end, when `stop` is set, what is on the wire is settled and the rest given back.

    The dispatchers live as long as the process: they claim, send and settle at the same time, which a new one for each
    task would have to begin anew each time.
    """
    async with UnderstandingClient(socket_path(loa.settings.home, UNDERSTANDING)) as understanding:
        turns = TurnWorker(loa.database, understanding, loa.answerer, loa.routes, utc_now, loa.days_off)
        team = _Team(turns, _dispatchers(loa) if sends else {})
        try:
            async with asyncio.TaskGroup() as tasks:
                for dispatcher in team.dispatchers.values():
                    tasks.create_task(dispatcher.run(stop))
                yield team
        finally:
            for gateway in loa.gateways.values():
                await gateway.close()


def _dispatchers(loa: Loa) -> dict[str, Dispatcher]:
    journals = loa.settings.home / "journals"
    return {
        name: Dispatcher(
            loa.database,
            gateway,
            journals,
            utc_now,
            loa.limits,
            Standing(gateway, loa.gateways, utc_now, time.monotonic),
        )
        for name, gateway in loa.gateways.items()
    }


async def _work(loa: Loa, with_clock: bool) -> None:
    """The one worker of an embedded installation."""
    stop = _stop_on_signals()
    await asyncio.to_thread(_take_up, loa)
    async with _team(loa, stop, sends=True) as team, asyncio.TaskGroup() as tasks:
        nudges = Nudges()
        await nudges.listen(socket_path(loa.settings.home, WORKER))
        clock = Clock(ticking(loa, working_jobs(loa, team.turns, team.send)), utc_now)
        clock.start()
        log.info("the worker works", gateways=list(loa.gateways), clock=with_clock)
        tasks.create_task(_heed(loa, nudges, team, stop))
        if with_clock:
            tasks.create_task(keep_time(loa, ticking(loa, planning_jobs(loa)), stop))
        try:
            await stop.wait()
        finally:
            clock.stop()
            nudges.close()


@asynccontextmanager
async def _offered(loa: Loa, stop: asyncio.Event, kinds: tuple[str, ...]) -> AsyncIterator[Mapping[str, Ticking]]:
    """What a worker beside others does when it is offered."""
    await asyncio.to_thread(_recover, loa)
    async with _team(loa, stop, sends=Kind.DISPATCH in kinds) as team:

        def send() -> None:
            """By whichever worker has the gateway's next place."""
            loa.offer(Kind.DISPATCH)

        jobs = planning_jobs(loa) | working_jobs(loa, team.turns, send)
        jobs |= {dispatch_of(name): _nudge(dispatcher) for name, dispatcher in team.dispatchers.items()}
        recovery = Clock({"recovery": Ticking(_recovery(loa), RECOVER_EVERY_S)}, utc_now)
        recovery.start()
        log.info("the worker works", gateways=list(loa.gateways), kinds=list(kinds))
        try:
            yield ticking(loa, jobs)
        finally:
            recovery.stop()


def _nudge(dispatcher: Dispatcher) -> Job:
    async def look(_now: datetime) -> None:
        dispatcher.nudge()

    return look


def _recovery(loa: Loa) -> Job:
    """By each worker for its own machine, whose journals it alone can read: so this is no job to be offered."""

    async def look(_now: datetime) -> None:
        await asyncio.to_thread(_recover, loa)

    return look


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _take_up(loa: Loa) -> None:
    """What the worker before left behind; this one holds the lock, so nobody else is at it. The rules are read now, as
    no turn shall wait for them."""
    loa.answerer.rules()
    with loa.database.write() as session:
        texts = inbound.release_all(session)
    if texts:
        log.warning("texts are taken up after a crash", texts=texts)
    _recover(loa)


def _recover(loa: Loa) -> None:
    messages = recover(loa.database, loa.settings.home / "journals", utc_now(), Random())
    if messages:
        log.warning("taken up after a crash", messages={str(k): v for k, v in messages.items()})


async def _heed(loa: Loa, nudges: Nudges, team: _Team, stop: asyncio.Event) -> None:
    """Look at once when nudged."""
    while not stop.is_set():
        if not await _set_before(nudges.event, stop):
            return
        nudges.event.clear()
        try:
            await asyncio.to_thread(merge_receipts, loa, utc_now())
            await team.turns.work()
        except Exception:
            log.exception("turns or receipts failed")  # the clock tries again
        team.send()


async def _set_before(event: asyncio.Event, stop: asyncio.Event) -> bool:
    waiting = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(stop.wait())]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for future in waiting:
        future.cancel()
    return event.is_set() and not stop.is_set()
