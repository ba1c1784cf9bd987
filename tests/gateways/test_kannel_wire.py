"""What leaves for Kannel and what each answer means, against a server that can do what Kannel cannot: misbehave."""

import asyncio
import socket
import time
from dataclasses import replace

import pytest

from foundation.text import Encoding
from gateways.kannel import KannelConfig, KannelGateway
from gateways.protocol import Outcome, Outgoing, SendStatus
from tests.gateways.far_end import answers, breaks_off, far_end, hangs_up, says_nothing, talks_nonsense
from tests.gateways.runner import SendCase, message, run_send, send_once
from tests.services import free_ports

PASSWORD = "mật <khẩu> & kannel"
SECRET = b"sixteen bytes or more"

TEXT = "thông báo về tiền điện"


def config(url: str) -> KannelConfig:
    return KannelConfig(
        url=url,
        username="loa",
        password=PASSWORD,
        sender="8099",
        callback_base="http://127.0.0.1:8080/gateways/kannel",
        secret=SECRET,
        timeout_s=0.5,
    )


def outcome(status: SendStatus, detail: str | None = None, retry_after_s: float | None = None) -> Outcome:
    return Outcome("ref-1", status, None, detail, retry_after_s)


OK = answers(202, "0: Accepted for delivery")
DENIED = "Number(s) has/have been denied by white- and/or black-lists. Denied receivers are: +84912345678"
ACCEPTED = outcome(SendStatus.ACCEPTED)

