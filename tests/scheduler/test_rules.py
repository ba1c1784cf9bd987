from datetime import datetime, time, timedelta
from typing import Any

import pytest

from foundation.clock import VIETNAM
from foundation.database import Database
from foundation.message_class import MessageClass
from people import Consent, SuppressionReason, lift, suppress
from scheduler.claimed import Claimed
from scheduler.claims import claim
from scheduler.outbox import State, batch, open_batch, resume
from scheduler.rules import (
    HOURS,
    LIMITS,
    VERSION,
    Case,
    HoursError,
    Limits,
    Refuse,
    Stop,
    Verdict,
    Wait,
    judge,
    read_hours,
)
from tests.scheduler.parts import PHONE, message, phone, put, put_many, row, rows, tally

REPLY, OPERATIONAL, PUBLIC, FUNDRAISING, ADVERTISING = MessageClass
QUIET = "quiet_hours"


def at(text: str) -> datetime:
    """A moment on Vietnam's clocks."""
    return datetime.fromisoformat(text).replace(tzinfo=VIETNAM)


NINE = at("2026-11-20 09:00")
PLAIN = Case(PUBLIC, has_consent=True)

OPTED_OUT = Refuse(State.SUPPRESSED, "opt_out")
ERASED = Refuse(State.SUPPRESSED, "erased")
NO_CONSENT = Refuse(State.SUPPRESSED, "no_consent")
EXPIRED = Refuse(State.EXPIRED, "expired")


def case(message_class: MessageClass = PUBLIC, **changes: Any) -> Case:
    """A message that may leave, but for what is changed."""
    return PLAIN._replace(message_class=message_class, **changes)


CASES: list[tuple[str, Case, Verdict]] = [
    ("public information needs no consent", case(has_consent=False), None),
    ("nor do officials' texts", case(OPERATIONAL, has_consent=False), None),
    ("nor does an answer", case(REPLY, has_consent=False), None),
    ("fundraising does", case(FUNDRAISING, has_consent=False), NO_CONSENT),
    ("advertising does", case(ADVERTISING, has_consent=False), NO_CONSENT),
    ("with consent it goes", case(FUNDRAISING), None),
    ("who opted out gets nothing", case(suppressed_because="opt_out"), OPTED_OUT),
    ("nor operational texts", case(OPERATIONAL, suppressed_because="opt_out"), OPTED_OUT),
    ("but is answered", case(REPLY, suppressed_because="opt_out"), None),
    ("erased comes before consent", case(ADVERTISING, has_consent=False, suppressed_because="erased"), ERASED),
    ("still true", case(expires_at=NINE + timedelta(microseconds=1)), None),
    ("no longer true", case(expires_at=NINE), EXPIRED),
    ("not even as an answer", case(REPLY, expires_at=NINE), EXPIRED),
    ("the budget does not reach", case(budget_reaches=False), Stop("budget_spent")),
    ("expired before the budget is asked", case(expires_at=NINE, budget_reaches=False), EXPIRED),
]


@pytest.mark.parametrize(("asked", "verdict"), [each[1:] for each in CASES], ids=[each[0] for each in CASES])
def test_at_nine_in_the_morning(asked: Case, verdict: Verdict) -> None:
    assert judge(asked, LIMITS, NINE) == verdict


EDGES = [
    (PUBLIC, "2026-11-20 06:59:59.999999", "2026-11-20 07:00"),
    (PUBLIC, "2026-11-20 07:00", None),
    (PUBLIC, "2026-11-20 20:59:59.999999", None),
    (PUBLIC, "2026-11-20 21:00", "2026-11-21 07:00"),
    (PUBLIC, "2026-11-20 23:59", "2026-11-21 07:00"),
    (PUBLIC, "2026-11-21 00:00", "2026-11-21 07:00"),
    (PUBLIC, "2026-12-31 22:00", "2027-01-01 07:00"),
    (OPERATIONAL, "2026-11-20 05:59", "2026-11-20 06:00"),
    (OPERATIONAL, "2026-11-20 06:00", None),
    (OPERATIONAL, "2026-11-20 22:00", "2026-11-21 06:00"),
    (FUNDRAISING, "2026-11-20 07:59", "2026-11-20 08:00"),
    (FUNDRAISING, "2026-11-20 08:00", None),
    (FUNDRAISING, "2026-11-20 20:00", "2026-11-21 08:00"),
    (ADVERTISING, "2026-11-20 06:59", "2026-11-20 07:00"),
    (ADVERTISING, "2026-11-20 21:59:59", None),
    (ADVERTISING, "2026-11-20 22:00", "2026-11-21 07:00"),
    (REPLY, "2026-11-20 03:00", None),
    (REPLY, "2026-11-20 23:59:59.999999", None),
    (REPLY, "2026-11-21 00:00", None),
]


