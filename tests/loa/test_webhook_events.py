"""Each kind of event has its effect, once, whatever else comes in the same group."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.models import Attachment, Inbound
from foundation.database import Database
from foundation.settings import Settings
from gateways import (
    Attached,
    AttachedKind,
    ContactShared,
    Event,
    Followed,
    Gateway,
    InboundText,
    Receipt,
    ReceiptState,
    TemplateJudged,
    TemplateState,
    Unfollowed,
)
from gateways.models import GatewayTemplate
from gateways.template_store import register
from gateways.templates import RegisteredTemplate
from loa.inbound.events import store, take
from loa.wiring import Loa
from people import Suppression
from people.models import Address
from scheduler.outbox.models import StoredReceipt

PERSON = "4412345678901234567"
PHONE = "+84912345678"


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    """The simulated Zalo stands for any on that channel."""
    loa = Loa(Settings(_env_file=None, home=tmp_path / "home", gateways=("simulator_zalo",)))  # type: ignore[call-arg]
    return loa.gateways["simulator_zalo"]


def come(database: Database, gateway: Gateway, now: datetime, *calls: Sequence[Event]) -> None:
    """These calls come in one group."""
    with database.write() as session:
        store(session, [take(database.engine.dialect, gateway, events, "", now) for events in calls])


def test_leaving_stops_and_coming_back_lifts(database: Database, gateway: Gateway, now: datetime) -> None:
    come(database, gateway, now, [Unfollowed("u1", PERSON)], [Unfollowed("u1", PERSON)])
    with database.read() as session:
        (stopped,) = session.scalars(select(Suppression))
    assert (stopped.channel, stopped.since, stopped.lifted_at) == ("zalo", now, None)
    come(database, gateway, now, [Followed("f1", PERSON)], [Followed("f1", PERSON)])
    with database.read() as session:
        assert session.scalars(select(Suppression.lifted_at)).one() == now


def test_a_shared_number_is_a_second_address(database: Database, gateway: Gateway, now: datetime) -> None:
    for _ in range(2):
        come(database, gateway, now, [ContactShared("s1", PERSON, PHONE)])
    with database.read() as session:
        addresses = session.scalars(select(Address)).all()
    assert {(each.channel, each.address) for each in addresses} == {("zalo", PERSON), ("sms", PHONE)}
    assert len({each.contact_id for each in addresses}) == 1


def test_a_template_is_judged_for_the_gateway_that_it_is_about(
    database: Database, gateway: Gateway, now: datetime
) -> None:
    with database.write() as session:
        register(session, "zbs", RegisteredTemplate("42", "Chào {ten,30}", TemplateState.PENDING), now)
    ours = TemplateJudged("42", TemplateState.APPROVED, gateway="zbs")
    come(database, gateway, now, [ours, TemplateJudged("7", TemplateState.REJECTED)])
    with database.read() as session:
        assert session.scalars(select(GatewayTemplate.state)).all() == [TemplateState.APPROVED]


def test_texts_with_pictures_receipts_and_the_rest_come_in_one_group(
    database: Database, gateway: Gateway, now: datetime
) -> None:
    picture = Attached(AttachedKind.IMAGE, "https://example.org/1.jpg")
    text = InboundText("t1", PERSON, "Loa", "", now, (picture,))
    receipt = Receipt("r1", ReceiptState.SENT, gateway="zbs")
    for _ in range(2):
        come(database, gateway, now, [text, receipt], [text, Unfollowed("u1", PERSON)], [])
    with database.read() as session:
        tables = (Inbound, Attachment, StoredReceipt, Suppression)
        counts = {session.scalar(select(func.count()).select_from(table)) for table in tables}
        assert session.scalars(select(StoredReceipt.gateway)).one() == "zbs"
    assert counts == {1}
