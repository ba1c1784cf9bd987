"""The simulated phones in Chromium, before a whole installation: what is tapped is answered, and all of it fits."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from foundation.clock import utc_now
from foundation.message_class import MessageClass
from scheduler.outbox import NewMessage, enqueue
from tests.console.chromium import chromium, look
from tests.loa.serving import Installation

SIZES = {"phone": (360, 740), "desk": (1280, 800)}
PHONES = {"phone": ("0912 345 678", "0987 654 321"), "desk": ("0912 345 679", "0987 654 322")}
"""By SMS and by Zalo; each size its own, for nobody is answered twice who says the same within a minute."""
WHICH = "Bà con hỏi về việc nào? 1. tiền điện; 2. nhà ở. Bà con nhắn số."

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


def open_phones(browser: Browser, url: str, size: str, complaints: list[str]) -> Page:
    """A page with a phone by SMS and one by Zalo, added as a person adds them."""
    width, height = SIZES[size]
    sms, zalo = (number.replace(" ", "") for number in PHONES[size])
    page = browser.new_context(viewport={"width": width, "height": height}, locale="vi-VN").new_page()
    page.set_default_timeout(15_000)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{url}/simulator?phone={sms}")
    page.get_by_label("Số máy").fill(zalo)
    page.get_by_role("button", name="Thêm máy Zalo").click()
    return page


def offer_choices(installation: Installation, number: str) -> None:
    """A text with numbered choices, on its way to the phone by Zalo."""
    loa, now = installation.loa, utc_now()
    with loa.database.write() as session:
        message = NewMessage(
            dedupe_key=f"test:{now}",
            address=f"+84{number.replace(' ', '')[1:]}",
            text=WHICH,
            message_class=MessageClass.REPLY,
            route=loa.routes["simulator_zalo"],
            not_before=now,
        )
        enqueue(session, [message], now)
    loa.nudge_worker()


def test_two_phones_talk_at_the_same_time_and_the_talk_is_a_test_case(
    browser: Browser, install: Callable[..., Installation], tmp_path: Path
) -> None:
    installation = install()
    with installation.serve():
        for size, (sms_number, zalo_number) in PHONES.items():
            complaints: list[str] = []
            page = open_phones(browser, installation.url, size, complaints)
            sms = page.get_by_role("region", name=sms_number)
            zalo = page.get_by_role("region", name=zalo_number)
            page.get_by_label(f"Tin nhắn từ máy {sms_number}").fill("ho ngheo dc ho tro tien dien bn")
            page.get_by_label(f"Tin nhắn từ máy {sms_number}").press("Enter")
            expect(sms.locator(".theirs").last).to_contain_text("59.520")
            expect(sms.locator(".theirs").last).to_contain_text("đã tới máy")
            expect(page.get_by_role("status")).to_contain_text("59.520")  # what a screen reader says
            expect(page.get_by_label(f"Tin nhắn từ máy {sms_number}")).to_be_empty()

            offer_choices(installation, zalo_number)
            zalo.get_by_role("button", name="2. nhà ở").click()
            expect(zalo.locator(".mine .text").last).to_have_text("2")
            expect(zalo.get_by_role("button", name="2. nhà ở")).to_have_count(0)
            expect(page.get_by_label(f"Tin nhắn từ máy {zalo_number}")).to_be_focused()
            zalo.get_by_text("Câu mẫu").click()
            zalo.get_by_role("button", name="UNG HO 200K").click()
            expect(zalo.locator(".mine .meta").last).to_contain_text("ghi nhận đăng ký ủng hộ")
            expect(zalo.locator(".theirs").last).to_contain_text("ký tự · đã tới máy")
            look(page)
            assert not complaints
            with page.expect_download() as download:
                sms.get_by_role("link", name="Lưu hội thoại").click()
            download.value.save_as(tmp_path / "case.jsonl")
            page.context.close()
        check_saved(installation, tmp_path / "case.jsonl")


def check_saved(installation: Installation, file: Path) -> None:
    """`loa ask --file` reads what was saved, and answers as it did on the phone."""
    saved = json.loads(file.read_text("utf-8"))
    asked = json.loads(installation.run("ask", "--file", str(file), "--json"))
    assert asked["id"] == saved["id"]
    assert [([turn["kind"]], turn["facts"]) for turn in asked["turns"]] == [
        (turn["kinds"], turn["expected_facts"]) for turn in saved["turns"]
    ]
    assert saved["turns"][0]["expected_facts"] == ["electricity"]
