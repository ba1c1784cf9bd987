"""What a text leaves unsaid: corrections, others than before, topics of before, bare questions, circumstances."""

from dataclasses import replace

import pytest

from bot.answering import Answerer
from bot.carrying import asked_again, asks, bare_facet, corrects, without_correction
from bot.conversation import MOST_ASKED_BACK, respond
from bot.exchange import Kind, KnownTicket, Spoken, State
from bot.understanding import Understanding
from policies import Facet
from tests.bot.meaning import CODE, TODAY, meant, said

LOAN = "Ho ngheo vay von lai suat bao nhieu?"
ON_LOANS = State(
    "loan_poor", Facet.AMOUNT, spoken=(Spoken("loan_poor", LOAN), Spoken("electricity", "tiền điện nhiêu"))
)


def again(understood: Understanding, on_top: Understanding) -> Understanding:
    return replace(understood, again=on_top)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("không, ý tôi là cận nghèo", "cận nghèo"),
        ("khong, y toi la can ngheo", "can ngheo"),
        ("à nhầm, nhà em cận nghèo thôi", "nhà em cận nghèo thôi"),
        ("nhầm rồi, hỏi cho mẹ tôi", "hỏi cho mẹ tôi"),
        ("em hỏi là nộp ở đâu", "nộp ở đâu"),
    ],
)
def test_a_correction_is_told_from_what_it_says(text: str, rest: str) -> None:
    assert corrects(text)
    assert without_correction(text) == rest


@pytest.mark.parametrize(
    "text", ["không có", "ý kiến của tôi", "nhầm", "tôi là hộ nghèo", "lộn xộn quá", "nhà em nghèo"]
)
def test_what_takes_nothing_back_stays_whole(text: str) -> None:
    assert without_correction(text) == text


def test_the_question_before_is_asked_for_others() -> None:
    assert asked_again("không, ý tôi là cận nghèo", ON_LOANS) == "cận nghèo vay von lai suat bao nhieu?"
    assert asked_again("thế hộ mới thoát nghèo thì sao", ON_LOANS) == "hộ mới thoát nghèo vay von lai suat bao nhieu?"
    assert asked_again("nộp ở đâu", ON_LOANS) == "Ho ngheo vay von lai suat bao nhieu. nộp ở đâu"
    assert asked_again("nộp ở đâu", State()) is None


def test_a_correction_changes_whom_it_is_about(answerer: Answerer) -> None:
    understood = again(meant("deny"), meant("ask_amount", "loan_nearpoor"))
    turn = respond(ON_LOANS, said("khong, y toi la can ngheo", understood), answerer)

    assert (turn.kind, turn.facts[0]) == (Kind.ANSWER, "loan_nearpoor")
    assert turn.state.spoken[0] == Spoken("loan_nearpoor", "can ngheo vay von lai suat bao nhieu?")


def test_a_correction_changes_what_is_asked_and_keeps_the_facet(answerer: Answerer) -> None:
    on_papers = State("electricity", Facet.DOCUMENTS, spoken=(Spoken("electricity", "tiền điện cần giấy gì"),))
    turn = respond(on_papers, said("không, ý tôi là vay vốn", meant("unclear", "loan_poor", words=2)), answerer)

    assert (turn.facts[0], turn.state.facet) == ("loan_poor", Facet.DOCUMENTS)


def test_others_in_a_question_of_its_own_do_not_bring_the_old_one_back(answerer: Answerer) -> None:
    on_school = State("tuition_free", spoken=(Spoken("tuition_free", "co phai dong hoc phi khong"),))
    own = again(meant("ask_amount", "learning_cost"), meant("ask_amount", "tuition_free"))
    turn = respond(on_school, said("chi phí học tập cho con hộ nghèo bao nhiêu", own), answerer)

    assert turn.facts[0] == "learning_cost"


