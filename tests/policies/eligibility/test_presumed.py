"""What concerns few people is taken for granted of whoever does not tell: never asked, never hidden."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from policies.eligibility import Decision, Rules, Value, decide
from policies.eligibility.inputs import otherwise
from policies.eligibility.lint import lint
from tests.policies.eligibility.conftest import facts_of, households

LAW = Callable[..., Path]
TODAY = date(2026, 11, 20)
DAYS = [date(2022, 6, 1), date(2024, 3, 1), date(2025, 3, 10), date(2025, 10, 1), TODAY, date(2027, 1, 1)]
PUBLIC = frozenset(
    (
        *("poverty_status", "area", "income_per_capita_vnd", "deprivations", "household_size", "ethnic_minority"),
        *("specially_difficult_area", "difficult_area", "poor_district", "poor_commune", "merit_household", "house"),
        *("house_need", "house_supported_before", "disaster_damage", "other_home", "hardship", "kwh_per_month"),
        *("grid_power", "member_on_social_allowance", "sanitation_lacking", "age", "sex", "monthly_pension_vnd"),
        *("receives_social_allowance", "receives_social_pension", "disability", "student", "public_school"),
        *("school_distance_km", "hard_terrain", "orphan", "single_poor_parent", "children_under_16"),
        *("no_one_to_support", "compulsory_insurance", "husband_ethnic_minority", "able_to_work"),
        *("overseas_contract", "accused", "violence_victim", "applied"),
    )
)
"""The inputs that whoever asks `loa eligibility` is told of; the others are the project's own."""

STAY_OPEN = {
    "boarding_66",  # of a child in nursery the zone of its commune
    *("boarding_border_188", "emergency", "forest_rice", "loan_ethnic_house_land", "student_loan_stem"),
}
"""What rests on inputs of the project's own that are too common, or too much the benefit itself, to be presumed."""


@pytest.mark.parametrize("on", DAYS, ids=str)
def test_who_tells_all_public_inputs_is_decided(rules: Rules, on: date) -> None:
    columns = households(rules, 150, np.random.default_rng(on.toordinal()))
    for row in range(150):
        told = {name: value for name, value in facts_of(rules, columns, row).items() if name in PUBLIC}
        for policy in rules.benefits:
            result = decide(rules, policy, told, on)
            assert result.decision is not Decision.UNKNOWN or policy in STAY_OPEN, policy
            assert not set(result.missing) & PUBLIC


def test_only_inputs_that_are_not_public_are_presumed(rules: Rules) -> None:
    assert rules.inputs.keys() >= PUBLIC
    assert rules.presumed
    assert not rules.presumed.keys() & PUBLIC


@pytest.mark.parametrize("on", DAYS, ids=str)
def test_nothing_is_decided_by_what_is_presumed_alone(rules: Rules, on: date) -> None:
    for policy in rules.benefits:
        assert decide(rules, policy, {}, on).decision in (Decision.UNKNOWN, Decision.NOT_IN_FORCE), policy


@pytest.mark.parametrize("on", DAYS, ids=str)
def test_what_is_presumed_counts_as_if_it_were_told(rules: Rules, on: date) -> None:
    columns = households(rules, 30, np.random.default_rng(on.toordinal() + 1))
    for row in range(30):
        told = {name: value for name, value in facts_of(rules, columns, row).items() if name not in rules.presumed}
        for policy in rules.benefits:
            silent, saying = decide(rules, policy, told, on), decide(rules, policy, told | dict(rules.presumed), on)
            assert (silent.decision, silent.amount_vnd) == (saying.decision, saying.amount_vnd), policy


def test_a_decision_names_what_it_presumes_and_falls_when_told_otherwise(rules: Rules) -> None:
    told: dict[str, Value] = {"poverty_status": "near_poor", "age": 30, "disability": "none", "merit_household": False}
    told |= {"ethnic_minority": False, "accused": False, "violence_victim": False, "receives_social_allowance": False}
    result = decide(rules, "legal_aid", told, TODAY)
    assert result.decision is Decision.INELIGIBLE
    assert result.presumed == ("legal_aid_group",)
    assert "legal_aid_group" not in [*result.missing, *(each.input for each in result.because)]
    assert decide(rules, "legal_aid", told | {"legal_aid_group": True}, TODAY).decision is Decision.ELIGIBLE


def test_what_makes_no_difference_is_not_named(rules: Rules) -> None:
    assert decide(rules, "legal_aid", {"poverty_status": "poor"}, TODAY).presumed == ()
    told: dict[str, Value] = {"age": 69, "receives_social_allowance": False, "receives_social_pension": False}
    assert decide(rules, "funeral", told, TODAY).presumed == ()
    assert decide(rules, "funeral", told | {"age": 14}, TODAY).presumed == ("single_parents_child",)


ROOF = """\
entity: household
kind: choice
ask: Nhà mình lợp gì?
presumed: tin
choices: {tin: {say: tôn, prior: 0.6}, thatch: {say: tranh, prior: 0.3}, straw: {say: rạ, prior: 0.1}}
"""


def test_unless_is_said_of_what_would_have_to_be_so(rules: Rules, small_law: LAW) -> None:
    assert otherwise(rules.inputs["land_recovered"]) == "nhà bị Nhà nước thu hồi đất làm ăn"
    assert otherwise(Rules.load(small_law(roof=ROOF)).inputs["roof"]) == "tranh hoặc rạ"


def test_only_a_value_of_a_choice_or_of_yes_and_no_can_be_presumed(small_law: LAW) -> None:
    (problem,) = lint(small_law(roof=ROOF.replace("presumed: tin", "presumed: slate")))
    assert "presumed" in problem.where
    number = "entity: household\nkind: whole\nask: Mấy con?\nquantiles: [[0, 0], [20, 1]]\nleast: 0\nmost: 20\n"
    (problem,) = lint(small_law(children=number + "presumed: true\n"))
    assert "presumed" in problem.where
