"""Tickets, pledges and the audit log as officials see them."""

import pytest

from bot.exchange import Reason
from bot.models import Inbound, Ticket, TicketStatus
from bot.tickets.handling import ticket_by_code
from foundation.message_class import MessageClass
from people import SuppressionReason, official_named, register_phone, set_post, suppress
from scheduler.outbox import OutboundMessage
from tests.console.village import (
    ASKER,
    CODE,
    DONOR,
    PHONES,
    QUESTION,
    Village,
    heard,
    hidden_fields,
    opened,
    words_of,
)

ANSWER = "Xã đã lập danh sách, dự kiến làm trong tháng 12."


def test_the_list_marks_what_is_overdue(home: Village) -> None:
    page = words_of(home.signed_in("hoa").open("/tickets").text)
    what = f"{CODE} {QUESTION} Câu hỏi · hỗ trợ nhà ở do thiên tai, cháy · chưa rõ nơi quan 09:00 19/11/2026"
    assert f"{what} 19/11/2026 quá hạn đang chờ" in page


@pytest.mark.parametrize(("status", "listed"), [("open", True), ("answered", False), ("closed", False), ("?", True)])
def test_the_list_can_be_narrowed(home: Village, status: str, listed: bool) -> None:
    assert (CODE in home.signed_in("hoa").open(f"/tickets?status={status}").text) is listed


def test_a_ticket_shows_the_conversation_and_why_the_machine_said_so(home: Village) -> None:
    page = words_of(home.signed_in("hoa").open(f"/tickets/{CODE}").text)
    assert page.index(QUESTION) < page.index("Đã chuyển cho cán bộ")
    assert "nên chuyển cho cán bộ." in page
    assert "Dựa vào hỗ trợ nhà ở do thiên tai, cháy Văn bản 90/QĐ-TTg, Điều 1" in page
    assert "Trao đổi với 091****777" in page


def test_an_answer_goes_out_as_a_reply_the_way_the_question_came(home: Village) -> None:
    hoa = home.signed_in("hoa")
    assert hoa.send(f"/tickets/{CODE}", text=ANSWER).status_code == 302
    with home.database.read() as session:
        sent = session.query(OutboundMessage).filter_by(template="ticket").one()
        assert (sent.address, sent.text) == (ASKER, f"{CODE}: {ANSWER}")
        assert (sent.message_class, sent.approver, sent.gateway) == (MessageClass.REPLY, "hoa", "simulator")
    assert home.nudges == 1
    page = words_of(hoa.open(f"/tickets/{CODE}").text)
    assert "đã trả lời" in page
    assert f"{CODE}: {ANSWER} Cán bộ hoa" in page


def test_an_answer_is_counted_with_the_code_it_carries(home: Village) -> None:
    page = f"/tickets/{CODE}"
    answer = home.signed_in("hoa").send(f"{page}/count", page=page, text="ế" * 60)
    assert words_of(answer.text) == "2 đoạn · 71 ký tự · UCS-2"


@pytest.mark.parametrize(("text", "words"), [(" ", "Viết câu trả lời."), ("ế" * 500, "nhiều nhất 6")])
def test_an_answer_that_cannot_be_sent_stays_in_the_form(home: Village, text: str, words: str) -> None:
    answer = home.signed_in("hoa").send(f"/tickets/{CODE}", text=text)
    assert answer.status_code == 422
    assert words in words_of(answer.text)
    assert text.strip() in answer.text
    assert home.nudges == 0


def test_what_the_book_says_is_put_into_the_answer_with_its_source(home: Village) -> None:
    hoa = home.signed_in("hoa")
    page = f"/tickets/{CODE}"
    offered = hoa.open(page).text
    assert '<option selected value="house_disaster">' in offered  # what the ticket is about
    answer = hoa.send(f"{page}/insert", page=page, text="Chào bà con.", subject="house_disaster", facet="documents")
    assert answer.status_code == 200
    said = "Chào bà con.\nTờ khai Mẫu số 06; hỏi mẫu ở UBND xã hoặc trưởng thôn. Nên chụp ảnh nhà hư hỏng."
    assert f"{said}\nNguồn: NĐ 20/2021, Điều 15</textarea>" in answer.text
    assert "Đã chèn. Câu này chưa có người duyệt" in words_of(answer.text)
    assert "Trao đổi với" in answer.text
    assert home.nudges == 0


