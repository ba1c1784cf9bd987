"""Households by chance, at every threshold and beside it: tables, evaluation and partial answers never disagree."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pytest

from policies.eligibility import Decision, Rules, Value, decide
from tests.policies.eligibility.conftest import facts_of, households

DAYS = [
    date(2022, 6, 1),
    date(2024, 3, 1),
    date(2025, 3, 10),
    date(2025, 7, 1),
    date(2025, 10, 1),
    date(2026, 11, 20),
    date(2027, 1, 1),
]


def in_force(rules: Rules, on: date) -> Iterator[str]:
    """The benefits that are law that day."""
    return (policy for policy in rules.benefits if rules.period(policy, on))


@pytest.mark.parametrize("on", DAYS, ids=str)
def test_a_table_says_of_every_household_what_evaluation_says(rules: Rules, on: date) -> None:
    told = households(rules, 2000, np.random.default_rng(on.toordinal()))
    for policy in in_force(rules, on):
        table = rules.table(policy, on)
        read = table.outcome[tuple(axis.codes(told[axis.input.name]) for axis in table.axes)]
        evaluated = rules.evaluate([policy], told, on)[policy].eligible
        assert np.array_equal(np.broadcast_to(read, evaluated.shape), evaluated), policy


@pytest.mark.parametrize("on", DAYS, ids=str)
def test_one_household_is_decided_as_among_many(rules: Rules, on: date) -> None:
    told = households(rules, 20, np.random.default_rng(on.toordinal() + 1))
    for policy in in_force(rules, on):
        evaluated = rules.evaluate([policy], told, on)[policy]
        for row in range(20):
            result = decide(rules, policy, facts_of(rules, told, row), on)
            assert (result.decision is Decision.ELIGIBLE) == evaluated.eligible[row], policy
            amount = int(evaluated.amount_vnd[row])
            assert result.amount_vnd == (amount if amount >= 0 else None), policy


@pytest.mark.parametrize("on", DAYS, ids=str)
def test_further_answers_never_overturn_what_was_decided(rules: Rules, on: date) -> None:
    chance = np.random.default_rng(on.toordinal() + 2)
    told = households(rules, 30, chance)
    for row in range(30):
        whole = facts_of(rules, told, row)
        for policy in in_force(rules, on):
            final = decide(rules, policy, whole, on)
            assert final.decision is not Decision.UNKNOWN
            for partly in parts(rules, whole, chance):
                result = decide(rules, policy, partly, on)
                if result.decision is Decision.UNKNOWN:
                    assert result.missing, policy
                    continue
                assert result.decision is final.decision, policy
                assert result.amount_vnd in (None, final.amount_vnd), policy


def parts(rules: Rules, whole: dict[str, Value], chance: np.random.Generator) -> Iterator[dict[str, Value]]:
    """A few, half, and nearly all of the facts, with what would be presumed otherwise."""
    for share in (0.1, 0.5, 0.9):
        yield {name: value for name, value in whole.items() if name in rules.presumed or chance.random() < share}


@pytest.mark.parametrize("on", DAYS[-3:], ids=str)
def test_why_is_enough_and_nothing_of_it_can_be_left_out(rules: Rules, on: date) -> None:
    told = households(rules, 15, np.random.default_rng(on.toordinal() + 3))
    for row in range(15):
        facts = facts_of(rules, told, row)
        for policy in in_force(rules, on):
            result = decide(rules, policy, facts, on)
            why: dict[str, Any] = {each.input: each.value for each in result.because}
            table = rules.table(policy, on)
            assert table.decide(why) is (result.decision is Decision.ELIGIBLE), policy
            for name in why:
                assert table.decide({other: value for other, value in why.items() if other != name}) is None, policy


@pytest.mark.parametrize("on", DAYS[-3:], ids=str)
def test_a_missing_input_can_still_change_what_is_said_and_no_other_can(rules: Rules, on: date) -> None:
    chance = np.random.default_rng(on.toordinal() + 4)
    told = households(rules, 10, chance)
    for row in range(10):
        facts = dict(list(facts_of(rules, told, row).items())[::3])
        for policy in in_force(rules, on):
            table, result = rules.table(policy, on), decide(rules, policy, facts, on)
            known = {**rules.presumed, **rules.followed(facts)}
            seen, places = table.seen(known), [a.input.name for a in table.axes if a.input.name not in known]
            still = {name for place, name in enumerate(places) if (seen.any(place) != seen.all(place)).any()}
            assert set(result.missing) == (still if result.decision is Decision.UNKNOWN else set()), policy
