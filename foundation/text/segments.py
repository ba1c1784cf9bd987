"""How a text travels by SMS: encoding, units and segments (3GPP TS 23.038 and 23.040).

GSM-7 takes 160 units alone and 153 a part; characters of the extension table cost two. UCS-2 takes 70 alone and
67 a part; characters beyond the basic plane (emoji) are surrogate pairs and cost two. No pair of either kind is ever
cut in two, so a part can hold one unit less than it could.

Broadcasts count every message, so nothing is counted character by character: expressions find what is foreign to GSM-7
and what costs two units, and only a text of several parts that holds such pairs is cut to be counted.
"""

import re
from bisect import bisect_left
from enum import Enum
from typing import NamedTuple

from foundation.text.normal import nfc

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "\f^{}\\[~]|€"
_FOREIGN = re.compile(f"[^{re.escape(_BASIC + _EXTENSION)}]")
_EXTENDED = re.compile(f"[{re.escape(_EXTENSION)}]")
_BEYOND_BASIC_PLANE = re.compile("[\U00010000-\U0010ffff]")


class Encoding(str, Enum):
    """The alphabet a text is sent in; the value is the name in the contract."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"

    @property
    def single(self) -> int:
        """Units in a text of one segment."""
        return 160 if self is Encoding.GSM7 else 70

    @property
    def part(self) -> int:
        """Units in each segment of a longer text; the rest is the concatenation header."""
        return 153 if self is Encoding.GSM7 else 67


class Segmentation(NamedTuple):
    """What a text costs: `units` septets or 16-bit units, `segments` parts; `text` is the NFC form that counts."""

    text: str
    encoding: Encoding
    units: int
    segments: int


def encoding_of(text: str) -> Encoding:
    """GSM-7 if every character of the NFC text is in the default alphabet or its extension table."""
    return Encoding.UCS2 if _FOREIGN.search(text) else Encoding.GSM7


def pairs_in(text: str, encoding: Encoding) -> int:
    """Characters of an NFC text that cost two units, septets or 16-bit, in an encoding that can carry it."""
    return len(_pairs(encoding).findall(text))


def segments_in(text: str, encoding: Encoding, units: int) -> int:
    """Segments of an NFC text whose units are counted already."""
    if units <= encoding.single:
        return 1
    if units == len(text):
        return -(-units // encoding.part)
    starts = _pair_starts(text, encoding)
    count, end = 1, _end_of_part(0, encoding.part, starts)
    while end < units:
        count, end = count + 1, _end_of_part(end, encoding.part, starts)
    return count


def segment(text: str) -> Segmentation:
    """Count a text. The empty text is one segment, as it is when sent."""
    text = nfc(text)
    encoding = encoding_of(text)
    units = len(text) + pairs_in(text, encoding)
    return Segmentation(text, encoding, units, segments_in(text, encoding, units))


def split(text: str, segments: int) -> "list[str]":
    """Cut a text into texts of at most `segments` segments each, at blanks where there are any.

    Nothing but the blanks at the cuts and at both ends is lost. All parts are measured in the encoding of the whole.
    """
    if segments < 1:
        raise ValueError("a text takes at least one segment")
    text = nfc(text)
    encoding = encoding_of(text)
    text = text.strip()
    room = encoding.single if segments == 1 else encoding.part * segments
    parts: "list[str]" = []
    start = 0
    while start < len(text):
        end = start + _fitting(text[start : start + room], encoding, segments)
        if end < len(text):
            end = next((blank for blank in range(end, start, -1) if text[blank].isspace()), end)
        parts.append(text[start:end].rstrip())
        start = end
        while start < len(text) and text[start].isspace():
            start += 1
    return parts or [""]


def _fitting(text: str, encoding: Encoding, segments: int) -> int:
    """How many characters from the start go into so many segments."""
    starts = _pair_starts(text, encoding)
    end = 0
    for _ in range(segments):
        end = _end_of_part(end, encoding.single if segments == 1 else encoding.part, starts)
    return min(len(text), end - bisect_left(starts, end))


def _pairs(encoding: Encoding) -> "re.Pattern[str]":
    """What costs two units."""
    return _EXTENDED if encoding is Encoding.GSM7 else _BEYOND_BASIC_PLANE


def _pair_starts(text: str, encoding: Encoding) -> "list[int]":
    """At which units pairs begin, in order: each comes one unit later for every pair before it."""
    return [found.start() + before for before, found in enumerate(_pairs(encoding).finditer(text))]


def _end_of_part(start: int, room: int, pair_starts: "list[int]") -> int:
    """At which unit the part that begins at `start` ends: before a pair that does not fit whole."""
    last = start + room - 1
    nearest = bisect_left(pair_starts, last)
    return last if nearest < len(pair_starts) and pair_starts[nearest] == last else last + 1
