"""One answer as people text it, for one question: "C", "chưa có", "hộ cận nghèo", "1tr2", "sinh năm 1950", "gần 75"."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from foundation.text import AmountError, fold, parse_vnd
from foundation.text.counts import parse_counts
from policies.eligibility import Input, Kind, Value
from policies.errors import FactError

LETTERS = "ABCDEFGH"
"""What the choices of a question are called beside others: the questions have the numbers."""

NO = r"(?:khong|ko|kg|kh|hk|k|hong|hem|hok|chua|chang|no)"
_YES = r"(?:co|phai|dung|roi|u|uh|um|uhm|ok|oke|okie|yes|vang|y|c|da)"
_POLITE = re.compile(r"da|vang|thua|a|ah|ak|nha|nhe|em|anh|chi|chu|bac|con|toi|minh|tui|e|c|oi|thi|la|chau|ad|ban")
DOES_NOT_KNOW = re.compile(
    rf"(?<!\w)(?:kb|kbiet|hong biet|{NO} (?:co )?(?:biet|bit|biec|ro|nho|chac|nam ro|de y)|chiu|quen roi|quen mat"
    r"|kho noi|hong bit)(?!\w)|^\s*\?+\s*$"
)
_NOTHING_AT_ALL = re.compile(rf"(?<!\w){NO}(?!\w)(?: (?!{NO}(?!\w))\w+){{0,4}} (?:gi|j|ai|chi|nao|dau)(?!\w)")
_ASKS = re.compile(
    r"\?|(?<!\w)(?:gi|j|sao|the nao|bao nhieu|bn|o dau|khi nao|bao gio|nghia la|nhu nao|may|ai)(?!\w)(?! \d)"
)
_SPELT_OTHERWISE = re.compile(r"(?<!\w)(?:máy|chị|chỉ|đau|ái)(?!\w)", re.IGNORECASE)
_LESS = re.compile(rf"(?<!\w)(?:gan|duoi|it hon|nho hon|kem|{NO} (?:den|toi|du))(?!\w)")
_MORE = re.compile(r"(?<!\w)(?:hon|tren|ngoai)(?!\w)|\d\s*\+")
_BORN = re.compile(
    r"(?<!\w)(?:sn|s n|sinh(?: nam)?|nam sinh|nam)\s*:?\s*(?:\d{1,2}[/.-]){0,2}(19\d\d|20\d\d)(?!\d)"
    r"|^\D*(?:\d{1,2}[/.-]){0,2}(19\d\d|20\d\d)\D*$"
)
_BORN_SHORT = re.compile(r"(?<!\w)(?:sn|sinh(?: nam)?|nam sinh)\s*:?\s*(\d\d)(?!\d)")
_TENTHS = re.compile(r"(\d\s*(?:trieu|tr))\s+(\d{1,3})(?=$|[ .,!]*$)")
""" "1 triệu 2" is said for 1tr2."""
_MOST_WORDS = 9
"""An answer to one question is short; what is longer tells a story or asks something."""


_BROKEN_ACCENTED = re.compile(r"(?<!\w)hỏng(?!\w)", re.IGNORECASE)
_BROKEN = re.compile(r"(?<!\w)(?:bi hong|hong (?=(?:roi|het|nang|mat|hoc)(?!\w)))")
_FEW_WORDS = 3
"""Words among which a number word is one: in longer texts "bà" and "năm" are grandmothers and years."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Said of a question that its answer is not known."""


@dataclass(frozen=True, slots=True)
class Impossible:
    """Said of a question what cannot be its answer; `reason` is for the person."""

    reason: str


Said = Value | Unknown | Impossible


def asks(text: str) -> bool:
    """Whether a text asks anything; "không có gì hết" does not."""
    return _ASKS.search(_NOTHING_AT_ALL.sub(" khong ", fold(_SPELT_OTHERWISE.sub("…", text)))) is not None


def said_of(piece: str, asked: Input, on: date) -> Said | None:
    """What a text, or the piece of one, says of a question that was put; None where it says nothing of it."""
    folded = fold(piece)
    if DOES_NOT_KNOW.search(folded):
        return Unknown()
    if asks(piece) or len(folded.split()) > _MOST_WORDS:
        return None
    return _READERS[asked.kind](piece, asked, on)


def number_of(piece: str, asked: Input, on: date) -> Said | None:
    """The number that a piece tells of an input in its unit."""
    folded, unit = fold(piece), unit_of(asked)
    value = _money(piece) if unit == "VND" else _years(folded, on) if unit == "tuổi" else _count(folded, unit)
    if value is None or isinstance(value, Impossible):
        return value
    return _possible(asked, _bent(value, folded, asked))


def choice_named(folded: str, asked: Input) -> str | None:
    """The choice whose words stand in a folded text; the longest where one holds another."""
    found = [
        (len(words), value)
        for value, choice in asked.question.choices.items()
        for words in map(fold, (choice.say, *choice.heard))
        if stands_in(words, folded)
    ]
    return max(found)[1] if found else None


def stands_in(words: str, folded: str) -> re.Match[str] | None:
    """Where the words stand in a folded text, as whole words."""
    return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", folded)


