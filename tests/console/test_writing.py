"""Writing a broadcast: the preview, the list of people, and forms that lose nothing."""

from io import BytesIO
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
from werkzeug.test import TestResponse

from campaigns.models import Broadcast
from console import safety, uploads
from people import AuditEntry, Contact, Group, group_size
from tests.console.village import PHONES, Hand, Village, draft, submitted, words_of

TEXT = "Mời bà con họp thôn."
VALUES = {
    "text": TEXT,
    "group": "0",
    "message_class": "public_information",
    "scheduled_at": "2026-11-21T08:00",
    "expires_at": "",
    "spread": "",
    "do": "save",
}
GOOD_ROWS = "Họ tên,Số điện thoại\nA Thun,0912 345 678\nY Hồng,0987654321\n"
SOME_BAD_ROWS = GOOD_ROWS + "A Lít,12\nY Blim,\n"

PREVIEWS = [
    ("Mời bà con họp thôn.", "1", "1.500 đồng cho 3 người (1 đoạn mỗi tin"),
    ("ế" * 71, "1", "3.000 đồng cho 3 người (2 đoạn mỗi tin"),
    ("ế" * 71, "", "Chưa chọn người nhận. Mỗi người 1.000 đồng."),
    ("ế" * 71, "x", "Chưa chọn người nhận."),
    (
        "ế" * 71,
        "1",
        "Có dấu " + "ế" * 71 + " 2 đoạn · 71 ký tự · UCS-2 Không dấu " + "e" * 71 + " 1 đoạn · 71 ký tự · GSM-7",
    ),
    ("ế" * 71, "1", "Gửi không dấu bớt được 1.500 đồng"),
    ("ế" * 269, "1", "Tin dài 5 đoạn, cổng simulator chỉ chở được 4."),
    ("hop thon", "1", "Như đã viết hop thon 1 đoạn · 8 ký tự · GSM-7"),
    ("hop\r\nthon", "1", "hop thon 1 đoạn · 8 ký tự · GSM-7"),
    ("", "1", "Viết tin để biết chi phí."),
]


@pytest.mark.parametrize(("text", "group", "words"), PREVIEWS)
def test_the_preview_tells_segments_people_and_cost(home: Village, text: str, group: str, words: str) -> None:
    answer = home.signed_in("lan").send("/broadcasts/preview", page="/broadcasts/new", text=text, group=group)
    assert words in words_of(answer.text)
    assert "<html" not in answer.text


def test_without_scripts_the_buttons_do_the_same(home: Village) -> None:
    lan = home.signed_in("lan")
    values = {**VALUES, "group": "1"}
    shown = lan.send("/broadcasts/new", **{**values, "do": "preview"})
    assert "1.500 đồng cho 3 người" in words_of(shown.text)
    assert TEXT in shown.text
    bare = lan.send("/broadcasts/new", **{**values, "do": "bare"})
    assert ">Moi ba con hop thon.</textarea>" in bare.text.replace("\r\n", "").replace("\n", "")
    assert stored(home) == []


WRONG = [
    ({"text": "  "}, "Viết nội dung tin."),
    ({"text": "a" * 2001}, "nhiều nhất 2000"),
    ({"group": "0"}, "Chọn nhóm người nhận"),
    ({"group": "77"}, "Chọn nhóm người nhận"),
    ({"scheduled_at": ""}, "Chọn giờ gửi."),
    ({"scheduled_at": "ngày mai"}, "Không đọc được thời điểm «ngày mai»"),
    ({"scheduled_at": "2026-11-20T08:59"}, "Giờ gửi 08:59 20/11/2026 đã qua."),
    ({"expires_at": "2026-11-21T07:00"}, "phải sau giờ gửi"),
    ({"spread": "bốn"}, "«bốn» không phải số giờ"),
    ({"spread": "-1"}, "«-1» không phải số giờ"),
    ({"spread": "100"}, "Gửi rải nhiều nhất trong 72 giờ."),
]


@pytest.mark.parametrize(("change", "words"), WRONG)
def test_what_is_wrong_is_told_and_nothing_typed_is_lost(home: Village, change: dict[str, str], words: str) -> None:
    values = {**VALUES, "group": "1", **change}
    answer = home.signed_in("lan").send("/broadcasts/new", **values)
    assert answer.status_code == 422
    assert words in words_of(answer.text)
    for name in ("text", "scheduled_at", "expires_at", "spread"):
        assert values[name].strip() in answer.text
    assert stored(home) == []


@pytest.mark.parametrize(("typed", "spread_s", "shown"), [("4", 14_400, "4"), ("1,5", 5_400, "1,5"), ("", 0, "")])
def test_a_broadcast_is_spread_over_hours(home: Village, typed: str, spread_s: int, shown: str) -> None:
    lan = home.signed_in("lan")
    assert lan.send("/broadcasts/new", **{**VALUES, "group": "1", "spread": typed}).status_code == 302
    with home.database.read() as session:
        assert session.query(Broadcast).one().spread_s == spread_s
    page = words_of(lan.open("/broadcasts/1").text)
    assert (f"Gửi rải trong {typed} giờ" in page) == bool(spread_s)
    assert "Tin cuối đi khoảng" in page
    assert f'name="spread" placeholder="0" type="text" value="{shown}"' in lan.open("/broadcasts/1/edit").text


