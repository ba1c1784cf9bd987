"""Telephone numbers: kept as E.164, read in any way people write them, shown masked."""

import re
from functools import lru_cache

import phonenumbers

from foundation.refusal import Refusal

_PLAIN_MOBILE = re.compile(r"^(?:\+?84|0)?([35789]\d{8})$")
_BLANKS = re.compile(r"[\s.()\-\u00a0]+")


class PhoneError(Refusal, ValueError):
    """A number that is none; the message is Vietnamese and does not repeat the number."""


def parse_phone(text: str) -> str:
    """A number as E.164 ("+84912345678").

    Accepts 09…, 84…, +84…, a lost leading zero, blanks, dots, hyphens and what a spreadsheet makes of a number
    ("912345678.0"). Whether a number can exist is for the phonenumbers library to say.

    Raises:
        PhoneError: empty, not a number, or not a valid one.
    """
    squeezed = _BLANKS.sub("", text.strip().removesuffix(".0"))
    if not squeezed:
        raise PhoneError("thiếu số điện thoại")
    if plain := _PLAIN_MOBILE.match(squeezed):
        # By the library's own pattern, in a tenth of the time that it takes to ask the library.
        return "+84" + plain[1] if _mobile().fullmatch(plain[1]) else _checked("+84" + plain[1])
    if not re.fullmatch(r"\+?\d{6,15}", squeezed):
        raise PhoneError("không phải số điện thoại")
    return _checked(("+" if re.match(r"84\d{9,10}$", squeezed) else "") + squeezed)


@lru_cache(maxsize=1)
def _mobile() -> re.Pattern[str]:
    """The numbers of Vietnamese mobiles without prefix, as the library knows them."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region("VN")
    mobile = metadata.mobile if metadata else None
    return re.compile((mobile.national_number_pattern if mobile else None) or r"(?!)")


def _checked(text: str) -> str:
    try:
        number = phonenumbers.parse(text, "VN")
    except phonenumbers.NumberParseException as error:
        raise PhoneError("không phải số điện thoại") from error
    if not phonenumbers.is_valid_number(number):
        raise PhoneError("số điện thoại không tồn tại (sai đầu số hoặc sai độ dài)")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def national(phone: str) -> str:
    """A number as people in Vietnam read it: "+84912345678" → "0912345678"; foreign numbers stay as they are."""
    return "0" + phone[3:] if phone.startswith("+84") else phone


def mask(phone: str) -> str:
    """A number for logs and lists: the last three digits and nothing else of the subscriber."""
    return national(phone)[:3] + "****" + phone[-3:]