@pytest.mark.parametrize(("message_class", "moment", "opening"), EDGES)
def test_nobody_is_woken(message_class: MessageClass, moment: str, opening: str | None) -> None:
    expected = Wait(at(opening), QUIET) if opening else None
    assert judge(case(message_class), LIMITS, at(moment)) == expected


def test_what_expired_at_night_is_dropped_at_once_and_does_not_wait() -> None:
    night = at("2026-11-20 23:00")
    assert judge(case(expires_at=night), LIMITS, night) == EXPIRED
    assert judge(case(suppressed_because="opt_out"), LIMITS, night) == OPTED_OUT
    assert judge(case(budget_reaches=False), LIMITS, night) == Wait(at("2026-11-21 07:00"), QUIET)


def test_what_waits_is_let_through_at_the_very_moment_it_waits_for() -> None:
    for message_class in HOURS:
        for hour in range(24):
            verdict = judge(case(message_class), LIMITS, at(f"2026-11-20 {hour:02}:30"))
            assert verdict is None or (
                isinstance(verdict, Wait) and judge(case(message_class), LIMITS, verdict.until) is None
            )


def test_no_class_is_sent_outside_the_hours_of_the_decree() -> None:
    """Decree 91/2020/NĐ-CP art. 13: advertising only from 07:00 to 22:00; our own hours lie inside."""
    for message_class in (PUBLIC, FUNDRAISING, ADVERTISING):
        assert HOURS[message_class].opens.hour >= 7
        assert HOURS[message_class].closes.hour <= 22
    assert all(hours.source for hours in HOURS.values())


def claimed(database: Database, now: datetime, limits: Limits = LIMITS, gateway: str = "recording") -> list[Claimed]:
    with database.write() as session:
        return claim(session, gateway, "worker", 100, limits, now).messages


def test_a_text_due_at_night_waits_for_morning_and_is_then_sent(database: Database) -> None:
    put(database, NINE, message("m0", NINE))
    assert claimed(database, at("2026-11-20 22:30")) == []
    waiting = row(database)
    assert (waiting.state, waiting.detail, waiting.not_before) == (State.QUEUED, QUIET, at("2026-11-21 07:00"))
    assert (waiting.claimed_by, waiting.sent_at) == (None, None)
    assert claimed(database, at("2026-11-21 06:59")) == []
    assert len(claimed(database, at("2026-11-21 07:00"))) == 1


def test_a_text_that_waited_is_asked_everything_again(database: Database) -> None:
    night, morning = at("2026-11-20 22:30"), at("2026-11-21 07:00")
    put(
        database,
        NINE,
        message("expires", NINE, address=phone(1), expires_at=at("2026-11-21 06:00")),
        message("stops", NINE, address=phone(2)),
        message("goes", NINE, address=phone(3)),
    )
    assert claimed(database, night) == []
    with database.write() as session:
        suppress(session, "sms", phone(2), SuppressionReason.OPT_OUT, night)
    assert [each.address for each in claimed(database, morning)] == [phone(3)]
    assert (row(database, "expires").state, row(database, "expires").detail) == (State.EXPIRED, "expired")
    assert (row(database, "stops").state, row(database, "stops").detail) == (State.SUPPRESSED, "opt_out")
    assert row(database, "expires").settled_at == row(database, "stops").settled_at == morning
    assert claimed(database, morning) == [], "nothing is asked twice"


def test_stop_means_stop_from_the_moment_it_is_said(database: Database, now: datetime) -> None:
    with database.write() as session:
        suppress(session, "sms", PHONE, SuppressionReason.OPT_OUT, now)
    put(database, now, message("public", now), message("reply", now, message_class=REPLY))
    assert [each.message_class for each in claimed(database, now)] == [REPLY]
    assert row(database, "public").state == State.SUPPRESSED
    with database.write() as session:
        lift(session, "sms", PHONE, now)
    put(database, now, message("later", now))
    assert len(claimed(database, now)) == 1


