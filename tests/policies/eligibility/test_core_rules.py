"""The rules as applied say what a second, independent reading of the law says, for any household on any day."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product
from typing import Any

import numpy as np
import pytest

from policies.eligibility import Result, Rules, Value, decide
from policies.eligibility.tables import Column, encode
from tests.policies.eligibility.core_rules import CORE_RULES, Verdict

FIRST, LAST = date(2021, 7, 1), date(2027, 12, 31)
CHANGES = [  # the first day of each rule and of each number, as in the documents
    date(2021, 10, 15),
    date(2023, 11, 9),
    date(2024, 7, 1),
    date(2024, 10, 11),
    date(2025, 5, 10),
    date(2025, 7, 1),
    date(2025, 8, 15),
    date(2025, 9, 3),
    date(2026, 7, 1),
]
YES_NO = [False, True]
STATUSES = ["poor", "near_poor", "newly_escaped", "average", "none"]
# What the law tells apart of each input; a number stands on either side of each threshold.
TOLD_APART: dict[str, dict[str, list[Any]]] = {
    "electricity": {
        "poverty_status": STATUSES,
        "member_on_social_allowance": YES_NO,
        "kwh_per_month": [50, 51],
        "grid_power": YES_NO,
        "ethnic_minority": YES_NO,
    },
    "house_disaster": {
        "poverty_status": STATUSES,
        "disaster_damage": ["none", "total_loss", "badly_damaged", "ordered_to_move"],
        "other_home": YES_NO,
        "hardship": YES_NO,
    },
    "social_pension": {
        "poverty_status": STATUSES,
        "age": [69, 70, 74, 75],
        "monthly_pension_vnd": [499_999, 500_000],
    },
    "hi_nearpoor_premium": {"poverty_status": STATUSES, "poor_district": YES_NO, "poor_commune": YES_NO},
    "learning_cost": {
        "poverty_status": STATUSES,
        "student": [
            "none",
            "nursery",
            "preschool",
            "primary",
            "lower_secondary",
            "upper_secondary",
            "vocational",
            "university",
        ],
        "orphan": ["none", "one", "both"],
        "disability": ["none", "severe", "very_severe"],
        "specially_difficult_area": YES_NO,
    },
}
INPUTS = {name: values for inputs in TOLD_APART.values() for name, values in inputs.items()}
ANYWHERE = {"kwh_per_month": 400, "age": 110, "monthly_pension_vnd": 20_000_000}


def household(chance: random.Random) -> dict[str, Value]:
    """A complete household, its numbers at the thresholds or anywhere."""
    found = {name: chance.choice(values) for name, values in INPUTS.items()}
    anywhere = {name: chance.randint(0, most) for name, most in ANYWHERE.items() if chance.random() < 0.4}
    return {**found, **anywhere}


def days(chance: random.Random, count: int) -> list[date]:
    """Each day of change with the day before it, both ends, and others by chance."""
    named = [FIRST, LAST, *CHANGES, *(day - timedelta(days=1) for day in CHANGES)]
    span = (LAST - FIRST).days
    return [*named, *(FIRST + timedelta(days=chance.randint(0, span)) for _ in range(count - len(named)))]


def columns(rules: Rules, homes: list[dict[str, Value]]) -> dict[str, Column]:
    """The households as a register holds them."""
    return {
        name: np.array(
            [encode(rules.inputs[name], home[name]) for home in homes], np.int64 if name in ANYWHERE else np.uint8
        )
        for name in INPUTS
    }


def applied(rules: Rules, policy: str, homes: list[dict[str, Value]], on: date) -> list[Verdict]:
    """What the rules say of complete households, all at once."""
    if rules.period(policy, on) is None:
        return [Verdict("not_in_force")] * len(homes)
    found = rules.evaluate([policy], columns(rules, homes), on)[policy]
    return [
        Verdict("eligible" if eligible else "ineligible", vnd if vnd >= 0 else None)
        for eligible, vnd in zip(found.eligible.tolist(), found.amount_vnd.tolist(), strict=True)
    ]


@pytest.mark.parametrize("policy", CORE_RULES)
def test_20000_households_get_what_a_second_reading_of_the_law_gives_them(rules: Rules, policy: str) -> None:
    chance = random.Random(20261120)
    for on in days(chance, 200):
        homes = [household(chance) for _ in range(100)]
        expected = [CORE_RULES[policy](home, on) for home in homes]
        for home, said, read in zip(homes, applied(rules, policy, homes, on), expected, strict=True):
            assert said == read, (policy, on, {name: home[name] for name in TOLD_APART[policy]})


@pytest.mark.parametrize("policy", CORE_RULES)
def test_with_facts_left_out_only_what_every_completion_agrees_on_is_said(rules: Rules, policy: str) -> None:
    chance = random.Random(20261121)
    for on in days(chance, 200):
        for _ in range(10):
            share = chance.random()
            told = {name: value for name, value in household(chance).items() if chance.random() < share}
            result = decide(rules, policy, told, on)
            possible = {CORE_RULES[policy](whole, on) for whole in completions(policy, told)}
            assert said(result) == agreed(possible), (policy, on, told)


def completions(policy: str, told: dict[str, Value]) -> Iterator[dict[str, Value]]:
    """Every household that differs to the law among those of which this may be told."""
    values = [[told[name]] if name in told else possible for name, possible in TOLD_APART[policy].items()]
    return (dict(zip(TOLD_APART[policy], combination, strict=True)) for combination in product(*values))


def said(result: Result) -> Verdict:
    """A decision without its reasons."""
    return Verdict(str(result.decision), result.amount_vnd)


def agreed(possible: set[Verdict]) -> Verdict:
    """What holds whichever of the verdicts is the true one."""
    decisions, amounts = {each.decision for each in possible}, {each.vnd for each in possible}
    if len(decisions) > 1:
        return Verdict("unknown")
    return Verdict(decisions.pop(), amounts.pop() if len(amounts) == 1 else None)
