"""Syllables, each with two faces."""

import re
from typing import Any

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from foundation.text import fold
from nlu.teencode import PLAIN

PLAIN_FACE = "plain"

SYLLABLE = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[^\w\s]|_")
"""A number with its separators, a run of letters, or a single mark."""


def faces(text: str) -> list[tuple[str, str, int, int]]:
    """(as written in lower case, plain, start, end) of each syllable, number and mark of a text in NFC.

    Plain is bare Latin with the short forms of texting written out: "ko" and "không" are both "khong". A number and
    the letters glued to it ("500k", "2tr2") are apart, so that the amount is seen whatever its unit.
    """
    found = []
    after_number = False
    for match in SYLLABLE.finditer(text):
        written = match.group().lower()
        bare = fold(written) or written
        # "500 k" is a sum, "được k" is a question.
        plain = bare if bare == "k" and after_number else PLAIN.get(bare, bare)
        found.append((written, plain, match.start(), match.end()))
        after_number = written[0].isdigit()
    return found


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class FoldingTokenizer(Tokenizer):
    """Splits into syllables; a token's text is the word as written, its `plain` property the other face.

    Vietnamese writes blanks between syllables, not words, so longer n-grams stand in for a word segmenter.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        return [
            Token(written, start, end, data={PLAIN_FACE: plain})
            for written, plain, start, end in faces(message.get(attribute) or "")
        ]
