"""Numbers of people, years and kilometres as people write them: 5, năm, bảy mươi sáu, bảy sáu, 3,5, hơn 4, gần 75."""

import re
from decimal import Decimal

from foundation.text.normal import fold

_DIGITS = {
    "khong": 0, "mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "lam": 5, "sau": 6, "bay": 7, "tam": 8,
    "chin": 9,
}  # fmt: skip
_WORD = "|".join([*_DIGITS, "muoi", "chuc", "tram", "linh", "le", "moi", "nham", "mot"])
_SPELT = re.compile(rf"(?<!\w)(?:{_WORD})(?:\s+(?:{_WORD}))*(?!\w)")
_NUMERAL = re.compile(r"(?<![\w.,])(\d+(?:[.,]\d+)?)(?![.,]?\d)")


def parse_counts(text: str) -> "list[Decimal]":
    """All numbers of a text in order, in figures or, where there are none, in words. Money is `parse_vnd`'s."""
    folded = fold(text)
    figures = [Decimal(match[1].replace(",", ".")) for match in _NUMERAL.finditer(_unglued(folded))]
    if figures:
        return [figure + _half(folded) for figure in figures[:1]] + figures[1:]
    return [value for match in _SPELT.finditer(folded) if (value := _spelt(match[0].split())) is not None]


def _unglued(folded: str) -> str:
    """ "76t", "5ng", "4km" with their unit apart, so that the number stands alone."""
    return re.sub(r"(?<=\d)(?=[a-z])", " ", folded)


def _half(folded: str) -> Decimal:
    """ "4 cây rưỡi" is 4.5."""
    return Decimal("0.5") if re.search(r"\d\s*[a-z]*\s+ruoi(?!\w)", folded) else Decimal(0)


def _spelt(words: "list[str]") -> "Decimal | None":
    """ "bảy mươi sáu" and, shortened, "bảy sáu" are 76; "mười lăm" is 15; words that make no number are None."""
    if words[0] == "lam":  # five after tens alone: else it is "lắm", "làm"
        return None
    hundreds = tens = ones = None
    for word in words:
        if word == "tram":
            hundreds, ones = (ones if ones is not None else 1), None
        elif word in ("muoi", "chuc"):
            tens, ones = (ones if ones is not None else 1), None
        elif word in _DIGITS:
            if ones is not None and tens is not None:
                return None
            tens, ones = (ones, _DIGITS[word]) if ones is not None else (tens, _DIGITS[word])
    if hundreds is None and tens is None and ones is None:
        return None
    return Decimal(100 * (hundreds or 0) + 10 * (tens or 0) + (ones or 0))
