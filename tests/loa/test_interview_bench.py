"""What the bench of the interview stands on; `make bench` runs it whole."""

import pytest

from loa.bench.interview import CORE, TODAY, Subject, measure_rules
from loa.bench.interview_floor import fixed_order_mean
from loa.bench.interviewees import interviewees
from policies.eligibility import Rules, Value


@pytest.fixture(scope="module")
def rules() -> Rules:
    """The rules as they are applied."""
    return Rules.load()


def test_the_households_are_the_same_in_every_run_and_hang_together(rules: Rules) -> None:
    drawn = interviewees(rules, 300)
    assert drawn == interviewees(rules, 300)
    for told in drawn:
        assert told.keys() == rules.inputs.keys()
        assert told["student"] != "university" or int(told["age"]) >= 18
        assert told["poverty_status"] != "poor" or int(told["income_per_capita_vnd"]) <= 1_500_000
        assert not (told["specially_difficult_area"] and not told["difficult_area"])
        assert rules.presumed.items() <= told.items()


def test_the_floor_asks_everybody_the_same_until_all_is_decided(rules: Rules) -> None:
    table = rules.table("loan_job", TODAY)
    assert [axis.input.name for axis in table.axes] == ["able_to_work", "age"]
    child: dict[str, Value] = {"able_to_work": True, "age": 5}
    grown: dict[str, Value] = {"able_to_work": False, "age": 40}
    assert fixed_order_mean([table], [child]) == 2
    assert fixed_order_mean([table], [grown]) == 1
    assert fixed_order_mean([table], [child, grown]) == 1.5


def test_fewer_questions_than_the_floor_and_no_wrong_answer(rules: Rules) -> None:
    report = measure_rules(rules, households=60, asked_everything=5).as_json()
    figures = {target["what"]: target["figure"] for target in report["targets"]}
    assert figures.keys() == {"housing_mean", "all_mean", "wrong", "first_p99_ms", "later_p99_ms"}
    assert figures["wrong"] == 0
    assert figures["all_mean"] < report["conditions"]["all_fixed_order"] / 2


def test_an_interview_that_ends_undecided_is_wrong(rules: Rules) -> None:
    drawn = interviewees(rules, 20)
    core = Subject(rules, CORE, TODAY)
    silent = [type(each)((), {}, (0.0,)) for each in core.interview(drawn)]
    assert core.wrong(drawn, silent) == len(CORE) * 20
