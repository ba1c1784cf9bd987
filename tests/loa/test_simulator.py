"""The page of simulated phones: several side by side, what became of each text, and a talk saved as a test case."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select, update

from bot.models import Ticket
from bot.turns import TurnWorker
from bot.understanding import UnderstandingClient
from foundation.message_class import MessageClass
from foundation.settings import Settings
from foundation.text import Encoding
from gateways import Outgoing
from loa import schema
from loa.app import create_app
from loa.simulator.phones import MOST_PHONES
from loa.simulator.screen import choices_in
from loa.wiring import Loa
from scheduler.outbox import NewMessage, OutboundMessage, State, enqueue

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
AN, BINH = "0912345678", "zalo:0987654321"
QUIET = {"HX-Request": "true"}
WHICH = "Bà con hỏi về việc nào? 1. tiền điện; 2. nhà ở. Bà con nhắn số."


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def loa(tmp_path: Path) -> Iterator[Loa]:
    loa = Loa(Settings(_env_file=None, home=tmp_path / "home", simulator_behaviour="delay=0"))  # type: ignore[call-arg]
    schema.upgrade(loa.database)
    yield loa
    loa.database.close()


@pytest.fixture
def client(loa: Loa) -> FlaskClient:
    return create_app(loa).test_client()


def page(client: FlaskClient, *keys: str, **asked: str) -> str:
    return client.get("/simulator", query_string={"phone": keys, **asked}, follow_redirects=True).get_data(as_text=True)


def names(html: str) -> list[str]:
    """The numbers of the phones on a page, in order."""
    return re.findall(r"<h2 [^>]*>([^<]*)</h2>", html)


def texts(client: FlaskClient, key: str) -> str:
    """What is told of a phone's texts, without the markup."""
    html = client.get("/simulator/texts", query_string={"phone": key}).get_data(as_text=True)
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def type_on(client: FlaskClient, key: str, text: str) -> None:
    assert client.post("/simulator/texts", data={"phone": key, "text": text}, headers=QUIET).status_code == 200


def answer_all(loa: Loa) -> None:
    """Answer what waits as the worker does while understanding is down: keywords as ever, the rest by a ticket."""

    async def work() -> None:
        async with UnderstandingClient(loa.settings.home / "nobody.sock") as understanding:
            await TurnWorker(loa.database, understanding, loa.answerer, loa.routes, lambda: NOW).work()

    asyncio.run(work())


def outgoing(loa: Loa, gateway: str, address: str, text: str, **columns: object) -> str:
    """Put a text into the outbox, as far on its way as `columns` say; its reference."""
    with loa.database.write() as session:
        key = f"test:{address}:{text}"
        route = loa.routes[gateway]
        enqueue(session, [NewMessage(
            dedupe_key=key, address=address, text=text, message_class=MessageClass.REPLY, route=route, not_before=NOW,
        )], NOW)  # fmt: skip
        changed = update(OutboundMessage).where(OutboundMessage.dedupe_key == key)
        return session.scalars(changed.values(columns or {"attempts": 0}).returning(OutboundMessage.reference)).one()


def arrive(loa: Loa, gateway: str, address: str, text: str) -> None:
    """Let a text reach a phone, and its receipt us."""
    reference = outgoing(
        loa, gateway, address, text, state=State.DELIVERED, sent_at=NOW, settled_at=NOW + timedelta(seconds=2)
    )
    asyncio.run(loa.gateways[gateway].send([Outgoing(reference, address, text, Encoding.UCS2, MessageClass.REPLY)]))


def saved(client: FlaskClient, key: str) -> Mapping[str, Any]:
    answer = client.get("/simulator/case", query_string={"phone": key})
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    (line,) = answer.get_data(as_text=True).splitlines()
    told: Mapping[str, Any] = json.loads(line)
    return told


def test_at_first_there_is_a_phone_on_each_channel_and_each_has_its_look(client: FlaskClient) -> None:
    html = page(client)
    assert names(html) == ["0900 000 100", "0900 000 101"]
    assert re.findall(r'class="phone (\w+)"', html) == ["sms", "zalo"]


def test_phones_are_added_by_number_named_by_it_and_removed(client: FlaskClient) -> None:
    both = page(client, AN, number="0987 654 321", channel="zalo")
    assert names(both) == ["0912 345 678", "0987 654 321"]
    assert names(page(client, AN, BINH, number="84912345678", channel="sms")) == names(both)  # it is there already
    without = re.search(r'href="([^"]*)"\s+aria-label="Bỏ máy 0912 345 678"', both)
    assert without is not None
    assert names(client.get(without[1].replace("&amp;", "&")).get_data(as_text=True)) == ["0987 654 321"]


