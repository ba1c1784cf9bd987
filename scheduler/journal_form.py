"""What stands in a journal's file, and the reading of one that a dead worker left.

A page of header (mark, size of a slot, boot id, length of the file), then slots: a byte that says how far the message
is, the length of its reference and the reference, and further on the outcome with its checksum. That first byte is
stored last, so whatever it vouches for is whole.
"""

import zlib
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from gateways.protocol import Outcome, SendStatus

HEADER = 4096
"""A page, so that slots lie within pages: a page is written to disk as one."""
SLOT = 1024
START = 64
"""Where in a slot the outcome begins; before it there is room for the longest reference, 48 characters."""
_LONGEST_RESULT = SLOT - START
SIZE = slice(HEADER - 8, HEADER)
"""Where the header says how long the file is: one that was cut since tells by it."""

FREE, INTENT, RESULT = 0, 1, 2
_BEFORE_RESULT = 8

_MARK = b"loa journal 2\n"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Remains:
    """What a dead worker left: outcomes known, and references whose request may have left."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    intents: frozenset[str] = frozenset()
    complete: bool = True
    """False when entries may be missing because the machine went down: absence then proves nothing."""


def boot_id() -> str:
    """What tells this run of the machine from another; constant where the system names none."""
    return _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else "unknown"


def header() -> bytes:
    """The first page of a journal begun now."""
    return (_MARK + f"{SLOT} {boot_id()}\n".encode()).ljust(HEADER - 8, b"\0") + size(HEADER)


def size(length: int) -> bytes:
    """The length of the file in bytes, as the header has it."""
    return length.to_bytes(8)


def packed(outcome: Outcome) -> bytes:
    """An outcome as it stands in a slot; it fits whatever the gateway said."""
    detail, provider_id = outcome.detail, outcome.provider_id
    fields = (outcome.reference, outcome.status, provider_id, detail, outcome.retry_after_s)
    data = _ENCODER.encode(fields)
    if len(data) > _LONGEST_RESULT - _BEFORE_RESULT:
        # Four bytes a character at most: longer ones the outbox would not keep either.
        short = (provider_id or "")[:100] or None, (detail or "")[:100] or None
        data = _ENCODER.encode((outcome.reference, outcome.status, *short, outcome.retry_after_s))
    return b"%b%b%b" % (len(data).to_bytes(4), zlib.crc32(data).to_bytes(4), data)


def read(path: Path) -> Remains:
    """What the journal of a dead worker says. Whatever was done to the file, no outcome is read that was not written,
    and `complete` is said of a whole one only."""
    data = path.read_bytes()
    outcomes: dict[str, Outcome] = {}
    intents: set[str] = set()
    for start in range(HEADER, len(data), SLOT):
        slot = data[start : start + SLOT]
        reference = _reference(slot)
        if slot[0] == FREE or reference is None:
            continue
        intents.add(reference)
        if slot[0] == RESULT and (outcome := _outcome(slot)) is not None and outcome.reference == reference:
            outcomes[reference] = outcome
    own = data[: SIZE.start] == header()[: SIZE.start]
    whole = own and HEADER <= int.from_bytes(data[SIZE]) <= len(data)
    return Remains(outcomes, frozenset(intents), complete=whole)


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(tuple[str, SendStatus, str | None, str | None, float | None])


def _reference(slot: bytes) -> str | None:
    length = slot[1] if len(slot) > 1 else 0
    name = slot[2 : 2 + length]
    return name.decode("ascii", "replace") if length and len(name) == length else None


def _outcome(slot: bytes) -> Outcome | None:
    length, checksum = int.from_bytes(slot[START : START + 4]), slot[START + 4 : START + 8]
    data = slot[START + _BEFORE_RESULT : START + _BEFORE_RESULT + length]
    if len(data) != length or zlib.crc32(data).to_bytes(4) != checksum:
        return None
    try:
        return Outcome(*_DECODER.decode(data))
    except msgspec.DecodeError:
        return None
