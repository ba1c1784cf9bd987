"""A broadcast's way through the console: written, submitted, decided on by another, watched."""

from pathlib import Path

import pytest
from sqlalchemy import update

from bot.answering import shipped_rules
from campaigns import broadcasts
from campaigns.audiences.columns import register_columns
from campaigns.audiences.objections import audience_named, object_to
from campaigns.audiences.saving import save
from campaigns.models import Broadcast, Programme, Status
from campaigns.sending import finish
from foundation.clock import parse_time, today
from foundation.holidays import SHIPPED
from people.register import Basis, Source, import_register
from scheduler import outbox
from scheduler.outbox import OutboundMessage, State
from tests.console.village import NOW, ROUTE, Hand, Village, draft, official, sending, submitted, words_of
from tests.people.sheets import write_csv

TEXT = "Mời bà con họp thôn lúc 8 giờ sáng thứ Bảy."
FORM = {
    "text": TEXT,
    "group": "1",
    "message_class": "public_information",
    "scheduled_at": "2026-11-21T08:00",
    "expires_at": "",
    "do": "save",
}
CONDITION = "may_qualify(electricity)"
HOUSEHOLDS = (
    "Mã hộ,Xã,SĐT,Loại hộ\nM1,Măng Ri,0912000001,hộ nghèo\nM2,Măng Ri,0912000002,hộ nghèo\n"
    "P1,Đăk Pék,0912000004,hộ nghèo\n"
)


def test_one_writes_and_another_approves(home: Village) -> None:
    lan, minh = home.signed_in("lan"), home.signed_in("minh")
    written = lan.send("/broadcasts/new", **FORM)
    assert written.location == "/console/broadcasts/1"
    assert stored(home).scheduled_at == parse_time("2026-11-21 08:00")
    assert "Đã trình" in act(lan, "submit")
    assert "Chờ tôi duyệt 1" in words_of(minh.open("/").text)
    page = words_of(minh.open("/broadcasts/1").text)
    assert "Tin do lan viết; bạn là minh , người khác, nên được duyệt" in page
    assert "1.500 đồng" in page
    assert "Đã duyệt" in act(minh, "approve")
    approved = stored(home)
    assert (approved.status, approved.approved_by) == (Status.SCHEDULED, "minh")


def test_the_approver_sees_how_a_group_was_worked_out_and_who_objects(home: Village, tmp_path: Path) -> None:
    group = worked_out(home, tmp_path)
    lan, minh = home.signed_in("lan"), home.signed_in("minh")
    lan.send("/broadcasts/new", **{**FORM, "group": str(group), "scheduled_at": "2026-11-28T08:00"})
    act(lan, "submit")
    page = words_of(minh.open("/broadcasts/1").text)
    assert f"Nói về {shipped_rules().benefit('electricity').title} Người nhận tiền điện: 3 người" in page
    assert f"Điều kiện {CONDITION} Xét theo ngày 20/11/2026" in page
    assert "phản đối trước ngày 25/11/2026 ; từ ngày ấy mới duyệt được" in page
    assert "không được để lộ, vì sao chọn người nhận" in page
    assert "Phản đối 0 trên 2 xã" in page
    with home.database.write() as session:
        quan, found = official(session, "quan"), audience_named(session, "tiền điện")
        object_to(session, found, "xã Măng Ri", quan, "đã chi trả", home.now)
    home.now = parse_time("2026-11-25 09:00")
    page = words_of(home.signed_in("minh").open("/broadcasts/1").text)
    assert "đã hết hạn từ ngày 25/11/2026" in page
    assert "Phản đối 1 trên 2 xã, đã bỏ 2 hộ xã Măng Ri (Quảng Ngãi), 2 hộ quan: đã chi trả" in page


def test_a_group_that_was_put_together_by_hand_has_no_condition(home: Village) -> None:
    submitted(home)
    assert "lập từ điều kiện" not in words_of(home.signed_in("minh").open("/broadcasts/1").text)


def test_nobody_approves_their_own(home: Village) -> None:
    submitted(home, writer="minh")
    minh = home.signed_in("minh")
    page = words_of(minh.open("/broadcasts/1").text)
    assert "Bạn có viết tin này nên không tự duyệt được" in page
    assert "Duyệt tin này" not in page
    # Sent by hand all the same, with what a page would have carried:
    seen = seen_by(home.signed_in("quan"))
    minh.send("/broadcasts/1/approve", page="/broadcasts/1", seen=seen)
    assert "không được tự duyệt" in words_of(minh.open("/broadcasts/1").text)
    assert stored(home).status == Status.SUBMITTED


