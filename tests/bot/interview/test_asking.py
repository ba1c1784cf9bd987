"""Questions as texts: cheap, numbered, with an example that is itself understood."""

import re
from datetime import date
from itertools import combinations

import pytest

from bot.interview.asking import questions
from bot.interview.reading import read_answers
from bot.interview.state import Button
from bot.words import say
from foundation.text import segment, unaccent
from policies.eligibility import Kind, Rules

RULES = Rules.load()
ON = date(2026, 11, 20)


@pytest.mark.parametrize("name", RULES.inputs)
def test_a_lone_question_fits_three_segments_and_bare_two(name: str) -> None:
    text, _ = questions([RULES.inputs[name]], "")

    assert segment(text).segments <= 3
    assert segment(unaccent(text)).segments <= 2
    assert segment(unaccent(text)).encoding.value == "GSM-7"


def test_no_text_with_questions_costs_more_than_it_may() -> None:
    inputs = [entry for entry in RULES.inputs.values() if entry.question.presumed is None]
    lead = say("interview_lead", who="nhà mình")
    for two in combinations(inputs, 2):
        text, put = questions([*two, inputs[0]], lead)

        assert put
        if len(put) > 1:
            assert segment(text).segments <= 3
            assert segment(unaccent(text)).segments <= 2


def test_three_short_questions_go_together_with_an_example() -> None:
    asked = [RULES.inputs[name] for name in ("grid_power", "age", "household_size")]

    text, put = questions(asked, "")

    assert [each.input for each in put] == ["grid_power", "age", "household_size"]
    assert text.startswith("1. Nhà mình đã có điện lưới chưa? (C/K)\n2. ")
    assert "Trả lời ví dụ: 1K 2 45 3 3." in text


def test_the_example_is_itself_an_answer() -> None:
    for names in (("grid_power", "age", "household_size"), ("sex", "house_need"), ("income_per_capita_vnd", "area")):
        asked = [RULES.inputs[name] for name in names]
        text, put = questions(asked, "")
        example = re.search(r"ví dụ: (.*?)\. Không", text)

        assert example
        told = read_answers(example[1], [RULES.inputs[each.input] for each in put], ON).told
        assert told.keys() == {each.input for each in put}


def test_what_cannot_be_paid_is_asked_later() -> None:
    asked = [RULES.inputs[name] for name in ("student", "poverty_status", "age")]

    _, put = questions(asked, "")

    assert len(put) < 3


def test_each_answer_can_be_touched_where_there_are_buttons() -> None:
    _, (put,) = questions([RULES.inputs["grid_power"]], "")
    assert put.buttons == (Button("C", "có"), Button("K", "không"))

    for entry in RULES.inputs.values():
        if entry.kind is Kind.CHOICE:
            _, (put,) = questions([entry], "")
            answers = [read_answers(button.answer, [entry], ON).told[entry.name] for button in put.buttons]
            assert tuple(answers) == entry.values
