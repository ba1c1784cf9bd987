"""Conversations as officials read them: who, what was said, and why the machine said so."""

from datetime import timedelta
from typing import Any

import pytest

from bot.exchange import Kind
from bot.models import Attachment, Inbound, Ticket
from bot.numbers import forget_person
from people import official_named, register_phone, set_post
from tests.console.village import ASKER, CODE, DONOR, NOW, PHONES, QUESTION, Village, heard, words_of

SOON = NOW + timedelta(hours=1)
LATER = NOW + timedelta(hours=2)


def test_whoever_wrote_last_comes_first_once(home: Village) -> None:
    heard(home, "tiền điện bao nhiêu", address=DONOR, at=NOW)
    heard(home, "còn thẻ bảo hiểm", address=ASKER, at=SOON)
    page = words_of(home.signed_in("hoa").open("/conversations").text)
    assert page.index("còn thẻ bảo hiểm") < page.index("tiền điện bao nhiêu")
    assert QUESTION not in page
    assert f"còn thẻ bảo hiểm 091****777 · SMS 10:00 20/11/2026 trả lời theo chính sách {CODE}" in page


def test_nobody_has_written_yet(home: Village) -> None:
    with home.database.write() as session:
        session.query(Ticket).delete()
        session.query(Inbound).delete()
    assert "Chưa có ai nhắn tin." in words_of(home.signed_in("hoa").open("/conversations").text)


def test_many_conversations_and_long_ones_come_in_pages(home: Village) -> None:
    numbers = [heard(home, f"tin dài số {number}.", at=NOW + timedelta(minutes=number)) for number in range(1, 56)]
    hoa = home.signed_in("hoa")
    page = hoa.open(f"/conversations/{numbers[-1]}").text
    assert "tin dài số 6." in page
    assert "tin dài số 5." not in page
    assert f"/console/conversations/{numbers[-1]}?before={numbers[5]}" in page
    older = hoa.open(f"/conversations/{numbers[-1]}?before={numbers[5]}").text
    assert "tin dài số 5." in older
    assert QUESTION in older
    assert "Về tin mới nhất" in older
    for number in range(50):
        heard(home, "chào", address=f"+8490000{number:04d}")
    assert "Cũ hơn" in words_of(hoa.open("/conversations").text)


def test_a_conversation_tells_what_was_said_why_and_what_is_still_open(home: Village) -> None:
    number = heard(
        home,
        "tien dien bn",
        reply="Mỗi tháng 59.520 đồng.",
        intent="ask_amount",
        topic="electricity",
        confidence=0.97,
        model_id="81a219b13dd9749d",
        citations=[{"number": "28/2014/QĐ-TTg", "article": None, "effective_from": None, "effective_to": None}],
    )
    page = words_of(home.signed_in("hoa").open(f"/conversations/{number}").text)
    assert page.index(QUESTION) < page.index("tien dien bn") < page.index("Mỗi tháng 59.520 đồng.")
    assert (
        "Máy hiểu là: hỏi mức tiền, mức hỗ trợ, về hỗ trợ tiền điện (chắc 97%). "
        "Sổ chính sách có câu trả lời, nên trả lời. "
        "Dựa vào hỗ trợ tiền điện Văn bản 28/2014/QĐ-TTg Mô hình 81a219b13dd9749d" in page
    )
    assert f"mở phiếu {CODE}" in page
    assert "Phiếu của người này" in page


@pytest.mark.parametrize(
    ("text", "row", "says"),
    [
        ("2", {"confidence": 1.0, "intent": "affirm"}, "Người dân chọn theo số một việc máy vừa nêu."),
        ("HUY", {"kind": Kind.OPT_OUT, "facts": []}, "mẫu câu, không phải đoán. Là từ chối nhận tin"),
        ("tien dien", {"kind": Kind.HANDOVER, "facts": []}, "hoặc lúc đó phần hiểu câu hỏi không trả lời"),
        (
            "tien nha",
            {"confidence": 0.6, "intent": "ask_amount", "topic": "electricity"},
            "Đủ chắc để trả lời (từ 50%)",
        ),
        ("the con ho so", {"confidence": 0.9, "intent": "ask_documents"}, "nên theo việc đang nói hoặc theo từng câu"),
        ("tien dien", {"kind": "repeated", "facts": None}, "Vì sao máy nói vậy Trùng với tin ngay trước"),
        ("tien dien", {"kind": "rate_limited", "facts": None}, "Vì sao máy nói vậy Quá nhiều tin trong một phút"),
        ("abc", {"kind": Kind.ASK_BACK, "confidence": 0.2, "intent": "unclear", "facts": []}, "Máy hiểu là: chưa rõ"),
        (
            "o dau",
            {"kind": Kind.ASK_BACK, "confidence": 1.0, "intent": "ask_where", "facts": []},
            "nơi nộp (chắc 100%). ",
        ),
    ],
)
def test_every_way_to_an_answer_is_explained(home: Village, text: str, row: dict[str, Any], says: str) -> None:
    number = heard(home, text, address=DONOR, **row)
    assert says in words_of(home.signed_in("hoa").open(f"/conversations/{number}").text)


