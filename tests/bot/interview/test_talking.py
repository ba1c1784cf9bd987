"""An interview in talk: stopping, going on, minds that change, questions in between, other persons, shared phones."""

from dataclasses import replace

import pytest

from bot.answering import Answerer
from bot.conversation import respond
from bot.exchange import Awaited, Kind, OptedOut, SlipKept, State, Turn
from bot.interview.state import Interview
from bot.understanding import Understanding
from tests.bot.meaning import meant, said

ANSWERS = meant("give_answer")


class Talk:
    """Somebody who texts, one text after another."""

    def __init__(self, answerer: Answerer) -> None:
        self.answerer = answerer
        self.state = State()

    def says(self, text: str, understood: Understanding | None = ANSWERS) -> Turn:
        turn = respond(self.state, said(text, understood), self.answerer)
        self.state = turn.state
        return turn

    @property
    def facts(self) -> dict[str, object]:
        return dict(self.state.interview.facts) if self.state.interview else {}


@pytest.fixture
def talk(answerer: Answerer) -> Talk:
    return Talk(answerer)


@pytest.fixture
def pension(talk: Talk) -> Talk:
    """Asked for their mother's age."""
    turn = talk.says("mẹ em có được hưu trí xã hội không", meant("ask_eligibility", "social_pension"))
    assert "bao nhiêu tuổi" in turn.reply
    return talk


@pytest.mark.parametrize("text", ["thôi", "thôi không hỏi nữa", "dừng", "dừng lại", "khỏi hỏi nữa", "thoi khong hoi"])
def test_stopping_the_interview_is_no_opt_out(pension: Talk, text: str) -> None:
    turn = pension.says(text, meant("deny"))

    assert turn.kind is Kind.GREETING
    assert turn.events == ()
    assert "TIEP" in turn.reply
    assert turn.state.awaits is None


def test_the_word_that_stops_all_messages_still_does(pension: Talk) -> None:
    turn = pension.says("HUY", None)

    assert turn.kind is Kind.OPT_OUT
    assert turn.events == (OptedOut(),)
    assert turn.state.interview is None


def test_dung_without_diacritics_is_a_yes_to_an_open_question(talk: Talk) -> None:
    talk.state = State(awaits=Awaited.INTERVIEW, interview=Interview(("electricity",), asked=("grid_power",)))

    talk.says("dung", meant("affirm"))

    assert talk.facts == {"grid_power": True}


def test_danger_comes_first_and_the_interview_waits(pension: Talk) -> None:
    turn = pension.says("cháy nhà rồi cứu với", None)

    assert "114" in turn.reply
    assert "tuổi" not in turn.reply
    assert turn.state.awaits is Awaited.INTERVIEW
    assert pension.says("76").state.interview.facts == {"age": 76}  # type: ignore[union-attr]


def test_it_goes_on_where_it_was_left(pension: Talk) -> None:
    pension.says("thôi", meant("deny"))

    turn = pension.says("tiếp", meant("ask_definition", "tcd_2026"))

    assert turn.kind is Kind.ASK_BACK
    assert "bao nhiêu tuổi" in turn.reply
    assert turn.state.awaits is Awaited.INTERVIEW


def test_what_cannot_be_is_asked_once_more_with_the_reason_and_then_no_more(pension: Talk) -> None:
    again = pension.says("200")
    assert "200" in again.reply
    assert "bao nhiêu tuổi" in again.reply

    given_up = pension.says("300")

    assert "bao nhiêu tuổi?" not in given_up.reply.split("Còn thiếu")[0]
    assert "age" in (given_up.state.interview.skipped if given_up.state.interview else ())


def test_what_nobody_understands_is_asked_once_more_and_then_told_what_is_missing(pension: Talk) -> None:
    assert "Chưa rõ câu trả lời" in pension.says("ờ thì là vậy đó", meant("unclear")).reply

    turn = pension.says("vậy đó chớ sao", meant("unclear"))

    assert "Chưa rõ câu trả lời" not in turn.reply


def test_a_question_in_between_is_answered_and_the_open_one_repeated(pension: Talk) -> None:
    turn = pension.says("cần giấy gì vậy", meant("ask_documents", "social_pension"))

    assert turn.kind is Kind.ANSWER
    assert turn.reply.index("Mẫu số 01") < turn.reply.index("Câu đang hỏi") < turn.reply.index("bao nhiêu tuổi")
    assert pension.says("76").state.interview.facts == {"age": 76}  # type: ignore[union-attr]