def test_who_changed_a_text_does_not_approve_it_either(home: Village) -> None:
    draft(home)
    minh = home.signed_in("minh")
    minh.send("/broadcasts/1/edit", **FORM)
    act(minh, "submit")
    page = words_of(minh.open("/broadcasts/1").text)
    assert "sửa: minh" in page
    assert "Duyệt tin này" not in page
    assert "Duyệt tin này" in words_of(home.signed_in("quan").open("/broadcasts/1").text)


def test_what_the_scheduler_stopped_is_shown_with_its_reason_and_sent_on(home: Village) -> None:
    sending(home)
    with home.database.write() as session:
        outbox.pause(session, stored(home).batch_id or 0, "gateway: Kannel answered 403", home.now)
    minh = home.signed_in("minh")
    page = words_of(minh.open("/broadcasts/1").text)
    assert "Tin 1 tạm dừng" in page
    assert "Đang dừng: cổng gửi tin báo: Kannel answered 403." in page
    assert "Đang gửi tiếp" in act(minh, "resume")


def test_nobody_approves_what_they_have_not_seen(home: Village) -> None:
    submitted(home)
    minh = home.signed_in("minh")
    seen = seen_by(minh)
    lan = home.signed_in("lan")
    lan.send("/broadcasts/1/edit", **{**FORM, "text": "Nội dung khác hẳn."})
    act(lan, "submit")
    minh.send("/broadcasts/1/approve", page="/broadcasts/1", seen=seen)
    assert "Tin đã thay đổi từ lúc mở trang" in words_of(minh.open("/broadcasts/1").text)
    assert stored(home).status == Status.SUBMITTED


def test_a_returned_broadcast_says_why_and_can_be_written_again(home: Village) -> None:
    submitted(home)
    minh, lan = home.signed_in("minh"), home.signed_in("lan")
    assert "Trả lại thì phải ghi lý do" in act(minh, "return", because=" ")
    assert "Đã trả lại" in act(minh, "return", because="Ghi rõ họp ở đâu.")
    assert "Ghi rõ họp ở đâu." in words_of(lan.open("/").text)
    assert "Ghi rõ họp ở đâu." in words_of(lan.open("/broadcasts/1/edit").text)
    changed = lan.send("/broadcasts/1/edit", **{**FORM, "text": f"{TEXT} Tại nhà văn hóa."})
    assert changed.location == "/console/broadcasts/1"
    assert stored(home).status == Status.DRAFT
    assert "nhà văn hóa" in stored(home).text


OFFERED = [
    ("lan", Status.DRAFT, {"submit", "edit", "cancel"}),
    ("lan", Status.SUBMITTED, {"edit", "cancel"}),
    ("minh", Status.SUBMITTED, {"approve", "return", "edit", "cancel"}),
    ("lan", Status.SCHEDULED, {"edit", "cancel"}),
    ("lan", Status.SENDING, {"pause", "cancel"}),
    ("lan", Status.PAUSED, {"cancel"}),
    ("minh", Status.PAUSED, {"resume", "cancel"}),
    ("minh", Status.DONE, set()),
    ("minh", Status.CANCELLED, set()),
    ("minh", Status.MISSED, set()),
]


@pytest.mark.parametrize(("name", "status", "offered"), OFFERED)
def test_only_what_status_and_right_allow_is_offered(
    home: Village, name: str, status: Status, offered: set[str]
) -> None:
    sending(home)
    with home.database.write() as session:
        session.execute(update(Broadcast).values(status=status))
    page = home.signed_in(name).open("/broadcasts/1").text
    actions = ("submit", "approve", "return", "pause", "resume", "cancel", "edit")
    assert {action for action in actions if f'/broadcasts/1/{action}"' in page} == offered


def test_pausing_resuming_and_cancelling(home: Village) -> None:
    sending(home)
    minh = home.signed_in("minh")
    assert "Đang dừng: tạm dừng bởi minh." in act(minh, "pause")
    nudges = home.nudges
    assert "Đang gửi tiếp" in act(minh, "resume")
    assert home.nudges == nudges + 1
    assert "Đã hủy tin" in act(minh, "cancel")
    assert "đã hủy 3" in words_of(minh.open("/broadcasts/1").text)
    assert "không chuyển sang" in act(minh, "cancel")


