"""What keeps a wrong rule from a household: every threshold has a question that cuts at it, every document is law.

All checks are hard: `Rules.load` refuses what is reported here.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise, product
from math import prod
from pathlib import Path

from policies.book import split_cite
from policies.eligibility.benefits import BenefitFile, Period, PeriodFile
from policies.eligibility.catalogue import QUESTIONS, TOGETHER, Catalogue
from policies.eligibility.inputs import Input
from policies.eligibility.tables import axes_of
from policies.eligibility.terms import Compared, Condition, Parameter, atoms, leaves
from policies.errors import Problem
from policies.files import LATEST, Keys, place

MOST_CASES = 200_000  # of one benefit at one time, so that its table is worked out in a moment
Found = Iterator[tuple[Keys, str]]


def lint(root: Path) -> list[Problem]:
    """Every problem of the questions and benefits under `root`; those of documents and parameters are the answers'."""
    return problems_of(Catalogue.read(root))


def problems_of(catalogue: Catalogue) -> list[Problem]:
    """The same for files already read."""
    found = list(catalogue.problems)
    for name, entry in catalogue.inputs.items():
        path = catalogue.root / QUESTIONS / f"{name}.yaml"
        found += [Problem(path, place(path, keys), reason) for keys, reason in _question(catalogue, entry)]
    for name, entry in catalogue.together.items():
        path = catalogue.root / TOGETHER / f"{name}.yaml"
        found += [Problem(path, place(path, ("choices",)), reason) for reason in _together(catalogue, entry)]
    for name, file in catalogue.files.items():
        path = catalogue.root / "benefits" / f"{name}.yaml"
        found += [Problem(path, place(path, keys), reason) for keys, reason in _benefit(catalogue, name, file)]
    return found


def _question(catalogue: Catalogue, entry: Input) -> Found:
    for index, cut in enumerate(entry.question.cuts):
        if isinstance(cut, str) and cut not in catalogue.shelf.parameters:
            yield ("cuts", index), f"no parameter {cut!r}"
    yield from ((("implies",), reason) for reason in _implied(catalogue, entry))
    if entry.asked_at_once:
        yield ("choices",), "only a question of together/ means other inputs"


def _implied(catalogue: Catalogue, entry: Input) -> Iterator[str]:
    """Only what can be so is implied, of inputs with listed values, by values of this one."""
    for each in entry.question.implies:
        wrong = [value for value in each.of if value not in entry.question.listed]
        yield from (f"it has no value {value!r}" for value in wrong)
        for name, value in each.means.items():
            if name not in catalogue.inputs or value not in catalogue.inputs[name].question.listed:
                yield f"{name!r} can't be {value!r}"


def _together(catalogue: Catalogue, entry: Input) -> Iterator[str]:
    """Every answer tells each of the inputs, and whatever is so of them has one answer."""
    names = entry.asked_at_once
    listed = [catalogue.inputs[name].question.listed for name in names if name in catalogue.inputs]
    if len(names) < 2 or len(listed) < len(names) or not all(listed):
        yield "each choice means a value of the same two or more inputs, none of them a number"
        return
    meant = Counter(tuple(choice.means.get(name) for name in names) for choice in entry.question.choices.values())
    if meant != Counter(product(*listed)):
        yield f"not one choice for each that can be so of {', '.join(names)}"


def _benefit(catalogue: Catalogue, name: str, file: BenefitFile) -> Found:
    known = catalogue.shelf.answers.keys() | catalogue.files.keys()
    yield from ((("replaced_by",), f"no subject {subject!r}") for subject in file.replaced_by if subject not in known)
    yield from _order(file)
    for index, period in enumerate(file.periods):
        keys: Keys = ("periods", index)
        if not period.when:
            yield (*keys, "when"), "no case, so nobody is eligible"
        if period.amount and not period.amount.highest_of:
            yield (*keys, "amount"), "no sum"
        for case, each in enumerate(period.when):
            yield from (((*keys, "when", case, "cites"), why) for why in _document(catalogue, each.cites, period))
    for index, understood in enumerate(catalogue.benefits[name].periods if name in catalogue.benefits else ()):
        yield from ((("periods", index), reason) for reason in sorted(_period(catalogue, understood)))


def _order(file: BenefitFile) -> Found:
    """Periods stand in order of their days, so that their places are those of the file."""
    if not file.periods:
        yield ("periods",), "none"
    for index, period in enumerate(file.periods):
        if period.end and period.end < period.start:
            yield ("periods", index), "ends before it begins"
    for index, (before, after) in enumerate(pairwise(file.periods), 1):
        if before.end is None or after.start <= before.end:
            yield ("periods", index), f"another period holds on {after.start}, or stands before an earlier one"


def _document(catalogue: Catalogue, cite: str, period: PeriodFile) -> Iterator[str]:
    number, _ = split_cite(cite)
    if number not in catalogue.shelf.documents:
        yield f"{number!r} is not in documents.yaml"
        return
    for day in (period.start, period.end or LATEST):
        if not catalogue.shelf.in_force(number, day):
            yield f"{number!r} is no law on {day}"


def _period(catalogue: Catalogue, period: Period) -> set[str]:
    """Reasons against a rule as understood: what it compares with, and how many cases it tells apart."""
    asked: list[tuple[frozenset[str], tuple[Condition, ...]]] = [(period.inputs, period.conditions)]
    if period.amount:
        asked.append((period.amount.inputs, period.amount.conditions))
    found: set[str] = set()
    for inputs, conditions in asked:
        compared = [atom for each in conditions for atom in atoms(each) if isinstance(atom, Compared)]
        wrong = {reason for atom in compared for reason in _threshold(catalogue, period, atom)}
        found |= wrong
        if not wrong and prod(a.count for a in axes_of(catalogue, inputs, conditions, period.start)) > MOST_CASES:
            found.add(f"tells more than {MOST_CASES} cases apart: ask about fewer inputs, or at fewer thresholds")
    return found


def _threshold(catalogue: Catalogue, period: Period, atom: Compared) -> Iterator[str]:
    """A threshold has a value on each day of the period, and the input's question cuts there."""
    question = catalogue.inputs[atom.name].question
    named = [cut for cut in question.cuts if isinstance(cut, str) and cut in catalogue.shelf.parameters]
    cuts = {Decimal(str(cut)) for cut in question.cuts if not isinstance(cut, str)}
    cuts |= {
        Decimal(str(entry.value))
        for name in named
        for entry in catalogue.shelf.parameters[name].values.values()
        if entry.value is not None
    }
    parameters = {leaf.name for leaf in leaves(atom.threshold) if isinstance(leaf, Parameter)}
    for day in catalogue.turning_days(period, parameters):
        without = [name for name in sorted(parameters) if catalogue.worth(name, day) is None]
        if without:
            yield f"parameter {without[0]!r} has no value on {day}"
            continue
        value = catalogue.work_out(atom.threshold, day)
        if value not in cuts:
            yield f"{atom.name} is compared with {value}, where its question does not cut"