@pytest.mark.parametrize(
    ("keys", "trouble"),
    [
        (["khong-phai-so"], "không phải số điện thoại"),
        (["pigeon:0912345678"], "kênh này không có điện thoại thử"),
        ([f"091234567{digit}" for digit in range(MOST_PHONES + 1)], f"Nhiều nhất {MOST_PHONES} máy"),
    ],
)
def test_a_phone_that_cannot_be_added_is_told_and_the_others_stay(
    client: FlaskClient, keys: list[str], trouble: str
) -> None:
    html = page(client, AN, *keys)
    assert trouble in html
    assert names(html)[0] == "0912 345 678"
    assert len(names(html)) <= MOST_PHONES


def test_the_same_number_on_two_channels_is_two_phones(client: FlaskClient) -> None:
    type_on(client, AN, "bằng SMS")
    type_on(client, f"zalo:{AN}", "bằng Zalo")
    assert "bằng SMS" in texts(client, AN)
    assert "bằng Zalo" not in texts(client, AN)
    assert "bằng Zalo" in texts(client, f"zalo:{AN}")


FATES = [
    (State.QUEUED, None, "chờ gửi"),
    (State.SENDING, None, "đang chuyển cho nhà mạng"),
    (State.SENT, None, "đang trên đường tới máy"),
    (State.UNDELIVERED, None, "không tới được máy"),
    (State.FAILED, "the simulated carrier refuses this number", "gửi hỏng: nhà mạng giả lập không nhận số này"),
    (State.SUPPRESSED, "opt_out", "không được gửi: người nhận đã từ chối nhận tin"),
]


@pytest.mark.parametrize(("state", "detail", "told"), FATES, ids=[str(state) for state, _, _ in FATES])
def test_a_text_that_is_not_on_the_phone_is_shown_as_such_with_its_fate(
    loa: Loa, client: FlaskClient, state: State, detail: str | None, told: str
) -> None:
    outgoing(loa, "simulator", "+84912345678", "tin của xã", state=state, detail=detail)
    shown = texts(client, AN)
    assert "Tin không có trên máy: tin của xã" in shown
    assert f"UCS-2 × 1 · {told}" in shown
    assert "chờ 09:00:00" in shown


def test_a_text_that_arrived_tells_its_hours_its_alphabet_and_its_segments(
    loa: Loa, client: FlaskClient, clock: time_machine.Traveller
) -> None:
    arrive(loa, "simulator", "+84912345678", "Moi ba con hop thon luc 8 gio. " * 6)
    clock.shift(3)
    shown = texts(client, AN)
    assert "09:00:00 · GSM-7 × 2 · đã tới máy" in shown
    assert "chờ 09:00:00 → gửi 09:00:00 → xong 09:00:02" in shown
    assert shown.count("Moi ba con") == 6  # on the phone, and not once more beside it


def test_what_is_typed_is_shown_with_what_was_made_of_it(loa: Loa, client: FlaskClient) -> None:
    type_on(client, AN, "HUY")
    assert "HUY 09:00:00 · đang chờ trả lời" in texts(client, AN)
    answer_all(loa)
    assert "HUY 09:00:00 · từ chối nhận tin" in texts(client, AN)


CHOICES = [
    (WHICH, [("1", "tiền điện"), ("2", "nhà ở")]),
    (
        "Mỗi tháng 5.000 đồng.\nNguồn: NĐ 20, Điều 5. Nếu hỏi việc khác, nhắn số: 1. vay vốn; 2. thẻ BHYT.",
        [("1", "vay vốn"), ("2", "thẻ BHYT")],
    ),
    ("Chọn:\n1) tiền điện\n2) nhà ở\n3) học hành", [("1", "tiền điện"), ("2", "nhà ở"), ("3", "học hành")]),
    ("Có phải hỏi tiền điện không? Nếu phải, nhắn 1. Nếu không, nói rõ thêm.", []),
    ("Từ 1.500.000 đồng đến 2.000.000 đồng.", []),
    ("Đến ngày 1/7/2025. Hạn 2. Xong.", []),
]


@pytest.mark.parametrize(("text", "choices"), CHOICES)
def test_numbered_choices_are_found_and_amounts_are_none(text: str, choices: list[tuple[str, str]]) -> None:
    assert list(choices_in(text)) == choices


