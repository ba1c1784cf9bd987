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

from policies.eligibility.mistakes import ConditionError, Mistake
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
    return Lark.open(
        "conditions.lark", rel_to=__file__, parser="lalr", maybe_placeholders=False, propagate_positions=True
    )


def _parse(text: str) -> Node:
    try:
        return _parser().parse(text)
    except UnexpectedInput as error:
        if isinstance(error, UnexpectedToken) and error.token.type == "$END":
            raise ConditionError(Mistake.ENDS_EARLY, "", len(text)) from None
        at = error.pos_in_stream or 0
        raise ConditionError(Mistake.UNREADABLE, text[at:][:SHOWN], at) from None


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
            return _holds(children[0], scope)
        case "call":
            return _called(children[0], children[1], scope)
    raise _wrong(Mistake.NUMBER_FOR_YES_NO, node)


def _holds(name: Token, scope: Scope) -> Condition:
    if _column(name, scope).kind is not Kind.YES_NO:
        raise _wrong(Mistake.NOT_YES_NO, name)
    return Holds(str(name))


def _called(name: Token, argument: Token, scope: Scope) -> Condition:
    if name not in scope.calls:
        raise _wrong(Mistake.NO_FUNCTION, name, known=scope.calls)
    if argument not in scope.calls[name]:
        raise _wrong(Mistake.NO_ARGUMENT, argument, of=name, known=scope.calls[name])
    return Called(str(name), str(argument))


def _comparison(left: Node, sign: Token, right: Node, scope: Scope) -> Condition:
    if not _is_column(left, scope) and _is_column(right, scope):
        left, right, sign = right, left, Token("COMPARE", MIRRORED[sign])
    if left.data != "name":
        raise _wrong(Mistake.NOT_ONE_INPUT, left)
    column = _column(_name(left), scope)
    if column.kind in NUMBERS:
        threshold = _quantity(right, scope)
        if any(isinstance(leaf, Counted) for leaf in leaves(threshold)):
            raise _wrong(Mistake.OTHER_INPUT, left)
        return Compared(_written(left), str(sign), threshold)
    if sign not in ("=", "!="):
        raise _wrong(Mistake.NO_ORDER, left)
    same = _among(left, [right], scope)
    return same if sign == "=" else Not(same)


def _among(item: Node, options: list[Node], scope: Scope) -> Condition:
    name = _written(item)
    column = _column(_name(item), scope) if item.data == "name" else None
    if column is None or column.kind not in (Kind.CHOICE, Kind.TEXT):
        raise _wrong(Mistake.NO_CHOICE, item)
    if column.kind is Kind.TEXT:
        return Among(name, tuple(_text(option, name) for option in options), ())
    for option in options:
        if _written(option) not in column.values:
            raise _wrong(Mistake.NO_VALUE, option, of=name, known=column.values)
    values = tuple(map(_written, options))
    return Among(name, values, tuple(map(column.values.index, values)))


def _text(option: Node, name: str) -> str:
    if option.data != "text":
        raise _wrong(Mistake.NOT_QUOTED, option, of=name)
    return str(option.children[0])[1:-1]


def _quantity(node: Node, scope: Scope) -> Quantity:
    children: list[Any] = node.children
    if node.data == "number":
        return Number(Decimal(str(children[0])))
    if node.data in SIGNS:
        return Arithmetic(SIGNS[node.data], *(_quantity(child, scope) for child in children))
    if node.data != "name":
        raise _wrong(Mistake.NO_NUMBER, node)
    name = _name(node)
    if name in scope.parameters:
        return Parameter(str(name))
    if "." in name:
        raise _wrong(Mistake.NO_PARAMETER, name, known=scope.parameters)
    if _column(name, scope).kind not in NUMBERS:
        raise _wrong(Mistake.NO_NUMBER, name)
    return Counted(str(name))


def _column(name: Token, scope: Scope) -> Column:
    if name not in scope.columns:
        raise _wrong(Mistake.NO_INPUT, name, known=scope.columns)
    return scope.columns[name]


def _is_column(node: Node, scope: Scope) -> bool:
    return node.data == "name" and _name(node) in scope.columns


def _name(node: Node) -> Token:
    """The one word of a node that is a name."""
    name = node.children[0]
    assert isinstance(name, Token)
    return name


def _wrong(mistake: Mistake, part: Node | Token, of: str = "", known: Collection[str] = ()) -> ConditionError:
    at = part.start_pos if isinstance(part, Token) else part.meta.start_pos
    return ConditionError(mistake, _written(part), at or 0, of, known)


def _written(node: Node | Token) -> str:
    """The words of a part, for messages."""
    if isinstance(node, Token):
        return str(node)
    return f" {SIGNS.get(node.data, '')} ".join(_written(child) for child in node.children).strip()
