"""Languages besides Vietnamese: which one somebody speaks, and whether a text is written in one we do not read."""

import re
import unicodedata

from foundation.text import fold

UNKNOWN = "chưa rõ"
ENGLISH = "Anh"

_NAMES = {
    "e de": "Ê Đê", "ede": "Ê Đê", "rade": "Ê Đê", "gia rai": "Gia Rai", "jrai": "Gia Rai", "jarai": "Gia Rai",
    "ba na": "Ba Na", "bana": "Ba Na", "bahnar": "Ba Na", "xo dang": "Xơ Đăng", "xe dang": "Xơ Đăng",
    "sedang": "Xơ Đăng", "gie trieng": "Gié Triêng", "gie": "Gié Triêng", "m'nong": "Mnông", "mnong": "Mnông",
    "m nong": "Mnông", "h're": "Hrê", "hre": "Hrê", "k'ho": "Cơ Ho", "co ho": "Cơ Ho", "ra glai": "Ra Glai",
    "raglai": "Ra Glai", "cham": "Chăm", "h'mong": "Mông", "hmong": "Mông", "mong": "Mông", "thai": "Thái",
    "tay": "Tày", "nung": "Nùng", "dao": "Dao", "muong": "Mường", "khmer": "Khmer", "kho me": "Khmer",
    "anh": ENGLISH, "english": ENGLISH,
}  # fmt: skip
_SPEAKS = re.compile(rf"(?<!\w)tieng (?:dan toc |nguoi )?(?P<name>{'|'.join(_NAMES)})(?!\w)")
_ENGLISH_WORDS = (
    "what how where who when which why you your are please help want need money much many people poor household apply "
    "get with this that from have has tell could would should for and of will does did about if not hello family is "
    "someone call back my"
)
_ENGLISH = frozenset(_ENGLISH_WORDS.split())
_LEAST_SHARE = 0.4
"""Of a text's words that are English and nothing else before it is taken for English; and at least two."""
_SYLLABLE = r"(?:ngh?|nh|gh|gi|kh|ch|ph|qu|th|tr|[bcdghlmnprstvx]|k(?=[eiy]))?(?:[aeiouy]{1,3})(?:ng|nh|ch|[cmnpt])?"
_VIETNAMESE = re.compile(rf"{_SYLLABLE}|(?:{_SYLLABLE}){{2,}}(?<=\w{{6}})")
_VOWELS = frozenset("aeiouy")
_TONED = re.compile("[\u1ea0-\u1ef9]")
"""Letters that carry two marks, which Vietnamese alone has: a text with one of them is Vietnamese."""
_IN_NAMES = frozenset(["dak", "krong", "kroong", "plei", "buon"])
_MOST_SHORT = 2
"""Letters up to which a word tells no language: "ko", "dc", "oh"."""
_LEAST_FOREIGN = 3


def spoken_by(text: str) -> str | None:
    """The language that somebody speaks, where a text says so: "chỉ nói được tiếng Ê Đê" → "Ê Đê"."""
    found = _SPEAKS.search(fold(text))
    return _NAMES[found["name"]] if found else None


def written_in(text: str) -> str | None:
    """The language that a text is written in where it is not Vietnamese, or `UNKNOWN`; None for Vietnamese."""
    letters = [c for c in text if c.isalpha()]
    latin = sum(unicodedata.name(c, "").startswith(("LATIN", "FULLWIDTH LATIN")) for c in letters)
    if letters and latin * 2 < len(letters):
        return UNKNOWN
    words = re.findall(r"[a-z']+", fold(text))
    english = sum(word in _ENGLISH for word in words)
    if english >= 2 and english >= _LEAST_SHARE * len(words):
        return ENGLISH
    return UNKNOWN if not _TONED.search(text) and _is_no_vietnamese(words) else None


def _is_no_vietnamese(words: list[str]) -> bool:
    """Whether most words cannot be syllables of Vietnamese. Short ones, abbreviations and names tell nothing."""
    told = [word for word in words if len(word) > _MOST_SHORT and _VOWELS & {*word} and word not in _IN_NAMES]
    foreign = sum(_VIETNAMESE.fullmatch(word) is None for word in told)
    return foreign >= _LEAST_FOREIGN and foreign * 2 > len(told)
