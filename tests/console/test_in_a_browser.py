"""The console in Chromium, on a telephone and on a desk: the live parts, the layout, accessibility."""

import pytest
from playwright.sync_api import FilePayload, expect
from sqlalchemy import update

from bot.models import Label
from scheduler.outbox import OutboundMessage, State
from tests.console.chromium import Desk, look
from tests.console.village import CODE, draft, sending, submitted, unlearned

TEXT = "Mời bà con thôn Đăk Đoát họp xét hộ nghèo lúc 8 giờ sáng thứ Bảy tại nhà văn hóa thôn."

pytestmark = pytest.mark.timeout(180)


def test_a_broadcast_is_written_with_a_preview_that_follows_and_submitted(desk: Desk) -> None:
    desk.log_in("lan")
    page = desk.page
    page.get_by_role("link", name="Soạn tin mới").click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("Viết tin để biết chi phí.")
    page.get_by_label("Nội dung tin").press_sequentially(TEXT)
    expect(preview.locator(".bubble").first).to_have_text(TEXT)
    expect(preview.locator(".bubble").last).to_have_text(
        "Moi ba con thon Dak Doat hop xet ho ngheo luc 8 gio sang thu Bay tai nha van hoa thon."
    )
    expect(preview).to_contain_text("Chưa chọn người nhận")
    page.get_by_label("Nhóm người nhận").select_option(label="Hộ nghèo xã Đăk Pék (3 người)")
    expect(preview).to_contain_text("3.000 đồng cho 3 người (2 đoạn mỗi tin")
    page.get_by_role("button", name="Lưu bản nháp").click()
    page.get_by_role("button", name="Trình duyệt").click()
    expect(page.get_by_role("status")).to_contain_text("Đã trình.")
    expect(page.locator("h1")).to_contain_text("chờ duyệt")


def test_progress_moves_without_a_reload_and_a_new_status_brings_its_buttons(desk: Desk) -> None:
    sending(desk.home)
    desk.log_in("minh")
    desk.open("/broadcasts/1")
    page = desk.page
    page.evaluate("window.same = true")
    expect(page.locator("#progress")).to_contain_text("0 trên 3 tin đã tới máy")
    with desk.home.database.write() as session:
        session.execute(update(OutboundMessage).values(state=State.DELIVERED))
    expect(page.locator("#progress")).to_contain_text("3 trên 3 tin đã tới máy")
    assert page.evaluate("window.same")
    page.get_by_role("button", name="Tạm dừng").click()
    expect(page.get_by_role("button", name="Gửi tiếp")).to_be_visible()


def test_an_answer_is_counted_while_it_is_typed(desk: Desk) -> None:
    desk.log_in("hoa")
    desk.open(f"/tickets/{CODE}")
    desk.page.get_by_label("Câu trả lời").press_sequentially("ế" * 60)
    expect(desk.page.locator("#counted")).to_contain_text("2 đoạn · 71 ký tự")
    desk.page.get_by_role("button", name="Gửi câu trả lời").click()
    expect(desk.page.get_by_role("status")).to_contain_text("Đã gửi câu trả lời.")


def test_what_the_book_says_is_put_in_without_a_reload_and_counted(desk: Desk) -> None:
    desk.log_in("hoa")
    desk.open(f"/tickets/{CODE}")
    page = desk.page
    page.evaluate("window.same = true")
    page.get_by_label("Câu trả lời").fill("Chào bà con.")
    page.get_by_text("Chèn câu có sẵn").click()
    page.get_by_label("Hỏi gì").select_option("where")
    page.get_by_role("button", name="Chèn vào câu trả lời").click()
    expect(page.get_by_role("status")).to_contain_text("Đã chèn.")
    said = "Chào bà con.\nTrưởng thôn và UBND xã nơi có nhà bị hư hỏng.\nNguồn: NĐ 20/2021, Điều 15"
    expect(page.get_by_label("Câu trả lời")).to_have_value(said)
    expect(page.locator("#counted")).to_contain_text("2 đoạn")
    page.get_by_label("Câu trả lời").press("Control+End")
    page.get_by_label("Câu trả lời").press_sequentially(" Mai cán bộ đến.")
    expect(page.locator("#counted")).to_contain_text(f"{len(f'{CODE}: {said} Mai cán bộ đến.')} ký tự")
    assert page.evaluate("window.same")
    look(page)
    page.get_by_role("button", name="Gửi câu trả lời").click()
    expect(page.get_by_role("status")).to_contain_text("Đã gửi câu trả lời.")


