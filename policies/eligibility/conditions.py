"""The one language of conditions and amounts, read and checked against what its names may mean.

`poverty_status in (poor, near_poor) and not house_supported_before`; `electricity.monthly_kwh * 1984`
"""

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Protocol

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput, UnexpectedToken

from policies.eligibility.terms import (
    NUMBERS,
    Among,
    Arithmetic,
    Called,
    Compared,
    Condition,
    Counted,
    Either,
    Every,
    Holds,
    Kind,
    Not,
    Number,
    Parameter,
    Quantity,
    leaves,
)

MIRRORED: Final = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
SIGNS: Final = {"plus": "+", "minus": "-", "times": "*"}
SHOWN: Final = 30  # letters of the rest that an error quotes

Node = Tree[Token]


class ConditionError(Exception):
    """A condition that can't be read or means nothing; the message names the word that is wrong."""


class Column(Protocol):
    """What a condition may ask about: an input of a benefit, or a column of a register."""

    @property
    def kind(self) -> Kind: ...
    @property
    def values(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """What the names of a condition may mean. `calls` gives for each function the arguments it takes."""

    columns: Mapping[str, Column]
    parameters: Collection[str] = ()
    calls: Mapping[str, Collection[str]] = field(default_factory=dict)


def read_condition(text: str, scope: Scope) -> Condition:
    """The condition that a text states. Raises ConditionError for wrong grammar, unknown names, and what can't be
    compared."""
    return _condition(_parse(text), scope)


def read_quantity(text: str, scope: Scope) -> Quantity:
    """The number that a text reckons: parameters, plain numbers and inputs that are numbers. Raises ConditionError."""
    return _quantity(_parse(text), scope)


@functools.cache
def _parser() -> Lark:
    return Lark.open("conditions.lark", rel_to=__file__, parser="lalr", maybe_placeholders=False)


def _parse(text: str) -> Node:
    try:
        return _parser().parse(text)
    except UnexpectedInput as error:
        ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        reason = "ends too early" if ended else f"can't be read at {text[error.pos_in_stream or 0 :][:SHOWN]!r}"
        raise ConditionError(reason) from None


def _condition(node: Node, scope: Scope) -> Condition:
    children: list[Any] = node.children
    match node.data:
        case "all" | "any":
            parts = tuple(_condition(child, scope) for child in children)
            return Every(parts) if node.data == "all" else Either(parts)
        case "not_":
            return Not(_condition(children[0], scope))
        case "compare":
            return _comparison(children[0], children[1], children[2], scope)
        case "among":
            return _among(children[0], children[1:], scope)
        case "name":
            return _holds(str(children[0]), scope)
        case "call":
            return _called(str(children[0]), str(children[1]), scope)
    raise ConditionError(f"{_written(node)!r} is a number, where yes or no is asked")


def _holds(name: str, scope: Scope) -> Condition:
    kind = _column(name, scope).kind
    if kind is not Kind.YES_NO:
        raise ConditionError(f"{name!r} is no yes/no input: compare it with something")
    return Holds(name)


def _called(name: str, argument: str, scope: Scope) -> Condition:
    if name not in scope.calls:
        raise ConditionError(f"no function {name!r} here")
    if argument not in scope.calls[name]:
        raise ConditionError(f"{name} can't be asked of {argument!r}")
    return Called(name, argument)


def _comparison(left: Node, sign: Token, right: Node, scope: Scope) -> Condition:
    if not _is_column(left, scope) and _is_column(right, scope):
        left, right, sign = right, left, Token("COMPARE", MIRRORED[sign])
    name = _written(left)
    column = _column(name, scope) if left.data == "name" else None
    if column is None:
        raise ConditionError(f"{name!r}: compare one input, alone on its side")
    if column.kind in NUMBERS:
        threshold = _quantity(right, scope)
        if any(isinstance(leaf, Counted) for leaf in leaves(threshold)):
            raise ConditionError(f"{name!r} is compared with another input: only with parameters and numbers")
        return Compared(name, str(sign), threshold)
    if sign not in ("=", "!="):
        raise ConditionError(f"{name!r} is no number: only = and != compare it")
    same = _among(left, [right], scope)
    return same if sign == "=" else Not(same)


def _among(item: Node, options: list[Node], scope: Scope) -> Condition:
    name = _written(item)
    column = _column(name, scope) if item.data == "name" else None
    if column is None or column.kind not in (Kind.CHOICE, Kind.TEXT):
        raise ConditionError(f"{name!r} has no values to choose among")
    if column.kind is Kind.TEXT:
        return Among(name, tuple(_text(option, name) for option in options), ())
    values = tuple(_written(option) for option in options)
    for value in values:
        if value not in column.values:
            raise ConditionError(f"{name} has no value {value!r}: {', '.join(column.values)}")
    return Among(name, values, tuple(column.values.index(value) for value in values))


def _text(option: Node, name: str) -> str:
    if option.data != "text":
        raise ConditionError(f'{name} is a text: write "{_written(option)}"')
    return str(option.children[0])[1:-1]


def _quantity(node: Node, scope: Scope) -> Quantity:
    children: list[Any] = node.children
    if node.data == "number":
        return Number(Decimal(str(children[0])))
    if node.data in SIGNS:
        return Arithmetic(SIGNS[node.data], *(_quantity(child, scope) for child in children))
    if node.data != "name":
        raise ConditionError(f"{_written(node)!r} is no number")
    name = str(children[0])
    if name in scope.parameters:
        return Parameter(name)
    if "." in name:
        raise ConditionError(f"no parameter {name!r}")
    if _column(name, scope).kind not in NUMBERS:
        raise ConditionError(f"{name!r} is no number")
    return Counted(name)


def _column(name: str, scope: Scope) -> Column:
    if name not in scope.columns:
        raise ConditionError(f"no input {name!r}")
    return scope.columns[name]


def _is_column(node: Node, scope: Scope) -> bool:
    return node.data == "name" and str(node.children[0]) in scope.columns


def _written(node: Node | Token) -> str:
    """The words of a part, for messages."""
    if isinstance(node, Token):
        return str(node)
    return f" {SIGNS.get(node.data, '')} ".join(_written(child) for child in node.children).strip()
