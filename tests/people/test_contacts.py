import unicodedata
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from foundation.database import Database
from people import (
    Address,
    Contact,
    Group,
    GroupMember,
    ImportReport,
    Rejection,
    SpreadsheetError,
    SuppressionReason,
    group_named,
    group_size,
    import_contacts,
    list_groups,
    members,
    suppress,
    suppressed,
    upsert_contact,
)
from people.contacts import import_contacts_in_batches, upsert_contacts
from tests.people.sheets import Cell, write_csv, write_xlsx

LAN, MINH = "+84912345678", "+84987654321"


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


def imported(database: Database, path: Path, now: datetime, group: str | None = None) -> ImportReport:
    """What importing this file says, in one transaction."""
    with database.write() as session:
        into = None
        if group is not None:
            into = group_named(session, group) or Group(name=group, created_at=now)
            session.add(into)
            session.flush()
        return import_contacts(session, path, now, into)


def register(database: Database) -> dict[str, str | None]:
    """Everybody we know: name by number."""
    with database.read() as session:
        query = select(Address.address, Contact.name).join(Contact, Contact.id == Address.contact_id)
        return {row.address: row.name for row in session.execute(query)}


TEXTS = [
    ("phone,name\n0912345678,Lan\n0987654321,Minh\n", "utf-8"),
    ("phone,name\n0912345678,Lan\n0987654321,Minh", "utf-8-sig"),
    ("phone,name\r\n0912345678,Lan\r\n0987654321,Minh\r\n", "utf-16"),
    ("phone;name\n0912345678;Lan\n0987654321;Minh\n", "utf-8"),
    ("phone\tname\n0912345678\tLan\n0987654321\tMinh\n", "utf-16"),
    ("Số điện thoại,Họ và tên\n0912345678,Lan\n0987654321,Minh\n", "utf-8"),
    ("STT;Họ tên;Xã;Điện thoại:\n1;Lan;Đăk Pék;0912.345.678\n2;Minh;Ia Chim;84987654321\n", "utf-8-sig"),
    ("SĐT.,TÊN CHỦ HỘ\n912345678,Lan\n987654321.0,Minh\n", "utf-8"),
    ('"name","phone"\n"Lan","0912 345 678"\n"Minh","+84 987 654 321"\n', "utf-8"),
    ('\ufeffname,note,phone\nLan,"hai\ndòng",0912345678\nMinh,,0987654321\n', "utf-8"),
]


@pytest.mark.parametrize(("text", "encoding"), TEXTS)
def test_a_csv_is_imported_however_the_office_saved_it(
    database: Database, tmp_path: Path, now: datetime, text: str, encoding: str
) -> None:
    report = imported(database, write_csv(tmp_path / "contacts.csv", text, encoding), now)
    assert report == ImportReport(rows=2, imported=2)
    assert register(database) == {LAN: "Lan", MINH: "Minh"}


SHEETS: list[list[list[Cell]]] = [
    [["phone", "name"], ["0912345678", "Lan"], ["0987654321", "Minh"]],
    [["Họ và tên", "Số điện thoại"], ["Lan", 912345678], ["Minh", 84987654321]],
    [["Họ và tên", "SĐT"], ["Lan", 912345678.0], ["Minh", "0987654321.0"]],
    [["STT", "Tên", "Điện thoại"], [1, "Lan", "912.345.678"], [None, None, None], [2, "Minh", "0987 654 321"]],
]


@pytest.mark.parametrize("rows", SHEETS)
def test_a_workbook_is_imported_whatever_excel_made_of_the_numbers(
    database: Database, tmp_path: Path, now: datetime, rows: list[list[Cell]]
) -> None:
    report = imported(database, write_xlsx(tmp_path / "contacts.xlsx", rows), now)
    assert report == ImportReport(rows=2, imported=2)
    assert register(database) == {LAN: "Lan", MINH: "Minh"}


def test_names_are_kept_in_one_form(database: Database, tmp_path: Path, now: datetime) -> None:
    name = unicodedata.normalize("NFD", "Nguyễn Thị Đào")
    imported(database, write_csv(tmp_path / "c.csv", f"phone,name\n0912345678,{name}\n"), now)
    assert register(database)[LAN] == unicodedata.normalize("NFC", name)


BAD_ROWS = "\n".join(
    [
        "Họ tên,Số điện thoại",
        "Lan,0912345678",
        "Hoa,",
        "",
        "Tùng,không có",
        'Mai,"09123',
        '45"',
        "Minh,0987654321",
        "Đức",
        "=1+1,=1+1",
    ]
)


