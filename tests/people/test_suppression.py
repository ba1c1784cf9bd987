from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select

from foundation.database import Database
from people import Address, Contact, Suppression, SuppressionReason, lift, suppress, suppressed, upsert_contact

PHONE = "+84912345678"
OPT_OUT, INVALID, ERASED, _ = SuppressionReason


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


def state(database: Database, phone: str = PHONE, channel: str = "sms") -> SuppressionReason | None:
    with database.read() as session:
        return suppressed(session, channel, [database.vault.digest(phone)]).get(database.vault.digest(phone))


def stop(database: Database, reason: SuppressionReason, now: datetime) -> bool:
    with database.write() as session:
        return suppress(session, "sms", PHONE, reason, now)


def resume(database: Database, now: datetime) -> bool:
    with database.write() as session:
        return lift(session, "sms", PHONE, now)


def test_who_asks_to_stop_is_stopped_once_and_may_come_back(database: Database, now: datetime) -> None:
    assert state(database) is None
    assert stop(database, OPT_OUT, now)
    assert not stop(database, OPT_OUT, now), "already"
    assert state(database) is OPT_OUT
    assert resume(database, now + timedelta(days=1))
    assert not resume(database, now + timedelta(days=2)), "already"
    assert state(database) is None
    assert stop(database, OPT_OUT, now + timedelta(days=3))
    assert state(database) is OPT_OUT


@pytest.mark.parametrize("reason", [ERASED, INVALID])
def test_erasure_is_never_lifted(database: Database, now: datetime, reason: SuppressionReason) -> None:
    stop(database, reason, now)
    assert not resume(database, now)
    assert state(database) is reason


def test_an_opt_out_lifted_leaves_an_erasure_standing(database: Database, now: datetime) -> None:
    stop(database, OPT_OUT, now)
    stop(database, ERASED, now)
    assert resume(database, now)
    assert state(database) is ERASED


def test_it_holds_for_one_channel_and_one_number(database: Database, now: datetime) -> None:
    stop(database, OPT_OUT, now)
    assert state(database, channel="zalo") is None
    assert state(database, phone="+84987654321") is None
    with database.write() as session:
        assert not lift(session, "zalo", PHONE, now)
        assert not lift(session, "sms", "+84987654321", now)
    assert state(database) is OPT_OUT


def test_it_survives_the_deletion_of_the_contact_and_holds_no_number(database: Database, now: datetime) -> None:
    with database.write() as session:
        contact = upsert_contact(session, PHONE, now)
    stop(database, OPT_OUT, now)
    with database.write() as session:
        session.execute(delete(Contact).where(Contact.id == contact))
    with database.read() as session:
        assert not session.scalars(select(Address)).all(), "the address goes with its contact"
        [row] = session.scalars(select(Suppression)).all()
        assert PHONE not in repr(vars(row))
    assert state(database) is OPT_OUT
    with database.write() as session:
        upsert_contact(session, PHONE, now)
    assert state(database) is OPT_OUT


def test_many_are_asked_about_at_once(database: Database, now: datetime) -> None:
    stop(database, OPT_OUT, now)
    hashes = [database.vault.digest(f"+8491{number:07d}") for number in range(5_000)]
    with database.read() as session:
        assert suppressed(session, "sms", [*hashes, database.vault.digest(PHONE)]) == {
            database.vault.digest(PHONE): OPT_OUT
        }
        assert suppressed(session, "sms", []) == {}
