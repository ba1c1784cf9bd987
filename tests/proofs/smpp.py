"""What travels over an SMPP 3.4 connection (SMPP Protocol Specification v3.4, Issue 1.2): PDUs to and from bytes.

As much as a carrier's end needs: bind_transceiver, submit_sm, deliver_sm, enquire_link, unbind and their answers.
"""

import struct
from dataclasses import dataclass, field
from enum import IntEnum

HEADER = struct.Struct(">4I")
"""Length of the whole PDU, command, status, sequence number (3.2)."""
ANSWER = 0x8000_0000

RECEIPT = 0x04
"""In esm_class: what is carried is a delivery receipt (5.2.12)."""
HAS_HEADER = 0x40
"""In esm_class: the text begins with a user data header."""
UCS2 = 8
"""data_coding (5.2.19); 0 is the carrier's default alphabet, here GSM 03.38, an octet a character."""
MESSAGE_ID, MESSAGE_STATE = 0x001E, 0x0427
"""Optional parameters of a receipt (5.3.2.12, 5.3.2.35)."""


class Command(IntEnum):
    """What a PDU asks for (5.1.2.1); its answer is the same with `ANSWER`."""

    SUBMIT = 0x04
    DELIVER = 0x05
    UNBIND = 0x06
    BIND_TRANSCEIVER = 0x09
    ENQUIRE_LINK = 0x15


class Status(IntEnum):
    """command_status (5.1.3)."""

    OK = 0x00
    SYSTEM_ERROR = 0x08
    INVALID_DESTINATION = 0x0B
    BIND_FAILED = 0x0D
    QUEUE_FULL = 0x14
    THROTTLED = 0x58


@dataclass(frozen=True, slots=True)
class Pdu:
    command: int
    sequence: int
    body: bytes = b""
    status: int = Status.OK

    def packed(self) -> bytes:
        return HEADER.pack(HEADER.size + len(self.body), self.command, self.status, self.sequence) + self.body


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submit_sm: one part of a text, or a whole one."""

    source: str
    source_ton: int
    destination: str
    destination_ton: int
    esm_class: int
    wants_receipt: bool
    coding: int
    data: bytes = field(repr=False)

    @property
    def part(self) -> tuple[int, int, int] | None:
        """Reference, total and number of a part (3GPP TS 23.040, 9.2.3.24.1); None for a whole text."""
        if not self.esm_class & HAS_HEADER:
            return None
        assert self.data[:3] == b"\x05\x00\x03", "a header that is not one of concatenation"
        return self.data[3], self.data[4], self.data[5]

    @property
    def text(self) -> str:
        data = self.data[1 + self.data[0] :] if self.esm_class & HAS_HEADER else self.data
        return data.decode("utf-16-be") if self.coding == UCS2 else from_gsm(data)


def read_submit(body: bytes) -> Submitted:
    """4.4.1."""
    _service, rest = _text(body)
    source_ton, _npi, rest = rest[0], rest[1], rest[2:]
    source, rest = _text(rest)
    destination_ton, _npi, rest = rest[0], rest[1], rest[2:]
    destination, rest = _text(rest)
    esm_class, rest = rest[0], rest[3:]
    _scheduled, rest = _text(rest)
    _validity, rest = _text(rest)
    wants_receipt, coding, length = rest[0] & 0x03, rest[2], rest[4]
    data = rest[5 : 5 + length]
    assert len(data) == length, "a submit_sm that ends too early"
    return Submitted(source, source_ton, destination, destination_ton, esm_class, bool(wants_receipt), coding, data)


def read_bind(body: bytes) -> tuple[str, str]:
    """Who binds, and with which password (4.1.5)."""
    system_id, rest = _text(body)
    password, _ = _text(rest)
    return system_id, password


def deliver(source: str, destination: str, data: bytes, esm_class: int, coding: int, optional: bytes = b"") -> bytes:
    """The body of a deliver_sm (4.6.1); telephones have international numbers (TON 1, NPI 1), our
    short code has a national one."""
    assert len(data) <= 254, "the longest short_message"
    addresses = b"\0\x01\x01" + source.encode() + b"\0\0\x01" + destination.encode() + b"\0"
    return addresses + bytes((esm_class, 0, 0, 0, 0, 0, 0, coding, 0, len(data))) + data + optional


def parameter(tag: int, value: bytes) -> bytes:
    """An optional parameter (3.2.4.1)."""
    return struct.pack(">2H", tag, len(value)) + value


def _text(body: bytes) -> tuple[str, bytes]:
    """A C-octet string, and what follows it."""
    text, end, rest = body.partition(b"\0")
    assert end, "a string without its end"
    return text.decode("latin-1"), rest


_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = {
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


def from_gsm(data: bytes) -> str:
    """3GPP TS 23.038, 6.2.1: the default alphabet and its extension, an octet a septet."""
    text, octets = "", iter(data)
    for octet in octets:
        text += _EXTENSION[next(octets)] if octet == 0x1B else _BASIC[octet]
    return text
