"""The page on which an official opens what a resident told and kept."""

import pytest

from bot.exchange import SlipKept
from bot.interview.slips import keep
from foundation.identifiers import new_ticket_code
from people import entries
from tests.console.village import ASKER, NOW, Village, words_of

CODE = f"GK{new_ticket_code()[2:]}"


@pytest.fixture
def kept(home: Village) -> Village:
    with home.database.write() as session:
        keep(session, SlipKept(CODE, "mẹ em", ("social_pension",), {"age": 76}), "sms", ASKER, NOW)
    return home


def test_the_slip_is_shown_for_its_code_and_that_is_on_record(kept: Village) -> None:
    page = kept.signed_in("quan").send("/slips", code=CODE.lower())

    assert "Kể về mẹ em" in words_of(page.text)
    assert "76 tuổi" in page.text
    assert "không phải quyết định" in page.text
    with kept.database.read() as session:
        assert (entries(session)[0].action, entries(session)[0].subject_id) == ("slip.read", CODE)


def test_a_wrong_code_is_told_and_shows_nothing(kept: Village) -> None:
    page = kept.signed_in("quan").send("/slips", code="GK12")

    assert page.status_code == 422
    assert "không đúng" in page.text
    assert "mẹ em" not in page.text


def test_nobody_reads_it_without_logging_in(kept: Village) -> None:
    assert kept.hand().open("/slips").status_code == 302
