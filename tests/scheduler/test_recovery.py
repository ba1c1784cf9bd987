from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from foundation.database import Database
from foundation.message_class import MessageClass
from gateways import Outcome, SendStatus
from scheduler.claims import claim, recover
from scheduler.journal import Journal, boot_id
from scheduler.outbox import DeliveryReport, State, batch, merge, open_batch
from scheduler.rules import HOURS
from tests.scheduler.parts import PRICE, put_many, row, tally

WORKER = "host-1-abc-recording"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the journals are."""
    (tmp_path / "journals").mkdir()
    return tmp_path / "journals"


@pytest.fixture
def batch_id(database: Database, now: datetime) -> int:
    """Five messages, all claimed by one worker."""
    with database.write() as session:
        batch_id = open_batch(session, MessageClass.PUBLIC_INFORMATION, now)
    put_many(database, now, 5, batch_id)
    with database.write() as session:
        assert len(claim(session, "recording", WORKER, 100, HOURS, now)) == 5
    return batch_id


def reference(database: Database, number: int) -> str:
    return row(database, f"m{number}").reference


def left_behind(folder: Path, *lines: str, boot: str | None = None) -> None:
    """The journal of a worker that is dead: nobody holds its lock."""
    (folder / f"{WORKER}.journal").write_text(f"B {boot or boot_id()}\n" + "".join(f"{line}\n" for line in lines))


def states(database: Database) -> list[str]:
    return [row(database, f"m{number}").state for number in range(5)]


def take_up(database: Database, folder: Path, now: datetime) -> dict[State, int]:
    return recover(database, folder, now, Random(1))


def lines_of_three(database: Database) -> Iterator[str]:
    """m0 was answered, m1 refused, m2 on the wire; m3 and m4 had not left."""
    for number in range(3):
        yield f"I {reference(database, number)}"
    yield f'R ["{reference(database, 0)}", "accepted", "p0", null, null]'
    yield f'R ["{reference(database, 1)}", "rejected", null, "no such number", null]'


def test_each_row_of_a_dead_worker_goes_where_its_journal_says(
    database: Database, folder: Path, now: datetime, batch_id: int
) -> None:
    left_behind(folder, *lines_of_three(database))
    found = take_up(database, folder, now + timedelta(seconds=9))
    assert states(database) == [State.ACCEPTED, State.FAILED, State.UNKNOWN, State.QUEUED, State.QUEUED]
    assert found == {State.ACCEPTED: 1, State.FAILED: 1, State.UNKNOWN: 1, State.QUEUED: 2}
    assert row(database, "m0").provider_id == "p0"
    assert row(database, "m2").detail == "worker died while sending"
    assert row(database, "m3").not_before == now + timedelta(seconds=9)
    assert {row(database, f"m{number}").claimed_by for number in range(5)} == {None}
    with database.read() as session:
        assert batch(session, batch_id).spent_vnd == 2 * PRICE, "what may have been sent may have to be paid"
    assert list(folder.iterdir()) == []


def test_taking_up_twice_is_as_once(database: Database, folder: Path, now: datetime, batch_id: int) -> None:
    left_behind(folder, *lines_of_three(database))
    take_up(database, folder, now)
    before = states(database)
    assert take_up(database, folder, now) == {}
    assert states(database) == before
    with database.read() as session:
        assert batch(session, batch_id).spent_vnd == 2 * PRICE


def test_what_a_living_worker_holds_is_left_alone(
    database: Database, folder: Path, now: datetime, batch_id: int
) -> None:
    journal = Journal(folder, WORKER)
    journal.intend([reference(database, 0)])
    assert take_up(database, folder, now) == {}
    assert tally(database) == {State.SENDING: 5}
    journal.close()
    assert take_up(database, folder, now) == {State.UNKNOWN: 1, State.QUEUED: 4}


def test_after_the_machine_went_down_only_what_was_answered_is_certain(
    database: Database, folder: Path, now: datetime, batch_id: int
) -> None:
    left_behind(folder, *lines_of_three(database), boot="another-boot")
    take_up(database, folder, now)
    assert states(database) == [State.ACCEPTED, State.FAILED, State.UNKNOWN, State.UNKNOWN, State.UNKNOWN]


def test_without_a_journal_everything_is_uncertain(
    database: Database, folder: Path, now: datetime, batch_id: int
) -> None:
    assert take_up(database, folder / "gone", now) == {State.UNKNOWN: 5}


def test_a_receipt_that_came_before_the_crash_stands_and_is_paid_for(
    database: Database, folder: Path, now: datetime, batch_id: int
) -> None:
    left_behind(folder, *lines_of_three(database))
    with database.write() as session:
        reports = [DeliveryReport(reference(database, number), State.DELIVERED) for number in (0, 2)]
        assert merge(session, "recording", reports, now) == 2
    take_up(database, folder, now)
    assert states(database) == [State.DELIVERED, State.FAILED, State.DELIVERED, State.QUEUED, State.QUEUED]
    assert {row(database, f"m{number}").claimed_by for number in range(5)} == {None}
    with database.read() as session:
        assert batch(session, batch_id).spent_vnd == 2 * PRICE


def test_an_unknown_message_is_settled_by_its_receipt(
    database: Database, folder: Path, now: datetime, batch_id: int
) -> None:
    take_up(database, folder, now)
    with database.write() as session:
        assert merge(session, "recording", [DeliveryReport(reference(database, 0), State.DELIVERED)], now) == 1
        assert claim(session, "recording", "another", 100, HOURS, now + timedelta(hours=1)) == []
    assert row(database).state == State.DELIVERED


@pytest.mark.parametrize("wish", ["1e400", "1e12", "99999999999999"])
def test_an_absurd_wish_in_a_journal_does_not_keep_the_worker_from_starting(
    database: Database, folder: Path, now: datetime, batch_id: int, wish: str
) -> None:
    name = reference(database, 0)
    left_behind(folder, f"I {name}", f'R ["{name}", "temporary", null, null, {wish}]')
    take_up(database, folder, now)
    assert row(database).state == State.QUEUED


def test_an_outcome_is_written_whole_into_the_journal_and_read_back_the_same(
    database: Database, folder: Path, now: datetime, batch_id: int
) -> None:
    journal = Journal(folder, WORKER)
    name = reference(database, 0)
    journal.intend([name])
    journal.note([Outcome(name, SendStatus.TEMPORARY, detail="quá tải\n", retry_after_s=30)])
    journal.close()
    take_up(database, folder, now)
    assert (row(database).state, row(database).detail) == (State.QUEUED, "quá tải\n")
    assert row(database).not_before == now + timedelta(seconds=30)
