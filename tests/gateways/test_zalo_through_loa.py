"""Through all of Loa, over real HTTP: a follower asks, is answered, and reads it; a template reaches a phone."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from werkzeug.serving import make_server

from bot.answering import Answerer
from bot.models import Inbound
from foundation.clock import utc_now
from foundation.message_class import MessageClass
from foundation.settings import Settings
from gateways import TemplateState
from gateways.models import GatewayTemplate
from gateways.template_store import register
from gateways.templates import RegisteredTemplate
from gateways.zalo_tokens import store_refresh_token
from loa import schema
from loa.app import create_app
from loa.wiring import Loa
from people import phone_of, suppressed
from scheduler.dispatcher import Dispatcher
from scheduler.outbox import NewMessage, OutboundMessage, State, enqueue
from scheduler.outbox.receipts import merge_waiting
from tests.bot.meaning import meant
from tests.bot.understanding_process import UnderstandingProcess
from tests.bot.village import work
from tests.gateways.zalo_server import (
    APP_ID,
    APP_SECRET,
    FIRST_REFRESH,
    FOLLOWER,
    OA_ID,
    OA_SECRET,
    FakeTemplate,
    FakeZalo,
    fake_zalo,
)
from tests.policies.signed import signed_book

ASKED = "tiền điện nhiêu"
PHONE = "+84912345678"
BODY = "Kính gửi {ten}, hồ sơ {ma_hs} đã có kết quả."


@pytest.fixture
def zalo() -> Iterator[FakeZalo]:
    with fake_zalo(utc_now) as zalo:
        zalo.templates["254112"] = FakeTemplate("254112", {"ten": 30, "ma_hs": 30})
        yield zalo


@pytest.fixture
def loa(tmp_path: Path, zalo: FakeZalo) -> Iterator[Loa]:
    """An installation that reaches people by Zalo alone."""
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        home=tmp_path / "home",
        gateways=("zalo", "zbs"),
        hours="operational=00:00-24:00",
        zalo_app_id=APP_ID,
        zalo_app_secret=SecretStr(APP_SECRET),
        zalo_oa_id=OA_ID,
        zalo_oa_secret=SecretStr(OA_SECRET),
        zalo_url=zalo.url,
        zalo_oauth_url=zalo.url,
        zbs_url=zalo.url,
    )
    loa = Loa(settings)
    schema.upgrade(loa.database)
    store_refresh_token(loa.database, FIRST_REFRESH, utc_now())
    with serving(loa) as url:
        zalo.webhook = f"{url}/gateways/zalo/inbound"
        yield loa
    loa.database.close()


@contextmanager
def serving(loa: Loa) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, create_app(loa), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def dispatch(loa: Loa, name: str, folder: Path) -> None:
    async def once() -> None:
        gateway = loa.gateways[name]
        dispatcher = Dispatcher(loa.database, gateway, folder / "journals", utc_now, loa.limits)
        try:
            await dispatcher.dispatch_once()
        finally:
            stopped = asyncio.Event()
            stopped.set()
            await dispatcher.run(stopped)
            await gateway.close()

    asyncio.run(once())


def only_message(loa: Loa) -> OutboundMessage:
    with loa.database.read() as session:
        return session.scalars(select(OutboundMessage)).one()


def merge(loa: Loa) -> None:
    with loa.database.write() as session:
        merge_waiting(session, utc_now())


def test_a_follower_asks_is_answered_and_reads_it(loa: Loa, zalo: FakeZalo, tmp_path: Path) -> None:
    call = zalo.writes(ASKED)
    assert [zalo.call(call) for _ in range(5)] == [200] * 5, "Zalo repeats itself"
    understanding = UnderstandingProcess({ASKED: meant("ask_amount", "electricity")})
    assert work(loa.database, understanding, Answerer(signed_book()), loa.routes, utc_now()) == 1
    dispatch(loa, "zalo", tmp_path)

    (arrived,) = zalo.messages
    assert arrived["user_id"] == FOLLOWER
    assert "59.520" in arrived["text"]
    sent = only_message(loa)
    assert (sent.state, sent.provider_id, sent.address) == (State.ACCEPTED, arrived["message_id"], FOLLOWER)

    assert zalo.call(zalo.seen(arrived["message_id"])) == 200
    assert zalo.call(zalo.received(arrived["message_id"])) == 200
    assert zalo.call(zalo.seen("of-another-message")) == 200
    merge(loa)
    assert only_message(loa).state == State.SEEN
    with loa.database.read() as session:
        assert session.scalars(select(Inbound)).one().state == "done"


def test_a_template_reaches_a_phone_and_zalo_says_so_at_its_one_address(
    loa: Loa, zalo: FakeZalo, tmp_path: Path
) -> None:
    now = utc_now()
    with loa.database.write() as session:
        register(session, "zbs", RegisteredTemplate("254112", BODY, TemplateState.APPROVED), now)
        told = NewMessage(
            dedupe_key="told",
            address=PHONE,
            text="Kính gửi Y Hoa, hồ sơ HS-0045 đã có kết quả.",
            message_class=MessageClass.OPERATIONAL,
            route=loa.routes["zbs"],
            not_before=now,
        )
        enqueue(session, [told], now)
    dispatch(loa, "zbs", tmp_path)
    (arrived,) = zalo.messages
    assert (arrived["phone"], arrived["template_data"]) == ("84912345678", {"ten": "Y Hoa", "ma_hs": "HS-0045"})
    assert arrived["tracking_id"] == only_message(loa).reference
    assert [zalo.call(zalo.delivered(arrived)) for _ in range(3)] == [200] * 3
    merge(loa)
    assert only_message(loa).state == State.DELIVERED

    status = {"prev_status": "ENABLE", "new_status": "DISABLE"}
    zalo.call(zalo.event("change_template_status", oa_id=OA_ID, template_id=254112, status=status))
    with loa.database.read() as session:
        assert session.scalars(select(GatewayTemplate)).one().state == TemplateState.DISABLED


def test_who_leaves_comes_back_and_tells_a_number(loa: Loa, zalo: FakeZalo) -> None:
    def stopped() -> list[str]:
        with loa.database.read() as session:
            return list(map(str, suppressed(session, "zalo", [loa.vault.digest(FOLLOWER)]).values()))

    left = zalo.event("unfollow", oa_id=OA_ID, follower={"id": FOLLOWER})
    assert [zalo.call(left) for _ in range(3)] == [200] * 3
    assert stopped() == ["unfollowed"]
    zalo.call(zalo.event("follow", oa_id=OA_ID, follower={"id": FOLLOWER}))
    assert stopped() == []
    form = {"name": "Y Hoa", "phone": "84912345678"}
    shared = zalo.event("user_submit_info", sender={"id": FOLLOWER}, recipient={"id": OA_ID}, info=form)
    assert [zalo.call(shared) for _ in range(3)] == [200] * 3
    with loa.database.read() as session:
        assert phone_of(session, "zalo", FOLLOWER) == PHONE


def test_a_forged_call_is_refused(loa: Loa, zalo: FakeZalo) -> None:
    call = zalo.writes(ASKED)
    client = create_app(loa).test_client()
    forged = client.post("/gateways/zalo/inbound", data=call.body, headers={"X-ZEvent-Signature": "mac=" + "0" * 64})
    assert forged.status_code == 403
    assert client.post("/gateways/zbs/inbound", data=call.body, headers=dict(call.headers)).status_code == 404
    with loa.database.read() as session:
        assert session.scalars(select(Inbound)).all() == []
