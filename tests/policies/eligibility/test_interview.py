"""The interview asks as little as it can, never what is told, presumed or not to be asked, and ends with the truth."""

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from policies.eligibility import Decision, Rules, Table, Value, decide
from policies.eligibility.interview import next_inputs, settling
from policies.eligibility.lint import lint
from policies.eligibility.tables import settled
from tests.policies.eligibility.conftest import facts_of, households

LAW = Callable[..., Path]
TODAY = date(2026, 11, 20)
CORE = ("electricity", "house_disaster", "social_pension", "hi_nearpoor_premium", "learning_cost")
BOTH = "allowance_or_no_grid"

Known = tuple[int | None, ...]


def interviewed(
    rules: Rules, policies: Sequence[str], whole: Mapping[str, Value], most: int, skipped: frozenset[str] = frozenset()
) -> tuple[list[tuple[str, ...]], dict[str, Value]]:
    """The texts that a household is asked in, and what it has told at the end."""
    texts: list[tuple[str, ...]] = []
    told: dict[str, Value] = {}
    while asked := next_inputs(rules, policies, told, TODAY, skipped, most):
        texts.append(asked)
        for name in asked:
            told |= {each: whole[each] for each in rules.questions[name].asked_at_once or (name,)}
    return texts, told


@pytest.mark.parametrize("most", [1, 3])
def test_an_interview_ends_with_what_everything_known_would_say(rules: Rules, most: int) -> None:
    columns = households(rules, 40, np.random.default_rng(most))
    policies = [policy for policy in rules.benefits if rules.period(policy, TODAY)]
    for row in range(40):
        whole = {**facts_of(rules, columns, row), **rules.presumed}
        texts, told = interviewed(rules, policies, whole, most)
        assert all(0 < len(asked) <= most for asked in texts)
        asked = [name for text in texts for name in text]
        assert len(asked) == len(set(asked))
        assert not set(asked) & rules.presumed.keys()
        for policy in policies:
            assert decide(rules, policy, told, TODAY).decision == decide(rules, policy, whole, TODAY).decision, policy


def test_the_certificate_comes_first_and_may_be_all(rules: Rules) -> None:
    assert next_inputs(rules, ["electricity"], {}, TODAY, most=1) == ("poverty_status",)
    assert next_inputs(rules, ["electricity"], {"poverty_status": "poor"}, TODAY) == ()


def test_what_was_told_is_not_asked_again(rules: Rules) -> None:
    asked = next_inputs(rules, ["electricity"], {"poverty_status": "none", "grid_power": True}, TODAY)
    assert asked == ("member_on_social_allowance",)


def test_what_would_hardly_be_asked_after_the_likeliest_answer_stays_out_of_the_text(rules: Rules) -> None:
    assert next_inputs(rules, ["house_disaster"], {}, TODAY) == ("disaster_damage",)
    lost: dict[str, Value] = {"disaster_damage": "total_loss"}
    assert set(next_inputs(rules, ["house_disaster"], lost, TODAY)) == {"poverty_status", "hardship"}


def test_one_text_asks_up_to_three_that_would_be_asked_anyhow(rules: Rules) -> None:
    asked = next_inputs(rules, CORE, {}, TODAY)
    assert len(asked) == 3
    assert asked[0] == "poverty_status"


def test_a_third_that_is_asked_less_often_than_not_waits_for_the_answers(rules: Rules) -> None:
    asked = next_inputs(rules, ["legal_aid"], {}, TODAY)
    assert set(asked) == {"age", "poverty_status"}
    likeliest: dict[str, Value] = {"age": 30, "poverty_status": "none"}
    assert next_inputs(rules, ["legal_aid"], likeliest, TODAY)


def test_what_may_not_be_asked_is_not_and_the_rest_is(rules: Rules) -> None:
    whole = {**facts_of(rules, households(rules, 1, np.random.default_rng(5)), 0), "poverty_status": "near_poor"}
    told: dict[str, Value] = {"poverty_status": "near_poor", "age": 30, "receives_social_allowance": False}
    private = frozenset(name for name, entry in rules.inputs.items() if entry.question.sensitive)
    while asked := next_inputs(rules, ["legal_aid"], told, TODAY, private):
        assert not set(asked) & private
        told |= {name: whole[name] for name in asked}
    assert decide(rules, "legal_aid", {**told, "merit_household": False}, TODAY).decision is Decision.UNKNOWN


