"""What was told and kept: opened by its code, by officials with the right, on record, for thirty days."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from bot.exchange import SlipKept
from bot.interview.models import Slip
from bot.interview.slips import Opened, SlipError, keep, open_slip
from bot.memory import forget_expired
from foundation.database import Database
from foundation.identifiers import new_ticket_code
from people import OfficialError, Role, add_official, entries, official_named
from people.officials import RIGHTS
from policies.eligibility import Rules
from tests.bot.meaning import NOW
from tests.bot.village import ME

RULES = Rules.load()
CODE = f"GK{new_ticket_code()[2:]}"
TOLD = SlipKept(CODE, "mẹ em", ("social_pension",), {"age": 76, "monthly_pension_vnd": 0}, "xã Sơn Tây")


@pytest.fixture
def kept(database: Database) -> Database:
    """Holds one slip, and an official who answers residents."""
    with database.write() as session:
        keep(session, TOLD, "sms", ME, NOW)
        add_official(session, "hoa", Role.HANDLER, None, NOW, "test")
    return database


def opened(database: Database, code: str, days: int = 0) -> Opened:
    with database.write() as session:
        return open_slip(session, code, official_named(session, "hoa"), RULES, NOW + timedelta(days=days))


def test_an_official_reads_what_was_told_and_that_is_on_record(kept: Database) -> None:
    slip = opened(kept, CODE)

    assert slip.content.about == "mẹ em"
    assert slip.content.place == "xã Sơn Tây"
    assert slip.benefits == ("trợ cấp hưu trí xã hội",)
    assert ("Người cần hỗ trợ năm nay bao nhiêu tuổi?", "76 tuổi") in slip.answers
    with kept.read() as session:
        entry = entries(session)[0]
        assert (entry.actor, entry.action, entry.subject_id) == ("hoa", "slip.read", CODE)
        assert "76" not in str(entry.details)


def test_the_code_is_read_however_it_is_typed(kept: Database) -> None:
    for typed in (CODE.lower(), f" {CODE} ", f"{CODE[:2]} {CODE[2:5]} {CODE[5:]}", f"{CODE[:2]}-{CODE[2:]}"):
        assert opened(kept, typed).code == CODE


def test_a_wrong_code_opens_nothing(kept: Database) -> None:
    slipped = f"{CODE[:-1]}{(int(CODE[-1]) + 1) % 10}"
    for wrong in (slipped, f"PA{CODE[2:]}", "GK", "", "GK12345678901"):
        with pytest.raises(SlipError, match="không đúng"):
            opened(kept, wrong)
    with pytest.raises(SlipError, match="không có phiếu kể"):
        opened(kept, f"GK{new_ticket_code()[2:]}")


def test_after_thirty_days_it_is_gone(kept: Database) -> None:
    assert opened(kept, CODE, days=29).code == CODE
    with pytest.raises(SlipError, match="30 ngày"):
        opened(kept, CODE, days=30)

    with kept.write() as session:
        forget_expired(session, NOW + timedelta(days=30))
        assert session.scalar(select(Slip)) is None


def test_only_who_answers_residents_may_open_it(kept: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RIGHTS, Role.HANDLER, frozenset())

    with pytest.raises(OfficialError, match="không có quyền"):
        opened(kept, CODE)


def test_what_was_told_lies_encrypted(kept: Database) -> None:
    with kept.read() as session:
        stored = session.execute(text("select content from slips")).scalar_one()
    assert isinstance(stored, bytes)
    assert b"age" not in stored
    assert b"social_pension" not in stored
