"""What was told is said again as a person would say it, and heard in the words people use."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from foundation.text import fold
from policies.eligibility import Input, Kind, Rules, Value
from policies.eligibility.inputs import statement
from policies.eligibility.lint import lint

LAW = Callable[..., Path]
MOST_LETTERS = 75

SAID = [
    ("grid_power", True, "nhà đã có điện lưới"),
    ("grid_power", False, "nhà chưa có điện lưới"),
    ("age", 76, "76 tuổi"),
    ("school_distance_km", 4.5, "trường cách nhà 4,5 km"),
    ("kwh_per_month", 1200, "mỗi tháng dùng 1.200 số điện"),
    ("income_per_capita_vnd", 1_500_000, "thu nhập mỗi người 1.500.000 đồng một tháng"),
    ("monthly_pension_vnd", 0, "không có lương hưu, trợ cấp bảo hiểm xã hội"),
    ("monthly_pension_vnd", 300_000, "lương hưu, trợ cấp bảo hiểm xã hội 300.000 đồng một tháng"),
    ("poverty_status", "near_poor", "là hộ cận nghèo"),
    ("orphan", "none", "không mồ côi"),
    ("student", "none", "không đi học"),
]


@pytest.mark.parametrize(("name", "value", "said"), SAID)
def test_an_answer_is_said_as_a_statement(rules: Rules, name: str, value: Value, said: str) -> None:
    assert statement(rules.inputs[name], value) == said


def values(entry: Input) -> Iterator[Value]:
    """Every value of an input, of a number the ends and one between."""
    yield from entry.question.listed or (int(entry.least), int(entry.least) + 1, int(entry.most))


def test_every_answer_has_a_short_statement_of_its_own(rules: Rules) -> None:
    for entry in rules.inputs.values():
        said = [statement(entry, value) for value in values(entry)]
        assert len(set(said)) == len(said), entry.name
        for each in said:
            assert entry.question.ask not in each, entry.name
            assert len(each) <= MOST_LETTERS, each
            assert each[0].islower() or each[0].isdigit(), each
            assert not each.endswith((".", "?", "!")), each


def test_words_heard_mean_one_choice_alone(rules: Rules) -> None:
    for entry in rules.questions.values():
        choices = entry.question.choices
        heard = [(fold(word), value) for value in choices for word in {choices[value].say, *choices[value].heard}]
        words = {word: {other for each, other in heard if each == word} for word, _ in heard}
        assert {word: meant for word, meant in words.items() if len(meant) > 1} == {}, entry.name


def test_a_choice_other_than_none_is_heard_in_more_than_its_own_words(rules: Rules) -> None:
    for entry in rules.questions.values():
        if entry.kind is Kind.CHOICE:
            assert all(choice.heard for choice in entry.question.choices.values()), entry.name


def test_an_answer_without_a_statement_is_said_after_its_question(small_law: LAW) -> None:
    inputs = Rules.load(small_law()).inputs
    assert statement(inputs["alone"], False) == "Nhà mình có ở một mình không? không"
    assert statement(inputs["income"], 2_000_000) == "Nhà mình thu nhập bao nhiêu? 2.000.000 đồng"


@pytest.mark.parametrize("told", ["told: ở một mình", "told: {yes: ở một mình}"])
def test_a_statement_for_one_answer_alone_is_refused(small_law: LAW, told: str) -> None:
    alone = f"entity: household\nkind: yes_no\nask: Ở một mình không?\nprior: 0.1\n{told}\n"
    (problem,) = lint(small_law(alone=alone))
    assert "told" in problem.where
