"""What the rules see, and what becomes of what they hold back: suppression, labels, consent, caps and budgets."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import event, update

from foundation.clock import VIETNAM
from foundation.database import Database
from foundation.message_class import MessageClass
from people import Consent, SuppressionReason, suppress, upsert_contact
from people.do_not_call import import_do_not_call
from people.labels import replace_labels
from people.models import Address, Label
from scheduler.claimed import Claimed
from scheduler.claims import claim, settle
from scheduler.limits import CAPS, EXCLUDED, LIMITS, Cap, Limits
from scheduler.outbox import OutboundMessage, Route, State, batch, open_batch, reasons
from scheduler.rules import VERSION
from tests.scheduler.parts import PHONE, Clock, RecordingGateway, accepts, dispatch, message, phone, put, row, rows

REPLY, OPERATIONAL, PUBLIC, FUNDRAISING, ADVERTISING = MessageClass
DAY = timedelta(hours=24)
OTHER = Route("other", "sms", 300, 10)
WITHOUT_CONSENT = "no_consent"


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


def claimed(database: Database, now: datetime, limits: Limits = LIMITS, gateway: str = "recording") -> list[Claimed]:
    with database.write() as session:
        return claim(session, gateway, "worker", 2_000, limits, now).messages


def consented(database: Database, now: datetime, *phones: str) -> None:
    """To everything that needs it."""
    with database.write() as session:
        for number in phones:
            for each in (FUNDRAISING, ADVERTISING):
                session.add(
                    Consent(channel="sms", address_hash=number, message_class=each, evidence="phiếu", given_at=now)
                )


def left(database: Database, now: datetime, key: str, state: State = State.ACCEPTED, **changes: object) -> None:
    """A message that left at that moment, and became this."""
    put(database, now, message(key, now, **changes))  # type: ignore[arg-type]
    with database.write() as session:
        one = update(OutboundMessage).where(OutboundMessage.dedupe_key == key)
        session.execute(one.values(state=state, sent_at=now, claimed_by=None))


def asked(database: Database, now: datetime, key: str, limits: Limits = LIMITS, **changes: object) -> OutboundMessage:
    """A message that is due now, after the rules were asked."""
    put(database, now, message(key, now, **changes))  # type: ignore[arg-type]
    claimed(database, now, limits)
    return row(database, key)


def test_who_says_stop_in_the_middle_of_a_broadcast_gets_no_more_by_any_gateway(
    database: Database, now: datetime
) -> None:
    put(database, now, *(message(f"m{i}", now, address=phone(i)) for i in range(3)))
    put(database, now, message("elsewhere", now, address=phone(1), route=OTHER))
    with database.write() as session:
        suppress(session, "sms", phone(1), SuppressionReason.OPT_OUT, now)
    assert [each.address for each in claimed(database, now)] == [phone(0), phone(2)]
    assert claimed(database, now, gateway="other") == []
    for key in ("m1", "elsewhere"):
        held = row(database, key)
        assert (held.state, held.detail, held.settled_at) == (State.SUPPRESSED, "opt_out", now)
        assert (held.claimed_by, held.sent_at, held.rules_version) == (None, None, VERSION)


def test_advertising_never_goes_to_a_number_of_the_national_list(
    database: Database, now: datetime, tmp_path: Path
) -> None:
    (tmp_path / "list.txt").write_text(f"{phone(1)}\n")
    import_do_not_call(database, tmp_path / "list.txt", "2026-11", "test", now)
    consented(database, now, phone(1), phone(2))
    for each in (ADVERTISING, PUBLIC, FUNDRAISING):
        put(database, now, *(message(f"{each}{i}", now, address=phone(i), message_class=each) for i in (1, 2)))
    going = {(each.message_class, each.address) for each in claimed(database, now)}
    everything = {(each, phone(i)) for each in (ADVERTISING, PUBLIC, FUNDRAISING) for i in (1, 2)}
    assert everything - going == {(ADVERTISING, phone(1))}
    assert row(database, f"{ADVERTISING}1").detail == "do_not_call"


@pytest.mark.parametrize("label", Label)
def test_nobody_poor_is_asked_for_money(database: Database, now: datetime, label: Label) -> None:
    consented(database, now, phone(1), phone(2))
    with database.write() as session:
        replace_labels(session, "register:1", "sms", {phone(1): {label}})
    put(database, now, *(message(f"m{i}", now, address=phone(i), message_class=FUNDRAISING) for i in (1, 2)))
    put(database, now, message("told", now, address=phone(1)))
    assert {each.address for each in claimed(database, now)} == {phone(1), phone(2)}, "but they are told of policies"
    held = row(database, "m1")
    assert (held.state, held.detail) == (State.SUPPRESSED, "excluded_label")
    with database.write() as session:
        replace_labels(session, "register:1", "sms", {})
    assert asked(database, now, "again", address=phone(1), message_class=FUNDRAISING).state == State.SENDING


def test_a_household_is_poor_on_every_channel(database: Database, now: datetime) -> None:
    with database.write() as session:
        contact = upsert_contact(session, PHONE, now)
        session.add(Address(contact_id=contact, channel="zalo", address="zalo-1", address_hash="zalo-1"))
        replace_labels(session, "register:1", "sms", {PHONE: {Label.POOR}})
        for address in ("zalo-1", PHONE):
            given = {"message_class": FUNDRAISING, "evidence": "phiếu", "given_at": now}
            session.add(Consent(channel="zalo", address_hash=address, **given))
    by_zalo = Route("recording", "zalo", 0, 10)
    for address in ("zalo-1", PHONE):
        held = asked(database, now, address, address=address, message_class=FUNDRAISING, route=by_zalo)
        assert (held.state, held.detail) == (State.SUPPRESSED, "excluded_label")


def test_settings_exclude_labels_from_other_classes(database: Database, now: datetime) -> None:
    with database.write() as session:
        replace_labels(session, "register:1", "sms", {PHONE: {Label.POOR}})
    limits = Limits(excluded={**EXCLUDED, PUBLIC: frozenset({Label.POOR})})
    assert asked(database, now, "m0", limits).detail == "excluded_label"


def test_the_fourth_advertisement_of_a_day_waits_until_the_first_is_a_day_old(
    database: Database, now: datetime
) -> None:
    """Decree 91/2020/NĐ-CP art. 13."""
    consented(database, now - DAY, PHONE)
    for hours in (20, 5, 1):
        left(database, now - timedelta(hours=hours), f"{hours} hours ago", message_class=ADVERTISING)
    held = asked(database, now, "fourth", message_class=ADVERTISING)
    assert (held.state, held.detail, held.settled_at) == (State.QUEUED, "over_cap", None)
    assert (held.claimed_by, held.sent_at) == (None, None)
    assert held.not_before == now + timedelta(hours=4)
    assert claimed(database, held.not_before - timedelta(seconds=1)) == []
    assert len(claimed(database, held.not_before)) == 1


def test_who_waits_for_a_cap_waits_for_a_full_quarter_of_an_hour(database: Database, now: datetime) -> None:
    left(database, now - timedelta(days=6, minutes=8), "before", message_class=FUNDRAISING)
    consented(database, now, PHONE)
    held = asked(database, now, "m0", message_class=FUNDRAISING)
    assert held.not_before == now + timedelta(days=1), "08:52 becomes 09:00"


def test_what_would_be_untrue_by_then_is_refused_at_once(database: Database, now: datetime) -> None:
    consented(database, now, PHONE)
    left(database, now - timedelta(days=1), "before", message_class=FUNDRAISING)
    held = asked(database, now, "m0", message_class=FUNDRAISING, expires_at=now + timedelta(days=6))
    assert (held.state, held.detail, held.settled_at) == (State.SUPPRESSED, "over_cap", now)
    kept = asked(database, now, "m1", message_class=FUNDRAISING, expires_at=now + timedelta(days=6, hours=1))
    assert (kept.state, kept.not_before) == (State.QUEUED, now + timedelta(days=6))


NEVER_LEFT = {State.QUEUED, State.FAILED, State.SUPPRESSED, State.CANCELLED}


@pytest.mark.parametrize("state", State)
def test_what_left_or_may_have_left_counts(database: Database, now: datetime, state: State) -> None:
    consented(database, now, PHONE)
    left(database, now - timedelta(hours=1), "before", state, message_class=FUNDRAISING, route=OTHER)
    held = asked(database, now, "m0", message_class=FUNDRAISING)
    assert (held.detail == "over_cap") == (state not in NEVER_LEFT)


def test_what_never_left_does_not_count(database: Database, now: datetime) -> None:
    """A text that the rules let expire was never sent."""
    consented(database, now, PHONE)
    left(database, now - timedelta(hours=1), "before", State.EXPIRED, message_class=FUNDRAISING)
    with database.write() as session:
        session.execute(update(OutboundMessage).values(sent_at=None))
    assert asked(database, now, "m0", message_class=FUNDRAISING).state == State.SENDING


def test_classes_and_people_are_counted_apart(database: Database, now: datetime) -> None:
    consented(database, now, PHONE, phone(1))
    left(database, now - timedelta(hours=1), "before", message_class=FUNDRAISING)
    for each in (PUBLIC, ADVERTISING, OPERATIONAL, REPLY):
        assert asked(database, now, each.value, message_class=each).state == State.SENDING
    assert asked(database, now, "another", message_class=FUNDRAISING, address=phone(1)).state == State.SENDING


def test_a_person_is_one_whichever_channel_their_number_is_written_to_on(database: Database, now: datetime) -> None:
    consented(database, now, PHONE)
    left(database, now - DAY, "before", message_class=FUNDRAISING, route=Route("zbs", "zalo", 300, 1))
    assert asked(database, now, "m0", message_class=FUNDRAISING).detail == "over_cap"


def test_those_claimed_together_count_for_one_another(database: Database, now: datetime) -> None:
    consented(database, now, PHONE, phone(1))
    left(database, now - timedelta(hours=23), "before", message_class=ADVERTISING)
    put(database, now, *(message(f"m{i}", now, message_class=ADVERTISING) for i in range(4)))
    put(database, now, message("another", now, message_class=ADVERTISING, address=phone(1)))
    assert [each.address for each in claimed(database, now)] == [PHONE, PHONE, phone(1)]
    assert [row(database, f"m{i}").state for i in range(4)] == ["sending", "sending", "queued", "queued"]
    assert row(database, "m2").not_before == now + timedelta(hours=1)


def test_those_claimed_before_and_not_settled_count_too(database: Database, now: datetime) -> None:
    consented(database, now, PHONE)
    assert asked(database, now, "m0", message_class=FUNDRAISING).state == State.SENDING
    assert asked(database, now, "m1", message_class=FUNDRAISING).detail == "over_cap"


def test_public_information_has_a_safety_net_and_answers_have_none(database: Database, now: datetime) -> None:
    most = CAPS[PUBLIC].most
    for each in (PUBLIC, REPLY, OPERATIONAL):
        put(database, now, *(message(f"{each}{i}", now, message_class=each) for i in range(most + 2)))
    going = [each.message_class for each in claimed(database, now)]
    assert {each: going.count(each) for each in going} == {PUBLIC: most, REPLY: most + 2, OPERATIONAL: most + 2}


def test_years_of_texts_before_are_not_looked_through_but_all_of_the_window(database: Database, now: datetime) -> None:
    """A broadcast of long ago tells where to begin, and none of those since."""
    consented(database, now, PHONE)
    for days in (400, 8, 5, 1):
        at = now - timedelta(days=days)
        with database.write() as session:
            batch_id = open_batch(session, FUNDRAISING, at)
        left(database, at, f"{days}", message_class=FUNDRAISING, batch_id=batch_id, address=phone(days))
        if days == 8:
            left(database, now - timedelta(days=6), "before", message_class=FUNDRAISING)
    assert asked(database, now, "m0", message_class=FUNDRAISING).detail == "over_cap"
    with statements(database) as said:
        assert len(claimed(database, now + timedelta(days=1))) == 1, "a week after the one before"
    assert any("id > " in each for each in said)


def test_a_cap_of_an_installation_holds(database: Database, now: datetime) -> None:
    limits = Limits(caps={**CAPS, PUBLIC: Cap(1, DAY, "test")})
    assert asked(database, now, "m0", limits).state == State.SENDING
    assert asked(database, now, "m1", limits).detail == "over_cap"


def test_two_batches_in_flight_never_spend_more_than_was_approved(database: Database, now: datetime) -> None:
    with database.write() as session:
        batch_id = open_batch(session, PUBLIC, now, budget_vnd=1_500)
    put(database, now, *(message(f"m{i}", now, address=phone(i), batch_id=batch_id) for i in range(2)))
    first = claimed(database, now)
    put(database, now, *(message(f"n{i}", now, address=phone(9 + i), batch_id=batch_id) for i in range(2)))
    second = claimed(database, now)
    assert (len(first), len(second)) == (2, 1), "what is on its way is spent"
    with database.write() as session:
        settle(session, [(each, accepts(each)) for each in first + second], "worker", now, Random(1))  # type: ignore[arg-type]
        reached = batch(session, batch_id)
        assert (reached.spent_vnd, reached.paused_because) == (1_500, "budget_spent")


def test_refusals_are_counted_by_rule(database: Database, now: datetime) -> None:
    consented(database, now, phone(0), phone(1), phone(2))
    with database.write() as session:
        batch_id = open_batch(session, FUNDRAISING, now)
        replace_labels(session, "register:1", "sms", {phone(0): {Label.POOR}})
        suppress(session, "sms", phone(1), SuppressionReason.ERASED, now)
    everybody = (
        message(f"m{i}", now, address=phone(i), message_class=FUNDRAISING, batch_id=batch_id) for i in range(5)
    )
    put(database, now, *everybody)
    claimed(database, now)
    with database.read() as session:
        assert reasons(session, batch_id) == {
            ("suppressed", "excluded_label"): 1,
            ("suppressed", "erased"): 1,
            ("suppressed", WITHOUT_CONSENT): 2,
        }


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """What is said to the database meanwhile."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_a_thousand_cost_no_more_statements_than_one(database: Database, now: datetime) -> None:
    """Half of them are held back, each for one of five reasons."""
    count = 500
    consented(database, now, *map(phone, range(count)))
    with database.write() as session:
        for i in range(0, count, 10):
            suppress(session, "sms", phone(i), SuppressionReason.OPT_OUT, now)
        replace_labels(session, "register:1", "sms", {phone(i): {Label.POOR} for i in range(1, count, 10)})
    for i in range(2, count, 10):
        left(database, now - timedelta(hours=i % 100 / 100), f"before {i}", message_class=FUNDRAISING, address=phone(i))
    put(
        database,
        now,
        *(
            message(
                f"m{i}",
                now,
                address=phone(i),
                message_class=FUNDRAISING,
                expires_at=now if i % 10 == 3 else None,
            )
            for i in range(count)
        ),
    )
    with statements(database) as said:
        going = claimed(database, now)
    assert len(going) == count * 6 // 10
    assert len(said) < 40, said
    assert {each.state for each in rows(database)} >= {"suppressed", "expired", "sending", "queued"}


