"""Links, which no text to a resident carries: nobody shall learn to tap on one."""

import re

_LINK = re.compile(
    r"https?:|www\.|(?<![\w.@-])[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?:vn|com|net|org|gov|edu|info|me|io|ly|gl|page)(?![\w-])",
    re.IGNORECASE,
)


def holds_link(text: str) -> bool:
    """Whether a text holds an address that a phone would make a link of."""
    return _LINK.search(text) is not None


def without_links(text: str) -> str:
    """The text with what belongs to its links taken out."""
    words = text.split()
    return " ".join(word for word in words if _LINK.search(word) is None)