def test_an_edit_that_fails_keeps_what_was_typed(home: Village) -> None:
    draft(home)
    answer = home.signed_in("lan").send(
        "/broadcasts/1/edit", text="Bản sửa dở.", scheduled_at="2026-11-19T08:00", expires_at="", do="save"
    )
    assert answer.status_code == 422
    assert "Bản sửa dở." in answer.text
    assert "2026-11-19T08:00" in answer.text
    assert stored(home) != ["Bản sửa dở."]


def test_editing_what_waits_for_approval_warns_first(home: Village) -> None:
    submitted(home)
    assert "phải duyệt lại" in words_of(home.signed_in("lan").open("/broadcasts/1/edit").text)


def test_a_file_becomes_a_group_and_the_broadcast_goes_to_it(home: Village) -> None:
    lan = home.signed_in("lan")
    answer = upload(lan, "hộ nghèo thôn Đăk Đoát.csv", GOOD_ROWS)
    assert answer.location == "/console/broadcasts/1"
    with home.database.read() as session:
        group = session.query(Group).filter(Group.id == session.query(Broadcast).one().group_id).one()
        assert group.name == "hộ nghèo thôn Đăk Đoát, 09:00:00 20/11/2026"
        assert group_size(session, group.id) == 2
        noted = session.query(AuditEntry).filter_by(action="contacts.imported").one()
        assert noted.details == {"rows": 2, "imported": 2, "updated": 0, "rejected": 0}


def test_bad_rows_are_listed_before_anything_is_saved_and_the_group_is_chosen(home: Village) -> None:
    lan = home.signed_in("lan")
    page = upload(lan, "xa.csv", SOME_BAD_ROWS)
    read = words_of(page.text)
    assert page.status_code == 200
    assert "Đã nhập 2 người vào nhóm «xa, 09:00:00 20/11/2026»." in read
    assert "2 dòng không dùng được" in read
    assert "4 Số điện thoại không phải số điện thoại" in read
    assert "5 Số điện thoại thiếu số điện thoại" in read
    assert stored(home) == []
    assert '<option selected value="2">' in page.text
    assert TEXT in page.text
    assert lan.send("/broadcasts/new", **{**VALUES, "group": "2"}).location == "/console/broadcasts/1"


def test_a_good_file_is_not_lost_when_the_text_is_missing(home: Village) -> None:
    page = upload(home.signed_in("lan"), "xa.csv", GOOD_ROWS, text="")
    assert page.status_code == 422
    assert '<option selected value="2">' in page.text
    assert "Viết nội dung tin." in words_of(page.text)


BAD_FILES = [
    ("x.csv", "", "X.csv rỗng."),
    ("x.pdf", "%PDF-1.7", "chỉ đọc được .csv và .xlsx"),
    ("x.xlsx", "not a zip", "không phải tệp XLSX đọc được"),
    ("x.csv", "ten,tuoi\nA,1\n", "không có cột số điện thoại"),
    ("x.csv", "sdt\n12\n", "không có dòng nào dùng được"),
    ("../../etc/x", "sdt\n0912345678\n", "chỉ đọc được .csv và .xlsx"),
]


@pytest.mark.parametrize(("name", "content", "words"), BAD_FILES)
def test_a_file_that_cannot_be_used_is_told_and_leaves_nothing(
    home: Village, name: str, content: str, words: str
) -> None:
    before = set(Path(gettempdir()).glob("loa-upload-*"))
    page = upload(home.signed_in("lan"), name, content)
    assert page.status_code == 422
    assert words in words_of(page.text)
    assert TEXT in page.text
    with home.database.read() as session:
        assert session.query(Group).count() == 1
        assert session.query(Contact).count() == len(PHONES)
    assert set(Path(gettempdir()).glob("loa-upload-*")) == before
    assert stored(home) == []


def test_a_file_too_large_is_refused_beside_the_form(home: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LARGEST_FILE", 1024)
    page = upload(home.signed_in("lan"), "x.csv", "sdt\n" + "0912345678\n" * 200)
    assert page.status_code == 422
    assert "X.csv lớn hơn" in words_of(page.text)
    assert TEXT in page.text


def test_a_request_far_too_large_is_not_even_read(home: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    lan = home.signed_in("lan")
    monkeypatch.setattr(safety, "LARGEST_REQUEST", 4096)
    page = upload(lan, "x.csv", "sdt\n" + "0912345678\n" * 2000)
    assert page.status_code == 413
    assert "Chỉ nhận tệp đến 20 MB" in words_of(page.text)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Hộ nghèo (2).xlsx", "Hộ nghèo (2).xlsx"),
        ("C:\\Users\\lan\\ds.csv", "ds.csv"),
        ("../../etc/passwd", "passwd"),
        ("<b>.csv", "_b_.csv"),
        ("..", "danh-sach"),
        ("a" * 300 + ".csv", "a" * 76 + ".csv"),
    ],
)
def test_a_file_keeps_its_name_but_nothing_that_harms(name: str, kept: str) -> None:
    assert uploads.safe_name(name) == kept


def upload(hand: Hand, name: str, content: str, **change: Any) -> TestResponse:
    file = (BytesIO(content.encode()), name)
    return hand.send("/broadcasts/new", **{**VALUES, **change, "contacts": file})


def stored(home: Village) -> list[str]:
    with home.database.read() as session:
        return [broadcast.text for broadcast in session.query(Broadcast)]
