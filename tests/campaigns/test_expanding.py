"""An audience comes into the outbox piece by piece: whatever happens, nobody is lost and nobody comes twice."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, func, insert, select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from campaigns import broadcasts as life
from campaigns import sending as clockwork
from campaigns.broadcasts import BroadcastError
from campaigns.models import Status
from campaigns.sending import finish, send_due
from foundation.clock import VIETNAM, local
from foundation.database import Database
from foundation.message_class import MessageClass
from people import Group, GroupMember, upsert_contact, upsert_contacts
from scheduler import outbox
from scheduler.outbox import OutboundMessage, Route, State
from scheduler.outbox.hours import HOURS
from tests.campaigns import test_broadcasts as parts
from tests.campaigns.test_broadcasts import (
    ROUTE,
    approved,
    at_eight,
    cancel,
    do,
    get,
    messages,
    pause,
    shown,
    submit,
    write,
)
from tests.sizes import size

village = parts.village
PIECE = 10
PEOPLE = 23
ROOT = Path(__file__).resolve().parents[2]
KILLS = size(3, 40)
PATIENCE_S = 60.0


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


@pytest.fixture
def town(village: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Database:
    """The village with more people than go into a few pieces."""
    monkeypatch.setattr(clockwork, "PIECE", PIECE)
    join(village, now, PEOPLE - parts.PEOPLE)
    return village


def join(village: Database, now: datetime, people: int) -> None:
    with village.write() as session:
        group = session.scalars(select(Group)).one()
        contacts = upsert_contacts(session, {f"+8498{number:07d}": None for number in range(people)}, now)
        session.execute(insert(GroupMember), [{"group_id": group.id, "contact_id": each} for each in contacts.ids])


def queued(village: Database, broadcast_id: int | None = None) -> int:
    """How many messages there are; of one broadcast, where one is named."""
    query = select(func.count()).select_from(OutboundMessage)
    if broadcast_id is not None:
        query = query.where(OutboundMessage.template == f"broadcast:{broadcast_id}")
    with village.read() as session:
        return session.scalar(query) or 0


def all_once(village: Database, broadcast_id: int, people: int = PEOPLE) -> None:
    """Everybody has one message of the broadcast."""
    found = Counter(each.address for each in messages(village) if each.template == f"broadcast:{broadcast_id}")
    assert len(found) == people
    assert set(found.values()) == {1}


def fail_at(village: Database, number: int, within: Callable[[], object]) -> bool:
    """Do something, and let the machine go down at the statement of that number, or as it is committed; whether it
    came so far."""
    said = 0

    def crash(*_: object) -> None:
        nonlocal said
        said += 1
        if said == number:
            raise RuntimeError("the machine went down")

    listened = ("before_cursor_execute", "commit")
    for name in listened:
        event.listen(village.engine, name, crash)
    try:
        with suppress(RuntimeError), capture_logs():  # to draw the traceback takes longer than all the rest
            within()
    finally:
        for name in listened:
            event.remove(village.engine, name, crash)
    return said >= number


def test_a_crash_at_any_statement_loses_nobody_and_repeats_nobody(town: Database, now: datetime) -> None:
    crashes, on_the_way = 0, set()
    while True:
        broadcast_id = approved(town, now)
        if not fail_at(town, crashes + 1, lambda: send_due(town, {ROUTE.gateway: ROUTE}, at_eight(now))):
            break
        crashes += 1
        reached = get(town, broadcast_id)
        on_the_way.add(reached.expanded)
        assert queued(town, broadcast_id) == reached.expanded, "the cursor stands where the rows do"
        send_due(town, {ROUTE.gateway: ROUTE}, at_eight(now))
        assert get(town, broadcast_id).expanded_at == at_eight(now)
        all_once(town, broadcast_id)
    assert crashes > 12
    assert on_the_way >= {0, 10, 20}


def test_a_kill_between_pieces_loses_nobody_and_repeats_nobody(
    village: Database, now: datetime, tmp_path_factory: pytest.TempPathFactory, vault: Any
) -> None:
    people, random = size(200, 6_000), Random(20261121)
    join(village, now, people - parts.PEOPLE)
    broadcast_id = approved(village, now)
    keys = next(path for path in tmp_path_factory.getbasetemp().iterdir() if path.name.startswith("keys"))
    url = village.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.campaigns.expanding_child", url, str(keys), at_eight(now).isoformat(), "5"]
    killed = 0
    while get(village, broadcast_id).expanded_at is None:
        before = queued(village)
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_S
        stop_at = before + random.randrange(1, 2 * people // KILLS)
        while child.poll() is None and queued(village) < stop_at:
            assert time.monotonic() < deadline, "nothing is expanded"
        if child.poll() is None:
            os.kill(child.pid, signal.SIGKILL)
            killed += 1
        child.wait(PATIENCE_S)
    assert killed >= 2
    all_once(village, broadcast_id, people)


def test_several_workers_at_one_broadcast_bring_each_person_in_once(town: Database, now: datetime) -> None:
    broadcast_id = approved(town, now)
    start, settled = threading.Barrier(3), list[int]()

    def look() -> None:
        start.wait()
        settled.append(send_due(town, {ROUTE.gateway: ROUTE}, at_eight(now)))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(settled) == 1
    all_once(town, broadcast_id)


def between_pieces(town: Database, monkeypatch: pytest.MonkeyPatch, after: int, deed: Callable[[], object]) -> None:
    """Let something be done once so many pieces are in."""
    write, begun = town.write, 0

    def count_and_write() -> AbstractContextManager[Session]:
        nonlocal begun
        begun += 1
        if begun == after + 1:
            deed()
        return write()

    monkeypatch.setattr(town, "write", count_and_write)


def cut_short(town: Database, monkeypatch: pytest.MonkeyPatch, after: int, now: datetime) -> None:
    """Begin what is due, and end in the middle of it."""

    def end() -> None:
        raise RuntimeError("the machine went down")

    between_pieces(town, monkeypatch, after, end)
    with capture_logs():
        assert send_due(town, {ROUTE.gateway: ROUTE}, now) == 0


def test_what_is_cancelled_while_it_comes_in_sends_nothing_more(
    town: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    broadcast_id = approved(town, now)
    between_pieces(town, monkeypatch, 2, lambda: do(town, broadcast_id, cancel(now)))
    send_due(town, {ROUTE.gateway: ROUTE}, at_eight(now))
    send_due(town, {ROUTE.gateway: ROUTE}, at_eight(now) + timedelta(hours=1))
    assert get(town, broadcast_id).status == Status.CANCELLED
    assert shown(town, broadcast_id).counts == {"cancelled": 2 * PIECE}


def test_what_is_paused_while_it_comes_in_comes_in_and_stays_paused(
    town: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    broadcast_id = approved(town, now)
    between_pieces(town, monkeypatch, 1, lambda: do(town, broadcast_id, pause(now)))
    send_due(town, {ROUTE.gateway: ROUTE}, at_eight(now))
    assert shown(town, broadcast_id).status is Status.PAUSED
    all_once(town, broadcast_id)
    with town.read() as session:
        assert outbox.batch(session, get(town, broadcast_id).batch_id or 0).paused_at is not None


def test_it_is_not_done_before_all_are_in(town: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    broadcast_id = approved(town, now)
    cut_short(town, monkeypatch, 1, at_eight(now))
    assert queued(town) == PIECE
    parts.settle_all(town, State.DELIVERED, now)
    assert finish(town, now) == 0
    assert send_due(town, {ROUTE.gateway: ROUTE}, at_eight(now) + timedelta(minutes=5)) == 1
    parts.settle_all(town, State.DELIVERED, now)
    assert finish(town, now) == 1
    assert get(town, broadcast_id).status == Status.DONE
    all_once(town, broadcast_id)


def leaving(village: Database) -> list[str]:
    """When each leaves, in order."""
    return [f"{local(each.not_before):%d %H:%M}" for each in messages(village)]


def test_a_broadcast_is_spread_over_the_hours_asked_for(village: Database, now: datetime) -> None:
    approved(village, now, spread=timedelta(hours=4))
    send_due(village, {ROUTE.gateway: ROUTE}, at_eight(now))
    assert leaving(village) == ["21 08:00", "21 09:00", "21 10:00", "21 11:00"]


def test_the_night_is_left_out_and_a_crash_changes_no_time(
    village: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clockwork, "PIECE", 1)
    evening = datetime(2026, 11, 20, 19, tzinfo=VIETNAM)
    approved(village, now, spread=timedelta(hours=4), scheduled_at=evening)
    cut_short(village, monkeypatch, 2, evening)
    assert queued(village) == 2
    send_due(village, {ROUTE.gateway: ROUTE}, evening + timedelta(minutes=30))
    assert leaving(village) == ["20 19:00", "20 20:00", "21 07:00", "21 08:00"]


def test_one_that_began_late_is_spread_over_what_is_left(village: Database, now: datetime) -> None:
    approved(village, now, spread=timedelta(hours=8), expires_at=at_eight(now) + timedelta(hours=8))
    send_due(village, {ROUTE.gateway: ROUTE}, at_eight(now) + timedelta(hours=6))
    assert leaving(village) == ["21 14:00", "21 14:30", "21 15:00", "21 15:30"]


def test_people_who_joined_since_leave_with_the_last(village: Database, now: datetime) -> None:
    approved(village, now, spread=timedelta(hours=4))
    with village.write() as session:
        group = session.scalars(select(Group)).one()
        session.add(GroupMember(group_id=group.id, contact_id=upsert_contact(session, "+84987654321", now)))
    send_due(village, {ROUTE.gateway: ROUTE}, at_eight(now))
    assert leaving(village)[-2:] == ["21 11:00", "21 11:00"]


SLOW = Route("recording", "sms", parts.PRICE, 3, segments_per_second=1 / 3600)
"""A segment an hour."""


@pytest.mark.parametrize(
    ("spread", "expires", "route", "last"),
    [
        (timedelta(hours=16), timedelta(hours=12), ROUTE, "20:00 21/11/2026"),
        (timedelta(hours=40), timedelta(hours=24), ROUTE, "10:00 23/11/2026"),
        (timedelta(), timedelta(hours=4), SLOW, "12:00 21/11/2026"),
    ],
)
def test_what_would_expire_before_the_last_leaves_is_refused_when_it_is_submitted(
    village: Database, now: datetime, spread: timedelta, expires: timedelta, route: Route, last: str
) -> None:
    broadcast_id = write(village, now, spread=spread, expires_at=at_eight(now) + expires)
    with pytest.raises(BroadcastError, match=f"tin cuối cùng sẽ đi lúc {last}"), village.write() as session:
        life.submit(session, life.broadcast_by_id(session, broadcast_id), parts.official(session, "lan"), route, now)
    assert get(village, broadcast_id).status == Status.DRAFT


def test_what_just_leaves_in_time_is_submitted(village: Database, now: datetime) -> None:
    broadcast_id = write(village, now, spread=timedelta(hours=4), expires_at=at_eight(now) + timedelta(hours=4))
    do(village, broadcast_id, submit(now))


@pytest.mark.parametrize("spread", [timedelta(hours=73), timedelta(seconds=-1)])
def test_a_spread_without_sense_is_refused(village: Database, now: datetime, spread: timedelta) -> None:
    with pytest.raises(BroadcastError, match="72 giờ"):
        write(village, now, spread=spread)


def test_every_class_of_a_broadcast_has_hours() -> None:
    assert set(HOURS) == set(MessageClass)
