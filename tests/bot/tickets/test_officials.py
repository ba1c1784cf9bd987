"""`TL <code> …` from a telephone registered to an official, and every way to get it wrong."""

import pytest

from bot.exchange import Reason
from bot.inbound import Origin
from bot.tickets.handling import LONGEST_ANSWER_SEGMENTS, answers_to, close, ticket_by_code
from bot.tickets.officials import HOW, official_answer
from foundation.database import Database
from people import official_named
from scheduler.outbox import Route
from tests.bot.meaning import NOW
from tests.bot.tickets.desk import BA_TO, HOA, MAI, opened, staff, texts_to, ticket
from tests.bot.village import ME

ROUTES = {"kannel": Route("kannel", "sms", 300, 10)}
OTHER = "+84987654321"


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


def says(
    database: Database, text: str, sender: str = HOA, channel: str = "sms", routes: dict[str, Route] = ROUTES
) -> str | None:
    """What is replied to a text of an official."""
    with database.write() as session:
        return official_answer(session, Origin(channel, sender, text, "kannel", None), routes, NOW)


@pytest.mark.parametrize(
    "form",
    [
        "TL {code} Mai có tiền.",
        "tl {code}: Mai có tiền.",
        "Tl  {lower}\nMai có tiền.",
        "TL.{code}. Mai có tiền.",
        "TL {digits} Mai có tiền.",
        "TL PA {grouped} Mai có tiền.",
    ],
)
def test_an_answer_by_text_reaches_the_person_the_way_they_asked(form: str, database: Database) -> None:
    staff(database)
    code = opened(database)
    digits = code.removeprefix("PA")
    text = form.format(code=code, lower=code.lower(), digits=digits, grouped=f"{digits[:3]} {digits[3:]}")
    assert says(database, text) == f"Đã gửi câu trả lời phiếu {code}, 1 đoạn tin."

    (sent,) = texts_to(database, ME)
    assert (sent.text, sent.approver, sent.gateway) == (f"{code}: Mai có tiền.", "hoa", "kannel")
    with database.read() as session:
        (given,) = answers_to(session, ticket_by_code(session, code))
    assert (given.official, given.text) == ("hoa", "Mai có tiền.")
    assert ticket(database, code).status == "answered"


def test_an_answer_keeps_what_it_begins_with(database: Database) -> None:
    staff(database)
    code = opened(database)
    says(database, f"TL {code} 15/12 xã phát tiền.")
    assert texts_to(database, ME)[0].text == f"{code}: 15/12 xã phát tiền."


@pytest.mark.parametrize("text", ["tiền điện bao nhiêu", "TLA PA1234566 có", "tlpa1234566", "cho hỏi TL là gì", ""])
def test_other_texts_of_an_official_are_a_residents(text: str, database: Database) -> None:
    staff(database)
    assert says(database, text) is None


def test_from_a_telephone_of_nobody_it_is_a_residents_text(database: Database) -> None:
    staff(database)
    code = opened(database)
    assert says(database, f"TL {code} Tôi là cán bộ.", sender=OTHER) is None
    assert says(database, f"TL {code} Tôi là cán bộ.", sender=HOA, channel="zalo") is None
    with database.write() as session:
        official_named(session, "hoa").active = False
    assert says(database, f"TL {code} Tôi là cán bộ.") is None
    assert texts_to(database, ME) == []


@pytest.mark.parametrize("text", ["TL", "tl ơi", "TL PA", "TL: mai có tiền"])
def test_without_a_code_the_official_is_told_how(text: str, database: Database) -> None:
    staff(database)
    assert says(database, text) == HOW


def test_a_mistyped_code_is_told_with_the_nearest_of_their_own(database: Database) -> None:
    staff(database)
    own, others = opened(database), opened(database, BA_TO)
    for code, nearest in ((own, own), (others, None)):
        digits = list(code)
        digits[4] = str((int(digits[4]) + 1) % 10)
        for typed in ("".join(digits), code + "1", code[:-1]):
            said = says(database, f"TL {typed} có") or ""
            assert f"Mã phiếu {typed} gõ sai." in said
            assert ("Có phải" in said, f"Có phải {nearest} không?" in said) == (
                nearest is not None,
                nearest is not None,
            )
    assert texts_to(database, ME) == []


def test_what_cannot_be_sent_is_told_and_not_sent(database: Database) -> None:
    staff(database)
    code = opened(database)
    long = "ề" * (LONGEST_ANSWER_SEGMENTS * 67)
    assert says(database, f"TL {code}") == "Chưa có câu trả lời."
    assert says(database, f"TL {code} {long}") == "Câu trả lời kèm mã phiếu dài 7 đoạn tin, nhiều nhất 6."
    assert "liên kết" in (says(database, f"TL {code} xem https://loa.vn") or "")
    assert "no gateway" in (says(database, f"TL {code} có", routes={}) or "").lower()
    with database.write() as session:
        close(session, ticket_by_code(session, code), official_named(session, "hoa"), NOW)
    assert says(database, f"TL {code} có") == f"Phiếu {code} đã đóng, không trả lời được nữa."
    assert texts_to(database, ME) == []


def test_an_unknown_ticket_and_a_confidential_one_of_others_sound_the_same(database: Database) -> None:
    staff(database)
    code = opened(database, reason=Reason.CORRUPTION, confidential=True)
    assert says(database, f"TL {code} có") == f"Không có phiếu {code}."
    assert says(database, "TL PA0000000 có") == "Không có phiếu PA0000000."
    assert says(database, f"TL {code} Đã chuyển thanh tra.", sender=MAI) is not None
    assert [sent.approver for sent in texts_to(database, ME)] == ["mai"]


def test_the_same_answer_twice_is_sent_once_and_another_one_goes_out(database: Database) -> None:
    staff(database)
    code = opened(database)
    says(database, f"TL {code} Mai có tiền.")
    assert says(database, f"TL {code} Mai có tiền.") == f"{code}: câu này đã gửi rồi, không gửi lại."
    says(database, f"TL {code} Xin lỗi, ngày kia mới có.")
    assert len(texts_to(database, ME)) == 2