def consent(database: Database, now: datetime, channel: str = "sms", withdrawn: bool = False) -> None:
    with database.write() as session:
        session.add(
            Consent(
                channel=channel,
                address_hash=PHONE,
                message_class=FUNDRAISING,
                evidence="tin nhắn DONG Y",
                given_at=now,
                withdrawn_at=now if withdrawn else None,
            )
        )


def fundraise(database: Database, now: datetime, key: str, address: str = PHONE) -> str:
    put(database, now, message(key, now, address=address, message_class=FUNDRAISING))
    claimed(database, now)
    return row(database, key).state


def test_fundraising_goes_to_those_who_consented_to_it_on_this_channel(database: Database, now: datetime) -> None:
    assert fundraise(database, now, "none") == State.SUPPRESSED
    consent(database, now, withdrawn=True)
    assert fundraise(database, now, "withdrawn") == State.SUPPRESSED
    consent(database, now, channel="zalo")
    assert fundraise(database, now, "on another channel") == State.SUPPRESSED
    consent(database, now)
    assert fundraise(database, now, "given") == State.SENDING
    assert fundraise(database, now, "of another person", phone(9)) == State.SUPPRESSED
    put(database, now, message("another class", now, message_class=ADVERTISING))
    claimed(database, now)
    assert row(database, "another class").state == State.SUPPRESSED
    assert row(database, "another class").detail == "no_consent"


def test_a_spent_budget_stops_the_batch_and_nothing_else(database: Database, now: datetime) -> None:
    with database.write() as session:
        batch_id = open_batch(session, PUBLIC, now, budget_vnd=1_700)
    put_many(database, now, 10, batch_id)
    put(database, now, message("cheap", now, batch_id=batch_id, text="x"), message("elsewhere", now))
    going = claimed(database, now)
    assert len(going) == 4
    assert [each.batch_id for each in going] == [batch_id] * 3 + [None]
    assert tally(database) == {State.SENDING: 4, State.QUEUED: 8}
    assert row(database, "m3").detail == "budget_spent"
    with database.read() as session:
        assert batch(session, batch_id).paused_because == "budget_spent"
    assert claimed(database, now) == []


def test_nothing_cheaper_slips_through_once_the_batch_is_stopped(database: Database, now: datetime) -> None:
    with database.write() as session:
        batch_id = open_batch(session, PUBLIC, now, budget_vnd=700)
    put(
        database,
        now,
        message("dear", now, batch_id=batch_id, text="a" * 161),
        message("cheap", now, batch_id=batch_id),
    )
    assert claimed(database, now) == []
    assert {each.state for each in rows(database)} == {State.QUEUED}
    with database.write() as session:
        resume(session, batch_id)
    assert claimed(database, now) == [], "a person who goes on without more money is stopped again"


def test_each_message_remembers_by_which_rules_it_left(database: Database, now: datetime) -> None:
    put_many(database, now, 1)
    claimed(database, now)
    assert row(database).rules_version == VERSION


def test_an_installation_sets_its_own_hours_and_they_hold(database: Database) -> None:
    hours = read_hours("public_information=06:00-20:30, operational=00:00-24:00,")
    assert (hours[PUBLIC].opens, hours[PUBLIC].closes) == (time(6), time(20, 30))
    assert hours[REPLY] == HOURS[REPLY]
    assert hours[FUNDRAISING] == HOURS[FUNDRAISING]
    put(database, NINE, message("public", NINE), message("team", NINE, message_class=OPERATIONAL))
    going = claimed(database, at("2026-11-20 23:30"), Limits(hours=hours))
    assert [each.message_class for each in going] == [OPERATIONAL]
    assert row(database, "public").not_before == at("2026-11-21 06:00")


@pytest.mark.parametrize(
    "text",
    [
        "public_information",
        "public_information=6-20",
        "public_information=20:00-06:00",
        "public_information=07:00-07:00",
        "public_information=07:60-20:00",
        "public_information=07:00-24:01",
        "reply=07:00-20:00",
        "public=07:00-20:00",
        "advertising=06:59-22:00",
        "advertising=07:00-22:01",
        "advertising=00:00-24:00",
    ],
)
def test_hours_that_cannot_be_or_may_not_be_are_refused(text: str) -> None:
    with pytest.raises(HoursError):
        read_hours(text)


def test_hours_of_the_decree_may_be_narrowed() -> None:
    assert read_hours("advertising=08:00-20:00")[ADVERTISING].opens == time(8)
    assert read_hours("") == HOURS
