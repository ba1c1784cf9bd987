"""Our gateway, Debian's Kannel and a carrier that speaks SMPP: the configuration of docs/kannel-smpp.md at work."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from gateways.kannel import KannelGateway
from gateways.protocol import InboundText, Outcome, Receipt, ReceiptState, SendStatus
from tests.gateways.callbacks import Callbacks, callbacks
from tests.gateways.runner import message, send_once
from tests.kannel import KannelStack
from tests.proofs.smpp import Status, Submitted
from tests.proofs.smsc import Fate, Smsc, smsc
from tests.services import until

SECRET = b"sixteen bytes or more"
PATIENCE_S = 60.0
LONG = "Hộ nghèo được hỗ trợ tiền điện, mời bà con đến nhà văn hoá thôn lúc 8 giờ. " * 4
TEXTS = {
    "short, Vietnamese": ("Mời bà con họp thôn.", 1),
    "bare, with the extension table": ("Tien dien: {30 kWh} = 59.520d, 2 EUR = 2€ ~ [1]", 1),
    "five parts, Vietnamese": (LONG, 5),
    "two parts, bare": ("Ho ngheo duoc ho tro tien dien. " * 8, 2),
    "emoji": ("🌾 chào bà con", 1),
}
HABITS = {
    "as the specification has it": {},
    "ids in hexadecimal and then in decimal": {"ids_differ": True},
    "state and id beside the text": {"states_apart": True},
}
FATES = {
    "DELIVRD": ReceiptState.DELIVERED,
    "EXPIRED": ReceiptState.EXPIRED,
    "UNDELIV": ReceiptState.UNDELIVERED,
    "REJECTD": ReceiptState.UNDELIVERED,
    "DELETED": ReceiptState.UNDELIVERED,
    "UNKNOWN": ReceiptState.UNDELIVERED,
    "ENROUTE": ReceiptState.SENT,
    "ACCEPTD": ReceiptState.SENT,
}
NUMBERS = {word: f"+8491230000{n}" for n, word in enumerate(FATES)}
_FATE_OF = {number: Fate(reports=(word,)) for word, number in NUMBERS.items()}


class Line:
    """All three at work, and what came back."""

    def __init__(self, kannel: KannelStack, carrier: Smsc, loa: Callbacks) -> None:
        self.kannel, self.carrier, self.loa = kannel, carrier, loa
        self.gateway = KannelGateway(kannel.config)

    def send(self, text: str, reference: str, to: str = "+84912345678") -> Outcome:
        [outcome] = asyncio.run(send_once(self.gateway, [message(text, reference, to)]))
        return outcome

    def receipts(self, reference: str) -> list[Receipt]:
        read = (receipt for call in self.loa.of("receipts") for receipt in self.gateway.receipts(call))
        return [receipt for receipt in read if receipt.reference == reference]

    def wait_for(self, reference: str, *states: ReceiptState) -> None:
        """Until exactly these are told of a message, in whatever order."""

        def told() -> bool:
            return sorted(receipt.state for receipt in self.receipts(reference)) == sorted(states)

        until(told, PATIENCE_S, f"{states} of {reference}")

    def arrived(self, text: str) -> int:
        return sum(each.text == text for each in self.carrier.arrived())


@contextmanager
def line(folder: Path, carrier: Smsc) -> Iterator[Line]:
    with callbacks() as loa, KannelStack(folder, loa.base, SECRET, carrier=carrier.carrier) as kannel:
        carrier.wait_until_bound()
        yield Line(kannel, carrier, loa)


def fate_of_its_number(message: Submitted) -> Fate:
    return _FATE_OF.get(f"+{message.destination}", Fate())


@pytest.fixture(scope="module", params=HABITS)
def any_line(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    """Once with a carrier of each habit."""
    with (
        smsc(fate_of_its_number, **HABITS[request.param]) as carrier,
        line(tmp_path_factory.mktemp("kannel"), carrier) as made,
    ):
        yield made


@pytest.mark.parametrize("label", TEXTS)
def test_a_text_arrives_letter_by_letter_and_is_reported_delivered(any_line: Line, label: str) -> None:
    text, parts = TEXTS[label]
    reference = f"text-{list(TEXTS).index(label)}"
    assert any_line.send(text, reference).status is SendStatus.ACCEPTED
    any_line.wait_for(reference, ReceiptState.SENT, ReceiptState.DELIVERED)
    until(lambda: any_line.arrived(text) == 1, PATIENCE_S, "the text")
    [arrived] = [each for each in any_line.carrier.arrived() if each.text == text]
    assert (arrived.to, arrived.sender, arrived.parts) == ("84912345678", "8099", parts)
    assert len({receipt.provider_id for receipt in any_line.receipts(reference)}) == 1


@pytest.mark.parametrize("word", FATES)
def test_what_the_carrier_tells_of_a_text_is_understood(any_line: Line, word: str) -> None:
    any_line.send("Chào bà con", f"fate-{word}", to=NUMBERS[word])
    any_line.wait_for(f"fate-{word}", ReceiptState.SENT, FATES[word])


def test_a_persons_text_comes_letter_by_letter_also_in_parts(any_line: Line) -> None:
    texts = {"Nhà em là hộ nghèo ạ", "😀🌾", "Nhà em có năm người, ruộng ít, năm ngoái được xét hộ cận nghèo. " * 3}
    for text in texts:
        any_line.carrier.phone_sends("84912345678", "8099", text)

    def came() -> set[str]:
        events: list[InboundText] = [e for call in any_line.loa.of("inbound") for e in any_line.gateway.inbound(call)]
        assert {(event.sender, event.recipient) for event in events} <= {("+84912345678", "8099")}
        return {event.text for event in events}

    until(lambda: came() == texts, PATIENCE_S, "the texts")


def test_of_a_text_in_parts_the_first_part_tells(tmp_path: Path) -> None:
    """What Kannel asks for, and so all that anybody can know: docs/kannel-smpp.md says so."""
    with smsc() as carrier, line(tmp_path, carrier) as made:
        made.send(LONG, "long")
        made.wait_for("long", ReceiptState.SENT, ReceiptState.DELIVERED)
        until(lambda: made.arrived(LONG) == 1, PATIENCE_S, "all parts")
        assert {each.part and each.part[2]: each.wants_receipt for each in carrier.submitted} == {
            1: True,
            **dict.fromkeys(range(2, 6), False),
        }


def test_a_brandname_and_a_short_code_are_marked_as_such(tmp_path: Path) -> None:
    """Type of number 5, alphanumeric, and 2, national (SMPP 3.4, 5.2.5)."""
    with smsc() as carrier, line(tmp_path, carrier) as made:
        made.send("từ đầu số", "from-a-number")
        made.gateway = KannelGateway(replace(made.kannel.config, sender="SoNNMT"))
        made.send("từ tên", "from-a-name")
        until(lambda: len(carrier.taken) == 2, PATIENCE_S, "both")
        assert {(each.source, each.source_ton) for each in carrier.taken} == {("8099", 2), ("SoNNMT", 5)}


@pytest.mark.parametrize("status", [Status.THROTTLED, Status.QUEUE_FULL])
def test_what_the_carrier_puts_off_for_a_moment_arrives_once(tmp_path: Path, status: Status) -> None:
    seen: Counter[str] = Counter()

    def twice_no(message: Submitted) -> Fate:
        seen[message.destination] += 1
        return Fate(status) if seen[message.destination] <= 2 else Fate()

    with smsc(twice_no) as carrier, line(tmp_path, carrier) as made:
        made.send("Chờ một chút", "later")
        made.wait_for("later", ReceiptState.SENT, ReceiptState.DELIVERED)
        assert made.arrived("Chờ một chút") == 1
        assert len(carrier.submitted) == 3


def test_what_the_carrier_refuses_or_puts_off_for_too_long_has_failed(tmp_path: Path) -> None:
    refused = {"84912300001": Fate(Status.INVALID_DESTINATION), "84912300002": Fate(Status.SYSTEM_ERROR)}
    with smsc(lambda message: refused[message.destination]) as carrier, line(tmp_path, carrier) as made:
        made.send("một", "refused", to="+84912300001")
        made.wait_for("refused", ReceiptState.FAILED)
        assert made.receipts("refused")[0].detail == "NACK 0x0000000b"
        made.send("hai", "put-off", to="+84912300002")
        made.wait_for("put-off", ReceiptState.FAILED)
        assert Counter(each.destination for each in carrier.submitted)["84912300002"] > 2


def test_a_line_that_breaks_before_the_answer_has_kannel_submit_again(tmp_path: Path) -> None:
    """Nobody can know whether the carrier took it, and Kannel prefers twice to never. At most what was unanswered
    then (`max-pending-submits`) is repeated, below us: docs/kannel-smpp.md says so."""
    broken: list[str] = []

    def breaks_once(message: Submitted) -> Fate:
        if broken:
            return Fate()
        broken.append(message.destination)
        return Fate(hangs_up=True)

    with smsc(breaks_once) as carrier, line(tmp_path, carrier) as made:
        made.send("hai lần", "again")
        made.wait_for("again", ReceiptState.SENT, ReceiptState.DELIVERED)
        assert made.arrived("hai lần") == 2
        assert carrier.binds == 2


def test_a_receipt_that_comes_after_a_power_cut_is_brought(tmp_path: Path) -> None:
    with smsc(keeps_receipts=True) as carrier, line(tmp_path, carrier) as made:
        for number in range(20):
            made.send(f"Trước khi mất điện {number}", f"cut-{number}")
        for number in range(20):
            made.wait_for(f"cut-{number}", ReceiptState.SENT)
        made.kannel.stop()  # kill −9 of both programs
        made.kannel.start()
        until(lambda: carrier.binds == 2, PATIENCE_S, "a second bind")
        assert carrier.send_receipts() == 20
        for number in range(20):
            made.wait_for(f"cut-{number}", ReceiptState.SENT, ReceiptState.DELIVERED)
        assert len(carrier.arrived()) == 20, "and none was submitted again"


def test_kannels_logs_hold_no_number_and_no_text(any_line: Line) -> None:
    any_line.send("điều không ai nên đọc", "quiet")
    any_line.wait_for("quiet", ReceiptState.SENT, ReceiptState.DELIVERED)
    for private in ("9123", "không ai nên đọc", any_line.kannel.config.password, "bi mat"):
        assert private not in any_line.kannel.log()
