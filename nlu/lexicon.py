"""Marks entities in training texts: phrases from `data/lexicon.yml`, numbers with a unit by pattern."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

_NUMBER = r"(?:\d+(?:[.,]\d+)*|một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|chục|trăm|mấy)"

_I = "(?:tôi|tui|em|mình|cháu|con)"
_ASKING = re.compile(
    rf"(?<!\w)(?:(?:cho|xin|để|nói) {_I} (?:xin )?(?:hỏi|biết|nghe)|{_I} (?:xin |muốn |cần |định )+(?:hỏi|biết))(?!\w)"
)
"""Who asks on behalf of nobody in particular: "cho tôi hỏi ai được hưởng" is not about the asker."""

_SELF = (
    r"(?<!chị )(?<!anh )(?<!các )(?<!mấy )(?<!con )(?<!một )(?<!xã )(?<!thôn )(?<!buôn )(?<!làng )(?<!bên )"
    r"(?:em|mình|cháu)(?= (?:có|được|thuộc|đủ|là|người|hộ|nhà|dân tộc|nghèo|cận nghèo|mồ côi|khuyết tật|muốn"
    r"|sắp|vừa|mới|đang|học|vay|đi|ở|nuôi|cũng)(?!\w))"
)
"""Pronouns that are also kin and vocatives stand for the asker only where something is said of them."""

_PATTERNS: tuple[tuple[str, str], ...] = (
    ("relation", _SELF),
    ("relation", rf"(?:mẹ|má|ba|bố|cha|ông|bà|chồng|vợ|con|cháu|bé)(?= {_NUMBER} (?:tháng )?tuổi)"),
    ("age", rf"{_NUMBER} (?:tháng )?tuổi"),
    (
        "amount",
        r"(?:\d+(?:[.,]\d+)*|một|hai|ba|bốn|năm|sáu|bảy|tám|chín|mười|vài|mấy)"
        r"(?: (?:mươi|chục|trăm))? ?(?:đồng|đ|k|nghìn|ngàn|triệu|tr|tỷ|tỉ|củ)(?: ?\d+| rưỡi)?(?: đồng)?",
    ),
    (
        "quantity",
        rf"{_NUMBER} ?(?:người con|người|nhân khẩu|khẩu|con bò|con|đứa con|đứa|cháu|anh em|chỉ số"
        r"|m2|mét vuông|mét|km|cây số|ki lô mét|kwh|ký|kg|sào|ha|héc ta|gian|phòng)",
    ),
    (
        "time",
        r"\d{1,2}/\d{1,2}(?:/\d{4})?|(?:ngày|tháng|quý|năm) \d+(?:/\d+)*"
        rf"|{_NUMBER} (?:ngày|tuần|tháng|năm)(?! tuổi)"
        r"|(?:hôm|năm|tháng|tuần|quý) (?:nay|qua|ngoái|trước|sau|này|tới)",
    ),
)

_BORDERED = tuple((entity, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")) for entity, pattern in _PATTERNS)


class Mark(NamedTuple):
    """Characters start to end of a text are an entity."""

    start: int
    end: int
    entity: str


class Lexicon:
    """entity → value → phrases, matched on whole words and regardless of case; the longest match wins."""

    def __init__(self, phrases: Mapping[str, Mapping[str, Iterable[str]]]) -> None:
        self._meaning: dict[str, tuple[str, str]] = {}
        for entity, values in phrases.items():
            for value, spellings in values.items():
                for phrase in spellings:
                    self._meaning.setdefault(phrase.lower(), (entity, value))
        longest_first = sorted(self._meaning, key=len, reverse=True)
        alternatives = "|".join(map(re.escape, longest_first)) or r"(?!)"
        self._phrase = re.compile(rf"(?<!\w)(?:{alternatives})(?!\w)")

    def synonyms(self) -> dict[str, list[str]]:
        """value → the phrases that mean it, of all entities."""
        phrases: dict[str, list[str]] = {}
        for phrase, (_, value) in self._meaning.items():
            phrases.setdefault(value, []).append(phrase)
        return phrases

    def mark(self, text: str) -> list[Mark]:
        """The entities of a text in order, none overlapping another; text is accented and in NFC."""
        lowered = text.lower()
        if len(lowered) != len(text):
            return []
        found = [Mark(*match.span(), self._meaning[match.group()][0]) for match in self._phrase.finditer(lowered)]
        for entity, pattern in _BORDERED:
            found += [Mark(*match.span(), entity) for match in pattern.finditer(lowered)]
        asking = [match.span() for match in _ASKING.finditer(lowered)]
        found = [mark for mark in found if not any(a <= mark.start and mark.end <= b for a, b in asking)]
        chosen: list[Mark] = []
        for mark in sorted(found, key=lambda mark: (mark.start - mark.end, mark.start)):
            if all(mark.end <= other.start or other.end <= mark.start for other in chosen):
                chosen.append(mark)
        return sorted(chosen)
