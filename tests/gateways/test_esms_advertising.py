"""Advertising by eSMS: one text to thirty numbers or more, counted as the contract counts."""

import asyncio
import json
from collections import Counter
from dataclasses import replace

import pytest

from foundation.message_class import MessageClass
from foundation.text import segment
from gateways.protocol import Ladder, Outcome, SendStatus
from tests.gateways.esms_parts import advertisement, advertisements, advertising
from tests.gateways.esms_server import EsmsServer, Trouble, esms_server
from tests.gateways.far_end import answers, far_end
from tests.gateways.runner import send_once

TEXT = "[QC] Hoi cho nong san 25/11"


def statuses(outcomes: list[Outcome]) -> Counter[SendStatus]:
    return Counter(outcome.status for outcome in outcomes)


def test_thirty_numbers_go_in_one_request_and_have_one_smsid() -> None:
    with esms_server() as esms:
        outcomes = asyncio.run(send_once(advertising(esms.url), advertisements(30)))
        [order] = esms.orders.values()
    assert {(outcome.status, outcome.provider_id) for outcome in outcomes} == {(SendStatus.ACCEPTED, order.smsid)}
    assert [outcome.reference for outcome in outcomes] == [f"ad-{n}" for n in range(30)]
    assert (len(order.phones), order.phones[7], order.content) == (30, "0910000007", TEXT)
    assert (order.sms_type, order.callback) == ("1", None)
    assert esms.requests == ["SendMultipleSMSBrandname_json/"]
    assert "IsUnicode" not in esms.arrivals[0]


def test_fewer_than_thirty_are_not_even_asked_for() -> None:
    with esms_server() as esms:
        outcomes = asyncio.run(send_once(advertising(esms.url), advertisements(29)))
    assert statuses(outcomes) == {SendStatus.TEMPORARY: 29}
    assert outcomes[0].detail == "eSMS takes 30 numbers of one text or more, and here are 29"
    assert esms.requests == []


def test_each_text_of_a_batch_has_a_request_of_its_own() -> None:
    other = [advertisement("[QC] Hoi cho 26/11", number) for number in range(100, 140)]
    few = [advertisement("[QC] Cho dem 27/11", number) for number in range(200, 205)]
    mixed = [message for pair in zip(advertisements(40), other, strict=True) for message in pair] + few
    with esms_server() as esms:
        outcomes = asyncio.run(send_once(advertising(esms.url), mixed))
        taken = {order.content: len(order.phones) for order in esms.orders.values()}
    assert taken == {TEXT: 40, "[QC] Hoi cho 26/11": 40}
    assert [outcome.reference for outcome in outcomes] == [message.reference for message in mixed]
    assert statuses(outcomes) == {SendStatus.ACCEPTED: 80, SendStatus.TEMPORARY: 5}


def test_what_spoils_one_message_does_not_stop_the_others() -> None:
    batch = advertisements(33)
    batch[3] = replace(batch[3], to="+4915112345678")
    batch[9] = replace(batch[9], to=batch[8].to)
    batch[12] = replace(batch[12], message_class=MessageClass.REPLY)
    with esms_server() as esms:
        outcomes = asyncio.run(send_once(advertising(esms.url), batch))
        [order] = esms.orders.values()
    assert len(order.phones) == len(set(order.phones)) == 30
    assert {n for n, outcome in enumerate(outcomes) if outcome.status is SendStatus.REJECTED} == {3, 9, 12}
    assert outcomes[9].detail == "this number gets the same text in this batch already"


def test_the_same_messages_again_are_known_by_esms_and_others_are_not() -> None:
    with esms_server() as esms:
        gateway_url = esms.url
        first = asyncio.run(send_once(advertising(gateway_url), advertisements(30)))
        again = asyncio.run(send_once(advertising(gateway_url), advertisements(30)[::-1]))
        others = asyncio.run(send_once(advertising(gateway_url), advertisements(31)))
        assert len(esms.orders) == 2
    assert statuses(first) == statuses(again) == {SendStatus.ACCEPTED: 30}
    assert {(outcome.provider_id, outcome.detail) for outcome in again} == {(None, "eSMS had this request already")}
    assert statuses(others) == {SendStatus.ACCEPTED: 31}


