"""Communes that object in the same moment, or in that of sending, on PostgreSQL."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from campaigns.audiences.objections import audience_named, object_to
from campaigns.sending import send_due
from foundation.database import Database
from people import official_named
from policies.eligibility.rules import Rules
from scheduler.outbox import OutboundMessage
from tests.campaigns.audiences.conftest import Import
from tests.campaigns.audiences.test_saving import LISTS, ROUTE, approve, kept, objects, phones, submitted
from tests.postgres import meanwhile


@pytest.fixture
def database(postgres_database: Database) -> Database:
    return postgres_database


def test_who_is_on_two_lists_is_out_when_both_communes_object_at_once(
    register: Database, rules: Rules, put: Import, now: datetime
) -> None:
    put(
        "Mã hộ,Xã,SĐT,Loại hộ\nM1,Măng Ri,0912000001,hộ nghèo\nP1,Đăk Pék,0912000001,hộ nghèo\n",
        "Mã hộ\n",
    )
    kept(register, rules, now)
    assert phones(register) == {"+84912000001"}

    with register.write() as session:
        hoa = official_named(session, "hoa")
        object_to(session, audience_named(session, "nhà ở"), LISTS[0], hoa, "đã chi trả", now)
        other = meanwhile(register, lambda: objects(register, now, LISTS[1], "tung"))
    other.result(30)

    assert phones(register) == set()


def test_nobody_is_told_whose_commune_objects_while_it_is_being_sent(
    register: Database, rules: Rules, now: datetime
) -> None:
    kept(register, rules, now)
    later = now + timedelta(days=6)
    approve(register, submitted(register, later), later)

    with register.write() as session:
        hoa = official_named(session, "hoa")
        object_to(session, audience_named(session, "nhà ở"), LISTS[0], hoa, "đã chi trả", later)
        other = meanwhile(register, lambda: send_due(register, {ROUTE.gateway: ROUTE}, later + timedelta(days=10)))
    assert other.result(30) == 1

    with register.read() as session:
        assert set(session.scalars(select(OutboundMessage.address))) == {"+84912000004"}