def test_what_is_not_answered_yet_is_not_explained(home: Village) -> None:
    number = heard(home, "alo", address=DONOR, kind=None, answered_at=None)
    hoa = home.signed_in("hoa")
    assert "Vì sao máy nói vậy" not in words_of(hoa.open(f"/conversations/{number}").text)
    assert "chưa trả lời" in words_of(hoa.open("/conversations").text)


def test_what_came_with_a_text_is_shown(home: Village) -> None:
    number = heard(home, "", address=DONOR)
    with home.database.write() as session:
        session.add(Attachment(inbound_id=number, kind="location", content="15.1,108.8"))
        session.add(Attachment(inbound_id=number, kind="audio", content="https://zalo.example/1"))
        session.add(Attachment(inbound_id=number, kind="file", content="javascript:alert(1)"))
    page = home.signed_in("hoa").open(f"/conversations/{number}").text
    assert "(tin không có chữ) Vị trí: 15.1,108.8 Tin thoại Tệp: javascript:alert(1)" in words_of(page)
    assert '<a href="https://zalo.example/1" target="_blank" rel="noopener noreferrer">Tin thoại</a>' in page
    assert 'href="javascript' not in page


def test_reading_is_in_the_audit_log_without_a_number(home: Village) -> None:
    number = heard(home, "tiền điện", address=DONOR)
    home.signed_in("hoa").open(f"/conversations/{number}")
    page = words_of(home.signed_in("quan").open("/audit").text)
    assert f"hoa Đọc hội thoại hội thoại {number}" in page


@pytest.mark.parametrize("wanted", [CODE, f"phiếu {CODE.lower()} sao rồi"])
def test_a_conversation_is_found_by_the_code_of_a_ticket(home: Village, wanted: str) -> None:
    number = heard(home, "còn thẻ bảo hiểm")
    answer = home.signed_in("hoa").send("/conversations", wanted=wanted)
    assert answer.location.endswith(f"/conversations/{number}")


def test_a_number_is_looked_up_only_by_who_may(home: Village) -> None:
    number = heard(home, "tiền điện", address=DONOR)
    answer = home.signed_in("quan").send("/conversations", wanted="0987 111 222")
    assert answer.location.endswith(f"/conversations/{number}")
    refused = home.signed_in("hoa").send("/conversations", wanted="0987 111 222")
    assert refused.status_code == 422
    assert "không có quyền" in words_of(refused.text)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("", "Gõ mã phiếu."),
        ("Nguyễn Văn A", "Gõ mã phiếu (PA và 7 chữ số) hoặc số điện thoại."),
        ("PA0000013", "Không có hội thoại nào của phiếu PA0000013."),
        ("0911222333", "Không có hội thoại nào của số này."),
    ],
)
def test_what_is_not_found_is_said_and_what_was_typed_stays(home: Village, wanted: str, says: str) -> None:
    answer = home.signed_in("quan").send("/conversations", wanted=wanted)
    assert answer.status_code == 422
    assert says in words_of(answer.text)
    assert f'value="{wanted}"' in answer.text


def test_a_conversation_that_is_not_there(home: Village) -> None:
    assert home.signed_in("hoa").open("/conversations/999").status_code == 404


def test_a_number_that_changed_hands_is_two_conversations(home: Village) -> None:
    with home.database.write() as session:
        forget_person(session, "sms", ASKER, SOON)
    number = heard(home, "nhầm số rồi", at=SOON)
    hoa = home.signed_in("hoa")
    page = words_of(hoa.open(f"/conversations/{number}").text)
    assert QUESTION not in page
    assert CODE not in page
    assert "nhầm số rồi" not in words_of(hoa.open(f"/tickets/{CODE}").text)
    before = hoa.send("/conversations", wanted=CODE)
    assert QUESTION in words_of(hoa.open(before.location.removeprefix("/console")).text)


def test_officials_own_telephones_are_no_conversations(home: Village) -> None:
    with home.database.write() as session:
        hoa = official_named(session, "hoa")
        set_post(session, hoa, "UBND xã Măng Ri", None, None, NOW, "test")
        register_phone(session, hoa, "sms", PHONES[0], NOW, "test")
    number = heard(home, f"TL {CODE} mai có", address=PHONES[0], at=LATER)
    quan = home.signed_in("quan")
    assert "mai có" not in quan.open("/conversations").text
    assert quan.open(f"/conversations/{number}").status_code == 404


def test_what_an_official_texted_is_no_part_of_who_has_the_number_later(home: Village) -> None:
    heard(home, "thẻ bảo hiểm đổi ở đâu", address=DONOR)
    number = heard(home, f"TL {CODE} mai có", address=DONOR, at=SOON, kind="official")
    hoa = home.signed_in("hoa")
    assert hoa.open(f"/conversations/{number}").status_code == 404
    assert "thẻ bảo hiểm đổi ở đâu" in hoa.open("/conversations").text
    page = hoa.open(f"/conversations/{number - 1}").text
    assert "thẻ bảo hiểm đổi ở đâu" in page
    assert "mai có" not in page


def test_only_who_is_logged_in_reads(home: Village) -> None:
    assert "/login" in home.hand().open("/conversations").location
