"""People who follow our account on another channel, leave it, come back, and tell which number is theirs."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select

from foundation.database import Database
from people import (
    Address,
    Consent,
    Contact,
    Group,
    GroupMember,
    Shared,
    Suppression,
    SuppressionReason,
    follow,
    lift,
    phone_of,
    share_contact,
    suppress,
    suppressed,
    unfollow,
    upsert_contacts,
)

UID, OTHER_UID = "2468458835296197922", "2468458835296197999"
PHONE, OTHER_PHONE = "+84912345678", "+84987654321"
HOUR = timedelta(hours=1)


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


def stopped(database: Database, address: str = UID, channel: str = "zalo") -> set[str]:
    with database.read() as session:
        return {str(reason) for reason in suppressed(session, channel, [database.vault.digest(address)]).values()}


def left(database: Database, at: datetime) -> bool:
    with database.write() as session:
        return unfollow(session, "zalo", UID, at)


def came(database: Database, at: datetime) -> bool:
    with database.write() as session:
        return follow(session, "zalo", UID, at)


def test_who_leaves_gets_nothing_but_answers_until_they_come_back(database: Database, now: datetime) -> None:
    assert not came(database, now), "nothing was stopped"
    assert left(database, now + HOUR)
    assert not left(database, now + HOUR), "the same news again"
    assert stopped(database) == {"unfollowed"}
    assert stopped(database, channel="sms") == set()
    assert came(database, now + 2 * HOUR)
    assert not came(database, now + 2 * HOUR)
    assert stopped(database) == set()
    assert left(database, now + 3 * HOUR)
    assert stopped(database) == {"unfollowed"}


def test_old_news_changes_nothing(database: Database, now: datetime) -> None:
    left(database, now + HOUR)
    assert not came(database, now), "before they left"
    assert stopped(database) == {"unfollowed"}
    came(database, now + 2 * HOUR)
    assert not left(database, now + HOUR)
    assert stopped(database) == set()


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_the_last_to_happen_counts_in_whatever_order_it_is_told(
    database: Database, now: datetime, order: tuple[int, ...]
) -> None:
    """Left, came back, left: told twice each."""
    events = [(unfollow, now), (follow, now + HOUR), (unfollow, now + 2 * HOUR)]
    for number in [*order, *order]:
        what, at = events[number]
        with database.write() as session:
            what(session, "zalo", UID, at)
    assert stopped(database) == {"unfollowed"}


def test_coming_back_takes_no_opt_out_back(database: Database, now: datetime) -> None:
    with database.write() as session:
        suppress(session, "zalo", UID, SuppressionReason.OPT_OUT, now)
        unfollow(session, "zalo", UID, now)
        follow(session, "zalo", UID, now + HOUR)
    assert stopped(database) == {"opt_out"}
    with database.write() as session:
        unfollow(session, "zalo", UID, now + 2 * HOUR)
        lift(session, "zalo", UID, now + 3 * HOUR)
    assert stopped(database) == {"unfollowed"}, "and asking for texts again is no following"


def share(database: Database, now: datetime, uid: str = UID, phone: str = PHONE) -> Shared:
    with database.write() as session:
        return share_contact(session, "zalo", uid, phone, now)


def contacts(database: Database) -> list[tuple[str | None, set[str]]]:
    """Everybody: the name, and all ways to reach them."""
    with database.read() as session:
        everybody = session.scalars(select(Contact).order_by(Contact.id)).all()
        addresses = session.scalars(select(Address)).all()
    return [(each.name, {a.address for a in addresses if a.contact_id == each.id}) for each in everybody]


def known(database: Database, now: datetime, name: str | None = "Y Hoa", phone: str = PHONE) -> int:
    with database.write() as session:
        return upsert_contacts(session, {phone: name}, now).ids[0]


def account_of(database: Database, now: datetime, uid: str = UID, name: str | None = None) -> int:
    """A contact whom we know by an account alone."""
    with database.write() as session:
        contact = Contact(name=name, created_at=now, updated_at=now)
        session.add(contact)
        session.flush()
        session.add(Address(contact_id=contact.id, channel="zalo", address=uid, address_hash=uid))
        return contact.id


def join(database: Database, now: datetime, name: str, *members: int) -> None:
    with database.write() as session:
        group = Group(name=name, created_at=now)
        session.add(group)
        session.flush()
        session.add_all(GroupMember(group_id=group.id, contact_id=member) for member in members)


def test_a_stranger_who_tells_a_number_becomes_one_contact_with_two_ways(database: Database, now: datetime) -> None:
    assert share(database, now) is Shared.LINKED
    assert share(database, now) is Shared.KNOWN
    assert contacts(database) == [(None, {UID, PHONE})]


def test_whose_number_is_known_is_reached_on_the_account_too(database: Database, now: datetime) -> None:
    known(database, now)
    assert share(database, now) is Shared.LINKED
    assert contacts(database) == [("Y Hoa", {UID, PHONE})]


def test_whose_account_is_known_gets_the_number(database: Database, now: datetime) -> None:
    account_of(database, now, name="Hoa")
    assert share(database, now) is Shared.LINKED
    assert contacts(database) == [("Hoa", {UID, PHONE})]


@pytest.mark.parametrize(("by_phone", "name"), [("Y Hoa", "Y Hoa"), (None, "Hoa")])
def test_two_contacts_become_one_with_all_their_groups(
    database: Database, now: datetime, by_phone: str | None, name: str
) -> None:
    one, two = known(database, now, by_phone), account_of(database, now, name="Hoa")
    join(database, now, "thôn 1", one, two)
    join(database, now, "thôn 2", two)
    assert share(database, now + HOUR) is Shared.LINKED
    assert contacts(database) == [(name, {UID, PHONE})]
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(GroupMember)) == 2
        assert set(session.scalars(select(GroupMember.contact_id))) == {one}


def test_nobody_takes_somebody_elses_number_away(database: Database, now: datetime) -> None:
    known(database, now)
    assert share(database, now) is Shared.LINKED
    assert share(database, now, uid=OTHER_UID) is Shared.APART, "another account says the same number"
    assert share(database, now, phone=OTHER_PHONE) is Shared.APART, "the same account says another number"
    known(database, now, "Y Mai", OTHER_PHONE)
    assert share(database, now, phone=OTHER_PHONE) is Shared.APART
    assert contacts(database) == [("Y Hoa", {UID, PHONE}), ("Y Mai", {OTHER_PHONE})]


@pytest.mark.parametrize(("channel", "address"), [("sms", PHONE), ("zalo", UID)])
def test_who_was_erased_is_not_brought_back(database: Database, now: datetime, channel: str, address: str) -> None:
    with database.write() as session:
        suppress(session, channel, address, SuppressionReason.ERASED, now)
        suppress(session, channel, address, SuppressionReason.OPT_OUT, now)
    assert share(database, now) is Shared.APART
    assert contacts(database) == []


def test_telling_a_number_is_no_consent_and_lifts_nothing(database: Database, now: datetime) -> None:
    with database.write() as session:
        suppress(session, "sms", PHONE, SuppressionReason.OPT_OUT, now)
    share(database, now)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Consent)) == 0
        assert session.scalars(select(Suppression.reason).where(Suppression.lifted_at.is_(None))).all() == ["opt_out"]


def test_who_wrote_from_an_account_can_be_called_once_they_told_their_number(database: Database, now: datetime) -> None:
    with database.read() as session:
        assert phone_of(session, "sms", PHONE) == PHONE
        assert phone_of(session, "zalo", PHONE) == PHONE, "simulated phones have Zalo by their numbers"
        assert phone_of(session, "zalo", UID) is None
    share(database, now)
    with database.read() as session:
        assert phone_of(session, "zalo", UID) == PHONE
