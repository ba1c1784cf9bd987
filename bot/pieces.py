"""The sentences of a text: a long story hides its question, and one text may ask two things."""

from bot.carrying import asks, for_the_same
from bot.sentences import between_commas, sentences

MOST_PIECES = 6
LEAST_WORDS = 3


def pieces(text: str) -> tuple[str, ...]:
    """The sentences of at least three words, the last six of them; none if the text is one sentence.

    The last ones, because people tell first and ask then. A comma ends a sentence where both sides of it ask.
    """
    found = [asked for sentence in sentences(text) for asked in _apart(sentence)]
    long = [piece for piece in found if len(piece.split()) >= LEAST_WORDS]
    return for_the_same(tuple(long[-MOST_PIECES:])) if len(found) > 1 else ()


def _apart(sentence: str) -> list[str]:
    """The questions of a sentence that stand between commas, each with what is told before it."""
    told: list[str] = []
    for part in between_commas(sentence):
        if told and asks(told[-1]) and asks(part):
            told.append(part)
        else:
            told[-1:] = [", ".join([*told[-1:], part])]
    return told
