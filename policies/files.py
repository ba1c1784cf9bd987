"""The policy files as they stand on disk, read strictly: an unknown key, a doubled key or a wrong date is an error.

Parameters keep OpenFisca's layout, so that its tax-benefit system can load the same folder.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import yaml

from foundation.text import fold
from policies.errors import Problem
from policies.model import Confidence, Facet

EARLIEST, LATEST = date(1945, 9, 2), date(2099, 12, 31)
"""No document of this state is older; whatever is dated later is a slip."""

Kind = Literal["Luật", "Nghị quyết", "Nghị định", "Quyết định", "Thông tư", "Công văn", "Kế hoạch", "Hướng dẫn"]


class Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all file shapes: what is not named is refused."""


class Document(Strict, frozen=True):
    """A legal document of `documents.yaml`. `effective_to` is its last day as the sources give it; an unknown date is
    null."""

    kind: Kind
    issued_on: date | None
    effective_from: date | None
    effective_to: date | None = None
    replaced_by: str | None = None


class Reference(Strict, frozen=True):
    """Where a parameter's value is written."""

    title: str
    number: str | None = None
    article: str | None = None


class Value(Strict, frozen=True):
    """A value from its date on; null ends the parameter."""

    value: int | float | None


class Metadata(Strict, frozen=True):
    """`unit`: VND, /1 (a share), or the thing counted. `last_value_still_valid_on`: when somebody last looked."""

    unit: str
    reference: dict[date, list[Reference]]
    last_value_still_valid_on: date
    confidence: Confidence


class Parameter(Strict, frozen=True):
    """One number of the law over time."""

    description: str
    values: dict[date, Value]
    metadata: Metadata
    documentation: str | None = None

    def on(self, day: date) -> Decimal | None:
        """The value in force that day; None before the first and after an end."""
        past = [start for start in self.values if start <= day]
        value = self.values[max(past)].value if past else None
        return None if value is None else Decimal(str(value))


class Variant(Strict, frozen=True, rename={"start": "from", "end": "to"}):
    """One wording of a facet, for the days from `from` to `to`, both included.

    `not_in_force` says that the text itself tells of a programme ended or not begun; only then may it cite past law.
    `long` lets a text take two bare segments where three accented ones are too few.
    """

    text: str
    start: date | None = None
    end: date | None = None
    cites: tuple[str, ...] | None = None
    facts: tuple[str, ...] | None = None
    confidence: Confidence | None = None
    not_in_force: bool = False
    long: bool = False


class Signature(Strict, frozen=True):
    """Who answers for the words: a person of `authority` other than who wrote them, to be asked again by `review_by`.

    `approved_version` is the version that was signed: what was changed since has no signature.
    """

    written_by: str
    approved_by: str | None
    approved_on: date | None
    authority: str
    review_by: date
    approved_version: str | None = None


def same_person(one: str, other: str) -> bool:
    """Whether two names are one as people write them: case, diacritics and blanks apart."""
    return fold(one) == fold(other)


class Undated(Strict, frozen=True):
    """The documents that may be cited though their first day is unknown, and when somebody last looked for it."""

    reviewed_on: date
    documents: tuple[str, ...]


class AnswerFile(Strict, frozen=True):
    """All that can be said on one subject. `since` is the first day it speaks for; `source` stands where no legal
    document does; `numbers` are the only telephone numbers its texts may hold."""

    title: str
    summary: str
    since: date
    confidence: Confidence
    answers: dict[Facet, Variant | list[Variant]]
    signature: Signature
    cites: tuple[str, ...] = ()
    source: str | None = None
    facts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()

    def variants(self, facet: Facet) -> list[Variant]:
        """The facet's wordings in file order, `from` filled in from `since`; [] when it has none."""
        found = self.answers.get(facet, [])
        listed = [found] if isinstance(found, Variant) else found
        return [v if v.start else msgspec.structs.replace(v, start=self.since) for v in listed]

    def all_variants(self) -> Iterator[tuple[Facet, Variant]]:
        """Every wording with its facet."""
        for facet in self.answers:
            for variant in self.variants(facet):
                yield facet, variant


class StrictLoader(yaml.CSafeLoader):
    """PyYAML lets a doubled key silently win over the first; here it is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep=deep)
        if len(mapping) != len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice", node.start_mark)
        return mapping

    def construct_day(self, node: yaml.ScalarNode) -> date:
        """A date that the law can mean; PyYAML's own error for 2025-13-01 names no line."""
        try:
            found = self.construct_yaml_timestamp(node)
        except ValueError as error:
            raise yaml.constructor.ConstructorError(None, None, f"{node.value}: {error}", node.start_mark) from None
        if type(found) is not date:
            raise yaml.constructor.ConstructorError(None, None, f"{node.value} has an hour", node.start_mark)
        if not EARLIEST <= found <= LATEST:
            reason = f"{node.value} is out of range: {EARLIEST} to {LATEST}"
            raise yaml.constructor.ConstructorError(None, None, reason, node.start_mark)
        return found


StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", StrictLoader.construct_day)


Shape = TypeVar("Shape")
Keys = tuple[str | int, ...]
KEYS_NAMED = re.compile(r"\$\.([\w.]+)")  # of "$.answers[...].text", those before the first msgspec leaves out


def read(path: Path, shape: type[Shape]) -> Shape | Problem:
    """The file decoded as `shape`, or the one problem that keeps it from being read."""
    try:
        content = yaml.load(path.read_text("utf-8"), StrictLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        return Problem(path, f"line {line}", error.problem or "not YAML")
    except (OSError, ValueError, yaml.YAMLError) as error:  # ValueError: not UTF-8
        return Problem(path, "", str(error))
    try:
        return msgspec.convert(content, shape)
    except msgspec.ValidationError as error:
        reason, _, where = str(error).partition(" - at ")
        named = KEYS_NAMED.search(where)
        return Problem(path, place(path, tuple(named[1].split(".")) if named else ()), reason)


def place(path: Path, keys: Keys) -> str:
    """Where in a readable YAML file the keys lead, as far as they are there: "line 12, answers.who"."""
    node = yaml.compose(path.read_text("utf-8"), StrictLoader)
    for key in keys:
        if isinstance(node, yaml.MappingNode):
            node = next((value for name, value in node.value if name.value == str(key)), node)
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int):
            node = node.value[key]
    line = f"line {node.start_mark.line + 1}" if node else ""
    return ", ".join(part for part in (line, ".".join(map(str, keys))) if part)
