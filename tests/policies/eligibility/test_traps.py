"""What goes wrong silently in the rule engine underneath, and does not here."""

import gc
import weakref
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from policies import FactError, Incomplete, NotInForce
from policies.eligibility import Decision, Rules, Value, decide, read_facts
from policies.eligibility.system import System, eligible
from tests.policies.eligibility.conftest import BENEFIT, households

LAW = Callable[..., Path]
DAY = date(2026, 11, 20)
COMPLETE = {"income": [1], "children": [0], "alone": [0], "roof": [1]}


def columns(**told: list[int]) -> dict[str, np.ndarray]:
    """Complete columns of the small law, with some replaced."""
    return {name: np.array(values) for name, values in {**COMPLETE, **told}.items()}


def test_nobody_is_under_six_because_the_age_is_unknown(rules: Rules) -> None:
    assert decide(rules, "hi_children", {}, DAY).decision is Decision.UNKNOWN
    with pytest.raises(Incomplete, match="age"):
        rules.evaluate(["hi_children"], {}, DAY)


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("age", np.array([3, 255], np.uint8)),
        ("age", np.array([3, -1])),
        ("age", np.array([3.0, np.nan])),
    ],
)
def test_a_household_with_an_unknown_value_is_not_evaluated(rules: Rules, name: str, column: np.ndarray) -> None:
    with pytest.raises(Incomplete, match=name):
        rules.evaluate(["hi_children"], {name: column}, DAY)


def test_thousands_of_millions_stay_what_they_are(small_law: LAW) -> None:
    rules = Rules.load(small_law())
    found = rules.evaluate(["trial"], columns(income=[3_000_000_500], children=[3], alone=[1]), DAY)["trial"]
    assert found.eligible.all()
    assert found.amount_vnd.tolist() == [3_000_000_500 + 3 * 1_000_000_007]
    beyond = rules.evaluate(["trial"], columns(income=[3_000_000_501]), DAY)["trial"]
    assert not beyond.eligible.any()
    assert beyond.amount_vnd.tolist() == [-1]


def test_a_single_dong_is_not_rounded_away(small_law: LAW) -> None:
    law = small_law(BENEFIT.replace("        - vnd: line.income\n", ""))
    assert decide(Rules.load(law), "trial", {"alone": True, "children": 0}, DAY).amount_vnd == 60_000_001


def test_text_is_never_reckoned_as_a_number(rules: Rules) -> None:
    with pytest.raises(FactError, match="age"):
        read_facts({"age": "70+10"}, rules.inputs)
    with pytest.raises(TypeError, match="age"):
        rules.evaluate(["hi_children"], {"age": np.array(["70+10"])}, DAY)


def test_a_rule_dated_the_tenth_begins_on_the_tenth(small_law: LAW) -> None:
    rules = Rules.load(small_law())
    told: dict[str, Value] = {"alone": True}
    assert decide(rules, "trial", told, date(2025, 1, 9)).decision is Decision.NOT_IN_FORCE
    assert decide(rules, "trial", told, date(2025, 1, 10)).decision is Decision.ELIGIBLE


def test_a_number_of_the_law_changes_on_its_day_within_the_month(small_law: LAW) -> None:
    rules = Rules.load(small_law())
    told: dict[str, Value] = {"income": 3_000_000_001, "roof": "thatch", "alone": False, "children": 0}
    assert decide(rules, "trial", told, date(2025, 6, 14)).decision is Decision.INELIGIBLE
    assert decide(rules, "trial", told, date(2025, 6, 15)).decision is Decision.ELIGIBLE


def test_what_is_no_law_is_never_told_as_ineligible(rules: Rules) -> None:
    for day in (date(2025, 1, 8), date(2026, 1, 1)):
        assert decide(rules, "house_merit_2025", {"merit_household": False}, day).decision is Decision.NOT_IN_FORCE
        with pytest.raises(NotInForce, match="house_merit_2025"):
            rules.evaluate(["house_merit_2025"], households(rules, 1, np.random.default_rng(1)), day)
        with pytest.raises(NotInForce, match="house_merit_2025"):
            rules.table("house_merit_2025", day)


def test_what_a_question_says_changes_no_rule(small_law: LAW) -> None:
    """The engine refuses words and cut points on its variables: they live in the question's own file."""
    rules = Rules.load(
        small_law(alone="entity: household\nkind: yes_no\nask: Khác hẳn?\nprior: 0.9\nsensitive: true\n")
    )
    assert rules.inputs["alone"].question.ask == "Khác hẳn?"
    assert decide(rules, "trial", {"alone": True}, DAY).decision is Decision.ELIGIBLE


def test_every_input_of_a_rule_is_looked_at_whatever_the_household(rules: Rules) -> None:
    """A formula that skipped an input for some households would hide it from whoever traces a decision."""
    system = System(rules.catalogue)
    for policy in rules.benefits:
        period = rules.period(policy, DAY)
        if period is None:
            continue
        for seed in range(3):
            told = households(rules, 1, np.random.default_rng(seed))
            simulation = system.simulate({name: told[name] for name in period.inputs}, DAY)
            simulation.trace = True
            simulation.calculate(eligible(policy), DAY.isoformat())
            (root,) = simulation.tracer.trees
            assert {child.name for child in root.children} == period.inputs


def test_columns_are_let_go_after_use(rules: Rules) -> None:
    ages = np.full(1000, 5, dtype=np.int64)
    kept = weakref.ref(ages)
    gc.disable()
    try:
        rules.evaluate(["hi_children"], {"age": ages}, DAY)
        del ages
        assert kept() is None
    finally:
        gc.enable()
