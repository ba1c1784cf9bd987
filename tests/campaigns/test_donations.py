from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError

from campaigns.donations import list_pledges, pledge_totals, read_pledge, record_pledge
from foundation.database import Database

PHONE = "+84912345678"

PLEDGES = [
    ("UNG HO 200K", 200_000),
    ("ủng hộ 200.000đ", 200_000),
    ("Ung ho 200 k", 200_000),
    ("ung ho: 200k", 200_000),
    ("Ủng hộ - 1 triệu", 1_000_000),
    ("em xin ủng hộ 500 nghìn", 500_000),
    ("Gia đình tôi góp 2tr5", 2_500_000),
    ("toi muon dong gop nam tram nghin", 500_000),
    ("quyên góp 1,5 triệu xóa nhà tạm", 1_500_000),
    ("tài trợ 2 tỷ", 2_000_000_000),
    ("ung ho", None),
    ("Ủng hộ.", None),
    ("UNG HO!", None),
    ("em ủng hộ", None),
    ("ung ho 200k va 300k", None),
    ("ung ho 0k", None),
    ("ung ho 999999 ty", None),
]

NO_PLEDGES = [
    "",
    "xin chào",
    "ủng hộ như thế nào?",
    "ung ho o dau",
    "ủng hộ 200k được không",
    "ung ho 200k duoc k",
    "ung ho 200k dc ko",
    "góp bao nhiêu cũng được ạ?",
    "ung ho cho ai",
    "ủng hộ 200k thì vào đâu",
    "ủng hộ xóa nhà tạm",
    "đóng góp ý kiến",
    "tôi đã ủng hộ 200k tuần trước",
    "con tôi được hỗ trợ 200k không",
    "200k",
    "nhà tôi cần ủng hộ 5 triệu",
    "ungho 200k",
    "ung ho 0912345678",
    "ung ho nam 2025",
]


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


@pytest.mark.parametrize(("text", "amount"), PLEDGES)
def test_a_pledge_is_read_in_the_donors_own_words(text: str, amount: int | None) -> None:
    pledge = read_pledge(text)
    assert pledge is not None
    assert pledge.amount_vnd == amount


@pytest.mark.parametrize("text", NO_PLEDGES)
def test_a_question_about_giving_is_no_pledge(text: str) -> None:
    assert read_pledge(text) is None


def pledge(database: Database, now: datetime, inbound_id: int | None, amount_vnd: int | None = 200_000) -> None:
    with database.write() as session:
        record_pledge(session, "sms", PHONE, amount_vnd, "UNG HO 200K", inbound_id, now)


def test_one_text_is_one_pledge(database: Database, now: datetime) -> None:
    pledge(database, now, 7)
    with pytest.raises(IntegrityError):
        pledge(database, now, 7)
    pledge(database, now, 8)
    pledge(database, now, None)
    pledge(database, now, None)
    with database.read() as session:
        assert [each.inbound_id for each in list_pledges(session)] == [None, None, 8, 7]


def test_pledges_are_listed_newest_first_and_added_up(database: Database, now: datetime) -> None:
    with database.read() as session:
        assert pledge_totals(session).pledges == pledge_totals(session).amount_vnd == 0
    for inbound_id, amount in enumerate([200_000, None, 5_000_000_000_000, None]):
        pledge(database, now, inbound_id, amount)
    with database.read() as session:
        totals = pledge_totals(session)
        assert (totals.pledges, totals.amount_vnd, totals.without_amount) == (4, 5_000_000_200_000, 2)
        newest = list_pledges(session, limit=2)
    assert [each.inbound_id for each in newest] == [3, 2]
    assert (newest[1].address, newest[1].text) == (PHONE, "UNG HO 200K")
