"""An outgrown installation of real processes: web, workers, clocks, PostgreSQL, RabbitMQ, and a smsbox of our own.

Only two things are played: smsbox (its wire, without a telephone network behind it), and understanding (which would
take half a minute to start, and is tested elsewhere).
"""

import asyncio
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

from sqlalchemy import func, select
from sqlalchemy import text as sql

from bot.models import Inbound, InboundState
from campaigns import broadcasts as life
from foundation.clock import utc_now
from foundation.database import Database
from foundation.message_class import MessageClass
from foundation.sockets import socket_path
from gateways import Channel
from gateways.kannel import KannelGateway
from loa.wiring import ROOT, UNDERSTANDING, Loa
from people import Group, GroupMember, Role, add_official, official_named, upsert_contact
from scheduler.outbox import OutboundMessage, Route, State
from tests.bot.understanding_process import UnderstandingProcess
from tests.gateways.far_end import FarEnd, answers, far_end
from tests.loa.serving import Installation, call
from tests.postgres import PostgresServer
from tests.rabbitmq import RabbitServer
from tests.scheduler.parts import message, phone, put
from tests.services import until

ROUTE = Route("kannel", Channel.SMS, 500, 10)
ROLES = {"web": 1, "worker": 2, "clock": 2}
START_S = 120.0
STOP_S = 40.0
ANY_HOUR = "public_information=00:00-24:00"
RATE = "120"
"""Segments a second, so slow that things happen in the middle."""
_FORGOTTEN = ("outbox", "inbound", "conversations", "broadcasts", "groups", "contacts", "officials", "batches")
_REFERENCE = re.compile(rb"[?&;]ref=([A-Za-z0-9_-]+)")