def test_what_was_asked_is_offered_first(home: Village) -> None:
    code = opened(home, heard(home, "can giay to gi", intent="ask_documents"))
    page = home.signed_in("hoa").open(f"/tickets/{code}").text
    assert '<option selected value="documents">' in page
    assert '<option selected value="">Chọn việc' in page


@pytest.mark.parametrize(
    ("subject", "facet", "says"),
    [
        ("", "what", "Chọn việc cần chèn."),
        ("moon", "what", "Sổ chính sách không nói gì về việc này."),
        ("house_disaster", "colour", "Sổ chính sách không nói gì về việc này."),
        ("house_disaster", "list", "Không có câu riêng, đã chèn câu về là gì."),
    ],
)
def test_what_is_not_in_the_book_is_said(home: Village, subject: str, facet: str, says: str) -> None:
    page = f"/tickets/{CODE}"
    answer = home.signed_in("hoa").send(f"{page}/insert", page=page, text="Chào.", subject=subject, facet=facet)
    assert says in words_of(answer.text)
    assert "Chào." in answer.text


def test_an_answer_by_another_stays_unseen_while_something_is_put_in(home: Village) -> None:
    hoa, lan = home.signed_in("hoa"), home.signed_in("lan")
    page = f"/tickets/{CODE}"
    lan.send(page, text="Mai cán bộ đến.")
    values = {"text": "x", "subject": "house_disaster", "facet": "what", "seen": "0"}
    token = hidden_fields(hoa.open(page).text)["csrf_token"]
    part = hoa.client.post(
        f"/console{page}/insert", data={**values, "csrf_token": token}, headers={"HX-Request": "true"}
    )
    assert "<h1>" not in part.text
    assert hidden_fields(part.text)["seen"] == "0"


def test_a_ticket_is_given_to_somebody_else_on_record(home: Village) -> None:
    hoa = home.signed_in("hoa")
    page = f"/tickets/{CODE}"
    assert "Người phụ trách quan" in words_of(hoa.open(page).text)
    assert hoa.send(f"{page}/assign", page=page, owner="lan").status_code == 302
    shown = words_of(hoa.open(page).text)
    assert f"Đã giao phiếu {CODE} cho lan." in shown
    assert "Người phụ trách lan" in shown
    assert stored(home).owner == "lan"
    audit = words_of(home.signed_in("quan").open("/audit").text)
    assert f"hoa Giao phiếu phiếu {CODE} người phụ trách: lan, trước đó: quan" in audit


@pytest.mark.parametrize(("owner", "says"), [("", "Chọn người phụ trách."), ("nobody", "Không có người dùng «nobody»")])
def test_a_ticket_is_given_to_nobody_unknown(home: Village, owner: str, says: str) -> None:
    page = f"/tickets/{CODE}"
    answer = home.signed_in("hoa").send(f"{page}/assign", page=page, owner=owner)
    assert answer.status_code == 422
    assert says in words_of(answer.text)
    assert stored(home).owner == "quan"


def test_who_asked_to_be_called_is_called_and_looking_at_the_number_is_on_record(home: Village) -> None:
    asked = heard(home, "gọi lại cho em buổi tối nhé", address=DONOR)
    code = opened(home, asked, Reason.CALL_BACK, hour="buổi tối", language="tiếng Xơ Đăng")
    hoa = home.signed_in("hoa")
    page = f"/tickets/{code}"
    shown = words_of(hoa.open(page).text)
    assert "Gọi lúc buổi tối Tiếng tiếng Xơ Đăng" in shown
    assert "0987111222" not in shown
    assert "Số máy: 0987111222" in words_of(hoa.send(f"{page}/number", page=page).text)
    assert "0987111222" not in hoa.open(page).text
    assert f"hoa Xem số máy để gọi lại phiếu {code}" in words_of(home.signed_in("quan").open("/audit").text)


def test_the_number_of_who_only_asked_something_is_shown_to_nobody(home: Village) -> None:
    page = f"/tickets/{CODE}"
    hoa = home.signed_in("hoa")
    assert "Hiện số" not in hoa.open(page).text
    assert hoa.send(f"{page}/number", page=page).status_code == 404


