"""When somebody wishes to be called, in their own words."""

import re

from bot.sentences import leveled
from foundation.text import fold

LONGEST = 40

_PART = r"(?:sang|trua|chieu|dem|hom nay|ngay mai|thu (?:[2-7]|hai|ba|tu|nam|sau|bay)|chu nhat|cuoi tuan)"
_CLOCK = r"\d{1,2} ?(?:h|g|gio)(?: ?\d{2})?(?: ?ruoi)?(?: toi)?"
_TIME = rf"(?:{_CLOCK}|{_PART}|buoi (?:{_PART}|toi)|toi (?:nay|mai)|(?:sang|trua|chieu) (?:mai|mot))"
_HOUR = re.compile(
    rf"(?<!\w)(?:(?:sau|truoc|tu|luc|khoang|tam|vao) )*{_TIME}(?:,? (?:(?:den|toi|hoac|hay|va) )?{_TIME})*(?!\w)"
)


def hour_of(text: str) -> str | None:
    """The hour or the day that a text names, the longest: "sau 5 giờ chiều"."""
    found = max(_HOUR.finditer(fold(text)), key=lambda match: len(match.group()), default=None)
    return leveled(text)[slice(*found.span())][:LONGEST] if found else None
