"""From a commune's list to an approved broadcast, by `loa register` and `loa audience`."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from foundation.clock import local, utc_now
from tests.loa.serving import Installation
from tests.people.sheets import Cell, write_csv, write_workbook, write_xlsx

COMMUNE = "xã Măng Ri (Quảng Ngãi)"
HOUSEHOLDS: list[list[Cell]] = [
    ["Mã hộ", "Chủ hộ", "Thôn", "SĐT", "Loại hộ", "Thiệt hại thiên tai"],
    ["M1", "Y Hlim", "Long Láy", 912000001, "hộ nghèo", "hư hỏng nặng"],
    ["M2", "A Brô", "Pu Tá", None, "hộ nghèo", "sập, trôi, cháy hết"],
    ["M3", "A Tới", "Pu Tá", 912000003, "giàu", None],
]
CONDITION = 'may_qualify(house_disaster) and district_before_2025 = "Tu Mơ Rông" and not told(house_disaster)'


@pytest.fixture
def office(install: Callable[..., Installation], tmp_path: Path) -> Installation:
    """Lan writes, Minh approves, Hoa answers for xã Măng Ri; the commune's list is in."""
    installation = install()
    for name, role in [("lan", "editor"), ("minh", "approver"), ("hoa", "handler")]:
        installation.run("user", "add", name, "--role", role)
    installation.run("user", "post", "hoa", "--body", "UBND xã Măng Ri", "--commune", "xã Măng Ri")
    return installation


def imported(office: Installation, tmp_path: Path) -> dict[str, object]:
    households = write_xlsx(tmp_path / "hộ.xlsx", HOUSEHOLDS)
    persons = write_csv(tmp_path / "người.csv", "Mã hộ,Tuổi\nM1,76\nM1,abc\n")
    basis = ("--list", "Măng Ri", "--place", "xã Măng Ri", "--decision", "12/QĐ-UBND", "--as", "lan")
    report: dict[str, object] = office.json("register", "import", str(households), str(persons), *basis)
    return report


@pytest.mark.timeout(180)
def test_a_list_becomes_an_audience_that_its_commune_can_stop(office: Installation, tmp_path: Path) -> None:
    report = imported(office, tmp_path)
    assert (report["households"], report["persons"], report["replaced"]) == (2, 1, False)
    assert report["rejected"] == [
        {
            "row": 4,
            "column": "Loại hộ",
            "value": "giàu",
            "reason": "chỉ nhận «hộ nghèo», «hộ cận nghèo», «mới thoát nghèo», «mức sống trung bình», «không có giấy»; "
            "chưa biết thì để trống",
        }
    ]
    assert [(bad["row"], bad["value"]) for bad in report["rejected_persons"]] == [(3, "abc")]  # type: ignore[attr-defined]
    (listed,) = office.json("register", "lists")
    assert (listed["list"], listed["households"], listed["evidence"]) == ("Măng Ri", 2, "12/QĐ-UBND")

    counted = office.json("audience", "count", CONDITION, "--on", "2026-11-20")
    assert counted == {
        "condition": CONDITION,
        "on": "2026-11-20",
        "households": 1,
        "cannot_say": 1,
        "may_be_told": 1,
        "dropped": {},
    }
    preview = office.run("audience", "preview", CONDITION)
    assert COMMUNE in preview
    assert "M1" in preview
    assert "912000001" not in preview

    saved = office.json("audience", "save", "bão", CONDITION, "--as", "lan")
    assert (saved["policy"], saved["communes"]) == ("house_disaster", {COMMUNE: 1})
    at = f"{local(utc_now()) + timedelta(days=20):%Y-%m-%d} 08:00"
    text = ("--text", "UBND xa moi ba con hoi ve ho tro nha o.", "--class", "public_information", "--at", at)
    made = office.json("broadcast", "create", *text, "--to", "bão", "--as", "lan")
    assert made["recipients"] == 1
    shown = office.json("broadcast", "preview", str(made["id"]))
    assert (shown["policy"], shown["audience"]["condition"]) == ("house_disaster", CONDITION)
    assert "không được nói" in shown["audience"]["rule"]
    about = ("--text", "Tin khac.", *text[2:], "--to", "bão", "--as", "lan", "--about")
    assert "các xã đã xem" in office.run("broadcast", "create", *about, "electricity", expect=1)
    office.run("broadcast", "submit", str(made["id"]), "--as", "lan")
    refused = office.run("broadcast", "approve", str(made["id"]), "--as", "minh", expect=1)
    assert "các xã được xem và phản đối" in refused

    seen = office.json("audience", "objections", "bão", "--commune", "Măng Ri", "--as", "hoa")
    assert seen["households"] == [{"code": "M1", "village": "Long Láy", "head": "Y Hlim"}]
    assert seen["condition"] == CONDITION
    assert "không được nói" in seen["rule"]
    reason = ("--commune", "xã Măng Ri", "--reason", "đã chi trả")
    assert "không thuộc" in office.run("audience", "object", "bão", *reason, "--as", "minh", expect=1)
    assert office.json("audience", "object", "bão", *reason, "--as", "hoa")["households"] == 1
    assert office.json("audience", "objections", "bão")["communes"][0]["because"] == "đã chi trả"
    preview = office.run("broadcast", "preview", str(made["id"]))
    for told in (CONDITION, f"{COMMUNE}: 1 hộ, phản đối (hoa): đã chi trả", "để lộ, vì sao chọn người nhận"):
        assert told in preview
    office.run("register", "remove", "Măng Ri", "--as", "lan")
    assert office.json("register", "lists") == []


