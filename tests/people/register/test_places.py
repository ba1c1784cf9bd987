"""Where households live, by the names of today whatever a list calls it."""

from datetime import datetime
from pathlib import Path

import pytest

from foundation.database import Database
from people.register import Basis, Source, read_places
from tests.people.register.lists import cells, put
from tests.people.sheets import write_csv

PLACES = [
    ("Thôn,Xã", "Long Láy,xã Măng Ri", ("Quảng Ngãi", "xã Măng Ri", "huyện Tu Mơ Rông", "Long Láy")),
    ("Xã,Huyện", "Ngọk Lây,Tu Mơ Rông", ("Quảng Ngãi", "xã Măng Ri", "huyện Tu Mơ Rông", "")),
    ("Xã,Huyện,Tỉnh", "TT Plei Kần,H. Ngọc Hồi,Kon Tum", ("Quảng Ngãi", "xã Bờ Y", "huyện Ngọc Hồi", "")),
    ("xa phuong,tinh", "phuong Kon Tum,Quang Ngai", ("Quảng Ngãi", "phường Kon Tum", "thành phố Kon Tum", "")),
]


@pytest.mark.parametrize(("header", "row", "place"), PLACES, ids=[case[1] for case in PLACES])
def test_a_household_is_where_its_commune_is_today_and_its_district_was(
    office: Database, tmp_path: Path, now: datetime, header: str, row: str, place: tuple[str, ...]
) -> None:
    report = put(office, now, write_csv(tmp_path / "h.csv", f"Mã hộ,{header}\nA1,{row}\n"))
    assert report.rejected == []
    with office.read() as session:
        (found,) = read_places(session)
    assert (found.province, found.commune, found.district_before_2025, found.village) == place


def test_a_household_of_no_known_commune_stays_out(office: Database, tmp_path: Path, now: datetime) -> None:
    nowhere = Source("đâu đó", Basis.STATE_TASK, "1/QĐ")
    rows = "A1,Xã Không Có,\nA2,Đăk Hà,\nA3,,\nA4,Đăk Hà,Tu Mơ Rông\n"
    report = put(office, now, write_csv(tmp_path / "h.csv", "Mã hộ,Xã,Huyện\n" + rows), source=nowhere)
    assert [(bad.row, bad.column, bad.value) for bad in report.rejected] == [
        (2, "Xã", "Xã Không Có"),
        (3, "Xã", "Đăk Hà"),
        (4, "Xã", ""),
    ]
    assert set(cells(office)) == {"A4"}
