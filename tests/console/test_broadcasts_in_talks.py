"""What went to many people stands in the talk of each of them, so that an official sees what a text answers."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.exchange import Reason
from bot.numbers import forget_person
from campaigns.broadcasts import broadcast_by_id
from campaigns.models import Programme
from people import add_duty, official_named, set_post
from scheduler.outbox import OutboundMessage, State
from tests.console.village import NOW, PHONES, Village, heard, opened, sending, words_of

TEXT = "Nộp đơn sửa nhà từ 1/12 đến 15/12."
ASKED = "vậy tôi nộp ở đâu"
HOUR = timedelta(hours=1)
SENT = NOW + 24 * HOUR


def sent(home: Village, text: str = TEXT, at: datetime = SENT) -> int:
    """A broadcast that reached the whole group; its id."""
    broadcast_id = sending(home, text=text)
    with home.database.write() as session:
        batch_id = broadcast_by_id(session, broadcast_id).batch_id
        for message in session.scalars(select(OutboundMessage).where(OutboundMessage.batch_id == batch_id)):
            message.state, message.sent_at = State.DELIVERED, at
    return broadcast_id


def test_a_broadcast_stands_before_the_text_that_answers_it_with_its_kind_and_plan(home: Village) -> None:
    heard(home, "chào", address=PHONES[0], at=SENT - HOUR, reply="Chào bà con.")
    broadcast_id = sent(home)
    with home.database.write() as session:
        programme = Programme(title="Xóa nhà tạm 2026", created_at=NOW)
        session.add(programme)
        session.flush()
        broadcast_by_id(session, broadcast_id).programme_id = programme.id
    number = heard(home, ASKED, address=PHONES[0], at=SENT + HOUR)
    code = opened(home, number)
    hoa = home.signed_in("hoa")
    for path in (f"/conversations/{number}", f"/tickets/{code}"):
        page = words_of(hoa.open(path).text)
        assert page.index("Chào bà con.") < page.index(TEXT) < page.index(ASKED)
        assert page.count(TEXT) == 1
        told = "Tin gửi nhiều người (Thông tin chính sách, Xóa nhà tạm 2026) · 09:00 21/11/2026 · đã tới máy"
        assert f"{TEXT} {told}" in page


def test_one_that_belongs_to_no_plan_tells_its_kind_alone(home: Village) -> None:
    sent(home)
    number = heard(home, ASKED, address=PHONES[0], at=SENT + HOUR)
    page = words_of(home.signed_in("hoa").open(f"/conversations/{number}").text)
    assert f"{TEXT} Tin gửi nhiều người (Thông tin chính sách) ·" in page


def test_what_never_left_us_or_went_to_others_is_not_shown(home: Village) -> None:
    sending(home, text="Tin còn chờ gửi.")
    sent(home)
    hoa = home.signed_in("hoa")
    number = heard(home, ASKED, address=PHONES[0], at=SENT + HOUR)
    assert "Tin còn chờ gửi." not in hoa.open(f"/conversations/{number}").text
    stranger = heard(home, ASKED, address="+84912000099", at=SENT + HOUR)
    assert TEXT not in hoa.open(f"/conversations/{stranger}").text


def test_who_has_the_number_now_did_not_get_what_went_to_the_one_before(home: Village) -> None:
    before = heard(home, "chào", address=PHONES[0], at=SENT - HOUR)
    sent(home)
    with home.database.write() as session:
        forget_person(session, "sms", PHONES[0], SENT + HOUR)
    number = heard(home, ASKED, address=PHONES[0], at=SENT + 2 * HOUR)
    hoa = home.signed_in("hoa")
    assert TEXT not in hoa.open(f"/conversations/{number}").text
    assert TEXT in hoa.open(f"/conversations/{before}").text


@pytest.mark.parametrize(("minute", "on_the_newer_page"), [(5.5, True), (4.5, False), (60, True)])
def test_between_two_pages_it_stands_once_with_what_may_answer_it(
    home: Village, minute: float, on_the_newer_page: bool
) -> None:
    sent(home, at=SENT + timedelta(minutes=minute))
    numbers = [heard(home, f"tin số {n}.", address=PHONES[0], at=SENT + timedelta(minutes=n)) for n in range(56)]
    hoa = home.signed_in("hoa")
    newer = hoa.open(f"/conversations/{numbers[-1]}").text
    older = hoa.open(f"/conversations/{numbers[-1]}?before={numbers[6]}").text
    assert ("tin số 6." in newer, "tin số 5." in older) == (True, True)
    assert (TEXT in newer, TEXT in older) == (on_the_newer_page, not on_the_newer_page)


def test_a_page_before_the_first_text_is_empty(home: Village) -> None:
    sent(home)
    number = heard(home, ASKED, address=PHONES[0], at=SENT + HOUR)
    assert TEXT not in home.signed_in("hoa").open(f"/conversations/{number}?before={number}").text


def test_an_old_ticket_still_shows_what_its_text_answered(home: Village) -> None:
    sent(home)
    code = opened(home, heard(home, ASKED, address=PHONES[0], at=SENT + HOUR))
    for n in range(60):
        heard(home, f"tin số {n}.", address=PHONES[0], at=SENT + 2 * HOUR + timedelta(minutes=n))
    page = words_of(home.signed_in("hoa").open(f"/tickets/{code}").text)
    assert page.count(TEXT) == 1
    assert page.index(TEXT) < page.index(ASKED)
    assert "tin số 9." not in page  # between them is more than a page


def test_beside_a_confidential_ticket_it_is_shown_and_tells_nothing(home: Village) -> None:
    with home.database.write() as session:
        lan = official_named(session, "lan")
        set_post(session, lan, "Sở", None, None, NOW, "test")
        add_duty(session, lan, None, None, True, NOW, "test")
    asked = heard(home, "cán bộ đòi 500k", address=PHONES[0], at=SENT - 48 * HOUR)
    secret = opened(home, asked, Reason.CORRUPTION, confidential=True)
    sent(home)
    code = opened(home, heard(home, ASKED, address=PHONES[0], at=SENT + HOUR))
    page = words_of(home.signed_in("hoa").open(f"/tickets/{code}").text)
    assert page.index(TEXT) < page.index(ASKED)
    assert "500k" not in page
    assert secret not in page
