"""Patterns over folded text that a person can read and mend: one phrase a line, whole words, gaps and lists by name."""

import re

_GAP = re.compile(r" \.\.(\d)(!?)(?!\w)")
_LIST = re.compile(r"<(\w+)>")
_DENIAL = r"(?!(?:khong|ko|k|chua|hong|dau|thi)\b)"


def words(text: str) -> str:
    """A list for `any_of`: one entry or several parted by "|" a line."""
    return f"(?:{'|'.join(_with_gaps(text))})"


def any_of(phrases: str, **lists: str) -> re.Pattern[str]:
    """What finds any of these phrases, one a line.

    `..3` stands for up to three words, `..3!` for up to three that deny nothing, `<kin>` for an entry of that list;
    all else is a regular expression.
    """
    found = words(phrases)
    while _LIST.search(found):
        found = _LIST.sub(lambda name: lists[name[1]], found)
    return re.compile(rf"(?<!\w){found}(?!\w)")


def _with_gaps(text: str) -> list[str]:
    return [_GAP.sub(_gap, line.strip()) for line in text.splitlines() if line.strip()]


def _gap(gap: re.Match[str]) -> str:
    most, plain = gap[1], _DENIAL if gap[2] else ""
    return rf"(?: {plain}\w+){{0,{most}}}"
