"""Asking Twilio what became of messages: by their sid, or by number and time where that can be one alone."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from gateways.protocol import Outcome, Receipt, ReceiptState, SendStatus, Sent
from gateways.twilio import TwilioGateway
from tests.gateways.far_end import Act, answers, far_end, hangs_up, says_nothing, talks_nonsense
from tests.gateways.runner import message, send_once
from tests.gateways.twilio_parts import NOW, SID, gateway
from tests.gateways.twilio_server import Trouble, TwilioServer, twilio_server

PHONE, OTHER = "+84912345678", "+84987654321"
TEXT = "Moi ba con hop luc 8 gio"


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with twilio_server(calls_back=False, clock=NOW) as server:
        yield server


def ask(url: str, *asked: Sent) -> list[Receipt]:
    async def asking(gateway: TwilioGateway) -> list[Receipt]:
        try:
            return await gateway.status(asked)
        finally:
            await gateway.close()

    return asyncio.run(asking(gateway(url)))


def sent(reference: str = "ref-1", to: str = PHONE, sid: str | None = None, after_s: float = 0) -> Sent:
    return Sent(reference, to, sid, NOW + timedelta(seconds=after_s), TEXT)


@pytest.mark.parametrize(
    ("status", "code", "state", "detail"),
    [
        ("queued", None, ReceiptState.ACCEPTED, None),
        ("sent", None, ReceiptState.SENT, None),
        ("delivered", None, ReceiptState.DELIVERED, None),
        ("undelivered", 30005, ReceiptState.UNDELIVERED, "the number is unknown or out of service (30005)"),
        ("failed", 30036, ReceiptState.EXPIRED, "not handed on in time (30036)"),
    ],
)
@pytest.mark.parametrize("by_sid", [True, False])
def test_a_message_is_found(
    twilio: TwilioServer, by_sid: bool, status: str, code: int | None, state: ReceiptState, detail: str | None
) -> None:
    made = twilio.make(PHONE, TEXT, status=status, error_code=code)
    twilio.make(OTHER, TEXT, status="failed")
    assert ask(twilio.url, sent(sid=made["sid"] if by_sid else None)) == [Receipt("ref-1", state, made["sid"], detail)]
    [asked] = twilio.asked
    assert ("/Messages.json?To=%2B84912345678&DateSent%3E=2026-11-20T00" in asked) is not by_sid


def test_many_are_asked_about_at_a_time(twilio: TwilioServer) -> None:
    made = [twilio.make(PHONE, TEXT, status="delivered") for _ in range(50)]
    asked = [sent(f"ref-{number}", sid=each["sid"]) for number, each in enumerate(made)]
    asked.insert(7, sent("unknown", sid=SID))
    receipts = ask(twilio.url, *asked)
    assert [receipt.reference for receipt in receipts] == [f"ref-{number}" for number in range(50)]


def test_of_what_twilio_does_not_know_nothing_is_said(twilio: TwilioServer) -> None:
    assert ask(twilio.url, sent(sid=SID), sent("ref-2")) == []


@pytest.mark.parametrize(("seconds", "found"), [(-11, False), (-10, True), (0, True), (90, True), (91, False)])
def test_a_message_of_another_time_is_another_message(twilio: TwilioServer, seconds: int, found: bool) -> None:
    twilio.make(PHONE, TEXT, NOW + timedelta(seconds=seconds), status="delivered")
    assert bool(ask(twilio.url, sent())) is found


def test_another_text_to_the_same_person_is_another_message(twilio: TwilioServer) -> None:
    twilio.make(PHONE, "Một tin khác", status="delivered")
    made = twilio.make(PHONE, TEXT, NOW + timedelta(seconds=1), status="sent")
    assert [receipt.provider_id for receipt in ask(twilio.url, sent())] == [made["sid"]]


def test_before_midnight_means_the_day_before(twilio: TwilioServer) -> None:
    midnight = NOW.replace(hour=0)
    twilio.make(PHONE, TEXT, midnight - timedelta(seconds=5), status="delivered")
    assert len(ask(twilio.url, Sent("ref-1", PHONE, None, midnight, TEXT))) == 1


@pytest.mark.parametrize(
    ("made", "asked"),
    [
        pytest.param([0, 30], [sent()], id="two were made"),
        pytest.param([0], [sent(), sent("ref-2", after_s=60)], id="two may have been made"),
        pytest.param([0], [sent(), sent("ref-2", sid=f"SM{1:032x}")], id="it is known to be another"),
    ],
)
def test_what_could_be_two_messages_is_left_open(twilio: TwilioServer, made: Sequence[int], asked: list[Sent]) -> None:
    for seconds in made:
        twilio.make(PHONE, TEXT, NOW + timedelta(seconds=seconds), status="delivered")
    assert [receipt.reference for receipt in ask(twilio.url, *asked) if receipt.reference == "ref-1"] == []


def test_two_that_are_far_apart_are_told_apart(twilio: TwilioServer) -> None:
    first, second = (twilio.make(PHONE, TEXT, NOW + timedelta(minutes=n), status="sent") for n in (0, 10))
    receipts = ask(twilio.url, sent(), sent("ref-2", after_s=600))
    assert [receipt.provider_id for receipt in receipts] == [first["sid"], second["sid"]]


def test_more_than_can_be_looked_through_tells_nothing(twilio: TwilioServer) -> None:
    for _ in range(99):
        twilio.make(PHONE, TEXT, NOW - timedelta(hours=1))
    twilio.make(PHONE, TEXT, status="delivered")
    assert len(ask(twilio.url, sent())) == 1
    twilio.make(PHONE, TEXT, NOW + timedelta(hours=1))
    assert ask(twilio.url, sent()) == []


@pytest.mark.parametrize(
    "act",
    [answers(500), answers(429), answers(200, "<html>"), answers(200, "{}"), hangs_up, says_nothing, talks_nonsense],
)
def test_trouble_is_silence(act: Act) -> None:
    with far_end(act) as end:
        assert ask(end.url, sent(sid=SID), sent("ref-2")) == []


@pytest.mark.parametrize("trouble", ["takes and hangs up", "500 after taking", "half of an answer"])
def test_a_text_whose_answer_is_lost_is_found_again(trouble: Trouble) -> None:
    with twilio_server(calls_back=False, trouble=[trouble], clock=NOW) as twilio:
        [lost] = asyncio.run(send_once(gateway(twilio.url), [message(TEXT)]))
        assert (lost.status, lost.provider_id) == (SendStatus.UNCERTAIN, None)
        twilio.messages[f"SM{1:032x}"]["status"] = "delivered"
        assert ask(twilio.url, sent()) == [Receipt("ref-1", ReceiptState.DELIVERED, f"SM{1:032x}")]
        assert len(twilio.arrivals) == 1


def test_a_text_that_was_not_taken_is_not_found() -> None:
    with twilio_server(calls_back=False, trouble=["503"], clock=NOW) as twilio:
        [lost] = asyncio.run(send_once(gateway(twilio.url), [message(TEXT)]))
        assert lost == Outcome("ref-1", SendStatus.UNCERTAIN, detail="Twilio answered 503, code 20503")
        assert ask(twilio.url, sent()) == []
