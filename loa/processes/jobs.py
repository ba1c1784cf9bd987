"""What the jobs of the timetable do. The same functions in both sizes; only who calls them differs."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial

import aiohttp
import structlog

from bot.memory import forget_expired
from bot.tickets.followup import FollowUp
from bot.turns import TurnWorker
from campaigns import sending
from gateways.simulator import SimulatorGateway
from loa.processes.timetable import receipts_of
from loa.wiring import Loa
from scheduler.clock import Job, Ticking
from scheduler.outbox.receipts import AT_ONCE, forget_receipts, merge_waiting
from scheduler.reconcile import ask_for_receipts, reconcile

log = structlog.get_logger()


def planning_jobs(loa: Loa) -> dict[str, Job]:
    """What happens because its time has come."""
    follow_up = FollowUp(loa.routes, loa.days_off, loa.answerer.title)

    async def due_broadcasts(now: datetime) -> None:
        if await asyncio.to_thread(sending.send_due, loa.database, loa.routes, now):
            loa.nudge_worker()

    async def finished_broadcasts(now: datetime) -> None:
        await asyncio.to_thread(sending.finish, loa.database, now)

    async def tickets(now: datetime) -> None:
        if await asyncio.to_thread(follow_up.run, loa.database, now):
            loa.nudge_worker()

    async def forgetting(now: datetime) -> None:
        await asyncio.to_thread(_forget, loa, now)

    return {
        "due_broadcasts": due_broadcasts,
        "finished_broadcasts": finished_broadcasts,
        "tickets": tickets,
        "forgetting": forgetting,
    }


def working_jobs(loa: Loa, turns: TurnWorker, send: Callable[[], None]) -> dict[str, Job]:
    """What is looked for even when no nudge came; `send` has the answers sent that turns made."""

    async def inbound_turns(_now: datetime) -> None:
        if await turns.work():
            send()

    async def receipts(now: datetime) -> None:
        await asyncio.to_thread(merge_receipts, loa, now)

    async def uncertain(now: datetime) -> None:
        await reconcile(loa.database, loa.gateways, now, timedelta(hours=loa.settings.uncertain_hours))

    async def missing_receipts(now: datetime) -> None:
        await ask_for_receipts(loa.database, loa.gateways, now)

    jobs: dict[str, Job] = {
        "inbound_turns": inbound_turns,
        "receipts": receipts,
        "uncertain": uncertain,
        "missing_receipts": missing_receipts,
    }
    return jobs | {receipts_of(gateway.name): partial(_carry_receipts, loa, gateway) for gateway in loa.simulated}


def ticking(loa: Loa, jobs: Mapping[str, Job]) -> dict[str, Ticking]:
    """These jobs as the clock runs them. Raises KeyError for one that the timetable does not know."""
    return {name: Ticking(job, loa.timetable[name].every_s) for name, job in jobs.items()}


def merge_receipts(loa: Loa, now: datetime) -> None:
    """Merge all receipts that wait, some at a time: nobody else shall wait long for the database."""
    orphans = 0
    while True:
        with loa.database.write() as session:
            done = merge_waiting(session, now)
        orphans += done.orphans
        if done.looked_at < AT_ONCE:
            break
    if orphans:
        log.warning("receipts about no message of ours", count=orphans)


def _forget(loa: Loa, now: datetime) -> None:
    with loa.database.write() as session:
        forget_expired(session, now)
    before = now - timedelta(days=loa.settings.receipts_days)
    while True:
        with loa.database.write() as session:
            if not forget_receipts(session, before):
                break


async def _carry_receipts(loa: Loa, gateway: SimulatorGateway, now: datetime) -> None:
    """Be the simulated carrier's web client: call our own webhook as a real one would."""
    timeout = aiohttp.ClientTimeout(total=5)
    async with aiohttp.ClientSession(loa.settings.local_url, timeout=timeout) as session:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            for call in gateway.network.step(now):
                async with session.post(call.url, data=call.body, headers=dict(call.headers)) as answer:
                    answer.raise_for_status()