CASES = [
    SendCase("bare text", message("chao ba"), OK, ACCEPTED, [b"<ud>%63%68%61%6f%20%62%61</ud>", b"<coding>0</coding>"]),
    SendCase("Vietnamese", message("Mời"), OK, ACCEPTED, [b"<ud>%4d%e1%bb%9d%69</ud>", b"<coding>2</coding>"]),
    SendCase("signs and newline", message("<&>\n+€"), OK, ACCEPTED, [b"<ud>%3c%26%3e%0a%2b%e2%82%ac</ud>"]),
    SendCase("what looks like hex", message("2026"), OK, ACCEPTED, [b"<ud>%32%30%32%36</ud>"]),
    SendCase("recipient and sender", message(TEXT), OK, ACCEPTED, [b"<da><number>+84912345678</number></da>", b"8099"]),
    SendCase("credentials are escaped", message(TEXT), OK, ACCEPTED, ["mật &lt;khẩu&gt; &amp; kannel".encode()]),
    SendCase("receipts are asked for", message(TEXT), OK, ACCEPTED, [b"<dlr-mask>31<", b"receipts?ref=ref-1&amp;sig="]),
    SendCase("posted as XML", message(TEXT), OK, ACCEPTED, [b"POST /cgi-bin/sendsms ", b"Content-Type: text/xml\r\n"]),
    SendCase(
        "no carrier connected",
        message(TEXT),
        answers(202, "3: Queued for later delivery"),
        outcome(SendStatus.ACCEPTED, "queued until a carrier is connected"),
    ),
    SendCase(
        "denied number",
        message(TEXT),
        answers(400, DENIED),
        outcome(SendStatus.REJECTED, "Kannel refuses this number or text"),
    ),
    SendCase(
        "wrong content type",
        message(TEXT),
        answers(400, "Unsupported content-type, rejected"),
        outcome(SendStatus.ACCOUNT, "Kannel answered 400"),
    ),
    SendCase(
        "wrong password",
        message(TEXT),
        answers(403, "Authorization failed for sendsms"),
        outcome(SendStatus.ACCOUNT, "Kannel answered 403"),
    ),
    SendCase("not found", message(TEXT), answers(404), outcome(SendStatus.ACCOUNT, "Kannel answered 404")),
    SendCase(
        "redirect",
        message(TEXT),
        answers(307, "", "Location: /elsewhere"),
        outcome(SendStatus.ACCOUNT, "Kannel answered 307"),
    ),
    SendCase(
        "too fast",
        message(TEXT),
        answers(429, "", "Retry-After: 7"),
        outcome(SendStatus.RATE_LIMITED, "Kannel answered 429", 7.0),
    ),
    SendCase(
        "overloaded",
        message(TEXT),
        answers(503, "Temporal failure, try again later."),
        outcome(SendStatus.TEMPORARY, "Kannel answered 503"),
    ),
    SendCase("a proxy gave up", message(TEXT), answers(504), outcome(SendStatus.UNCERTAIN, "Kannel answered 504")),
    SendCase("a web page", message(TEXT), answers(200, "<html>"), outcome(SendStatus.UNCERTAIN, "Kannel answered 200")),
    SendCase("202, then silence", message(TEXT), breaks_off, ACCEPTED),
    SendCase(
        "takes it and hangs up",
        message(TEXT),
        hangs_up,
        outcome(SendStatus.UNCERTAIN, "no answer from Kannel: ServerDisconnectedError"),
    ),
    SendCase(
        "never answers",
        message(TEXT),
        says_nothing,
        outcome(SendStatus.UNCERTAIN, "no answer from Kannel: TimeoutError"),
    ),
    SendCase(
        "nonsense",
        message(TEXT),
        talks_nonsense,
        outcome(SendStatus.UNCERTAIN, "no answer from Kannel: ClientResponseError"),
    ),
    SendCase("empty text", message(""), OK, outcome(SendStatus.REJECTED, "the text is empty"), arrivals=0),
    SendCase(
        "longer than Kannel sends",
        message("a" * 1531),
        OK,
        outcome(SendStatus.REJECTED, "the text takes 11 segments of at most 10"),
        arrivals=0,
    ),
    SendCase(
        "Vietnamese as GSM-7",
        Outgoing("ref-1", "+84912345678", "Mời", Encoding.GSM7, "reply"),
        OK,
        outcome(SendStatus.REJECTED, "the text does not fit GSM-7"),
        arrivals=0,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_kannel_send(case: SendCase, caplog: pytest.LogCaptureFixture) -> None:
    run_send(lambda url: KannelGateway(config(url)), case, [PASSWORD, SECRET.decode()], caplog)


def test_a_kept_connection_that_breaks_is_not_tried_again() -> None:
    with far_end(OK, hangs_up) as end:

        async def two() -> list[Outcome]:
            gateway = KannelGateway(config(end.url))
            first = await gateway.send([message("một", "ref-1")])
            return first + await send_once(gateway, [message("hai", "ref-2")])

        outcomes = asyncio.run(two())
    assert [outcome.status for outcome in outcomes] == [SendStatus.ACCEPTED, SendStatus.UNCERTAIN]
    assert len(end.requests) == 2


def test_nobody_listening_means_certainly_not_sent() -> None:
    [port] = free_ports(1)
    [result] = asyncio.run(send_once(KannelGateway(config(f"http://127.0.0.1:{port}")), [message(TEXT)]))
    assert result == outcome(SendStatus.TEMPORARY, "no connection to Kannel: ClientConnectorError")


def test_a_line_nobody_picks_up_means_certainly_not_sent() -> None:
    with socket.socket() as listener, socket.socket() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting.connect(listener.getsockname())  # fills the queue: the next one's SYN is dropped
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        [result] = asyncio.run(send_once(KannelGateway(config(url)), [message(TEXT)]))
    assert result == outcome(SendStatus.TEMPORARY, "no connection to Kannel: ConnectionTimeoutError")


def test_a_batch_has_one_outcome_for_each_in_order_also_when_it_exceeds_the_connections() -> None:
    batch = [message("a" * (n % 3), f"ref-{n}") for n in range(300)]
    with far_end(OK) as end:
        outcomes = asyncio.run(send_once(KannelGateway(replace(config(end.url), concurrency=8)), batch))
    assert [result.reference for result in outcomes] == [sent.reference for sent in batch]
    assert [result.status for result in outcomes[:3]] == [SendStatus.REJECTED, SendStatus.ACCEPTED, SendStatus.ACCEPTED]
    assert len(end.requests) == 200


def test_waiting_for_a_connection_is_not_counted_as_waiting_for_an_answer() -> None:
    def slow(connection: socket.socket, closing: object) -> None:
        time.sleep(0.2)  # the far end's own pace, not a wait for luck: five of these exceed the time-out
        OK(connection, closing)  # type: ignore[arg-type]

    with far_end(slow) as end:
        gateway = KannelGateway(replace(config(end.url), concurrency=1))
        outcomes = asyncio.run(send_once(gateway, [message("a", f"ref-{n}") for n in range(5)]))
    assert [result.status for result in outcomes] == [SendStatus.ACCEPTED] * 5


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (answers(400, "Missing receiver(s) number(s), rejected"), None),
        (answers(403, "Authorization failed for sendsms"), "password"),
        (answers(200, "<html>"), "unlike Kannel"),
        (hangs_up, "no answer"),
    ],
)
def test_doctor_is_told_what_is_wrong_and_nothing_is_sent(act: object, says: str | None) -> None:
    with far_end(act) as end:  # type: ignore[arg-type]
        found = asyncio.run(checked(KannelGateway(config(end.url))))
    assert (found is None) if says is None else (found is not None and says in found)
    assert b"<da>" not in end.requests[0]


async def checked(gateway: KannelGateway) -> str | None:
    try:
        return await gateway.check()
    finally:
        await gateway.close()


def test_a_closed_gateway_opens_again_in_another_event_loop() -> None:
    with far_end(OK) as end:
        gateway = KannelGateway(config(end.url))
        results = [asyncio.run(send_once(gateway, [message("a", f"ref-{n}")])) for n in range(2)]
    assert [result.status for [result] in results] == [SendStatus.ACCEPTED] * 2
