"""The account and its sender as they are set up, and Twilio's signature against Twilio's own."""

import asyncio
import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from foundation.message_class import MessageClass
from foundation.text import segment
from gateways.twilio import MAX_SEGMENTS, TwilioGateway
from gateways.twilio_sdk import is_signed, read_form
from tests.gateways.far_end import Act, answers, far_end, hangs_up
from tests.gateways.runner import message
from tests.gateways.test_twilio_wire import refuses
from tests.gateways.twilio_parts import ACCOUNT_SID, SECRETS, SHARED_KEY, config, gateway, signature
from tests.services import free_ports

CONFIG = config(shared_keys=(SHARED_KEY,))
PHONE, OURS = "+84912345678", "+15005550006"
VECTOR_URL = "https://example.com/myapp.php?foo=1&bar=2"
VECTOR = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+12349013030",
    "Digits": "1234",
    "From": "+12349013030",
    "To": "+18005551212",
}


def test_twilios_own_vector() -> None:
    given = "vNe7KK2kJwCsxc9K3OLkkKB3qqI="
    posted = read_form(urlencode(VECTOR).encode())
    assert signature("12345", VECTOR_URL, VECTOR.items()) == given
    assert is_signed(VECTOR_URL, posted, given, None, "12345", ())
    assert not is_signed(VECTOR_URL, posted, given, "key=k,algorithm=HMAC_SHA1", "12345", ())
    assert not is_signed(VECTOR_URL, posted, given, None, "54321", ())


@pytest.mark.parametrize(("algorithm", "digest"), [("HMAC_SHA1", "sha1"), ("HMAC_SHA256", "sha256")])
def test_our_reckoning_of_the_signature_is_the_sdks(algorithm: str, digest: str) -> None:
    theirs = RequestValidator("12345").compute_signature(VECTOR_URL, VECTOR, algorithm)
    assert theirs == signature("12345", VECTOR_URL, VECTOR.items(), digest)


def test_the_longest_text_stays_below_what_twilio_takes() -> None:
    longest = {"a" * 153 * MAX_SEGMENTS, "ầ" * 67 * MAX_SEGMENTS}
    assert all(segment(each).segments == MAX_SEGMENTS and len(each) <= 1_600 for each in longest)
    assert all(gateway().cannot_carry(message(each)) is None for each in longest)
    assert all(gateway().cannot_carry(message(each + "a")) for each in longest)


@pytest.mark.parametrize(
    ("changes", "number", "answerable"),
    [
        ({"sender": "SoNNMT"}, "SoNNMT", False),
        ({"sender": OURS}, OURS, False),
        ({"sender": OURS, "answerable": True}, OURS, True),
        ({"sender": "MG" + "a" * 32}, None, False),
    ],
)
def test_a_sender_is_taken_for_one_way_unless_seen_otherwise(
    changes: dict[str, object], number: str | None, answerable: bool
) -> None:
    made = TwilioGateway(replace(CONFIG, **changes))  # type: ignore[arg-type]
    assert (made.number, made.capabilities.can_be_answered) == (number, answerable)


def test_what_promotes_or_asks_for_money_does_not_go_by_twilio() -> None:
    assert set(MessageClass) - gateway().capabilities.classes == {MessageClass.ADVERTISING, MessageClass.FUNDRAISING}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://api.twilio.com"),
        ("url", "https://AC1:token@api.twilio.com"),
        ("url", "https://api.twilio.com/2010-04-01"),
        ("callback_base", "loa.example.vn"),
        ("callback_base", "https://so_nnmt.example.vn/gateways/twilio"),
        ("account_sid", "AC123"),
        ("auth_token", ""),
        ("sender", "So Nong nghiep"),
        ("sender", "8041"),
        ("sender", "Sở NN"),
        ("secret", b"short"),
        ("answerable", True),
    ],
)
def test_a_wrong_setting_is_named(field: str, value: object) -> None:
    changed: dict[str, object] = {field: value}
    with pytest.raises(ValueError, match=f"^{field}") as wrong:
        replace(CONFIG, **changed)  # type: ignore[arg-type]
    assert not any(secret in str(wrong.value) for secret in SECRETS)


def test_a_vietnamese_number_is_not_answerable() -> None:
    with pytest.raises(ValueError, match=r"^answerable"):
        replace(CONFIG, sender=PHONE, answerable=True)


def test_the_configuration_keeps_its_secrets_when_printed() -> None:
    made = TwilioGateway(CONFIG)
    assert not any(secret in f"{CONFIG!r} {made!r} {vars(made)!r}" for secret in SECRETS)


def check(url: str, **changes: object) -> str | None:
    async def checked() -> str | None:
        made = gateway(url, **changes)
        try:
            return await made.check()
        finally:
            await made.close()

    return asyncio.run(checked())


ACTIVE = json.dumps({"sid": ACCOUNT_SID, "status": "active", "type": "Full", "friendly_name": "So NNMT"})


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (answers(200, ACTIVE), None),
        (answers(200, ACTIVE.replace("active", "suspended")), "the account at Twilio is not active"),
        (refuses(20003, 401), "Twilio refuses our account or token (20003)"),
        (answers(200, "<html>"), "unlike Twilio"),
        (answers(502), "Twilio answered 502"),
        (hangs_up, "gives no answer"),
    ],
)
def test_doctor_is_told_what_is_wrong_and_nothing_is_sent(act: Act, says: str | None) -> None:
    with far_end(act) as end:
        found = check(end.url)
    assert (found is None) if says is None else (found is not None and says in found)
    assert not any(secret in (found or "") for secret in SECRETS)
    assert all(request.startswith(f"GET /2010-04-01/Accounts/{ACCOUNT_SID}.json ".encode()) for request in end.requests)


def test_doctor_is_told_when_there_is_no_server_or_no_way_back() -> None:
    [port] = free_ports(1)
    assert "nobody answers" in (check(f"http://127.0.0.1:{port}") or "")
    here = "http://127.0.0.1:8080/gateways/twilio"
    assert "set LOA_PUBLIC_URL" in (check(f"http://127.0.0.1:{port}", callback_base=here) or "")