def test_nothing_is_asked_when_no_answer_can_settle_anything(rules: Rules) -> None:
    """Alone, power from the grid makes no difference: it would still rest on what may not be asked."""
    told: dict[str, Value] = {"poverty_status": "none", "ethnic_minority": True, "member_on_social_allowance": False}
    assert next_inputs(rules, ["electricity"], told, TODAY) == ("grid_power",)
    assert next_inputs(rules, ["electricity"], told, TODAY, frozenset(["grid_power"])) == ()


def test_a_benefit_that_is_no_law_is_passed_over(rules: Rules) -> None:
    assert next_inputs(rules, ["house_merit_2025"], {}, TODAY) == ()
    assert next_inputs(rules, ["house_merit_2025", "hi_children"], {}, TODAY) == ("age",)


def test_one_question_may_tell_two_things_where_one_is_asked_at_a_time(rules: Rules) -> None:
    told: dict[str, Value] = {"poverty_status": "none"}
    assert next_inputs(rules, ["electricity"], told, TODAY, most=1) == (BOTH,)
    for answer in rules.questions[BOTH].values:
        learnt = rules.questions[BOTH].facts(answer)
        assert learnt.keys() == {"member_on_social_allowance", "grid_power"}
    settled_by = told | rules.questions[BOTH].facts("neither")
    assert decide(rules, "electricity", settled_by, TODAY).decision is Decision.INELIGIBLE


def test_its_two_things_are_asked_alone_in_a_text_of_several_or_if_it_is_not_understood(rules: Rules) -> None:
    told: dict[str, Value] = {"poverty_status": "none"}
    both = ("member_on_social_allowance", "grid_power")
    assert next_inputs(rules, ["electricity"], told, TODAY, most=2) == both
    assert next_inputs(rules, ["electricity"], told, TODAY, frozenset([BOTH]), most=1) == both[:1]
    assert next_inputs(rules, ["electricity"], told | {both[0]: False}, TODAY, most=1) == both[1:]


@pytest.mark.parametrize("policy", [*CORE, "hi_students", "loan_job", "maternity_ethnic", "funeral"])
def test_no_other_way_to_ask_about_one_benefit_needs_fewer_questions(rules: Rules, policy: str) -> None:
    """As often as the priors expect; all ways are tried. A way of several benefits at once is not proved so."""
    table = rules.table(policy, TODAY)
    start = table.known(rules.presumed)
    assert expected(table, start) == pytest.approx(fewest(table)(start))


def expected(table: Table, known: Known) -> float:
    """How many questions the interview asks on average."""
    telling = settling(table, known, frozenset())
    return 1 + following(table, known, table.axes.index(telling[0][0]), expected) if telling else 0.0


def fewest(table: Table) -> Callable[[Known], float]:
    """The same of whoever always asks the best question."""

    @functools.cache
    def best(known: Known) -> float:
        if settled(table.at(known)) is not None:
            return 0.0
        places = (place for place, code in enumerate(known) if code is None)
        return 1 + min(following(table, known, place, lambda _, after: best(after)) for place in places)

    return best


def following(table: Table, known: Known, place: int, asked: Callable[[Table, Known], float]) -> float:
    """The questions after the one about that axis, over its answers."""
    shares: list[float] = table.axes[place].shares().tolist()
    after = ((share, (*known[:place], code, *known[place + 1 :])) for code, share in enumerate(shares) if share > 0)
    return sum(share * asked(table, each) for share, each in after)


PAIR = """\
entity: household
kind: choice
ask: Điều nào đúng?
choices:
  neither: {say: không, prior: 0.5, means: {alone: false, roof: tin}}
  alone: {say: một mình, prior: 0.2, means: {alone: true, roof: tin}}
  thatch: {say: mái tranh, prior: 0.2, means: {alone: false, roof: thatch}}
  both: {say: cả hai, prior: 0.1, means: {alone: true, roof: thatch}}
"""


def test_a_question_about_two_things_has_one_answer_for_whatever_is_so(small_law: LAW) -> None:
    assert lint(small_law(**{"together/pair": PAIR})) == []
    for wrong, reason in (
        (PAIR.replace("{alone: true, roof: thatch}", "{alone: true, roof: tin}"), "not one choice for each"),
        (PAIR.replace("alone:", "income:"), "none of them a number"),
        (PAIR.replace("alone:", "nobody:"), "none of them a number"),
    ):
        (problem,) = lint(small_law(**{"together/pair": wrong}))
        assert reason in problem.reason
