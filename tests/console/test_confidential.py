"""What is confidential is for those named alone: others do not even learn that it is there."""

from datetime import timedelta

import pytest

from bot.exchange import Kind, Reason
from bot.tickets.handling import ticket_by_code
from people import add_duty, official_named, set_post
from tests.console.village import ASKER, CODE, DONOR, NOW, QUESTION, Village, heard, opened, words_of

ACCUSED = "xã Măng Ri (Quảng Ngãi)"
REPORT = "cán bộ xã đòi em 500k mới cho vào danh sách"
FOLLOW_UP = "ông ấy tên là Y"
AFTERWARDS = "nhà em được tiền điện không"
LONG_AFTER = NOW + timedelta(days=3)


@pytest.fixture
def secret(home: Village) -> str:
    """The code of a report by the village's asker; lan is the one named for it, minh sits in the commune accused."""
    with home.database.write() as session:
        for name, commune in (("lan", None), ("minh", ACCUSED)):
            person = official_named(session, name)
            set_post(session, person, f"nơi của {name}", commune, None, NOW, "test")
            add_duty(session, person, None, None, True, NOW, "test")
    asked = heard(home, REPORT, reply="Đã ghi nhận.", kind=Kind.HANDOVER, model_id="m", confidence=0.4)
    heard(home, FOLLOW_UP, at=NOW + timedelta(minutes=5), kind=Kind.ASK_BACK, model_id="m", confidence=0.4)
    code = opened(home, asked, Reason.CORRUPTION, confidential=True, place=ACCUSED)
    heard(home, f"{code} sao rồi", at=LONG_AFTER)
    heard(home, AFTERWARDS, at=LONG_AFTER + timedelta(minutes=1), reply="Mỗi tháng 59.520 đồng.")
    return code


@pytest.mark.parametrize("name", ["hoa", "minh", "quan"])
def test_others_do_not_find_it_anywhere(home: Village, secret: str, name: str) -> None:
    hand = home.signed_in(name)
    for path in ("/", "/tickets", "/tickets?status=all", f"/tickets/{CODE}", "/conversations", "/learning"):
        page = hand.open(path).text
        for told in (REPORT, FOLLOW_UP, secret, "Phiếu kín"):
            assert told not in page, path
    assert hand.open(f"/tickets/{secret}").status_code == 404
    assert "Đang chờ 1 " in words_of(hand.open("/tickets").text)


def test_it_is_not_labelled_by_guessing_its_number(home: Village, secret: str) -> None:
    with home.database.read() as session:
        number = ticket_by_code(session, secret).inbound_id
    for name in ("hoa", "lan"):
        answer = home.signed_in(name).send(f"/learning/{number}", page="/learning", intent="greet")
        assert answer.status_code == 422
        assert REPORT not in answer.text


@pytest.mark.parametrize("deed", ["", "/close", "/assign", "/insert", "/count", "/number"])
def test_others_can_do_nothing_with_it(home: Village, secret: str, deed: str) -> None:
    answer = home.signed_in("hoa").send(f"/tickets/{secret}{deed}", page="/conversations", text="x", owner="hoa")
    assert answer.status_code == 404


def test_around_another_ticket_the_talk_has_no_gap_to_see(home: Village, secret: str) -> None:
    page = words_of(home.signed_in("hoa").open(f"/tickets/{CODE}").text)
    assert QUESTION in page
    assert AFTERWARDS in page
    assert "Xem cả hội thoại" not in page
    assert "sao rồi" not in page


def test_what_was_asked_right_after_it_is_still_read_by_who_answers_it(home: Village) -> None:
    opened(home, heard(home, REPORT, address=DONOR), Reason.CORRUPTION, confidential=True)
    asked = heard(home, "thẻ bảo hiểm hết hạn", address=DONOR, at=NOW + timedelta(minutes=9))
    code = opened(home, asked, topic="hi_poor")
    page = words_of(home.signed_in("hoa").open(f"/tickets/{code}").text)
    assert "thẻ bảo hiểm hết hạn" in page
    assert REPORT not in page


def test_others_do_not_find_the_person_by_code_or_number(home: Village, secret: str) -> None:
    hoa = home.signed_in("hoa")
    for wanted in (secret, CODE):
        assert "Không có hội thoại nào của phiếu" in words_of(hoa.send("/conversations", wanted=wanted).text)
    found = home.signed_in("quan").send("/conversations", wanted=ASKER)
    assert "Không có hội thoại nào của số này." in words_of(found.text)


def test_who_is_named_reads_it_without_a_number_and_on_record(home: Village, secret: str) -> None:
    lan = home.signed_in("lan")
    listed = lan.open("/tickets").text
    assert REPORT not in listed  # a list stands open on a desk
    assert f"{secret} Phiếu kín {ACCUSED}" in words_of(listed)
    shown = lan.open(f"/tickets/{secret}").text
    for told in (REPORT, FOLLOW_UP, QUESTION, "Trao đổi với số được giấu", "Tố giác tiêu cực"):
        assert told in shown
    assert "091****777" not in shown
    assert "091****777" not in lan.open(f"/tickets/{CODE}").text
    thread = lan.send("/conversations", wanted=secret)
    page = lan.open(thread.location.removeprefix("/console")).text
    assert REPORT in page
    assert "091****777" not in page
    listed = words_of(lan.open("/conversations").text)
    assert "Hội thoại kín số được giấu" in listed
    assert "091****777" not in listed
    assert f"lan Đọc phiếu kín phiếu {secret}" in words_of(home.signed_in("quan").open("/audit").text)


def test_it_is_answered_and_given_only_to_others_who_are_named(home: Village, secret: str) -> None:
    lan = home.signed_in("lan")
    page = f"/tickets/{secret}"
    assert lan.send(page, text="Đã nhận.").status_code == 302
    assert "hoa" not in words_of(lan.open(page).text.split('name="owner"')[1].split("</select>")[0])
    refused = lan.send(f"{page}/assign", page=page, owner="hoa")
    assert refused.status_code == 422
    assert "không được giao phiếu kín" in words_of(refused.text)


def test_a_confidential_one_shows_no_number_to_call(home: Village) -> None:
    with home.database.write() as session:
        lan = official_named(session, "lan")
        set_post(session, lan, "Sở", None, None, NOW, "test")
        add_duty(session, lan, None, None, True, NOW, "test")
    code = opened(home, heard(home, "gọi em", address=DONOR), Reason.CALL_BACK, confidential=True)
    hand = home.signed_in("lan")
    assert "Hiện số" not in words_of(hand.open(f"/tickets/{code}").text)
    assert hand.send(f"/tickets/{code}/number", page=f"/tickets/{code}").status_code == 404


def test_who_is_in_danger_can_be_called_by_those_named_and_by_nobody_else(home: Village) -> None:
    with home.database.write() as session:
        lan = official_named(session, "lan")
        set_post(session, lan, "Sở", None, None, NOW, "test")
        add_duty(session, lan, None, None, True, NOW, "test")
    code = opened(home, heard(home, "nước ngập tới mái", address=DONOR), Reason.DANGER, confidential=True, urgent=True)
    page = f"/tickets/{code}"
    hand = home.signed_in("lan")
    assert "0987111222" not in hand.open(page).text
    assert "Số máy: 0987111222" in words_of(hand.send(f"{page}/number", page=page).text)
    assert home.signed_in("hoa").send(f"{page}/number", page="/conversations").status_code == 404
