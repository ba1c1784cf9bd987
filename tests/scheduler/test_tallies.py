"""What happened is counted where it happens: whole transactions or nothing, over all processes, on both databases."""

import threading
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import update

from bot import inbound
from foundation.database import Database
from foundation.message_class import MessageClass
from gateways import Channel, InboundText, SendStatus
from people import SuppressionReason, suppress
from scheduler.journal import Journal
from scheduler.outbox import OutboundMessage, State, merge
from scheduler.outbox import tallies as counting
from scheduler.outbox.receipts import DeliveryReport
from scheduler.outbox.tallies import Key, Sum, What, tally, totals
from scheduler.recovery import recover
from tests.scheduler.parts import (
    PRICE,
    Clock,
    RecordingGateway,
    accepts,
    dispatch,
    message,
    phone,
    put,
    put_many,
    rows,
    says,
)

GATEWAY = "recording"
PUBLIC = MessageClass.PUBLIC_INFORMATION


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


def counted(database: Database, what: What) -> dict[tuple[str, str, str], Sum]:
    with database.read() as session:
        return {(key.gateway, key.message_class, key.label): sum_ for key, sum_ in totals(session) if key.what is what}


def test_each_attempt_is_counted_by_what_came_of_it_with_its_segments_and_price(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    put_many(database, now, 3)
    put(database, now, message("r", now, address=phone(9), message_class=MessageClass.REPLY, text="a" * 200))
    clock = Clock(now)
    assert dispatch(database, RecordingGateway(says(SendStatus.TEMPORARY)), tmp_path, clock) == 4
    clock.at = now + timedelta(minutes=1)
    assert dispatch(database, RecordingGateway(accepts), tmp_path, clock) == 4

    assert counted(database, What.TRIED) == {
        (GATEWAY, PUBLIC, SendStatus.TEMPORARY): Sum(3, 3, 3 * PRICE),
        (GATEWAY, PUBLIC, SendStatus.ACCEPTED): Sum(3, 3, 3 * PRICE),
        (GATEWAY, MessageClass.REPLY, SendStatus.TEMPORARY): Sum(1, 2, 2 * PRICE),
        (GATEWAY, MessageClass.REPLY, SendStatus.ACCEPTED): Sum(1, 2, 2 * PRICE),
    }


def test_what_a_rule_gives_up_is_counted_once_and_what_waits_is_not(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    put_many(database, now, 2)
    put(database, now, message("old", now, address=phone(5), expires_at=now + timedelta(hours=1)))
    with database.write() as session:
        suppress(session, Channel.SMS, phone(0), SuppressionReason.OPT_OUT, now)
    night = now.replace(hour=16)  # eleven at night in Vietnam
    for moment in (night, night, now + timedelta(days=1)):
        dispatch(database, RecordingGateway(), tmp_path, Clock(moment))

    assert counted(database, What.REFUSED) == {
        (GATEWAY, PUBLIC, "opt_out"): Sum(1),
        (GATEWAY, PUBLIC, "expired"): Sum(1),
    }


def test_a_row_that_nobody_can_read_is_counted_as_given_up(database: Database, tmp_path: Path, now: datetime) -> None:
    put_many(database, now, 2)
    with database.engine.begin() as connection:
        spoilt = "'\\x00'::bytea" if database.engine.dialect.name == "postgresql" else "x'00'"
        connection.exec_driver_sql(f"UPDATE outbox SET text = {spoilt} WHERE dedupe_key = 'm0'")
    dispatch(database, RecordingGateway(), tmp_path, Clock(now))

    assert counted(database, What.REFUSED) == {(GATEWAY, PUBLIC, "unreadable"): Sum(1)}


def test_receipts_are_counted_by_what_they_told(database: Database, tmp_path: Path, now: datetime) -> None:
    put_many(database, now, 2)
    dispatch(database, RecordingGateway(), tmp_path, Clock(now))
    first, second = (row.reference for row in rows(database))
    told = [(first, State.DELIVERED), (first, State.SENT), (second, State.UNDELIVERED), ("nobody", State.DELIVERED)]
    for reference, state in (*told, told[0]):
        with database.write() as session:
            merge(session, GATEWAY, [DeliveryReport(reference, state)], now)

    assert counted(database, What.REPORTED) == {
        (GATEWAY, PUBLIC, State.DELIVERED): Sum(1),
        (GATEWAY, PUBLIC, State.UNDELIVERED): Sum(1),
    }
    assert counted(database, What.NO_NEWS) == {(GATEWAY, PUBLIC, State.SENT): Sum(1)}
    assert counted(database, What.ORPHANED) == {(GATEWAY, "", State.DELIVERED): Sum(1)}


def test_what_a_dead_worker_had_on_the_wire_is_counted_by_whoever_takes_it_up(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    put_many(database, now, 2)
    first, _ = (row.reference for row in rows(database))
    journal = Journal(tmp_path, "dead")
    journal.intend([first])
    with database.write() as session:
        session.execute(update(OutboundMessage).values(state=State.SENDING, claimed_by="dead", sent_at=now))
    journal.close()
    recover(database, tmp_path, now, Random(1))

    assert counted(database, What.TRIED) == {(GATEWAY, PUBLIC, SendStatus.UNCERTAIN): Sum(1, 1, PRICE)}


@pytest.mark.parametrize(("seconds", "bound"), [(0.0, "0.1"), (0.1, "0.1"), (0.7, "1.0"), (7200, "+Inf"), (-3, "0.1")])
def test_an_answered_text_is_counted_by_how_long_it_waited(
    database: Database, now: datetime, seconds: float, bound: str
) -> None:
    text = InboundText("1", "+84912345678", "8099", "xin chào", now)
    with database.write() as session:
        inbound.receive(session, "kannel", Channel.SMS, [text], now)
    with database.write() as session:
        (asked,) = inbound.claim(session, 1, now)
    with database.write() as session:
        inbound.settle(session, asked, kind="greeting", answered_at=now + timedelta(seconds=seconds))
    with pytest.raises(inbound.LeaseLost), database.write() as session:
        inbound.settle(session, asked, kind="greeting", answered_at=now)

    took = max(0, round(1000 * seconds))
    assert counted(database, What.ANSWERED) == {("kannel", "", bound): Sum(1, milliseconds=took)}


def test_what_is_rolled_back_did_not_happen(database: Database) -> None:
    key = Key(What.REFUSED, GATEWAY, PUBLIC, "expired")
    with pytest.raises(RuntimeError), database.write() as session:
        tally(session, {key: Sum(1)})
        raise RuntimeError
    with database.write() as session:
        tally(session, {})
    assert counted(database, What.REFUSED) == {}


def test_many_that_count_at_a_time_lose_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """As processes do: some in slots of their own, some in the same."""
    slots = {number: number % 3 for number in range(6)}
    here = threading.local()
    monkeypatch.setattr(counting, "_slot", lambda _pid: slots[here.number])
    errors: list[Exception] = []

    def count(number: int) -> None:
        here.number = number
        try:
            for turn in range(20):
                keys = Counter({Key(What.REFUSED, gateway, PUBLIC, "expired"): 1 for gateway in ("b", "a")})
                with database.write() as session:
                    tally(session, {key: Sum(times, turn, 10) for key, times in keys.items()})
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=count, args=(number,)) for number in slots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    expected = Sum(120, 6 * sum(range(20)), 1200)
    assert counted(database, What.REFUSED) == {(name, PUBLIC, "expired"): expected for name in ("a", "b")}
