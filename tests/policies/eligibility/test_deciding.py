"""What is said of one benefit for one household: may it, why, how much, what next, by which law."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from policies import UnknownBenefit
from policies.eligibility import AmountKind, Decision, Result, Rules, Value, decide
from tests.policies.eligibility.conftest import BENEFIT

DAY = date(2026, 11, 20)
LAW = Callable[..., Path]


def why(result: Result) -> dict[str, tuple[object, bool]]:
    """Each answer that a decision rests on, and whether it speaks for the benefit."""
    return {each.input: (each.value, each.met) for each in result.because}


def test_the_certificate_alone_tells_who_is_poor(rules: Rules) -> None:
    """Income never stands in for what the commune decided."""
    told: dict[str, Value] = {"income_per_capita_vnd": 0, "deprivations": 12, "area": "rural"}
    assert decide(rules, "hi_poor", told, DAY).decision is Decision.UNKNOWN
    assert decide(rules, "hi_poor", {**told, "poverty_status": "none"}, DAY).decision is Decision.INELIGIBLE


def test_an_application_never_decides(rules: Rules) -> None:
    assert not any("applied" in period.inputs for each in rules.benefits.values() for period in each.periods)


def test_why_names_only_what_is_needed(rules: Rules) -> None:
    told: dict[str, Value] = {
        "poverty_status": "near_poor",
        "disaster_damage": "badly_damaged",
        "hardship": True,
        "age": 40,
    }
    result = decide(rules, "house_disaster", told, DAY)
    assert result.decision is Decision.ELIGIBLE
    assert len(result.because) == 2
    assert why(result)["disaster_damage"] == ("badly_damaged", True)


def test_a_no_is_told_by_what_speaks_against(rules: Rules) -> None:
    result = decide(
        rules,
        "electricity",
        {
            "poverty_status": "none",
            "member_on_social_allowance": False,
            "grid_power": True,
            "kwh_per_month": 30,
            "ethnic_minority": False,
        },
        DAY,
    )
    assert result.decision is Decision.INELIGIBLE
    assert why(result)["poverty_status"] == ("none", False)
    assert not any(each.met for each in result.because)


def test_a_reference_is_that_of_the_case_that_is_met(rules: Rules) -> None:
    told: dict[str, Value] = {"poverty_status": "none", "ethnic_minority": True, "grid_power": False}
    result = decide(rules, "electricity", told, DAY)
    assert {each.reference for each in result.because} == {"60/2014/QĐ-TTg"}
    assert [citation.number for citation in result.citations] == ["60/2014/QĐ-TTg"]


def test_an_input_of_several_cases_is_referred_to_where_it_counts(small_law: LAW) -> None:
    rules = Rules.load(small_law(BENEFIT.replace("condition: alone", "condition: roof = thatch and alone")))
    result = decide(rules, "trial", {"roof": "thatch", "alone": True}, DAY)
    assert {each.input: each.reference for each in result.because} == {
        "alone": "1/2025/QĐ-UBND, Điều 2",
        "roof": "1/2025/QĐ-UBND, Điều 2",
    }


def test_what_is_missing_comes_with_the_most_telling_first(rules: Rules) -> None:
    assert decide(rules, "electricity", {"member_on_social_allowance": False}, DAY).next_input == "poverty_status"
    told: dict[str, Value] = {"poverty_status": "average", "member_on_social_allowance": True, "grid_power": True}
    assert decide(rules, "electricity", told, DAY).missing == ("kwh_per_month",)


def test_nothing_is_missing_once_it_is_decided(rules: Rules) -> None:
    result = decide(rules, "electricity", {"poverty_status": "poor"}, DAY)
    assert (result.missing, result.next_input) == ((), None)


def test_what_is_no_law_names_what_it_was_and_what_replaced_it(rules: Rules) -> None:
    result = decide(rules, "house_campaign_2025", {"poverty_status": "poor"}, DAY)
    assert result.decision is Decision.NOT_IN_FORCE
    assert "house_disaster" in result.replaced_by
    assert [citation.number for citation in result.citations] == ["539/QĐ-TTg"]
    assert (result.amount_vnd, result.because, result.missing) == (None, (), ())


def test_an_amount_that_depends_on_what_is_not_known_is_not_told(small_law: LAW) -> None:
    rules = Rules.load(small_law())
    told: dict[str, Value] = {"alone": True}
    result = decide(rules, "trial", told, DAY)
    assert (result.decision, result.amount_vnd) == (Decision.ELIGIBLE, None)
    assert (result.amount_kind, result.amount_unit) == (AmountKind.EXACT, "VND/hộ")
    assert result.amount_missing == ("children",)
    known = decide(rules, "trial", {**told, "children": 2}, DAY)
    assert (known.amount_vnd, known.amount_missing) == (3_000_000_500 + 2 * 1_000_000_007, ())


def test_a_sum_that_the_known_answers_rule_out_does_not_count(small_law: LAW) -> None:
    rules = Rules.load(small_law())
    told: dict[str, Value] = {"alone": False, "income": 5, "roof": "thatch"}
    assert decide(rules, "trial", told, DAY).amount_vnd == 3_000_000_500


def test_half_a_dong_is_rounded_up(small_law: LAW) -> None:
    rules = Rules.load(small_law(BENEFIT.replace("vnd: line.income", "vnd: 5000000001 * 0.5")))
    assert decide(rules, "trial", {"alone": True, "children": 0}, DAY).amount_vnd == 2_500_000_001


def test_an_amount_is_none_on_a_day_on_which_the_law_gives_no_number(small_law: LAW) -> None:
    law = small_law()
    parameter = law / "parameters" / "line" / "bonus.yaml"
    parameter.write_text(
        "description: Mức thưởng\nvalues:\n  2025-01-10: {value: 7}\n  2025-03-01: {value: null}\n"
        "metadata:\n  unit: VND\n  confidence: A\n  last_value_still_valid_on: 2026-11-20\n"
        "  reference:\n    2025-01-10: [{title: Quyết định 1/2025/QĐ-UBND}]\n",
        "utf-8",
    )
    benefit = law / "benefits" / "trial.yaml"
    benefit.write_text(BENEFIT.replace("vnd: 60000001", "vnd: line.bonus"), "utf-8")
    rules = Rules.load(law)
    told: dict[str, Value] = {"alone": False, "income": 5, "roof": "thatch"}
    before, after = (decide(rules, "trial", told, date(2025, 2, 28)), decide(rules, "trial", told, date(2025, 3, 1)))
    assert (before.amount_vnd, before.amount_kind) == (3_000_000_000, AmountKind.EXACT)
    assert (after.decision, after.amount_vnd, after.amount_kind) == (Decision.ELIGIBLE, None, None)


def test_a_benefit_without_a_rule_is_named(rules: Rules) -> None:
    with pytest.raises(UnknownBenefit, match="gold"):
        decide(rules, "gold", {}, DAY)
