"""The simulated network calls us as a carrier does, and misbehaves when told to."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from foundation.database import Base, Database, sqlite_url
from foundation.keys import Vault
from foundation.phones import PhoneError
from gateways.behaviour import parse_behaviour
from gateways.models import SimulatedText
from gateways.protocol import (
    InboundText,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptState,
    SendStatus,
    WebhookRefused,
    WebhookRequest,
)
from gateways.simulator import SIGNATURE, SimulatedZalo, SimulatorConfig, SimulatorGateway
from gateways.webhooks import LARGEST_BODY, proof
from tests.gateways.runner import CallCase, Refused, message, run_call

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
CONFIG = SimulatorConfig(secret=b"sixteen bytes or more")
PHONE = "+84912345678"
FORM = "application/x-www-form-urlencoded"

Make = Callable[..., SimulatorGateway]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    vault = Vault({1: b"e" * 32}, b"h" * 32, b"s" * 32)
    database = Database(sqlite_url(tmp_path / "loa.db"), vault)
    Base.metadata.create_all(
        database.engine, [Base.metadata.tables[name] for name in ("simulated_text", "simulated_receipt")]
    )
    yield database
    database.close()


@pytest.fixture
def make(database: Database) -> Make:
    def build(behaviour: str = "") -> SimulatorGateway:
        config = replace(CONFIG, behaviours=parse_behaviour(behaviour))
        return SimulatorGateway(config, database, clock=lambda: NOW)

    return build


def send(gateway: SimulatorGateway, batch: Sequence[Outgoing]) -> list[Outcome]:
    return asyncio.run(gateway.send(batch))


def receipts(gateway: SimulatorGateway, now: datetime = LATER) -> list[tuple[str, ReceiptState]]:
    """Reference and state of each receipt that the network brings by then, in order."""
    events = [event for call in gateway.network.step(now) for event in gateway.receipts(call)]
    return [(event.reference, event.state) for event in events]


def screen(gateway: SimulatorGateway, now: datetime = LATER) -> list[str]:
    return [shown.text for shown in gateway.network.conversation(PHONE, now)]


def call(kind: str, body: bytes, signature: str | None = None) -> WebhookRequest:
    signed = proof(CONFIG.secret, kind, body) if signature is None else signature
    return WebhookRequest.called(
        "POST", f"/gateways/simulator/{kind}", {"Content-Type": FORM, SIGNATURE.upper(): signed}, body
    )


def inbound(body: str) -> WebhookRequest:
    return call("inbound", body.encode())


def receipt(body: str) -> WebhookRequest:
    return call("receipts", body.encode())


AT = "2026-11-20T01%3A00%3A00%2B00%3A00"
SENDER = "id=phone-1&from=%2B84912345678&to=8099"
GOOD = inbound(f"{SENDER}&text=ti%E1%BB%81n+%F0%9F%98%80&at={AT}")
DELIVERED = receipt(f"reference=ref-1&state=delivered&id=sim-1&at={AT}")

CASES = [
    CallCase("a text", "inbound", GOOD, [InboundText("phone-1", PHONE, "8099", "tiền 😀", NOW)]),
    CallCase("empty", "inbound", inbound(f"{SENDER}&text=&at={AT}"), [InboundText("phone-1", PHONE, "8099", "", NOW)]),
    CallCase("unsigned", "inbound", replace(GOOD, headers={"Content-Type": FORM}), Refused(403)),
    CallCase("proof of receipts", "inbound", replace(GOOD, headers=receipt(GOOD.body.decode()).headers), Refused(403)),
    CallCase("changed after signing", "inbound", replace(GOOD, body=GOOD.body + b"x"), Refused(403)),
    CallCase("GET", "inbound", replace(GOOD, method="GET"), Refused(405)),
    CallCase("too large", "inbound", call("inbound", b"a" * (LARGEST_BODY + 1)), Refused(413)),
    CallCase("no text", "inbound", inbound(f"{SENDER}&at={AT}"), Refused(400)),
    CallCase("no number", "inbound", inbound(f"id=1&from=abc&to=8099&text=a&at={AT}"), Refused(400)),
    CallCase("no moment", "inbound", inbound(f"{SENDER}&text=a&at=today"), Refused(400)),
    CallCase("a moment without zone", "inbound", inbound(f"{SENDER}&text=a&at=2026-11-20T01:00:00"), Refused(400)),
    CallCase("no form", "inbound", call("inbound", b"\xff\xfe"), Refused(400)),
    CallCase("a hundred fields", "inbound", inbound("&".join(f"f{n}=" for n in range(100))), Refused(400)),
    CallCase("delivered", "receipts", DELIVERED, [Receipt("ref-1", ReceiptState.DELIVERED, "sim-1", None, NOW)]),
    CallCase("unsigned", "receipts", replace(DELIVERED, headers={}), Refused(403)),
    CallCase("no reference", "receipts", receipt(f"state=delivered&id=sim-1&at={AT}"), Refused(400)),
    CallCase("state unheard of", "receipts", receipt(f"reference=ref-1&state=read&id=sim-1&at={AT}"), Refused(400)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.method}: {case.label}")
def test_simulator_call(case: CallCase, make: Make, caplog: pytest.LogCaptureFixture) -> None:
    secrets = [CONFIG.secret.decode(), case.request.header(SIGNATURE) or ""]
    run_call(make(), case, lambda request: replace(request, headers={}), secrets, caplog)


@pytest.mark.parametrize("typed", ["tiền điện", "", "😀" * 10_000, "a\0b", "/intent{}", "x\ud800", "a&b=c+d%20\n"])
def test_what_is_typed_on_a_phone_reaches_us_and_stays_on_its_screen(make: Make, typed: str) -> None:
    gateway = make()
    [event] = gateway.inbound(gateway.network.send_from_phone("0912 345 678", typed, NOW))
    arrived = typed.replace("\ud800", "?")
    assert event == InboundText("phone-1", PHONE, "8099", arrived, NOW)
    assert screen(gateway, NOW) == [arrived]


def test_two_texts_from_a_phone_are_two_and_a_repeated_call_is_one(make: Make) -> None:
    gateway = make()
    calls = [gateway.network.send_from_phone(PHONE, "như nhau", NOW) for _ in range(2)]
    events = [event for call in [*calls, *calls] for event in gateway.inbound(call)]
    assert len({event.provider_id for event in events}) == 2


def test_a_number_that_is_none_cannot_text(make: Make) -> None:
    with pytest.raises(PhoneError):
        make().network.send_from_phone("8099", "a", NOW)


def test_a_text_is_on_the_screen_after_the_delay_and_its_receipts_follow_once(make: Make) -> None:
    gateway = make("delay=10")
    [outcome] = send(gateway, [message("tin nhắn")])
    assert outcome.status is SendStatus.ACCEPTED
    assert screen(gateway, NOW + timedelta(seconds=4)) == []
    assert screen(gateway, NOW + timedelta(seconds=16)) == ["tin nhắn"]
    assert receipts(gateway, NOW) == []
    assert receipts(gateway) == [("ref-1", ReceiptState.SENT), ("ref-1", ReceiptState.DELIVERED)]
    assert receipts(gateway) == []


@pytest.mark.parametrize(
    ("behaviour", "status", "on_screen", "brought"),
    [
        ("refuse=1", SendStatus.REJECTED, 0, []),
        ("temporary=1", SendStatus.TEMPORARY, 0, []),
        ("uncertain=1", SendStatus.UNCERTAIN, 1, [ReceiptState.SENT, ReceiptState.DELIVERED]),
        ("undelivered=1", SendStatus.ACCEPTED, 0, [ReceiptState.SENT, ReceiptState.UNDELIVERED]),
        ("expire=1", SendStatus.ACCEPTED, 0, [ReceiptState.SENT, ReceiptState.EXPIRED]),
        ("receipt_lost=1", SendStatus.ACCEPTED, 1, []),
        ("receipt_duplicated=1", SendStatus.ACCEPTED, 1, [ReceiptState.SENT, *[ReceiptState.DELIVERED] * 2]),
        ("receipt_early=1", SendStatus.ACCEPTED, 1, [ReceiptState.DELIVERED, ReceiptState.SENT]),
        ("refuse=1;678:refuse=0", SendStatus.ACCEPTED, 1, [ReceiptState.SENT, ReceiptState.DELIVERED]),
    ],
)
def test_the_network_fails_as_told(
    make: Make, behaviour: str, status: SendStatus, on_screen: int, brought: list[ReceiptState]
) -> None:
    gateway = make(behaviour)
    [outcome] = send(gateway, [message("tin nhắn")])
    assert outcome.status is status
    assert len(screen(gateway)) == on_screen
    assert [state for _, state in receipts(gateway)] == brought


def test_an_early_receipt_is_there_before_the_text(make: Make) -> None:
    gateway = make("receipt_early=1,delay=10")
    send(gateway, [message("tin nhắn")])
    assert receipts(gateway, NOW) == [("ref-1", ReceiptState.DELIVERED)]
    assert screen(gateway, NOW) == []


def test_an_overload_passes_when_tried_again_later(make: Make, database: Database) -> None:
    network = make("temporary=0.5").network
    answers = {network.carry([message("tin nhắn")], NOW + timedelta(seconds=second))[0].status for second in range(20)}
    assert answers == {SendStatus.TEMPORARY, SendStatus.ACCEPTED}


def test_a_reference_sent_twice_arrives_twice_so_that_tests_see_it(make: Make) -> None:
    gateway = make()
    send(gateway, [message("tin nhắn")])
    send(gateway, [message("tin nhắn")])
    assert screen(gateway) == ["tin nhắn"] * 2


def test_a_batch_of_a_thousand_has_one_outcome_for_each_in_order(make: Make, database: Database) -> None:
    gateway = make("refuse=0.1,uncertain=0.1,undelivered=0.1,receipt_lost=0.1,seed=7")
    batch = [message("tin nhắn", f"ref-{n}", f"+84912{n:06d}") for n in range(1_000)]
    outcomes = send(gateway, batch)
    assert [outcome.reference for outcome in outcomes] == [sent.reference for sent in batch]
    counts = Counter(outcome.status for outcome in outcomes)
    assert set(counts) == {SendStatus.ACCEPTED, SendStatus.REJECTED, SendStatus.UNCERTAIN}
    with database.read() as session:
        kept = list(session.scalars(select(SimulatedText.reference)))
    assert sorted(map(str, kept)) == sorted(
        outcome.reference for outcome in outcomes if outcome.status is not SendStatus.REJECTED
    )
    brought = receipts(gateway)
    assert len(brought) == len(set(brought))
    assert {reference for reference, _ in brought} < set(kept)
    assert make().network.carry([], NOW) == []


def test_receipts_that_a_crash_interrupts_come_again(make: Make) -> None:
    gateway = make()
    send(gateway, [message("tin nhắn")])
    next(gateway.network.step(LATER))
    assert receipts(gateway) == [("ref-1", ReceiptState.SENT), ("ref-1", ReceiptState.DELIVERED)]


def test_the_database_file_holds_no_number_and_no_text(make: Make, database: Database, tmp_path: Path) -> None:
    gateway = make()
    send(gateway, [message("điều riêng tư")])
    gateway.network.send_from_phone(PHONE, "điều riêng tư", NOW)
    with database.write() as session:
        session.execute(text("SELECT 1"))
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert "riêng tư".encode() not in stored
    assert b"912345678" not in stored


def test_another_phones_screen_stays_empty(make: Make) -> None:
    gateway = make()
    send(gateway, [message("tin nhắn")])
    assert gateway.network.conversation("0987654321", LATER) == []


def test_zalo_reaches_the_same_phones_and_keeps_its_talk_and_its_receipts_to_itself(
    make: Make, database: Database
) -> None:
    sms = make()
    zalo = SimulatedZalo(replace(CONFIG, secret=b"another secret of Zalo's", number="Loa"), database, lambda: NOW)
    send(sms, [message("bằng SMS", "ref-1")])
    send(zalo, [message("bằng Zalo", "ref-2")])
    typed = zalo.network.send_from_phone(PHONE, "trên Zalo", NOW)
    assert (screen(sms), screen(zalo)) == (["bằng SMS"], ["trên Zalo", "bằng Zalo"])
    assert typed.url == "/gateways/simulator_zalo/inbound"
    assert [event.recipient for event in zalo.inbound(typed)] == ["Loa"]
    with pytest.raises(WebhookRefused):
        sms.inbound(typed)
    assert {reference for reference, _ in receipts(zalo)} == {"ref-2"}
    assert {reference for reference, _ in receipts(sms)} == {"ref-1"}