def test_a_text_is_labelled_without_a_reload(desk: Desk) -> None:
    first, second = unlearned(desk.home, "tien den tien duoc", 1), unlearned(desk.home, "cái kia sao rồi", 2)
    desk.log_in("hoa")
    desk.page.get_by_role("link", name="Học thêm").click()
    page = desk.page
    page.evaluate("window.same = true")
    card = page.locator(f"#text-{first}")
    card.get_by_label("Về việc gì").select_option("electricity")
    card.get_by_role("button", name="Lưu").click()
    expect(card.get_by_role("alert")).to_have_text("Chọn ý hỏi, hoặc bỏ qua tin này.")
    expect(card.get_by_label("Về việc gì")).to_have_value("electricity")
    look(desk.page)
    card.get_by_label("Người dân muốn gì").select_option("ask_amount")
    card.get_by_role("button", name="Lưu").click()
    expect(page.get_by_role("status")).to_contain_text("Đã ghi: hỏi mức tiền")
    expect(card).to_have_count(0)
    page.locator(f"#text-{second}").get_by_role("button", name="Bỏ qua").click()
    expect(page.get_by_role("status").nth(0)).to_have_text("Đã bỏ qua một tin.")
    look(desk.page)
    assert page.evaluate("window.same")
    with desk.home.database.read() as session:
        labels = {label.inbound_id: (label.intent, label.topic) for label in session.query(Label)}
    assert labels == {first: ("ask_amount", "electricity"), second: (None, None)}


def test_the_enter_key_saves(desk: Desk) -> None:
    draft(desk.home)
    desk.log_in("lan")
    desk.open("/broadcasts/1/edit")
    desk.page.get_by_label("Giờ gửi").press("Enter")
    expect(desk.page.get_by_role("status")).to_contain_text("Đã lưu.")


def test_every_page_fits_and_is_accessible(desk: Desk) -> None:
    submitted(desk.home, text=TEXT, writer="minh")
    sending(desk.home, text=TEXT)
    unlearned(desk.home, "cai nay la sao vay ta", facts=["electricity", "house_disaster"])
    desk.open("/login")
    look(desk.page)
    desk.log_in("quan")
    paths = ("/", "/broadcasts", "/broadcasts/new", "/broadcasts/1", "/broadcasts/1/edit", "/broadcasts/2")
    talks = ("/tickets", f"/tickets/{CODE}", "/tickets?status=closed&topic=none", "/conversations", "/conversations/1")
    for path in (*paths, *talks, "/learning", "/pledges", "/audit"):
        desk.open(path)
        desk.page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        look(desk.page)


def test_what_went_wrong_is_accessible_too(desk: Desk) -> None:
    desk.log_in("lan")
    desk.open("/broadcasts/new")
    rows = "Số điện thoại\n0912345678\n" + "12\n" * 40
    file: FilePayload = {"name": "x.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    desk.page.set_input_files("#contacts", [file])
    desk.page.get_by_role("button", name="Đọc tệp").click()
    expect(desk.page.get_by_role("heading", name="40 dòng không dùng được")).to_be_visible()
    look(desk.page)
    desk.page.get_by_label("Nội dung tin").fill(" ")
    desk.page.get_by_role("button", name="Lưu bản nháp").click()
    expect(desk.page.get_by_text("Viết nội dung tin.")).to_be_visible()
    look(desk.page)
    desk.complaints.clear()  # Chromium notes the 422 of a form that was sent back