def test_bad_rows_are_told_and_the_good_ones_are_in(database: Database, tmp_path: Path, now: datetime) -> None:
    report = imported(database, write_csv(tmp_path / "c.csv", BAD_ROWS), now)
    assert (report.rows, report.imported, report.duplicates) == (7, 2, 0)
    assert register(database) == {LAN: "Lan", MINH: "Minh"}
    assert [(bad.row, bad.value) for bad in report.rejected] == [
        (3, ""),
        (5, "không có"),
        (6, "09123\n45"),
        (8, ""),
        (9, "=1+1"),
    ]
    assert {bad.column for bad in report.rejected} == {"Số điện thoại"}
    assert report.rejected[0] == Rejection(3, "Số điện thoại", "", "thiếu số điện thoại")


def test_rows_of_a_workbook_are_counted_as_excel_shows_them(database: Database, tmp_path: Path, now: datetime) -> None:
    rows: list[list[Cell]] = [["phone"], ["0912345678"], [None], ["x"], [None], [12]]
    report = imported(database, write_xlsx(tmp_path / "c.xlsx", rows), now)
    assert [(bad.row, bad.value) for bad in report.rejected] == [(4, "x"), (6, "12")]


def test_a_person_listed_twice_is_one_contact(database: Database, tmp_path: Path, now: datetime) -> None:
    text = "phone,name\n0912345678,Lan\n+84912345678,Lan lần nữa\n912345678,\n0987654321,Minh\n"
    report = imported(database, write_csv(tmp_path / "c.csv", text), now, group="xã")
    assert (report.rows, report.imported, report.duplicates) == (4, 2, 2)
    assert register(database) == {LAN: "Lan", MINH: "Minh"}


def test_importing_again_changes_nothing(database: Database, tmp_path: Path, now: datetime) -> None:
    path = write_csv(tmp_path / "c.csv", "phone,name\n0912345678,Lan\n0987654321,Minh\n")
    imported(database, path, now, group="xã")
    report = imported(database, path, now + timedelta(days=1), group="xã")
    assert report == ImportReport(rows=2, updated=2)
    with database.read() as session:
        assert set(session.scalars(select(Contact.updated_at))) == {now}
        assert session.scalar(select(func.count()).select_from(GroupMember)) == 2
        group = group_named(session, "xã")
        assert group is not None
        assert group_size(session, group.id) == 2


def test_a_new_name_is_taken_over_and_an_empty_one_is_not(database: Database, tmp_path: Path, now: datetime) -> None:
    imported(database, write_csv(tmp_path / "a.csv", "phone,name\n0912345678,Lan\n0987654321,Minh\n"), now)
    imported(database, write_csv(tmp_path / "b.csv", "phone,name\n0912345678,Nguyễn Thị Lan\n0987654321,\n"), now)
    assert register(database) == {LAN: "Nguyễn Thị Lan", MINH: "Minh"}


def test_more_rows_than_a_chunk_come_in_whole(database: Database, tmp_path: Path, now: datetime) -> None:
    numbers = [f"09{number:08d}" for number in range(12_000_000, 12_001_203)]
    text = "phone\n" + "\n".join([*numbers, numbers[0], numbers[700]]) + "\n"
    report = imported(database, write_csv(tmp_path / "c.csv", text), now, group="tỉnh")
    assert (report.rows, report.imported, report.duplicates) == (1205, 1203, 2)
    with database.read() as session:
        group = group_named(session, "tỉnh")
        assert group is not None
        everyone = list(members(session, group.id))
    assert len({recipient.address for recipient in everyone}) == 1203
    assert [recipient.contact_id for recipient in everyone] == sorted(recipient.contact_id for recipient in everyone)


