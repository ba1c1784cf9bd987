"""What a benefit may ask about a household or a person, and what is told of one, read with its types and units."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from foundation.text import format_vnd
from policies.eligibility.terms import NUMBERS, Kind
from policies.errors import FactError
from policies.files import Strict

Value = bool | int | float | str
"""What is told of an input. Not told is not a value: the name is left out."""


class Entity(StrEnum):
    """Whose an input, or whose decision a benefit is."""

    HOUSEHOLD = "household"
    PERSON = "person"


class Choice(Strict, frozen=True):
    """A value of a choice as it is said, and its share of the households or persons here (an estimate).

    `told` is the value as a statement, where `say` alone is none. `heard` are other words by which people say it. In a
    question about several inputs at once, `means` is what the choice tells of each.
    """

    say: str
    prior: float
    told: str | None = None
    heard: tuple[str, ...] = ()
    means: dict[str, bool | str] = msgspec.field(default_factory=dict)


class Implication(Strict, frozen=True):
    """Whoever has one of the values `of` this input, has the values that it `means` of others."""

    of: tuple[bool | str, ...]
    means: dict[str, bool | str]


class Question(Strict, frozen=True):
    """One file of `questions/`: how an input is asked, what values it has, and how often each is met.

    `cuts` are parameters or plain numbers at which some benefit changes its answer. `quantiles` are points of the
    cumulative share, straight between; a number that stands twice holds that share alone. `least` and `most` bound
    what can be so. A `sensitive` answer is not kept once the interview has ended.

    `told` is the answer as a statement: of a yes/no input one for each, of a number one with `{n}`, and `told_zero`
    what is said of none. What is `presumed` is taken for granted of whoever has not told otherwise, and never asked.
    `implies` is what an answer says of other inputs besides.
    """

    entity: Entity
    kind: Kind
    ask: str
    meaning: str | None = None
    unit: str | None = None
    sensitive: bool = False
    choices: dict[str, Choice] = msgspec.field(default_factory=dict)
    told: dict[bool, str] | str | None = None
    told_zero: str | None = None
    presumed: bool | str | None = None
    implies: tuple[Implication, ...] = ()
    prior: float | None = None
    quantiles: tuple[tuple[float, float], ...] = ()
    cuts: tuple[int | float | str, ...] = ()
    least: int | float | None = None
    most: int | float | None = None

    @property
    def listed(self) -> tuple[bool | str, ...]:
        """Every value it has; () of a number."""
        return (True, False) if self.kind is Kind.YES_NO else tuple(self.choices)


@dataclass(frozen=True, slots=True)
class Input:
    """An input by its name, with its question."""

    name: str
    question: Question

    @property
    def kind(self) -> Kind:
        return self.question.kind

    @property
    def values(self) -> tuple[str, ...]:
        """The values of a choice, in the order of their codes; () for other kinds."""
        return tuple(self.question.choices)

    @property
    def least(self) -> int | float:
        """The smallest number it can be; 0 where the file names none."""
        return 0 if self.question.least is None else self.question.least

    @property
    def most(self) -> int | float:
        """The largest number it can be."""
        return math.inf if self.question.most is None else self.question.most

    @property
    def asked_at_once(self) -> tuple[str, ...]:
        """The inputs that an answer tells of, where the question is about several; () for an input's own."""
        return tuple(next(iter(self.question.choices.values())).means) if self.question.choices else ()

    def facts(self, value: Value) -> dict[str, Value]:
        """What an answer tells, by input."""
        return dict(self.question.choices[str(value)].means) if self.asked_at_once else {self.name: value}

    def read(self, told: Any) -> Value:
        """The value as told in JSON. Raises FactError for a wrong type, an unknown choice, a number that can't be."""
        match self.kind:
            case Kind.YES_NO:
                if not isinstance(told, bool):
                    raise FactError(f"{self.name}: phải là true hoặc false, không phải {_shown(told)}")
                return told
            case Kind.CHOICE:
                if not isinstance(told, str) or told not in self.values:
                    raise FactError(f"{self.name}: {_shown(told)} không có; chọn một trong {', '.join(self.values)}")
                return told
            case _:
                return self._number(told)

    def _number(self, told: Any) -> int | float:
        unit = f" ({self.question.unit})" if self.question.unit else ""
        if isinstance(told, bool) or not isinstance(told, int | float) or not -math.inf < told < math.inf:
            raise FactError(f"{self.name}: phải là số{unit}, không phải {_shown(told)}")
        if self.kind is Kind.WHOLE and told != int(told):
            raise FactError(f"{self.name}: phải là số nguyên{unit}, không phải {_shown(told)}")
        if told < self.least:
            raise FactError(f"{self.name}: {_shown(told)} quá nhỏ, ít nhất là {self.least}{unit}")
        if told > self.most:
            raise FactError(f"{self.name}: {_shown(told)} quá lớn, nhiều nhất là {self.most}{unit}")
        return int(told) if self.kind is Kind.WHOLE else float(told)


