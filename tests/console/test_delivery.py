"""How texts leave, and what a person decides about those whose fate nobody knows."""

import re
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update

from foundation.message_class import MessageClass
from people import AuditEntry
from scheduler.outbox import OutboundMessage, State
from scheduler.outbox.models import GatewayState
from scheduler.outbox.states import CircuitState
from tests.console.chromium import Desk, look
from tests.console.village import Hand, Village, heard, sending, words_of

TEXT = "Mời bà con họp thôn."
PRIVATE = "Câu trả lời riêng cho một người."
OF_BROADCASTS = OutboundMessage.batch_id.is_not(None)
"""The village has an answer in its outbox already."""


def uncertain(home: Village, ago: timedelta = timedelta(days=2), **how: Any) -> list[str]:
    """A broadcast to three whose texts all became uncertain so long ago; their references."""
    sending(home, text=TEXT, **how)
    with home.database.write() as session:
        left = {"state": State.UNKNOWN, "detail": "gateway raised", "sent_at": home.now - ago}
        session.execute(update(OutboundMessage).where(OF_BROADCASTS).values(left))
        return list(
            session.scalars(select(OutboundMessage.reference).where(OF_BROADCASTS).order_by(OutboundMessage.id))
        )


def rest(home: Village, circuit: CircuitState = CircuitState.OPEN, because: str = "errors: 62% of 45") -> None:
    """The simulator's gateway rests."""
    with home.database.write() as session:
        session.add(
            GatewayState(
                gateway="simulator",
                free_at=0,
                circuit=circuit,
                since=home.now,
                retry_at=home.now + timedelta(minutes=5),
                because=because,
            )
        )


def states(home: Village) -> list[str]:
    with home.database.read() as session:
        return list(session.scalars(select(OutboundMessage.state).where(OF_BROADCASTS).order_by(OutboundMessage.id)))


def deeds(home: Village) -> list[tuple[str, str]]:
    with home.database.read() as session:
        kinds = ("message", "gateway")
        found = session.scalars(select(AuditEntry).where(AuditEntry.subject_kind.in_(kinds)).order_by(AuditEntry.id))
        return [(entry.actor, entry.action) for entry in found]


def decide(hand: Hand, references: list[str], decision: str, **more: str) -> str:
    """Send the decision; what the page says then."""
    sent = hand.send("/delivery/decide", page="/delivery", reference=references, decision=decision, **more)
    assert sent.status_code == 302
    return words_of(hand.open("/delivery").text)


def test_the_page_says_what_waits_and_that_all_is_well(home: Village) -> None:
    sending(home)
    page = words_of(home.signed_in("minh").open("/delivery").text)
    assert "simulator đang gửi tốt" in page
    assert "Thông tin chính sách simulator 3 3 0 0 giây" in page
    assert "Tin chưa rõ số phận 0 Không có tin nào." in page


def test_a_gateway_that_rests_says_why_and_until_when(home: Village) -> None:
    rest(home)
    minh = home.signed_in("minh")
    page = words_of(minh.open("/delivery").text)
    assert "đang nghỉ" in page and "vì nhiều tin gửi hỏng (62% trong 45 tin), thử lại lúc 09:05 20/11/2026" in page
    assert minh.send("/delivery/gateways/simulator/try", page="/delivery").status_code == 302
    assert "Đang thử lại cổng simulator" in words_of(minh.open("/delivery").text)
    assert deeds(home) == [("minh", "gateway.try_now")] and home.nudges == 1
    with home.database.read() as session:
        assert session.get_one(GatewayState, "simulator").retry_at == home.now


def test_a_gateway_on_trial_is_not_pushed(home: Village) -> None:
    rest(home, CircuitState.HALF_OPEN)
    minh = home.signed_in("minh")
    page = words_of(minh.open("/delivery").text)
    assert "đang thử lại bằng vài tin" in page and "Thử lại ngay" not in page


ENDS = [("arrived", State.SENT, "Đã ghi: 3 tin đã đến."), ("lost", State.FAILED, "Đã ghi: 3 tin không đến.")]


@pytest.mark.parametrize(("decision", "state", "told"), ENDS)
def test_who_approves_decides_about_a_whole_broadcast(home: Village, decision: str, state: State, told: str) -> None:
    references = uncertain(home)
    minh = home.signed_in("minh")
    page = words_of(minh.open("/delivery").text)
    assert "Tin chưa rõ số phận 3" in page and TEXT in page and "cổng gửi tin gặp lỗi" in page
    assert "gửi lại tốn thêm 1.500 đồng" in page and "Gửi lại cả 3 tin" in page
    assert told in decide(minh, references, decision)
    assert states(home) == [state] * 3
    assert deeds(home) == [("minh", f"message.{decision}")] * 3


def test_resending_makes_new_messages_and_wakes_the_worker(home: Village) -> None:
    references = uncertain(home)
    minh = home.signed_in("minh")
    assert "Đang gửi lại 3 tin." in decide(minh, references, "resend")
    assert states(home) == [State.FAILED] * 3 + [State.QUEUED] * 3
    assert home.nudges == 1
    assert "đã được gửi lại rồi" in decide(minh, references[:1], "resend")
    assert len(states(home)) == 6


