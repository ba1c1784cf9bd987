"""What becomes of texts at eSMS, asked of a server that speaks its wire: by SMSID, and without one by what was sent."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from foundation.clock import utc_now
from foundation.database import Database
from gateways.esms_account import EsmsApi
from gateways.esms_status import ask
from gateways.protocol import Outcome, Outgoing, Receipt, ReceiptState, SendStatus, Sent
from tests.gateways.esms_parts import account, advertisements, advertising, approve, care
from tests.gateways.esms_server import EsmsServer, esms_server
from tests.gateways.far_end import Act, answers, far_end, hangs_up, talks_nonsense
from tests.gateways.runner import message, send_once
from tests.services import free_ports

THEIRS = "Ho so {P1,20} da xong. Moi ba con den nhan."
OURS = "Ho so {ma,20} da xong. Moi ba con den nhan."


def told(url: str, sms_type: str, *asked: Sent) -> list[Receipt]:
    """What a gateway that knows nothing but these messages learns."""

    async def once() -> list[Receipt]:
        api = EsmsApi(account(url))
        try:
            return await ask(api, sms_type, asked)
        finally:
            await api.close()

    return asyncio.run(once())


def sent(batch: Sequence[Outgoing], outcomes: Sequence[Outcome], keep_id: bool = True) -> list[Sent]:
    now = utc_now()
    return [
        Sent(one.reference, one.to, outcome.provider_id if keep_id else None, now, one.text)
        for one, outcome in zip(batch, outcomes, strict=True)
    ]


def sent_by_care(esms: EsmsServer, database: Database, count: int = 3, keep_id: bool = True) -> list[Sent]:
    """This many care texts that eSMS has, to 0912000000 and up."""
    approve(database, OURS)
    batch = [message(OURS.replace("{ma,20}", f"HS-{n}"), f"ref-{n}", f"+84912{n:06d}") for n in range(count)]
    return sent(batch, asyncio.run(send_once(care(esms.url, database), batch)), keep_id)


@pytest.mark.parametrize("keep_id", [True, False], ids=["by SMSID", "by what was sent"])
def test_the_fate_of_care_texts_is_told(keep_id: bool, database: Database) -> None:
    with esms_server(templates=[THEIRS], calls_back=False) as esms:
        esms.fates = {"0912000001": "failed", "0912000002": "pending"}
        asked = sent_by_care(esms, database, keep_id=keep_id)
        smsids = list(esms.orders)
        receipts = told(esms.url, "2", *asked)
    by_reference = sorted(receipts, key=lambda receipt: receipt.reference)
    assert [(r.reference, r.state) for r in by_reference] == [
        ("ref-0", ReceiptState.DELIVERED),
        ("ref-1", ReceiptState.UNDELIVERED),
        ("ref-2", ReceiptState.SENT),
    ]
    assert {receipt.provider_id for receipt in receipts} == set(smsids)


def test_a_text_that_never_arrived_there_is_not_told_of(database: Database) -> None:
    with esms_server(templates=[THEIRS], calls_back=False) as esms:
        [known] = sent_by_care(esms, database, 1, keep_id=False)
        stranger = replace(known, reference="ref-9")
        much_later = replace(known, at=known.at + timedelta(hours=3))
        assert told(esms.url, "2", stranger, much_later, replace(known, provider_id="no-such-smsid")) == []
        assert [receipt.reference for receipt in told(esms.url, "2", stranger, known)] == ["ref-0"]


def test_more_than_a_page_is_read_through(database: Database) -> None:
    with esms_server(templates=[THEIRS], calls_back=False) as esms:
        asked = sent_by_care(esms, database, 450, keep_id=False)
        receipts = told(esms.url, "2", *asked)
        assert esms.requests.count("GetSmsSentData_V2") == 3
    assert {receipt.reference for receipt in receipts} == {f"ref-{n}" for n in range(450)}


def test_of_an_advertisement_each_number_has_its_own_fate() -> None:
    with esms_server() as esms:
        batch = advertisements(30)
        asked = sent(batch, asyncio.run(send_once(advertising(esms.url), batch)))
        assert [r.state for r in told(esms.url, "1", *asked)] == [ReceiptState.DELIVERED] * 30
        assert esms.requests[1:] == ["GetSendStatus"], "who needs no list does not ask for one"

        esms.fates = {"0910000003": "failed"}
        states = {receipt.reference: receipt.state for receipt in told(esms.url, "1", *asked)}
        assert states.pop("ad-3") is ReceiptState.UNDELIVERED
        assert set(states.values()) == {ReceiptState.DELIVERED} and len(states) == 29

        # One is not reported yet: "not succeeded" says nothing of the others either, as the list has no third value.
        esms.fates["0910000004"] = "pending"
        assert {receipt.state for receipt in told(esms.url, "1", *asked)} == {ReceiptState.SENT}


def test_five_thousand_fates_are_read() -> None:
    with esms_server(balance=1e9) as esms:
        esms.fates = {"0910004999": "failed"}
        batch = advertisements(5_000)
        outcomes = asyncio.run(send_once(advertising(esms.url, timeout_s=20.0), batch))
        assert {outcome.status for outcome in outcomes} == {SendStatus.ACCEPTED}
        receipts = told(esms.url, "1", *sent(batch, outcomes))
    assert len(receipts) == 5_000
    assert [r.reference for r in receipts if r.state is ReceiptState.UNDELIVERED] == ["ad-4999"]


def test_an_advertisement_whose_answer_was_lost_is_found_by_its_numbers() -> None:
    with esms_server(trouble=["takes and hangs up"]) as esms:
        esms.fates = {"0910000003": "failed"}
        batch = advertisements(30)
        outcomes = asyncio.run(send_once(advertising(esms.url), batch))
        assert {outcome.status for outcome in outcomes} == {SendStatus.UNCERTAIN}
        states = {receipt.reference: receipt.state for receipt in told(esms.url, "1", *sent(batch, outcomes))}
    assert states.pop("ad-3") is ReceiptState.UNDELIVERED
    assert set(states.values()) == {ReceiptState.DELIVERED} and len(states) == 29


def test_of_a_number_that_got_two_advertisements_nothing_is_said() -> None:
    with esms_server() as esms:
        asyncio.run(send_once(advertising(esms.url), advertisements(30, "[QC] mot")))
        batch = advertisements(31, "[QC] hai")
        outcomes = asyncio.run(send_once(advertising(esms.url), batch))
        receipts = told(esms.url, "1", *sent(batch, outcomes, keep_id=False))
    assert [receipt.reference for receipt in receipts] == ["ad-30"]


ODD = [
    answers(200, "<html>"),
    answers(200, '{"CodeResult": "105"}'),
    answers(200, '{"CodeResponse": "100", "SendStatus": {"a": 1}, "SendSuccess": "x"}'),
    answers(200, '{"CodeResponse": "100", "SendStatus": 5, "SendFailed": 1, "TotalReceiver": 2, "ReceiverList": 7}'),
    answers(200, '{"CodeResult": "100", "SentData": [7, {"Phone": "x"}, {"Campaign": "ref-1"}]}'),
    answers(500),
    hangs_up,
    talks_nonsense,
]


@pytest.mark.parametrize("act", ODD)
@pytest.mark.parametrize("smsid", ["s-1", None])
def test_an_odd_answer_says_nothing_and_raises_nothing(act: Act, smsid: str | None) -> None:
    with far_end(act) as end:
        asked = Sent("ref-1", "+84912345678", smsid, utc_now(), "Chào")
        assert told(end.url, "2", asked) == []


def test_while_nobody_listens_nothing_is_said() -> None:
    [port] = free_ports(1)
    assert told(f"http://127.0.0.1:{port}", "2", Sent("ref-1", "+84912345678", "s", utc_now(), "Chào")) == []
