"""The sentences of a text: a long story hides its question, and one text may ask two things."""

import re
from itertools import pairwise

from bot.carrying import asks, for_the_same, leveled
from foundation.text import fold

MOST_PIECES = 6
LEAST_WORDS = 3

_END = re.compile(r"(?<=[.?!;])\s+|(?<=[^\W\d_])[?!;]+(?=[^\W\d_])")
_AND_ALSO = re.compile(
    r"\s*,?\s+(?:(?:voi lai|ngoai ra|nhung ma|san tien) "
    r"|(?:(?:a|ma|nhung|va|roi|san) )*(?=(?:xin )?cho (?:\w+ )?hoi(?!\w)))"
)
_COMMA = re.compile(r"\s*,\s+")


def pieces(text: str) -> tuple[str, ...]:
    """The sentences of at least three words, the last six of them; none if the text is one sentence.

    The last ones, because people tell first and ask then. A comma ends a sentence where both sides of it ask.
    """
    found = [asked for line in text.splitlines() for part in sentences(line) for asked in _apart(part)]
    long = [piece for piece in found if len(piece.split()) >= LEAST_WORDS]
    return for_the_same(tuple(long[-MOST_PIECES:])) if len(found) > 1 else ()


def sentences(text: str) -> list[str]:
    """The sentences of a text, however short."""
    return _split(text, _END, _AND_ALSO)


def clauses(text: str) -> list[str]:
    """The parts of a text that may each say something of its own, however short."""
    return _split(text, _END, _AND_ALSO, _COMMA)


def _apart(clause: str) -> list[str]:
    """The questions of a sentence that stand between commas, each with what is told before it."""
    told: list[str] = []
    for part in _COMMA.split(clause):
        if told and asks(told[-1]) and asks(part):
            told.append(part)
        else:
            told[-1:] = [", ".join([*told[-1:], part])]
    return told


def _split(text: str, *breaks: re.Pattern[str]) -> list[str]:
    """The parts between what the patterns find in the folded text, without blanks around them."""
    folded, text = fold(text), leveled(text)
    cuts = sorted({span for pattern in breaks for match in pattern.finditer(folded) if (span := match.span())})
    edges = [0, *(edge for span in cuts for edge in span), len(text)]
    parts = (text[start:end].strip() for start, end in list(pairwise(edges))[::2])
    return [part for part in parts if part]
