from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select, update

from foundation.database import Database
from foundation.message_class import MessageClass
from gateways import Outcome, SendStatus
from scheduler.claims import claim, release, settle
from scheduler.journal import Journal
from scheduler.journal_form import boot_id
from scheduler.leases import LEASE, end, host_of, renew
from scheduler.limits import LIMITS
from scheduler.outbox import DeliveryReport, State, batch, merge, open_batch
from scheduler.outbox.models import Sender
from scheduler.recovery import LEASE_RAN_OUT, recover
from tests.scheduler.parts import PRICE, put_many, row, rows, tally

WORKER = "host-1-abc-recording"


@pytest.fixture
def database(any_database: Database) -> Database:
    """On both kinds."""
    return any_database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the journals of this machine are."""
    return tmp_path / "journals"


@pytest.fixture
def batch_id(database: Database, folder: Path, now: datetime) -> int:
    """Five messages, all claimed by one worker of this machine."""
    return five_claimed(database, now, host_of(folder))


def five_claimed(database: Database, now: datetime, host: str) -> int:
    with database.write() as session:
        batch_id = open_batch(session, MessageClass.PUBLIC_INFORMATION, now)
    put_many(database, now, 5, batch_id)
    with database.write() as session:
        renew(session, WORKER, "recording", host, now)
        assert len(claim(session, "recording", WORKER, 100, LIMITS, now).messages) == 5
    return batch_id


def reference(database: Database, number: int) -> str:
    return row(database, f"m{number}").reference


def left_behind(
    folder: Path, intents: Iterable[str], outcomes: Iterable[Outcome] = (), boot: str | None = None
) -> None:
    """The journal of a worker that is dead: nobody holds its lock."""
    journal = Journal(folder, WORKER)
    journal.intend(intents)
    journal.note(outcomes)
    journal.close()
    if boot is not None:
        path = folder / f"{WORKER}.journal"
        path.write_bytes(path.read_bytes().replace(boot_id().encode(), boot.encode()))


def states(database: Database) -> list[str]:
    return [row(database, f"m{number}").state for number in range(5)]


def take_up(database: Database, folder: Path, now: datetime) -> dict[State, int]:
    return recover(database, folder, now, Random(1))


def three_left(database: Database, folder: Path, boot: str | None = None) -> None:
    """m0 was answered, m1 refused, m2 on the wire; m3 and m4 had not left."""
    names = [reference(database, number) for number in range(3)]
    outcomes = [
        Outcome(names[0], SendStatus.ACCEPTED, provider_id="p0"),
        Outcome(names[1], SendStatus.REJECTED, detail="no such number"),
    ]
    left_behind(folder, names, outcomes, boot)


def spent(database: Database, batch_id: int) -> int:
    with database.read() as session:
        return batch(session, batch_id).spent_vnd


def test_each_row_of_a_dead_worker_goes_where_its_journal_says(
    database: Database, folder: Path, now: datetime, batch_id: int
) -> None:
    three_left(database, folder)
    found = take_up(database, folder, now + timedelta(seconds=9))
    assert states(database) == [State.ACCEPTED, State.FAILED, State.UNKNOWN, State.QUEUED, State.QUEUED]
    assert found == {State.ACCEPTED: 1, State.FAILED: 1, State.UNKNOWN: 1, State.QUEUED: 2}
    assert row(database, "m0").provider_id == "p0"
    assert row(database, "m2").detail == "worker died while sending"
    assert row(database, "m3").not_before == now + timedelta(seconds=9)
    assert {row(database, f"m{number}").claimed_by for number in range(5)} == {None}
    assert spent(database, batch_id) == 2 * PRICE, "what may have been sent may have to be paid"
    assert list(folder.glob("*.journal")) == []
    with database.read() as session:
        assert session.scalars(select(Sender)).all() == []


def test_taking_up_twice_is_as_once(database: Database, folder: Path, now: datetime, batch_id: int) -> None:
    three_left(database, folder)
    take_up(database, folder, now)
    before = states(database)
    assert take_up(database, folder, now) == {}
    assert states(database) == before
    assert spent(database, batch_id) == 2 * PRICE


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
    three_left(database, folder, boot="0" * len(boot_id()))
    take_up(database, folder, now)
    assert states(database) == [State.ACCEPTED, State.FAILED, State.UNKNOWN, State.UNKNOWN, State.UNKNOWN]


def test_without_a_journal_everything_is_uncertain(
    database: Database, folder: Path, now: datetime, batch_id: int
) -> None:
    assert take_up(database, folder, now) == {State.UNKNOWN: 5}


def test_who_claims_without_a_lease_is_left_alone_for_as_long_as_one(
    database: Database, folder: Path, now: datetime, batch_id: int
) -> None:
    """A web process that answers at once holds its rows for a moment."""
    with database.write() as session:
        end(session, [WORKER])
    assert take_up(database, folder, now + LEASE) == {}
    assert take_up(database, folder, now + LEASE + timedelta(seconds=1)) == {State.UNKNOWN: 5}


def test_a_receipt_that_came_before_the_crash_stands_and_is_paid_for(
    database: Database, folder: Path, now: datetime, batch_id: int
) -> None:
    three_left(database, folder)
    with database.write() as session:
        reports = [DeliveryReport(reference(database, number), State.DELIVERED) for number in (0, 2)]
        assert merge(session, "recording", reports, now) == 2
    take_up(database, folder, now)
    assert states(database) == [State.DELIVERED, State.FAILED, State.DELIVERED, State.QUEUED, State.QUEUED]
    assert {row(database, f"m{number}").claimed_by for number in range(5)} == {None}
    assert spent(database, batch_id) == 2 * PRICE


def test_an_unknown_message_is_settled_by_its_receipt(
    database: Database, folder: Path, now: datetime, batch_id: int
) -> None:
    take_up(database, folder, now)
    with database.write() as session:
        assert merge(session, "recording", [DeliveryReport(reference(database, 0), State.DELIVERED)], now) == 1
        assert claim(session, "recording", "another", 100, LIMITS, now + timedelta(hours=1)).messages == []
    assert row(database).state == State.DELIVERED


@pytest.mark.parametrize("wish", [float("inf"), 1e12, 99999999999999.0])
def test_an_absurd_wish_in_a_journal_does_not_keep_the_worker_from_starting(
    database: Database, folder: Path, now: datetime, batch_id: int, wish: float
) -> None:
    name = reference(database, 0)
    left_behind(folder, [name], [Outcome(name, SendStatus.TEMPORARY, retry_after_s=wish)])
    take_up(database, folder, now)
    assert row(database).state == State.QUEUED


def test_an_outcome_is_written_whole_into_the_journal_and_read_back_the_same(
    database: Database, folder: Path, now: datetime, batch_id: int
) -> None:
    name = reference(database, 0)
    left_behind(folder, [name], [Outcome(name, SendStatus.TEMPORARY, detail="quá tải\n", retry_after_s=30)])
    take_up(database, folder, now)
    assert (row(database).state, row(database).detail) == (State.QUEUED, "quá tải\n")
    assert row(database).not_before == now + timedelta(seconds=30)


class TestAnotherMachine:
    """The worker's machine is not the one that looks."""

    @pytest.fixture
    def batch_id(self, database: Database, there: Path, now: datetime) -> int:
        return five_claimed(database, now, host_of(there))

    @pytest.fixture
    def there(self, tmp_path: Path) -> Path:
        """Its journals."""
        return tmp_path / "there"

    @staticmethod
    def its_lease_runs_out(database: Database) -> None:
        with database.write() as session:
            renewed_at = session.scalars(select(Sender.renewed_at)).one()
            session.execute(update(Sender).values(renewed_at=renewed_at - LEASE - timedelta(seconds=1)))

    def test_while_its_lease_runs_its_rows_are_its_own(
        self, database: Database, folder: Path, there: Path, now: datetime, batch_id: int
    ) -> None:
        three_left(database, there)
        assert take_up(database, folder, now) == {}
        assert tally(database) == {State.SENDING: 5}

    def test_when_it_has_run_out_nobody_knows_what_left(
        self, database: Database, folder: Path, there: Path, now: datetime, batch_id: int
    ) -> None:
        three_left(database, there)
        self.its_lease_runs_out(database)
        assert take_up(database, folder, now) == {State.UNKNOWN: 5}
        assert row(database).detail == LEASE_RAN_OUT
        assert spent(database, batch_id) == 5 * PRICE
        assert take_up(database, folder, now) == {}, "once"
        with database.write() as session:
            assert claim(session, "recording", "another", 9, LIMITS, now + timedelta(hours=1)).messages == []

    def test_its_journal_proves_what_never_left_when_it_comes_back(
        self, database: Database, folder: Path, there: Path, now: datetime, batch_id: int
    ) -> None:
        three_left(database, there)
        self.its_lease_runs_out(database)
        take_up(database, folder, now)
        with database.write() as session:
            assert merge(session, "recording", [DeliveryReport(reference(database, 0), State.DELIVERED)], now) == 1
        take_up(database, there, now)
        assert states(database) == [State.DELIVERED, State.FAILED, State.UNKNOWN, State.QUEUED, State.QUEUED]
        assert spent(database, batch_id) == 2 * PRICE
        assert {each.left_by for each in rows(database)} == {None}
        assert take_up(database, there, now) == {}

    def test_a_machine_that_went_down_proves_nothing(
        self, database: Database, folder: Path, there: Path, now: datetime, batch_id: int
    ) -> None:
        three_left(database, there, boot="0" * len(boot_id()))
        self.its_lease_runs_out(database)
        take_up(database, folder, now)
        take_up(database, there, now)
        assert states(database) == [State.ACCEPTED, State.FAILED, State.UNKNOWN, State.UNKNOWN, State.UNKNOWN]

    def test_what_a_receipt_took_further_is_charged_once(
        self, database: Database, folder: Path, there: Path, now: datetime, batch_id: int
    ) -> None:
        three_left(database, there)
        with database.write() as session:
            assert merge(session, "recording", [DeliveryReport(reference(database, 2), State.DELIVERED)], now) == 1
        self.its_lease_runs_out(database)
        take_up(database, folder, now)
        take_up(database, there, now)
        assert states(database)[2] == State.DELIVERED
        assert spent(database, batch_id) == 2 * PRICE

    def test_a_worker_that_lives_on_settles_and_gives_back_what_was_taken_for_uncertain(
        self, database: Database, folder: Path, there: Path, now: datetime, batch_id: int
    ) -> None:
        """It could not reach the database for longer than its lease; it has sent one, and stopped by itself."""
        self.its_lease_runs_out(database)
        take_up(database, folder, now)
        held = rows(database)
        with database.write() as session:
            settle(session, [(held[0], Outcome(held[0].reference, SendStatus.ACCEPTED))], WORKER, now, Random(1))
            settle(session, [(held[1], Outcome(held[1].reference, SendStatus.REJECTED))], WORKER, now, Random(1))
            release(session, held[2:], WORKER)
        assert states(database) == [State.ACCEPTED, State.FAILED, State.QUEUED, State.QUEUED, State.QUEUED]
        assert spent(database, batch_id) == PRICE
