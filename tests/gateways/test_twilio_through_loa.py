"""Through all of Loa, over real HTTP: twenty texts and what becomes of them, and a text from a person."""

import asyncio
import random
import shutil
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from werkzeug.serving import make_server

from bot.models import Inbound
from foundation.clock import utc_now
from foundation.message_class import MessageClass
from foundation.settings import Settings
from loa.app import create_app
from loa.wiring import Loa
from scheduler.dispatcher import Dispatcher
from scheduler.outbox import NewMessage, OutboundMessage, State, enqueue
from scheduler.outbox.receipts import merge_waiting
from scheduler.reconcile import FIRST_QUESTION, reconcile
from tests.gateways.twilio_parts import ACCOUNT_SID, AUTH_TOKEN, SHARED_KEY
from tests.gateways.twilio_server import TwilioServer, twilio_server
from tests.services import free_ports

PHONES = [f"+8491234{number:04d}" for number in range(20)]
TEXT = "Mời bà con thôn Trung Hòa họp lúc 8 giờ thứ bảy."


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with twilio_server(disorder=random.Random(11)) as server:
        yield server


@pytest.fixture
def loa(tmp_path: Path, migrated_file: Path, twilio: TwilioServer) -> Iterator[Loa]:
    """An installation that reaches people by Twilio alone, as the world sees it."""
    [port] = free_ports(1)
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        home=tmp_path / "home",
        gateways=("twilio",),
        public_url=f"http://127.0.0.1:{port}",
        hours="public_information=00:00-24:00",
        twilio_url=twilio.url,
        twilio_account_sid=ACCOUNT_SID,
        twilio_auth_token=SecretStr(AUTH_TOKEN),
        twilio_shared_keys=SecretStr(SHARED_KEY),
        twilio_sender="SoNNMT",
        twilio_segments_per_second=1_000,
        twilio_price_vnd=1_900,
    )
    settings.home.mkdir(mode=0o700)
    shutil.copy(migrated_file, settings.home / "loa.db")
    loa = Loa(settings)
    with serving(loa, port):
        yield loa
    loa.database.close()


