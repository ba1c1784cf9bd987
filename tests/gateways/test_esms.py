"""eSMS's calls on us, of the documented shape, and what is wrong with them when they are wrong."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote, quote_plus, urlencode
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foundation.database import Database
from foundation.message_class import MessageClass
from gateways.esms import EsmsGateway
from gateways.esms_account import EsmsAccount
from gateways.esms_short_code import ShortCode
from gateways.protocol import InboundText, Receipt, ReceiptState, WebhookRefused, WebhookRequest
from gateways.template_store import TemplateStore
from tests.gateways.esms_parts import SECRETS, SHORT_CODE, account, advertising, config
from tests.gateways.esms_there import EsmsAccountThere
from tests.gateways.runner import CallCase, Refused, run_call

CONFIG = config()
AT = datetime(2026, 11, 20, 3, 5, tzinfo=UTC)
PHONE = "+84901888484"
SMSID = "dc712784-9c5f-4c69-b9a8-ea69d56adc9a87"
THERE = EsmsAccountThere()


def called(path: str, query: str) -> WebhookRequest:
    return WebhookRequest.called("GET", f"/gateways/esms/{path}?{query}", {"Host": "loa.example.vn"})


def inbound(text: str = "HM Nguyen Van A", at: str = "20261120100500", **changes: str | None) -> WebhookRequest:
    """A person's text as eSMS brings it; None takes a parameter away after signing."""
    return called("inbound", urlencode(changed(THERE.signed("0901888484", text, at, "S1"), changes)))


def receipt(**changes: str | None) -> WebhookRequest:
    """The documented callback of a care text, hung on the CallbackUrl of the message "ref-1"."""
    return called("receipts", urlencode(changed({**OURS, **THEIRS}, changes)))


def changed(query: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in {**query, **changes}.items() if value is not None}


OURS = {"ref": "ref-1", "sig": CONFIG.receipt_proof("ref-1")}
THEIRS = {
    "SMSID": SMSID,
    "SendFailed": "0",
    "SendStatus": "5",
    "SendSuccess": "1",
    "TotalPrice": "850.0000",
    "TotalReceiver": "1",
    "TotalSent": "1",
    "RequestId": "ref-1",
    "TypeId": "2",
    "telcoid": "1",
    "phonenumber": "0901888484",
    "switchsmsid": "",
}
ERROR_INFO = '"{\\"error\\":-114,\\"message\\":\\"User is inactive\\"}"____24/04/2024 16:58:01'


def text(value: str, sent_at: datetime | None = AT) -> list[InboundText]:
    return [InboundText("S1", PHONE, "8041", value, sent_at)]


def state(value: ReceiptState, smsid: str | None = SMSID) -> list[Receipt]:
    return [Receipt("ref-1", value, smsid)]


def without_proof(request: WebhookRequest) -> WebhookRequest:
    """The same call, signed by nobody."""
    query = "&".join(part for part in request.url.partition("?")[2].replace("?", "&").split("&") if part[:3] != "sig")
    return WebhookRequest.called("GET", f"{request.url.partition('?')[0]}?{query}", {})


def signed_by_hand(content: str, written: str, sign_written: str | None = None) -> WebhookRequest:
    """A call whose content stands in the address as `written`."""
    fields = THERE.signed("0901888484", content, "20261120100500", "S1")
    sign = sign_written or fields["sign"]
    rest = urlencode({name: value for name, value in fields.items() if name not in ("content", "sign")})
    return called("inbound", f"{rest}&content={written}&sign={sign}")


def sign_of(content: str) -> str:
    return THERE.signed("0901888484", content, "20261120100500", "S1")["sign"]


VIETNAMESE = "HM Tôi hỏi về tiền điện 😀 a+b & <c>"
SIGN = sign_of(VIETNAMESE)
WITH_PLUS = next(some for n in range(99) if "+" in sign_of(some := f"HM toi hoi lan {n}"))

