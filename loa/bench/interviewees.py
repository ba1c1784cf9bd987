"""Households to interview, each with one person: drawn from the priors of the questions, the same in every run.

Inputs are drawn one by one, then made to agree where no household could be as drawn: schooling follows age, income the
certificate, pensions age, and what one input implies of another holds. What the rules presume is so.
"""

import random
from collections.abc import Mapping

import numpy as np

from policies.eligibility import Input, Kind, Rules, Value

SEED = 20261120
POOR_BELOW_VND = 1_500_000
SCHOOLED: tuple[tuple[int, Mapping[str, float]], ...] = (
    (3, {"nursery": 0.25}),
    (6, {"preschool": 0.9}),
    (11, {"primary": 0.98}),
    (15, {"lower_secondary": 0.93}),
    (18, {"upper_secondary": 0.7, "vocational": 0.08}),
    (23, {"university": 0.25, "vocational": 0.1}),
    (121, {"university": 0.005, "vocational": 0.005}),
)
"""Below which age which shares are in which schools; the others are in none. Estimates."""
GROWN, MIDDLE_AGED, OLD = 23, 45, 60


def interviewees(rules: Rules, count: int) -> list[dict[str, Value]]:
    """So many households of which everything is known."""
    chance = random.Random(SEED)
    return [_one(rules, chance) for _ in range(count)]


def _one(rules: Rules, chance: random.Random) -> dict[str, Value]:
    drawn = {name: _drawn(entry, chance) for name, entry in rules.inputs.items()}
    agreeing = {**drawn, **_agreeing(drawn, chance), **rules.presumed}
    for _ in rules.implications:
        agreeing |= {each.name: each.value for each in rules.implications if agreeing[each.of] in each.values}
    return agreeing


def _drawn(entry: Input, chance: random.Random) -> Value:
    question = entry.question
    match entry.kind:
        case Kind.YES_NO:
            return chance.random() < (question.prior or 0)
        case Kind.CHOICE:
            return chance.choices(entry.values, [choice.prior for choice in question.choices.values()])[0]
    numbers, shares = zip(*question.quantiles, strict=True)
    number = min(float(np.interp(chance.random(), shares, numbers)), entry.most)
    return int(number) if entry.kind is Kind.WHOLE else number


def _agreeing(drawn: Mapping[str, Value], chance: random.Random) -> dict[str, Value]:
    """What has to be otherwise than drawn."""
    age = int(drawn["age"])
    found: dict[str, Value] = {"student": _school(age, chance)}
    if drawn["poverty_status"] in ("poor", "near_poor"):
        found["income_per_capita_vnd"] = chance.randrange(POOR_BELOW_VND)
    if age >= GROWN:
        found["orphan"] = "none"
    if age < MIDDLE_AGED:
        found["monthly_pension_vnd"] = 0
    if age < OLD:
        found |= {"receives_social_pension": False, "no_one_to_support": False}
    return found


def _school(age: int, chance: random.Random) -> str:
    shares = next(shares for below, shares in SCHOOLED if age < below)
    return chance.choices([*shares, "none"], [*shares.values(), 1 - sum(shares.values())])[0]
