"""Where a text falls into sentences and clauses, told by its folded form so that it holds in any spelling."""

import re
from itertools import pairwise

from foundation.text import fold

# The mark that ends a sentence stays with it: whether a sentence asks is also told by its question mark.
_END = re.compile(r"(?<=[.?!;])\s+|(?<=[^\W\d_][?!;])(?=[^\W\d_])|(?<=[?!;]{2})(?=[^\W\d_])")
_AND_ALSO = re.compile(
    r"\s*,?\s+(?:(?:voi lai|ngoai ra|nhung ma|san tien) "
    r"|(?:(?:a|ma|nhung|va|roi|san) ){0,3}(?=(?:xin )?cho (?:\w+ )?hoi(?!\w)))"
)
_COMMA = re.compile(r"\s*,\s+")


def sentences(text: str) -> list[str]:
    """The sentences of a text, however short; a question that follows without a stop ("… cho hỏi …") is one too."""
    return _split(text, _END, _AND_ALSO)


def clauses(text: str) -> list[str]:
    """The parts of a text that may each say something of its own, however short: commas end them as well."""
    return _split(text, _END, _AND_ALSO, _COMMA)


def between_commas(sentence: str) -> list[str]:
    """The parts of a sentence between its commas."""
    return _split(sentence, _COMMA)


def leveled(text: str) -> str:
    """The text, where its folded form has each letter in the same place; else that form."""
    folded = fold(text)
    return text if len(text) == len(folded) else folded


def _split(text: str, *breaks: re.Pattern[str]) -> list[str]:
    """The parts between what the patterns find in the folded text, without blanks around them."""
    folded, text = fold(text), leveled(text)
    cuts = sorted({span for pattern in breaks for match in pattern.finditer(folded) if (span := match.span())})
    edges = [0, *(edge for span in cuts for edge in span), len(text)]
    parts = (text[start:end].strip() for start, end in list(pairwise(edges))[::2])
    return [part for part in parts if part]
