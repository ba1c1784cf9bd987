"""Kannel's calls on us, as recorded from Kannel 1.4.5, and what is wrong with them when they are wrong."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from gateways.kannel import KannelConfig, KannelGateway
from gateways.protocol import InboundText, Receipt, ReceiptState, WebhookRefused, WebhookRequest
from gateways.webhooks import LARGEST_BODY
from tests.gateways.runner import CallCase, Refused, run_call, with_query

CONFIG = KannelConfig(
    url="http://127.0.0.1:13013",
    username="loa",
    password="mat-khau-kannel",
    sender="8099",
    callback_base="http://127.0.0.1:8080/gateways/kannel",
    secret=b"sixteen bytes or more",
)
SECRETS = (CONFIG.password, CONFIG.secret.decode(), CONFIG.inbound_proof, CONFIG.receipt_proof("ref-1"))
AT = datetime(2026, 11, 20, 14, 50, 19, tzinfo=UTC)
ID = "dde3f011-8044-4797-a18e-bdf9d70c06a1"
PHONE = "+84912345678"


def inbound(
    body: bytes, sender: str = "0912345678", content_type: str = 'text/plain; charset="UTF-8"'
) -> WebhookRequest:
    """What smsbox posts for `inbound_url` as post-url."""
    url = CONFIG.inbound_url.removeprefix("http://127.0.0.1:8080").replace("%I", ID).replace("%T", "1795186219")
    headers = {
        "Connection": "keep-alive",
        "User-Agent": "Kannel/1.4.5",
        "Content-Type": content_type,
        "X-Kannel-From": sender,
        "X-Kannel-To": "8099",
        "X-Kannel-Time": "2026-11-20 14:50:19",
        "Date": "2026-11-20 14:50:19",
        "X-Kannel-SMSC": "FAKE",
        "X-Kannel-Coding": "0",
        "X-Kannel-Service": "default",
        "Host": "127.0.0.1:8080",
    }
    return WebhookRequest.called("POST", url, headers, body)


def receipt(kind: str, reply: str = "", foreign_id: str = "") -> WebhookRequest:
    """What smsbox calls for the dlr-url of the message "ref-1"."""
    url = CONFIG.receipt_url("ref-1").removeprefix("http://127.0.0.1:8080")
    for code, value in (("%d", kind), ("%F", foreign_id), ("%A", reply), ("%T", "1795186219")):
        url = url.replace(code, value)
    return WebhookRequest.called("GET", url, {"User-Agent": "Kannel/1.4.5", "Host": "127.0.0.1:8080"})


def text(value: str) -> list[InboundText]:
    return [InboundText(ID, PHONE, "8099", value, AT)]


def state(value: ReceiptState, detail: str | None = None, provider_id: str | None = None) -> list[Receipt]:
    return [Receipt("ref-1", value, provider_id, detail, AT)]


GOOD = inbound(b"HIENMAU")
VIETNAMESE = "Tôi hỏi về tiền điện 😀\ncảm ơn"
SMPP = "id:77+sub:001+dlvrd:000+submit+date:2611202150+done+date:2611202151+stat:{}+err:{}+text:Hộ nghèo"

CASES = [
    CallCase("bare text", "inbound", GOOD, text("HIENMAU")),
    CallCase("blanks and signs", "inbound", inbound(b"  a  & <b> +%41 "), text("  a  & <b> +%41 ")),
    CallCase("Vietnamese and emoji", "inbound", inbound(VIETNAMESE.encode()), text(VIETNAMESE)),
    CallCase("an empty text", "inbound", inbound(b""), text("")),
    CallCase("10,000 characters", "inbound", inbound("ầ".encode() * 10_000), text("ầ" * 10_000)),
    CallCase("NUL is the caller's to clean", "inbound", inbound(b"a\0b"), text("a\0b")),
    CallCase("bytes that are no UTF-8", "inbound", inbound(b"a\xff"), text("a\N{REPLACEMENT CHARACTER}")),
    CallCase("a charset nobody knows", "inbound", inbound(b"a", content_type="text/plain; charset=x"), text("a")),
    CallCase(
        "not recoded",
        "inbound",
        inbound("ờ".encode("utf-16-be"), content_type="text/plain; charset=UTF-16BE"),
        text("ờ"),
    ),
    CallCase("8-bit text", "inbound", inbound("ờ".encode(), content_type="application/octet-stream"), text("ờ")),
    CallCase("a ring tone", "inbound", inbound(b"\x02J:\xff", content_type="application/octet-stream"), []),
    CallCase("sender as 84…", "inbound", inbound(b"a", "84912345678"), text("a")),
    CallCase("sender as +84…", "inbound", inbound(b"a", "+84912345678"), text("a")),
    CallCase("a carrier's own notice", "inbound", inbound(b"a", "VIETTEL"), []),
    CallCase("a short code", "inbound", inbound(b"a", "1414"), []),
    CallCase("no time", "inbound", with_query(GOOD, ts="%T"), [InboundText(ID, PHONE, "8099", "HIENMAU", None)]),
    CallCase(
        "an absurd time", "inbound", with_query(GOOD, ts="9" * 11), [InboundText(ID, PHONE, "8099", "HIENMAU", None)]
    ),
    CallCase("wrong token", "inbound", with_query(GOOD, token="0" * 32), Refused(403)),
    CallCase("token of a receipt", "inbound", with_query(GOOD, token=CONFIG.receipt_proof("")), Refused(403)),
    CallCase("token that is no ASCII", "inbound", with_query(GOOD, token="ờ\ud800"), Refused(403)),
    CallCase("GET", "inbound", replace(GOOD, method="GET"), Refused(405)),
    CallCase("too large", "inbound", inbound(b"a" * (LARGEST_BODY + 1)), Refused(413)),
    CallCase("no id", "inbound", with_query(GOOD, id=None), Refused(400)),
    CallCase("id not substituted", "inbound", with_query(GOOD, id="%I"), Refused(400)),
    CallCase("id without end", "inbound", with_query(GOOD, id="a" * 129), Refused(400)),
    CallCase("no sender", "inbound", replace(GOOD, headers={"Content-Type": "text/plain"}), Refused(400)),
    CallCase("carrier took it", "receipts", receipt("8", "ACK%2F"), state(ReceiptState.SENT)),
    CallCase("carrier holds it", "receipts", receipt("4"), state(ReceiptState.SENT)),
    CallCase("delivered", "receipts", receipt("1", "", "6e44"), state(ReceiptState.DELIVERED, None, "6e44")),
    CallCase(
        "delivered, by SMPP",
        "receipts",
        receipt("1", SMPP.format("DELIVRD", "000")),
        state(ReceiptState.DELIVERED, "DELIVRD 000"),
    ),
    CallCase(
        "not delivered",
        "receipts",
        receipt("2", SMPP.format("UNDELIV", "027")),
        state(ReceiptState.UNDELIVERED, "UNDELIV 027"),
    ),
    CallCase(
        "expired", "receipts", receipt("2", SMPP.format("EXPIRED", "001")), state(ReceiptState.EXPIRED, "EXPIRED 001")
    ),
    CallCase(
        "refused by the carrier",
        "receipts",
        receipt("16", "NACK%2F0x0000000b%2F84912345678+barred"),
        state(ReceiptState.FAILED, "NACK 0x0000000b"),
    ),
    CallCase("refused without a reason", "receipts", receipt("16"), state(ReceiptState.FAILED)),
    CallCase("id left standing", "receipts", with_query(receipt("1"), fid="%F"), state(ReceiptState.DELIVERED)),
    CallCase("type left standing", "receipts", with_query(receipt("1"), type="%d"), Refused(400)),
    CallCase("no type", "receipts", with_query(receipt("1"), type=None), Refused(400)),
    CallCase("type unheard of", "receipts", receipt("32"), Refused(400)),
    CallCase("no reference", "receipts", with_query(receipt("1"), ref=None), Refused(400)),
    CallCase("another's reference", "receipts", with_query(receipt("1"), ref="ref-2"), Refused(403)),
    CallCase("token of inbound", "receipts", with_query(receipt("1"), sig=CONFIG.inbound_proof), Refused(403)),
    CallCase("POST", "receipts", replace(receipt("1"), method="POST"), Refused(405)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.method}: {case.label}")
def test_kannel_call(case: CallCase, caplog: pytest.LogCaptureFixture) -> None:
    gateway = KannelGateway(CONFIG)
    run_call(gateway, case, lambda request: with_query(request, token=None, sig=None), SECRETS, caplog)


def test_a_brandname_cannot_be_answered_and_a_short_code_can() -> None:
    assert KannelGateway(CONFIG).capabilities.can_be_answered
    assert not KannelGateway(replace(CONFIG, sender="SO LDTBXH")).capabilities.can_be_answered


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "127.0.0.1:13013"),
        ("url", "http://loa:secret@127.0.0.1:13013"),
        ("callback_base", "http://127.0.0.1/gate%20ways"),
        ("secret", b"short"),
    ],
)
def test_a_wrong_setting_is_named(field: str, value: object) -> None:
    changed: dict[str, object] = {field: value}
    with pytest.raises(ValueError, match=field):
        replace(CONFIG, **changed)  # type: ignore[arg-type]


def test_the_configuration_keeps_its_secrets_when_printed() -> None:
    assert not any(secret in repr(CONFIG) for secret in (CONFIG.password, CONFIG.secret.decode()))


def test_a_query_with_a_hundred_parameters_is_refused() -> None:
    with pytest.raises(WebhookRefused, match="400"):
        WebhookRequest.called("GET", "/x?" + "&".join(f"p{n}=1" for n in range(100)), {})


def test_proofs_of_references_do_not_repeat() -> None:
    proofs = sorted(CONFIG.receipt_proof(reference) for reference in ("a", "ab", "b", ""))
    assert all(first != second for first, second in pairwise(proofs))
