"""Installations of real processes to be broken: embedded ones, and what a person does in the end to any."""

import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from socket import socket

from foundation.clock import utc_now
from loa.schema import upgrade
from scheduler.outbox import State
from tests.gateways.far_end import Act, answers, far_end
from tests.loa.outgrown import ROUTE, Site, understanding
from tests.loa.web_process import answers as call_all
from tests.loa.web_process import kannel_of, kannel_receipt
from tests.scheduler.parts import message, put
from tests.services import until

ACCEPTS = answers(202, "0: Accepted for delivery")
ROLES = {"web": 1, "worker": 1}
AT_ONCE = 64
"""Kannel's concurrency: so many requests of one worker are on the wire at most."""
BOSS = "minh"
_NUMBER = re.compile(rb"<da><number>([^<]+)</number></da>")


@contextmanager
def embedded(folder: Path, *acts: Act, roles: Mapping[str, int] = ROLES, **settings: str) -> Iterator[Site]:
    """By default web and worker on SQLite, with no process started yet; their smsbox answers with these acts in turn,
    the last for ever."""
    with far_end(*(acts or (ACCEPTS,))) as smsbox, Site(folder, smsbox, roles, **settings) as made:
        upgrade(made.database)
        with understanding(made.installation.home):
            yield made


def after_a_moment(connection: socket, closing: threading.Event) -> None:
    """Accept, but so late that something is on the wire at any moment."""
    closing.wait(0.02)
    ACCEPTS(connection, closing)


def queue(made: Site, texts: Mapping[str, str]) -> None:
    """Queue a text for each of these numbers, through Kannel."""
    now = utc_now()
    put(made.database, now, *(message(f"t{to}", now, address=to, text=text, route=ROUTE) for to, text in texts.items()))


def numbers(made: Site) -> list[str]:
    """Whom the requests that reached smsbox were for, in order."""
    found = (_NUMBER.search(request) for request in list(made.smsbox.requests))
    return [each[1].decode() for each in found if each]


def bring_receipts(made: Site, references: Iterable[str], kind: int = 1) -> None:
    """Kannel's calls for these, by default "delivered"."""
    config = kannel_of(made.installation)
    calls = [kannel_receipt(config, reference, kind) for reference in references]
    assert set(call_all(made.installation.port, calls)) <= {200}


def resolve(made: Site, patience_s: float) -> int:
    """What happens in the end: receipts come for all that arrived, and an official says of the rest that it was lost.
    How many the official had to decide about; nothing is uncertain any more."""
    arrived = made.arrived().keys()
    bring_receipts(made, arrived)
    delivered = {State.DELIVERED}
    until(lambda: made.references(*delivered) >= arrived, patience_s, "receipts settle all that arrived")
    lost = sorted(made.references(State.UNKNOWN))
    if lost:
        made.installation.run("user", "add", BOSS, "--role", "approver")
        made.installation.run("outbox", "reconcile", *lost, "--lost", "--as", BOSS)
    assert not made.references(State.UNKNOWN)
    return len(lost)
