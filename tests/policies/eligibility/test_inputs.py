"""What is told of a household is read with its type and unit, or refused in one line that names the input."""

import math

import pytest

from policies import FactError
from policies.eligibility import Rules, read_facts

REFUSED = [
    # the input, what is told, and what the line says
    ("colour", "red", "không có thông tin nào tên này"),
    ("age", 200, "«200» quá lớn"),
    ("age", -1, "«-1» quá nhỏ"),
    ("age", "70", "phải là số"),
    ("age", True, "phải là số"),
    ("age", 70.5, "phải là số nguyên"),
    ("age", math.nan, "phải là số"),
    ("age", math.inf, "phải là số"),
    pytest.param("age", 10**400, "quá lớn", id="age-huge"),
    ("household_size", 0, "«0» quá nhỏ"),
    ("income_per_capita_vnd", -1, "«-1» quá nhỏ"),
    ("income_per_capita_vnd", "1tr5", "VND"),
    ("deprivations", 13, "«13» quá lớn"),
    ("poverty_status", "rich", "chọn một trong poor"),
    ("poverty_status", True, "true không có"),
    ("grid_power", 1, "phải là true hoặc false"),
    ("grid_power", "yes", "phải là true hoặc false"),
    ("school_distance_km", [3], "phải là số"),
]


@pytest.mark.parametrize(("name", "told", "line"), REFUSED)
def test_what_can_not_be_so_is_refused_in_one_line_that_names_it(
    rules: Rules, name: str, told: object, line: str
) -> None:
    with pytest.raises(FactError) as refused:
        read_facts({name: told}, rules.inputs)
    assert str(refused.value).startswith(f"{name}: ")
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


def test_null_is_not_known(rules: Rules) -> None:
    assert read_facts({"age": None, "area": None}, rules.inputs) == {}


def test_values_keep_their_types(rules: Rules) -> None:
    told = {
        "age": 70.0,
        "income_per_capita_vnd": 1_500_000,
        "grid_power": False,
        "school_distance_km": 4,
        "area": "rural",
    }
    read = read_facts(told, rules.inputs)
    assert read == told
    assert {name: type(value) for name, value in read.items()} == {
        "age": int,
        "income_per_capita_vnd": int,
        "grid_power": bool,
        "school_distance_km": float,
        "area": str,
    }
