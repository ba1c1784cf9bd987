"""The national Do-Not-Call list: read in any spelling, replaced as a whole, never kept in clear."""

from datetime import datetime
from pathlib import Path

import pytest

from foundation.database import Database
from people import SpreadsheetError, entries
from people import do_not_call as room
from people.do_not_call import BadRow, DoNotCallError, DoNotCallReport, Listed, import_do_not_call, listed, versions
from tests.people.sheets import Cell, write_csv, write_xlsx

LAN, MINH, HOA = "+84912345678", "+84987654321", "+84977111222"


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


def put(database: Database, path: Path, now: datetime, version: str = "2026-11") -> DoNotCallReport:
    return import_do_not_call(database, path, version, "test", now)


def stands(database: Database, *phones: str) -> set[str]:
    """Which of these stand in the list."""
    by_hash = {database.vault.digest(phone): phone for phone in phones}
    with database.read() as session:
        return {by_hash[found] for found in listed(session, by_hash)}


def test_numbers_are_read_in_any_spelling_and_what_is_none_is_told_by_its_row(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    text = "0912.345.678\n\n  84987654321 \nkhông có\n977111222\n0912345678\n123\n"
    report = put(database, write_csv(tmp_path / "list.txt", text), now)
    assert (report.rows, report.numbers, report.gone) == (6, 3, 0)
    assert report.rejected == [
        BadRow(4, "không phải số điện thoại"),
        BadRow(7, "không phải số điện thoại"),
    ]
    assert stands(database, LAN, MINH, HOA, "+84900000000") == {LAN, MINH, HOA}


def test_a_sheet_with_titles_is_read_by_its_column(database: Database, tmp_path: Path, now: datetime) -> None:
    rows: list[list[Cell]] = [["STT", "Số điện thoại"], [1, "0912345678"], [2, 987654321.0]]
    assert put(database, write_xlsx(tmp_path / "list.xlsx", rows), now).numbers == 2
    assert stands(database, LAN, MINH) == {LAN, MINH}


def test_the_same_again_changes_nothing(database: Database, tmp_path: Path, now: datetime) -> None:
    path = write_csv(tmp_path / "list.txt", "0912345678\n0987654321\n")
    put(database, path, now)
    again = put(database, path, now)
    assert (again.numbers, again.gone) == (2, 0)
    with database.read() as session:
        assert versions(session) == [Listed("2026-11", 2)]


def test_a_newer_list_takes_the_place_of_the_one_before(database: Database, tmp_path: Path, now: datetime) -> None:
    put(database, write_csv(tmp_path / "november.txt", "0912345678\n0987654321\n"), now)
    report = put(database, write_csv(tmp_path / "december.txt", "0987654321\n0977111222\n"), now, "2026-12")
    assert (report.numbers, report.gone) == (2, 1)
    assert stands(database, LAN, MINH, HOA) == {MINH, HOA}
    with database.read() as session:
        assert versions(session) == [Listed("2026-12", 2)]
        done = [(entry.action, entry.subject_id, entry.details["numbers"]) for entry in entries(session)]
    assert done == [("do_not_call.imported", "2026-12", 2), ("do_not_call.imported", "2026-11", 2)]


def test_another_file_of_the_same_name_leaves_nothing_of_the_first(
    database: Database, tmp_path: Path, now: datetime
) -> None:
    put(database, write_csv(tmp_path / "list.txt", "0912345678\n"), now)
    put(database, write_csv(tmp_path / "list.txt", "0987654321\n"), now)
    assert stands(database, LAN, MINH) == {MINH}


def test_while_a_list_comes_in_both_hold_and_one_cut_short_is_completed(
    database: Database, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "BATCH", 1)
    put(database, write_csv(tmp_path / "november.txt", "0912345678\n"), now)
    newer = write_csv(tmp_path / "december.txt", "0987654321\n0977111222\n")

    def end(_rows: int) -> None:
        raise RuntimeError("the machine went down")

    with pytest.raises(RuntimeError):
        import_do_not_call(database, newer, "2026-12", "test", now, end)
    assert stands(database, LAN, MINH, HOA) == {LAN, MINH}
    with database.read() as session:
        assert versions(session) == [Listed("2026-11", 1), Listed("2026-12", 1)]
    put(database, newer, now, "2026-12")
    assert stands(database, LAN, MINH, HOA) == {MINH, HOA}


def test_a_file_that_is_no_list_takes_nothing_away(database: Database, tmp_path: Path, now: datetime) -> None:
    put(database, write_csv(tmp_path / "list.txt", "0912345678\n"), now)
    for text in ("tên\nLan\n0987654321\n", "số điện thoại\n", "x\n"):
        with pytest.raises(DoNotCallError, match="danh sách cũ được giữ nguyên"):
            put(database, write_csv(tmp_path / "other.csv", text), now, "2026-12")
    for path in (write_csv(tmp_path / "empty.txt", ""), tmp_path / "absent.txt"):
        with pytest.raises(SpreadsheetError):
            put(database, path, now, "2026-12")
    assert stands(database, LAN) == {LAN}


@pytest.mark.parametrize("version", ["", "a b", "x" * 25, "a@b"])
def test_a_version_is_a_short_name(database: Database, tmp_path: Path, now: datetime, version: str) -> None:
    with pytest.raises(DoNotCallError):
        put(database, write_csv(tmp_path / "list.txt", "0912345678\n"), now, version)


def test_no_number_lies_in_the_file_in_clear(database_file: Path, vault: object, tmp_path: Path, now: datetime) -> None:
    from foundation.database import sqlite_url

    database = Database(sqlite_url(database_file), vault)  # type: ignore[arg-type]
    put(database, write_csv(tmp_path / "list.txt", "0912345678\n0987654321\nsai 0977111222 rồi\n"), now)
    database.close()
    content = database_file.read_bytes()
    assert not [digits for digits in (b"912345678", b"987654321", b"977111222") if digits in content]