def test_circumstances_of_somebody_else_at_home_are_no_new_subject(talk: Talk) -> None:
    talk.says("nhà em có được hỗ trợ tiền điện không", meant("ask_eligibility", "electricity"))
    talk.says("hộ cận nghèo")

    talk.says("nhà có ông nội đang lãnh trợ cấp khuyết tật", meant("ask_eligibility", "electricity"))

    assert talk.facts == {"poverty_status": "near_poor", "member_on_social_allowance": True}


def test_what_tells_nothing_of_what_is_asked_is_not_answered_with_the_law_again(pension: Talk) -> None:
    turn = pension.says("mẹ em hiền lắm", meant("give_answer", "social_pension"))

    assert turn.kind is Kind.ASK_BACK
    assert "Chưa rõ câu trả lời" in turn.reply


def test_answers_that_cannot_both_be_so_are_asked_again_with_the_reason(talk: Talk) -> None:
    interview = Interview(("loan_poor",), facts={"single_poor_parent": True}, asked=("poverty_status",))
    talk.state = State(awaits=Awaited.INTERVIEW, interview=interview)

    turn = talk.says("không có")

    assert turn.kind is Kind.ASK_BACK
    assert "không thể cùng đúng" in turn.reply
    assert talk.facts == {"single_poor_parent": True}
    talk.says("nhầm, hộ nghèo")
    assert talk.facts == {"single_poor_parent": True, "poverty_status": "poor"}


def test_a_mind_may_change(pension: Talk) -> None:
    pension.says("73")
    pension.says("hộ nghèo")
    assert pension.facts == {"age": 73, "poverty_status": "poor"}

    pension.says("à nhầm, nhà em cận nghèo")
    assert pension.facts["poverty_status"] == "near_poor"

    pension.says("nhầm, mẹ em 80 tuổi")
    assert pension.facts["age"] == 80


def test_one_yes_to_two_questions_has_them_asked_one_by_one(talk: Talk) -> None:
    both = Interview(("electricity",), facts={"poverty_status": "none"}, asked=("grid_power", "ethnic_minority"))
    talk.state = State(awaits=Awaited.INTERVIEW, interview=both)

    turn = talk.says("có", meant("affirm"))

    assert len(turn.questions) == 1
    talk.says("có", meant("affirm"))
    assert talk.facts[turn.questions[0].input] is True


def test_thanks_are_answered_as_such_and_the_question_waits(pension: Talk) -> None:
    turn = pension.says("cảm ơn ạ", meant("thank"))
    assert turn.kind is Kind.GREETING
    assert "tuổi" not in turn.reply

    assert pension.says("76").state.interview is not None
    assert pension.facts == {"age": 76}


def test_a_no_to_something_else_is_no_answer(talk: Talk) -> None:
    turn = talk.says("nhà em có được vay vùng khó khăn không", meant("ask_eligibility", "loan_difficult_area"))
    assert "vùng khó khăn" in turn.reply

    talk.says("không phải hộ nghèo, ở xã khu vực III")

    assert talk.facts == {"specially_difficult_area": True}


def test_the_same_answers_sent_again_are_not_taken_for_the_next_question(talk: Talk) -> None:
    talk.says("nhà em có được hỗ trợ tiền điện không", meant("ask_eligibility", "electricity"))
    talk.says("không có giấy gì")
    turn = talk.says("1K 2K")
    assert talk.facts.items() >= {("member_on_social_allowance", False), ("grid_power", False)}
    assert turn.state.interview is not None
    assert turn.state.interview.asked == ("ethnic_minority",)

    talk.says("1K 2K")

    assert "ethnic_minority" not in talk.facts


def test_an_answer_of_one_letter_does_not_change_how_replies_are_written(talk: Talk) -> None:
    talk.says("nhà em có được hỗ trợ tiền điện không", meant("ask_eligibility", "electricity"))

    assert "không" in talk.says("1E").reply