def statement(entry: Input, value: Value) -> str:
    """The value as a person would tell it of themselves, small at its beginning: "nhà đã có điện lưới", "76 tuổi"."""
    question = entry.question
    if isinstance(value, str):
        choice = question.choices[value]
        return choice.told or choice.say
    if value == 0 and question.told_zero and not isinstance(value, bool):
        return question.told_zero
    match question.told:
        case dict(stated):
            return stated[bool(value)]
        case str(stated):
            return stated.format(n=_number_said(question, value))
    answer = {True: "có", False: "không"}[value] if isinstance(value, bool) else _number_said(question, value)
    return f"{question.ask} {answer}"


def otherwise(entry: Input) -> str:
    """What would have to be so for what is presumed not to hold, as statements, after "trừ khi"."""
    if entry.kind is Kind.YES_NO:
        return statement(entry, not entry.question.presumed)
    return " hoặc ".join(statement(entry, value) for value in entry.values if value != entry.question.presumed)


def wrong_with(question: Question) -> list[tuple[str, str]]:
    """What a question's file says against itself: the key, and the reason."""
    found: list[tuple[str, str]] = []
    if question.kind is Kind.TEXT:
        found.append(("kind", "nothing of the law rests on free text"))
    if (question.kind is Kind.CHOICE) != bool(question.choices):
        found.append(("choices", "a choice has choices, and nothing else has"))
    if question.choices and not math.isclose(sum(c.prior for c in question.choices.values()), 1, abs_tol=1e-6):
        found.append(("choices", "the priors do not add up to 1"))
    if (question.kind is Kind.YES_NO) != (question.prior is not None):
        found.append(("prior", "a yes/no question has one prior, the share of yes, and nothing else has"))
    if question.prior is not None and not 0 <= question.prior <= 1:
        found.append(("prior", "not a share between 0 and 1"))
    if question.presumed is not None and question.presumed not in question.listed:
        found.append(("presumed", "not a value of this yes/no question or choice"))
    found += _wrong_statements(question)
    return found + (_wrong_numbers(question) if question.kind in NUMBERS else _wrong_others(question))


def _wrong_statements(question: Question) -> list[tuple[str, str]]:
    right = {
        Kind.YES_NO: isinstance(question.told, dict) and question.told.keys() == {True, False},
        Kind.CHOICE: False,
    }.get(question.kind, isinstance(question.told, str) and "{n}" in question.told)
    if question.told is None or right:
        return []
    return [("told", "yes and no of a yes/no question, {n} in a number's; a choice has it with each of its values")]


def _wrong_numbers(question: Question) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if question.least is None or question.most is None:
        found.append(("least", "a number has a least and a most"))
    elif not 0 <= question.least < question.most:
        found.append(("least", "must be 0 or more, and below the most"))
    points, shares = [p for p, _ in question.quantiles], [s for _, s in question.quantiles]
    if len(points) < 2 or shares[0] != 0 or shares[-1] != 1 or points != sorted(points) or shares != sorted(shares):
        found.append(("quantiles", "numbers must not fall, and their shares must rise from 0 to 1"))
    return found


def _wrong_others(question: Question) -> list[tuple[str, str]]:
    keys = {
        "quantiles": question.quantiles,
        "cuts": question.cuts,
        "least": question.least is not None,
        "most": question.most is not None,
        "told_zero": question.told_zero is not None,
    }
    return [(key, "only a number has it") for key, there in keys.items() if there]


def _number_said(question: Question, value: int | float) -> str:
    if (question.unit or "").startswith("VND"):
        return format_vnd(int(value))
    return f"{value:,.10g}".translate({ord(","): ".", ord("."): ","})


def _shown(told: Any) -> str:
    return {True: "true", False: "false"}[told] if isinstance(told, bool) else f"«{str(told)[:40]}»"
