"""An answer to "where", told for the place that the person named, by today's names and never as a district."""

import re

from bot.words import say
from foundation.places import Place
from foundation.text import segment, unaccent

ACCENTED_SEGMENTS = 3
BARE_SEGMENTS = 2

# The office of where the person lives; not "UBND xã nào trong tỉnh", nor that of where something happened.
_OFFICE = re.compile(r"UBND xã(?: nơi (?:ở|cư trú|thường trú))?(?! (?:nào|mới|khác|nơi|hoặc nơi))")


def told_for(text: str, source: str, place: Place) -> str:
    """The text with the office of the place named, as fully as fits what a plain answer may cost with its source.

    A text that names no office of a commune, and one too long already, stay as they are.
    """
    return next((told for told in _ways(text, place) if _fits(told + source)), text)


def _ways(text: str, place: Place) -> list[str]:
    """How it can be told, the fullest first."""
    names = (str(place), place.commune) if place.commune else ()
    named = [_OFFICE.sub(f"UBND {name}", text, count=1) for name in names]
    former = say("former_place", former=_capital(place.former), now=str(place)) if place.former else None
    if former and not place.commune:
        named.append(text)
    return [*(f"{former} {told}" for told in named if former), *named]


def _fits(reply: str) -> bool:
    return segment(reply).segments <= ACCENTED_SEGMENTS and segment(unaccent(reply)).segments <= BARE_SEGMENTS


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]