class Site:
    """The installation and what became of it. `mend` starts what does not run; `end` kills what does.

    `roles` says how many there are of each process, `settings` are those of the installation besides Kannel's.
    """

    def __init__(self, folder: Path, smsbox: FarEnd, roles: Mapping[str, int] = ROLES, **settings: str) -> None:
        self.folder = folder
        self.smsbox = smsbox
        self.roles = roles
        self.installation = Installation(
            folder / "home",
            folder,  # without models: nothing here starts the understanding process
            **{"gateways": "kannel", "hours": ANY_HOUR, "kannel_segments_per_second": RATE} | settings,
            kannel_url=smsbox.url,
            kannel_username="loa",
            kannel_password="secret",
            kannel_sender="8099",
        )
        self.loa: Loa = self.installation.loa
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._started = 0

    @property
    def database(self) -> Database:
        return self.loa.database

    def start(self, role: str, name: str) -> subprocess.Popen[bytes]:
        """Start `loa ROLE`; `name` is for the test to speak of it, and its log is NAME.log."""
        with self.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "loa", role],
                env=self.installation.environment,
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        return self.processes[name]

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def logged(self, name: str, event: str) -> int:
        """How often a process has said so."""
        return self.log(name).read_text().count(f'"event": "{event}"')

    def mend(self) -> None:
        """Start what is missing, and wait until all that were started work."""
        for role, count in self.roles.items():
            living = [
                name for name, process in self.processes.items() if name.startswith(role) and process.poll() is None
            ]
            for _ in range(count - len(living)):
                self._started += 1
                self.start(role, f"{role}{self._started}")
        for name in self.processes:
            if name.startswith("worker"):
                until(lambda name=name: self.works(name), START_S, f"{name} works ({self.log(name)})")  # type: ignore[misc]
        until(lambda: call(f"{self.installation.url}/readyz") == 200, START_S, f"the web process ({self.folder})")
        if "clock" in self.roles:
            until(lambda: len(self.leaders()) == 1, START_S, "a leader")

    def works(self, name: str) -> bool:
        """Whether a worker is at work; fails when it has ended."""
        assert self.processes[name].poll() is None, f"{name} ended ({self.log(name)})"
        return bool(self.logged(name, "the worker works"))

    def forget(self) -> None:
        """Empty the outbox and all that was heard, for the next test."""
        with self.database.write() as session:
            session.execute(sql(f"TRUNCATE {', '.join(_FORGOTTEN)} CASCADE"))
        self.smsbox.requests.clear()

    def leaders(self) -> list[str]:
        """The clocks that lead, as they tell it themselves."""
        clocks = [
            name for name, process in self.processes.items() if name.startswith("clock") and process.poll() is None
        ]
        return [name for name in clocks if self.logged(name, "leads") > self.logged(name, "leads no more")]

    def kill(self, name: str) -> None:
        """Kill −9, and forget it."""
        process = self.processes.pop(name)
        process.kill()
        process.wait(10)

    def stop(self, role: str) -> dict[str, int]:
        """SIGTERM to all of a role; their exit codes."""
        stopped = {name: self.processes.pop(name) for name in list(self.processes) if name.startswith(role)}
        for process in stopped.values():
            process.send_signal(signal.SIGTERM)
        return {name: process.wait(STOP_S) for name, process in stopped.items()}

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait(10)
        self.database.close()

    def queue(self, count: int, first: int = 0) -> None:
        """Put public messages into the outbox, each to a number of its own."""
        now = utc_now()
        messages = [message(f"m{n}", now, address=phone(n), route=ROUTE) for n in range(first, first + count)]
        put(self.database, now, *messages)

    def broadcast(self, people: int, at: datetime) -> None:
        """One that was written, submitted and approved, and is due then."""
        now, route = utc_now(), self.loa.route_of(MessageClass.PUBLIC_INFORMATION)
        with self.database.write() as session:
            add_official(session, "lan", Role.EDITOR, None, now, "test")
            add_official(session, "minh", Role.APPROVER, None, now, "test")
            group = Group(name="xã", created_at=now)
            session.add(group)
            session.flush()
            for number in range(people):
                contact = upsert_contact(session, f"+8497{number:07d}", now)
                session.add(GroupMember(group_id=group.id, contact_id=contact))
            writer, approver = official_named(session, "lan"), official_named(session, "minh")
            public = MessageClass.PUBLIC_INFORMATION
            made = life.create(session, writer, "Mời bà con họp thôn 8 giờ.", group, public, at, route, now)
            life.submit(session, made, writer, route, now)
            life.approve(session, made, approver, route, now)

    def text(self, number: int) -> int:
        """A text from a phone, as Kannel brings it; the status of its call."""
        gateway = self.loa.gateways["kannel"]
        assert isinstance(gateway, KannelGateway)
        url = gateway._config.inbound_url.replace("%I", f"in-{number}").replace("%T", "1700000000")
        headers = {
            "X-Kannel-From": f"+8498{number:07d}",
            "X-Kannel-To": "8099",
            "Content-Type": "text/plain; charset=UTF-8",
        }
        return call(url, f"xin chào {number}".encode(), headers)

    def states(self) -> Mapping[str, int]:
        with self.database.read() as session:
            found = session.execute(select(OutboundMessage.state, func.count()).group_by(OutboundMessage.state))
            return Counter({str(state): count for state, count in found})

    def open_messages(self) -> int:
        states = self.states()
        return states[State.QUEUED] + states[State.SENDING]

    def answered(self) -> Counter[int]:
        """How many answers each inbound text has; 0 for those that wait."""
        with self.database.read() as session:
            counted: Counter[int] = Counter()
            for inbound_id in session.scalars(select(Inbound.id)):
                counted[inbound_id] = 0
            replies = select(OutboundMessage.inbound_id).where(OutboundMessage.inbound_id.is_not(None))
            counted.update(each for each in session.scalars(replies) if each is not None)
            return counted

    def unanswered(self) -> int:
        with self.database.read() as session:
            waiting = select(func.count()).where(Inbound.state != InboundState.DONE)
            return session.scalar(waiting) or 0

    def arrived(self) -> Counter[str]:
        """How often each reference reached smsbox."""
        found = (_REFERENCE.search(request) for request in list(self.smsbox.requests))
        return Counter(each[1].decode() for each in found if each)

    def references(self, *states: State) -> set[str]:
        """Of the messages in these states, or of all."""
        query = select(OutboundMessage.reference)
        with self.database.read() as session:
            return set(session.scalars(query.where(OutboundMessage.state.in_(states)) if states else query))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


@contextmanager
def site(folder: Path, postgres: PostgresServer, rabbit: RabbitServer) -> Iterator[Site]:
    """One with no process started yet."""
    with ExitStack() as stack:
        smsbox = stack.enter_context(far_end(answers(202, "0: Accepted for delivery")))
        url = postgres.create_database()
        made = stack.enter_context(Site(folder, smsbox, ROLES, database_url=url, broker_url=rabbit.url))
        stack.enter_context(understanding(made.installation.home))
        yield made


@contextmanager
def understanding(home: Path) -> Iterator[None]:
    """Something that answers as the understanding process does, and understands nothing."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    stop = asyncio.Event()

    async def listen() -> None:
        async with UnderstandingProcess().listening(socket_path(home, UNDERSTANDING)):
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(listen()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
