"""Lists as communes send them become the register, and nothing of them is guessed."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from foundation.database import Database
from people import (
    Consent,
    Group,
    OfficialError,
    Rejection,
    SpreadsheetError,
    entries,
    list_groups,
    official_named,
    withdraw_consents,
)
from people.register import (
    Basis,
    Column,
    Entity,
    Kind,
    RegisterError,
    Source,
    describe,
    import_register,
    remove_list,
)
from tests.people.register.lists import COLUMNS, HOUSEHOLDS, TASK, cells, chunks, put
from tests.people.sheets import Cell, write_csv, write_workbook, write_xlsx


def test_what_a_list_tells_is_kept_and_what_it_leaves_open_is_unknown(
    office: Database, tmp_path: Path, now: datetime
) -> None:
    rows = "A1,Y Hlim,Long Láy,0912345678,hộ nghèo,có,1.200.000\nA2,,,,,,\nA3,An,,,Ho can ngheo,x,900000 đ\n"
    report = put(office, now, write_csv(tmp_path / "h.csv", HOUSEHOLDS + rows))
    assert (report.households, report.contacts, report.rejected, report.ignored) == (3, 1, [], [])
    assert cells(office) == {
        "A1": {"poverty_status": 0, "grid_power": 1, "income": 1_200_000, "phones": 1},
        "A2": {"poverty_status": 255, "grid_power": 255, "income": -1, "phones": 0},
        "A3": {"poverty_status": 1, "grid_power": 1, "income": 900_000, "phones": 0},
    }


HEADERS = [
    "household_id,head,phone,poverty_status,grid_power,income\nA1,An,0912345678,poor,1,5\n",
    "Thu nhập (đồng);ĐIỆN LƯỚI;Diện hộ:;Số điện thoại;Mã hộ;Ghi chú\n5;Có;hộ nghèo;912345678;A1;x\n",
    "STT\tMã_hộ\tSĐT\tloai ho\tdien luoi\tthu nhap\n1\tA1\t0912.345.678\tHỘ NGHÈO\tyes\t5.0\n".replace("5.0", "5"),
]


@pytest.mark.parametrize("content", HEADERS)
def test_columns_are_found_in_any_order_and_either_language(
    office: Database, tmp_path: Path, now: datetime, content: str
) -> None:
    report = put(office, now, write_csv(tmp_path / "h.csv", content))
    assert report.rejected == []
    assert cells(office) == {"A1": {"poverty_status": 0, "grid_power": 1, "income": 5, "phones": 1}}
    assert report.ignored == (["Ghi chú"] if "Ghi chú" in content else [])


def test_a_workbook_is_read_whatever_excel_made_of_its_cells(office: Database, tmp_path: Path, now: datetime) -> None:
    households: list[list[Cell]] = [["Mã hộ", "Thu nhập", "SĐT"], [101, 1500000.0, 912345678]]
    persons: list[list[Cell]] = [["Mã hộ", "Tuổi", "Cách trường"], [101, 7, 4.5], [101.0, 80, None]]
    report = put(office, now, write_xlsx(tmp_path / "h.xlsx", households), write_xlsx(tmp_path / "p.xlsx", persons))
    assert (report.households, report.persons, report.rejected_persons) == (1, 2, [])
    (told,) = cells(office).values()
    assert (told["income"], told["age"], told["phones"]) == (1_500_000, [7, 80], 1)


def test_both_lists_may_be_sheets_of_one_workbook(office: Database, tmp_path: Path, now: datetime) -> None:
    households: list[list[Cell]] = [["Mã hộ", "Loại hộ"], ["A1", "hộ nghèo"]]
    persons: list[list[Cell]] = [["Mã hộ", "Tuổi"], ["A1", 7], ["A1", 80]]
    book = write_workbook(tmp_path / "xã.xlsx", {"Hộ": households, "Ghi chú": [["x"]], "Nhân khẩu": persons})
    report = put(office, now, book, book, persons_sheet="nhan khau")
    assert (report.households, report.persons, report.rejected_persons) == (1, 2, [])
    assert cells(office)["A1"]["age"] == [7, 80]


def test_a_sheet_that_is_not_there_is_told_with_those_that_are(office: Database, tmp_path: Path, now: datetime) -> None:
    book = write_workbook(tmp_path / "xã.xlsx", {"Hộ": [["Mã hộ"], ["A1"]], "Nhân khẩu": [["Mã hộ"]]})
    with pytest.raises(SpreadsheetError, match="không có trang tính «Người», chỉ có «Hộ», «Nhân khẩu»"):
        put(office, now, book, book, persons_sheet="Người")
    file = write_csv(tmp_path / "h.csv", "Mã hộ\nA1\n")
    with pytest.raises(SpreadsheetError, match=r"h\.csv không có trang tính nào"):
        put(office, now, file, file, persons_sheet="Người")
    assert chunks(office) == []


BAD = [
    ("A1,,,,giàu,,", "Loại hộ", "giàu", "chỉ nhận «hộ nghèo»"),
    ("A1,,,,,có lẽ,", "Điện lưới", "có lẽ", "ghi «có» hoặc «không»"),
    ("A1,,,,,,âm", "Thu nhập", "âm", "số nguyên"),
    ("A1,,,,,,-5", "Thu nhập", "-5", "số nguyên"),
    ("A1,,,,,,1.5", "Thu nhập", "1.5", "số nguyên"),
    ("A1,,,,,,2000000000", "Thu nhập", "2000000000", "phải từ 0 đến 1.000.000.000"),
    ("A1,,,=1+1,,,", "SĐT", "=1+1", "không phải số điện thoại"),
    (",An,,,,,", "Mã hộ", "", "thiếu mã hộ"),
    ("A0,An,,,,,", "Mã hộ", "A0", "mã hộ đã có"),
]


@pytest.mark.parametrize(("row", "column", "value", "reason"), BAD, ids=[case[2] or "no code" for case in BAD])
def test_a_row_that_cannot_be_read_is_told_and_stays_out(
    office: Database, tmp_path: Path, now: datetime, row: str, column: str, value: str, reason: str
) -> None:
    report = put(office, now, write_csv(tmp_path / "h.csv", f"{HOUSEHOLDS}A0,,,,hộ nghèo,,\n{row}\n"))
    (bad,) = report.rejected
    assert (bad.row, bad.column, bad.value) == (3, column, value)
    assert reason in bad.reason
    assert set(cells(office)) == {"A0"}


def test_members_join_their_households_in_whatever_order_they_are_listed(
    office: Database, tmp_path: Path, now: datetime
) -> None:
    households = write_csv(tmp_path / "h.csv", "Mã hộ\nA1\nA2\nA3\n")
    rows = "A3,1,\nA1,70,2,5\nA2,9,\nA3,2,\nA1,,\nB9,5,\nA2,300,\nA3,3,\n"
    persons = write_csv(tmp_path / "p.csv", "Mã hộ;Tuổi;Cách trường\n" + rows.replace(",", ";").replace("2;5", "2,5"))
    report = put(office, now, households, persons)
    told = cells(office)
    assert {code: each["age"] for code, each in told.items()} == {"A1": [70, 255], "A2": [9], "A3": [1, 2, 3]}
    distances = told["A1"]["distance"]
    assert isinstance(distances, list)
    assert [distance for distance in distances if distance == distance] == [2.5]
    assert [(bad.row, bad.column, bad.value) for bad in report.rejected_persons] == [
        (7, "Mã hộ", "B9"),
        (8, "Tuổi", "300"),
    ]
    assert report.persons == 6


def test_a_household_that_lists_nobody_has_one_member_of_whom_nothing_is_known(
    office: Database, tmp_path: Path, now: datetime
) -> None:
    persons = write_csv(tmp_path / "p.csv", "Mã hộ,Tuổi\nA2,9\n")
    put(office, now, write_csv(tmp_path / "h.csv", "Mã hộ\nA1\nA2\n"), persons)
    assert {code: each["age"] for code, each in cells(office).items()} == {"A1": [255], "A2": [9]}
    with office.read() as session:
        assert [(each.households, each.persons) for each in describe(session)] == [(2, 1)]


def test_importing_again_replaces_the_list_and_leaves_the_others(
    office: Database, tmp_path: Path, now: datetime
) -> None:
    first = write_csv(tmp_path / "a.csv", f"{HOUSEHOLDS}A1,,,0912345678,hộ nghèo,,\nA2,,,,,,\n")
    put(office, now, first)
    put(office, now, write_csv(tmp_path / "b.csv", "Mã hộ,Xã\nB1,Đăk Pék\n"), source=Source("khác", TASK.basis, "1/QĐ"))
    before = cells(office)
    again = put(office, now + timedelta(days=1), first)
    assert again.replaced
    assert cells(office) == before
    report = put(office, now, write_csv(tmp_path / "c.csv", f"{HOUSEHOLDS}A3,,,,,,\n"))
    assert report.replaced
    assert set(cells(office)) == {"A3", "B1"}
    with office.write() as session:
        remove_list(session, "khác", official_named(session, "lan"), now)
        with pytest.raises(RegisterError, match="không có danh sách"):
            remove_list(session, "khác", official_named(session, "lan"), now)
    assert set(cells(office)) == {"A3"}


def test_a_household_of_another_list_of_the_commune_is_not_counted_twice(
    office: Database, tmp_path: Path, now: datetime
) -> None:
    put(office, now, write_csv(tmp_path / "a.csv", "Mã hộ,Xã\nA1,Măng Ri\nA2,Măng Ri\n"))
    other = Source("tỉnh", Basis.STATE_TASK, "1/QĐ")
    report = put(office, now, write_csv(tmp_path / "b.csv", "Mã hộ,Xã\nA1,Măng Ri\nA1b,Măng Ri\n"), source=other)
    assert [(bad.row, bad.value) for bad in report.rejected] == [(2, "A1")]
    far = put(office, now, write_csv(tmp_path / "c.csv", "Mã hộ,Xã\nA2,Đăk Pék\n"), source=Source("c", TASK.basis, "1"))
    assert far.households == 1


def test_a_list_without_codes_or_with_a_column_twice_is_refused(
    office: Database, tmp_path: Path, now: datetime
) -> None:
    for content, told in (("Chủ hộ\nAn\n", "mã hộ"), ("Mã hộ,Loại hộ,Diện hộ\nA1,,\n", "hai cột cùng nghĩa")):
        with pytest.raises(SpreadsheetError, match=told):
            put(office, now, write_csv(tmp_path / "h.csv", content))
    assert chunks(office) == []


def test_nothing_is_kept_without_what_it_rests_on(office: Database, tmp_path: Path, now: datetime) -> None:
    path = write_csv(tmp_path / "h.csv", "Mã hộ\nA1\n")
    with pytest.raises(RegisterError, match="căn cứ"):
        put(office, now, path, source=Source("x", Basis.STATE_TASK, " ", TASK.place))
    with pytest.raises(OfficialError):
        put(office, now, path, by="tung")
    put(office, now, path)
    with office.read() as session:
        assert [each.source.evidence for each in describe(session)] == ["12/QĐ-UBND"]
        assert next(entry.action for entry in entries(session)) == "register.imported"


def test_consent_that_was_withdrawn_is_not_given_again_by_a_list(
    office: Database, tmp_path: Path, now: datetime
) -> None:
    path = write_csv(tmp_path / "h.csv", "Mã hộ,SĐT\nA1,0912345678; 0987654321\n")
    consent = Source("hỏi từng nhà", Basis.CONSENT, "phiếu ngày 1/11/2026", TASK.place)
    assert put(office, now, path, source=consent).contacts == 2
    with office.write() as session:
        withdraw_consents(session, "sms", "+84912345678", now)
    put(office, now, path, source=consent)
    with office.read() as session:
        given = session.scalars(select(Consent)).all()
    assert sorted(each.withdrawn_at is None for each in given) == [False, True]
    assert {each.evidence for each in given} == {"hỏi từng nhà: phiếu ngày 1/11/2026"}


FIVE = "Mã hộ,SĐT\n" + "".join(f"A{n},091234500{n}\n" for n in range(5))


def test_others_write_while_a_list_is_read_and_its_telephones_come_in(
    office: Database, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("people.register.importing.BATCH", 2)

    def said(what: str, done: int) -> None:
        with office.write() as session:
            session.add(Group(name=f"{what} {done}", created_at=now))

    persons = write_csv(tmp_path / "p.csv", "Mã hộ,Tuổi\nA1,9\n")
    assert put(office, now, write_csv(tmp_path / "h.csv", FIVE), persons, said=said).contacts == 5
    with office.read() as session:
        wrote = [group.name for group in list_groups(session)]
    assert wrote == ["số điện thoại 5", "số điện thoại 4", "số điện thoại 2", "người 0", "hộ 0"]


def test_a_list_that_was_cut_short_stays_as_it_was_and_comes_in_whole_the_next_time(
    office: Database, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("people.register.importing.BATCH", 2)
    put(office, now, write_csv(tmp_path / "h.csv", "Mã hộ\nA9\n"))

    def pulled_out(what: str, done: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    path = write_csv(tmp_path / "h.csv", FIVE)
    consent = Source(TASK.name, Basis.CONSENT, "phiếu ngày 1/11/2026", TASK.place)
    with pytest.raises(KeyboardInterrupt):
        put(office, now, path, source=consent, said=pulled_out)
    assert set(cells(office)) == {"A9"}
    put(office, now, path, source=consent)
    assert {code: told["phones"] for code, told in cells(office).items()} == {f"A{n}": 1 for n in range(5)}
    with office.read() as session:
        assert len(session.scalars(select(Consent)).all()) == 5


def test_two_lists_of_a_commune_that_come_at_once_are_not_counted_twice(
    office: Database, tmp_path: Path, now: datetime
) -> None:
    path = write_csv(tmp_path / "h.csv", FIVE)

    def meanwhile(what: str, done: int) -> None:
        if what == "số điện thoại":
            with office.write() as session:
                lan, other = official_named(session, "lan"), Source("khác", TASK.basis, "1/QĐ", TASK.place)
                import_register(session, path, None, other, COLUMNS, lan, now)

    with pytest.raises(RegisterError, match="danh sách khác vừa được nhập"):
        put(office, now, path, said=meanwhile)
    with office.read() as session:
        assert [(each.source.name, each.households) for each in describe(session)] == [("khác", 5)]
    assert [bad.reason for bad in put(office, now, path).rejected] == [
        "hộ này đã có trong một danh sách khác của xã"
    ] * 5


def test_a_choice_reads_the_same_after_its_values_were_put_in_another_order(
    office: Database, tmp_path: Path, now: datetime
) -> None:
    put(
        office,
        now,
        write_csv(tmp_path / "h.csv", f"{HOUSEHOLDS}A1,,,,hộ nghèo,,\nA2,,,,không có giấy,,\nA3,,,,hộ cận nghèo,,\n"),
    )
    later = Column("poverty_status", Entity.HOUSEHOLD, Kind.CHOICE, ("none", "average", "poor"))
    assert {code: each["poverty_status"] for code, each in cells(office, (later,)).items()} == {
        "A1": 2,
        "A2": 0,
        "A3": 255,
    }


def test_more_households_than_a_chunk_keep_their_members_and_telephones(
    office: Database, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("people.register.chunks.HOUSEHOLDS_A_CHUNK", 7)
    households = [f"A{n},,,{f'09123456{n:02}' if n % 3 == 0 else ''},,,{n}" for n in range(40)]
    persons = [f"A{n},{(n + k) % 100}" for k in range(6) for n in range(40) if k < n % 6]
    put(
        office,
        now,
        write_csv(tmp_path / "h.csv", HOUSEHOLDS + "\n".join(households)),
        write_csv(tmp_path / "p.csv", "Mã hộ,Tuổi\n" + "\n".join(persons)),
    )
    assert len(chunks(office)) == 6
    for code, told in cells(office).items():
        n = int(code[1:])
        assert (told["income"], told["phones"]) == (n, int(n % 3 == 0))
        assert told["age"] == (sorted((n + k) % 100 for k in range(n % 6)) or [255])


def test_nothing_of_a_household_lies_in_the_file_in_clear(
    office: Database, database_file: Path, tmp_path: Path, now: datetime
) -> None:
    put(office, now, write_csv(tmp_path / "h.csv", f"{HOUSEHOLDS}MAHO-777,Nguyễn Thị Kín,,0912345678,hộ nghèo,,\n"))
    with office.write() as session:
        raw = session.execute(text("select content from register_pieces")).scalars().all()
    office.close()
    content = database_file.read_bytes() + b"".join(raw)
    assert not [word for word in ("MAHO-777", "Nguyễn Thị Kín", "912345678") if word.encode() in content]
    assert "MAHO-777".encode("utf-32-le") not in content


def test_rejections_count_rows_as_a_spreadsheet_shows_them(office: Database, tmp_path: Path, now: datetime) -> None:
    rows: list[list[Cell]] = [["Mã hộ", "Loại hộ"], ["A1", "hộ nghèo"], [None, None], ["A2", "?"]]
    report = put(office, now, write_xlsx(tmp_path / "h.xlsx", rows))
    assert [bad.row for bad in report.rejected] == [4]
    assert isinstance(report.rejected[0], Rejection)