@contextmanager
def serving(loa: Loa, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, create_app(loa), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def send(loa: Loa, folder: Path, phones: Sequence[str] = PHONES) -> None:
    """Queue the text for all of them and let a worker send it."""
    now = utc_now()
    with loa.database.write() as session:
        told = [
            NewMessage(
                dedupe_key=phone,
                address=phone,
                text=TEXT,
                message_class=MessageClass.PUBLIC_INFORMATION,
                route=loa.routes["twilio"],
                not_before=now,
            )
            for phone in phones
        ]
        enqueue(session, told, now)

    async def dispatch() -> None:
        gateway = loa.gateways["twilio"]
        dispatcher = Dispatcher(loa.database, gateway, folder / "journals", utc_now, loa.limits)
        try:
            while await dispatcher.dispatch_once():
                pass
        finally:
            stopped = asyncio.Event()
            stopped.set()
            await dispatcher.run(stopped)
            await gateway.close()

    asyncio.run(dispatch())


def ask(loa: Loa) -> int:
    """Ask after what is uncertain, a little more than a minute later; how many were told of."""

    async def asking() -> int:
        try:
            told = await reconcile(loa.database, loa.gateways, utc_now() + FIRST_QUESTION)
        finally:
            await loa.gateways["twilio"].close()
        return told.told

    return asyncio.run(asking())


def rows(loa: Loa) -> Sequence[OutboundMessage]:
    with loa.database.write() as session:
        merge_waiting(session, utc_now())
    with loa.database.read() as session:
        return session.scalars(select(OutboundMessage).order_by(OutboundMessage.id)).all()


def states(loa: Loa) -> Counter[State]:
    return Counter(State(row.state) for row in rows(loa))


def test_twenty_texts_arrive_once_each_whatever_the_order_of_the_calls(
    loa: Loa, twilio: TwilioServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    send(loa, tmp_path)
    twilio.quiet()
    assert states(loa) == {State.DELIVERED: 20}
    assert twilio.arrived == dict.fromkeys(PHONES, 1)
    assert {fields["Body"] for fields in twilio.arrivals} == {TEXT}
    assert {answered for _, answered in twilio.told} == {200}
    assert len(twilio.told) > 3 * 20, "some calls came twice"
    sids = {made["to"]: sid for sid, made in twilio.messages.items()}
    assert {row.address: row.provider_id for row in rows(loa)} == sids
    assert not any(private in caplog.text for private in (AUTH_TOKEN, SHARED_KEY, ACCOUNT_SID, TEXT, "8491234"))


def test_each_text_that_does_not_arrive_says_why(loa: Loa, twilio: TwilioServer, tmp_path: Path) -> None:
    twilio.refuses = {PHONES[0]: 21610, PHONES[1]: 21614}
    twilio.fates = {PHONES[2]: ("undelivered", 30003), PHONES[3]: ("failed", 30007), PHONES[4]: ("failed", 30036)}
    send(loa, tmp_path, PHONES[:6])
    twilio.quiet()
    told = [(State(row.state), row.detail) for row in rows(loa)]
    assert told == [
        (State.FAILED, "the person has opted out at Twilio (21610)"),
        (State.FAILED, "Twilio finds the number to be no mobile one (21614)"),
        (State.UNDELIVERED, "the phone cannot be reached (30003)"),
        (State.FAILED, "the network filtered the text (30007)"),
        (State.EXPIRED, "not handed on in time (30036)"),
        (State.DELIVERED, None),
    ]


def test_of_lost_answers_none_is_sent_again_and_each_is_cleared_up(
    loa: Loa, twilio: TwilioServer, tmp_path: Path
) -> None:
    twilio.calls_back = False
    twilio.trouble = ["takes and hangs up", "500 after taking", "half of an answer", "503", "500"]
    send(loa, tmp_path, PHONES[:6])
    assert states(loa) == {State.UNKNOWN: 5, State.ACCEPTED: 1}
    for made in twilio.messages.values():
        made["status"] = "delivered"
    assert ask(loa) == 3
    assert states(loa) == {State.DELIVERED: 3, State.UNKNOWN: 2, State.ACCEPTED: 1}
    assert twilio.arrived == dict.fromkeys(PHONES[:6], 1), "what nobody knows is not sent again"


def test_too_fast_is_waited_for(loa: Loa, twilio: TwilioServer, tmp_path: Path) -> None:
    twilio.trouble = ["429"]
    send(loa, tmp_path, PHONES[:1])
    [row] = rows(loa)
    assert State(row.state) is State.QUEUED
    assert (row.not_before - utc_now()).total_seconds() > 5, "Twilio's wish is kept"


def test_a_persons_text_is_stored_once_and_answered_with_nothing(loa: Loa, twilio: TwilioServer) -> None:
    url = f"{loa.settings.base_url}/gateways/twilio/inbound"
    asked = [twilio.text_from(url, "+84912345678", "Hộ nghèo được gì?", "SM" + "7" * 32) for _ in range(3)]
    assert asked == [(200, "text/xml", '<?xml version="1.0" encoding="UTF-8"?><Response />')] * 3
    with loa.database.read() as session:
        stored = session.scalars(select(Inbound)).one()
        assert (stored.address, stored.text) == ("+84912345678", "Hộ nghèo được gì?")


def test_a_call_for_another_address_is_refused(loa: Loa, twilio: TwilioServer) -> None:
    url = f"{loa.settings.base_url}/gateways/twilio/inbound"
    forged = (
        create_app(loa)
        .test_client()
        .post("/gateways/twilio/inbound", data={"Body": "a"}, headers={"X-Twilio-Signature": "b" * 28})
    )
    assert forged.status_code == 403
    assert twilio.text_from(url.replace("127.0.0.1", "localhost"), "+84912345678", "a", "SM" + "7" * 32)[0] == 403
    with loa.database.read() as session:
        assert session.scalars(select(Inbound)).all() == []