def test_a_number_may_be_corrected_by_its_number(talk: Talk) -> None:
    talk.says("nhà em có được hỗ trợ tiền điện không", meant("ask_eligibility", "electricity"))
    talk.says("không có giấy")
    before = talk.state.interview.asked if talk.state.interview else ()
    talk.says(" ".join(f"{number}K" for number in range(1, len(before) + 1)))
    assert talk.facts[before[0]] is False

    talk.says("nhầm, 1C")

    assert talk.facts[before[0]] is True


def test_facts_of_two_persons_never_mix(pension: Talk) -> None:
    pension.says("76")
    assert pension.facts == {"age": 76}

    turn = pension.says("còn bà ngoại em thì sao", meant("give_answer"))

    assert "bà ngoại em" in turn.reply
    assert pension.facts == {}
    pension.says("81 tuổi")
    assert pension.facts == {"age": 81}


def test_what_was_told_of_somebody_is_not_asked_again_for_the_next_benefit(talk: Talk) -> None:
    talk.says("nhà em có được hỗ trợ tiền điện không", meant("ask_eligibility", "electricity"))
    talk.says("hộ nghèo")

    turn = talk.says("nhà em có được vay vốn không", meant("ask_eligibility", "loan_poor"))

    assert "giấy chứng nhận nào" not in turn.reply
    assert "có thể thuộc diện vay vốn hộ nghèo" in turn.reply


def test_somebody_else_with_the_phone_is_not_shown_what_was_told(pension: Talk, answerer: Answerer) -> None:
    pension.says("76")
    interview = pension.state.interview
    assert interview is not None
    pension.state = State(interview=interview.hiding())

    again = pension.says("0 đồng")
    assert again.kind is Kind.ASK_BACK
    assert pension.facts == {"age": 76}
    result = pension.says("0 đồng")

    assert "có thể thuộc diện" in result.reply
    assert "76" not in result.reply


def test_what_is_private_is_forgotten_when_it_is_over_unless_it_is_kept(pension: Talk) -> None:
    pension.says("76")
    over = pension.says("không có lương hưu")
    assert "GIU" in over.reply
    assert pension.facts == {"age": 76, "monthly_pension_vnd": 0}

    pension.says("cảm ơn", meant("thank"))

    assert pension.facts == {"age": 76}


def test_what_was_told_can_be_kept_for_the_commune(pension: Talk) -> None:
    pension.says("76")
    pension.says("không có lương hưu")

    turn = pension.says("giữ lại nhé", meant("affirm"))

    (slip,) = turn.events
    assert isinstance(slip, SlipKept)
    assert slip.code.startswith("GK")
    assert slip.code in turn.reply
    assert slip.about == "mẹ em"
    assert slip.facts == {"age": 76, "monthly_pension_vnd": 0}
    assert pension.facts == {"age": 76}


def test_of_many_benefits_one_is_chosen_by_its_number(talk: Talk) -> None:
    talk.says("tôi được hưởng những gì", meant("ask_list"))
    for _ in range(20):
        turn = talk.says("hộ nghèo" if "giấy chứng nhận nào" in talk_reply(talk) else "không biết")
        if turn.kind is Kind.ANSWER:
            break
    assert "1. vay vốn hộ nghèo" in turn.reply
    assert "TIEP" in turn.reply or turn.state.interview is not None

    assert talk.says("1", meant("unclear")).facts[0] == "loan_poor"


def talk_reply(talk: Talk) -> str:
    """What is asked now."""
    interview = talk.state.interview
    inputs = talk.answerer.rules().inputs
    return " ".join(inputs[name].question.ask for name in interview.asked) if interview else ""


def test_an_interview_about_everything_ends_after_nine_questions(talk: Talk) -> None:
    turn = talk.says("tôi được hưởng những gì", meant("ask_list"))
    put = len(turn.questions)
    for _ in range(20):
        turn = talk.says("không biết")
        if turn.kind is Kind.ANSWER:
            break
        put += len(turn.questions)

    assert turn.kind is Kind.ANSWER
    assert 9 <= put <= 11
    assert "TIEP" in turn.reply
    assert talk.says("tiếp", meant("unclear")).questions


def test_an_interview_of_rules_that_are_gone_is_let_go(pension: Talk) -> None:
    interview = pension.state.interview
    assert interview is not None
    pension.state = replace(pension.state, interview=replace(interview, policies=("no_such",), asked=("nothing",)))

    assert pension.says("76", meant("unclear")).reply