@pytest.mark.parametrize(
    ("trouble", "status", "taken"),
    [
        ("takes and hangs up", SendStatus.UNCERTAIN, 1),
        ("500 after taking", SendStatus.UNCERTAIN, 1),
        ("500", SendStatus.UNCERTAIN, 0),
        ("503", SendStatus.UNCERTAIN, 0),  # in other company it would be another request: not repeated blindly
        ("garbage", SendStatus.UNCERTAIN, 0),
        ("429", SendStatus.RATE_LIMITED, 0),
    ],
)
def test_trouble_with_a_request_is_trouble_with_each_of_its_messages(
    trouble: Trouble, status: SendStatus, taken: int
) -> None:
    with esms_server(trouble=[trouble]) as esms:
        outcomes = asyncio.run(send_once(advertising(esms.url), advertisements(30)))
        assert (len(esms.arrivals), len(esms.orders)) == (1, taken)
    assert statuses(outcomes) == {status: 30}


def wrong_brandname(esms: EsmsServer) -> None:
    esms.brandname = "Other"


def blocked_word(esms: EsmsServer) -> None:
    esms.blocked_words = {"nong san"}


def no_money(esms: EsmsServer) -> None:
    esms.balance = 100


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (wrong_brandname, SendStatus.ACCOUNT),
        (no_money, SendStatus.ACCOUNT),
        (blocked_word, SendStatus.REJECTED),
    ],
)
def test_a_refusal_is_of_every_message(change: object, status: SendStatus) -> None:
    with esms_server() as esms:
        change(esms)  # type: ignore[operator]
        outcomes = asyncio.run(send_once(advertising(esms.url), advertisements(30)))
    assert statuses(outcomes) == {status: 30}


def test_one_wrong_number_among_thirty_writes_nobody_off() -> None:
    refusal = json.dumps({"CodeResult": "108", "CountRegenerate": 0, "ErrorMessage": "0912345678"})
    with far_end(answers(200, refusal)) as end:
        outcomes = asyncio.run(send_once(advertising(end.url), advertisements(30)))
    assert {(o.status, o.detail) for o in outcomes} == {
        (SendStatus.ACCOUNT, "eSMS finds a number of this request wrong")
    }


@pytest.mark.parametrize(
    ("letters", "segments"), [(1, 1), (122, 1), (123, 2), (268, 2), (269, 3), (421, 3), (422, None)]
)
def test_texts_are_counted_by_the_ladder(letters: int, segments: int | None) -> None:
    gateway = advertising("http://127.0.0.1:9")
    ladder = gateway.capabilities.ladders[MessageClass.ADVERTISING]
    assert ladder.segments(segment("a" * letters)) == segments
    too_long = gateway.cannot_carry(advertisement("a" * letters, 1))
    assert too_long == (None if segments else "the text has 422 characters of at most 421")


def test_accented_texts_go_where_the_contract_counts_them() -> None:
    accented = "[QC] Hội chợ nông sản"
    assert advertising("http://127.0.0.1:9").cannot_carry(advertisement(accented, 1)) == (
        "advertising goes without accents here"
    )
    with esms_server() as esms:
        # Our server is stricter than needed about accents: this text must come with IsUnicode.
        gateway = advertising(esms.url, Ladder((122,), (70,)))
        outcomes = asyncio.run(send_once(gateway, advertisements(30, accented)))
    assert statuses(outcomes) == {SendStatus.ACCEPTED: 30}
    assert esms.arrivals[0]["IsUnicode"] == "1"


def test_in_the_sandbox_nothing_is_sent_or_charged() -> None:
    with esms_server() as esms:
        before = esms.balance
        outcomes = asyncio.run(send_once(advertising(esms.url, sandbox=True), advertisements(30)))
        assert (esms.balance, esms.orders) == (before, {})
    assert statuses(outcomes) == {SendStatus.ACCEPTED: 30}
