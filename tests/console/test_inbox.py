"""The list of tickets, narrowed and counted."""

from datetime import timedelta
from typing import Any

import pytest

from bot.exchange import Reason
from foundation.clock import today
from foundation.database import Database
from tests.console.village import CODE, NOW, PHONES, Hand, Village, heard, opened, words_of

TODAY = today(NOW)
MANG_RI, DAK_PEK = "xã Măng Ri (Quảng Ngãi)", "xã Đăk Pék (Quảng Ngãi)"


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


@pytest.fixture
def codes(home: Village) -> dict[str, str]:
    """Beside the village's own, two days overdue and without a place: one of each sort."""
    kinds: dict[str, dict[str, Any]] = {
        "today": {"place": MANG_RI, "topic": "electricity"},
        "late": {"place": MANG_RI, "due_on": TODAY - timedelta(days=3)},
        "later": {"place": DAK_PEK, "topic": "electricity", "due_on": TODAY + timedelta(days=20)},
        "urgent": {"urgent": True, "reason": Reason.DANGER, "due_on": TODAY},
    }
    found = {}
    for number, (name, how) in enumerate(kinds.items()):
        waited = timedelta(days=10 if name == "today" else 0)
        asked = heard(home, f"chuyện {name}", at=NOW - waited, address=PHONES[number % 3])
        found[name] = opened(home, asked, **how)
    return found


def listed(hand: Hand, query: str, codes: dict[str, str]) -> list[str]:
    """The names of the tickets on a page, in order."""
    page = words_of(hand.open(f"/tickets?{query}").text)
    names = {code: name for name, code in codes.items()} | {CODE: "village"}
    return [names[code] for code in sorted(names, key=page.find) if code in page]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["urgent", "late", "village", "today", "later"]),
        ("order=age", ["urgent", "today", "village", "late", "later"]),
        ("place=" + MANG_RI, ["late", "today"]),
        ("place=none", ["urgent", "village"]),
        ("topic=electricity", ["today", "later"]),
        ("topic=electricity&place=" + DAK_PEK, ["later"]),
        ("topic=none", ["urgent", "late"]),
        ("due=overdue", ["late", "village"]),
        ("due=today", ["urgent", "today"]),
        ("due=week", ["urgent", "today"]),
        ("older=7", ["today"]),
        ("status=closed", []),
        ("due=x&older=y&owner=z&page=-4", ["urgent", "late", "village", "today", "later"]),
    ],
)
def test_the_list_is_narrowed_and_in_order(home: Village, codes: dict[str, str], query: str, names: list[str]) -> None:
    assert listed(home.signed_in("hoa"), query, codes) == names


def test_what_is_there_is_counted_by_status_place_and_topic(home: Village, codes: dict[str, str]) -> None:
    hoa = home.signed_in("hoa")
    hoa.send(f"/tickets/{codes['later']}/close", page=f"/tickets/{codes['later']}")
    page = words_of(hoa.open("/tickets").text)
    assert "Đang chờ 4 Đã trả lời 0 Đã đóng 1 Tất cả 5 Quá hạn 2" in page
    assert "xã Măng Ri (Quảng Ngãi) (2) Chưa rõ nơi (2)" in page
    assert "hỗ trợ tiền điện (1)" in page
    narrowed = words_of(hoa.open(f"/tickets?status=all&place={DAK_PEK}").text)
    assert "Đang chờ 0 Đã trả lời 0 Đã đóng 1 Tất cả 1" in narrowed


def test_what_was_answered_is_overdue_no_more(home: Village, codes: dict[str, str]) -> None:
    hoa = home.signed_in("hoa")
    hoa.send(f"/tickets/{codes['late']}", text="Mai có.")
    assert listed(hoa, "status=all&due=overdue", codes) == ["village"]


def test_what_is_done_comes_last_and_other_places_stay_on_offer(home: Village, codes: dict[str, str]) -> None:
    hoa = home.signed_in("hoa")
    hoa.send(f"/tickets/{codes['urgent']}/close", page=f"/tickets/{codes['urgent']}")
    assert listed(hoa, "status=all", codes) == ["late", "village", "today", "later", "urgent"]
    assert f"{DAK_PEK} (1)" in words_of(hoa.open(f"/tickets?place={MANG_RI}").text)


def test_what_is_chosen_stays_chosen(home: Village, codes: dict[str, str]) -> None:
    page = home.signed_in("hoa").open("/tickets?topic=electricity&due=overdue&status=open").text
    assert '<option value="electricity" selected>' in page
    assert '<option value="overdue" selected>' in page
    assert "Không có phiếu nào như đã lọc." in page
    assert "topic=electricity" in page.split('class="card filters"')[0]  # the tabs keep the other filters


def test_one_sees_what_is_ones_own_and_what_is_nobodys(home: Village, codes: dict[str, str]) -> None:
    hoa = home.signed_in("hoa")
    hoa.send(f"/tickets/{codes['late']}/assign", page=f"/tickets/{codes['late']}", owner="hoa")
    assert listed(hoa, "owner=mine", codes) == ["late"]
    everyone = listed(hoa, "", codes)
    assert listed(home.signed_in("quan"), "owner=mine", codes) == [name for name in everyone if name != "late"]
    assert listed(hoa, "owner=none", codes) == []


def test_a_long_list_comes_in_pages(home: Village) -> None:
    asked = heard(home, "tiền điện")
    for _ in range(50):
        opened(home, asked)
    hoa = home.signed_in("hoa")
    first = hoa.open("/tickets?topic=none").text
    assert first.count('data-label="Phiếu"') == 50
    assert "Trang sau" not in words_of(first)
    assert "/console/tickets?status=open&amp;page=2" in hoa.open("/tickets").text
    assert hoa.open("/tickets?page=2").text.count('data-label="Phiếu"') == 1
