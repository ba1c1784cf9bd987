"""Performance against a floor measured in the same run. A module a bench; what a floor does is readable at a glance."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Target:
    """A figure, and what it must be."""

    what: str
    figure: float
    unit: str
    target: float
    sense: Literal["at_least", "at_most"]

    @property
    def holds(self) -> bool:
        return self.figure >= self.target if self.sense == "at_least" else self.figure <= self.target


@dataclass(frozen=True, slots=True)
class Report:
    """What a bench found, and under which conditions."""

    name: str
    conditions: dict[str, Any]
    targets: Sequence[Target]

    def as_json(self) -> dict[str, Any]:
        """The form of the contract."""
        return {
            "name": self.name,
            "conditions": machine() | self.conditions,
            "targets": [asdict(target) | {"holds": target.holds} for target in self.targets],
        }


def machine() -> dict[str, Any]:
    """What every figure depends on."""
    return {"python": platform.python_version(), "cores": os.cpu_count(), "load": round(os.getloadavg()[0], 2)}


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
