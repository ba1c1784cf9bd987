"""Classes and decision tables: as few as the rule tells apart, and the same from a value, a column, or an unknown."""

from collections.abc import Callable
from datetime import date
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from policies.eligibility import Kind, Rules, Value
from policies.eligibility.tables import CANNOT_SAY, NO, UNKNOWN, YES
from tests.policies.eligibility.conftest import BENEFIT, facts_of, households

DAY = date(2026, 11, 20)
SAID = {NO: False, YES: True, CANNOT_SAY: None}


def test_values_that_a_rule_does_not_tell_apart_are_one_class(small_law: Callable[..., Path]) -> None:
    table = Rules.load(small_law()).table("trial", date(2025, 2, 1))
    assert {axis.input.name: axis.count for axis in table.axes} == {"alone": 2, "income": 2, "roof": 2}
    income = next(axis for axis in table.axes if axis.input.name == "income")
    assert income.code(0) == income.code(3_000_000_000) != income.code(3_000_000_001)


def test_what_a_rule_names_without_telling_it_apart_is_one_class_too(small_law: Callable[..., Path]) -> None:
    condition = "alone and income > 60000000 and income > line.income"
    rules = Rules.load(small_law(BENEFIT.replace("condition: alone", f"condition: {condition}")))
    table = rules.table("trial", DAY)
    told: dict[str, Value] = {"alone": True, "roof": "tin"}
    assert next(axis.count for axis in table.axes if axis.input.name == "income") == 2
    assert [table.decide({**told, "income": n}) for n in (60_000_000, 60_000_001, 3_000_000_501)] == [
        False,
        False,
        True,
    ]


def test_an_input_that_never_matters_is_not_asked(small_law: Callable[..., Path]) -> None:
    law = small_law(BENEFIT.replace("condition: alone", "condition: alone or not alone"))
    assert Rules.load(law).inputs_of("trial", DAY) == ()


def test_a_table_holds_for_all_days_of_the_same_law(small_law: Callable[..., Path]) -> None:
    rules = Rules.load(small_law())
    assert rules.table("trial", date(2025, 1, 10)) is rules.table("trial", date(2025, 6, 14))
    assert rules.table("trial", date(2025, 6, 14)) is not rules.table("trial", date(2025, 6, 15))


@pytest.mark.parametrize("seed", range(3))
def test_a_column_has_the_classes_of_its_values(rules: Rules, seed: int) -> None:
    told = households(rules, 200, np.random.default_rng(seed))
    facts = [facts_of(rules, told, row) for row in range(200)]
    for policy in rules.benefits:
        for axis in rules.table(policy, DAY).axes if rules.period(policy, DAY) else ():
            name = axis.input.name
            assert axis.codes(told[name]).tolist() == [axis.code(each[name]) for each in facts], (policy, name)


def test_what_a_column_marks_as_unknown_is_a_class_of_its_own(rules: Rules) -> None:
    marks = [np.array([UNKNOWN], np.uint8), np.array([-1]), np.array([np.nan])]
    for policy in rules.benefits:
        for axis in rules.table(policy, DAY).axes if rules.period(policy, DAY) else ():
            number = axis.input.kind in (Kind.WHOLE, Kind.DECIMAL)
            for mark in marks if number else marks[:1]:
                assert axis.codes(mark).tolist() == [axis.count], axis.input.name


def test_the_estimated_shares_of_all_classes_are_one(rules: Rules) -> None:
    for policy in rules.benefits:
        for axis in rules.table(policy, DAY).axes if rules.period(policy, DAY) else ():
            assert axis.shares().sum() == pytest.approx(1), axis.input.name
            assert (axis.shares() >= 0).all()


def test_a_number_that_many_have_is_weighed_as_such(small_law: Callable[..., Path]) -> None:
    law = small_law(
        BENEFIT.replace("condition: alone", "condition: children = 5"),
        children="entity: household\nkind: whole\nask: Mấy con?\ncuts: [5]\n"
        "quantiles: [[0, 0], [5, 0.2], [5, 0.6], [20, 1]]\nleast: 0\nmost: 20\n",
    )
    axis = next(a for a in Rules.load(law).table("trial", DAY).axes if a.input.name == "children")
    five = 0.4 + 0.4 / 15
    assert axis.shares().tolist() == pytest.approx([1 - five, five])


@pytest.mark.parametrize("policy", ["electricity", "house_disaster", "social_pension", "poverty_poor"])
def test_the_table_with_unknowns_says_what_partial_answers_say(rules: Rules, policy: str) -> None:
    table = rules.table(policy, DAY)
    whole = table.with_unknown()
    for cell in product(*(range(axis.count + 1) for axis in table.axes)):
        known = [None if code == axis.count else code for axis, code in zip(table.axes, cell, strict=True)]
        seen = table.at(known)
        said = True if seen.all() else False if not seen.any() else None
        assert SAID[int(whole[cell])] is said
