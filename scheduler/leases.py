"""Leases of senders: whose rows are being looked after, by workers on whichever machine.

A sender renews its lease every few seconds. One that could not for half its length stops sending by itself; so when
it has run out for others, nothing of it can still leave.
"""

import socket
from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from scheduler.outbox.models import Sender

LEASE = timedelta(minutes=5)
RENEW_S = 5.0
ALIVE = timedelta(seconds=6 * RENEW_S)

_NAME = "host.id"


def host_of(journals: Path) -> str:
    """The machine, for the purpose of leases: whoever can read this folder of journals. Made when first asked for."""
    journals.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = journals / _NAME
    if not path.exists():
        draft = journals / f"{_NAME}.{token_hex(4)}"
        draft.write_text(token_hex(8))
        try:
            path.hardlink_to(draft)  # whole or absent: of two that start together one makes it
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return f"{socket.gethostname()[:60]}/{path.read_text().strip()[:16]}"


def renew(session: Session, name: str, gateway: str, host: str, now: datetime) -> None:
    """Say that this sender lives, in the caller's transaction."""
    moment = _clock(session, now)
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    insert = (sqlite.insert if is_sqlite else postgresql.insert)(Sender)
    values = insert.values(name=name, gateway=gateway, host=host, started_at=moment, renewed_at=moment)
    session.execute(values.on_conflict_do_update(index_elements=["name"], set_={"renewed_at": moment}))


def end(session: Session, names: Collection[str]) -> None:
    """These send no more, and nothing that they held is left."""
    session.execute(delete(Sender).where(Sender.name.in_(names)))


class Holder(NamedTuple):
    """A sender, seen from outside."""

    host: str
    ran_out: bool


def holders(session: Session, now: datetime) -> dict[str, Holder]:
    """All senders by name."""
    moment = _clock(session, now)
    rows = session.execute(select(Sender.name, Sender.host, Sender.renewed_at))
    return {row.name: Holder(row.host, row.renewed_at < moment - LEASE) for row in rows}


class Lease(NamedTuple):
    """A sender's lease, as those see it who watch; `age` is how long ago it was renewed."""

    name: str
    gateway: str
    host: str
    age: timedelta

    @property
    def is_alive(self) -> bool:
        """Renewed lately enough that nobody needs to worry; `LEASE` is for those who take up what it left."""
        return self.age <= ALIVE


def all_leases(session: Session, now: datetime) -> list[Lease]:
    """All senders, in order of gateway and name."""
    moment = _clock(session, now)
    rows = session.execute(select(Sender).order_by(Sender.gateway, Sender.name)).scalars()
    return [Lease(row.name, row.gateway, row.host, moment - row.renewed_at) for row in rows]


def _clock(session: Session, now: datetime) -> datetime:
    """Machines' clocks differ, so several of them go by the database's; SQLite has but one machine."""
    if session.get_bind().dialect.name == "sqlite":
        return now
    moment: datetime = session.scalar(select(func.clock_timestamp())) or now
    return moment