def test_a_text_that_waited_overnight_is_asked_everything_again_in_the_morning(
    database: Database, tmp_path: Path
) -> None:
    """From the dispatcher's hands: late in the evening nothing leaves, in the morning what is still true and wanted."""
    evening = datetime(2026, 11, 20, 22, 30, tzinfo=VIETNAM)
    clock, gateway = Clock(evening), RecordingGateway()
    put(
        database,
        evening,
        message("goes", evening, address=phone(1)),
        message("expires", evening, address=phone(2), expires_at=evening + timedelta(hours=8)),
        message("stops", evening, address=phone(3)),
    )
    dispatch(database, gateway, tmp_path, clock)
    assert gateway.arrived == []
    assert {each.detail for each in rows(database)} == {"quiet_hours"}
    with database.write() as session:
        suppress(session, "sms", phone(3), SuppressionReason.OPT_OUT, evening)
    clock.at = evening.replace(hour=6, minute=59) + timedelta(days=1)
    dispatch(database, gateway, tmp_path, clock)
    assert gateway.arrived == []
    clock.at += timedelta(minutes=1)
    dispatch(database, gateway, tmp_path, clock)
    assert [each.to for each in gateway.arrived] == [phone(1)]
    assert [(row(database, key).state, row(database, key).detail) for key in ("goes", "expires", "stops")] == [
        (State.ACCEPTED, None),
        (State.EXPIRED, "expired"),
        (State.SUPPRESSED, "opt_out"),
    ]
