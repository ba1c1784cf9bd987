"""What rooms may rely on, whichever database holds their tables; and what is PostgreSQL's alone."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError, StatementError

from campaigns.models import Pledge
from foundation.clock import VIETNAM
from foundation.database import Database, hold, one_at_a_time
from foundation.keys import Vault, VaultError
from people import Group
from people.models import AuditEntry
from people.register.models import Basis, RegisterChunk, RegisterList, RegisterPiece
from tests.foundation.test_database import PHONE, WORDS, pledge, store
from tests.postgres import PostgresServer, meanwhile

BYTES = bytes(range(256)) * 3


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


def texts(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Pledge.text).order_by(Pledge.id)))


def test_a_moment_comes_back_as_the_same_moment_in_utc(database: Database) -> None:
    here = datetime(2026, 11, 20, 8, 30, 0, 123456, tzinfo=VIETNAM)
    store(database, here)
    with database.read() as session:
        read = session.scalars(select(Pledge.created_at)).one()
        query = select(Pledge.id)
        assert session.scalars(query.where(Pledge.created_at < here + timedelta(microseconds=1))).all()
        assert not session.scalars(query.where(Pledge.created_at < here)).all()
    assert read == here
    assert read.tzinfo is UTC


def test_a_naive_moment_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="naive"), database.write() as session:
        session.add(pledge(datetime(2026, 11, 20, 8)))


def test_numbers_and_texts_are_encrypted_and_found_by_the_keyed_hash(database: Database, now: datetime) -> None:
    store(database, now)
    with database.engine.connect() as connection:
        raw = connection.execute(text("SELECT address, address_hash, text FROM pledges")).one()
    with database.read() as session:
        by_text = session.scalars(select(Pledge).where(Pledge.address_hash == PHONE)).one()
        by_hash = session.scalars(select(Pledge).where(Pledge.address_hash.in_([by_text.address_hash]))).one()
    assert (by_hash.address, by_hash.text) == (PHONE, WORDS)
    assert type(by_text.address_hash) is bytes
    assert bytes(raw.address_hash) == database.vault.digest(PHONE)
    assert PHONE.encode() not in bytes(raw.address) and b"nha tam" not in bytes(raw.text)


def test_the_wrong_key_is_an_error_and_no_garbage(database: Database, now: datetime) -> None:
    store(database, now)
    url = database.engine.url.render_as_string(hide_password=False)
    stranger = Database(url, Vault({1: b"x" * 32}, b"h" * 32, b"s" * 32))
    with stranger.read() as session, pytest.raises(VaultError):
        session.scalars(select(Pledge)).all()
    stranger.close()


def test_json_and_bytes_come_back_as_they_were(database: Database, now: datetime) -> None:
    details = {"xã": "Măng Ri", "số": 2**53, "tỉ lệ": 0.1, "không": None, "danh sách": [1, "hai", True]}
    with database.write() as session:
        entry = AuditEntry(at=now, actor="lan", action="x", subject_kind="y", subject_id="z", details=details)
        listed = RegisterList(name="a", basis=Basis.CONSENT, evidence="b", imported_by="lan", imported_at=now)
        session.add_all([entry, listed])
        session.flush()
        chunk = RegisterChunk(list_id=listed.id, households=1, persons=0)
        session.add(chunk)
        session.flush()
        session.add(RegisterPiece(chunk_id=chunk.id, name="n", values=["a", None], content=BYTES))
    with database.read() as session:
        piece = session.scalars(select(RegisterPiece)).one()
        assert session.scalars(select(AuditEntry.details)).one() == details
    assert (piece.values, bytes(piece.content)) == (["a", None], BYTES)


def test_names_sort_by_their_bytes(database: Database, now: datetime) -> None:
    names = ["Đăk Pék", "an", "Ba Tơ", "Ân", "B", "a b"]
    with database.write() as session:
        session.add_all(Group(name=name, created_at=now) for name in names)
    with database.read() as session:
        assert session.scalars(select(Group.name).order_by(Group.name)).all() == sorted(names)


def test_a_reader_sees_one_moment_and_holds_up_no_writer(database: Database, now: datetime) -> None:
    with database.read() as reader:
        assert not reader.scalars(select(Pledge)).all()
        store(database, now)
        assert not reader.scalars(select(Pledge)).all()
    assert texts(database) == [WORDS]


def test_a_transaction_that_fails_leaves_nothing(database: Database, now: datetime) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        session.add(pledge(now))
        session.flush()
        raise RuntimeError
    assert texts(database) == []


def test_an_error_shows_neither_number_nor_text(database: Database, now: datetime) -> None:
    with pytest.raises(DBAPIError) as caught, database.write() as session:
        session.add_all([pledge(now), pledge(now)])
        session.flush()
        session.execute(text("INSERT INTO pledges (text) VALUES (:words)"), {"words": WORDS.encode()})
    assert PHONE not in str(caught.value)
    assert "nha tam" not in str(caught.value)


def test_who_decides_by_what_is_not_there_waits_for_who_does_so_too(database: Database, now: datetime) -> None:
    errors: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(20):
                with database.write() as session:
                    one_at_a_time(session, "pledges")
                    seen = session.scalars(select(Pledge.id)).all()
                    session.add(pledge(now, text=str(len(seen))))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    assert sorted(map(int, texts(database))) == list(range(80)), "each saw all that went before"


def test_holding_a_row_keeps_what_was_set_before(database: Database, now: datetime) -> None:
    store(database, now)
    with database.write() as session:
        found = session.scalars(select(Pledge)).one()
        found.text = "khác"
        hold(session, found)
        assert found.text == "khác"
    assert texts(database) == ["khác"]


def test_a_row_that_is_held_is_changed_by_nobody_else(postgres_database: Database, now: datetime) -> None:
    store(postgres_database, now)

    def add(words: str) -> None:
        with postgres_database.write() as session:
            found = session.scalars(select(Pledge)).one()
            hold(session, found)
            found.text += words

    with postgres_database.write() as session:
        found = session.scalars(select(Pledge)).one()
        hold(session, found)
        other = meanwhile(postgres_database, lambda: add(", hai"))
        found.text = "một"
    other.result(30)
    assert texts(postgres_database) == ["một, hai"]


def test_what_is_named_otherwise_does_not_wait(postgres_database: Database) -> None:
    def name_other() -> str:
        with postgres_database.write() as session:
            one_at_a_time(session, "other")
            return "at once"

    with postgres_database.write() as session:
        one_at_a_time(session, "one")
        assert meanwhile(postgres_database, name_other).result(0.1) == "at once"


def test_a_postgresql_reader_cannot_write(postgres_database: Database, now: datetime) -> None:
    with pytest.raises(InternalError, match="read-only transaction"), postgres_database.read() as session:
        session.execute(delete(Pledge))
    store(postgres_database, now)  # the next one on that connection can
    assert texts(postgres_database) == [WORDS]


def test_a_postgresql_session_says_who_it_is_and_waits_for_nobody_for_ever(postgres_database: Database) -> None:
    wanted = {
        "application_name": "loa",
        "timezone": "UTC",
        "lock_timeout": "15s",
        "idle_in_transaction_session_timeout": "1min",
        "statement_timeout": "0",
    }
    with postgres_database.write() as session:
        settings = {name: session.scalar(text(f"SHOW {name}")) for name in wanted}
        assert session.scalar(text("SHOW transaction_isolation")) == "read committed"
    assert settings == wanted
    with postgres_database.read() as session:
        assert session.scalar(text("SHOW transaction_isolation")) == "repeatable read"


def test_who_waits_too_long_for_a_row_fails_and_may_try_again(postgres_database: Database, now: datetime) -> None:
    store(postgres_database, now)
    with postgres_database.write() as holder:
        hold(holder, holder.scalars(select(Pledge)).one())
        with pytest.raises(OperationalError, match="lock timeout"), postgres_database.write() as session:
            session.execute(text("SET LOCAL lock_timeout = '50ms'"))
            hold(session, session.scalars(select(Pledge)).one())


def test_a_process_that_hangs_in_a_transaction_loses_its_locks(postgres_database: Database, now: datetime) -> None:
    store(postgres_database, now)
    with pytest.raises(DBAPIError, match="idle-in-transaction"), postgres_database.write() as hung:
        hung.execute(text("SET LOCAL idle_in_transaction_session_timeout = '50ms'"))
        hold(hung, hung.scalars(select(Pledge)).one())
        with postgres_database.write() as session:
            hold(session, session.scalars(select(Pledge)).one())  # comes once the server has ended the other
        hung.execute(text("SELECT 1"))


def test_a_process_opens_no_more_connections_than_it_was_given(postgres: PostgresServer, vault: Vault) -> None:
    url = postgres.create_database()
    database = Database(url, vault, pool=2)
    held = [database.engine.connect() for _ in range(4)]
    assert database.engine.pool.overflow() == 2  # type: ignore[attr-defined]
    counted = held[0].scalar(text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"))
    assert counted == 4
    for connection in held:
        connection.close()
    kept = database.engine.pool.checkedin()  # type: ignore[attr-defined]
    database.close()
    postgres.drop_database(url)
    assert kept == 2
