"""Names for things: references of messages, codes of tickets that people can type."""

import re
import secrets
import time

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_TICKET = re.compile(r"(?<!\w)pa[\s.-]?(\d{3})[\s.-]?(\d{4})(?!\w)")

# Damm's quasigroup of order 10 (H. M. Damm, 2004): finds every single wrong digit and every swapped pair.
_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip


def new_reference() -> str:
    """A message's reference: 20 lower-case characters, ordered by the millisecond, 52 random bits."""
    number = time.time_ns() // 1_000_000 << 52 | secrets.randbits(52)
    return "".join(_CROCKFORD[number >> shift & 31] for shift in range(95, -1, -5))


def new_ticket_code() -> str:
    """A ticket's code: "PA" and seven digits, the last a check digit; typed on any phone, read out in one breath."""
    digits = f"{secrets.randbelow(10**6):06d}"
    return f"PA{digits}{_check_digit(digits)}"


def find_ticket_codes(folded: str) -> list[tuple[str, bool]]:
    """Ticket codes in a folded text, with whether the check digit is right: [("PA1234567", True)]."""
    codes = ["".join(groups) for groups in _TICKET.findall(folded)]
    return [(f"PA{digits}", _check_digit(digits[:-1]) == digits[-1]) for digits in codes]


def _check_digit(digits: str) -> str:
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)
