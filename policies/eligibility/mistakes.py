"""What can be wrong with a condition or an amount: told in English here, and by whoever has sentences of their own."""

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from enum import Enum, auto
from typing import Final


class Mistake(Enum):
    """Each kind of mistake has one sentence in each language."""

    ENDS_EARLY = auto()
    UNREADABLE = auto()
    NUMBER_FOR_YES_NO = auto()
    NOT_YES_NO = auto()
    NO_FUNCTION = auto()
    NO_ARGUMENT = auto()
    NOT_ONE_INPUT = auto()
    OTHER_INPUT = auto()
    NO_ORDER = auto()
    NO_CHOICE = auto()
    NO_VALUE = auto()
    NOT_QUOTED = auto()
    NO_NUMBER = auto()
    NO_PARAMETER = auto()
    NO_INPUT = auto()


ENGLISH: Final[Mapping[Mistake, str]] = {
    Mistake.ENDS_EARLY: "ends too early",
    Mistake.UNREADABLE: "can't be read at {word!r}",
    Mistake.NUMBER_FOR_YES_NO: "{word!r} is a number, where yes or no is asked",
    Mistake.NOT_YES_NO: "{word!r} is no yes/no input: compare it with something",
    Mistake.NO_FUNCTION: "no function {word!r} here",
    Mistake.NO_ARGUMENT: "{of} can't be asked of {word!r}",
    Mistake.NOT_ONE_INPUT: "{word!r}: compare one input, alone on its side",
    Mistake.OTHER_INPUT: "{word!r} is compared with another input: only with parameters and numbers",
    Mistake.NO_ORDER: "{word!r} is no number: only = and != compare it",
    Mistake.NO_CHOICE: "{word!r} has no values to choose among",
    Mistake.NO_VALUE: "{of} has no value {word!r}: {known}",
    Mistake.NOT_QUOTED: '{of} is a text: write "{word}"',
    Mistake.NO_NUMBER: "{word!r} is no number",
    Mistake.NO_PARAMETER: "no parameter {word!r}",
    Mistake.NO_INPUT: "no input {word!r}",
}


class ConditionError(Exception):
    """A condition that can't be read or means nothing. As a string it is English.

    `word` is what is wrong, `at` how many letters of the text stand before it. `of` is what the word was said of, and
    `known` are the names that could stand in its place.
    """

    def __init__(self, mistake: Mistake, word: str, at: int, of: str = "", known: Collection[str] = ()) -> None:
        self.mistake, self.word, self.at, self.of, self.known = mistake, word, at, of, known
        super().__init__(self.told(ENGLISH, "; did you mean {nearest!r}?"))

    def told(self, sentences: Mapping[Mistake, str], suggestion: str) -> str:
        """One of the sentences, filled in; followed by the suggestion where a known name is near the word."""
        sentence = sentences[self.mistake].format(word=self.word, of=self.of, known=", ".join(self.known))
        nearest = self.nearest
        return sentence + suggestion.format(nearest=nearest) if nearest else sentence

    @property
    def nearest(self) -> str | None:
        """The known name that was probably meant: one that begins with the word, else one that is spelt much alike."""
        longer = [name for name in self.known if name.startswith(self.word)]
        near = get_close_matches(self.word, longer, 1, cutoff=0) or get_close_matches(self.word, self.known, 1)
        return near[0] if near else None
