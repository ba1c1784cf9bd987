import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError, StatementError

from campaigns.models import Pledge
from foundation.clock import VIETNAM
from foundation.database import Database, is_sqlite_url, sqlite_url
from foundation.keys import Vault, VaultError

PHONE = "+84912345678"
WORDS = "Ung ho 200k xoa nha tam"


def pledge(now: datetime, phone: str = PHONE, text: str = WORDS) -> Pledge:
    return Pledge(channel="sms", address=phone, address_hash=phone, amount_vnd=200_000, text=text, created_at=now)


def store(database: Database, now: datetime) -> None:
    with database.write() as session:
        session.add(pledge(now))


def test_neither_numbers_nor_texts_stand_in_the_files(
    database: Database, database_file: Path, vault: Vault, now: datetime
) -> None:
    store(database, now)
    raw = b"".join(path.read_bytes() for path in database_file.parent.glob("loa.db*"))
    assert b"sms" in raw
    for secret in (PHONE, PHONE[3:], WORDS, "xoa nha tam"):
        assert secret.encode() not in raw
        assert secret.encode("utf-16-le") not in raw
    assert vault.digest(PHONE) in raw


def test_they_do_not_stand_in_the_file_after_a_checkpoint_either(
    database: Database, database_file: Path, now: datetime
) -> None:
    store(database, now)
    database.close()
    assert b"912345678" not in database_file.read_bytes()
    assert b"nha tam" not in database_file.read_bytes()


def test_an_encrypted_column_reads_back_and_is_found_by_its_keyed_hash(
    database: Database, vault: Vault, now: datetime
) -> None:
    store(database, now)
    with database.read() as session:
        by_text = session.scalars(select(Pledge).where(Pledge.address_hash == PHONE)).one()
        by_hash = session.scalars(select(Pledge).where(Pledge.address_hash == vault.digest(PHONE))).one()
        among = session.scalars(select(Pledge).where(Pledge.address_hash.in_([PHONE, "+84987654321"]))).all()
        nobody = session.scalars(select(Pledge).where(Pledge.address_hash == "+84987654321")).all()
    assert (by_text.address, by_text.text) == (PHONE, WORDS)
    assert by_hash.id == by_text.id
    assert len(among) == 1
    assert not nobody


def test_the_wrong_key_is_an_error_and_no_garbage(database: Database, database_file: Path, now: datetime) -> None:
    store(database, now)
    stranger = Database(sqlite_url(database_file), Vault({1: b"x" * 32}, b"h" * 32, b"s" * 32))
    with stranger.read() as session, pytest.raises(VaultError):
        session.scalars(select(Pledge)).all()
    stranger.close()


def test_a_naive_datetime_is_refused_and_nothing_is_stored(database: Database) -> None:
    with pytest.raises(StatementError, match="naive"), database.write() as session:
        session.add(pledge(datetime(2026, 11, 20, 8)))
    with database.read() as session:
        assert not session.scalars(select(Pledge)).all()


def test_an_error_in_a_statement_shows_neither_number_nor_text(database: Database) -> None:
    with pytest.raises(StatementError) as caught, database.write() as session:
        session.add(pledge(datetime(2026, 11, 20, 8)))
    assert PHONE not in str(caught.value)
    assert WORDS not in str(caught.value)


def test_a_moment_comes_back_as_the_same_moment_in_utc(database: Database, database_file: Path) -> None:
    here = datetime(2026, 11, 20, 8, 30, 0, 123456, tzinfo=VIETNAM)
    store(database, here)
    with database.read() as session:
        read = session.scalars(select(Pledge.created_at)).one()
        earlier = session.scalars(select(Pledge).where(Pledge.created_at < here + timedelta(microseconds=1))).all()
    assert read == here
    assert read.tzinfo is UTC
    assert earlier
    with sqlite3.connect(database_file) as raw:
        assert raw.execute("SELECT created_at FROM pledges").fetchone()[0].startswith("2026-11-20 01:30:00.123456")


def test_a_transaction_that_fails_leaves_nothing(database: Database, now: datetime) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        session.add(pledge(now))
        session.flush()
        session.add(pledge(now, phone="+84987654321"))
        session.flush()
        raise RuntimeError
    with database.read() as session:
        assert not session.scalars(select(Pledge)).all()


def test_reading_commits_nothing(database: Database, now: datetime) -> None:
    with database.read() as session:
        session.add(pledge(now))
        session.flush()
    with database.read() as session:
        assert not session.scalars(select(Pledge)).all()


def test_a_reader_holds_up_no_writer_and_sees_one_moment(database: Database, now: datetime) -> None:
    with database.read() as reader:
        assert not reader.scalars(select(Pledge)).all()
        store(database, now)
        assert not reader.scalars(select(Pledge)).all()
    with database.read() as reader:
        assert len(reader.scalars(select(Pledge)).all()) == 1


def test_a_writer_holds_up_no_reader(database: Database, now: datetime) -> None:
    with database.write() as writer:
        writer.add(pledge(now))
        writer.flush()
        with database.read() as reader:
            assert not reader.scalars(select(Pledge)).all()


def test_writers_queue_instead_of_failing(database: Database, now: datetime) -> None:
    errors: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(20):
                with database.write() as session:
                    seen = session.scalars(select(Pledge.id).order_by(Pledge.id)).all()
                    session.add(pledge(now, text=str(len(seen))))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    with database.read() as session:
        counted = [int(text) for text in session.scalars(select(Pledge.text).order_by(Pledge.id))]
    assert counted == list(range(80)), "each saw all that went before"


def test_sqlite_survives_a_power_cut_and_holds_references(database: Database) -> None:
    with database.read() as session:
        pragmas = {
            name: session.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    with pytest.raises(OperationalError), database.read() as session:
        session.execute(text("SELECT * FROM no_such_table"))


def test_urls_are_told_apart(tmp_path: Path) -> None:
    assert is_sqlite_url(sqlite_url(tmp_path / "loa.db"))
    assert not is_sqlite_url("postgresql+psycopg://loa@db/loa")