def test_one_goes_back_to_what_was_talked_about(answerer: Answerer) -> None:
    vague = meant("ask_when", ("loan_poor", 0.3), ("electricity", 0.2))
    turn = respond(ON_LOANS, said("còn vụ điện hồi nãy chừng nào có", vague), answerer)
    assert turn.facts[0] == "loan_poor"  # the likeliest of both

    turn = respond(
        ON_LOANS, said("còn vụ điện hồi nãy chừng nào có", meant("ask_when", ("electricity", 0.3))), answerer
    )
    assert turn.facts[0] == "electricity"
    assert [each.topic for each in turn.state.spoken] == ["electricity", "loan_poor"]


@pytest.mark.parametrize(
    ("text", "facet"),
    [
        ("z giay to can j ad", Facet.DOCUMENTS),
        ("xin ở đâu", Facet.WHERE),
        ("nop cho ai", Facet.WHERE),
        ("lam don o mo rua", Facet.WHERE),
        ("khi nao dc lanh tien", Facet.WHEN),
        ("theo nghi dinh may", Facet.LEGAL),
        ("dc bao nhieu z", Facet.AMOUNT),
        ("thủ tục làm sao", Facet.HOW),
        ("giá vàng bao nhiêu", None),
        ("vay von bao nhieu", None),
        ("chuyển khoản vào đâu", None),
        ("tiền", None),
    ],
)
def test_a_question_that_names_nothing_is_known_by_its_words(text: str, facet: Facet | None) -> None:
    assert bare_facet(text) is facet


@pytest.mark.parametrize("understood", [meant("unclear"), meant("out_of_scope"), meant("report_problem", sure=0.3)])
def test_a_bare_question_is_about_the_topic_however_it_is_understood(
    understood: Understanding, answerer: Answerer
) -> None:
    turn = respond(ON_LOANS, said("rồi nộp ở đâu vậy", understood), answerer)

    assert (turn.kind, turn.facts[0]) == (Kind.ANSWER, "loan_poor")


def test_a_bare_question_after_one_guess_takes_the_guess(answerer: Answerer) -> None:
    turn = respond(State(choices=("sa_monthly",)), said("lam don o mo rua", meant("unclear")), answerer)

    assert (turn.kind, turn.facts[0]) == (Kind.ANSWER, "sa_monthly")


@pytest.mark.parametrize(
    ("text", "asking"),
    [
        ("nhà có ông nội đang lãnh trợ cấp khuyết tật", False),
        ("mỗi tháng xài chừng 40 số điện", False),
        ("ko co nuoc sach, nha tranh tam", False),
        ("nước máy khô, chị tôi đau đầu", False),
        ("cả thôn ai cũng được mà nhà mình chưa thấy", False),
        ("có được không", True),
        ("dc k ad", True),
        ("may thang", True),
        ("ai lo", True),
        ("đã đủ nghèo chưa cô", True),
    ],
)
def test_asking_is_told_from_telling(text: str, asking: bool) -> None:
    assert asks(text) is asking


def test_circumstances_told_in_a_talk_stay_with_it(answerer: Answerer) -> None:
    told = again(meant("ask_eligibility", ("sa_monthly", 0.6)), meant("ask_eligibility", "loan_poor"))
    turn = respond(ON_LOANS, said("nhà có ông nội đang lãnh trợ cấp khuyết tật", told), answerer)

    assert (turn.kind, turn.facts[0]) == (Kind.ANSWER, "loan_poor")
    assert "sa_monthly" in turn.state.choices


def test_asking_back_ends_with_a_person(answerer: Answerer) -> None:
    state, vague = State(), said("tiền hỗ trợ gì đó", meant("unclear"))
    for _ in range(MOST_ASKED_BACK):
        turn = respond(state, vague, answerer)
        assert turn.kind is Kind.ASK_BACK
        state = turn.state
    given = respond(state, vague, answerer)
    assert (given.kind, given.ticket is not None) == (Kind.HANDOVER, True)

    mine = (KnownTicket(CODE, "open", TODAY),)
    after = respond(given.state, said("tiền hỗ trợ gì đó", meant("unclear"), mine), answerer)
    assert (after.kind, after.events, after.concerning) == (Kind.HANDOVER, (), CODE)
    answered = respond(after.state, said("tiền điện nhiêu", meant("ask_amount", "electricity"), mine), answerer)
    assert respond(answered.state, said("cái gì đó", meant("unclear"), mine), answerer).kind is Kind.ASK_BACK
