"""The worker: the clock, the dispatchers and the inbound turns, in one event loop."""

import asyncio
import contextlib
import signal
from datetime import datetime
from functools import partial
from random import Random

import aiohttp
import structlog
import uvloop

from bot import inbound
from bot.memory import forget_expired
from bot.tickets.followup import FollowUp
from bot.turns import TurnWorker
from bot.understanding import UnderstandingClient
from campaigns import sending
from foundation.clock import utc_now
from foundation.sockets import Nudges, socket_path
from gateways.simulator import SimulatorGateway
from loa.processes.locks import Lock
from loa.wiring import CLOCK, UNDERSTANDING, WORKER, Loa
from scheduler.claims import recover
from scheduler.clock import Clock, Ticking
from scheduler.dispatcher import Dispatcher

log = structlog.get_logger()


def run_worker(loa: Loa, with_clock: bool) -> None:
    """Send and answer until SIGTERM or SIGINT; with the clock, the embedded default, also act on time.

    Raises AlreadyRunning when this installation has a worker.
    """
    locks = [Lock(loa.settings.home, WORKER), *([Lock(loa.settings.home, CLOCK)] if with_clock else [])]
    try:
        uvloop.run(_work(loa, with_clock))
    finally:
        for lock in locks:
            lock.release()


def run_clock(loa: Loa) -> None:
    """Only act on time, for an installation whose workers are separate. Raises AlreadyRunning."""
    lock = Lock(loa.settings.home, CLOCK)
    try:
        uvloop.run(_tick(loa))
    finally:
        lock.release()


async def _work(loa: Loa, with_clock: bool) -> None:
    stop = _stop_on_signals()
    await asyncio.to_thread(_take_up, loa)
    async with UnderstandingClient(socket_path(loa.settings.home, UNDERSTANDING)) as understanding:
        turns = TurnWorker(loa.database, understanding, loa.answerer, loa.routes, utc_now, loa.days_off)
        journals = loa.settings.home / "journals"
        dispatchers = [
            Dispatcher(loa.database, gateway, journals, utc_now, loa.hours) for gateway in loa.gateways.values()
        ]
        nudges = Nudges()
        await nudges.listen(socket_path(loa.settings.home, WORKER))
        jobs = _working_jobs(loa, turns, dispatchers) | (_planning_jobs(loa) if with_clock else {})
        clock = Clock(jobs, utc_now)
        clock.start()
        log.info("the worker works", gateways=list(loa.gateways), clock=with_clock)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_heed(nudges, turns, dispatchers, stop))
                for dispatcher in dispatchers:
                    tasks.create_task(dispatcher.run(stop))
        finally:
            clock.stop()
            nudges.close()
            for gateway in loa.gateways.values():
                await gateway.close()


async def _tick(loa: Loa) -> None:
    stop = _stop_on_signals()
    clock = Clock(_planning_jobs(loa), utc_now)
    clock.start()
    log.info("the clock ticks")
    await stop.wait()
    clock.stop()


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
    messages = recover(loa.database, loa.settings.home / "journals", utc_now(), Random())
    if texts or messages:
        log.warning("taken up after a crash", texts=texts, messages={str(k): v for k, v in messages.items()})


def _planning_jobs(loa: Loa) -> dict[str, Ticking]:
    """What happens because its time has come."""
    follow_up = FollowUp(loa.routes, loa.days_off, loa.answerer.title)

    async def due_broadcasts(now: datetime) -> None:
        if await asyncio.to_thread(sending.send_due, loa.database, loa.default_route, now):
            loa.nudge_worker()

    async def finished_broadcasts(now: datetime) -> None:
        await asyncio.to_thread(sending.finish, loa.database, now)

    async def tickets(now: datetime) -> None:
        if await asyncio.to_thread(follow_up.run, loa.database, now):
            loa.nudge_worker()

    async def forgetting(now: datetime) -> None:
        await asyncio.to_thread(_forget, loa, now)

    return {
        "due_broadcasts": Ticking(due_broadcasts, every_s=1),
        "finished_broadcasts": Ticking(finished_broadcasts, every_s=2),
        "tickets": Ticking(tickets, every_s=3),
        "forgetting": Ticking(forgetting, every_s=600),
    }


def _working_jobs(loa: Loa, turns: TurnWorker, dispatchers: list[Dispatcher]) -> dict[str, Ticking]:
    """What is looked for even when no nudge came."""

    async def inbound_turns(_now: datetime) -> None:
        if await turns.work():
            for dispatcher in dispatchers:
                dispatcher.nudge()

    jobs = {"inbound_turns": Ticking(inbound_turns, every_s=1)}
    for gateway in loa.simulated:
        jobs[f"receipts_of_{gateway.name}"] = Ticking(partial(_carry_receipts, loa, gateway), every_s=0.25)
    return jobs


def _forget(loa: Loa, now: datetime) -> None:
    with loa.database.write() as session:
        forget_expired(session, now)


async def _heed(nudges: Nudges, turns: TurnWorker, dispatchers: list[Dispatcher], stop: asyncio.Event) -> None:
    """Look at once when nudged."""
    while not stop.is_set():
        if not await _set_before(nudges.event, stop):
            return
        nudges.event.clear()
        try:
            await turns.work()
        except Exception:
            log.exception("turns failed")  # the clock tries again
        for dispatcher in dispatchers:
            dispatcher.nudge()


async def _set_before(event: asyncio.Event, stop: asyncio.Event) -> bool:
    waiting = [asyncio.ensure_future(event.wait()), asyncio.ensure_future(stop.wait())]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for future in waiting:
        future.cancel()
    return event.is_set() and not stop.is_set()


async def _carry_receipts(loa: Loa, gateway: SimulatorGateway, now: datetime) -> None:
    """Be the simulated carrier's web client: call our own webhook as a real one would."""
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(loa.settings.local_url, timeout=timeout) as session:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            for call in gateway.network.step(now):
                async with session.post(call.url, data=call.body, headers=dict(call.headers)) as answer:
                    answer.raise_for_status()