def unit_of(asked: Input) -> str:
    """ "VND/người/tháng" counts VND."""
    return (asked.question.unit or "").partition("/")[0]


UNIT_WORDS: Mapping[str, str] = {
    "tuổi": r"tuoi|t(?=\W|$)",
    "km": r"km|cay so|cay|ki lo met",
    "kWh": r"kwh|so dien|ky dien|so|ki|ky",
    "người": r"nguoi|ng|nhan khau|khau|thanh vien|mieng an",
    "người con": r"con|chau|dua|be",
    "chỉ số": r"chi so",
}


def _yes_no(piece: str, asked: Input, on: date) -> Said | None:
    return _yes_or_no(piece)


def _yes_or_no(text: str) -> bool | None:
    """Yes or no by the first word that says either: "nhà em chưa có ạ" is no, "dạ có" is yes; "hỏng rồi" is neither."""
    words = re.findall(r"\w+", _BROKEN.sub("", fold(_BROKEN_ACCENTED.sub("", text))))
    for word in [word for word in words if not _POLITE.fullmatch(word)] or words:
        if re.fullmatch(NO, word):
            return False
        if re.fullmatch(_YES, word):
            return True
    return None


def _choice(piece: str, asked: Input, on: date) -> Said | None:
    folded = fold(piece).strip(" .)(")
    if re.fullmatch(r"[a-h]", folded) and (place := LETTERS.lower().index(folded)) < len(asked.values):
        return asked.values[place]
    if re.fullmatch(r"(?:so )?\d{1,2}", folded):
        place = int(folded.split()[-1]) - 1
        if 0 <= place < len(asked.values):
            return asked.values[place]
        return Impossible(f"chọn từ 1 đến {len(asked.values)}")
    if _yes_or_no(piece) is False:
        denied = next((value for value in asked.values if is_none(asked, value)), None)
        return denied or choice_named(folded, asked)
    return choice_named(folded, asked)


def is_none(asked: Input, value: str) -> bool:
    """Whether a choice says that there is nothing of what is asked."""
    return value == "none" or fold(asked.question.choices[value].say).startswith("khong")


def _number(piece: str, asked: Input, on: date) -> Said | None:
    folded = fold(piece)
    if asked.least == 0 and _yes_or_no(piece) is False and not re.search(r"\d", folded):
        return _possible(asked, Decimal(0))
    if re.search(r"(?<![\w.,])-\s?\d", piece):
        return Impossible("không thể là số âm")
    return number_of(piece, asked, on)


def _bent(value: Decimal, folded: str, asked: Input) -> Decimal:
    """ "gần 75" is not 75 yet, "hơn 4 km" is above 4: the law's limits are exact."""
    step = Decimal("0.1") if asked.kind is Kind.DECIMAL else Decimal(1)
    if _LESS.search(folded):
        return max(value - step, Decimal(0))
    return value + step if _MORE.search(folded) else value


def _possible(asked: Input, value: Decimal) -> Said:
    told = float(value) if asked.kind is Kind.DECIMAL else int(value)
    if asked.kind is Kind.WHOLE and told != value:
        return Impossible("phải là số tròn")
    try:
        return asked.read(told)
    except FactError as error:
        return Impossible(str(error).partition(": ")[2])


def _money(piece: str) -> Decimal | Impossible | None:
    piece = _TENTHS.sub(r"\1\2", fold(piece))
    try:
        amount = parse_vnd(piece)
    except AmountError:
        counts = parse_counts(piece)
        return Decimal(0) if counts == [0] else Impossible("chưa rõ là bao nhiêu tiền")
    if amount is not None:
        return Decimal(amount)
    counts = parse_counts(piece) if re.search(r"\d", piece) or len(piece.split()) <= _FEW_WORDS else []
    if counts == [0]:
        return Decimal(0)
    return Impossible("ghi rõ nghìn hay triệu, ví dụ 800 nghìn, 1tr2") if counts else None


def _years(folded: str, on: date) -> Decimal | None:
    if born := _BORN.search(folded):
        return Decimal(on.year - int(born[1] or born[2]))
    if born := _BORN_SHORT.search(folded):
        return Decimal(on.year - 1900 - int(born[1]) if int(born[1]) > on.year % 100 else on.year % 100 - int(born[1]))
    return _count(folded, "tuổi")


def _count(folded: str, unit: str) -> Decimal | None:
    """The number before the unit's word; else the only one in the text."""
    words = UNIT_WORDS.get(unit)
    near = re.search(rf"^(.*?)\s*(?<![a-z])(?:{words})(?: ruoi)?(?!\w)", folded) if words else None
    before = parse_counts(near[0]) if near else []
    counts = parse_counts(folded)
    return before[-1] if before else counts[0] if len(counts) == 1 else None


_READERS: Mapping[Kind, Callable[[str, Input, date], Said | None]] = {
    Kind.YES_NO: _yes_no,
    Kind.CHOICE: _choice,
    Kind.WHOLE: _number,
    Kind.DECIMAL: _number,
}