def test_progress_tells_states_and_reasons_and_moves_by_itself(home: Village) -> None:
    sending(home)
    with home.database.write() as session:
        first, second, _ = session.query(OutboundMessage).filter_by(batch_id=1)
        first.state, second.state, second.detail = State.DELIVERED, State.SUPPRESSED, "opt_out"
    lan = home.signed_in("lan")
    page = words_of(lan.open("/broadcasts/1").text)
    assert "1 trên 3 tin đã tới máy" in page
    assert "người nhận đã từ chối nhận tin: 1" in page
    assert 'hx-trigger="every 2s"' in lan.open("/broadcasts/1").text
    part = lan.open("/broadcasts/1/progress?seen=sending").text
    assert "<html" not in part
    assert "1 trên 3" in words_of(part)


def test_a_page_whose_broadcast_has_got_another_status_loads_itself_anew(home: Village) -> None:
    sending(home)
    answer = home.signed_in("lan").open("/broadcasts/1/progress?seen=scheduled")
    assert answer.headers["HX-Refresh"] == "true"


def test_a_finished_broadcast_is_left_alone_once_nothing_is_under_way(home: Village) -> None:
    sending(home)
    with home.database.write() as session:
        session.execute(update(OutboundMessage).values(state=State.ACCEPTED))
    finish(home.database, home.now)
    lan = home.signed_in("lan")
    assert 'hx-trigger="every 15s"' in lan.open("/broadcasts/1").text
    with home.database.write() as session:
        session.execute(update(OutboundMessage).values(state=State.DELIVERED))
    assert "hx-trigger" not in lan.open("/broadcasts/1").text


def test_the_first_page_shows_what_goes_out_now(home: Village) -> None:
    sending(home, text="Tiêm phòng sáng mai.")
    page = words_of(home.signed_in("lan").open("/").text)
    assert "Tiêm phòng sáng mai. đang gửi 0/3 đã tới máy" in page


def test_the_list_goes_on_to_older_ones(home: Village) -> None:
    for number in range(51):
        draft(home, text=f"Tin thứ {number:02d}.")
    lan = home.signed_in("lan")
    newest = lan.open("/broadcasts").text
    assert "Tin thứ 50." in newest
    assert "Tin thứ 00." not in newest
    assert "Tin thứ 00." in lan.open("/broadcasts?before=2").text


def test_the_plan_that_a_broadcast_rests_on_is_chosen_and_shown(home: Village) -> None:
    with home.database.write() as session:
        session.add(Programme(title="Kế hoạch truyền thông", number="168/KH-UBND", created_at=NOW))
    lan = home.signed_in("lan")
    lan.send("/broadcasts/new", **FORM, programme="1")
    assert "168/KH-UBND: Kế hoạch truyền thông" in words_of(lan.open("/broadcasts/1").text)


def act(hand: Hand, action: str, **values: str) -> str:
    """Press a button of the first broadcast's page; what is read afterwards."""
    answer = hand.send(f"/broadcasts/1/{action}", page="/broadcasts/1", **values)
    assert answer.status_code == 302
    return words_of(hand.open("/broadcasts/1").text)


def worked_out(home: Village, folder: Path) -> int:
    """The group of two communes whose households may get help with electricity."""
    rules = shipped_rules()
    with home.database.write() as session:
        lan, source = official(session, "lan"), Source("huyện cũ", Basis.STATE_TASK, "12/QĐ-UBND")
        file = write_csv(folder / "h.csv", HOUSEHOLDS)
        import_register(session, file, None, source, register_columns(rules.inputs), lan, home.now)
        saved = save(session, "tiền điện", CONDITION, lan, rules, today(home.now), ROUTE.channel, 3, SHIPPED, home.now)
        return saved.group_id


def seen_by(hand: Hand) -> str:
    page = hand.open("/broadcasts/1").text
    return page.split('name="seen" value="')[1].split('"')[0]


def stored(home: Village) -> Broadcast:
    with home.database.read() as session:
        return broadcasts.broadcast_by_id(session, 1)
