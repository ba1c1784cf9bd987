"""Money as people write it (200k, 2tr5, 1,5 triệu, năm trăm nghìn, nửa triệu) and as we write it back."""

import re
from decimal import Decimal

from foundation.text.normal import fold

MAX_VND = 1_000_000_000_000
"""A thousand billion đồng: what is above it is a slip or a joke."""

# "ng" (người), "cu" (cụ) and "m" (mét) also follow numbers, so they are no units of money here.
_UNITS = {
    "d": 1, "dong": 1, "vnd": 1,
    "k": 1_000, "nghin": 1_000, "ngan": 1_000,
    "tr": 1_000_000, "trieu": 1_000_000,
    "ty": 1_000_000_000, "ti": 1_000_000_000,
}  # fmt: skip
_NUMERAL = re.compile(
    r"(?<![\w.,])(?P<whole>\d{1,3}(?:[.,]\d{3})+(?!\d)|\d+)(?:[.,](?P<fraction>\d{1,2}))?"
    r"(?:\s*(?P<unit>nghin|ngan|trieu|dong|vnd|ty|ti(?!\s*vi\b)|tr|k|d)(?P<tail>\d{1,3})?(?P<half>\s+ruoi)?)?(?!\w)"
)
_DIGITS = {
    "mot": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4, "nam": 5, "lam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9,
}  # fmt: skip
_SCALES = {"nghin": 1_000, "ngan": 1_000, "trieu": 1_000_000, "ty": 1_000_000_000, "ti": 1_000_000_000}
_WORD = "|".join([*_DIGITS, *_SCALES, "muoi", "tram", "linh", "le", "ruoi", "nua"])
_SPELT = re.compile(rf"(?<!\w)(?:{_WORD})(?:\s+(?:{_WORD}))*(?!\w)")


class AmountError(ValueError):
    """A text names two different amounts of money, or one nobody can mean."""


def format_vnd(amount: int) -> str:
    """An amount in Vietnamese style: 1250000 → "1.250.000 đồng"."""
    return f"{amount:,} đồng".replace(",", ".")


def parse_vnd(text: str) -> "int | None":
    """The one amount of money in a text, in VND; None where there is none.

    A number without a unit counts from four digits on and unless it looks like a year or a telephone number, so
    "nhà 5 người" and "năm 2025" name no money.

    Raises:
        AmountError: two different amounts, zero, or more than `MAX_VND`.
    """
    folded = fold(text)
    found = {*_numerals(folded), *_spelt(folded)}
    if not found:
        return None
    if len(found) > 1:
        raise AmountError("more than one amount")
    amount = found.pop()
    if not 0 < amount <= MAX_VND:
        raise AmountError("an amount nobody can mean")
    return amount


def _numerals(folded: str) -> "list[int]":
    return [amount for match in _NUMERAL.finditer(folded) if (amount := _numeral(match)) is not None]


def _numeral(match: "re.Match[str]") -> "int | None":
    digits = re.sub(r"[.,]", "", match["whole"])
    if match["unit"] is None:
        year = len(digits) == 4 and digits.startswith(("19", "20"))
        telephone = digits.startswith("0") or len(digits) > 12
        return None if match["fraction"] or year or telephone or len(digits) < 4 else int(digits)
    value = Decimal(f"{digits}.{match['fraction'] or 0}")
    if match["tail"]:  # "2tr5" is 2.5 million, "2tr250" 2.25 million
        value += Decimal(f"0.{match['tail']}")
    if match["half"]:
        value += Decimal("0.5")
    return int(value * _UNITS[match["unit"]])


def _spelt(folded: str) -> "list[int]":
    """Amounts in words. A group without a scale word ("hai con") or after a numeral ("500 nghìn") is none."""
    groups = (match for match in _SPELT.finditer(folded) if not re.search(r"\d\s*$", folded[: match.start()]))
    return [_value(words) for words in (match[0].split() for match in groups) if not _SCALES.keys().isdisjoint(words)]


def _value(words: "list[str]") -> int:
    total = group = scale = 0
    for word in words:
        if word in _SCALES:
            scale = _SCALES[word]
            total += scale // 2 if group < 0 else (group or 1) * scale
            group = 0
        elif word == "nua":  # "nửa triệu": half of the scale that follows
            group = -1
        elif word == "ruoi":  # "triệu rưỡi"
            total += scale // 2
        elif word == "tram":
            group = (group or 1) * 100
        elif word == "muoi":  # "hai trăm năm mươi": the last digit was tens; alone it is ten
            group += (group % 10) * 9 or 10
        elif word in _DIGITS:
            group += _DIGITS[word]
    # "triệu hai" is 1.2 million: a digit after the scale stands for its tenth.
    return total + (group * scale // 10 if 0 < group < 10 else 0)
