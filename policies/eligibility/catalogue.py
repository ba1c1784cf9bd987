"""Everything the rules are read from, in one place: documents, parameters, questions, benefits, and their faults."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Self, TypeVar

from policies.book import Shelf
from policies.eligibility.benefits import Benefit, BenefitFile, Period, understand
from policies.eligibility.conditions import Scope
from policies.eligibility.inputs import Input, Question, wrong_with
from policies.eligibility.terms import Quantity, work_out
from policies.errors import Problem
from policies.files import place, read

QUESTIONS = Path("questions")
TOGETHER = QUESTIONS / "together"

Shape = TypeVar("Shape")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The files under `root` as far as they could be understood, and the problems of the rest.

    `files` are the benefits as written, `benefits` the same in terms. `together` are questions about several inputs at
    once.
    """

    root: Path
    shelf: Shelf
    inputs: Mapping[str, Input]
    together: Mapping[str, Input]
    files: Mapping[str, BenefitFile]
    benefits: Mapping[str, Benefit]
    problems: tuple[Problem, ...]

    @classmethod
    def read(cls, root: Path) -> Self:
        """Reads questions/*.yaml and benefits/*.yaml with the documents and parameters they name."""
        shelf = Shelf.read(root)
        inputs, problems = _questions(root / QUESTIONS)
        together, mistaken = _questions(root / TOGETHER)
        files, unread = _folder(root / "benefits", BenefitFile)
        problems += mistaken + unread
        scope = Scope(inputs, shelf.parameters)
        benefits: dict[str, Benefit] = {}
        for name, file in files.items():
            path = root / "benefits" / f"{name}.yaml"
            benefit, faults = understand(name, file, scope)
            problems += [Problem(path, place(path, keys), reason) for keys, reason in faults]
            if not faults:
                benefits[name] = benefit
        return cls(root, shelf, inputs, together, files, benefits, tuple(problems))

    def worth(self, parameter: str, on: date) -> Decimal | None:
        """The number of the law that day; None when it has none."""
        return self.shelf.parameters[parameter].on(on)

    def work_out(self, threshold: Quantity, on: date) -> Decimal:
        """What a threshold is that day. Raises KeyError, naming it, for a parameter without a value."""

        def parameter(name: str) -> Decimal:
            found = self.worth(name, on)
            if found is None:
                raise KeyError(name)
            return found

        worth: Decimal = work_out(threshold, parameter, _no_input)
        return worth

    def turning_days(self, period: Period, parameters: Collection[str]) -> list[date]:
        """The first day of the period, and the days in it on which one of the parameters changes; in order."""
        changes = {day for name in parameters for day in self.shelf.parameters[name].values if period.holds(day)}
        return sorted({period.start} | changes)


def _no_input(name: str) -> Decimal:
    raise ValueError(f"{name}: an input in a threshold")  # conditions.py has refused it


def _questions(folder: Path) -> tuple[dict[str, Input], list[Problem]]:
    """The questions of a folder, and what is wrong with each by itself."""
    questions, problems = _folder(folder, Question)
    for name, question in questions.items():
        path = folder / f"{name}.yaml"
        problems += [Problem(path, place(path, (key,)), reason) for key, reason in wrong_with(question)]
    return {name: Input(name, question) for name, question in questions.items()}, problems


def _folder(folder: Path, shape: type[Shape]) -> tuple[dict[str, Shape], list[Problem]]:
    """Every file of the folder by its name, as `shape`, and the problems of those that can't be read."""
    found: dict[str, Shape] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        content = read(path, shape)
        if isinstance(content, Problem):
            problems.append(content)
        else:
            found[path.stem] = content
    return found, problems