def test_before_the_carrier_has_had_its_time_a_reason_is_asked_for(home: Village) -> None:
    references = uncertain(home, ago=timedelta(hours=2))
    minh = home.signed_in("minh")
    assert "Nhà mạng còn có thể báo về đến 07:00 22/11/2026" in words_of(minh.open("/delivery").text)
    assert "Nhà mạng còn có thể báo" in decide(minh, references, "resend", because=" ")
    assert states(home) == [State.UNKNOWN] * 3
    assert "Đang gửi lại 3 tin." in decide(minh, references, "resend", because="đã gọi hỏi trưởng thôn")


def test_one_text_of_many_is_decided_alone(home: Village) -> None:
    references = uncertain(home)
    decide(home.signed_in("minh"), references[1:2], "arrived")
    assert states(home) == [State.UNKNOWN, State.SENT, State.UNKNOWN]


@pytest.mark.parametrize("name", ["lan", "hoa"])
def test_who_may_not_approve_sees_no_text_and_decides_nothing(home: Village, name: str) -> None:
    references = uncertain(home)
    rest(home)
    hand = home.signed_in(name)
    page = hand.open("/delivery")
    assert page.status_code == (200 if name == "lan" else 403)
    assert TEXT not in page.text and "0912" not in page.text
    assert 'name="decision"' not in page.text and "Thử lại ngay" not in page.text
    sent = {"reference": references, "decision": "lost"}
    assert hand.send("/delivery/decide", page="/", **sent).status_code == 403
    assert hand.send("/delivery/gateways/simulator/try", page="/").status_code == 403
    assert states(home) == [State.UNKNOWN] * 3 and deeds(home) == []


def test_of_an_answer_neither_the_number_nor_the_words_are_shown(home: Village) -> None:
    heard(home, "hỏi riêng", reply=PRIVATE)
    with home.database.write() as session:
        left = {"state": State.UNKNOWN, "sent_at": home.now - timedelta(days=2)}
        replies = update(OutboundMessage).where(OutboundMessage.message_class == MessageClass.REPLY)
        assert session.execute(replies.values(left).returning(OutboundMessage.id)).first()
    page = home.signed_in("minh").open("/delivery").text
    assert "Câu trả lời riêng, số được giấu" in page
    assert PRIVATE not in page and "777" not in words_of(page)


def test_numbers_are_masked(home: Village) -> None:
    uncertain(home)
    page = home.signed_in("minh").open("/delivery").text
    assert "091****001" in page and not re.search(r"\b0?9120000\d\d\b", page)


def test_without_the_pages_token_nothing_is_decided(home: Village) -> None:
    references = uncertain(home)
    minh = home.signed_in("minh")
    for path in ("/console/delivery/decide", "/console/delivery/gateways/simulator/try"):
        assert minh.client.post(path, data={"reference": references, "decision": "lost"}).status_code == 400
    assert states(home) == [State.UNKNOWN] * 3


WRONG = [{}, {"decision": "burn"}, {"decision": ""}]


@pytest.mark.parametrize("sent", WRONG)
def test_nonsense_is_refused(home: Village, sent: dict[str, str]) -> None:
    uncertain(home)
    assert home.signed_in("minh").send("/delivery/decide", page="/delivery", **sent).status_code == 400
    assert states(home) == [State.UNKNOWN] * 3


def test_nothing_chosen_and_nothing_known_is_told_so(home: Village) -> None:
    minh = home.signed_in("minh")
    assert "Chưa chọn tin nào." in decide(minh, [], "lost")
    assert "Không có tin nobody." in decide(minh, ["nobody"], "lost")


def test_refusals_are_counted_by_rule(home: Village) -> None:
    sending(home)
    with home.database.write() as session:
        session.execute(update(OutboundMessage).values(state=State.SUPPRESSED, detail="opt_out"))
    page = words_of(home.signed_in("lan").open("/delivery").text)
    assert "Người nhận đã từ chối nhận tin. 3" in page


def test_the_first_page_says_what_waits_for_a_decision(home: Village) -> None:
    title = "Tin chưa rõ số phận"
    minh = home.signed_in("minh")
    assert title not in minh.open("/").text
    rest(home)
    assert "Cổng simulator: nhiều tin gửi hỏng" in words_of(minh.open("/").text)
    uncertain(home)
    assert f"{title} 3" in words_of(minh.open("/").text)
    assert title not in home.signed_in("lan").open("/").text


@pytest.mark.timeout(180)
def test_it_is_decided_in_a_browser(desk: Desk) -> None:
    uncertain(desk.home, ago=timedelta(hours=2))
    rest(desk.home)
    desk.log_in("minh")
    page = desk.page
    look(page)
    page.get_by_role("link", name="Xem và quyết định").click()
    expect(page.get_by_role("heading", name="Gửi tin", exact=True)).to_be_visible()
    page.get_by_text("Từng tin").click()
    look(page)
    first = page.locator("details li").first
    first.get_by_role("button", name="Đã đến").click()
    expect(page.get_by_role("status")).to_contain_text("Đã ghi: 1 tin đã đến.")
    page.get_by_label("Lý do, nếu gửi lại ngay").first.fill("đã gọi hỏi trưởng thôn")
    page.get_by_role("button", name="Gửi lại cả 2 tin").click()
    expect(page.get_by_role("status")).to_contain_text("Đang gửi lại 2 tin.")
    page.get_by_role("button", name="Thử lại ngay").click()
    expect(page.get_by_role("status")).to_contain_text("Đang thử lại cổng simulator")
    look(page)
