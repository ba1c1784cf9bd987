"""Running counts of what happened to messages, for whoever watches over an installation.

What rows of millions of messages would have to be read for is counted where it happens, in the transaction in which it
happens: one statement a batch. The counts only ever grow, over restarts and over all processes, and outlive the rows
(docs/decisions/0012).
"""

import os
import socket
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple, cast
from zlib import crc32

from sqlalchemy import Table, func, select
from sqlalchemy.orm import Session

from foundation.rows import RowInsert
from scheduler.outbox.models import Tally

SLOTS = 32
"""Each process adds to rows of its own, so that none waits for another's commit; two that share one only wait."""


class What(StrEnum):
    """What is counted; in brackets what `label` says."""

    TRIED = "tried"
    """Attempts to send, with segments and VND (the gateway's outcome: `SendStatus`)."""
    REFUSED = "refused"
    """Messages that a rule gave up (the rule)."""
    REPORTED = "reported"
    """Receipts that brought news (the state that they brought)."""
    NO_NEWS = "no_news"
    """Receipts of what was known already (the state that they claim)."""
    ORPHANED = "orphaned"
    """Receipts about no message of ours (the state that they claim)."""
    ANSWERED = "answered"
    """Inbound texts that were dealt with (the longest of `TURN_S` that it took)."""


class Key(NamedTuple):
    """What is counted, of which gateway and class ("" where there is none), and what came of it."""

    what: What
    gateway: str
    message_class: str
    label: str


class Sum(NamedTuple):
    """How many, and of what they cost or took as much as is counted of it."""

    times: int
    segments: int = 0
    vnd: int = 0
    milliseconds: int = 0


TURN_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
"""Bounds in seconds for how long a text waited until it was dealt with; more is "+Inf"."""


def tally(session: Session, sums: Mapping[Key, Sum]) -> None:
    """Add to the counts in the caller's transaction; last in it, as other transactions may wait for these rows.

    A transaction that is repeated because nobody knows whether it was committed is counted twice if it was.
    """
    if not sums:
        return
    dialect, slot = session.get_bind().dialect, _slot(os.getpid())
    rows = [{**key._asdict(), "slot": slot, **sum_._asdict()} for key, sum_ in sorted(sums.items())]
    session.flush()
    _ADD.insert(session.connection(), [_ADD.prepare(dialect, row) for row in rows])


def tally_each(session: Session, keys: Counter[Key]) -> None:
    """The same where nothing costs anything."""
    tally(session, {key: Sum(count) for key, count in keys.items()})


def tally_turn(session: Session, gateway: str, seconds: float) -> None:
    """An inbound text was dealt with, so long after it came."""
    bound = next((str(each) for each in TURN_S if seconds <= each), "+Inf")
    tally(session, {Key(What.ANSWERED, gateway, "", bound): Sum(1, milliseconds=max(0, round(1000 * seconds)))})


def totals(session: Session) -> Iterator[tuple[Key, Sum]]:
    """All counts since the installation began. A few hundred rows, however many messages there were."""
    row = Tally
    key = (row.what, row.gateway, row.message_class, row.label)
    sums = (func.sum(each) for each in (row.times, row.segments, row.vnd, row.milliseconds))
    for what, gateway, message_class, label, *counted in session.execute(
        select(*key, *sums).group_by(*key).order_by(*key)
    ):
        yield Key(What(what), gateway, message_class, label), Sum(*map(int, counted))


@lru_cache(maxsize=4)
def _slot(pid: int) -> int:
    return crc32(f"{socket.gethostname()}/{pid}".encode()) % SLOTS


_KEY = (*Key._fields, "slot")
_ADD = RowInsert(
    cast("Table", Tally.__table__),
    (*_KEY, *Sum._fields),
    f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET "
    + ", ".join(f"{name} = tallies.{name} + excluded.{name}" for name in Sum._fields),
)
