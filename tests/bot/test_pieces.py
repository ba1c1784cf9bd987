"""Several sentences in one text: what is asked in them is found, and two questions are answered together."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.answering import Answerer
from bot.conversation import respond
from bot.exchange import Kind, State, Turn
from bot.hearing import understand_all
from bot.pieces import MOST_PIECES, pieces
from bot.understanding import Understanding, UnderstandingClient
from policies import AnswerBook, Facet
from tests.bot.meaning import TODAY, meant, said
from tests.bot.understanding_process import UnderstandingProcess

STORY = meant("out_of_scope", ("none", 0.95))
ELECTRICITY = meant("ask_amount", "electricity")
LOAN = meant("ask_eligibility", "loan_poor")


def asked(whole: Understanding, *parts: Understanding) -> Understanding:
    return replace(whole, pieces=parts)


def turn_of(meaning: Understanding, answerer: Answerer, state: State | None = None) -> Turn:
    return respond(state or State(), said("một chuyện dài, rồi hỏi", meaning), answerer)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hộ nghèo được gì", ()),
        ("Chào ad. Hộ nghèo được hỗ trợ gì?", ("Hộ nghèo được hỗ trợ gì?",)),
        ("HUY. Mà", ()),
        ("Nhà em hộ nghèo. Có được vay vốn không?", ("Nhà em hộ nghèo.", "Có được vay vốn không?")),
        ("tiền điện được bao nhiêu?còn vay vốn thì sao", ("tiền điện được bao nhiêu?", "còn vay vốn thì sao")),
        ("vay 2.5 triệu lãi 0.5 phần trăm phải không", ()),
    ],
)
def test_a_text_falls_into_its_sentences(text: str, expected: tuple[str, ...]) -> None:
    assert pieces(text) == expected


def test_of_many_sentences_the_last_ones_count() -> None:
    found = pieces(" ".join(f"chuyện thứ {number} đây." for number in range(20)))

    assert len(found) == MOST_PIECES
    assert found[-1] == "chuyện thứ 19 đây."


def test_a_text_and_its_sentences_are_understood_in_one_request(tmp_path: Path) -> None:
    text = "Nhà em hộ nghèo. Tiền điện được bao nhiêu?"
    process = UnderstandingProcess({"Tiền điện được bao nhiêu?": ELECTRICITY})

    async def run() -> list[Understanding | None]:
        async with process.listening(tmp_path / "s"), UnderstandingClient(tmp_path / "s") as client:
            return await understand_all(["HUY", text, "chào"], client)

    keyword, whole, greeting = asyncio.run(run())
    assert process.asked == [[text, "Nhà em hộ nghèo.", "Tiền điện được bao nhiêu?", "chào"]]
    assert keyword is None
    assert whole is not None
    assert [piece.topic.name for piece in whole.pieces] == ["none", "electricity"]
    assert greeting is not None
    assert greeting.pieces == ()


def test_two_questions_are_answered_together_each_with_its_source(answerer: Answerer) -> None:
    turn = turn_of(asked(meant("ask_amount", ("electricity", 0.6), ("loan_poor", 0.3)), ELECTRICITY, LOAN), answerer)

    for subject, facet in (("electricity", Facet.AMOUNT), ("loan_poor", Facet.WHO)):
        answer = answerer.answer(subject, facet, TODAY, TODAY)
        assert answer is not None
        assert answer.text in turn.reply
        assert set(answer.citations) <= set(turn.citations)
    assert turn.facts[:2] == ("electricity", "loan_poor")
    assert turn.state.topic == "loan_poor"
    assert turn.reply.count("Nguồn:") == 2


def test_two_facets_of_one_subject_are_two_questions(answerer: Answerer) -> None:
    turn = turn_of(asked(ELECTRICITY, ELECTRICITY, meant("ask_documents", "electricity")), answerer)

    for facet in (Facet.AMOUNT, Facet.DOCUMENTS):
        answer = answerer.answer("electricity", facet, TODAY, TODAY)
        assert answer is not None
        assert answer.text in turn.reply


def test_two_questions_that_nobody_has_signed_for_are_handed_over_once(answerer: Answerer) -> None:
    turn = turn_of(asked(STORY, ELECTRICITY, LOAN), Answerer(AnswerBook.load(), signed_only=True))

    assert turn.kind is Kind.HANDOVER
    assert len(turn.events) == 1


def test_a_sentence_tells_what_the_story_hides(answerer: Answerer) -> None:
    turn = turn_of(asked(STORY, meant("give_answer", "hi_poor"), meant("report_problem"), LOAN), answerer)

    assert turn.kind is Kind.ANSWER
    assert turn.facts[0] == "loan_poor"
    assert turn.state.choices == ()


def test_what_the_whole_may_mean_stands_beside_what_a_sentence_says(answerer: Answerer) -> None:
    whole = meant("ask_amount", ("electricity", 0.4), ("loan_poor", 0.3))

    turn = turn_of(asked(whole, LOAN), answerer)
    assert turn.facts[0] == "loan_poor"
    assert turn.state.choices == ("electricity",)


def test_an_unsure_sentence_is_asked_about(answerer: Answerer) -> None:
    unsure = meant("ask_amount", ("electricity", 0.89), ("loan_poor", 0.1))

    turn = turn_of(asked(STORY, unsure), answerer)
    assert (turn.kind, turn.facts) == (Kind.ASK_BACK, ("electricity",))


def test_a_sentence_that_asks_nothing_or_another_thing_than_a_sure_whole_changes_nothing(answerer: Answerer) -> None:
    assert turn_of(asked(STORY, meant("give_answer", "electricity")), answerer).kind is Kind.OUT_OF_SCOPE
    assert turn_of(asked(LOAN, ELECTRICITY), answerer).facts[0] == "loan_poor"