def test_two_officials_or_two_clicks_do_not_answer_at_once(home: Village) -> None:
    hoa, lan = home.signed_in("hoa"), home.signed_in("lan")
    hoa.send(f"/tickets/{CODE}", text=ANSWER)
    second = lan.send(f"/tickets/{CODE}", text="Mai cán bộ đến.", seen="0")
    assert second.status_code == 422
    assert "Vừa có một câu trả lời khác" in words_of(second.text)
    assert "Mai cán bộ đến." in second.text
    assert lan.send(f"/tickets/{CODE}", text="Mai cán bộ đến.").status_code == 302


def test_a_closed_ticket_is_answered_no_more(home: Village) -> None:
    hoa = home.signed_in("hoa")
    page = f"/tickets/{CODE}"
    assert hoa.send(f"{page}/close", page=page).status_code == 302
    assert stored(home).status == TicketStatus.CLOSED
    assert "Gửi câu trả lời" not in words_of(hoa.open(page).text)
    late = hoa.send(page, page="/", text=ANSWER, seen="0")
    assert late.status_code == 422
    assert f"Phiếu {CODE} đã đóng, không trả lời được nữa." in words_of(late.text)
    assert f"Câu trả lời chưa gửi {ANSWER}" in words_of(late.text)  # what was typed is not lost
    with home.database.read() as session:
        assert session.query(OutboundMessage).filter_by(template="ticket").count() == 0


def test_an_owner_whom_no_notice_reaches_is_told_of_beside_the_ticket(home: Village) -> None:
    hoa = home.signed_in("hoa")
    page = f"/tickets/{CODE}"
    untold = "Không báo được cho quan bằng tin nhắn"
    assert f"{untold}: chưa có số máy nhận tin." in words_of(hoa.open(page).text)
    with home.database.write() as session:
        quan = official_named(session, "quan")
        set_post(session, quan, "UBND tỉnh", None, None, home.now, "test")
        register_phone(session, quan, "sms", PHONES[0], home.now, "test")
    assert untold not in words_of(hoa.open(page).text)
    with home.database.write() as session:
        suppress(session, "sms", PHONES[0], SuppressionReason.OPT_OUT, home.now)
    assert f"{untold}: đã từ chối nhận tin; nhắn DANG KY từ máy mình để nhận lại." in words_of(hoa.open(page).text)
    hoa.send(f"{page}/close", page=page)
    assert untold not in words_of(hoa.open(page).text)


def test_pledges_are_listed_with_their_totals(home: Village) -> None:
    page = words_of(home.signed_in("lan").open("/pledges").text)
    assert "Lượt đăng ký 2 Tổng số tiền hứa 200.000 đồng Chưa nói số tiền 1" in page
    assert "098****222 200.000 đồng UNG HO 200K" in page


def test_an_administrator_reads_what_was_done(home: Village) -> None:
    home.signed_in("hoa").send(f"/tickets/{CODE}", text=ANSWER)
    page = words_of(home.signed_in("quan").open("/audit").text)
    assert f"hoa Trả lời phiếu phiếu {CODE}" in page
    assert "vai trò: người duyệt" in page


def test_an_opened_page_tells_what_waits(home: Village) -> None:
    page = words_of(home.signed_in("hoa").open("/").text)
    assert f"Phiếu chờ trả lời 1 1 quá hạn {QUESTION} {CODE}" in page
    assert "Đang gửi" not in page


def stored(home: Village) -> Ticket:
    with home.database.read() as session:
        return ticket_by_code(session, CODE)


def test_an_identity_number_from_before_it_was_masked_is_not_shown(home: Village) -> None:
    number = "049203001234"
    with home.database.write() as session:
        ticket = ticket_by_code(session, CODE)
        ticket.text = f"cccd {number}"
        for row in session.query(Inbound):
            row.text = f"số căn cước {number} của em"
    hoa = home.signed_in("hoa")
    for page in ("/", "/tickets", f"/tickets/{CODE}"):
        shown = hoa.open(page).text
        assert number not in shown
    assert "số căn cước ************ của em" in shown
