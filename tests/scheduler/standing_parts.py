"""Workers that ask for leave and claim, without dispatchers: for tests of circuits and of fail-over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from sqlalchemy import select, update

from foundation.database import Database
from foundation.message_class import MessageClass
from gateways import Gateway, Outcome, SendStatus
from scheduler.claimed import Claimed
from scheduler.outbox import OutboundMessage, State
from scheduler.outbox.models import GatewayState
from scheduler.outbox.states import CircuitState
from scheduler.standing import Leave, Standing
from tests.scheduler.parts import Clock, message, phone, put, rows

QUICK_S = 0.05
FAILS = [SendStatus.TEMPORARY] * 10


def gateways(*all_: Gateway) -> dict[str, Gateway]:
    return {gateway.name: gateway for gateway in all_}


@dataclass
class Worker:
    """One worker's standing of one gateway, with the clocks that it looks at."""

    database: Database
    clock: Clock
    standing: Standing
    gateway: Gateway
    seconds: float = 0.0

    def wait(self, seconds: float) -> None:
        self.seconds += seconds

    def note(self, *statuses: SendStatus, detail: str | None = None) -> None:
        for number, status in enumerate(statuses):
            self.standing.note([Outcome(f"r{number}", status, detail=detail)], QUICK_S)

    def leave(self) -> Leave:
        with self.database.write() as session:
            return self.standing.refresh(session, self.clock())

    def claim(self) -> list[Claimed]:
        """Ask for leave, claim what it allows, take over what can be carried."""
        with self.database.write() as session:
            leave = self.standing.refresh(session, self.clock())
            if leave.most == 0:
                return []
            due = (
                select(OutboundMessage)
                .where(OutboundMessage.state == State.QUEUED, OutboundMessage.not_before <= self.clock())
                .where(OutboundMessage.gateway.in_(leave.gateways))
                .order_by(OutboundMessage.id)
                .limit(leave.most)
            )
            claimed = list(session.scalars(due))
            for each in claimed:
                each.state, each.claimed_by, each.sent_at = State.SENDING, "worker", self.clock()
            session.flush()
            return self.standing.take_over(session, [claimed_from(each) for each in claimed])


def claimed_from(message: OutboundMessage) -> Claimed:
    """The row as a worker knows it once claimed."""
    values = {name: getattr(message, name) for name in Claimed.__dataclass_fields__}
    return Claimed(**values | {"message_class": MessageClass(message.message_class)})


def worker(database: Database, clock: Clock, gateway: Gateway, *others: Gateway) -> Worker:
    made = Worker(database, clock, None, gateway)  # type: ignore[arg-type]
    made.standing = Standing(gateway, gateways(gateway, *others), clock, lambda: made.seconds, random=Random(1))
    return made


def circuit(database: Database, gateway: str = "a") -> GatewayState | None:
    with database.read() as session:
        return session.get(GatewayState, gateway)


def set_circuit(
    database: Database, gateway: str, now: datetime, state: CircuitState = CircuitState.OPEN, opened_s: float = 60
) -> None:
    """A circuit that was opened so many seconds ago and rests for another minute."""
    since, retry_at = now - timedelta(seconds=opened_s), now + timedelta(minutes=1)
    with database.write() as session:
        session.merge(
            GatewayState(gateway=gateway, free_at=0, circuit=state, since=since, retry_at=retry_at, because="")
        )


def queue(database: Database, now: datetime, gateway: str, how_many: int, **about: Any) -> None:
    keys = count(len(rows(database)))
    put(
        database,
        now,
        *(
            message(f"m{number}", now, address=phone(number), **about)
            for number in (next(keys) for _ in range(how_many))
        ),
    )
    with database.write() as session:
        session.execute(update(OutboundMessage).where(OutboundMessage.gateway == "recording").values(gateway=gateway))
