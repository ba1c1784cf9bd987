"""An audience is saved, looked at by the communes concerned, and told once."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from campaigns import broadcasts
from campaigns.audiences.conditions import AudienceError
from campaigns.audiences.models import Audience
from campaigns.audiences.objections import (
    ObjectionError,
    audience_named,
    communes_of,
    object_to,
    see_list,
    tell_of,
)
from campaigns.audiences.saving import keep, propose, save
from campaigns.audiences.selecting import tally
from campaigns.broadcasts import BroadcastError, broadcast_by_id
from campaigns.sending import send_due
from foundation.clock import today
from foundation.database import Database
from foundation.holidays import SHIPPED
from foundation.message_class import MessageClass
from people import (
    Group,
    GroupMember,
    OfficialError,
    SuppressionReason,
    entries,
    group_named,
    members,
    official_named,
    suppress,
    upsert_contact,
)
from policies.eligibility.rules import Rules
from scheduler.outbox import OutboundMessage, Route, State
from tests.campaigns.audiences.conftest import Import

ROUTE = Route("recording", "sms", 500, 3)
POOR = "poverty_status = poor or may_qualify(house_disaster)"
FRIDAY, WEDNESDAY = date(2026, 11, 20), date(2026, 11, 25)
TEXT = "UBND xa: ba con co the hoi xa ve ho tro nha o do thien tai."
LISTS = ("xã Măng Ri (Quảng Ngãi)", "xã Đăk Pék (Quảng Ngãi)")


def kept(
    register: Database,
    rules: Rules,
    now: datetime,
    condition: str = POOR,
    name: str = "nhà ở",
    by: str = "lan",
    policy: str | None = None,
) -> Audience:
    with register.write() as session:
        who = official_named(session, by)
        return save(session, name, condition, who, rules, today(now), "sms", 3, SHIPPED, now, policy)


def phones(register: Database, name: str = "nhà ở") -> set[str]:
    """Whom the group reaches."""
    with register.read() as session:
        group = group_named(session, name)
        assert group is not None
        return {recipient.address for recipient in members(session, group.id)}


def submitted(register: Database, at: datetime, class_: MessageClass = MessageClass.PUBLIC_INFORMATION) -> int:
    """A broadcast to the group, written by Lan for ten days later."""
    with register.write() as session:
        lan, group = official_named(session, "lan"), group_named(session, "nhà ở")
        assert group is not None
        made = broadcasts.create(session, lan, TEXT, group, class_, at + timedelta(days=10), ROUTE, at)
        broadcasts.submit(session, made, lan, ROUTE, at)
        return made.id


def approve(register: Database, broadcast: int, at: datetime) -> None:
    with register.write() as session:
        minh = official_named(session, "minh")
        broadcasts.approve(session, broadcast_by_id(session, broadcast), minh, ROUTE, at)


def objects(register: Database, now: datetime, commune: str, by: str, because: str = "đã chi trả") -> None:
    with register.write() as session:
        who = official_named(session, by)
        object_to(session, audience_named(session, "nhà ở"), commune, who, because, now)


def test_a_saved_audience_is_a_group_of_those_who_may_be_told(register: Database, rules: Rules, now: datetime) -> None:
    with register.write() as session:
        suppress(session, "sms", "+84912000004", SuppressionReason.OPT_OUT, now)
    audience = kept(register, rules, now)
    assert phones(register) == {"+84912000001", "+84912000002"}
    assert (audience.day, audience.approval_from, audience.policy) == (FRIDAY, WEDNESDAY, "house_disaster")
    with register.read() as session:
        assert [entry.action for entry in entries(session, limit=1)] == ["audience.saved"]


def test_others_write_while_the_whole_register_is_gone_through(register: Database, rules: Rules, now: datetime) -> None:
    with register.read() as session:
        lan = official_named(session, "lan")
        proposal = propose(session, "nhà ở", POOR, lan, rules, FRIDAY, "sms")
        with register.write() as other:
            other.add(Group(name="khác", created_at=now))
    with register.write() as session:
        keep(session, proposal, lan, 3, SHIPPED, now)
    assert phones(register) == {"+84912000001", "+84912000002", "+84912000004"}
    with register.write() as session, pytest.raises(AudienceError, match="đã có nhóm"):
        keep(session, proposal, lan, 3, SHIPPED, now)


def test_of_two_telephones_only_the_one_that_did_not_stop_is_in_the_group(
    register: Database, rules: Rules, put: Import, now: datetime
) -> None:
    put("Mã hộ,Xã,SĐT,Loại hộ\nM1,Măng Ri,0912000001 / 0912000002,hộ nghèo\n", "Mã hộ\n")
    with register.write() as session:
        suppress(session, "sms", "+84912000001", SuppressionReason.OPT_OUT, now)
    kept(register, rules, now)
    assert phones(register) == {"+84912000002"}


def test_what_is_saved_stays_as_the_communes_saw_it(
    register: Database, rules: Rules, put: Import, now: datetime
) -> None:
    kept(register, rules, now)
    before = phones(register)
    put("Mã hộ,Xã\nM1,Măng Ri\n", "Mã hộ\n")
    assert phones(register) == before


def test_what_cannot_be_saved_is_refused(register: Database, rules: Rules, now: datetime) -> None:
    kept(register, rules, now)
    with pytest.raises(AudienceError, match="đã có nhóm"):
        kept(register, rules, now)
    with pytest.raises(AudienceError, match="không có hộ nào"):
        kept(register, rules, now, "deprivations > 3", "x")
    with pytest.raises(OfficialError):
        kept(register, rules, now, name="x", by="hoa")
    with register.read() as session, pytest.raises(ObjectionError, match="không có nhóm"):
        audience_named(session, "y")


def test_each_commune_sees_its_own_list_and_looking_is_on_record(
    register: Database, rules: Rules, now: datetime
) -> None:
    kept(register, rules, now)
    with register.write() as session:
        audience, hoa = audience_named(session, "nhà ở"), official_named(session, "hoa")
        assert [(each.commune, each.households) for each in communes_of(session, audience)] == [
            (LISTS[0], 2),
            (LISTS[1], 1),
        ]
        assert see_list(session, audience, "Xã Măng Ri", hoa, now) == [
            ("M1", "Long Láy", "Y Hlim"),
            ("M2", "Long Láy", "A Brô"),
        ]
        with pytest.raises(ObjectionError, match="không thuộc"):
            see_list(session, audience, "xã Đăk Pék", hoa, now)
        assert len(see_list(session, audience, "xã Đăk Pék", official_named(session, "lan"), now)) == 1
    with register.read() as session:
        seen = [entry for entry in entries(session) if entry.action == "audience.list_seen"]
    assert [(entry.actor, entry.details["commune"]) for entry in seen] == [("lan", LISTS[1]), ("hoa", LISTS[0])]


def test_a_broadcast_waits_until_the_communes_had_their_days(register: Database, rules: Rules, now: datetime) -> None:
    kept(register, rules, now)
    broadcast = submitted(register, now)
    for days in (0, 1, 4):  # until Tuesday evening, over a week-end
        with pytest.raises(BroadcastError, match="phản đối trước ngày 25/11/2026") as refused:
            approve(register, broadcast, now + timedelta(days=days, hours=14))
        assert POOR in str(refused.value)
        assert "không được nói" in str(refused.value)
    approve(register, broadcast, datetime(2026, 11, 24, 17, tzinfo=now.tzinfo))  # Wednesday, 00:00 in Vietnam


def test_a_computed_audience_gets_public_information_alone(register: Database, rules: Rules, now: datetime) -> None:
    kept(register, rules, now)
    broadcast = submitted(register, now, MessageClass.FUNDRAISING)
    with pytest.raises(BroadcastError, match="public_information"):
        approve(register, broadcast, now + timedelta(days=6))


def test_a_commune_that_objects_is_not_told(register: Database, rules: Rules, now: datetime) -> None:
    kept(register, rules, now)
    broadcast = submitted(register, now)
    objects(register, now, "mang ri", "hoa")
    assert phones(register) == {"+84912000004"}
    later = now + timedelta(days=6)
    with pytest.raises(BroadcastError, match="nhóm người nhận đã đổi"):
        approve(register, broadcast, later)
    approve(register, submitted(register, later), later)
    with register.read() as session:
        (objection,) = [entry for entry in entries(session) if entry.action == "audience.objected"]
    assert (objection.actor, objection.details) == ("hoa", {"commune": LISTS[0], "households": 2})


def test_only_the_commune_itself_objects_and_says_why(register: Database, rules: Rules, now: datetime) -> None:
    kept(register, rules, now)
    for commune, by, because, told in [
        ("xã Măng Ri", "tung", "sai", "không thuộc"),
        ("xã Măng Ri", "lan", "sai", "không thuộc"),
        ("xã Măng Ri", "hoa", " ", "lý do"),
        ("xã Ia Chim", "hoa", "sai", "không là một trong"),
    ]:
        with pytest.raises(ObjectionError, match=told):
            objects(register, now, commune, by, because)
    objects(register, now, "xã Măng Ri", "hoa")
    with pytest.raises(ObjectionError, match="đã phản đối rồi"):
        objects(register, now, "xã Măng Ri", "hoa")
    objects(register, now, "xã Đăk Pék", "quan")
    assert phones(register) == set()


def test_a_telephone_on_two_communes_lists_is_told_for_the_other(
    register: Database, rules: Rules, put: Import, now: datetime
) -> None:
    put(
        "Mã hộ,Xã,SĐT,Loại hộ\nM1,Măng Ri,0912000001,hộ nghèo\nP1,Đăk Pék,0912000001,hộ nghèo\n"
        "M2,Măng Ri,0912000002,hộ nghèo\n",
        "Mã hộ\n",
    )
    kept(register, rules, now)
    objects(register, now, "xã Măng Ri", "hoa")
    assert phones(register) == {"+84912000001"}


def test_all_telephones_of_a_household_are_told_and_none_once_its_commune_objects(
    register: Database, rules: Rules, put: Import, now: datetime
) -> None:
    put(
        "Mã hộ,Xã,SĐT,Loại hộ\nM0,Măng Ri,,hộ nghèo\nM1,Măng Ri,0912000001 / 0912000002,hộ nghèo\n"
        "P1,Đăk Pék,0912000003,hộ nghèo\n",
        "Mã hộ\n",
    )
    kept(register, rules, now)
    assert phones(register) == {"+84912000001", "+84912000002", "+84912000003"}
    objects(register, now, "xã Măng Ri", "hoa")
    assert phones(register) == {"+84912000003"}


def test_who_was_told_is_not_selected_again(register: Database, rules: Rules, now: datetime) -> None:
    fresh = "poverty_status = poor and not told(house_disaster)"
    kept(register, rules, now)
    later = now + timedelta(days=6)
    broadcast = submitted(register, later)
    approve(register, broadcast, later)

    def untold() -> tuple[int, int]:
        with register.read() as session:
            found = tally(session, fresh, rules, FRIDAY, "sms")
            other = tally(session, "poverty_status = poor and not told(electricity)", rules, FRIDAY, "sms")
        return found.households, other.households

    assert untold() == (3, 3)
    assert send_due(register, {ROUTE.gateway: ROUTE}, later + timedelta(days=10)) == 1
    assert untold() == (1, 3)  # M3 has no telephone
    with register.write() as session:
        first = select(OutboundMessage.id).order_by(OutboundMessage.id).limit(1).scalar_subquery()
        session.execute(update(OutboundMessage).where(OutboundMessage.id == first).values(state=State.FAILED))
    assert untold() == (2, 3)
    with register.write() as session, pytest.raises(ObjectionError, match="đã gửi"):
        who = official_named(session, "hoa")
        object_to(session, audience_named(session, "nhà ở"), "xã Măng Ri", who, "muộn", later)


def test_what_a_broadcast_tells_of_may_be_said_when_the_condition_leaves_it_open(
    register: Database, rules: Rules, now: datetime
) -> None:
    assert kept(register, rules, now, "kwh_per_month < 100", "a").policy is None
    assert kept(register, rules, now, "kwh_per_month < 100", "b", policy="electricity").policy == "electricity"


def test_who_was_told_through_an_ordinary_group_is_not_selected_again(
    register: Database, rules: Rules, now: datetime
) -> None:
    with register.write() as session:
        group = Group(name="ai cũng được", created_at=now)
        session.add(group)
        session.flush()
        session.add(GroupMember(group_id=group.id, contact_id=upsert_contact(session, "+84912000001", now)))
        lan, class_ = official_named(session, "lan"), MessageClass.PUBLIC_INFORMATION
        session.flush()
        made = broadcasts.create(session, lan, TEXT, group, class_, now + timedelta(hours=1), ROUTE, now)
        tell_of(session, made, "electricity")
        broadcasts.submit(session, made, lan, ROUTE, now)
    approve(register, made.id, now)
    send_due(register, {ROUTE.gateway: ROUTE}, now + timedelta(hours=2))
    with register.read() as session:
        left = [
            tally(session, f"poverty_status = poor and not told({policy})", rules, FRIDAY, "sms").households
            for policy in ("electricity", "house_disaster")
        ]
    assert left == [2, 3]


def test_a_broadcast_tells_what_the_communes_were_shown_that_it_is_for(
    register: Database, rules: Rules, now: datetime
) -> None:
    kept(register, rules, now)
    broadcast = submitted(register, now)
    with register.write() as session:
        found = broadcast_by_id(session, broadcast)
        tell_of(session, found, "house_disaster")
        with pytest.raises(ObjectionError, match="các xã đã xem là nói về «house_disaster»"):
            tell_of(session, found, "electricity")
        assert found.policy == "house_disaster"