@pytest.mark.timeout(180)
def test_a_workbook_holds_households_and_persons(office: Installation, tmp_path: Path) -> None:
    persons: list[list[Cell]] = [["Mã hộ", "Tuổi"], ["M1", 76], ["M2", "abc"]]
    book = str(write_workbook(tmp_path / "xã.xlsx", {"Hộ": HOUSEHOLDS, "Nhân khẩu": persons}))
    basis = ("--list", "Măng Ri", "--place", "xã Măng Ri", "--decision", "12/QĐ-UBND", "--as", "lan")
    told = office.run("register", "import", book, *basis, "--persons-sheet", "Nhân khẩu")
    assert "«Măng Ri»: 2 hộ, 1 người, 1 số điện thoại" in told
    assert "xã.xlsx, trang «Nhân khẩu», dòng 3, cột «Tuổi»" in told


@pytest.mark.timeout(180)
def test_a_broadcast_to_a_list_of_people_says_what_it_is_about(office: Installation, tmp_path: Path) -> None:
    people = str(write_csv(tmp_path / "dân.csv", "phone\n0912000001\n"))
    text = ("--text", "Moi ba con hoi ve tien dien.", "--class", "public_information", "--at", "2099-01-01 08:00")
    made = office.json("broadcast", "create", *text, "--to", people, "--about", "electricity", "--as", "lan")
    assert made["policy"] == "electricity"
    shown = office.run("broadcast", "preview", str(made["id"]))
    assert "nói về electricity" in shown
    assert "điều kiện" not in shown
    refused = office.run("broadcast", "create", *text, "--to", people, "--about", "rain", "--as", "lan", expect=1)
    assert "rain" in refused


@pytest.mark.timeout(180)
def test_mistakes_are_told_in_one_line(office: Installation, tmp_path: Path) -> None:
    empty = str(write_csv(tmp_path / "h.csv", "Mã hộ\n"))
    as_lan = ("--as", "lan")
    for arguments, expect, told in [
        (("register", "import", empty, "--list", "x", *as_lan), 2, "--decision or --consent"),
        (("register", "import", "không-có.csv", "--list", "x", "--decision", "1", *as_lan), 1, "không có tệp"),
        (("register", "import", empty, "--list", "x", "--decision", " ", *as_lan), 1, "căn cứ"),
        (("register", "remove", "x", *as_lan), 1, "không có danh sách"),
        (("audience", "count", "may_qualify(rain)"), 1, "rain"),
        (("audience", "count", "may_qualify(social_pension)", "--on", "2020-01-01"), 1, "social_pension"),
        (("audience", "count", "age >= 70", "--on", "hôm nay"), 2, "hôm nay"),
        (("audience", "save", "x", "age >= 70", *as_lan), 1, "không có hộ nào"),
        (("audience", "save", "x", "age >= 70", "--tells", "rain", *as_lan), 1, "rain"),
        (("audience", "objections", "x"), 1, "không có nhóm"),
        (("audience", "objections", "x", "--commune", "y"), 2, "--as"),
    ]:
        error = office.run(*arguments, expect=expect)
        assert told in error
        assert expect == 2 or len(error.strip().splitlines()) == 1


def test_the_columns_that_a_list_may_tell_are_listed(office: Installation) -> None:
    listed = {column["name"]: column for column in office.json("register", "columns")}
    assert listed["poverty_status"]["of"] == "household"
    assert "loại hộ" in listed["poverty_status"]["titles"]
    assert listed["age"]["of"] == "person"
    assert "accused" not in listed
