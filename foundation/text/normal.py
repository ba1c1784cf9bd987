"""One form for every text (NFC), and the bare Latin form in which most people type."""

import unicodedata

MAX_INCOMING = 1000
"""Characters read of an incoming text. A long SMS of six UCS-2 segments is 402; beyond a thousand nobody is asking."""

_LETTERS = (range(0x370), range(0x1E00, 0x1F00), range(0x2000, 0x2070))
"""Latin with all it is marked with, the Vietnamese letters, and punctuation: what texts are made of."""


def nfc(text: str) -> str:
    """The text in Unicode normal form C, which every text of ours has from the moment it enters."""
    return unicodedata.normalize("NFC", text)


def unaccent(text: str) -> str:
    """Vietnamese without diacritics, case kept: "Đăk Pék" → "Dak Pek". What cannot be decomposed stays."""
    return text if text.isascii() else nfc(text.translate(_BARE))


def _bare(character: str) -> str:
    kept = "".join(c for c in unicodedata.normalize("NFD", character) if not unicodedata.combining(c))
    return {"đ": "d", "Đ": "D"}.get(kept, kept)


class _BareForms(dict[int, str]):
    """Bare forms by code point. What is not kept ready is worked out each time: no text makes the table grow."""

    def __missing__(self, code: int) -> str:
        return _bare(chr(code))


_BARE = _BareForms((code, _bare(chr(code))) for codes in _LETTERS for code in codes)


def squeeze(text: str) -> str:
    """Runs of white space as one blank, none at the ends."""
    return " ".join(text.split())


def fold(text: str) -> str:
    """The form for comparing: lower case, no diacritics, single blanks."""
    return squeeze(unaccent(text).lower())


def clean(text: str) -> str:
    """A text from outside as the rest of Loa may rely on it.

    NFC; control characters, lone surrogates and zero-width marks out; line breaks and runs of blanks as one blank.
    """
    if not text.isprintable():  # it is, unless it holds something of the categories C and Z besides the blank
        text = "".join(c if c.isprintable() else _space_or_nothing(c) for c in text)
    return squeeze(nfc(text))


def clean_incoming(text: str, limit: int = MAX_INCOMING) -> str:
    """A text of any length as `clean` leaves it, at most `limit` characters, counted after cleaning."""
    # Four times the limit before normalising: NFD never takes more than four code points a letter here,
    # and a megabyte of combining marks must not cost a second.
    return clean(text[: limit * 4])[:limit].rstrip()


def _space_or_nothing(character: str) -> str:
    if character.isspace():
        return " "
    # The zero-width joiner holds emoji families together; other format and control characters say nothing.
    return character if character == "\u200d" else ""
