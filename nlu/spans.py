"""Spans of words and what they are called, in two passes of conditional random fields.

First pass, over the words: one field tags words with the names of entities, another only with the borders of spans.
The names bring out what stands in a new wording, the borders what has no clear name. Second pass: a field over the
spans alone names them. It sees what one word does not: the sentence on both sides, however long the names between are,
and what the spans beside it are called.

How far it should look depends on the data. In natural questions the far words tell a role ("từ" at the beginning of
the sentence); where each intent has a handful of wordings they are learned by heart instead. So that is measured, on
texts whose spans stand between words that training has not seen together. What each part is worth:
docs/decisions/0002-understanding.md.
"""

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pycrfsuite

from nlu import clues

NO_ENTITY = "O"

_PARTS = 3
"""How far to look is measured on each part in turn, after training on the others."""

Borders = tuple[int, int]
"""A span: its first word, and the word after its last."""


class Span(NamedTuple):
    """Words from `first` up to, but not with, `end`, and what they are called."""

    first: int
    end: int
    name: str


class Example(NamedTuple):
    """Words of a training text, their tags (B-x at the first word of an entity x, I-x at its others, O elsewhere), and
    the number of the example it was made from."""

    written: Sequence[str]
    plain: Sequence[str]
    tags: Sequence[str]
    source: int

    @property
    def spans(self) -> list[Span]:
        return spans_of(self.tags)

    @property
    def borders(self) -> list[Borders]:
        return [(span.first, span.end) for span in self.spans]


@dataclass(frozen=True)
class Settings:
    """L1 and L2 penalties, steps of training, how often a clue must occur to count, words seen on either side."""

    c1: float = 0.05
    c2: float = 0.05
    iterations: int = 60
    least: int = 2
    window: int = 2


class Field:
    """A trained field: clues of each place of a sequence in, a tag for each out."""

    def __init__(self, trained: bytes) -> None:
        # From memory, for the folder goes away; and the bytes must be held, for the tagger reads them where they lie.
        self.trained = trained
        self._tagger = pycrfsuite.Tagger()
        self._tagger.open_inmemory(trained)

    @classmethod
    def learn(cls, sequences: Iterable[tuple[list[list[str]], list[str]]], settings: Settings) -> "Field":
        """From (clues of each place, tags); at least one, for a field learned from nothing crashes when asked."""
        trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
        trainer.set_params(
            {
                "c1": settings.c1,
                "c2": settings.c2,
                "max_iterations": settings.iterations,
                "feature.minfreq": settings.least,
            }
        )
        for seen, tags in sequences:
            trainer.append(seen, tags)
        with tempfile.TemporaryDirectory(prefix="loa-field-") as folder:
            trainer.train(str(Path(folder, "field")))
            return cls(Path(folder, "field").read_bytes())

    def tag(self, seen: "list[list[str]] | pycrfsuite.ItemSequence") -> list[str]:
        return self._tagger.tag(seen)


