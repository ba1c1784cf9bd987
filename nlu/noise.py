"""The ways people really type, made from clean text by pure functions over words; every choice comes from a seed.

A style takes the words of a text and gives as many back, so that whoever holds positions into the text can follow them;
an empty string means "written together with, or swallowed by, the word before".
"""

import unicodedata
from collections.abc import Callable
from random import Random

from foundation.text import unaccent
from nlu.teencode import SHORT

Style = Callable[[list[str], Random], list[str]]

_REGIONAL: dict[str, tuple[str, ...]] = {
    "tôi": ("tui", "tau"),
    "gì": ("chi",),
    "sao": ("răng",),
    "đâu": ("mô",),
    "vậy": ("rứa",),
    "này": ("ni",),
    "kia": ("tê",),
    "không": ("hông", "hổng", "hem", "khôn"),
    "mẹ": ("má", "mạ", "mệ"),
    "bố": ("ba", "cha", "tía"),
    "bao nhiêu": ("mấy", "bi nhiêu", "nhiêu"),
    "như thế nào": ("răng", "sao"),
    "thế nào": ("răng", "sao"),
    "bao giờ": ("chừng nào", "khi mô"),
    "khi nào": ("chừng nào", "khi mô"),
    "bên ấy": ("bển",),
    "ông ấy": ("ổng",),
    "bà ấy": ("bả",),
    "anh ấy": ("ảnh",),
    "giờ": ("chừ",),
    "vợ": ("bà xã",),
    "chồng": ("ông xã",),
    "ạ": ("nghe", "hỉ"),
    "nhé": ("nghen", "hén"),
    "mày": ("mi",),
}

_LONGEST_PHRASE = 7

_TELEX_TONE = {"\u0300": "f", "\u0301": "s", "\u0309": "r", "\u0303": "x", "\u0323": "j"}
_TELEX_SHAPE = {"â": "aa", "ê": "ee", "ô": "oo", "ă": "aw", "ơ": "ow", "ư": "uw", "đ": "dd"}

_SOUNDALIKE = (
    ("ngh", "ng"), ("gh", "g"), ("ch", "tr"), ("tr", "ch"), ("s", "x"), ("x", "s"), ("d", "gi"), ("gi", "d"),
    ("r", "d"), ("l", "n"), ("n", "l"), ("v", "d"), ("qu", "w"), ("ph", "f"), ("k", "c"), ("c", "k"),
)  # fmt: skip
"""Beginnings of syllables that one region or another says alike, and writes alike."""


def folded(words: list[str], random: Random) -> list[str]:
    """Without any diacritics: how every third text is typed."""
    return [unaccent(word) for word in words]


def teencode(words: list[str], random: Random) -> list[str]:
    """Shortened as on a phone; more often than not without diacritics as well."""
    short = _replaced(words, SHORT, 0.75, random)
    return [unaccent(word) for word in short] if random.random() < 0.65 else short


def regional(words: list[str], random: Random) -> list[str]:
    """In the words of the Centre and the South, with or without diacritics."""
    spoken = _replaced(words, _REGIONAL, 0.9, random)
    return [unaccent(word) for word in spoken] if random.random() < 0.5 else spoken


def typo(words: list[str], random: Random) -> list[str]:
    """A slip of the finger in about every fifth word, at least one; half of the texts bare."""
    typed = [unaccent(word) for word in words] if random.random() < 0.5 else list(words)
    places = [i for i, word in enumerate(typed) if len(word) > 1 and word.isalpha()]
    for i in random.sample(places, min(len(places), max(1, len(places) // 5))):
        typed[i] = random.choice(_SLIPS)(typed[i], random)
    return typed


def run_together(words: list[str], random: Random) -> list[str]:
    """Blanks forgotten between one or two pairs of words."""
    joined = [unaccent(word) for word in words] if random.random() < 0.7 else list(words)
    for _ in range(random.randint(1, 2)):
        pairs = [i for i in range(len(joined) - 1) if joined[i].isalpha() and joined[i + 1].isalpha()]
        if pairs:
            i = random.choice(pairs)
            joined[i], joined[i + 1] = joined[i] + joined[i + 1], ""
    return joined


STYLES: dict[str, Style] = {
    "folded": folded,
    "teencode": teencode,
    "regional": regional,
    "typo": typo,
    "run_together": run_together,
}
"""Name in `config.yml` → style."""


def _replaced(words: list[str], table: dict[str, tuple[str, ...]], chance: float, random: Random) -> list[str]:
    """Each longest phrase found in the table gives way, with that chance, to one of its other forms."""
    lowered = [word.lower() for word in words]
    result: list[str] = []
    i = 0
    while i < len(words):
        for length in range(min(_LONGEST_PHRASE, len(words) - i), 0, -1):
            others = table.get(" ".join(lowered[i : i + length]))
            if others and random.random() < chance:
                result += [random.choice(others), *[""] * (length - 1)]
                i += length
                break
        else:
            result.append(words[i])
            i += 1
    return result


def _dropped_letter(word: str, random: Random) -> str:
    i = random.randrange(len(word))
    return word[:i] + word[i + 1 :]


def _swapped_letters(word: str, random: Random) -> str:
    i = random.randrange(len(word) - 1)
    return word[:i] + word[i + 1] + word[i] + word[i + 2 :]


def _doubled_letter(word: str, random: Random) -> str:
    i = random.randrange(len(word))
    return word[: i + 1] + word[i:]


def _soundalike(word: str, random: Random) -> str:
    fitting = [(a, b) for a, b in _SOUNDALIKE if word.startswith(a)]
    if not fitting:
        return _dropped_letter(word, random)
    written, heard = random.choice(fitting)
    return heard + word[len(written) :]


def _telex_slip(word: str, random: Random) -> str:
    """The keys of the Telex method as they were pressed, when the phone did not turn them into letters."""
    tones = "".join(_TELEX_TONE.get(c, "") for c in unicodedata.normalize("NFD", word))
    toneless = "".join(c for c in unicodedata.normalize("NFD", word) if c not in _TELEX_TONE)
    shaped = unicodedata.normalize("NFC", toneless)
    return "".join(_TELEX_SHAPE.get(c, c) for c in shaped) + tones


_SLIPS = (_dropped_letter, _dropped_letter, _swapped_letters, _doubled_letter, _soundalike, _telex_slip)
