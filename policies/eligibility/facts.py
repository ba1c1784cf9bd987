"""What is told of a household, read with types and units, and what one answer says of another input.

A specially difficult village lies in a difficult area. That holds both ways round: who is in no difficult area is in no
specially difficult village. What was told itself is never overruled.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from policies.eligibility.inputs import Input, Value
from policies.errors import FactError


def read_facts(raw: Mapping[str, object], inputs: Mapping[str, Input]) -> dict[str, Value]:
    """What is told of one household, name by name; null means not told and is left out.

    Raises FactError for an unknown name, a value that can't be, and two that can't both be so.
    """
    for name in raw:
        if name not in inputs:
            raise FactError(f"{name}: không có thông tin nào tên này")
    facts = {name: inputs[name].read(told) for name, told in raw.items() if told is not None}
    _refuse_contradictions(facts, implications(inputs))
    return facts


@dataclass(frozen=True, slots=True)
class Implied:
    """Whoever is among `values` of the input `of` has this `value` of another input, `name`."""

    of: str
    values: tuple[Value, ...]
    name: str
    value: Value


def implications(inputs: Mapping[str, Input]) -> tuple[Implied, ...]:
    """All implications of the questions, and what they mean the other way round where that leaves one value."""
    return tuple(_all(inputs))


def _all(inputs: Mapping[str, Input]) -> Iterator[Implied]:
    for entry in inputs.values():
        for each in entry.question.implies:
            rest = [value for value in entry.question.listed if value not in each.of]
            for name, value in each.means.items():
                yield Implied(entry.name, each.of, name, value)
                others = tuple(other for other in inputs[name].question.listed if other != value)
                if len(rest) == 1:
                    yield Implied(name, others, entry.name, rest[0])


def with_implied(facts: Mapping[str, Value], rules: tuple[Implied, ...]) -> dict[str, Value]:
    """What was told, and all that follows from it."""
    known = dict(facts)
    while found := {each.name: each.value for each in rules if _follows(each, known) and each.name not in known}:
        known |= found
    return known


def _refuse_contradictions(facts: Mapping[str, Value], rules: tuple[Implied, ...]) -> None:
    known = with_implied(facts, rules)
    for each in rules:
        if _follows(each, known) and known[each.name] != each.value:
            raise FactError(f"{each.name}: trái với {each.of}, hai điều không thể cùng đúng")


def _follows(each: Implied, known: Mapping[str, Value]) -> bool:
    return each.of in known and known[each.of] in each.values
