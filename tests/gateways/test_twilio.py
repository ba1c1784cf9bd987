"""Twilio's calls on us, of the documented shape, and what is wrong with them when they are wrong."""

from dataclasses import replace

import pytest

from gateways.protocol import Attached, AttachedKind, InboundText, Receipt, ReceiptState, WebhookRefused, WebhookRequest
from gateways.twilio import TwilioGateway
from gateways.twilio_codes import STATES
from gateways.webhooks import LARGEST_BODY
from tests.gateways.runner import CallCase, Refused, run_call
from tests.gateways.twilio_parts import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    PUBLIC,
    SECRETS,
    SHARED_KEY,
    SID,
    Fields,
    call,
    config,
    gateway,
)

CONFIG = config(shared_keys=("the key before", SHARED_KEY))
PHONE = "+84912345678"
OURS = "+15005550006"
SHARED = "key=webhooks_sharedkey_01ab,algorithm=HMAC_SHA256"
VIETNAMESE = "  Tôi hỏi về tiền điện 😀 a+b & <c>=100%\n "


def form(**changes: str | None) -> Fields:
    """A text as Twilio brings it; None takes a field away."""
    fields: dict[str, str | None] = {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": SID,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "",
        "SmsSid": SID,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": "HIENMAU",
        "FromCountry": "VN",
        "To": OURS,
        "ToZip": "",
        "NumSegments": "1",
        "MessageSid": SID,
        "AccountSid": ACCOUNT_SID,
        "From": PHONE,
        "ApiVersion": "2010-04-01",
    }
    return [(name, value) for name, value in {**fields, **changes}.items() if value is not None]


def inbound(**changes: str | None) -> WebhookRequest:
    return call(f"{PUBLIC}/inbound", form(**changes))


def status(value: str | None, url: str = CONFIG.receipt_url("ref-1"), **more: str) -> WebhookRequest:
    """A status callback of the message "ref-1"."""
    fields = {
        "SmsSid": SID,
        "SmsStatus": value,
        "MessageStatus": value,
        "To": PHONE,
        "MessageSid": SID,
        "AccountSid": ACCOUNT_SID,
        "From": "SoNNMT",
        "ApiVersion": "2010-04-01",
        **more,
    }
    return call(url, [(name, text) for name, text in fields.items() if text is not None])


def text(value: str, *attached: Attached) -> list[InboundText]:
    return [InboundText(SID, PHONE, OURS, value, None, attached)]


def state(value: ReceiptState, detail: str | None = None) -> list[Receipt]:
    return [Receipt("ref-1", value, SID, detail)]


def without_proof(request: WebhookRequest) -> WebhookRequest:
    """The same call, signed by nobody."""
    kept = {name: value for name, value in request.headers.items() if name != "x-twilio-signature"}
    return replace(request, headers=kept)


def tampered(request: WebhookRequest, body: bytes) -> WebhookRequest:
    return replace(request, body=request.body + body)


def moved(request: WebhookRequest, url: str) -> WebhookRequest:
    """Signed for one address and brought to another."""
    return WebhookRequest.called("POST", url, request.headers, request.body)


GOOD, DELIVERED = inbound(), status("delivered")
REF_2 = CONFIG.receipt_url("ref-1").replace("ref-1", "ref-2")
PICTURES = {
    "NumMedia": "2",
    "MediaUrl0": "https://api.twilio.com/2010-04-01/Accounts/AC0/Messages/MM0/Media/ME0",
    "MediaContentType0": "image/jpeg",
    "MediaUrl1": "https://api.twilio.com/2010-04-01/Accounts/AC0/Messages/MM0/Media/ME1",
    "MediaContentType1": "text/vcard",
}

