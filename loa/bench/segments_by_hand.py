"""Segments counted character by character, straight from the tables: slow, to hold the fast count to.

Shares nothing with `foundation.text.segments`, so that a slip there is no slip here.
"""

from foundation.text import Encoding

# 3GPP TS 23.038, 6.2.1: columns of the table from 0x00 to 0x70, without the escape at 0x1B.
ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅå",
    "Δ_ΦΓΛΩΠΨΣΘΞÆæßÉ",
    " !\"#¤%&'()*+,-./",
    "0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÄÖÑÜ§",
    "¿abcdefghijklmno",
    "pqrstuvwxyzäöñüà",
)
# 6.2.1.1: by the code that follows the escape.
EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}


def encoding_by_hand(text: str) -> Encoding:
    """The encoding of an NFC text."""
    carried = {*"".join(ALPHABET), *EXTENSION.values()}
    return Encoding.GSM7 if all(c in carried for c in text) else Encoding.UCS2


def counted_by_hand(text: str, encoding: Encoding) -> tuple[int, int]:
    """Units and segments of an NFC text in an encoding."""
    if encoding is Encoding.GSM7:
        return _counted([2 if c in EXTENSION.values() else 1 for c in text], 160, 153)
    return _counted([2 if ord(c) >= 0x10000 else 1 for c in text], 70, 67)


def _counted(costs: list[int], single: int, part: int) -> tuple[int, int]:
    if sum(costs) <= single:
        return sum(costs), 1
    segments, room = 1, part
    for cost in costs:
        if cost > room:
            segments, room = segments + 1, part
        room -= cost
    return sum(costs), segments
