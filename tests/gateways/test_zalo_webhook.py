"""Zalo's calls on us, in the shapes that are documented, and what is wrong with them when they are wrong."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.database import Database
from foundation.keys import Vault
from gateways.protocol import (
    Attached,
    AttachedKind,
    ContactShared,
    Event,
    Followed,
    InboundText,
    Receipt,
    ReceiptState,
    TemplateJudged,
    TemplateState,
    Unfollowed,
    WebhookRefused,
    WebhookRequest,
)
from gateways.webhooks import LARGEST_BODY
from gateways.zalo import ZaloConfig, ZaloGateway
from gateways.zalo_oauth import ZaloAccount
from gateways.zalo_webhook import verify
from tests.gateways.runner import CallCase, Refused, run_call
from tests.gateways.zalo_server import APP_ID, APP_SECRET, FOLLOWER, OA_ID, OA_SECRET, account, signed

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
STAMP = "1795140000000"
PHONE = "+84912345678"


@pytest.fixture
def gateway(tmp_path: Path, vault: Vault) -> ZaloGateway:
    """One that never opens its database."""
    return ZaloGateway(ZaloConfig(), account("http://127.0.0.1:9"), Database("sqlite://", vault), lambda: AT)


def event(name: str, first_term: str = APP_ID, at: str = STAMP, **fields: Any) -> WebhookRequest:
    document = {"app_id": APP_ID, "user_id_by_app": "5521", "event_name": name, **fields, "timestamp": at}
    return signed(json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass"), first_term)


def message(
    name: str = "user_send_text", sender: Any = FOLLOWER, recipient: Any = OA_ID, **said: Any
) -> WebhookRequest:
    said = {"msg_id": "96d3c", **said}
    return event(name, sender={"id": sender}, recipient={"id": recipient}, message=said)


def attachment(kind: str, **payload: Any) -> list[dict[str, Any]]:
    return [{"type": kind, "payload": payload}]


def text(value: str, *attached: Attached, provider_id: str = "96d3c") -> list[Event]:
    return [InboundText(provider_id, FOLLOWER, OA_ID, value, AT, attached)]


def seen(*ids: str, state: ReceiptState = ReceiptState.SEEN) -> list[Event]:
    return [Receipt("", state, each, None, AT) for each in ids]


def form(**info: Any) -> WebhookRequest:
    return event("user_submit_info", sender={"id": FOLLOWER}, recipient={"id": OA_ID}, info=info)


def from_us(name: str, **message: Any) -> WebhookRequest:
    return event(name, sender={"id": OA_ID}, recipient={"id": FOLLOWER}, message=message)


def by_phone(**changes: Any) -> WebhookRequest:
    told = {"msg_id": "15a0c", "delivery_time": "1795139999000", "tracking_id": "cmp12-000045", **changes}
    return event("user_received_message", sender={"id": OA_ID}, recipient={"id": "84912345678"}, message=told)


def tampered(request: WebhookRequest, old: bytes, new: bytes) -> WebhookRequest:
    assert old in request.body
    return replace(request, body=request.body.replace(old, new))


URL = "https://photo.zdn.vn/a.jpg"
SHARED: list[Event] = [ContactShared(f"shared:{FOLLOWER}:{STAMP}", FOLLOWER, PHONE, AT)]
ARRIVED = Receipt("cmp12-000045", ReceiptState.DELIVERED, "15a0c", None, AT - timedelta(seconds=1), "zbs")
GOOD = message(text="xin giờ làm việc")
CASES: list[tuple[str, WebhookRequest, list[Event] | Refused]] = [
    ("text", GOOD, text("xin giờ làm việc")),
    (
        "signed with the account's id",
        event("follow", OA_ID, follower={"id": "7"}),
        [Followed(f"follow:7:{STAMP}", "7", AT)],
    ),
    ("an id that is a number", message(sender=int(FOLLOWER), text="a"), text("a")),
    ("a text of 20,000 characters", message(text="ầ" * 20_000), text("ầ" * 20_000)),
    ("half a surrogate", message(text="a\ud83d"), text("a?")),
    ("a text that is none", message(text={"a": 1}), text("")),
    (
        "picture with a caption",
        message("user_send_image", text="đây", attachments=attachment("image", url=URL, thumbnail="t")),
        text("đây", Attached(AttachedKind.IMAGE, URL)),
    ),
    (
        "voice alone",
        message("user_send_audio", attachments=attachment("audio", url=URL)),
        text("", Attached(AttachedKind.AUDIO, URL)),
    ),
    (
        "sticker",
        message("user_send_sticker", attachments=attachment("sticker", url=URL, id="46941")),
        text("", Attached(AttachedKind.IMAGE, URL)),
    ),
    ("link", message("user_send_link", attachments=attachment("link", url="https://a.vn")), text("https://a.vn")),
    (
        "location",
        message(
            "user_send_location",
            attachments=attachment("location", coordinates={"latitude": "15.12", "longitude": "108.8"}),
        ),
        text("", Attached(AttachedKind.LOCATION, "15.12,108.8")),
    ),
    (
        "location in the other spelling, as numbers",
        message(
            "user_send_location", attachments=attachment("location", coordinates={"latitude": 15.12, "long": 108.8})
        ),
        text("", Attached(AttachedKind.LOCATION, "15.12,108.8")),
    ),
    (
        "a location that is nowhere",
        message("user_send_location", attachments=attachment("location", coordinates={"latitude": "915", "long": "x"})),
        text(""),
    ),
    ("attachments that are none", message("user_send_image", attachments="x"), text("")),
    ("parts that are none", message("user_send_file", attachments=[None, 7, {"type": "file"}, {}]), text("")),
    ("a template on a phone", by_phone(), [ARRIVED]),
    ("delivered, without a moment", by_phone(delivery_time=None), [replace(ARRIVED, at=AT)]),
    ("delivered, without its id", by_phone(msg_id=None), [replace(ARRIVED, provider_id=None)]),
    ("delivered, of nobody's reference", by_phone(tracking_id="a b"), []),
    ("delivered, without a reference", by_phone(tracking_id=None), []),
    ("delivered, a reference that is too long", by_phone(tracking_id="a" * 49), []),
    ("received in a chat", from_us("user_received_message", msg_id="a4d0"), seen("a4d0", state=ReceiptState.DELIVERED)),
    ("seen in a chat", from_us("user_seen_message", msg_ids=["a1", "a2", "a1"]), seen("a1", "a2")),
    ("seen, one id", from_us("user_seen_message", msg_id="a1"), seen("a1")),
    (
        "seen, told the other way round",
        event("user_seen_message", sender={"id": FOLLOWER}, recipient={"id": OA_ID}, message={"msg_id": "a1"}),
        seen("a1"),
    ),
    (
        "seen in another account's chat",
        event("user_seen_message", sender={"id": "1"}, recipient={"id": FOLLOWER}, message={"msg_id": "a1"}),
        [],
    ),
    ("seen, ids that are none", from_us("user_seen_message", msg_ids=["a" * 500, {}, None, "a b"]), []),
    (
        "seen, a thousand ids",
        from_us("user_seen_message", msg_ids=[f"m{n}" for n in range(1_000)]),
        seen(*[f"m{n}" for n in range(200)]),
    ),
    (
        "follow",
        event("follow", oa_id=OA_ID, follower={"id": FOLLOWER}, source="oa_profile"),
        [Followed(f"follow:{FOLLOWER}:{STAMP}", FOLLOWER, AT)],
    ),
    (
        "unfollow",
        event("unfollow", oa_id=OA_ID, follower={"id": FOLLOWER}),
        [Unfollowed(f"unfollow:{FOLLOWER}:{STAMP}", FOLLOWER, AT)],
    ),
    ("follow of another account", event("follow", oa_id="1", follower={"id": FOLLOWER}), []),
    ("follow of nobody", event("follow", follower="x"), []),
    (
        "the form of now",
        form(name="Nguyễn Văn A", phone="84912345678", full_address={"user_city": "Quảng Ngãi"}),
        SHARED,
    ),
    ("the form of before", form(name="A", phone="0912345678", address="x", city="y", district="z", ward="t"), SHARED),
    ("a form with a number as number", form(phone=84912345678), SHARED),
    ("a form without a number", form(name="A", phone="không có"), []),
    ("a form without anything", event("user_submit_info", sender={"id": FOLLOWER}), []),
    (
        "a template that was refused",
        event(
            "change_template_status",
            oa_id=OA_ID,
            template_id=254112,
            status={"prev_status": "PENDING_REVIEW", "new_status": "REJECT"},
            reason="Sai\x00 chính tả",
        ),
        [TemplateJudged("254112", TemplateState.REJECTED, "Sai chính tả", "zbs")],
    ),
    (
        "a template that was approved",
        event("change_template_status", template_id="254112", status="ENABLE"),
        [TemplateJudged("254112", TemplateState.APPROVED, None, "zbs")],
    ),
    ("a template in a state that nobody knows", event("change_template_status", template_id="1", status="X"), []),
    ("our own text", from_us("oa_send_text", msg_id="o1", text="Kính gửi"), []),
    ("our own text, by another name", message(sender=OA_ID, text="Kính gửi"), []),
    ("a text to another account", message(recipient="1", text="a"), []),
    ("a group", event("user_send_group_text", sender={"id": FOLLOWER}, message={"msg_id": "g", "text": "a"}), []),
    ("who has no account", event("anonymous_send_text", sender={"id": "a"}, message={"msg_id": "g", "text": "a"}), []),
    ("an event that nobody knows", event("user_dances", sender={"id": FOLLOWER}), []),
    ("an event without a name", signed(json.dumps({"timestamp": STAMP}).encode()), []),
    ("a text from nobody", event("user_send_text", message={"msg_id": "a", "text": "a"}), []),
    ("a text from somebody with too long an id", message(sender="9" * 500, text="a"), []),
    (
        "repeated after half a day",
        event("unfollow", at="1795096800000", follower={"id": "7"}),
        [Unfollowed("unfollow:7:1795096800000", "7", AT - timedelta(hours=12))],
    ),
    ("replayed after a week", event("unfollow", at="1794500000000", follower={"id": "7"}), Refused(403)),
    ("forged text", tampered(GOOD, "giờ".encode(), "tiền".encode()), Refused(403)),
    ("forged time", tampered(GOOD, STAMP.encode(), b"1795140000001"), Refused(403)),
    ("signed with the app's secret", signed(GOOD.body, secret=APP_SECRET), Refused(403)),
    ("signed with another app's id", signed(GOOD.body, first_term="431"), Refused(403)),
    ("a signature that is none", replace(GOOD, headers={"X-ZEvent-Signature": "mac=é"}), Refused(403)),
    ("no JSON", replace(GOOD, body=b"\x00\xff"), Refused(400)),
    ("a list", replace(GOOD, body=b"[1]"), Refused(400)),
    ("too deep", replace(GOOD, body=b"[" * 100_000), Refused(400)),
    ("no time", replace(GOOD, body=b'{"event_name":"user_send_text"}'), Refused(400)),
    ("no such time", replace(GOOD, body=b'{"timestamp":"2026-11-20"}'), Refused(400)),
    ("an endless time", replace(GOOD, body=b'{"timestamp":"' + b"9" * 400 + b'"}'), Refused(400)),
    ("cut short", replace(GOOD, body=GOOD.body[:-9]), Refused(400)),
    ("too large", replace(GOOD, body=b" " * (LARGEST_BODY + 1)), Refused(413)),
    ("GET", replace(GOOD, method="GET"), Refused(405)),
]


@pytest.mark.parametrize(
    ("label", "request_", "expected"), CASES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_zalo_call(
    gateway: ZaloGateway,
    label: str,
    request_: WebhookRequest,
    expected: list[Event] | Refused,
    caplog: pytest.LogCaptureFixture,
) -> None:
    case = CallCase(label, "inbound", request_, expected)
    run_call(gateway, case, lambda request: replace(request, headers={}), (APP_SECRET, OA_SECRET), caplog)


def test_the_signature_is_that_of_the_documented_formula() -> None:
    body = b'{"event_name":"user_send_text","timestamp":"1700000000000"}'
    mac = "mac=7efd7cb01f18d5ee5ece921ea4fa7d4c3d2e0279bb59e48a8d115a12ce1903e0"
    call = WebhookRequest.called("POST", "/gateways/zalo/inbound", {"x-zevent-signature": mac}, body)
    ours = ZaloAccount("431", "7", app_secret="a", oa_secret="k")
    then = datetime.fromtimestamp(1_700_000_000, UTC)
    assert verify(call, ours, then).signed_with == "app_id"
    with pytest.raises(WebhookRefused, match="403"):
        verify(call, replace(ours, app_id="432"), then)
    assert verify(call, replace(ours, app_id="432", oa_id="431"), then).signed_with == "oa_id"


def test_which_of_the_two_signatures_comes_is_counted(gateway: ZaloGateway) -> None:
    for term in (APP_ID, OA_ID, OA_ID):
        gateway.inbound(event("follow", term, follower={"id": "7"}))
    assert gateway.signed_with == {"app_id": 1, "oa_id": 2}


def test_a_text_without_an_id_is_the_same_when_it_comes_again(gateway: ZaloGateway) -> None:
    first, again, other = (gateway.inbound(message(msg_id=None, text=said)) for said in ("a", "a", "b"))
    assert first == again
    assert isinstance(first[0], InboundText) and isinstance(other[0], InboundText)
    assert first[0].provider_id != other[0].provider_id


NAMES = ["user_send_text", "user_send_image", "user_send_location", "user_received_message", "user_seen_message"]
NAMES += ["follow", "unfollow", "user_submit_info", "change_template_status"]
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20)
    | st.just(OA_ID),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "msg_id",
                    "text",
                    "payload",
                    "coordinates",
                    "latitude",
                    "longitude",
                    "url",
                    "type",
                    "new_status",
                    "phone",
                    "tracking_id",
                    "delivery_time",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
FIELDS = st.dictionaries(
    st.sampled_from(["sender", "recipient", "message", "follower", "info", "status", "template_id", "oa_id", "reason"]),
    ANYTHING,
)


@given(name=st.sampled_from(NAMES), fields=FIELDS, attachments=ANYTHING)
def test_whatever_zalo_signs_is_read_or_passed_over(
    vault: Vault, name: str, fields: dict[str, Any], attachments: Any
) -> None:
    if isinstance(fields.get("message"), dict):
        fields["message"]["attachments"] = attachments
    gateway = ZaloGateway(ZaloConfig(), account("http://127.0.0.1:9"), Database("sqlite://", vault), lambda: AT)
    body = json.dumps({"event_name": name, "timestamp": STAMP, **fields}).encode()
    for each in gateway.inbound(signed(body)):
        json.dumps(repr(each)).encode()  # nothing in it that no database takes
        if isinstance(each, InboundText):
            each.text.encode()
            [part.content.encode() for part in each.attached]
            assert each.sender and len(each.sender) <= 120
        if isinstance(each, Receipt):
            assert len(each.reference) <= 48 and (each.reference or each.provider_id)
