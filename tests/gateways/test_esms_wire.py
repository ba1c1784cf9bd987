"""What leaves for eSMS and what each answer means: the documented ones, and what no documentation shows."""

import asyncio
import json
import socket
import threading
import time

import pytest

from foundation.database import Database
from foundation.message_class import MessageClass
from foundation.text import Encoding
from gateways.esms import EsmsGateway
from gateways.protocol import Outcome, Outgoing, SendStatus, TemplateState
from gateways.template_store import TemplateStore
from tests.gateways.esms_parts import SECRETS, approve, care, config
from tests.gateways.far_end import Act, answers, breaks_off, far_end, hangs_up, says_nothing, talks_nonsense
from tests.gateways.runner import SendCase, message, run_send, send_once
from tests.services import free_ports

SMSID = "d533459ee42b2b9525ba9eabf6a8156"
BARE = "Moi ba con thon Trung Hoa hop luc 8 gio thu bay."
ACCENTED = "Mời bà con thôn Trung Hòa họp lúc 8 giờ thứ bảy."
TEMPLATES = (
    "Moi ba con thon {thon,30} hop luc {gio,5} gio thu bay.",
    "Mời bà con thôn {thon,30} họp lúc {gio} giờ thứ bảy.",
    "Nhà làng",
    "{tat_ca_deu_duoc,700}!",
)


def says(code: str, status: int = 200, headers: str = "", **fields: object) -> Act:
    """Answer as eSMS does: code, message, and always a CountRegenerate."""
    body = {"CodeResult": code, "CountRegenerate": 0, "ErrorMessage": f"{BARE} 0912345678", **fields}
    return answers(status, json.dumps(body), headers)


def outcome(status: SendStatus, detail: str | None = None, retry_after_s: float | None = None) -> Outcome:
    return Outcome("ref-1", status, None, detail, retry_after_s)


def coded(code: str, status: SendStatus, detail: str) -> SendCase:
    return SendCase(f"code {code}", message(BARE), says(code), outcome(status, detail))


def refused(label: str, sent: Outgoing, detail: str) -> SendCase:
    return SendCase(label, sent, OK, outcome(SendStatus.REJECTED, detail), arrivals=0)


OK = answers(200, json.dumps({"CodeResult": "100", "CountRegenerate": 0, "SMSID": SMSID}))
ACCEPTED = Outcome("ref-1", SendStatus.ACCEPTED, SMSID)
LONG = "the text takes 5 segments of at most 4"