CASES = [
    CallCase("bare text", "inbound", inbound(), text("HM Nguyen Van A")),
    CallCase("Vietnamese, signs, emoji", "inbound", inbound(VIETNAMESE), text(VIETNAMESE)),
    CallCase("an empty text", "inbound", inbound(""), text("")),
    CallCase("10,000 letters", "inbound", inbound("ầ" * 10_000), text("ầ" * 10_000)),
    CallCase(
        "blanks as +", "inbound", signed_by_hand(VIETNAMESE, quote_plus(VIETNAMESE), quote(SIGN)), text(VIETNAMESE)
    ),
    CallCase(
        "a plus left as it is",
        "inbound",
        signed_by_hand(VIETNAMESE, quote(VIETNAMESE, safe="+"), quote(SIGN)),
        text(VIETNAMESE),
    ),
    CallCase(
        "blanks as +, and the signature left as it is",
        "inbound",
        signed_by_hand(WITH_PLUS, quote_plus(WITH_PLUS), sign_of(WITH_PLUS)),
        text(WITH_PLUS),
    ),
    CallCase("sender as 09…", "inbound", inbound(sender="0901888484"), text("HM Nguyen Van A")),
    CallCase("a carrier's own notice", "inbound", inbound(sender="VIETTEL"), []),
    CallCase("a short code writes", "inbound", inbound(sender="1414"), []),
    CallCase("no keyword, no number", "inbound", inbound(keyword=None, serviceNumber=None), text("HM Nguyen Van A")),
    CallCase("what is not documented", "inbound", inbound(telcoid="1", x="y"), text("HM Nguyen Van A")),
    CallCase("31 February", "inbound", inbound(at="20260231100500"), text("HM Nguyen Van A", None)),
    CallCase("no time", "inbound", inbound(at=""), Refused(400)),
    CallCase("another text", "inbound", inbound(content="HM Nguyen Van B"), Refused(403)),
    CallCase("another id", "inbound", inbound(smsid="S2"), Refused(403)),
    CallCase("another time", "inbound", inbound(receiverTime="20261120100501"), Refused(403)),
    CallCase("another company's", "inbound", inbound(cpid="CP2"), Refused(403)),
    CallCase("no cpid", "inbound", inbound(cpid=None), Refused(403)),
    CallCase("no signature", "inbound", inbound(sign=None), Refused(403)),
    CallCase("a signature of other letters", "inbound", inbound(sign="chữ ký"), Refused(403)),
    CallCase("no text", "inbound", inbound(content=None), Refused(403)),
    CallCase("no sender", "inbound", inbound(sender=None), Refused(400)),
    CallCase("POST", "inbound", replace(inbound(), method="POST"), Refused(405)),
    CallCase("a body of a megabyte", "inbound", replace(inbound(), body=b"x" * 1_000_000), Refused(413)),
    CallCase("delivered", "receipts", receipt(), state(ReceiptState.DELIVERED)),
    CallCase("waits for approval", "receipts", receipt(SendStatus="1"), state(ReceiptState.ACCEPTED)),
    CallCase("waits to be sent", "receipts", receipt(SendStatus="2"), state(ReceiptState.ACCEPTED)),
    CallCase("refused", "receipts", receipt(SendStatus="4"), state(ReceiptState.FAILED)),
    CallCase("sent, no report yet", "receipts", receipt(SendStatus="7"), state(ReceiptState.SENT)),
    CallCase("failed", "receipts", receipt(SendSuccess="0", SendFailed="2"), state(ReceiptState.UNDELIVERED)),
    CallCase("a part failed", "receipts", receipt(SendFailed="1"), state(ReceiptState.UNDELIVERED)),
    CallCase("finished, no counts", "receipts", receipt(SendSuccess=None, SendFailed=None), state(ReceiptState.SENT)),
    CallCase("odd counts", "receipts", receipt(SendSuccess="một", SendFailed="-1"), state(ReceiptState.SENT)),
    CallCase("no SMSID", "receipts", receipt(SMSID=None), state(ReceiptState.DELIVERED, None)),
    CallCase(
        "an SMSID of ten thousand letters", "receipts", receipt(SMSID="a" * 10_000), state(ReceiptState.DELIVERED, None)
    ),
    CallCase(
        "no price, number or network",
        "receipts",
        receipt(TotalPrice=None, phonenumber=None, telcoid=None),
        state(ReceiptState.DELIVERED),
    ),
    CallCase(
        "an error of Zalo's, encoded twice",
        "receipts",
        receipt(error_info=quote(ERROR_INFO)),
        state(ReceiptState.DELIVERED),
    ),
    CallCase(
        "their query hung on ours with a second ?",
        "receipts",
        called("receipts", f"{urlencode(OURS)}?{urlencode(THEIRS)}"),
        state(ReceiptState.DELIVERED),
    ),
    CallCase("no status", "receipts", receipt(SendStatus=None), Refused(400)),
    CallCase("a status unheard of", "receipts", receipt(SendStatus="99"), Refused(400)),
    CallCase("no reference", "receipts", receipt(ref=None), Refused(400)),
    CallCase("another's reference", "receipts", receipt(ref="ref-2"), Refused(403)),
    CallCase("no proof", "receipts", receipt(sig=None), Refused(403)),
    CallCase("a proof in other letters", "receipts", receipt(sig="ờ"), Refused(403)),
    CallCase("POST", "receipts", replace(receipt(), method="POST"), Refused(405)),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.method}: {case.label}")
def test_esms_call(case: CallCase, database: Database, caplog: pytest.LogCaptureFixture) -> None:
    secrets = (*SECRETS, CONFIG.receipt_proof("ref-1"))
    run_call(EsmsGateway(CONFIG, TemplateStore(database)), case, without_proof, secrets, caplog)


def test_the_signature_is_the_one_in_the_specification() -> None:
    """Computed by hand from the documented formula (../shared/spec/gateways.md §1.9), as eSMS publishes no example."""
    code = ShortCode("8041", "CP1", "PK")
    assert code.signature("S1", "HM Nguyen Van A", "20261120100500") == "OxUHHtAi1f4yXg8sjasSXA=="


