"""Templates by phone: which texts become which request, what Zalo answers, and what it tells of its templates."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from foundation.database import Database
from gateways.models import GatewayToken
from gateways.protocol import (
    Gateway,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptState,
    SendStatus,
    Sent,
    TemplateState,
    WebhookRefused,
)
from gateways.template_store import TemplateStore, listed, register, take_over
from gateways.templates import RegisteredTemplate, TemplatesUnavailable
from gateways.zalo_templates import LONGEST_BY_TYPE, CarrierTemplate, ZbsConfig, ZbsGateway, read_template
from gateways.zalo_tokens import ACCOUNT_ROW, store_refresh_token
from tests.gateways.far_end import answers, hangs_up
from tests.gateways.runner import SendCase, message, run_send, send_once
from tests.gateways.zalo_server import (
    APP_SECRET,
    FIRST_REFRESH,
    OA_SECRET,
    FakeTemplate,
    FakeZalo,
    account,
    fake_zalo,
    signed,
)

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
TOKEN = "ma-truy-cap-dang-dung"
BODY = "Kính gửi {ten}, hồ sơ {ma_hs} đã có kết quả."
TEXT = "Kính gửi Y Hoa, hồ sơ HS-0045 đã có kết quả."
PHONE = "+84912345678"


@pytest.fixture
def known(database: Database) -> Database:
    """A token, and one approved template with its text."""
    with database.write() as session:
        session.add(
            GatewayToken(
                gateway=ACCOUNT_ROW,
                access_token=TOKEN,
                refresh_token="ma-doi-moi",
                expires_at=AT + timedelta(days=1),
                renewed_at=AT,
            )
        )
        register(session, "zbs", RegisteredTemplate("254112", BODY, TemplateState.APPROVED), AT)
    return database


def gateway(url: str, database: Database, development: bool = False) -> ZbsGateway:
    config = ZbsConfig(development=development)
    return ZbsGateway(config, account(url, timeout_s=2), database, TemplateStore(database), lambda: AT)


def operational(text: str, to: str = PHONE, message_class: str = "operational") -> Outgoing:
    return replace(message(text, to=to), message_class=message_class)


def outcome(status: SendStatus, detail: str | None = None, provider_id: str | None = None) -> Outcome:
    return Outcome("ref-1", status, provider_id, detail)


def says(error: int, **data: object) -> str:
    return json.dumps({"error": error, "message": f"refused {PHONE}", "data": data})


OK = answers(200, says(0, msg_id="a4d0", sent_time="1700000000000", quota={"remainingQuota": "499"}))
REJECTED, ACCOUNT = SendStatus.REJECTED, SendStatus.ACCOUNT
NO_TEMPLATE = outcome(REJECTED, "no approved template has the form of this text")
REQUEST = (
    '{"phone":"84912345678","template_id":"254112","template_data":{"ten":"Y Hoa","ma_hs":"HS-0045"},'
    '"tracking_id":"ref-1"}'
)

CASES = [
    SendCase(
        "a text of the form",
        operational(TEXT),
        OK,
        outcome(SendStatus.ACCEPTED, provider_id="a4d0"),
        [b"POST /message/template ", f"access_token: {TOKEN}\r\n".encode(), REQUEST.encode()],
    ),
    SendCase("another text", operational("Mai họp thôn."), OK, NO_TEMPLATE, arrivals=0),
    SendCase("an answer", message(TEXT), OK, outcome(REJECTED, "no template answers anybody"), arrivals=0),
    SendCase(
        "a number abroad",
        operational(TEXT, "+61412345678"),
        OK,
        outcome(REJECTED, "not a number of Vietnam's"),
        arrivals=0,
    ),
    SendCase(
        "no Zalo at this number",
        operational(TEXT),
        answers(200, says(-118)),
        outcome(REJECTED, "Zalo says -118: the number has no Zalo account"),
    ),
    SendCase(
        "no money",
        operational(TEXT),
        answers(200, says(-137)),
        outcome(ACCOUNT, "Zalo says -137: charging the Zalo Cloud account failed"),
    ),
    SendCase(
        "today's quota",
        operational(TEXT),
        answers(200, says(-144)),
        Outcome("ref-1", SendStatus.TEMPORARY, None, "Zalo says -144: today's quota is used up", 15 * 3600.0),
    ),
    SendCase(
        "by night",
        operational(TEXT),
        answers(200, says(-133)),
        Outcome("ref-1", SendStatus.TEMPORARY, None, "Zalo says -133: not by night", 21 * 3600.0),
    ),
    SendCase(
        "hangs up",
        operational(TEXT),
        hangs_up,
        outcome(SendStatus.UNCERTAIN, "no answer from Zalo: ServerDisconnectedError"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_a_template_by_phone(case: SendCase, known: Database, caplog: pytest.LogCaptureFixture) -> None:
    def make(url: str) -> Gateway:
        return gateway(url, known)

    # What the template's author wrote may be logged; what stands in its places may not.
    run_send(make, case, (TOKEN, "ma-doi-moi", APP_SECRET, OA_SECRET, "Y Hoa", "HS-0045"), caplog)


def test_a_value_that_is_longer_than_its_place_fits_no_template(known: Database) -> None:
    with known.write() as session:
        take_over(
            session, "zbs", [RegisteredTemplate("254112", BODY.replace("{ten}", "{ten,5}"), TemplateState.APPROVED)], AT
        )
    short = gateway("http://127.0.0.1:9", known)
    assert short.cannot_carry(operational(TEXT)) is None
    assert short.cannot_carry(operational(TEXT.replace("Y Hoa", "Y Hoàn"))) == NO_TEMPLATE.detail


def test_its_calls_come_to_the_gateway_zalo() -> None:
    with pytest.raises(WebhookRefused, match="404"):
        ZbsGateway.inbound(None, signed(b'{"timestamp":"1"}'))  # type: ignore[arg-type]


@pytest.fixture
def zalo(database: Database) -> Iterator[FakeZalo]:
    store_refresh_token(database, FIRST_REFRESH, AT)
    with database.write() as session:
        register(session, "zbs", RegisteredTemplate("254112", BODY, TemplateState.APPROVED), AT)
    with fake_zalo(lambda: AT) as zalo:
        zalo.templates["254112"] = FakeTemplate("254112", {"ten": 30, "ma_hs": 30})
        yield zalo


def own(zalo: FakeZalo, database: Database, now: datetime = AT) -> ZbsGateway:
    return ZbsGateway(ZbsConfig(), zalo.account, database, TemplateStore(database), lambda: now)


def test_zalo_is_asked_what_became_of_a_message(zalo: FakeZalo, database: Database) -> None:
    (sent,) = asyncio.run(send_once(own(zalo, database), [operational(TEXT)]))
    assert sent.provider_id is not None
    asked = [
        Sent("ref-1", PHONE, sent.provider_id, AT, "Chào"),
        Sent("ref-2", PHONE, "nobody-knows", AT, "Chào"),
        Sent("ref-3", PHONE, None, AT, "Chào"),
    ]

    async def ask() -> list[Receipt]:
        gateway = own(zalo, database)
        try:
            return await gateway.status(asked)
        finally:
            await gateway.close()

    assert asyncio.run(ask()) == [], "on its way, unknown, never answered"
    zalo.statuses[sent.provider_id] = 1
    assert asyncio.run(ask()) == [Receipt("ref-1", ReceiptState.DELIVERED, sent.provider_id)]
    zalo.errors = [-100, -100]
    assert asyncio.run(ask()) == []


def test_when_the_quota_is_used_up_the_rest_waits_for_tomorrow(zalo: FakeZalo, database: Database) -> None:
    zalo.quota = 2
    messages = [replace(operational(TEXT), reference=f"ref-{number}") for number in range(4)]
    found = asyncio.run(send_once(own(zalo, database), messages))
    assert sorted(each.status for each in found) == [SendStatus.ACCEPTED] * 2 + [SendStatus.TEMPORARY] * 2
    assert {each.retry_after_s for each in found if each.status is SendStatus.TEMPORARY} == {15 * 3600.0}
    assert sorted(each["tracking_id"] for each in zalo.messages) == sorted(
        each.reference for each in found if each.status is SendStatus.ACCEPTED
    )


def fetch(zalo: FakeZalo, database: Database) -> list[RegisteredTemplate]:
    async def ask() -> list[RegisteredTemplate]:
        gateway = own(zalo, database)
        try:
            return await gateway.fetch_templates()
        finally:
            await gateway.close()

    return asyncio.run(ask())


def test_zalos_templates_bring_their_state_their_price_and_the_length_of_their_places(
    zalo: FakeZalo, database: Database
) -> None:
    for number in range(120):  # more than a page, none of which has a text here
        zalo.templates[f"9{number:05d}"] = FakeTemplate(f"9{number:05d}", {}, "PENDING_REVIEW")
    zalo.templates["254112"].places["ma_hs"] = 12
    zalo.templates["254112"].status, zalo.templates["254112"].price = "REJECT", "300.5"
    body = "Kính gửi {ten,30}, hồ sơ {ma_hs,12} đã có kết quả."
    expected = RegisteredTemplate("254112", body, TemplateState.REJECTED, "Sai chính tả", 301)
    assert fetch(zalo, database) == [expected]
    with database.write() as session:
        assert take_over(session, "zbs", [expected], AT) == []
        assert [row.state for row in listed(session, "zbs")] == [TemplateState.REJECTED]
    assert fetch(zalo, database) == [expected], "once more changes nothing"


def test_a_text_whose_places_are_not_zalos_lets_nothing_through(zalo: FakeZalo, database: Database) -> None:
    zalo.templates["254112"].places = {"ten": 30, "ngay": 20}
    (found,) = fetch(zalo, database)
    assert (found.state, found.detail) == (TemplateState.PENDING, "places here: ma_hs, ten; at Zalo's: ngay, ten")


def test_templates_that_cannot_be_asked_for_are_told(zalo: FakeZalo, database: Database) -> None:
    zalo.errors = [-212]
    with pytest.raises(TemplatesUnavailable, match="error -212"):
        fetch(zalo, database)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (None, CarrierTemplate("1", TemplateState.PENDING)),
        ({"status": "ENABLE", "price": 200}, CarrierTemplate("1", TemplateState.APPROVED, {}, 200)),
        ({"status": "DANCING", "price": "x" * 900}, CarrierTemplate("1", TemplateState.PENDING)),
        ({"listParams": "x"}, CarrierTemplate("1", TemplateState.PENDING)),
        (
            {"listParams": [{"name": "ten", "type": "8"}, {"name": "ma", "maxLength": "9"}, {"name": "a"}, 7]},
            CarrierTemplate("1", TemplateState.PENDING, {"ten": 5, "ma": 9, "a": 200}),
        ),
    ],
)
def test_what_zalo_tells_of_a_template(told: object, expected: CarrierTemplate) -> None:
    assert read_template(told, "1") == expected


def test_the_lengths_of_values_are_the_documented_ones() -> None:
    """In the order of the documents: name, phone, address, code, label, status, contact, title, product, amount, time,
    one-time code, link, currency, transfer note."""
    assert list(LONGEST_BY_TYPE.values()) == [30, 15, 200, 30, 30, 30, 50, 5, 200, 20, 20, 10, 200, 12, 90]


def test_its_health_is_that_of_account_quota_and_templates(zalo: FakeZalo, database: Database) -> None:
    async def check() -> str | None:
        gateway = own(zalo, database)
        try:
            return await gateway.check()
        finally:
            await gateway.close()

    asyncio.run(send_once(own(zalo, database), [operational(TEXT)]))
    assert asyncio.run(check()) is None
    zalo.quota = 0
    assert "quota" in (asyncio.run(check()) or "")
    zalo.quota = 9
    with database.write() as session:
        for row in listed(session, "zbs"):
            row.state = TemplateState.DISABLED
    assert "no template is approved" in (asyncio.run(check()) or "")


def test_tests_reach_administrators_alone(known: Database, caplog: pytest.LogCaptureFixture) -> None:
    case = replace(CASES[0], sends=[b'"mode":"development"'])
    run_send(lambda url: gateway(url, known, development=True), case, (TOKEN,), caplog)


def test_what_it_can_carry_is_told(known: Database) -> None:
    told = gateway("http://127.0.0.1:9", known).capabilities
    assert (told.free_text, told.can_be_answered, told.registered_templates, told.tells_status) == (
        False,
        False,
        True,
        True,
    )
    assert "reply" not in told.classes and "operational" in told.classes
