"""Who asks whether they may get something: told by words, in any spelling, and never of people in general."""

import pytest

from bot.answering import Answerer
from bot.conversation import respond
from bot.exchange import Kind, State
from bot.interview.opening import (
    asks_for_another,
    asks_for_certificate,
    asks_for_everything,
    is_own,
    person_named,
    sex_told,
)
from policies import AnswerBook
from tests.bot.meaning import meant, said

NAMED = {
    "mẹ em 76 tuổi có được trợ cấp không": "mẹ em",
    "xem giùm ba tôi có được hưu trí xã hội không": "ba tôi",
    "ông nội 78 tuổi có được hưởng tiền già k": "ông nội",
    "con em học lớp 3 có được hỗ trợ không": "con em",
    "Mẹ chồng em bị liệt có được không": "mẹ chồng em",
    "chong toi 50 tuoi co duoc hoc nghe khong": "chong toi",
    "còn bà ngoại em 80 tuổi thì sao": "bà ngoại em",
    "mẹ 76 tuổi rồi có được gì không": "mẹ",
    "bà con nghèo có được vay không": None,
    "nhà em có được hỗ trợ xây nhà không": None,
    "ho ngheo dc ho tro j": None,
    "còn em thì sao": None,
    "nhà có con nhỏ được gì": None,
}
OWN = {
    "nhà em có được hỗ trợ xây nhà không": True,
    "tôi được hưởng gì": True,
    "nha toi dc huong nhung gi": True,
    "e co dc vay von ko": True,
    "ho ngheo nha em co duoc the bhyt khong": True,
    "gia đình mình có thuộc diện không": True,
    "ai được hỗ trợ tiền điện": False,
    "ho ngheo dc ho tro j": False,
    "cho em hỏi hộ nghèo có được tiền điện không": False,
    "thon em chua co dien luoi thi co dc tien dien k": False,
    "bà con nghèo có được vay không": False,
}


@pytest.mark.parametrize(("text", "who"), NAMED.items())
def test_the_person_asked_for_is_known_by_the_words(text: str, who: str | None) -> None:
    assert person_named(text) == who


@pytest.mark.parametrize(("text", "own"), OWN.items())
def test_who_asks_for_their_own_household_is_told_from_who_asks_in_general(text: str, own: bool) -> None:
    assert is_own(text) is own


def test_wishes_for_everything_certificates_and_others_are_heard() -> None:
    for text in (
        "tôi được hưởng gì",
        "nhà em được những chế độ nào",
        "nha toi dc huong nhung gi",
        "em được hỗ trợ gì ạ",
    ):
        assert asks_for_everything(text)
    for text in (
        "nhà em có phải hộ nghèo không",
        "nha toi co duoc ho can ngheo ko",
        "nhà em có thuộc diện nghèo không",
    ):
        assert asks_for_certificate(text)
    assert not asks_for_certificate("hộ nghèo nhà em có được vay không")
    assert asks_for_another("còn bà ngoại em 80 tuổi thì sao")
    assert not asks_for_another("nhà em có được không")


@pytest.mark.parametrize(
    ("text", "intent", "begins"),
    [
        ("nhà em có được hỗ trợ tiền điện không", "ask_eligibility", True),
        ("mẹ em có được hỗ trợ tiền điện không", "ask_eligibility", True),
        ("ai được hỗ trợ tiền điện", "ask_eligibility", False),
        ("hộ nghèo được hỗ trợ tiền điện không", "ask_eligibility", False),
        ("nhà em được hỗ trợ tiền điện bao nhiêu", "ask_amount", False),
    ],
)
def test_an_interview_begins_below_the_answer_that_is_given_anyhow(
    text: str, intent: str, begins: bool, answerer: Answerer
) -> None:
    turn = respond(State(), said(text, meant(intent, "electricity")), answerer)

    assert turn.kind is Kind.ANSWER
    assert turn.facts[0] == "electricity"
    assert "Nguồn: QĐ 28/2014" in turn.reply
    assert ("giấy chứng nhận nào" in turn.reply) is begins
    assert (turn.state.interview is not None) is begins


def test_everything_is_asked_about_without_what_is_private(answerer: Answerer) -> None:
    turn = respond(State(), said("tôi được hưởng những gì", meant("ask_list")), answerer)

    assert turn.kind is Kind.ASK_BACK
    assert turn.questions
    interview = turn.state.interview
    assert interview is not None
    rules = answerer.rules()
    private = {name for name, entry in rules.inputs.items() if entry.question.sensitive}
    assert "violence_victim" in private
    assert private <= set(interview.skipped)


def test_what_nobody_has_signed_for_is_not_told_by_an_interview_either(answerer: Answerer) -> None:
    asked = said("tôi được hưởng những gì", meant("ask_entitlements"))
    assert respond(State(), asked, answerer).state.interview

    turn = respond(State(), asked, Answerer(AnswerBook.load(), signed_only=True))

    assert turn.state.interview is None
    assert turn.kind is Kind.ASK_BACK


@pytest.mark.parametrize(
    ("about", "sex"),
    [("vợ em", "female"), ("bà ngoại em", "female"), ("chong em", "male"), ("ba em", None), ("cha mẹ em", None)],
)
def test_who_somebody_is_tells_whether_they_are_a_woman_or_a_man(about: str, sex: str | None) -> None:
    assert sex_told(about) == sex
