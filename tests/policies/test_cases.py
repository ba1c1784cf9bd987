"""The law by example: every case of `policies/tests`, which an official can read, is decided as it says there."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from foundation.text import unaccent
from policies.book import PACKAGE
from policies.eligibility import read_facts
from policies.eligibility.benefits import Period
from policies.eligibility.deciding import Decision, decide
from policies.eligibility.rules import Rules
from policies.eligibility.terms import Compared, Kind, atoms
from policies.files import Strict, StrictLoader

FILES = sorted((PACKAGE / "tests").glob("*.yaml"))
SIDES = {"<": (-1, 0), ">=": (-1, 0), "<=": (0, 1), ">": (0, 1), "=": (-1, 0, 1), "!=": (-1, 0, 1)}
BOOLEAN = "tag:yaml.org,2002:bool"


class CaseLoader(StrictLoader):
    """Only `true` and `false` are yes and no: YAML 1.1 would take the key `on` for a yes."""


CaseLoader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != BOOLEAN or letter in "tf"]
    for letter, resolvers in StrictLoader.yaml_implicit_resolvers.items()
}


class Expected(Strict, frozen=True):
    """What is decided; the amount is compared where the case names one, even if it names none (`null`)."""

    decision: Decision
    amount_vnd: int | msgspec.UnsetType | None = msgspec.UNSET


class Case(Strict, frozen=True):
    """One household as somebody would tell of it, on a day, and what each benefit is to say of it."""

    name: str
    on: date
    facts: dict[str, Any]
    expect: dict[str, Decision | Expected]


@cache
def cases(path: Path) -> tuple[Case, ...]:
    """The cases of a file, in its order."""
    return msgspec.convert(yaml.load(path.read_text("utf-8"), CaseLoader), tuple[Case, ...])


@pytest.fixture(scope="module")
def rules() -> Rules:
    """The law as it is applied."""
    return Rules.load()


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{path.stem}: {unaccent(case.name)}") for path in FILES for case in cases(path)]
)
def test_the_case_is_decided_as_written(rules: Rules, case: Case) -> None:
    facts = read_facts(case.facts, rules.inputs)
    for policy, expected in case.expect.items():
        result = decide(rules, policy, facts, case.on)
        stated = expected if isinstance(expected, Expected) else Expected(decision=expected)
        assert result.decision == stated.decision, policy
        if stated.amount_vnd is not msgspec.UNSET:
            assert result.amount_vnd == stated.amount_vnd, policy


def told(policy: str) -> list[tuple[Case, Decision]]:
    """The cases that say something of the benefit, and what."""
    found = [(case, case.expect[policy]) for path in FILES for case in cases(path) if policy in case.expect]
    return [(case, each.decision if isinstance(each, Expected) else each) for case, each in found]


def test_every_benefit_has_somebody_who_may_get_it_and_somebody_who_may_not(rules: Rules) -> None:
    wanted = {Decision.ELIGIBLE, Decision.INELIGIBLE}
    missing = {policy: wanted - {decision for _, decision in told(policy)} for policy in rules.benefits}
    assert {policy: lacking for policy, lacking in missing.items() if lacking} == {}


def test_every_day_on_which_a_rule_changes_has_a_case_and_so_has_the_day_before(rules: Rules) -> None:
    missing = []
    for policy, benefit in rules.benefits.items():
        days = {case.on for case, _ in told(policy)}
        for turn in {day for period in benefit.periods for day in turns(rules, period)}:
            missing += [f"{policy} {day}" for day in (turn - timedelta(days=1), turn) if day not in days]
    assert sorted(missing) == []


def turns(rules: Rules, period: Period) -> Iterator[date]:
    """The first day, each day on which a number of the law changes, and the first day after."""
    numbers = period.parameters | (period.amount.parameters if period.amount else frozenset())
    yield from rules.catalogue.turning_days(period, numbers)
    if period.end:
        yield period.end + timedelta(days=1)


def test_every_threshold_has_a_case_on_either_side(rules: Rules) -> None:
    missing = []
    for policy, benefit in rules.benefits.items():
        values = {(name, value) for case, _ in told(policy) for name, value in case.facts.items()}
        sides = {side for period in benefit.periods for side in thresholds(rules, period)}
        missing += [f"{policy} {name} {value}" for name, value in sides if (name, value) not in values]
    assert sorted(missing) == []


def thresholds(rules: Rules, period: Period) -> Iterator[tuple[str, int]]:
    """The whole numbers next to each other between which a condition changes, on every day that it does."""
    numbers = period.parameters | (period.amount.parameters if period.amount else frozenset())
    for atom in (atom for condition in period.conditions for atom in atoms(condition)):
        if isinstance(atom, Compared) and rules.inputs[atom.name].kind is Kind.WHOLE:
            for day in rules.catalogue.turning_days(period, numbers):
                threshold = int(rules.catalogue.work_out(atom.threshold, day))
                sides = (threshold + offset for offset in SIDES[atom.sign])
                possible = rules.inputs[atom.name]
                yield from ((atom.name, side) for side in sides if possible.least <= side <= possible.most)