def test_on_zalo_numbered_choices_are_buttons_until_something_is_written(
    loa: Loa, client: FlaskClient, clock: time_machine.Traveller
) -> None:
    button = '<button name="text" value="2">2. nhà ở</button>'
    arrive(loa, "simulator_zalo", "+84987654321", WHICH)
    arrive(loa, "simulator", "+84912345678", WHICH)
    assert button in page(client, BINH)
    assert button not in page(client, AN)
    clock.shift(1)
    type_on(client, BINH, WHICH)  # one's own numbers are nothing to tap
    assert button not in page(client, BINH)


def test_a_page_that_shows_it_all_already_is_left_alone(client: FlaskClient) -> None:
    type_on(client, AN, "xin chào")
    asked = {"phone": AN}
    html = client.get("/simulator/texts", query_string=asked).get_data(as_text=True)
    version = re.search(r'name="version" value="(\w+)"', html)
    assert version is not None
    known = {**asked, "version": version[1]}
    assert client.get("/simulator/texts", query_string=known).status_code == 204
    type_on(client, AN, "còn nữa")
    assert client.get("/simulator/texts", query_string=known).status_code == 200


def test_without_scripts_a_text_leads_back_to_all_the_phones(client: FlaskClient) -> None:
    sent = {"phone": BINH, "text": "xin chào", "beside": [AN, BINH]}
    html = client.post("/simulator/texts", data=sent, follow_redirects=True).get_data(as_text=True)
    assert names(html) == ["0912 345 678", "0987 654 321"]
    assert "xin chào" in html


def test_a_long_or_hostile_text_stays_text(client: FlaskClient) -> None:
    type_on(client, AN, "<script>alert(1)</script>" + "á" * 1900)
    html = page(client, AN)
    assert "&lt;script&gt;alert" in html
    assert "á" * 1900 in html


def test_nothing_on_the_page_is_inline_or_from_elsewhere(client: FlaskClient) -> None:
    answer = client.get("/simulator")
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    html = answer.get_data(as_text=True)
    assert not re.search(r"<script(?! src)|<style| style=| on\w+=|https?://", html)
    for address in re.findall(r'<(?:script src|link [^>]*href)="([^"]*)"', html):
        assert client.get(address).status_code == 200


def test_a_talk_is_saved_as_it_is_answered_now_without_its_number_or_codes(loa: Loa, client: FlaskClient) -> None:
    for text in ("nhà em khó lắm, căn cước 001099012345", "UNG HO 200K", "HUY"):
        type_on(client, AN, text)
    answer_all(loa)
    with loa.database.read() as session:
        code = session.scalars(select(Ticket.code)).one()
    type_on(client, AN, f"{code[:2].lower()} {code[2:5]} {code[5:]} sao rồi")
    answer_all(loa)
    told = saved(client, AN)
    assert told["on"] == "2026-11-20"
    assert [turn["kinds"] for turn in told["turns"]] == [["handover"], ["pledge"], ["opt_out"], ["status"]]
    assert [turn["user"] for turn in told["turns"][1:]] == ["UNG HO 200K", "HUY", "{{ticket}} sao rồi"]
    for turn in told["turns"]:
        assert turn["must_contain"] == turn["must_not_contain"] == turn["expected_facts"] == []
    for private in ("001099012345", AN, "912345678", code):
        assert private not in json.dumps(told)


def test_a_text_that_was_not_answered_yet_is_saved_without_a_kind(client: FlaskClient) -> None:
    type_on(client, AN, "hộ nghèo được gì")
    (turn,) = saved(client, AN)["turns"]
    assert (turn["user"], turn["kinds"]) == ("hộ nghèo được gì", [])


def test_a_phone_that_said_nothing_has_nothing_to_save(client: FlaskClient) -> None:
    answer = client.get("/simulator/case", query_string={"phone": AN})
    assert answer.status_code == 404
    assert "chưa có gì để lưu" in answer.get_data(as_text=True)
    assert client.get("/simulator/case", query_string={"phone": "12"}).status_code == 422


def test_with_sms_alone_there_is_no_zalo_phone(tmp_path: Path) -> None:
    loa = Loa(Settings(_env_file=None, home=tmp_path / "home", gateways=("simulator",)))  # type: ignore[call-arg]
    schema.upgrade(loa.database)
    html = page(create_app(loa).test_client())
    assert names(html) == ["0900 000 100"]
    assert "Thêm máy Zalo" not in html
    loa.database.close()
