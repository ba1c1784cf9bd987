"""Who answers for what, who never may, and who is above them."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from foundation.database import Database
from foundation.phones import PhoneError
from people import (
    AuditEntry,
    Duties,
    Matter,
    Official,
    OfficialError,
    Role,
    SuppressionReason,
    add_duty,
    add_official,
    lift,
    list_duties,
    posted_at,
    register_phone,
    remove_duty,
    set_post,
    suppress,
)

MANG_RI = "xã Măng Ri (Quảng Ngãi)"
BA_TO = "xã Ba Tơ (Quảng Ngãi)"
PROVINCE = "tỉnh Quảng Ngãi"
PHONE = "0912345678"


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


@pytest.fixture
def people(database: Database, now: datetime) -> dict[str, Official]:
    """Two of a commune, one of the province above them, and an administrator."""
    with database.write() as session:
        made = {
            name: add_official(session, name, role, None, now, "test")
            for name, role in [
                ("hoa", Role.HANDLER),
                ("tung", Role.HANDLER),
                ("mai", Role.APPROVER),
                ("quan", Role.ADMIN),
            ]
        }
        set_post(session, made["mai"], "Sở Nông nghiệp và Môi trường", None, None, now, "test")
        for name in ("hoa", "tung"):
            set_post(session, made[name], "UBND xã Măng Ri", MANG_RI, made["mai"], now, "test")
        return made


def give(
    session: Session,
    official: Official,
    now: datetime,
    place: str | None = None,
    topic: str | None = None,
    confidential: bool = False,
) -> None:
    add_duty(session, official, place, topic, confidential, now, "test")


def owner(database: Database, matter: Matter) -> str | None:
    with database.read() as session:
        found = Duties.load(session).owner(matter)
    return found.name if found else None


def test_the_nearest_place_answers_then_the_topic(
    database: Database, people: dict[str, Official], now: datetime
) -> None:
    with database.write() as session:
        give(session, people["quan"], now, topic="electricity")
        give(session, people["mai"], now, PROVINCE)
        give(session, people["hoa"], now, MANG_RI)
        give(session, people["tung"], now, MANG_RI, "electricity")
    assert owner(database, Matter(MANG_RI, "electricity")) == "tung"
    assert owner(database, Matter(MANG_RI, "hi_poor")) == "hoa"
    assert owner(database, Matter(MANG_RI)) == "hoa"
    assert owner(database, Matter(BA_TO, "electricity")) == "mai"
    assert owner(database, Matter(PROVINCE)) == "mai"
    assert owner(database, Matter(None, "electricity")) == "quan"


def test_what_nobody_was_given_is_the_first_administrators(
    database: Database, people: dict[str, Official], now: datetime
) -> None:
    assert owner(database, Matter(MANG_RI)) == "quan"
    assert owner(database, Matter(MANG_RI, confidential=True, accuses=True)) == "quan"
    with database.write() as session:
        session.get_one(Official, people["quan"].id).active = False
    assert owner(database, Matter(MANG_RI)) is None


def test_who_left_answers_for_nothing(database: Database, people: dict[str, Official], now: datetime) -> None:
    with database.write() as session:
        give(session, people["hoa"], now, MANG_RI)
        give(session, people["mai"], now)
        session.get_one(Official, people["hoa"].id).active = False
    assert owner(database, Matter(MANG_RI)) == "mai"


def test_a_complaint_about_a_commune_never_reaches_that_commune(
    database: Database, people: dict[str, Official], now: datetime
) -> None:
    with database.write() as session:
        give(session, people["hoa"], now, confidential=True)
    accused = Matter(MANG_RI, confidential=True, accuses=True)
    assert owner(database, accused) == "quan"
    assert owner(database, Matter(BA_TO, confidential=True, accuses=True)) == "hoa"
    # Which commune is complained about is not known: it may be theirs.
    assert owner(database, Matter(None, confidential=True, accuses=True)) == "quan"
    assert owner(database, Matter(PROVINCE, confidential=True, accuses=True)) == "quan"
    assert owner(database, Matter(MANG_RI, confidential=True)) == "hoa"
    with database.read() as session:
        duties = Duties.load(session)
    assert not duties.handles("hoa", accused)
    assert duties.handles("hoa", Matter(BA_TO, confidential=True, accuses=True))


def test_an_administrator_of_the_accused_commune_is_passed_over_too(
    database: Database, people: dict[str, Official], now: datetime
) -> None:
    with database.write() as session:
        set_post(session, people["quan"], "UBND xã Măng Ri", MANG_RI, None, now, "test")
    assert owner(database, Matter(MANG_RI, confidential=True, accuses=True)) is None
    assert owner(database, Matter(MANG_RI)) == "quan"


def test_confidential_and_ordinary_duties_are_apart(
    database: Database, people: dict[str, Official], now: datetime
) -> None:
    with database.write() as session:
        give(session, people["mai"], now, confidential=True)
        give(session, people["hoa"], now)
    assert owner(database, Matter(MANG_RI)) == "hoa"
    assert owner(database, Matter(MANG_RI, confidential=True)) == "mai"


def test_late_matters_go_up_past_those_who_may_not_see_them(
    database: Database, people: dict[str, Official], now: datetime
) -> None:
    with database.write() as session:
        set_post(session, people["tung"], "UBND xã Măng Ri", MANG_RI, people["hoa"], now, "test")
        give(session, people["mai"], now, confidential=True)
    accused = Matter(MANG_RI, confidential=True, accuses=True)
    with database.read() as session:
        duties = Duties.load(session)

    def up(name: str, matter: Matter) -> str | None:
        found = duties.next_up(name, matter)
        return found.name if found else None

    assert up("tung", Matter(MANG_RI)) == "hoa"
    assert up("hoa", Matter(MANG_RI)) == "mai"
    assert up("mai", Matter(MANG_RI)) == "quan"
    assert up("quan", Matter(MANG_RI)) is None
    assert up("tung", accused) == "mai"
    assert up("tung", Matter(MANG_RI, confidential=True)) == "mai"  # Hoa may not see it, whomever it is about


def test_nobody_is_above_themselves(database: Database, people: dict[str, Official], now: datetime) -> None:
    with database.write() as session:
        for low, high in (("mai", "mai"), ("mai", "hoa")):
            with pytest.raises(OfficialError, match="không thể là cấp trên"):
                set_post(session, people[low], "Sở", None, people[high], now, "test")


@pytest.mark.parametrize("body", ["", "  ", "x" * 121])
def test_a_body_needs_a_name_that_fits(
    body: str, database: Database, people: dict[str, Official], now: datetime
) -> None:
    with pytest.raises(OfficialError, match="tên cơ quan"), database.write() as session:
        set_post(session, people["quan"], body, None, None, now, "test")


def test_a_telephone_is_one_officials_and_is_kept_as_a_secret(
    database: Database, people: dict[str, Official], now: datetime
) -> None:
    with database.write() as session:
        register_phone(session, people["hoa"], "sms", PHONE, now, "test")
        register_phone(session, people["hoa"], "sms", "0912 345 678", now, "test")
        with pytest.raises(OfficialError, match="đã là của «hoa»"):
            register_phone(session, people["tung"], "sms", PHONE, now, "test")
        with pytest.raises(OfficialError, match="loa user post"):
            register_phone(session, people["quan"], "sms", "0912345679", now, "test")
        with pytest.raises(PhoneError):
            register_phone(session, people["tung"], "sms", "12", now, "test")
    with database.read() as session:
        found = posted_at(session, "sms", "+84912345678")
        assert found is not None
        assert found.name == "hoa"
        assert posted_at(session, "zalo", "+84912345678") is None
        kept = session.connection().exec_driver_sql("SELECT address, address_hash FROM posts").all()
        recorded = session.query(AuditEntry).filter_by(action="official.phone_registered").all()
    assert not any(b"912345678" in bytes(value) for row in kept for value in row if value)
    assert {entry.details["channel"] for entry in recorded} == {"sms"}
    assert "912345678" not in str([entry.details for entry in recorded])


@pytest.mark.parametrize("reason", SuppressionReason)
def test_whose_telephone_gets_no_texts_is_known(
    database: Database, people: dict[str, Official], now: datetime, reason: SuppressionReason
) -> None:
    def silent() -> dict[str, SuppressionReason]:
        with database.read() as session:
            holders = Duties.load(session).holders.values()
        return {holder.name: holder.suppressed for holder in holders if holder.suppressed}

    with database.write() as session:
        register_phone(session, people["hoa"], "sms", PHONE, now, "test")
        register_phone(session, people["mai"], "zalo", PHONE, now, "test")
    assert silent() == {}
    with database.write() as session:
        suppress(session, "sms", "+84912345678", reason, now)
    assert silent() == {"hoa": reason}  # of Zalo nothing was said
    with database.write() as session:
        lift(session, "sms", "+84912345678", now)
    assert silent() == ({} if reason is SuppressionReason.OPT_OUT else {"hoa": reason})


def test_duties_are_given_once_taken_away_and_on_record(
    database: Database, people: dict[str, Official], now: datetime
) -> None:
    with database.write() as session:
        give(session, people["hoa"], now, MANG_RI)
        with pytest.raises(OfficialError, match="đã được giao"):
            give(session, people["hoa"], now, MANG_RI)
        give(session, people["hoa"], now)
        with pytest.raises(OfficialError, match="loa user post"):
            give(session, people["quan"], now, confidential=True)
        duty_id = list_duties(session)[0][0].id
        remove_duty(session, duty_id, now, "test")
        with pytest.raises(OfficialError, match=f"không có phân công số {duty_id}"):
            remove_duty(session, duty_id, now, "test")
    with database.read() as session:
        assert [(duty.place, who.name) for duty, who in list_duties(session)] == [(None, "hoa")]
        actions = [entry.action for entry in session.query(AuditEntry) if entry.action.startswith("duty")]
    assert actions == ["duty.added", "duty.added", "duty.removed"]