CASES = [
    CallCase("bare text", "inbound", GOOD, text("HIENMAU")),
    CallCase("Vietnamese, signs, emoji, blanks", "inbound", inbound(Body=VIETNAMESE), text(VIETNAMESE)),
    CallCase("an empty text", "inbound", inbound(Body=""), text("")),
    CallCase("1,600 letters", "inbound", inbound(Body="ầ" * 1_600), text("ầ" * 1_600)),
    CallCase("no Body at all", "inbound", inbound(Body=None), text("")),
    CallCase("what is not documented", "inbound", inbound(Neu="mới", CoGi=""), text("HIENMAU")),
    CallCase("its opt-out machine", "inbound", inbound(Body="STOP", OptOutType="STOP"), text("STOP")),
    CallCase(
        "pictures and cards",
        "inbound",
        inbound(Body="", **PICTURES),
        text(
            "",
            Attached(AttachedKind.IMAGE, PICTURES["MediaUrl0"]),
            Attached(AttachedKind.FILE, PICTURES["MediaUrl1"]),
        ),
    ),
    CallCase(
        "a name that comes twice",
        "inbound",
        call(f"{PUBLIC}/inbound", [*form(), ("Body", "again"), ("X", "2"), ("X", "1"), ("X", "2")]),
        text("HIENMAU"),
    ),
    CallCase(
        "signed with a shared key",
        "inbound",
        call(f"{PUBLIC}/inbound", form(), SHARED_KEY, SHARED, "sha256"),
        text("HIENMAU"),
    ),
    CallCase(
        "signed with a shared key, the old way",
        "inbound",
        call(f"{PUBLIC}/inbound", form(), "the key before", "key=k, algorithm=hmac_sha1"),
        text("HIENMAU"),
    ),
    CallCase("a named sender", "inbound", inbound(From="VIETTEL"), []),
    CallCase("a short code", "inbound", inbound(From="1414"), []),
    CallCase("another channel", "inbound", inbound(From=f"whatsapp:{PHONE}"), []),
    CallCase("no MessageSid", "inbound", inbound(MessageSid=None), Refused(400)),
    CallCase("a MessageSid that is none", "inbound", inbound(MessageSid="SM1"), Refused(400)),
    CallCase("another's token", "inbound", call(f"{PUBLIC}/inbound", form(), "another"), Refused(403)),
    CallCase("one field more", "inbound", tampered(GOOD, b"&X=1"), Refused(403)),
    CallCase("bytes that are no form", "inbound", tampered(GOOD, b"\xff\xfe"), Refused(403)),
    CallCase("signed for plain http", "inbound", call(f"http{PUBLIC[5:]}/inbound", form()), Refused(403)),
    CallCase(
        "signed for the Host", "inbound", call("https://127.0.0.1:8080/gateways/twilio/inbound", form()), Refused(403)
    ),
    CallCase("signed for another query", "inbound", moved(GOOD, "/gateways/twilio/inbound?x=1"), Refused(403)),
    CallCase("a receipt's signature", "inbound", moved(DELIVERED, "/gateways/twilio/inbound"), Refused(403)),
    CallCase(
        "the token as a shared key",
        "inbound",
        call(f"{PUBLIC}/inbound", form(), AUTH_TOKEN, SHARED, "sha256"),
        Refused(403),
    ),
    CallCase("a shared key as the token", "inbound", call(f"{PUBLIC}/inbound", form(), SHARED_KEY), Refused(403)),
    CallCase(
        "an algorithm of the caller's",
        "inbound",
        call(f"{PUBLIC}/inbound", form(), SHARED_KEY, "key=k,algorithm=none\n0912345678"),
        Refused(403),
    ),
    CallCase(
        "a signature that is no ASCII",
        "inbound",
        replace(GOOD, headers={**GOOD.headers, "x-twilio-signature": "ờ\ud800"}),
        Refused(403),
    ),
    CallCase("GET", "inbound", replace(GOOD, method="GET"), Refused(405)),
    CallCase("too large", "inbound", inbound(Body="a" * LARGEST_BODY), Refused(413)),
    CallCase("too many fields", "inbound", tampered(GOOD, b"&x=1" * 300), Refused(400)),
    CallCase("queued", "receipts", status("queued"), state(ReceiptState.ACCEPTED)),
    CallCase("sending", "receipts", status("sending"), state(ReceiptState.ACCEPTED)),
    CallCase("sent", "receipts", status("sent"), state(ReceiptState.SENT)),
    CallCase("delivered", "receipts", DELIVERED, state(ReceiptState.DELIVERED)),
    CallCase(
        "delivered, with a time",
        "receipts",
        status("delivered", RawDlrDoneDate="2611201005"),
        state(ReceiptState.DELIVERED),
    ),
    CallCase("read", "receipts", status("read"), state(ReceiptState.SEEN)),
    CallCase(
        "unreachable",
        "receipts",
        status("undelivered", ErrorCode="30003", ErrorMessage=f"{PHONE} is off"),
        state(ReceiptState.UNDELIVERED, "the phone cannot be reached (30003)"),
    ),
    CallCase(
        "filtered",
        "receipts",
        status("undelivered", ErrorCode="30007"),
        state(ReceiptState.UNDELIVERED, "the network filtered the text (30007)"),
    ),
    CallCase(
        "opted out",
        "receipts",
        status("failed", ErrorCode="21610"),
        state(ReceiptState.FAILED, "the person has opted out at Twilio (21610)"),
    ),
    CallCase(
        "expired",
        "receipts",
        status("failed", ErrorCode="30036"),
        state(ReceiptState.EXPIRED, "not handed on in time (30036)"),
    ),
    CallCase(
        "a code nobody knows",
        "receipts",
        status("failed", ErrorCode="39999"),
        state(ReceiptState.FAILED, "Twilio's code 39999"),
    ),
    CallCase("a code that is none", "receipts", status("failed", ErrorCode=PHONE), state(ReceiptState.FAILED)),
    CallCase("sent with a code", "receipts", status("sent", ErrorCode="30008"), state(ReceiptState.SENT)),
    CallCase("canceled", "receipts", status("canceled"), state(ReceiptState.FAILED, "called back before it left")),
    CallCase("a part of it", "receipts", status("partially_delivered"), state(ReceiptState.UNDELIVERED)),
    CallCase(
        "a sid that is none", "receipts", status("sent", MessageSid="0912345678"), [Receipt("ref-1", ReceiptState.SENT)]
    ),
    CallCase("a status of inbound texts", "receipts", status("received"), Refused(400)),
    CallCase("a status unheard of", "receipts", status("dreamt"), Refused(400)),
    CallCase("no status", "receipts", status(None), Refused(400)),
    CallCase("no reference", "receipts", status("sent", f"{PUBLIC}/receipts"), Refused(400)),
    CallCase("a reference without our proof", "receipts", status("sent", f"{PUBLIC}/receipts?ref=ref-1"), Refused(403)),
    CallCase("another's proof", "receipts", status("sent", REF_2), Refused(403)),
    CallCase(
        "another's reference", "receipts", moved(DELIVERED, REF_2.removeprefix("https://loa.example.vn")), Refused(403)
    ),
    CallCase("GET", "receipts", replace(DELIVERED, method="GET"), Refused(405)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.method}: {case.label}")
def test_twilio_call(case: CallCase, caplog: pytest.LogCaptureFixture) -> None:
    run_call(TwilioGateway(CONFIG), case, without_proof, [*SECRETS, CONFIG.receipt_proof("ref-1")], caplog)


def test_what_a_caller_writes_into_the_settings_of_the_signature_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    forged = call(f"{PUBLIC}/inbound", form(), SHARED_KEY, "key=k,algorithm=NONE 0912345678")
    with pytest.raises(WebhookRefused):
        TwilioGateway(CONFIG).inbound(forged)
    assert caplog.text == ""


def test_every_status_of_a_message_of_ours_has_a_place() -> None:
    assert {*STATES, "receiving", "received"} == {
        *("queued", "sending", "sent", "failed", "delivered", "undelivered", "receiving", "received", "accepted"),
        *("scheduled", "read", "partially_delivered", "canceled"),
    }


def test_the_answer_is_empty_twiml() -> None:
    reply = gateway().reply(text("HIENMAU"))
    assert reply.body == b'<?xml version="1.0" encoding="UTF-8"?><Response />'
    assert reply.content_type.startswith("text/xml")


def test_behind_a_path_of_the_proxy_the_public_address_counts() -> None:
    behind = "https://tinh.example.vn/loa/gateways/twilio"
    seen = moved(call(f"{behind}/inbound", form()), "/gateways/twilio/inbound")
    assert gateway(callback_base=behind).inbound(seen) == text("HIENMAU")
