"""One form for every text (NFC), and the bare Latin form in which most people type."""

import unicodedata

MAX_INCOMING = 1000
"""Characters read of an incoming text. A long SMS of six UCS-2 segments is 402; beyond a thousand nobody is asking."""

_D = str.maketrans("đĐ", "dD")


def nfc(text: str) -> str:
    """The text in Unicode normal form C, which every text of ours has from the moment it enters."""
    return unicodedata.normalize("NFC", text)


def unaccent(text: str) -> str:
    """Vietnamese without diacritics, case kept: "Đăk Pék" → "Dak Pek". What cannot be decomposed stays."""
    decomposed = unicodedata.normalize("NFD", text)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", bare.translate(_D))


def squeeze(text: str) -> str:
    """Runs of white space as one blank, none at the ends."""
    return " ".join(text.split())


def fold(text: str) -> str:
    """The form for comparing: lower case, no diacritics, single blanks."""
    return squeeze(unaccent(text).lower())


def clean_incoming(text: str, limit: int = MAX_INCOMING) -> str:
    """A text from outside as the rest of Loa may rely on it.

    NFC; control characters, lone surrogates and zero-width marks out; line breaks kept as blanks; at most
    `limit` characters, counted after cleaning.
    """
    # Four times the limit before normalising: NFD never takes more than four code points a letter here,
    # and a megabyte of combining marks must not cost a second.
    text = nfc(text[: limit * 4])
    kept = (c if not unicodedata.category(c).startswith(("C", "Z")) else _space_or_nothing(c) for c in text)
    return squeeze("".join(kept))[:limit].rstrip()


def _space_or_nothing(character: str) -> str:
    if character.isspace():
        return " "
    # The zero-width joiner holds emoji families together; other format and control characters say nothing.
    return character if character == "\u200d" else ""
