"""`loa eligibility` and `loa policies explain` as an official or a program uses them."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from loa.commands import main

POOR = {"poverty_status": "poor"}


def run(*arguments: str, told: str | None = None) -> Result:
    """`loa ARGUMENTS`, with a text on the standard input."""
    return CliRunner().invoke(main, arguments, input=told)


def ask(told: Any, *arguments: str) -> Any:
    """What `loa eligibility --json` prints of one household."""
    result = run("eligibility", "--facts", "-", "--json", *arguments, told=json.dumps(told))
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def lines(*told: Any) -> list[Any]:
    """What it prints of many, a text standing for a line as it is."""
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in told)
    result = run("eligibility", "--facts", "-", "--json", told=text)
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_one_household_gets_a_result_for_each_benefit_asked_about() -> None:
    first, second = ask(POOR, "--policy", "hi_poor", "--policy", "electricity", "--on", "2026-03-15")
    assert (first["policy"], second["policy"]) == ("hi_poor", "electricity")
    assert second["decision"] == "eligible"
    assert (second["amount_vnd"], second["amount_kind"]) == (59520, "exact")
    assert second["because"] == [
        {"input": "poverty_status", "value": "poor", "met": True, "reference": "28/2014/QĐ-TTg"}
    ]
    assert second["citations"] == [
        {"number": "28/2014/QĐ-TTg", "article": None, "effective_from": "2014-06-01", "effective_to": None}
    ]
    assert (second["missing"], second["next_question"]) == ([], None)


def test_without_a_choice_all_benefits_are_asked_about() -> None:
    assert {"electricity", "poverty_poor", "house_merit_2025"} <= {result["policy"] for result in ask(POOR)}


def test_what_is_open_comes_with_a_question() -> None:
    told = {"poverty_status": "average", "member_on_social_allowance": True, "grid_power": True}
    (result,) = ask(told, "--policy", "electricity", "--on", "2026-03-15")
    assert result["decision"] == "unknown"
    assert result["missing"] == ["kwh_per_month"]
    assert result["next_question"]["input"] == "kwh_per_month"
    (other,) = ask({}, "--policy", "hi_poor")
    assert {choice["value"] for choice in other["next_question"]["choices"]} >= {"poor", "near_poor"}


def test_many_households_are_answered_in_their_order_and_a_bad_line_does_not_stop_them() -> None:
    found = lines(
        {"id": "a", "on": "2026-03-15", "policies": ["electricity"], "facts": POOR},
        {"id": "b", "policies": ["electricity"], "facts": {"age": 200}},
        '{"id": "c", "facts": {',
        {"id": "d", "policies": ["gold"], "facts": {}},
        {"id": "e", "on": "2025-13-01", "facts": {}},
        {"id": "f"},
        "[1, 2]",
        {"id": "h", "policies": "electricity", "facts": {}},
        {"id": "i", "on": "2026-03-15", "policies": ["tuition_free", "hi_poor"], "facts": POOR},
    )
    assert [line["id"] for line in found] == ["a", "b", None, "d", "e", "f", None, "h", "i"]
    assert found[0]["results"][0]["amount_vnd"] == 59520
    wrong = [line["error"] for line in found[1:8]]
    for error, named in zip(wrong, ["age", "JSON", "gold", "on", "facts", "JSON", "policies"], strict=True):
        assert named in error
        assert "\n" not in error
    assert [result["policy"] for result in found[8]["results"]] == ["tuition_free", "hi_poor"]


@pytest.mark.parametrize(
    ("told", "arguments", "named"),
    [
        ('{"colour": "red"}', (), "colour"),
        ('{"age": "70"}', (), "age"),
        ('{"income_per_capita_vnd": "1.500 nghìn"}', (), "income_per_capita_vnd"),
        ("{}", ("--policy", "gold"), "gold"),
        ("{age: 70}", (), "JSON"),
        ("[]", (), "JSON"),
        ("", (), "JSON"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(told: str, arguments: tuple[str, ...], named: str) -> None:
    result = run("eligibility", "--facts", "-", "--json", *arguments, told=told)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert named in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "facts.json"
    file.write_bytes(b"\xff\xfe\x00")
    result = run("eligibility", "--facts", str(file), "--json")
    assert result.exit_code == 1
    assert "UTF-8" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("--facts", "nowhere.json"), ("--facts", "-", "--on", "tomorrow")])
def test_wrong_usage_exits_2(arguments: tuple[str, ...]) -> None:
    assert run("eligibility", *arguments, told="{}").exit_code == 2


def test_a_person_reads_it_in_vietnamese_and_never_as_a_decision() -> None:
    result = run("eligibility", "--facts", "-", "--on", "2026-03-15", told=json.dumps(POOR))
    assert result.exit_code == 0
    shown = " ".join(result.stdout.split())
    assert "CÓ THỂ THUỘC DIỆN" in shown
    assert "59.520" in shown
    assert "UBND xã xét" in shown
    assert "eligible" not in shown


def test_a_thousand_households_take_seconds() -> None:
    told = [
        {"id": n, "on": "2026-11-20", "policies": ["electricity", "sa_monthly"], "facts": {"age": n % 100}}
        for n in range(1000)
    ]
    start = time.perf_counter()
    assert len(lines(*told)) == 1000
    assert time.perf_counter() - start < 5


def test_an_official_reads_a_benefit_s_rule_with_its_numbers_and_documents() -> None:
    result = run("policies", "explain", "electricity", "--on", "2026-03-15")
    assert "poverty_status = poor  [28/2014/QĐ-TTg]" in result.stdout
    assert "electricity.tier1_price = 1.984" in result.stdout
    assert "= 59.520 VND/hộ/tháng" in result.stdout
    document = json.loads(run("policies", "explain", "electricity", "--on", "2026-03-15", "--json").stdout)
    assert document["rule"]["in_force"]["amount"]["vnd"] == 59520
    assert document["answers"]["amount"]["text"]


def test_a_rule_of_which_nothing_is_said_is_explained_too() -> None:
    result = run("policies", "explain", "poverty_poor", "--on", "2027-01-01")
    assert "poverty.income_line_rural = 2.200.000" in result.stdout


def test_a_rule_that_is_no_law_that_day_says_when_it_was() -> None:
    result = run("policies", "explain", "house_merit_2025", "--on", "2026-03-15")
    assert "Không có hiệu lực" in result.stdout
    assert "31/12/2025" in result.stdout
