"""What waits for whoever opens the console: lists for a commune to look at, groups whose communes still look."""

import re
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

from bot.answering import shipped_rules
from campaigns.audiences.columns import register_columns
from campaigns.audiences.objections import audience_named, object_to
from campaigns.audiences.saving import save
from foundation.clock import today
from foundation.holidays import SHIPPED
from people import set_post
from people.register import Basis, Source, import_register
from tests.console.chromium import Desk, look
from tests.console.village import Village, official, words_of
from tests.people.sheets import write_csv

HOUSEHOLDS = (
    "Mã hộ,Thôn,Xã,SĐT,Loại hộ\n"
    "M1,Long Láy,Măng Ri,0912000001,hộ nghèo\n"
    "M2,Long Láy,Măng Ri,0912000002,hộ nghèo\n"
    "P1,Đăk Đoát,Đăk Pék,0912000004,hộ nghèo\n"
)
MANG_RI, DAK_PEK = "xã Măng Ri (Quảng Ngãi)", "xã Đăk Pék (Quảng Ngãi)"
LAST_DAY = date(2026, 11, 24)  # three working days from Friday 20 November
WAITS_FOR_COMMUNE, WAITS_FOR_ALL = "Danh sách chờ xã xem", "Nhóm đang chờ các xã"


@pytest.fixture
def home(home: Village, tmp_path: Path) -> Village:
    """The village with three poor households in two communes, whose Hoa is of xã Măng Ri, Minh of xã Đăk Pék."""
    with home.database.write() as session:
        lan = official(session, "lan")
        source = Source("huyện cũ", Basis.STATE_TASK, "12/QĐ-UBND")
        columns = register_columns(shipped_rules().inputs)
        file = write_csv(tmp_path / "h.csv", HOUSEHOLDS)
        assert not import_register(session, file, None, source, columns, lan, home.now).rejected
        for who, commune in (("hoa", MANG_RI), ("minh", DAK_PEK)):
            set_post(session, official(session, who), f"UBND {commune}", commune, None, home.now, "test")
    return home


def propose(home: Village, *names: str, days: int = 3, condition: str = "poverty_status = poor") -> None:
    """Save groups by condition, which the communes may look at for so many working days."""
    rules, day = shipped_rules(), today(home.now)
    with home.database.write() as session:
        lan = official(session, "lan")
        for name in names:
            save(session, name, condition, lan, rules, day, "sms", days, SHIPPED, home.now)


def objects(home: Village, name: str) -> None:
    with home.database.write() as session:
        audience = audience_named(session, name)
        object_to(session, audience, MANG_RI, official(session, "hoa"), "Đã chi trả xong.", home.now)


def card(home: Village, who: str, title: str) -> str:
    """What a card of somebody's first page says; nothing where there is no such card."""
    return words_of(card_html(home, who, title))


def card_html(home: Village, who: str, title: str) -> str:
    cards = home.signed_in(who).open("/").text.split('<section class="card"')[1:]
    return next((each.partition(">")[2].partition("</section>")[0] for each in cards if title in each), "")


def test_a_commune_is_told_which_list_waits_and_until_when_and_opens_it(home: Village) -> None:
    propose(home, "nhà ở")
    told = card(home, "hoa", WAITS_FOR_COMMUNE)
    assert told == f"{WAITS_FOR_COMMUNE} 1 nhà ở 2 hộ của {MANG_RI} · phản đối trước ngày 25/11/2026"
    link = re.search(r'href="/console([^"]+)"', card_html(home, "hoa", WAITS_FOR_COMMUNE))
    assert link
    assert "Danh sách 2 hộ" in words_of(home.signed_in("hoa").open(unquote(link[1])).text)


def test_on_the_last_day_a_list_still_waits_and_on_the_next_no_more(home: Village) -> None:
    propose(home, "nhà ở")
    home.now += LAST_DAY - today(home.now)
    assert "nhà ở" in card(home, "hoa", WAITS_FOR_COMMUNE)
    assert "nhà ở" in card(home, "lan", WAITS_FOR_ALL)
    home.now += timedelta(days=1)
    assert card(home, "hoa", WAITS_FOR_COMMUNE) == ""
    assert card(home, "lan", WAITS_FOR_ALL) == ""


def test_what_a_commune_objected_to_waits_for_it_no_more(home: Village) -> None:
    propose(home, "nhà ở", "tiền điện")
    objects(home, "nhà ở")
    told = card(home, "hoa", WAITS_FOR_COMMUNE)
    assert "tiền điện" in told
    assert "nhà ở" not in told


def test_a_commune_hears_nothing_of_lists_of_others(home: Village) -> None:
    propose(home, "nhà ở", condition='commune = "Đăk Pék"')
    assert f"1 hộ của {DAK_PEK}" in card(home, "minh", WAITS_FOR_COMMUNE)
    assert card(home, "hoa", WAITS_FOR_COMMUNE) == ""
    assert card(home, "lan", WAITS_FOR_COMMUNE) == ""  # who speaks for no commune
    assert "nhà ở" not in words_of(home.signed_in("hoa").open("/").text)


def test_who_writes_is_told_which_groups_wait_and_how_many_communes_object(home: Village) -> None:
    propose(home, "nhà ở")
    expected = f"{WAITS_FOR_ALL} 1 nhà ở duyệt tin được từ 25/11/2026 · "
    assert card(home, "lan", WAITS_FOR_ALL) == expected + "2 xã, chưa xã nào phản đối"
    objects(home, "nhà ở")
    for who in ("lan", "minh"):
        assert card(home, who, WAITS_FOR_ALL) == expected + "1 trên 2 xã phản đối"
    assert card(home, "hoa", WAITS_FOR_ALL) == ""  # it leads to a page that Hoa may not open


def test_what_is_due_first_stands_first_and_the_rest_is_a_click_away(home: Village) -> None:
    propose(home, "mười ngày", days=10)
    propose(home, "n1", "n2", "n3", "n4", "n5")
    for who, title in (("hoa", WAITS_FOR_COMMUNE), ("lan", WAITS_FOR_ALL)):
        told = card(home, who, title)
        assert told.startswith(f"{title} 6 n1 ")
        assert "mười ngày" not in told
        assert told.endswith("Xem tất cả")


def test_a_name_that_is_markup_is_shown_as_text(home: Village) -> None:
    propose(home, "<b>nhóm</b>")
    for who in ("hoa", "lan"):
        page = home.signed_in(who).open("/").text
        assert "&lt;b&gt;nhóm" in page
        assert "<b>nhóm" not in page


# --- in Chromium


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("who", "heading"), [("hoa", "Danh sách"), ("lan", "nhà ở")])
def test_what_waits_is_a_click_away(desk: Desk, who: str, heading: str) -> None:
    propose(desk.home, "nhà ở")
    desk.log_in(who)
    look(desk.page)
    desk.page.get_by_role("link", name="nhà ở").click()
    expect(desk.page.get_by_role("heading", name=heading).first).to_be_visible()
    look(desk.page)
