"""What is told of a household: what follows from it, and what can't be so together."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from policies.eligibility import Decision, Rules, decide, read_facts
from policies.eligibility.lint import lint
from policies.errors import FactError

TODAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("told", "follows"),
    [
        ({"specially_difficult_area": True}, {"difficult_area": True}),
        ({"difficult_area": False}, {"specially_difficult_area": False}),
        ({"commune_zone": "three"}, {"specially_difficult_area": True, "difficult_area": True}),
        ({"receives_social_allowance": True}, {"member_on_social_allowance": True}),
        ({"member_on_social_allowance": False}, {"receives_social_allowance": False}),
        ({"poverty_status": "none"}, {"single_poor_parent": False}),
        ({"specially_difficult_area": False}, {}),
        ({"single_poor_parent": True}, {}),
    ],
)
def test_what_follows_from_an_answer_is_known_too(rules: Rules, told: dict[str, Any], follows: dict[str, Any]) -> None:
    assert rules.followed(told) == {**told, **follows}


def test_what_was_told_is_not_overruled(rules: Rules) -> None:
    told = {"specially_difficult_area": True, "difficult_area": False}

    assert rules.followed(told) == told


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"specially_difficult_area": True, "difficult_area": False}, "difficult_area"),
        ({"commune_zone": "three", "difficult_area": False}, "difficult_area"),
        ({"poverty_status": "average", "single_poor_parent": True}, "single_poor_parent"),
    ],
)
def test_two_answers_that_cannot_both_be_so_are_refused_by_name(rules: Rules, told: dict[str, Any], named: str) -> None:
    with pytest.raises(FactError, match=named):
        read_facts(told, rules.inputs)


def test_a_household_need_not_tell_what_follows(rules: Rules) -> None:
    outside = decide(rules, "hi_ethnic", {"ethnic_minority": True, "difficult_area": False}, TODAY)
    assert outside.decision is Decision.INELIGIBLE

    inside: dict[str, Any] = {"poverty_status": "average", "specially_difficult_area": True}
    result = decide(rules, "loan_difficult_area", inside, TODAY)
    assert result.decision is Decision.ELIGIBLE
    assert [each.input for each in result.because] == ["difficult_area", "poverty_status"]


def test_an_implication_of_nothing_there_is_refused(small_law: Any, tmp_path: Path) -> None:
    wrong = "implies:\n  - {of: [maybe], means: {roof: slate}}\n"
    root = small_law(alone="entity: household\nkind: yes_no\nask: Nhà mình có ở một mình không?\nprior: 0.1\n" + wrong)

    reasons = [problem.reason for problem in lint(root)]

    assert reasons == ["it has no value 'maybe'", "'roof' can't be 'slate'"]