class SpanMarker:
    """Learned fields of both passes: words in, spans with names out."""

    def __init__(self, words: Field, borders: Field, names: Field, *, wide: bool, window: int) -> None:
        self._fields = {"words": words, "borders": borders, "names": names}
        self.wide = wide
        self._window = window

    @classmethod
    def learn(cls, examples: Sequence[Example], settings: Settings) -> "SpanMarker":
        """At least one example must have an entity."""
        seen = [clues.of_words(each.written, each.plain, settings.window) for each in examples]
        words = Field.learn(zip(seen, (list(each.tags) for each in examples), strict=True), settings)
        borders = Field.learn(zip(seen, (border_tags(each.tags) for each in examples), strict=True), settings)
        wide = is_wide_better(examples, settings)
        return cls(words, borders, _names(examples, settings, wide), wide=wide, window=settings.window)

    def mark(self, written: Sequence[str], plain: Sequence[str]) -> list[Span]:
        """Spans in order, none over another; of two that meet, the one whose name the first pass knew stays."""
        seen = pycrfsuite.ItemSequence(clues.of_words(written, plain, self._window))
        named, bare = ([span[:2] for span in spans_of(self._fields[name].tag(seen))] for name in ("words", "borders"))
        spans = sorted(named + [span for span in bare if not any(_meet(span, other) for other in named)])
        names = self._fields["names"].tag(clues.of_spans(written, plain, spans, wide=self.wide))
        return [Span(*span, name) for span, name in zip(spans, names, strict=True)]

    def save(self, folder: Path) -> None:
        for name, field in self._fields.items():
            (folder / f"{name}.crfsuite").write_bytes(field.trained)
        (folder / "spans.json").write_text(json.dumps({"wide": self.wide, "window": self._window}), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> "SpanMarker":
        document = json.loads((folder / "spans.json").read_text(encoding="utf-8"))
        fields = [Field((folder / f"{name}.crfsuite").read_bytes()) for name in ("words", "borders", "names")]
        return cls(*fields, wide=document["wide"], window=document["window"])


def spans_of(tags: Sequence[str]) -> list[Span]:
    """The spans that tags tell: one begins with B, and where the name changes."""
    spans: list[Span] = []
    before = NO_ENTITY
    for place, tag in enumerate(tags):
        if tag[0] in "BI":
            if tag[0] == "B" or before[0] not in "BI" or before[2:] != tag[2:]:
                spans.append(Span(place, place + 1, tag[2:]))
            else:
                spans[-1] = spans[-1]._replace(end=place + 1)
        before = tag
    return spans


def _meet(one: Borders, other: Borders) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def border_tags(tags: Sequence[str]) -> list[str]:
    """The tags without names, but with borders told from both sides: "B<" and "I<" end a span, "O<" stands before one,
    "O>" after one, "O<>" between two.

    A word outside that announces a span ("từ", "tới") is so learned as such.
    """
    bare = [tag[0] for tag in tags]
    result = []
    for place, tag in enumerate(bare):
        before = bare[place - 1] if place else NO_ENTITY
        after = bare[place + 1] if place + 1 < len(bare) else NO_ENTITY
        if tag == NO_ENTITY:
            result.append(tag + "<" * (after != NO_ENTITY) + ">" * (before != NO_ENTITY))
        else:
            result.append(tag + "<" * (after != "I"))
    return result


def kinds_of(examples: Sequence[Example]) -> list[int]:
    """The number of the kind of each: one kind have those whose spans stand between the same words. All copies of one
    example are of the kind of the first."""
    kinds: dict[str, int] = {}
    found: dict[int, int] = {}
    for each in examples:
        surroundings = clues.surroundings(each.plain, each.borders)
        found.setdefault(each.source, kinds.setdefault(surroundings, len(kinds)))
    return [found[each.source] for each in examples]


def is_wide_better(examples: Sequence[Example], settings: Settings) -> bool:
    """Whether looking far names more spans right in texts of kinds not seen; each kind is judged once."""
    parts: list[list[Example]] = [[] for _ in range(_PARTS)]
    for each, kind in zip(examples, kinds_of(examples), strict=True):
        if each.borders:
            parts[kind % _PARTS].append(each)

    def right(wide: bool) -> int:
        total = 0
        for apart in parts:
            kept = [each for part in parts if part is not apart for each in part]
            total += _named_right(_names(kept, settings, wide), apart, wide)
        return total

    return all(parts) and right(True) > right(False)


def _named_right(names: Field, examples: Sequence[Example], wide: bool) -> int:
    return sum(
        said == span.name
        for each in examples
        for said, span in zip(names.tag(_seen(each, wide)), each.spans, strict=True)
    )


def _names(examples: Sequence[Example], settings: Settings, wide: bool) -> Field:
    """The field of the second pass, from the spans as they are."""
    return Field.learn(
        ((_seen(each, wide), [span.name for span in each.spans]) for each in examples if each.borders), settings
    )


def _seen(example: Example, wide: bool) -> list[list[str]]:
    return clues.of_spans(example.written, example.plain, example.borders, wide=wide)
