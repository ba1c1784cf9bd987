"""The five core rules read from the law a second time, in plain Python, from its documents alone.

Two readings seldom hold the same mistake, so where this and `policies/benefits` differ, one of them has the law wrong.
Nothing here reads the files of `policies`: numbers and days stand as the documents give them, and a household is
complete. An amount is in whole VND; None where no source at hand gives it on that day.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, NamedTuple

Household = Mapping[str, Any]


class Verdict(NamedTuple):
    """What the law of a day says of a household: `eligible`, `ineligible` or `not_in_force`, and how much."""

    decision: str
    vnd: int | None = None


NOT_IN_FORCE: Final = Verdict("not_in_force")

# 30 kWh at the first tier's price, without VAT. The tariff before 2023-11-09 is in no source at hand.
ELECTRICITY_MONTH: Final = {date(2023, 11, 9): 54_180, date(2024, 10, 11): 56_790, date(2025, 5, 10): 59_520}

# 30% of 4.5% of the base salary: 2,340,000, from July 2026 2,530,000. The salary before is in no source at hand.
NEAR_POOR_PREMIUM: Final = {date(2024, 7, 1): 31_590, date(2026, 7, 1): 34_155}


def electricity(home: Household, on: date) -> Verdict:
    """What a household gets a month (28/2014/QĐ-TTg, 60/2014/QĐ-TTg). A near-poor certificate alone gives nothing."""
    uses_little = home["member_on_social_allowance"] and home["kwh_per_month"] <= 50
    has_no_grid = not home["grid_power"] and (home["ethnic_minority"] or home["member_on_social_allowance"])
    may = home["poverty_status"] == "poor" or uses_little or has_no_grid
    return _verdict(may, _latest(ELECTRICITY_MONTH, on))


def house_disaster(home: Household, on: date) -> Verdict:
    """The least that a household gets once (20/2021/NĐ-CP, article 15). Who is ordered to move need not be poor."""
    if on < date(2021, 7, 1):
        return NOT_IN_FORCE
    in_need = home["poverty_status"] in ("poor", "near_poor") or home["hardship"]
    match home["disaster_damage"]:
        case "total_loss":
            return _verdict(in_need and not home["other_home"], 40_000_000)
        case "ordered_to_move":
            return _verdict(True, 30_000_000)
        case "badly_damaged":
            return _verdict(in_need, 20_000_000)
    return _verdict(False, None)


def social_pension(person: Household, on: date) -> Verdict:
    """What an old person gets a month (41/2024/QH15, article 21). Not having applied takes nothing away."""
    if on < date(2025, 7, 1):
        return NOT_IN_FORCE
    poor_enough = person["poverty_status"] in ("poor", "near_poor")
    old_enough = person["age"] >= 75 or (person["age"] >= 70 and poor_enough)
    return _verdict(old_enough and person["monthly_pension_vnd"] < 500_000, 500_000)


def hi_nearpoor_premium(person: Household, on: date) -> Verdict:
    """The most that a near-poor person pays a month (146/2018/NĐ-CP, article 8; 188/2025/NĐ-CP, article 6).

    The State pays all in a poor district until 2025-08-14, in a poor commune from 2025-07-01. On days whose base salary
    is not known, no amount is told at all.
    """
    paid_in_full = (on <= date(2025, 8, 14) and person["poor_district"]) or (
        on >= date(2025, 7, 1) and person["poor_commune"]
    )
    share = _latest(NEAR_POOR_PREMIUM, on)
    return _verdict(person["poverty_status"] == "near_poor", 0 if share and paid_in_full else share)


def learning_cost(pupil: Household, on: date) -> Verdict:
    """What a pupil gets a month, nine months a year (81/2021/NĐ-CP, article 18; since 2025-09-03 238/2025/NĐ-CP)."""
    if on < date(2021, 10, 15):
        return NOT_IN_FORCE
    at_school = pupil["student"] in ("preschool", "primary", "lower_secondary", "upper_secondary")
    in_a_group = (
        pupil["orphan"] == "both"
        or pupil["disability"] in ("severe", "very_severe")
        or pupil["poverty_status"] == "poor"
        or pupil["specially_difficult_area"]
    )
    return _verdict(at_school and in_a_group, 150_000)


CORE_RULES: Final[Mapping[str, Callable[[Household, date], Verdict]]] = {
    rule.__name__: rule for rule in (electricity, house_disaster, social_pension, hi_nearpoor_premium, learning_cost)
}


def _verdict(may: bool, vnd: int | None) -> Verdict:
    return Verdict("eligible", vnd) if may else Verdict("ineligible")


def _latest(values: Mapping[date, int], on: date) -> int | None:
    """The value that holds that day: the last that has begun."""
    begun = [since for since in values if since <= on]
    return values[max(begun)] if begun else None
