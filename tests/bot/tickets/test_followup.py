"""A ticket's owner is told, reminded and relieved, on a frozen clock, over week-ends and Tết, once."""

from datetime import date, datetime, timedelta

import pytest

from bot.exchange import Reason
from bot.tickets.followup import FollowUp
from bot.tickets.handling import TicketError, answer, assign, body_of, close, may_see, ticket_by_code
from foundation.clock import VIETNAM
from foundation.database import Database
from foundation.holidays import SHIPPED
from foundation.message_class import MessageClass
from people import (
    AuditEntry,
    Role,
    add_duty,
    add_official,
    entries,
    official_named,
    register_phone,
    set_post,
)
from scheduler.outbox import Route
from tests.bot.meaning import NOW
from tests.bot.tickets.desk import BA_TO, HOA, MAI, MANG_RI, QUAN, opened, staff, texts_to, ticket
from tests.bot.village import ME

ROUTES = {"kannel": Route("kannel", "sms", 300, 10)}


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


def follow_up(routes: dict[str, Route] = ROUTES, holidays: str = "") -> FollowUp:
    return FollowUp(routes, SHIPPED.and_also(holidays), lambda topic: {"electricity": "hỗ trợ tiền điện"}[topic])


def at(year: int, month: int, day: int, hour: int = 9) -> datetime:
    """A moment in Vietnam."""
    return datetime(year, month, day, hour, tzinfo=VIETNAM)


def recorded(database: Database, action: str) -> list[AuditEntry]:
    with database.read() as session:
        return [entry for entry in reversed(entries(session)) if entry.action == action]


def test_the_owner_is_told_at_once_and_once_without_personal_data(database: Database) -> None:
    staff(database)
    code = opened(database)
    assert ticket(database, code).owner == "hoa"
    assert follow_up().run(database, NOW) == 1
    assert follow_up().run(database, NOW) == 0

    (sent,) = texts_to(database, HOA)
    assert sent.text == (
        f"Phieu {code}, phan anh, ho tro tien dien, xa Mang Ri (Quang Ngai), han 27/11/2026: giao cho anh/chi. "
        f"Xem o trang can bo, hoac nhan TL {code} roi cau tra loi."
    )
    assert (sent.message_class, sent.not_before, sent.gateway) == (MessageClass.OPERATIONAL, NOW, "kannel")
    assert texts_to(database, MAI) == texts_to(database, ME) == []


def test_by_zalo_an_official_is_told_with_diacritics(database: Database) -> None:
    staff(database)
    with database.write() as session:
        register_phone(session, official_named(session, "hoa"), "zalo", HOA, NOW, "test")
    opened(database)
    follow_up({**ROUTES, "zalo": Route("zalo", "zalo", 0, 10)}).run(database, NOW)
    (sent,) = texts_to(database, HOA)
    assert (sent.channel, "hạn 27/11/2026" in sent.text) == ("zalo", True)


def test_of_a_confidential_ticket_a_notice_tells_neither_topic_nor_place(database: Database) -> None:
    staff(database)
    code = opened(database, reason=Reason.CORRUPTION, confidential=True)
    follow_up().run(database, NOW)
    (sent,) = texts_to(database, MAI)
    assert sent.text == f"Phieu {code}, phieu kin, han 27/11/2026: giao cho anh/chi. Xem o trang can bo."
    assert texts_to(database, HOA) == []


def test_somebody_in_danger_does_not_wait_for_the_morning(database: Database) -> None:
    staff(database)
    night = at(2026, 11, 21, 23)
    code = opened(database, due_on=date(2026, 11, 21), at=night, reason=Reason.DANGER, confidential=True, urgent=True)
    follow_up().run(database, night)
    (sent,) = texts_to(database, MAI)
    assert sent.text.startswith(f"KHAN CAP. Phieu {code}, phieu kin")
    assert sent.message_class == MessageClass.REPLY

    assert follow_up().run(database, night + timedelta(minutes=59)) == 0
    assert follow_up().run(database, night + timedelta(minutes=60)) == 1  # a Sunday, at midnight
    assert ticket(database, code).owner == "quan"
    assert texts_to(database, QUAN)[0].text.startswith("KHAN CAP")


