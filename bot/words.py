"""The bot's own sentences, from `words.yaml`: checked whole at load, filled by name."""

from functools import cache
from pathlib import Path
from string import Formatter

import yaml

from foundation.text import nfc

_FILE = Path(__file__).with_name("words.yaml")


class WordsError(Exception):
    """A sentence is missing, or is filled with other names than it holds."""


@cache
def _sentences() -> dict[str, str]:
    loaded = yaml.safe_load(_FILE.read_text("utf-8"))
    return {str(key): nfc(str(value)).strip() for key, value in loaded.items()}


def say(key: str, **values: str) -> str:
    """The sentence, filled. Raises WordsError for an unknown key or names that do not fit."""
    sentence = _sentences().get(key)
    if sentence is None:
        raise WordsError(f"{_FILE.name} has no «{key}»")
    wanted = {name for _, name, _, _ in Formatter().parse(sentence) if name}
    if wanted != values.keys():
        raise WordsError(f"{_FILE.name} «{key}» takes {sorted(wanted)}, got {sorted(values)}")
    return sentence.format(**values)
