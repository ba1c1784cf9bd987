"""What conditions and amounts are made of, once read, and how they are worked out.

A condition is a tree of *atoms*, and every atom asks about one input alone: a yes/no input holds, a choice is among
values, a number stands so to a threshold made of parameters and plain numbers. So each atom splits the values of its
input into those that satisfy it and those that don't. Decision tables rest on that.
"""

import functools
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeVar


class Kind(StrEnum):
    """What values an input has. TEXT is for columns of a register alone: nothing of the law rests on free text."""

    YES_NO = "yes_no"
    CHOICE = "choice"
    WHOLE = "whole"
    DECIMAL = "decimal"
    TEXT = "text"


NUMBERS: Final = frozenset({Kind.WHOLE, Kind.DECIMAL})


@dataclass(frozen=True, slots=True)
class Number:
    """A plain number as written."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of the law, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class Counted:
    """The number that an input holds. Only amounts have such: a threshold is the same for everybody."""

    name: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two quantities joined by `+`, `-` or `*`."""

    sign: str
    left: "Quantity"
    right: "Quantity"


Quantity = Number | Parameter | Counted | Arithmetic


@dataclass(frozen=True, slots=True)
class Holds:
    """A yes/no input is yes."""

    name: str


@dataclass(frozen=True, slots=True)
class Among:
    """A choice, or a text, is one of `values`. `codes` are their places among the values of a choice; () of a text."""

    name: str
    values: tuple[str, ...]
    codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """The number that an input holds stands so (`=`, `<`, …) to a threshold."""

    name: str
    sign: str
    threshold: Quantity


@dataclass(frozen=True, slots=True)
class Called:
    """A function that the scope allows holds for its argument: `may_qualify(electricity)`. `name` is the function's."""

    name: str
    argument: str


@dataclass(frozen=True, slots=True)
class Every:
    """All parts hold."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part holds."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Condition"


Atom = Holds | Among | Compared | Called
Condition = Holds | Among | Compared | Called | Every | Either | Not
Truth = TypeVar("Truth")

COMPARE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ARITHMETIC: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


def combine(
    condition: Condition,
    leaf: Callable[[Atom], Truth],
    both: Callable[[Truth, Truth], Truth],
    either: Callable[[Truth, Truth], Truth],
    opposite: Callable[[Truth], Truth],
) -> Truth:
    """The condition's truth in any logic: of one case or of columns, two-valued or three-valued."""

    def truth(part: Condition) -> Truth:
        match part:
            case Every(parts):
                return functools.reduce(both, map(truth, parts))
            case Either(parts):
                return functools.reduce(either, map(truth, parts))
            case Not(inner):
                return opposite(truth(inner))
            case _:
                return leaf(part)

    return truth(condition)


def work_out(quantity: Quantity, parameter: Callable[[str], Decimal], counted: Callable[[str], Any]) -> Any:
    """The quantity's worth: an exact Decimal where no input occurs in it, else what `counted` gives, reckoned with.

    What `counted` gives meets whole numbers as int, so that money in 64-bit columns stays exact.
    """
    match quantity:
        case Number(value):
            return value
        case Parameter(name):
            return parameter(name)
        case Counted(name):
            return counted(name)
        case Arithmetic(sign, left, right):
            one, other = (work_out(side, parameter, counted) for side in (left, right))
            if not (isinstance(one, Decimal) and isinstance(other, Decimal)):
                one, other = (plain(side) if isinstance(side, Decimal) else side for side in (one, other))
            return ARITHMETIC[sign](one, other)


def plain(worth: Decimal) -> int | float:
    """A number as numpy takes it: whole as int, so that it stays exact."""
    return int(worth) if worth == worth.to_integral_value() else float(worth)


def atoms(condition: Condition) -> Iterator[Atom]:
    """Every atom of the condition, in the order written."""
    match condition:
        case Every(parts) | Either(parts):
            for part in parts:
                yield from atoms(part)
        case Not(part):
            yield from atoms(part)
        case _:
            yield condition


def inputs_of(condition: Condition) -> frozenset[str]:
    """The inputs that the condition asks about."""
    return frozenset(atom.name for atom in atoms(condition) if not isinstance(atom, Called))


def parameters_of(condition: Condition) -> frozenset[str]:
    """The numbers of the law that the condition's thresholds are made of."""
    thresholds = (atom.threshold for atom in atoms(condition) if isinstance(atom, Compared))
    return frozenset(leaf.name for each in thresholds for leaf in leaves(each) if isinstance(leaf, Parameter))


def leaves(quantity: Quantity) -> Iterator[Number | Parameter | Counted]:
    """Every number, parameter and input of the quantity, in the order written."""
    if isinstance(quantity, Arithmetic):
        yield from leaves(quantity.left)
        yield from leaves(quantity.right)
    else:
        yield quantity
