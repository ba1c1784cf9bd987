"""The sentences of a text: a long story hides its question, and one text may ask two things."""

import re

MOST_PIECES = 6
LEAST_WORDS = 3

_END = re.compile(r"(?<=[.?!;])\s+|\n+|(?<=[^\W\d_])[?!;]+(?=[^\W\d_])")


def pieces(text: str) -> tuple[str, ...]:
    """The sentences of at least three words, the last six of them; none if they are not at least two.

    The last ones, because people tell first and ask then.
    """
    found = [piece.strip() for piece in _END.split(text)]
    long = [piece for piece in found if len(piece.split()) >= LEAST_WORDS]
    return tuple(long[-MOST_PIECES:]) if len(long) > 1 else ()
