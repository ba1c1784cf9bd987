"""What can be wrong with the policy files, told so that its writer can mend it."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from foundation.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one file: `where` is the line (when known) and the path of keys inside the file."""

    file: Path
    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.where}: {self.reason}" if self.where else f"{self.file}: {self.reason}"


class PolicyError(Refusal):
    """The policy files can't be spoken from. Carries every problem; its message names the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        more = f" (và {len(problems) - 1} lỗi khác)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}")


class DayError(Refusal):
    """A day of which nothing can be said: before the book's first, or too far ahead; the message is Vietnamese."""


class TemplateError(Exception):
    """A text asks for a parameter that does not exist or has no value on the day."""


class FactError(Refusal):
    """What was told of a household can't be so; one line in Vietnamese that names the input."""


class NotInForce(Refusal):
    """A benefit is asked about on a day on which it is no law: an outcome of its own, never "ineligible"."""


class Incomplete(Exception):
    """A household is to be evaluated as complete, but something of it is unknown: `names` are the inputs."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = tuple(sorted(names))
        super().__init__(f"unknown: {', '.join(self.names)}")


class UnknownBenefit(Refusal):
    """No rule has this name; the message says so in Vietnamese."""
