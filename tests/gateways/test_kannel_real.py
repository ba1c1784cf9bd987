"""Debian's own Kannel between our gateway and phones that the test plays."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from gateways.kannel import KannelGateway
from gateways.protocol import Outcome, Outgoing, Receipt, ReceiptState, SendStatus, WebhookRequest
from tests.gateways.callbacks import Callbacks, callbacks
from tests.gateways.far_end import far_end, hangs_up
from tests.gateways.runner import message, send_once
from tests.kannel import KannelStack
from tests.services import free_ports, until

SECRET = b"sixteen bytes or more"

TEXTS = {
    "bare": "Ho ngheo duoc ho tro tien dien 30 kWh moi thang.",
    "Vietnamese": "Hộ nghèo được hỗ trợ tiền điện.\nMời bà con & cán bộ < 8h > họp ở nhà văn hoá.",
    "blanks at both ends": "  hai đầu có dấu cách  ",
    "signs that are codes elsewhere": "100% + a%20b %41 &amp; <ud> 'x' \"y\"",
    "what looks like hex": "2026",
    "extension table": "€ [1] {2} ~ \\ | ^",
    "the whole basic table": "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà",
    "emoji": "😀 chào bà con 🌾",
    "three parts, bare": "a" * 400,
    "three parts, Vietnamese": "Tiền điện " * 20,
    "a surrogate pair at the cut": "đ" * 66 + "😀" * 5,
    "ten parts": "b" * 1530,
}

INBOUND = {
    "bare": "HIENMAU Nguyen Van A",
    "blanks and signs": "a  b +%41 & <c>",
    "Vietnamese": "Nhà em là hộ nghèo, tiền điện được bao nhiêu ạ?",
    "emoji only": "😀🌾",
    "two lines": "dòng một\ndòng hai",
    "empty": "",
    "NUL within": "a\0đ",
}


class Phones:
    """The stack, our gateway on it, and what was called on us."""

    def __init__(self, kannel: KannelStack, loa: Callbacks) -> None:
        self.kannel = kannel
        self.loa = loa
        self.gateway = KannelGateway(kannel.config)

    def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        return asyncio.run(send_once(self.gateway, batch))

    def receipts(self, references: set[str]) -> list[Receipt]:
        """All receipts once each of the messages is delivered."""

        def read(calls: list[WebhookRequest]) -> list[Receipt]:
            return [event for call in calls for event in self.gateway.receipts(call) if event.reference in references]

        def both(calls: list[WebhookRequest]) -> bool:
            return len(read(calls)) >= 2 * len(references)

        return read(self.loa.wait("receipts", both))

    def inbound(self, recipient: str) -> str:
        """The text that came for this number of ours, and its sender must be the one who sent it."""

        def mine(call: WebhookRequest) -> bool:
            return call.headers.get("x-kannel-to") == recipient

        calls = self.loa.wait("inbound", lambda calls: any(map(mine, calls)))
        [text] = [event for call in calls if mine(call) for event in self.gateway.inbound(call)]
        assert text.sender == "+84912345678"
        assert text.sent_at is not None
        return text.text


@pytest.fixture(scope="module")
def phones(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phones]:
    with callbacks() as loa, KannelStack(tmp_path_factory.mktemp("kannel"), loa.base, SECRET) as kannel:
        yield Phones(kannel, loa)


@pytest.mark.parametrize("label", TEXTS)
def test_a_text_arrives_letter_by_letter_and_its_receipts_come(phones: Phones, label: str) -> None:
    reference = "text-" + str(list(TEXTS).index(label))
    [outcome] = phones.send([message(TEXTS[label], reference)])
    assert outcome.status is SendStatus.ACCEPTED
    [arrived] = phones.kannel.received(1)
    assert (arrived.to, arrived.sender, arrived.text) == ("+84912345678", "8099", TEXTS[label])
    states = sorted(receipt.state for receipt in phones.receipts({reference}))
    assert states == [ReceiptState.DELIVERED, ReceiptState.SENT]


@pytest.mark.parametrize("label", INBOUND)
@pytest.mark.parametrize("sender", ["0912345678", "+84912345678"])
def test_a_persons_text_comes_letter_by_letter(phones: Phones, label: str, sender: str) -> None:
    ours = f"80{list(INBOUND).index(label)}{sender.startswith('+'):d}"
    phones.kannel.phone_sends(sender, ours, INBOUND[label])
    assert phones.inbound(ours) == INBOUND[label]


def test_a_long_text_in_three_parts_comes_as_one(phones: Phones) -> None:
    long = "Nhà em có năm người, ruộng ít, năm ngoái được xét hộ cận nghèo, năm nay có được hỗ trợ gì không ạ? " * 3
    phones.kannel.phone_sends("84912345678", "8100", long, parts=3)
    assert phones.inbound("8100") == long


def test_five_hundred_texts_arrive_once_each(phones: Phones) -> None:
    batch = [message(f"Bà con số {n} nhé", f"batch-{n}", f"+84912{n:06d}") for n in range(500)]
    outcomes = phones.send(batch)
    assert {outcome.status for outcome in outcomes} == {SendStatus.ACCEPTED}
    arrived = sorted((text.to, text.text) for text in phones.kannel.received(500, timeout=30))
    assert arrived == sorted((sent.to, sent.text) for sent in batch)
    receipts = phones.receipts({sent.reference for sent in batch})
    assert sum(receipt.state is ReceiptState.DELIVERED for receipt in receipts) == 500


def test_a_number_that_is_none_is_refused_and_the_others_of_the_batch_go(phones: Phones) -> None:
    outcomes = phones.send([message("một", "bad-1", to="khong-phai-so"), message("hai", "bad-2")])
    assert [outcome.status for outcome in outcomes] == [SendStatus.REJECTED, SendStatus.ACCEPTED]
    assert [text.text for text in phones.kannel.received(1)] == ["hai"]


def test_a_wrong_password_stops_the_account_and_doctor_says_so(phones: Phones) -> None:
    async def both() -> tuple[Outcome, str | None, str | None]:
        wrong = KannelGateway(replace(phones.kannel.config, password="sai"))
        [outcome] = await wrong.send([message("một")])
        found = outcome, await wrong.check(), await phones.gateway.check()
        await wrong.close()
        await phones.gateway.close()
        return found

    outcome, said_of_wrong, said_of_right = asyncio.run(both())
    assert outcome.status is SendStatus.ACCOUNT
    assert said_of_wrong is not None and "password" in said_of_wrong
    assert said_of_right is None


def test_kannels_logs_hold_no_number_no_text_and_no_password(phones: Phones) -> None:
    phones.send([message("điều không ai nên đọc", "quiet-1")])
    phones.kannel.received(1)
    phones.receipts({"quiet-1"})
    log = phones.kannel.log()
    assert log
    for private in ("912345678", "không ai nên đọc", phones.kannel.config.password, phones.kannel.config.inbound_proof):
        assert private not in log


def test_a_text_sent_while_loa_is_down_comes_when_it_is_up(tmp_path: Path) -> None:
    [port] = free_ports(1)
    with KannelStack(tmp_path, f"http://127.0.0.1:{port}/gateways/kannel", SECRET) as kannel:
        with far_end(hangs_up, port=port) as down:
            kannel.phone_sends("0912345678", "8099", "có ai không")
            until(lambda: down.requests, 15, "a first attempt")
        with callbacks(port) as loa:
            loa.statuses += [503, 500]
            calls = loa.wait("inbound", lambda calls: len(calls) >= 3)
        texts = [event for call in calls for event in KannelGateway(kannel.config).inbound(call)]
    assert {text.text for text in texts} == {"có ai không"}
    assert len({text.provider_id for text in texts}) == 1


def test_a_text_taken_before_a_power_cut_arrives_after_it_once_with_its_receipts(tmp_path: Path) -> None:
    with callbacks() as loa, KannelStack(tmp_path, loa.base, SECRET, phones=False) as kannel:
        phones = Phones(kannel, loa)
        [outcome] = phones.send([message("qua đêm", "night-1")])
        assert (outcome.status, outcome.detail) == (SendStatus.ACCEPTED, "queued until a carrier is connected")
        kannel.stop()
        kannel.start()
        kannel.connect_phones()
        [last] = phones.send([message("sáng rồi", "night-2")])
        assert last.status is SendStatus.ACCEPTED
        assert sorted(text.text for text in kannel.received(2)) == ["qua đêm", "sáng rồi"]
        delivered = [receipt for receipt in phones.receipts({"night-1"}) if receipt.state is ReceiptState.DELIVERED]
        assert len(delivered) == 1