CASES = [
    SendCase("bare text", message(BARE), OK, ACCEPTED, [b'"Content": "Moi ba con', b'"IsUnicode": "0"']),
    SendCase("Vietnamese", message(ACCENTED), OK, ACCEPTED, [b"M\\u1eddi b\\u00e0 con", b'"IsUnicode": "1"']),
    SendCase("accents that GSM-7 has", message("Nhà làng"), OK, ACCEPTED, [b'"IsUnicode": "1"']),
    SendCase("number as at home", message(BARE), OK, ACCEPTED, [b'"Phone": "0912345678"']),
    SendCase("as care", message(BARE), OK, ACCEPTED, [b'"SmsType": "2"', b'"Brandname": "SoNNMT"']),
    SendCase("once by its reference", message(BARE), OK, ACCEPTED, [b'"RequestId": "ref-1"', b'"campaignid": "ref-1"']),
    SendCase(
        "calls back with our proof",
        message(BARE),
        OK,
        ACCEPTED,
        [f'"CallbackUrl": "{config().receipt_url("ref-1")}"'.encode()],
    ),
    SendCase(
        "posted as JSON with the keys inside",
        message(BARE),
        OK,
        ACCEPTED,
        [
            b"POST /MainService.svc/json/SendMultipleMessage_V4_post_json/ HTTP",
            b"Content-Type: application/json\r\n",
            b'"ApiKey": "KEY-of-the-account", "SecretKey": "SECRET-of-the-account"',
        ],
    ),
    SendCase("100 as a number", message(BARE), answers(200, '{"CodeResult": 100}'), outcome(SendStatus.ACCEPTED)),
    SendCase(
        "an SMSID that is none",
        message(BARE),
        answers(200, '{"CodeResult": "100", "SMSID": {"a": 1}}'),
        outcome(SendStatus.ACCEPTED),
    ),
    SendCase(
        "124: we sent it before",
        message(BARE),
        says("124", SendStatus="5"),
        outcome(SendStatus.ACCEPTED, "eSMS had this request already"),
    ),
    SendCase(
        "99 as the page on sending shows it",
        message(BARE),
        answers(400, '{"error": "Invalid request"}'),
        outcome(SendStatus.TEMPORARY, "eSMS does not take this request or number"),
    ),
    coded("99", SendStatus.TEMPORARY, "eSMS does not take this request or number"),
    SendCase(
        "code 160",
        message(BARE),
        says("160", headers="Retry-After: 3"),
        outcome(SendStatus.RATE_LIMITED, "eSMS finds us too fast", 3.0),
    ),
    coded("108", SendStatus.REJECTED, "eSMS finds the number wrong"),
    coded("201", SendStatus.REJECTED, "eSMS blocks a word of this text"),
    coded("101", SendStatus.ACCOUNT, "eSMS refuses our keys"),
    coded("102", SendStatus.ACCOUNT, "eSMS has no prices for this account"),
    coded("103", SendStatus.ACCOUNT, "the balance at eSMS is used up"),
    coded("104", SendStatus.ACCOUNT, "eSMS does not know our brandname"),
    coded("140", SendStatus.ACCOUNT, "our address is not on eSMS's list"),
    coded("143", SendStatus.ACCOUNT, "the account at eSMS is inactive or locked"),
    SendCase(
        "code 146",
        message(BARE),
        says("146", SMSID="3f5ec8c71c4a4ccea311f731dfeaa133156"),
        outcome(SendStatus.ACCOUNT, "eSMS has no template of this form"),
    ),
    coded("177", SendStatus.ACCOUNT, "the brandname is not registered with this network"),
    coded("300", SendStatus.ACCOUNT, "eSMS misses the type of text"),
    coded("118", SendStatus.ACCOUNT, "eSMS does not offer this type of text"),
    coded("199", SendStatus.UNCERTAIN, "eSMS answered 200, code 199"),
    coded("chữ", SendStatus.UNCERTAIN, "eSMS answered 200"),
    SendCase(
        "too fast for the server",
        message(BARE),
        answers(429, "", "Retry-After: 7"),
        outcome(SendStatus.RATE_LIMITED, "eSMS answered 429", 7.0),
    ),
    # Repeating it does no harm: if it was taken after all, the answer will be 124.
    SendCase("overloaded", message(BARE), answers(503), outcome(SendStatus.TEMPORARY, "eSMS answered 503")),
    SendCase("an error of theirs", message(BARE), answers(500), outcome(SendStatus.UNCERTAIN, "eSMS answered 500")),
    SendCase(
        "an error of theirs that says 100",
        message(BARE),
        says("100", 500),
        outcome(SendStatus.UNCERTAIN, "eSMS answered 500"),
    ),
    SendCase("a proxy gave up", message(BARE), answers(504), outcome(SendStatus.UNCERTAIN, "eSMS answered 504")),
    SendCase("too slow", message(BARE), answers(408), outcome(SendStatus.UNCERTAIN, "eSMS answered 408")),
    SendCase("not found", message(BARE), answers(404), outcome(SendStatus.ACCOUNT, "eSMS answered 404")),
    SendCase(
        "redirect",
        message(BARE),
        answers(307, "", "Location: /elsewhere"),
        outcome(SendStatus.ACCOUNT, "eSMS answered 307"),
    ),
    SendCase("a page", message(BARE), answers(200, "<html>"), outcome(SendStatus.UNCERTAIN, "eSMS answered 200")),
    SendCase("a list", message(BARE), answers(200, "[100]"), outcome(SendStatus.UNCERTAIN, "eSMS answered 200")),
    SendCase(
        "JSON without bottom",
        message(BARE),
        answers(200, "[" * 60_000),
        outcome(SendStatus.UNCERTAIN, "eSMS answered 200"),
    ),
    SendCase("no code", message(BARE), answers(200, "{}"), outcome(SendStatus.UNCERTAIN, "eSMS answered 200")),
    SendCase(
        "a code that is true",
        message(BARE),
        answers(200, '{"CodeResult": true}'),
        outcome(SendStatus.UNCERTAIN, "eSMS answered 200"),
    ),
    SendCase("breaks off", message(BARE), breaks_off, outcome(SendStatus.UNCERTAIN, "eSMS answered 202")),
    SendCase(
        "takes it and hangs up",
        message(BARE),
        hangs_up,
        outcome(SendStatus.UNCERTAIN, "no answer from eSMS: ServerDisconnectedError"),
    ),
    SendCase(
        "never answers", message(BARE), says_nothing, outcome(SendStatus.UNCERTAIN, "no answer from eSMS: TimeoutError")
    ),
    SendCase(
        "nonsense",
        message(BARE),
        talks_nonsense,
        outcome(SendStatus.UNCERTAIN, "no answer from eSMS: ClientResponseError"),
    ),
    refused("no template", message("Xin chao ba con"), "no approved template has the form of this text"),
    refused(
        "longer than its place", message(BARE.replace("8", "123456")), "no approved template has the form of this text"
    ),
    refused("a number abroad", message(BARE, to="+4915112345678"), "the number is not Vietnamese"),
    refused("empty", message(""), "the text is empty"),
    refused("too long", message("a" * 650 + "!"), LONG),
    refused("too long with accents", message("ầ" * 300 + "!"), LONG),
    refused(
        "Vietnamese as GSM-7",
        Outgoing("ref-1", "+84912345678", ACCENTED, Encoding.GSM7, MessageClass.REPLY),
        "the text does not fit GSM-7",
    ),
    refused(
        "advertising",
        Outgoing("ref-1", "+84912345678", BARE, Encoding.GSM7, MessageClass.ADVERTISING),
        "this gateway does not carry the class advertising",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_esms_send(case: SendCase, database: Database, caplog: pytest.LogCaptureFixture) -> None:
    approve(database, *TEMPLATES)
    run_send(lambda url: care(url, database), case, [*SECRETS, config().receipt_proof("ref-1")], caplog)


def test_nobody_listening_means_certainly_not_sent(database: Database) -> None:
    approve(database, *TEMPLATES)
    [port] = free_ports(1)
    [result] = asyncio.run(send_once(care(f"http://127.0.0.1:{port}", database), [message(BARE)]))
    assert result == outcome(SendStatus.TEMPORARY, "no connection to eSMS: ClientConnectorError")


def test_a_batch_has_one_outcome_for_each_in_order(database: Database) -> None:
    approve(database, *TEMPLATES)
    batch = [message(BARE if n % 3 else "khong co mau", f"ref-{n}") for n in range(60)]
    with far_end(OK) as end:
        outcomes = asyncio.run(send_once(care(end.url, database), batch))
    assert [result.reference for result in outcomes] == [sent.reference for sent in batch]
    assert [result.status for result in outcomes[:2]] == [SendStatus.REJECTED, SendStatus.ACCEPTED]
    assert len(end.requests) == 40


@pytest.mark.parametrize("state", [TemplateState.PENDING, TemplateState.REJECTED, TemplateState.DISABLED])
def test_a_template_that_is_not_approved_lets_nothing_through(state: TemplateState, database: Database) -> None:
    approve(database, TEMPLATES[0], state=state)
    assert care("http://127.0.0.1:9", database).cannot_carry(message(BARE))


def test_while_the_templates_cannot_be_read_nothing_leaves_and_nothing_is_written_off(database: Database) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE gateway_templates RENAME TO elsewhere")
    with far_end(OK) as end:
        gateway = EsmsGateway(config(end.url), TemplateStore(database))
        [result] = asyncio.run(send_once(gateway, [message(BARE)]))
    assert result == outcome(SendStatus.TEMPORARY, "the registered templates cannot be read")
    assert end.requests == []


def test_an_answer_in_two_packets_is_read_whole(database: Database) -> None:
    approve(database, *TEMPLATES)
    body = json.dumps({"CodeResult": "100", "CountRegenerate": 0, "SMSID": SMSID}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()

    def in_two(connection: socket.socket, _closing: threading.Event) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(head + body[:20])
        time.sleep(0.2)  # the network's own pause between two packets, not a wait for luck
        connection.sendall(body[20:])

    with far_end(in_two) as end:
        assert asyncio.run(send_once(care(end.url, database), [message(BARE)])) == [ACCEPTED]


BALANCE = '{"Balance": %s, "CodeResponse": "100", "UserID": 9999}'


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (answers(200, BALANCE % "36693000"), None),
        (answers(200, BALANCE % "36693"), "low: 36693 VND"),
        (answers(200, '{"Balance":0,"CodeResponse":"101","ErrorMessage":"Authorize Failed"}'), "refuses our keys"),
        (answers(200, "<html>"), "unlike eSMS"),
        (answers(502), "answers 502"),
        (hangs_up, "gives no answer"),
    ],
)
def test_doctor_is_told_what_is_wrong_and_nothing_is_sent(act: Act, says: str | None, database: Database) -> None:
    approve(database, *TEMPLATES)
    with far_end(act) as end:
        found = asyncio.run(checked(care(end.url, database)))
    assert (found is None) if says is None else (found is not None and says in found)
    assert not any(secret in (found or "") for secret in SECRETS)
    [request] = end.requests
    assert request.startswith(b"POST /MainService.svc/json/GetBalance_json ")


def test_doctor_is_told_when_there_is_no_template_or_no_server(database: Database) -> None:
    with far_end(answers(200, BALANCE % "36693000")) as end:
        assert "no approved template" in (asyncio.run(checked(care(end.url, database))) or "")
    [port] = free_ports(1)
    assert "nobody answers" in (asyncio.run(checked(care(f"http://127.0.0.1:{port}", database))) or "")


async def checked(gateway: EsmsGateway) -> str | None:
    try:
        return await gateway.check()
    finally:
        await gateway.close()
