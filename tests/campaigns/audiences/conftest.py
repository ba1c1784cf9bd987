"""Rules as shipped, and a register of three communes that a few households live in."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from campaigns.audiences.columns import register_columns
from foundation.database import Database
from people import Role, add_official, official_named, set_post
from people.register import Basis, RegisterReport, Source, import_register
from policies.eligibility.rules import Rules
from tests.people.sheets import write_csv

TITLES = "Mã hộ,Chủ hộ,Thôn,Xã,SĐT,Loại hộ,Tình trạng nhà,Thiệt hại thiên tai,Số điện\n"
HOUSEHOLDS = TITLES + (
    "M1,Y Hlim,Long Láy,Măng Ri,0912000001,hộ nghèo,nhà tạm,,40\n"
    "M2,A Brô,Long Láy,Măng Ri,0912000002,hộ cận nghèo,,phải di dời gấp,\n"
    "M3,A Tới,Pu Tá,Măng Ri,,hộ nghèo,,,\n"
    "P1,An,Đăk Đoát,Đăk Pék,0912000004,hộ nghèo,,,20\n"
    "P2,Bình,Đăk Đoát,Đăk Pék,0912000005,,,,\n"
    "K1,Chi,,phường Kon Tum,0912000006,không có giấy,,không bị,200\n"
)
PERSONS = (
    "Mã hộ,Tuổi,Giới tính,Lương hưu\n"
    "M1,81,nữ,0\nM1,30,nam,0\nM2,76,nam,\nP1,74,nữ,0\nP2,79,nữ,0\nK1,85,nam,4000000\nK1,20,nữ,0\n"
)
SOURCE = Source("huyện cũ", Basis.STATE_TASK, "12/QĐ-UBND")

Import = Callable[..., RegisterReport]


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


@pytest.fixture(scope="session")
def rules() -> Rules:
    return Rules.load()


@pytest.fixture
def put(office: Database, rules: Rules, tmp_path: Path, now: datetime) -> Import:
    """Import lists as texts."""

    def put(households: str = HOUSEHOLDS, persons: str = PERSONS, source: Source = SOURCE) -> RegisterReport:
        with office.write() as session:
            return import_register(
                session,
                write_csv(tmp_path / "h.csv", households),
                write_csv(tmp_path / "p.csv", persons),
                source,
                register_columns(rules.inputs),
                official_named(session, "lan"),
                now,
            )

    return put


@pytest.fixture
def office(database: Database, now: datetime) -> Database:
    """Lan writes, Minh approves, Hoa answers at xã Măng Ri, Tung at xã Đăk Pék, Quan administers."""
    posts = {"hoa": "xã Măng Ri (Quảng Ngãi)", "tung": "xã Đăk Pék (Quảng Ngãi)"}
    roles = {"lan": Role.EDITOR, "minh": Role.APPROVER, "hoa": Role.HANDLER, "tung": Role.HANDLER, "quan": Role.ADMIN}
    with database.write() as session:
        for name, role in roles.items():
            official = add_official(session, name, role, None, now, "test")
            if name in posts:
                set_post(session, official, f"UBND {posts[name]}", posts[name], None, now, "test")
    return database


@pytest.fixture
def register(office: Database, put: Import) -> Database:
    """The six households of three communes."""
    report = put()
    assert (report.rejected, report.rejected_persons, report.ignored) == ([], [], [])
    return office