@pytest.mark.parametrize(
    ("due_on", "quiet", "reminded"),
    [
        (date(2026, 11, 27), at(2026, 11, 25, 23), at(2026, 11, 26, 1)),
        (date(2026, 11, 30), at(2026, 11, 26), at(2026, 11, 27)),  # due on Monday, reminded on Friday
        (date(2027, 2, 11), at(2027, 2, 3), at(2027, 2, 4)),  # Tết in between
    ],
)
def test_the_owner_is_reminded_the_working_day_before(
    due_on: date, quiet: datetime, reminded: datetime, database: Database
) -> None:
    staff(database)
    code = opened(database, due_on=due_on)
    follow_up().run(database, NOW)
    assert follow_up().run(database, quiet) == 0
    assert follow_up().run(database, reminded) == 1
    assert follow_up().run(database, reminded + timedelta(hours=8)) == 0
    notice, reminder = texts_to(database, HOA)
    assert reminder.text.startswith(f"Nhac: phieu {code}, phan anh, ho tro tien dien")
    assert reminder.message_class == MessageClass.OPERATIONAL
    assert reminder.dedupe_key != notice.dedupe_key


def test_a_day_off_in_the_settings_brings_the_reminder_forward(database: Database) -> None:
    staff(database)
    opened(database)
    closed = follow_up(holidays="2026-11-26")
    closed.run(database, NOW)
    assert [closed.run(database, at(2026, 11, day)) for day in (24, 25)] == [0, 1]


def test_who_was_told_today_is_not_reminded_today(database: Database) -> None:
    staff(database)
    opened(database, due_on=date(2026, 11, 23))
    follow_up().run(database, NOW)
    assert follow_up().run(database, at(2026, 11, 20, 23)) == 0
    assert follow_up().run(database, at(2026, 11, 21, 0)) == 1


def test_late_it_goes_up_step_by_step_and_that_is_on_record(database: Database) -> None:
    staff(database)
    code = opened(database)  # due on Friday the 27th
    for moment in (NOW, at(2026, 11, 26), at(2026, 11, 27, 23)):
        follow_up().run(database, moment)
    assert ticket(database, code).owner == "hoa"

    assert follow_up().run(database, at(2026, 11, 28)) == 0  # Saturday
    assert follow_up().run(database, at(2026, 11, 30)) == 1
    assert ticket(database, code).owner == "mai"
    assert texts_to(database, MAI)[0].text.startswith(f"Phieu {code}, phan anh, ho tro tien dien")
    assert "qua han 27/11/2026" in texts_to(database, MAI)[0].text

    assert follow_up().run(database, at(2026, 12, 1, 23)) == 1  # a reminder to Mai, who was told yesterday
    assert follow_up().run(database, at(2026, 12, 2)) == 1
    assert ticket(database, code).owner == "quan"

    for day in range(3, 25):  # nobody is above Quan, who is told once more and then left alone
        follow_up().run(database, at(2026, 12, day))
    assert len(texts_to(database, QUAN)) == 3
    assert [(e.actor, e.subject_id, e.details) for e in recorded(database, "ticket.escalated")] == [
        ("clock", code, {"owner": "mai", "before": "hoa"}),
        ("clock", code, {"owner": "quan", "before": "mai"}),
    ]
    assert [e.details for e in recorded(database, "ticket.late")] == [{"owner": "quan"}]


def test_nobody_is_late_on_a_day_off(database: Database) -> None:
    staff(database)
    code = opened(database, due_on=date(2027, 2, 4))
    follow_up().run(database, NOW)
    follow_up().run(database, at(2027, 2, 3))
    for day in range(5, 11):
        assert follow_up().run(database, at(2027, 2, day)) == 0
    announced = follow_up(holidays="2027-02-11/2027-02-12")
    assert announced.run(database, at(2027, 2, 12)) == 0
    assert announced.run(database, at(2027, 2, 15)) == 1
    assert ticket(database, code).owner == "mai"


def test_a_complaint_about_the_commune_goes_past_it_on_every_way_up(database: Database) -> None:
    staff(database)
    code = opened(database, reason=Reason.LIST_OBJECTION, confidential=True)
    with database.read() as session:
        row = ticket_by_code(session, code)
        seen = {name: may_see(session, official_named(session, name), row) for name in ("hoa", "mai", "quan")}
    assert seen == {"hoa": False, "mai": True, "quan": False}
    for moment in (NOW, at(2026, 11, 30), at(2026, 12, 2), at(2026, 12, 4)):
        follow_up().run(database, moment)
    assert ticket(database, code).owner == "quan"
    assert texts_to(database, HOA) == []


def test_an_answered_or_closed_ticket_is_left_alone(database: Database) -> None:
    staff(database)
    answered, closed = opened(database), opened(database)
    follow_up().run(database, NOW)
    with database.write() as session:
        hoa = official_named(session, "hoa")
        answer(session, ticket_by_code(session, answered), hoa, "Mai có.", ROUTES, NOW)
        close(session, ticket_by_code(session, closed), hoa, NOW)
    assert follow_up().run(database, at(2026, 12, 30)) == 0


