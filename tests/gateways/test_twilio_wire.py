"""What leaves for Twilio and what each answer means: made by its SDK, carried by our wire, once."""

import asyncio
import base64
import json
import os
import subprocess
import sys
from urllib.parse import quote_plus

import pytest

from foundation.message_class import MessageClass
from foundation.text import Encoding
from gateways.protocol import Outcome, Outgoing, SendStatus
from tests.gateways.far_end import Act, answers, breaks_off, far_end, hangs_up, says_nothing, talks_nonsense
from tests.gateways.runner import SendCase, message, run_send, send_once
from tests.gateways.twilio_parts import ACCOUNT_SID, AUTH_TOKEN, SECRETS, SID, config, gateway
from tests.services import free_ports

BARE = "Moi ba con thon Trung Hoa hop luc 8 gio thu bay."
ACCENTED = "Mời bà con thôn Trung Hòa họp lúc 8 giờ & mang a+b=100%."
BASIC = base64.b64encode(f"{ACCOUNT_SID}:{AUTH_TOKEN}".encode())
RESULTS = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"


def made(http: int = 201, **fields: object) -> Act:
    """Answer as Twilio does for a message that it made."""
    message = {
        "account_sid": ACCOUNT_SID,
        "api_version": "2010-04-01",
        "body": BARE,
        "date_created": "Fri, 20 Nov 2026 02:00:01 +0000",
        "date_sent": None,
        "date_updated": "Fri, 20 Nov 2026 02:00:01 +0000",
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": "SoNNMT",
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": "USD",
        "sid": SID,
        "status": "queued",
        "subresource_uris": {"media": f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{SID}/Media.json"},
        "to": "+84912345678",
        "uri": f"/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/{SID}.json",
    }
    return answers(http, json.dumps({**message, **fields}))


def refuses(code: object, status: int = 400, headers: str = "", **fields: object) -> Act:
    """Answer as Twilio does when it refuses: the number is in the words."""
    body = {
        "code": code,
        "message": f"The 'To' number +84912345678 is not valid: {BARE}",
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return answers(status, json.dumps({**body, **fields}), headers)


def outcome(
    status: SendStatus, detail: str | None = None, wish: float | None = None, sid: str | None = None
) -> Outcome:
    return Outcome("ref-1", status, sid, detail, wish)


def coded(code: int, status: SendStatus, detail: str, http: int = 400) -> SendCase:
    return SendCase(f"code {code}", message(BARE), refuses(code, http), outcome(status, detail))


def kept(label: str, sent: Outgoing, detail: str) -> SendCase:
    return SendCase(label, sent, OK, outcome(SendStatus.REJECTED, detail), arrivals=0)


def uncertain(label: str, act: Act, detail: str) -> SendCase:
    return SendCase(label, message(BARE), act, outcome(SendStatus.UNCERTAIN, detail))


OK = made()
ACCEPTED = outcome(SendStatus.ACCEPTED, sid=SID)
NOT_TWILIOS = "an answer that is not Twilio's"

CASES = [
    SendCase(
        "posted as a form with our account",
        message(BARE),
        OK,
        ACCEPTED,
        [
            f"POST {RESULTS} HTTP/1.1".encode(),
            b"Authorization: Basic " + BASIC + b"\r\n",
            b"Content-Type: application/x-www-form-urlencoded\r\n",
            b"Accept: application/json\r\n",
            b"User-Agent: twilio-python/",
        ],
    ),
    SendCase(
        "number, name, text",
        message(BARE),
        OK,
        ACCEPTED,
        [b"To=%2B84912345678", b"From=SoNNMT", b"Body=" + quote_plus(BARE).encode()],
    ),
    SendCase("accents and signs", message(ACCENTED), OK, ACCEPTED, [b"Body=" + quote_plus(ACCENTED).encode()]),
    SendCase(
        "calls back with our proof",
        message(BARE),
        OK,
        ACCEPTED,
        [b"StatusCallback=" + quote_plus(config().receipt_url("ref-1")).encode()],
    ),
    SendCase("accepted by a service", message(BARE), made(status="accepted"), ACCEPTED),
    SendCase("200 instead of 201", message(BARE), made(200), ACCEPTED),
    SendCase("a sid of another kind", message(BARE), made(sid="XX1"), outcome(SendStatus.ACCEPTED)),
    SendCase(
        "given up at once",
        message(BARE),
        made(status="failed", error_code=30007),
        outcome(SendStatus.UNCERTAIN, "Twilio took it and gave it up", sid=SID),
    ),
    coded(21211, SendStatus.REJECTED, "Twilio finds the number wrong (21211)"),
    coded(21614, SendStatus.REJECTED, "Twilio finds the number to be no mobile one (21614)"),
    coded(21610, SendStatus.REJECTED, "the person has opted out at Twilio (21610)"),
    coded(21617, SendStatus.REJECTED, "Twilio finds the text too long (21617)"),
    coded(21635, SendStatus.REJECTED, "Twilio finds the number to be a landline (21635)"),
    coded(20003, SendStatus.ACCOUNT, "Twilio refuses our account or token (20003)", 401),
    coded(20005, SendStatus.ACCOUNT, "the account at Twilio is not active (20005)", 403),
    coded(21408, SendStatus.ACCOUNT, "texts to this country are not enabled at Twilio (21408)", 403),
    coded(21606, SendStatus.ACCOUNT, "our sender cannot send there (21606)"),
    coded(21608, SendStatus.ACCOUNT, "a trial account at Twilio reaches verified numbers only (21608)"),
    coded(21609, SendStatus.ACCOUNT, "Twilio cannot call our address: see LOA_PUBLIC_URL (21609)"),
    coded(21612, SendStatus.ACCOUNT, "Twilio does not reach this number from our sender (21612)"),
    coded(63038, SendStatus.ACCOUNT, "the account's texts of today are used up at Twilio (63038)", 429),
    coded(21999, SendStatus.ACCOUNT, "Twilio answered 400, code 21999"),
    coded(14107, SendStatus.RATE_LIMITED, "Twilio finds us too fast (14107)"),
    coded(21611, SendStatus.RATE_LIMITED, "our sender's queue at Twilio is full (21611)", 429),
    SendCase(
        "too fast",
        message(BARE),
        refuses(20429, 429, "Retry-After: 7"),
        outcome(SendStatus.RATE_LIMITED, "Twilio finds us too fast (20429)", 7.0),
    ),
    SendCase(
        "too fast for what stands before Twilio",
        message(BARE),
        answers(429, "slow down", "Retry-After: 3"),
        outcome(SendStatus.RATE_LIMITED, "Twilio answered 429", 3.0),
    ),
    SendCase(
        "a problem document",
        message(BARE),
        refuses(21211, type="https://www.twilio.com/docs/api/errors/21211", title="Invalid 'To'"),
        outcome(SendStatus.REJECTED, "Twilio finds the number wrong (21211)"),
    ),
    SendCase(
        "a code that is a text", message(BARE), refuses("21211"), outcome(SendStatus.ACCOUNT, "Twilio answered 400")
    ),
    SendCase("a code that is true", message(BARE), refuses(True), outcome(SendStatus.ACCOUNT, "Twilio answered 400")),
    SendCase("refused in HTML", message(BARE), answers(403, "<p>"), outcome(SendStatus.ACCOUNT, "Twilio answered 403")),
    SendCase("not found", message(BARE), answers(404), outcome(SendStatus.ACCOUNT, "Twilio answered 404")),
    SendCase(
        "redirect",
        message(BARE),
        answers(307, "", "Location: /elsewhere"),
        outcome(SendStatus.ACCOUNT, "Twilio answered 307"),
    ),
    uncertain("an error of theirs", refuses(20500, 500), "Twilio answered 500, code 20500"),
    uncertain("a part of theirs is down", refuses(20503, 503, "Retry-After: 5"), "Twilio answered 503, code 20503"),
    uncertain("an error of theirs with the code of a refusal", refuses(21211, 500), "Twilio answered 500, code 21211"),
    uncertain("a proxy gave up", answers(504), "Twilio answered 504"),
    uncertain("too slow", answers(408), "Twilio answered 408"),
    uncertain("a page", answers(201, "<html>"), NOT_TWILIOS),
    uncertain("a list", answers(201, "[1]"), NOT_TWILIOS),
    uncertain("a word", answers(201, '"SM"'), NOT_TWILIOS),
    uncertain("nothing", answers(201), NOT_TWILIOS),
    uncertain("no sid", made(sid=None), NOT_TWILIOS),
    uncertain("a date that is none", made(date_created=[1]), NOT_TWILIOS),
    uncertain("JSON without bottom", answers(201, "[" * 60_000), NOT_TWILIOS),
    uncertain("breaks off", breaks_off, NOT_TWILIOS),
    uncertain("takes it and hangs up", hangs_up, "no answer from Twilio: ServerDisconnectedError"),
    uncertain("never answers", says_nothing, "no answer from Twilio: TimeoutError"),
    uncertain("nonsense", talks_nonsense, "no answer from Twilio: ClientResponseError"),
    kept("empty", message(""), "the text is empty"),
    kept("too long", message("a" * 1_531), "the text takes 11 segments of at most 10"),
    kept("too long with accents", message("ầ" * 671), "the text takes 11 segments of at most 10"),
    kept(
        "Vietnamese as GSM-7",
        Outgoing("ref-1", "+84912345678", ACCENTED, Encoding.GSM7, MessageClass.REPLY),
        "the text does not fit GSM-7",
    ),
    *(
        kept(
            str(each),
            Outgoing("ref-1", "+84912345678", BARE, Encoding.GSM7, each),
            f"this gateway does not carry the class {each}",
        )
        for each in (MessageClass.ADVERTISING, MessageClass.FUNDRAISING)
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_twilio_send(case: SendCase, caplog: pytest.LogCaptureFixture) -> None:
    run_send(gateway, case, [*SECRETS, BASIC.decode(), config().receipt_proof("ref-1")], caplog)


def test_a_messaging_service_chooses_the_sender() -> None:
    with far_end(OK) as end:
        service = "MG" + "a" * 32
        assert asyncio.run(send_once(gateway(end.url, sender=service), [message(BARE)])) == [ACCEPTED]
    [request] = end.requests
    assert f"MessagingServiceSid={service}".encode() in request
    assert b"From=" not in request


def test_nobody_listening_means_certainly_not_sent() -> None:
    [port] = free_ports(1)
    [result] = asyncio.run(send_once(gateway(f"http://127.0.0.1:{port}"), [message(BARE)]))
    assert result == outcome(SendStatus.TEMPORARY, "no connection to Twilio: ClientConnectorError")


def test_a_batch_has_one_outcome_for_each_in_order() -> None:
    batch = [message(BARE if n % 3 else "", f"ref-{n}") for n in range(60)]
    with far_end(OK) as end:
        outcomes = asyncio.run(send_once(gateway(end.url), batch))
    assert [result.reference for result in outcomes] == [sent.reference for sent in batch]
    assert [result.status for result in outcomes[:2]] == [SendStatus.REJECTED, SendStatus.ACCEPTED]
    assert len(end.requests) == 40


@pytest.mark.parametrize("variable", ["TWILIO_REGION", "TWILIO_EDGE", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"])
def test_what_the_sdk_would_find_in_the_environment_changes_nothing(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "of-another-program")
    with far_end(OK) as end:
        assert asyncio.run(send_once(gateway(end.url), [message(BARE)])) == [ACCEPTED]
    [request] = end.requests
    assert b"Authorization: Basic " + BASIC in request
    assert b"of-another-program" not in request


def test_the_loop_goes_on_while_twilio_is_slow() -> None:
    async def ticks_meanwhile(url: str) -> tuple[int, list[Outcome]]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.01)
                ticks += 1

        ticking = asyncio.create_task(tick())
        outcomes = await send_once(gateway(url), [message(BARE)])
        ticking.cancel()
        return ticks, outcomes

    with far_end(says_nothing) as end:
        ticks, [result] = asyncio.run(ticks_meanwhile(end.url))
    assert result.status is SendStatus.UNCERTAIN
    assert ticks > 10, "half a second of silence stopped everything else"


def test_who_has_no_account_at_twilio_does_not_load_its_client() -> None:
    looks = "import loa.wiring, sys; print('twilio.rest' in sys.modules, 'requests' in sys.modules)"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOA_")}
    done = subprocess.run(
        [sys.executable, "-c", looks], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["False", "False"]
