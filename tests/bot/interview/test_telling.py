"""What an interview came to: why, how much, what next; and never as a decision."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

import bot.words
from bot.answering import Answerer
from bot.interview.planning import Plan
from bot.interview.state import Interview
from bot.interview.telling import Teller, Told
from policies.eligibility import Value

TODAY = date(2026, 11, 20)
SENTENCES: dict[str, str] = yaml.safe_load(Path(bot.words.__file__).with_name("words.yaml").read_text("utf-8"))
RESULTS = ("eligible", "ineligible", "unknown", "many", "none", "certified")


def told(answerer: Answerer, policies: tuple[str, ...], facts: dict[str, Value], **about: Any) -> Told:
    interview = Interview(policies, facts=facts, **about)
    return Teller(Plan.of(interview, answerer.rules(), TODAY), answerer, TODAY).tell()


@pytest.mark.parametrize("result", RESULTS)
def test_no_result_reads_as_a_decision(result: str) -> None:
    sentence = SENTENCES[f"interview_{result}"]

    assert sentence.startswith("Theo những gì bà con kể")
    assert re.search(r"(?<!\w)[Xx]ã(?!\w)", sentence)
    assert re.search(r"có thể thuộc diện|chưa thấy|chưa rõ|theo giấy của xã", sentence)
    assert not re.search(r"đủ điều kiện|bị từ chối|không thuộc|chắc|(?<!vẫn )được hưởng", sentence)


def test_who_may_get_it_is_told_why_how_much_the_source_and_the_next_step(answerer: Answerer) -> None:
    result = told(answerer, ("social_pension",), {"age": 76, "monthly_pension_vnd": 0}, about="mẹ em")

    assert "76 tuổi" in result.text
    assert "mẹ em có thể thuộc diện trợ cấp hưu trí xã hội, mức 500.000 đồng/tháng" in result.text
    assert "Việc tiếp theo: Nộp tờ đơn Mẫu số 01" in result.text
    assert "\nNguồn: " in result.text
    assert result.policies == ("social_pension",)
    assert result.citations


def test_who_is_not_seen_to_be_is_told_why_and_their_right(answerer: Answerer) -> None:
    result = told(answerer, ("social_pension",), {"age": 45})

    assert "chưa thấy bà con thuộc diện" in result.text
    assert "vì 45 tuổi" in result.text
    assert "quyền đề nghị xã xét" in result.text


def test_what_was_presumed_is_told_as_an_exception(answerer: Answerer) -> None:
    facts: dict[str, Value] = {"poverty_status": "none", "ethnic_minority": False, "merit_household": False}

    result = told(answerer, ("overseas_2026",), facts)

    assert "chưa thấy" in result.text
    assert ", trừ khi " in result.text


def test_what_is_missing_is_told_with_where_to_ask(answerer: Answerer) -> None:
    result = told(answerer, ("social_pension",), {"age": 76}, skipped=("monthly_pension_vnd",))

    assert "chưa rõ" in result.text
    assert "Lương hưu" in result.text
    assert "gặp cán bộ" in result.text


def test_many_are_numbered_with_their_amounts(answerer: Answerer) -> None:
    rules = answerer.rules()
    policies = tuple(policy for policy in rules.benefits if rules.period(policy, TODAY))

    result = told(answerer, policies, {"poverty_status": "poor", "age": 45}, everything=True)

    assert "1. vay vốn hộ nghèo, nhiều nhất 100.000.000 đồng" in result.text
    assert "hỗ trợ tiền điện, mức 59.520 đồng/hộ/tháng" in result.text
    assert "nhắn số" in result.text
    assert result.listed[0] == "loan_poor"
    assert len(result.listed) <= 6


def test_what_was_told_a_day_ago_decides_but_is_not_shown(answerer: Answerer) -> None:
    facts: dict[str, Value] = {"age": 76, "monthly_pension_vnd": 0}

    result = told(answerer, ("social_pension",), facts, hidden=tuple(facts))

    assert "có thể thuộc diện" in result.text
    assert "76" not in result.text


def test_the_certificate_is_enough_to_know_who_is_poor(answerer: Answerer) -> None:
    result = told(answerer, ("poverty_poor", "poverty_near_poor"), {"poverty_status": "near_poor"})

    assert "là hộ cận nghèo" in result.text
    assert "giấy của xã" in result.text
