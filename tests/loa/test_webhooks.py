"""What carriers call: verified, stored once, answered fast; anything else changes nothing."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from bot.models import Inbound
from foundation.clock import utc_now
from foundation.message_class import MessageClass
from foundation.settings import Settings
from gateways import WebhookRequest
from gateways.simulator import SIGNATURE, SimulatorGateway
from loa import schema
from loa.app import create_app
from loa.wiring import Loa
from scheduler.outbox import NewMessage, OutboundMessage, State, enqueue
from scheduler.outbox.receipts import Merged, merge_waiting


@pytest.fixture
def loa(tmp_path: Path) -> Iterator[Loa]:
    settings = Settings(_env_file=None, home=tmp_path / "home", gateways=("simulator", "kannel"), **KANNEL)  # type: ignore[call-arg, arg-type]
    loa = Loa(settings)
    schema.upgrade(loa.database)
    yield loa
    loa.database.close()


KANNEL = {"kannel_username": "loa", "kannel_password": "secret", "kannel_sender": "8099"}


@pytest.fixture
def client(loa: Loa) -> FlaskClient:
    return create_app(loa).test_client()


def simulator(loa: Loa) -> SimulatorGateway:
    gateway = loa.gateways["simulator"]
    assert isinstance(gateway, SimulatorGateway)
    return gateway


def post(
    client: FlaskClient,
    call: WebhookRequest,
    url: str | None = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> int:
    """The status of a carrier's call, changed where said."""
    sent = client.post(
        url or call.url, data=call.body if body is None else body, headers={**call.headers, **(headers or {})}
    )
    return sent.status_code


def inbound_count(loa: Loa) -> int:
    with loa.database.read() as session:
        return session.scalar(select(func.count()).select_from(Inbound)) or 0


@pytest.mark.parametrize(
    ("text", "kept"), [("KT ho ngheo", "ho ngheo"), ("kt: HUY", "HUY"), ("KTX", "KTX"), ("KT", "KT")]
)
def test_the_word_of_a_shared_number_is_stored_nowhere(tmp_path: Path, text: str, kept: str) -> None:
    loa = Loa(Settings(_env_file=None, home=tmp_path, simulator_keyword="KT"))  # type: ignore[call-arg]
    schema.upgrade(loa.database)
    client = create_app(loa).test_client()

    assert post(client, simulator(loa).network.send_from_phone("0912345678", text, utc_now())) == 200
    with loa.database.read() as session:
        assert session.scalars(select(Inbound)).one().text == kept
    loa.database.close()


def test_a_text_is_stored_once_however_often_it_comes(loa: Loa, client: FlaskClient) -> None:
    call = simulator(loa).network.send_from_phone("0912345678", "  hộ\x00 nghèo ", utc_now())
    assert [post(client, call) for _ in range(5)] == [200] * 5
    with loa.database.read() as session:
        (row,) = session.scalars(select(Inbound)).all()
    assert (row.address, row.text, row.gateway) == ("+84912345678", "hộ nghèo", "simulator")


def test_what_is_unsigned_or_malformed_changes_nothing(loa: Loa, client: FlaskClient) -> None:
    call = simulator(loa).network.send_from_phone("0912345678", "xin chào", utc_now())
    assert post(client, call, headers={SIGNATURE.lower(): "0" * 64}) == 403
    assert post(client, call, body=call.body + b"x") == 403
    assert client.post(call.url, data=call.body).status_code in (400, 403, 415)
    assert post(client, call, body=b"x" * 1_000_000) == 413
    assert post(client, call, url="/gateways/nobody/inbound") == 404
    assert client.post("/gateways/kannel/inbound", data=b"a").status_code == 403
    assert client.get("/gateways/kannel/receipts?mid=a&sig=b&type=1").status_code in (400, 403)
    assert client.get("/gateways/kannel/receipts?" + "a=1&" * 500).status_code == 400
    assert client.delete(call.url).status_code == 405
    assert inbound_count(loa) == 0


def test_receipts_merge_in_any_order_and_unknown_ones_are_passed_over(loa: Loa, client: FlaskClient) -> None:
    now = utc_now()
    with loa.database.write() as session:
        message = NewMessage(
            dedupe_key="a",
            address="+84912345678",
            text="chào",
            message_class=MessageClass.REPLY,
            route=loa.routes["simulator"],
            not_before=now,
        )
        enqueue(session, [message], now)
        row = session.scalars(select(OutboundMessage)).one()
        row.state = State.SENDING
        reference = row.reference
    network = simulator(loa).network
    for state in ("delivered", "sent", "delivered", "undelivered"):
        call = network._call("receipts", reference=reference, state=state, id="x", at=now.isoformat())
        assert post(client, call) == 200
    stranger = network._call("receipts", reference="nobody", state="delivered", id="x", at=now.isoformat())
    assert post(client, stranger) == 200
    with loa.database.write() as session:
        assert merge_waiting(session, now) == Merged(merged=1, no_news=2, orphans=1)
        assert session.scalars(select(OutboundMessage)).one().state == State.DELIVERED


def test_the_phone_of_the_page_speaks_as_a_carrier_does(loa: Loa, client: FlaskClient) -> None:
    texts = {"phone": "0912345678", "text": "<b>xin chào</b>"}
    shown = client.post("/simulator/texts", data=texts, headers={"HX-Request": "true"})
    assert shown.status_code == 200
    assert "&lt;b&gt;xin chào" in shown.get_data(as_text=True)
    assert inbound_count(loa) == 1
    refused = client.post("/simulator/texts", data={"phone": "12", "text": "a"})
    assert refused.status_code == 422
    assert client.get("/simulator?phone=khong-phai-so").status_code == 200
    without_script = client.post("/simulator/texts", data=texts, follow_redirects=True)
    assert "Điện thoại thử" in without_script.get_data(as_text=True)


def test_production_has_no_simulator(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, home=tmp_path / "home", env="production", gateways=("kannel",), **KANNEL)  # type: ignore[call-arg, arg-type]
    loa = Loa(settings)
    schema.upgrade(loa.database)
    client = create_app(loa).test_client()
    assert client.get("/simulator").status_code == 404
    assert client.get("/healthz").status_code == 200


def test_figures_are_there_for_prometheus(loa: Loa, client: FlaskClient) -> None:
    client.post("/simulator/texts", data={"phone": "0912345678", "text": "xin chào"})
    figures = client.get("/metrics").get_data(as_text=True)
    assert 'loa_inbound_texts{state="queued"} 1.0' in figures
    assert "0912345678" not in figures


def test_readiness_asks_for_migrations(tmp_path: Path) -> None:
    loa = Loa(Settings(_env_file=None, home=tmp_path / "home"))  # type: ignore[call-arg]
    client = create_app(loa).test_client()
    assert client.get("/readyz").status_code == 503
    schema.upgrade(loa.database)
    assert client.get("/readyz").status_code == 200
    assert schema.differences(loa.database) == []
