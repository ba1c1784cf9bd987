"""What can be written in a condition or an amount, and how a slip in one is told."""

from collections.abc import Callable
from pathlib import Path

import pytest

from policies import PolicyError, Problem, lint
from policies.eligibility import Rules
from tests.policies.eligibility.conftest import BENEFIT, QUESTIONS

LAW = Callable[..., Path]
ALONE = "condition: alone"

ALIKE = [
    # what is written, and what says the same
    ("line.income >= income and roof = thatch", "income <= line.income and roof in (thatch)"),
    ("roof != tin", "not roof = tin"),
    ("roof = tin or roof = thatch and alone", "roof = tin or (roof = thatch and alone)"),
    ("not (alone or roof = tin)", "not alone and roof != tin"),
    ("income < line.income + 1 - 1 * 2 and alone", "income < line.income - 1 and alone"),
]
BROKEN = [
    # a condition, and what is wrong with it
    ("alone and", "ends too early"),
    ("alone nd roof = tin", "can't be read at 'nd roof = tin'"),
    ("lonely", "no input 'lonely'; did you mean 'alone'?"),
    ("children > 1 and inc < 3", "no input 'inc'; did you mean 'income'?"),
    ("xyz", "no input 'xyz'"),
    ("income <= line.outcome", "no parameter 'line.outcome'; did you mean 'line.income'?"),
    ("roof = thach", "roof has no value 'thach': tin, thatch; did you mean 'thatch'?"),
    ("roof = straw", "roof has no value 'straw': tin, thatch"),
    ("roof in (tin, straw)", "roof has no value 'straw'"),
    ("roof", "'roof' is no yes/no input"),
    ("roof > tin", "'roof' is no number: only = and != compare it"),
    ("income = tin", "no input 'tin'"),
    ("income <= children", "'income' is compared with another input"),
    ("income + 1 <= line.income", "compare one input, alone on its side"),
    ("alone = 1", "'alone' has no values to choose among"),
    ("1 + 1", "is a number, where yes or no is asked"),
    ("may_qualify(trial)", "no function 'may_qualify' here"),
    ("income <= 50000000", "income is compared with 50000000, where its question does not cut"),
    ("income <= line.income * 2", "income is compared with 6000000000, where its question does not cut"),
]


@pytest.mark.parametrize(("written", "same"), ALIKE)
def test_conditions_that_say_the_same_give_the_same_table(small_law: LAW, written: str, same: str) -> None:
    tables = []
    for condition in (written, same):
        law = small_law(BENEFIT.replace(ALONE, f"condition: {condition}"), income=cut_beside(QUESTIONS["income"]))
        rules = Rules.load(law)
        tables.append(rules.table("trial", rules.benefits["trial"].periods[0].start))
    one, other = tables
    assert [axis.input.name for axis in one.axes] == [axis.input.name for axis in other.axes]
    assert (one.outcome == other.outcome).all()


def cut_beside(question: str) -> str:
    """The question of income, cut one đồng below both lines too."""
    return question.replace("60000000]\nq", "60000000, 2999999999, 3000000499]\nq")


@pytest.mark.parametrize(("condition", "reason"), BROKEN)
def test_a_slip_in_a_condition_is_told_with_file_and_line(small_law: LAW, condition: str, reason: str) -> None:
    law = small_law(BENEFIT.replace(ALONE, f"condition: {condition}"))
    with pytest.raises(PolicyError) as refused:
        Rules.load(law)
    (problem,) = [each for each in refused.value.problems if reason in each.reason]
    assert problem.file.name == "trial.yaml"
    assert problem.where.startswith("line ")


FILES = [
    # what is replaced in the benefit's file, by what, and the reason told
    ("title:", "tittle:", "unknown field `tittle`"),
    ("entity: household", "entity: village", "Invalid enum value 'village'"),
    ("1/2025/QĐ-UBND, Điều 1", "9/2025/QĐ-UBND", "'9/2025/QĐ-UBND' is not in documents.yaml"),
    ("1/2025/QĐ-UBND, Điều 1", "2/2025/QĐ-UBND", "'2/2025/QĐ-UBND' is no law on 2099-12-31"),
    ("from: 2025-01-10", "from: 2025-01-09", "'1/2025/QĐ-UBND' is no law on 2025-01-09"),
    ("from: 2025-01-10", "from: 2025-01-09", "parameter 'line.income' has no value on 2025-01-09"),
    ("to: null", "to: 2025-01-01", "ends before it begins"),
    ("vnd: 60000001", "vnd: roof", "'roof' is no number"),
    ("when: alone", "when: lonely", "no input 'lonely'"),
    ("periods:", "replaced_by: [nothing]\nperiods:", "no subject 'nothing'"),
    ("kind: exact", "kind: about", "Invalid enum value 'about'"),
]


@pytest.mark.parametrize(("old", "new", "reason"), FILES)
def test_a_slip_in_a_benefit_is_told(small_law: LAW, old: str, new: str, reason: str) -> None:
    law = small_law(BENEFIT.replace(old, new, 1))
    assert any(reason in problem.reason for problem in rule_problems(law))


def test_two_rules_on_one_day_are_refused(small_law: LAW) -> None:
    again = BENEFIT[BENEFIT.index("  - from:") :].replace("to: null", "to: 2026-01-01")
    (problem,) = rule_problems(small_law(BENEFIT + again))
    assert "another period holds on 2025-01-10" in problem.reason


QUESTIONS_BROKEN = [
    # which question, what is replaced, by what, the reason told
    ("alone", "prior: 0.1", "prior: 1.1", "not a share between 0 and 1"),
    ("alone", "prior: 0.1\n", "", "a yes/no question has one prior"),
    ("alone", "prior: 0.1", "prior: 0.1\nleast: 1", "only a number has it"),
    ("roof", "prior: 0.4", "prior: 0.5", "the priors do not add up to 1"),
    ("roof", "kind: choice", "kind: text", "free text"),
    ("children", "most: 20\n", "", "a number has a least and a most"),
    ("children", "[0, 0.3], [20, 1]", "[0, 0.3], [20, 0.9]", "shares must rise from 0 to 1"),
    ("income", "line.income", "line.outcome", "no parameter 'line.outcome'"),
]


@pytest.mark.parametrize(("question", "old", "new", "reason"), QUESTIONS_BROKEN)
def test_a_slip_in_a_question_is_told(small_law: LAW, question: str, old: str, new: str, reason: str) -> None:
    law = small_law(**{question: QUESTIONS[question].replace(old, new)})
    found = [problem for problem in rule_problems(law) if reason in problem.reason]
    assert found
    assert found[0].file.name == f"{question}.yaml"


def test_a_rule_of_too_many_cases_is_refused(small_law: LAW) -> None:
    many = {f"yes{n}": QUESTIONS["alone"] for n in range(18)}
    law = small_law(BENEFIT.replace(ALONE, f"condition: {' and '.join(many)}"), **many)
    assert any("cases apart" in problem.reason for problem in rule_problems(law))


def rule_problems(law: Path) -> list[Problem]:
    """What `loa policies lint` says of questions and benefits."""
    return [each for each in lint(law) if each.file.parent.name in ("questions", "benefits")]
