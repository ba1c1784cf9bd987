import statistics
import time
from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.database import Database
from people import (
    Official,
    OfficialError,
    Right,
    Role,
    actors,
    add_official,
    authenticate,
    entries,
    has_right,
    official_named,
    record,
    require,
)

PASSWORD = "mùa xuân ở Đăk Pék"
WRITE, APPROVE, ANSWER, MANAGE = Right

MAY = {
    Role.HANDLER: {ANSWER},
    Role.EDITOR: {WRITE, ANSWER},
    Role.APPROVER: {WRITE, APPROVE, ANSWER},
    Role.ADMIN: {WRITE, APPROVE, ANSWER, MANAGE},
}


def add(session: Session, name: str, now: datetime, role: Role = Role.EDITOR, password: str | None = None) -> Official:
    return add_official(session, name, role, password, now, actor="test")


@pytest.mark.parametrize("role", Role)
def test_a_role_gives_its_rights_and_no_others(database: Database, now: datetime, role: Role) -> None:
    with database.write() as session:
        add(session, "lan", now, role)
    with database.read() as session:
        official = official_named(session, "lan")
    assert {right for right in Right if has_right(official, right)} == MAY[role]
    for right in MAY[role]:
        require(official, right)
    for right in set(Right) - MAY[role]:
        with pytest.raises(OfficialError, match=f"«lan» không có quyền.*{right}"):
            require(official, right)


@pytest.mark.parametrize("name", ["", "lan anh", "lan;drop", "1lan", "a" * 65, "lan\n", "../lan"])
def test_a_name_that_cannot_be_typed_or_logged_is_refused(database: Database, now: datetime, name: str) -> None:
    with pytest.raises(OfficialError, match="không dùng được"), database.write() as session:
        add(session, name, now)


def test_a_name_is_given_once(database: Database, now: datetime) -> None:
    with database.write() as session:
        add(session, "lân", now)
        with pytest.raises(OfficialError, match="đã có"):
            add(session, "lân", now)


@pytest.mark.parametrize("password", ["", "short", "123456789"])
def test_a_short_password_is_refused(database: Database, now: datetime, password: str) -> None:
    with pytest.raises(OfficialError, match="ít nhất 10"), database.write() as session:
        add(session, "lan", now, password=password)


def test_a_password_opens_only_its_owners_account(database: Database, now: datetime) -> None:
    with database.write() as session:
        add(session, "lan", now, password=PASSWORD)
        add(session, "minh", now, password="another password")
        add(session, "cli", now)
        left = add(session, "left", now, password=PASSWORD)
        left.active = False
    with database.read() as session:
        found = authenticate(session, "lan", PASSWORD)
        assert found is not None
        assert found.name == "lan"
        for name, password in [
            ("minh", PASSWORD),
            ("lan", PASSWORD + " "),
            ("lan", ""),
            ("nobody", PASSWORD),
            ("nobody", "nobody has this password"),
            ("cli", "nobody has this password"),
            ("cli", ""),
            ("left", PASSWORD),
            ("LAN", PASSWORD),
        ]:
            assert authenticate(session, name, password) is None, (name, password)
        with pytest.raises(OfficialError, match="không có người dùng"):
            official_named(session, "left")


def test_passwords_are_kept_as_argon2_hashes(database: Database, now: datetime) -> None:
    with database.write() as session:
        add(session, "lan", now, password=PASSWORD)
    with database.read() as session:
        kept = session.scalar(select(Official.password_hash))
    assert kept is not None
    assert kept.startswith("$argon2id$")


def test_an_unknown_name_takes_as_long_as_a_wrong_password(database: Database, now: datetime) -> None:
    with database.write() as session:
        add(session, "lan", now, password=PASSWORD)
        add(session, "cli", now)

    def median(name: str) -> float:
        times = []
        for _ in range(5):
            start = time.perf_counter()
            with database.read() as session:
                authenticate(session, name, "a wrong password")
            times.append(time.perf_counter() - start)
        return statistics.median(times)

    known = median("lan")
    assert known > 0.005, "a hash that is cheap to try protects nothing"
    # Without the hash it would be a fiftieth; a busy machine makes factors of two.
    assert median("nobody") > known / 4
    assert median("cli") > known / 4


def test_what_is_done_and_its_entry_stand_or_fall_together(database: Database, now: datetime) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        add(session, "lan", now)
        raise RuntimeError
    with database.read() as session:
        assert not entries(session)
    with database.write() as session:
        add(session, "lan", now, Role.APPROVER)
    with database.read() as session:
        [entry] = entries(session)
    assert (entry.actor, entry.action, entry.details, entry.at) == ("test", "official.added", {"role": "approver"}, now)


def test_the_log_is_read_page_by_page_newest_first(database: Database, now: datetime) -> None:
    with database.write() as session:
        for number in range(25):
            record(session, now, "lan", "broadcast.created", "broadcast", number, messages=number)
    with database.read() as session:
        first = entries(session, limit=10)
        second = entries(session, limit=10, before=first[-1].id)
        last = entries(session, limit=10, before=second[-1].id)
    assert [int(entry.subject_id) for entry in [*first, *second, *last]] == list(reversed(range(25)))


def test_who_did_what_to_which_thing_is_told(database: Database, now: datetime) -> None:
    with database.write() as session:
        record(session, now, "lan", "broadcast.created", "broadcast", 7)
        record(session, now, "minh", "broadcast.edited", "broadcast", 7)
        record(session, now, "hoa", "broadcast.submitted", "broadcast", 7)
        record(session, now, "tung", "broadcast.created", "broadcast", 8)
        record(session, now, "mai", "broadcast.created", "ticket", 7)
        assert actors(session, "broadcast", 7, ["broadcast.created", "broadcast.edited"]) == {"lan", "minh"}
