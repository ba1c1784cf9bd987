"""What a list of households may tell: the inputs of the law that `headers.yaml` names, as columns of the register."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from people.register import Column, Entity, Kind
from policies.eligibility.inputs import Input

HEADERS = Path(__file__).with_name("headers.yaml")


def register_columns(inputs: Mapping[str, Input]) -> tuple[Column, ...]:
    """The columns, by name; choices are written as they are said when asked."""
    return tuple(_column(inputs[name], words) for name, words in sorted(headers().items()))


@cache
def headers() -> Mapping[str, tuple[str, ...]]:
    """The words that head each column, by the input's name."""
    content: Mapping[str, list[str]] = yaml.safe_load(HEADERS.read_text("utf-8"))
    return {name: tuple(words) for name, words in content.items()}


def _column(entry: Input, words: tuple[str, ...]) -> Column:
    return Column(
        name=entry.name,
        entity=Entity(entry.question.entity),
        kind=Kind(entry.kind),
        values=entry.values,
        headers=words,
        words={choice.say: value for value, choice in entry.question.choices.items()},
        least=entry.least,
        most=entry.most,
    )
