"""The floor of `loa bench audience`: five benefits by hand, in numpy, as one would write them who knows the columns.

A byte holds a choice's place among its values, or yes (1) or no (0); 255 is unknown, in wider numbers -1. A household
counts where what is known of it suffices. `household` is the number of each person's household.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Columns = Mapping[str, npt.NDArray[Any]]
Found = npt.NDArray[np.bool_]

ASKED = (
    *("poverty_status", "kwh_per_month", "grid_power", "ethnic_minority", "member_on_social_allowance"),
    *("disaster_damage", "other_home", "hardship", "specially_difficult_area"),
    *("age", "monthly_pension_vnd", "student", "disability", "orphan"),
)
NO, YES = 0, 1
POOR, NEAR_POOR = 0, 1
TOTAL_LOSS, BADLY_DAMAGED, ORDERED_TO_MOVE = 1, 2, 3
SEVERE, VERY_SEVERE = 1, 2
PRESCHOOL, UPPER_SECONDARY = 2, 5
BOTH_PARENTS = 2
KWH_CEILING, PENSION = 50, 500_000


def electricity(of: Columns, households: int) -> Found:
    """Poor, or on an allowance with little power used, or on no grid."""
    kwh, allowance = of["kwh_per_month"], of["member_on_social_allowance"] == YES
    little = allowance & (kwh >= 0) & (kwh <= KWH_CEILING)
    no_grid = (of["grid_power"] == NO) & ((of["ethnic_minority"] == YES) | allowance)
    found: Found = (of["poverty_status"] == POOR) | little | no_grid
    return found


def house_disaster(of: Columns, households: int) -> Found:
    """A house lost or badly damaged, and in need; or ordered to move."""
    damage, in_need = of["disaster_damage"], (of["poverty_status"] <= NEAR_POOR) | (of["hardship"] == YES)
    lost = ((damage == TOTAL_LOSS) & (of["other_home"] == NO)) | (damage == BADLY_DAMAGED)
    found: Found = (lost & in_need) | (damage == ORDERED_TO_MOVE)
    return found


def social_pension(of: Columns, households: int) -> Found:
    """Somebody of 75, of 70 where the household is poor or near-poor, without a pension of that height."""
    age, pension = of["age"], of["monthly_pension_vnd"]
    old = (age >= 70) & (age <= 120) & (pension >= 0) & (pension < PENSION)
    those = np.flatnonzero(old)
    poor = of["poverty_status"] <= NEAR_POOR
    those = those[(age[those] >= 75) | poor[of["household"][those]]]
    return _any(of["household"][those], households)


def hi_nearpoor_premium(of: Columns, households: int) -> Found:
    """Near-poor."""
    found: Found = of["poverty_status"] == NEAR_POOR
    return found


def learning_cost(of: Columns, households: int) -> Found:
    """Somebody at school who is disabled, without parents, or of a poor household or a hard place."""
    student, disability = of["student"], of["disability"]
    those = np.flatnonzero((student >= PRESCHOOL) & (student <= UPPER_SECONDARY))
    household = of["household"][those]
    disabled = (disability[those] == SEVERE) | (disability[those] == VERY_SEVERE)
    place = (of["poverty_status"] == POOR) | (of["specially_difficult_area"] == YES)
    return _any(household[disabled | (of["orphan"][those] == BOTH_PARENTS) | place[household]], households)


def _any(household: npt.NDArray[Any], households: int) -> Found:
    found = np.zeros(households, np.bool_)
    found[household] = True
    return found


RULES: Mapping[str, Callable[[Columns, int], Found]] = {
    "electricity": electricity,
    "house_disaster": house_disaster,
    "social_pension": social_pension,
    "hi_nearpoor_premium": hi_nearpoor_premium,
    "learning_cost": learning_cost,
}
