"""How a text travels by SMS: encoding, units and segments (3GPP TS 23.038 and 23.040).

GSM-7 takes 160 units alone and 153 a part; characters of the extension table cost two. UCS-2 takes 70 alone and
67 a part; characters beyond the basic plane (emoji) are surrogate pairs and cost two. No pair of either kind is ever
cut in two, so a part can hold one unit less than it could.
"""

from dataclasses import dataclass
from enum import Enum

from foundation.text.normal import nfc

_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = "\f^{}\\[~]|€"
_GSM_UNITS = {**dict.fromkeys(_BASIC, 1), **dict.fromkeys(_EXTENSION, 2)}


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


@dataclass(frozen=True)
class Segmentation:
    """What a text costs: `units` septets or 16-bit units, `segments` parts; `text` is the NFC form that counts."""

    text: str
    encoding: Encoding
    units: int
    segments: int


def encoding_of(text: str) -> Encoding:
    """GSM-7 if every character of the NFC text is in the default alphabet or its extension table."""
    return Encoding.GSM7 if all(c in _GSM_UNITS for c in text) else Encoding.UCS2


def segment(text: str) -> Segmentation:
    """Count a text. The empty text is one segment, as it is when sent."""
    text = nfc(text)
    encoding = encoding_of(text)
    units = sum(_units(c, encoding) for c in text)
    count = 1 if units <= encoding.single else len(_cut(text, encoding, encoding.part))
    return Segmentation(text, encoding, units, count)


def split(text: str, segments: int) -> "list[str]":
    """Cut a text into texts of at most `segments` segments each, at blanks where there are any.

    Nothing but the blanks at the cuts is lost. All parts keep the encoding of the whole.
    """
    if segments < 1:
        raise ValueError("a text takes at least one segment")
    text = nfc(text)
    encoding = encoding_of(text)
    room = encoding.single if segments == 1 else encoding.part * segments
    return _cut(text, encoding, room, at_blanks=True) or [""]


def _units(character: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM7:
        return _GSM_UNITS[character]
    return 2 if ord(character) > 0xFFFF else 1


def _cut(text: str, encoding: Encoding, room: int, at_blanks: bool = False) -> "list[str]":
    parts: "list[str]" = []
    start = used = 0
    blank = -1
    for index, character in enumerate(text):
        units = _units(character, encoding)
        if used + units > room:
            end = blank if at_blanks and blank > start and not character.isspace() else index
            parts.append(text[start:end].rstrip() if at_blanks else text[start:end])
            start = end
            while at_blanks and start < index and text[start].isspace():
                start += 1
            used = sum(_units(c, encoding) for c in text[start:index])
        if character.isspace():
            blank = index
        used += units
    rest = text[start:].strip() if at_blanks else text[start:]
    return [*parts, rest] if rest else parts