def test_without_a_short_code_no_text_is_believed(database: Database) -> None:
    deaf = EsmsGateway(replace(CONFIG, short_code=None), TemplateStore(database))
    assert not deaf.capabilities.reply_in_response
    for call in (inbound(), called("inbound", "cpid=&smsid=a&content=b&receiverTime=20261120100500&sign=x")):
        with pytest.raises(WebhookRefused, match="403"):
            deaf.inbound(call)


def test_an_empty_key_would_let_anybody_sign_and_is_refused() -> None:
    with pytest.raises(ValueError, match="private_key"):
        ShortCode("8041", "CP1", "")


def test_a_text_cannot_be_moved_into_the_time_that_is_signed_with_it(database: Database) -> None:
    """Nothing stands between what is signed, so "…A20261120100500" could be cut elsewhere; the length holds it."""
    call = inbound("HM Nguyen Van A", content="HM Nguyen Van ", receiverTime="A20261120100500")
    with pytest.raises(WebhookRefused, match="400"):
        EsmsGateway(CONFIG, TemplateStore(database)).inbound(call)


def test_an_answer_travels_in_the_response_as_xml(database: Database) -> None:
    gateway = EsmsGateway(CONFIG, TemplateStore(database))
    (event,) = gateway.inbound(inbound())
    reply = gateway.reply([event], ["Hộ nghèo được 59.520 đ & <hơn>\x00\x0c", "Nguồn: QĐ 28/2014"])
    assert reply.content_type.startswith("text/xml")
    root = ElementTree.fromstring(reply.body.decode())
    assert root.tag == "ClientResponse"
    assert {child.tag: child.text for child in root} == {
        "Message": "Hộ nghèo được 59.520 đ & <hơn>\nNguồn: QĐ 28/2014",
        "Smsid": "S1",
        "Receiver": "84901888484",
    }


def test_without_an_answer_the_response_is_empty(database: Database) -> None:
    gateway = EsmsGateway(CONFIG, TemplateStore(database))
    events = gateway.inbound(inbound())
    assert gateway.reply(events).body == gateway.reply([], ["a"]).body == b""


def test_what_the_two_gateways_can_carry(database: Database) -> None:
    care = EsmsGateway(CONFIG, TemplateStore(database)).capabilities
    assert (care.free_text, care.registered_templates, care.can_be_answered) == (False, True, False)
    assert care.reply_in_response and care.tells_status and care.dedupes_for is not None
    assert (care.batch_max, "advertising" in care.classes) == (1, False)
    ads = advertising("http://127.0.0.1:9").capabilities
    assert (ads.classes, ads.batch_min, ads.batch_max) == (frozenset({MessageClass.ADVERTISING}), 30, 5_000)
    assert ads.dedupes_for is None and not ads.tells_delivery and ads.tells_status


@pytest.mark.parametrize("path", ["inbound", "receipts"])
def test_nobody_calls_the_advertising_gateway(path: str) -> None:
    gateway = advertising("http://127.0.0.1:9")
    with pytest.raises(WebhookRefused, match="403"):
        (gateway.inbound if path == "inbound" else gateway.receipts)(receipt())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://rest.esms.vn"),
        ("url", "https://key:secret@rest.esms.vn"),
        ("url", "https://rest.esms.vn/MainService.svc"),
        ("api_key", ""),
        ("secret_key", ""),
        ("brandname", ""),
    ],
)
def test_a_wrong_field_of_the_account_is_named(field: str, value: str) -> None:
    with pytest.raises(ValueError, match=field):
        replace(account(), **{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(("field", "value"), [("callback_base", "loa.example.vn"), ("secret", b"short")])
def test_a_wrong_field_of_the_gateway_is_named(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=field):
        replace(CONFIG, **{field: value})  # type: ignore[arg-type]


def test_keys_are_kept_when_printed() -> None:
    printed = repr(CONFIG) + repr(SHORT_CODE) + repr(EsmsAccount("KEY-x", "SECRET-x", "b"))
    assert not any(secret in printed for secret in (*SECRETS, "KEY-x", "SECRET-x"))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.dictionaries(
        st.sampled_from([*THEIRS, *OURS, "cpid", "smsid", "content", "receiverTime", "sign", "sender"]), st.text()
    ),
    raw=st.binary(max_size=80),
)
def test_whatever_is_called_is_refused_and_nothing_else_is_raised(
    database: Database, query: dict[str, str], raw: bytes
) -> None:
    gateway = EsmsGateway(CONFIG, TemplateStore(database))
    encoded = urlencode({**query, "cpid": "CP1"}, errors="surrogatepass")
    for sent in (encoded, raw.decode("latin-1").replace("#", ""), f"{encoded}?{encoded}"):
        for read in (gateway.inbound, gateway.receipts):
            with pytest.raises(WebhookRefused):
                read(called("inbound", sent))
