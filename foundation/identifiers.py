"""Names for things: references of messages, codes of tickets that people can type."""

import re
import secrets
import time
from collections.abc import Iterable

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _CROCKFORD for second in _CROCKFORD]
_TICKET = re.compile(r"(?<!\w)pa[\s.-]?(\d{3})[\s.-]?(\d{4})(?!\w)")

# Damm's quasigroup of order 10 (H. M. Damm, 2004): finds every single wrong digit and every swapped pair.
_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip


def new_reference() -> str:
    """A message's reference: 20 lower-case characters, ordered by the millisecond, 52 random bits."""
    number = time.time_ns() // 1_000_000 << 52 | secrets.randbits(52)
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(90, -1, -10)])


def new_ticket_code() -> str:
    """A ticket's code: "PA" and seven digits, the last a check digit; typed on any phone, read out in one breath."""
    digits = f"{secrets.randbelow(10**6):06d}"
    return f"PA{digits}{_check_digit(digits)}"


def find_ticket_codes(folded: str) -> list[tuple[str, bool]]:
    """Ticket codes in a folded text, with whether the check digit is right: [("PA1234567", True)]."""
    codes = ["".join(groups) for groups in _TICKET.findall(folded)]
    return [(f"PA{digits}", _check_digit(digits[:-1]) == digits[-1]) for digits in codes]


def nearest_ticket_code(code: str, known: Iterable[str]) -> str | None:
    """The one code of these that is a slip of the thumb away: a digit wrong, missing, too many, or two swapped."""
    near = [candidate for candidate in known if _is_one_slip(code, candidate)]
    return near[0] if len(near) == 1 else None


def _is_one_slip(typed: str, meant: str) -> bool:
    while typed and meant and typed[0] == meant[0]:
        typed, meant = typed[1:], meant[1:]
    while typed and meant and typed[-1] == meant[-1]:
        typed, meant = typed[:-1], meant[:-1]
    return (len(typed) <= 1 and len(meant) <= 1) or (len(typed) == 2 and typed == meant[::-1])


def _check_digit(digits: str) -> str:
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)