def test_others_write_while_a_long_file_comes_in(
    database: Database, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("people.contacts.BATCH", 3)
    path = write_csv(tmp_path / "c.csv", "phone\n" + "".join(f"091234500{n}\n" for n in range(8)))
    rows: list[int] = []

    def told(done: int) -> None:
        with database.write() as session:
            session.add(Group(name=f"sau {done} dòng", created_at=now))
        rows.append(done)

    assert import_contacts_in_batches(database, path, now, told=told) == ImportReport(rows=8, imported=8)
    assert rows == [3, 6, 8]
    assert len(register(database)) == 8


def test_an_import_that_was_cut_short_is_completed_by_the_next(
    database: Database, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("people.contacts.BATCH", 3)
    path = write_csv(tmp_path / "c.csv", "phone\n" + "".join(f"091234500{n}\n" for n in range(8)))
    group = Group(name="xã", created_at=now)
    with database.write() as session:
        session.add(group)

    def pulled_out(done: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_contacts_in_batches(database, path, now, group, pulled_out)
    assert len(register(database)) == 6
    assert import_contacts_in_batches(database, path, now, group) == ImportReport(rows=8, imported=2, updated=6)
    with database.read() as session:
        assert [member.address for member in members(session, group.id)] == [f"+8491234500{n}" for n in range(8)]


NO_SPREADSHEETS = [
    ("empty.csv", b"", "rỗng"),
    ("blank.csv", b"\n\n  \n", "không có cột số điện thoại"),
    ("list.pdf", b"%PDF-1.7 ...", "chỉ đọc được .csv và .xlsx"),
    ("list.xls", b"\xd0\xcf\x11\xe0", "chỉ đọc được .csv và .xlsx"),
    ("list", b"phone\n0912345678\n", "chỉ đọc được .csv và .xlsx"),
    ("nophone.csv", b"name,village\nLan,Dak Pek\n", "không có cột số điện thoại"),
    ("noheader.csv", b"0912345678,Lan\n0987654321,Minh\n", "không có cột số điện thoại"),
    ("binary.csv", bytes(range(256)) * 40, "UTF-8"),
    ("zeros.csv", b"phone\n0912345678\n" + b"\0" * 100, "không phải tệp CSV"),
    ("latin.csv", "phone,tên\n0912345678,Lân\n".encode("cp1258", "replace") + b"\xff!", "UTF-8"),
    ("even.csv", b"phone,t\xean\n0912345678,L\xe2n\n", "UTF-8"),
    ("half.csv", "phone\n0912345678\n".encode("utf-16") + b"x", "UTF-8"),
    ("line.csv", b"x" * 3_000_000, "không"),
    ("long.csv", b"phone,name\n0912345678,Lan\n0987654321," + b"x" * 200_000, "không đọc được"),
    ("broken.xlsx", b"PK\x03\x04 not a workbook", "không phải tệp XLSX"),
    ("renamed.xlsx", b"phone\n0912345678\n", "không phải tệp XLSX"),
]


@pytest.mark.parametrize(("name", "content", "told"), NO_SPREADSHEETS, ids=[case[0] for case in NO_SPREADSHEETS])
def test_a_file_that_is_no_list_is_refused_by_name_and_nothing_is_stored(
    database: Database, tmp_path: Path, now: datetime, name: str, content: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SpreadsheetError, match=told) as caught:
        imported(database, tmp_path / name, now, group="xã")
    assert name in str(caught.value)
    assert register(database) == {}
    with database.read() as session:
        assert group_named(session, "xã") is None


def test_an_absent_file_is_told(database: Database, tmp_path: Path, now: datetime) -> None:
    with pytest.raises(SpreadsheetError, match="không có tệp"):
        imported(database, tmp_path / "none.csv", now)
    with pytest.raises(SpreadsheetError, match="không có tệp"):
        imported(database, tmp_path, now)


def test_whoever_opted_out_stays_so_when_imported_again(database: Database, tmp_path: Path, now: datetime) -> None:
    path = write_csv(tmp_path / "c.csv", "phone\n0912345678\n")
    imported(database, path, now)
    with database.write() as session:
        suppress(session, "sms", LAN, SuppressionReason.OPT_OUT, now)
    imported(database, path, now)
    with database.read() as session:
        assert suppressed(session, "sms", [database.vault.digest(LAN)])


def test_somebody_who_wrote_first_is_a_contact_once(database: Database, now: datetime) -> None:
    with database.write() as session:
        first = upsert_contact(session, LAN, now)
        again = upsert_contact(session, LAN, now)
        other = upsert_contact(session, MINH, now)
    assert first == again != other


def test_many_are_found_or_made_in_one_go_each_in_their_place(database: Database, now: datetime) -> None:
    with database.write() as session:
        lan = upsert_contact(session, LAN, now)
        later = now + timedelta(days=1)
        both = upsert_contacts(session, {LAN: "Lan", MINH: "Minh"}, later)
        again = upsert_contacts(session, {MINH: None, LAN: "Lan"}, later + timedelta(days=1))
    assert (both.new, both.ids[0], again.new, again.ids) == (1, lan, 0, both.ids[::-1])
    assert register(database) == {LAN: "Lan", MINH: "Minh"}
    with database.read() as session:
        assert set(session.scalars(select(Contact.updated_at))) == {later}


def test_groups_are_listed_with_how_many_a_channel_reaches(database: Database, tmp_path: Path, now: datetime) -> None:
    imported(database, write_csv(tmp_path / "a.csv", "phone\n0912345678\n0987654321\n"), now, group="hai người")
    imported(database, write_csv(tmp_path / "b.csv", "phone\n0912345678\n"), now, group="một người")
    with database.write() as session:
        session.add(Group(name="không ai", created_at=now))
    with database.read() as session:
        assert [(group.name, group.size) for group in list_groups(session)] == [
            ("không ai", 0),
            ("một người", 1),
            ("hai người", 2),
        ]
        assert [group.size for group in list_groups(session, "zalo")] == [0, 0, 0]
        assert group_size(session, list_groups(session)[2].id, "zalo") == 0
