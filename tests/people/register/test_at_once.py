"""Two imports in the same moment, on PostgreSQL: of the same telephones, and of the same households."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from foundation.database import Database
from people import Contact, official_named, upsert_contacts
from people.register import Basis, RegisterError, Source, import_register
from tests.people.register.lists import COLUMNS, HOUSEHOLDS, TASK, cells, put
from tests.people.sheets import write_csv
from tests.postgres import meanwhile

PHONES = ("+84912345678", "+84912345679")
OTHER = Source("Măng Ri 2027", Basis.STATE_TASK, "13/QĐ-UBND", "xã Măng Ri, Quảng Ngãi")


@pytest.fixture
def database(postgres_database: Database) -> Database:
    return postgres_database


def contacts(office: Database, now: datetime) -> list[int]:
    with office.write() as session:
        return upsert_contacts(session, dict.fromkeys(PHONES), now).ids


def test_a_telephone_that_two_imports_bring_at_once_is_one_contact(office: Database, now: datetime) -> None:
    with office.write() as session:
        first = upsert_contacts(session, dict.fromkeys(PHONES), now).ids
        other = meanwhile(office, lambda: contacts(office, now))
    assert other.result(30) == first
    with office.read() as session:
        assert session.scalar(select(func.count()).select_from(Contact)) == len(PHONES)


def test_a_household_that_two_lists_bring_at_once_is_in_one(office: Database, tmp_path: Path, now: datetime) -> None:
    sheet = write_csv(
        tmp_path / "h.csv", HOUSEHOLDS + "A1,An,Long Láy,,hộ nghèo,có,5\n"
    )  # who brings telephones waits for those
    with office.write() as session:
        lan = official_named(session, "lan")
        import_register(session, sheet, None, TASK, COLUMNS, lan, now)
        other = meanwhile(office, lambda: put(office, now, sheet, source=OTHER))
    with pytest.raises(RegisterError, match="một danh sách khác"):
        other.result(30)
    assert list(cells(office)) == ["A1"]