def test_a_ticket_without_anybody_is_given_an_owner_when_there_is_one(database: Database) -> None:
    code = opened(database)
    assert ticket(database, code).owner is None
    assert follow_up().run(database, NOW) == 0
    staff(database)
    assert follow_up().run(database, NOW) == 1
    assert ticket(database, code).owner == "hoa"
    assert len(texts_to(database, HOA)) == 1
    assert recorded(database, "ticket.assigned")[0].details == {"owner": "hoa", "before": None}


def test_who_left_is_replaced(database: Database) -> None:
    staff(database)
    code = opened(database)
    follow_up().run(database, NOW)
    with database.write() as session:
        official_named(session, "hoa").active = False
    follow_up().run(database, NOW)
    assert ticket(database, code).owner == "mai"
    assert len(texts_to(database, MAI)) == 1


def unreached(database: Database) -> None:
    """Another one at Măng Ri, who has no telephone."""
    with database.write() as session:
        tung = add_official(session, "tung", Role.HANDLER, None, NOW, "test")
        set_post(session, tung, "UBND xã Măng Ri", MANG_RI, official_named(session, "mai"), NOW, "test")


def give(database: Database, code: str, to: str, by: str = "mai") -> None:
    with database.write() as session:
        row = ticket_by_code(session, code)
        assign(session, row, official_named(session, to), official_named(session, by), NOW)


def test_without_a_number_the_next_one_up_is_asked_to_tell_them(database: Database) -> None:
    staff(database)
    unreached(database)
    code = opened(database)
    give(database, code, "tung")
    follow_up().run(database, NOW)
    (sent,) = texts_to(database, MAI)
    assert "«tung» khong co so may nhan tin, nho anh/chi bao" in sent.text
    assert ticket(database, code).owner == "tung"
    assert [e.details for e in recorded(database, "ticket.owner_unreachable")] == [{"owner": "tung", "told": "mai"}]


def test_without_a_gateway_that_reaches_anybody_it_is_on_record_once(database: Database) -> None:
    staff(database)
    opened(database)
    nowhere = follow_up({"zalo": Route("zalo", "zalo", 0, 10)})
    assert [nowhere.run(database, NOW) for _ in range(2)] == [1, 0]
    assert [e.details for e in recorded(database, "ticket.owner_unreachable")] == [{"owner": "hoa", "told": None}]


def test_who_is_given_a_ticket_is_told_each_time(database: Database) -> None:
    staff(database)
    code = opened(database)
    for to in ("hoa", "mai", "hoa"):
        give(database, code, to)
        follow_up().run(database, NOW)
    assert (len(texts_to(database, HOA)), len(texts_to(database, MAI))) == (2, 1)
    assert [e.actor for e in recorded(database, "ticket.assigned")] == ["mai", "mai"]


def test_a_confidential_ticket_is_given_only_to_those_who_may_see_it(database: Database) -> None:
    staff(database)
    with database.write() as session:
        add_duty(session, official_named(session, "hoa"), None, None, True, NOW, "test")
    code = opened(database, reason=Reason.CORRUPTION, confidential=True)
    with pytest.raises(TicketError, match="«hoa» không được giao"):
        give(database, code, "hoa")
    with pytest.raises(TicketError, match=f"không có phiếu {code}"):
        give(database, code, "mai", by="hoa")
    elsewhere = opened(database, BA_TO, reason=Reason.CORRUPTION, confidential=True)
    give(database, elsewhere, "hoa")
    assert ticket(database, elsewhere).owner == "hoa"


def test_a_closed_ticket_is_given_to_nobody(database: Database) -> None:
    staff(database)
    code = opened(database)
    with database.write() as session:
        close(session, ticket_by_code(session, code), official_named(session, "hoa"), NOW)
    with pytest.raises(TicketError, match="đã đóng"):
        give(database, code, "mai")


def test_the_acknowledgement_can_name_the_body(database: Database) -> None:
    staff(database)
    with database.read() as session:
        assert body_of(session, MANG_RI, "electricity") == "UBND xã Măng Ri"
        assert body_of(session, BA_TO) == "Sở Nông nghiệp và Môi trường"
        assert body_of(session) == "Trung tâm điều hành"


def test_without_anybody_the_body_is_the_commune(database: Database) -> None:
    with database.read() as session:
        assert body_of(session, MANG_RI) == "UBND xã"
