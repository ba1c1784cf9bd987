"""What is told of a model, and when a new one may not take the place of the current one."""

from typing import Any

import pytest
from rich.console import Console

from bot.exchange import Kind, Turn
from loa.commands.learning_comparing import Change, change_table, changes, report_table
from loa.commands.learning_judging import Case, Judged, answer_figures, fixed_cases, intent_figures

TEST_SET = fixed_cases()


def judged(
    kind: Kind, facts: tuple[str, ...], topic: str | None, intent: str = "ask_amount", style: str = "typo"
) -> Judged:
    return Judged(Case("…", intent, topic, style), "ask_amount", Turn(kind, "…", facts=facts))


CASES = [
    judged(Kind.ANSWER, ("credit", "electricity"), "credit"),
    judged(Kind.ANSWER, ("electricity", "credit"), "credit"),
    judged(Kind.ASK_BACK, ("electricity", "credit"), "credit"),
    judged(Kind.HANDOVER, (), "credit", style="teencode"),
    judged(Kind.ANSWER, ("credit",), None, "out_of_scope"),
    judged(Kind.OUT_OF_SCOPE, (), None, "unclear"),
    judged(Kind.ANSWER, ("credit",), None, "give_answer"),
]


def test_answers_are_counted_by_the_fact_they_come_from() -> None:
    figures = answer_figures(CASES)
    assert figures | {"by_style": None} == {
        "answer_accuracy": 0.25,
        "offered": 0.25,
        "wrong": 0.25,
        "n": 4,
        "false_answer_rate": 0.5,
        "n_not_ours": 2,
        "by_style": None,
    }
    assert figures["by_style"]["teencode"] == {
        "answer_accuracy": 0.0,
        "offered": 0.0,
        "wrong": 0.0,
        "n": 1,
        "false_answer_rate": None,
        "n_not_ours": 0,
    }


def test_intents_are_counted_apart() -> None:
    figures = intent_figures(CASES)
    assert figures["ask_amount"] == {"intent_accuracy": 1.0, "n": 4}
    assert figures["unclear"] == {"intent_accuracy": 0.0, "n": 1}


@pytest.mark.parametrize(
    ("before", "after", "n", "worse"),
    [
        (1.0, 0.5, 2, False),  # one text
        (1.0, 0.0, 2, True),
        (0.9, 0.88, 200, False),  # two in a hundred
        (0.9, 0.875, 200, True),
        (0.8750, 0.8333, 24, False),  # one text, rounded
        (0.5, 0.9, 100, False),
    ],
)
def test_one_text_or_two_in_a_hundred_may_go_wrong(before: float, after: float, n: int, worse: bool) -> None:
    assert Change("typo", "intent_accuracy", before, after, n).worse is worse


def report(**changed: Any) -> dict[str, Any]:
    style = {"intent_accuracy": 0.9, "topic_accuracy": 0.9, "entity_f1": None, "n": 100}
    said = {"answer_accuracy": 0.9, "offered": 0.0, "wrong": 0.0, "n": 80, "false_answer_rate": 0.0, "n_not_ours": 20}
    return {
        **style,
        "by_style": {"typo": style | changed.get("style", {})},
        "answers": {**said, "by_style": {"typo": said | changed.get("said", {})}},
        "by_intent": {"ask_amount": {"intent_accuracy": 0.9, "n": 50} | changed.get("intent", {})},
    }


@pytest.mark.parametrize(
    ("changed", "worse"),
    [
        ({}, []),
        ({"style": {"intent_accuracy": 0.8}}, [("typo", "intent_accuracy")]),
        ({"style": {"topic_accuracy": 0.8}}, [("typo", "topic_accuracy")]),
        ({"said": {"answer_accuracy": 0.8}}, [("typo", "answer_accuracy")]),
        ({"said": {"false_answer_rate": 0.1}}, [("typo", "rightly_silent")]),
        ({"intent": {"intent_accuracy": 0.8}}, [("ask_amount", "intent_accuracy")]),
        ({"style": {"intent_accuracy": 0.99}}, []),
    ],
)
def test_no_style_and_no_intent_may_get_worse(changed: dict[str, Any], worse: list[tuple[str, str]]) -> None:
    found = changes(report(), report(**changed))
    assert [(change.where, change.what) for change in found if change.worse] == worse
    console = Console(width=100, record=True)
    console.print(change_table(found))
    assert console.export_text().count("kém hơn") == len(worse)


def test_the_table_has_a_row_for_each_style_and_one_for_all() -> None:
    console = Console(width=100, record=True)
    console.print(report_table(report()))
    text = console.export_text()
    assert "gõ sai" in text
    assert "tất cả" in text


def test_the_fixed_test_set_has_every_style() -> None:
    assert {case.style for case in TEST_SET} >= {"diacritics", "no_diacritics", "teencode", "typo"}
    assert any(case.topic is None for case in TEST_SET)
