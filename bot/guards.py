"""Texts that are no question, told by their looks before anybody tries to understand them.

Only what is plain: whoever swears and asks in one text is answered, and so is who forwards a link and asks about it.
"""

import re

from bot.words import say
from foundation.text import fold, holds_link, without_links

_ORDERS_TO_A_MACHINE = re.compile(
    r"(?:\b(?:bo qua|phot lo|khong can theo)|(?:^|\b(?:hay|gio|ban|may|bot) )quen)"
    r"(?: (?:het|di|moi|tat ca|toan bo|cac|nhung))+ (?:huong dan|chi dan|chi thi|menh lenh|quy tac)\b"
    r"|\b(?:ignore|disregard|forget)\b(?: \w+){0,4}? (?:instructions?|rules|prompts?)\b"
    r"|\b(?:system prompt|prompt he thong|jailbreak|developer mode|you are now|dong vai)\b"
)
_CODE = re.compile(r"^/?\w+\s*\{.*\}$|<\s*/?\s*[a-z]+[^<>]*>|;\s*--|\$\{|\{\{", re.IGNORECASE)
_CURSES = re.compile(
    r"\b(?:d[kc]?m+|dmcs|vcl|vkl|clgt|cmm|dit (?:me|con me|cu|ba)|ditme|du ma|oc cho|"
    r"(?:do|lu|bon|quan|thang) cho(?: (?:de|chet))?|mat day|"
    r"suc vat|khon nan|con cac|cai lon|do ngu|ngu nhu (?:cho|bo)|ngu vai|im mom|cam mom)\b"
)
_DOG = re.compile(r"(?<!\w)chó(?= (?:đẻ|chết)(?!\w))", re.IGNORECASE)  # folded it also gives goats: "cho dê"
_WORDS_AROUND_CURSES = (
    "may tao chung bon tui thang con lu do cai qua the a vay ngu luon nay kia nhe nha di me cha ong ba no tong dai bot "
    "can bo nguoi roi het ca lam an toan la"
)
_AROUND_CURSES = frozenset(_WORDS_AROUND_CURSES.split())


def guard(text: str) -> str | None:
    """What is said to such a text; None where it has to be understood."""
    folded = fold(text)
    if holds_link(text) and not re.search(r"[^\W\d_]", without_links(text)):
        return say("link_alone")
    if _CODE.search(text) or _ORDERS_TO_A_MACHINE.search(folded):
        return say("out_of_scope")
    return say("abuse") if _only_curses(fold(_DOG.sub("đồ chó", text))) else None


def is_one_letter(text: str) -> bool:
    """Whether a text is a single letter, which can answer a question but ask none."""
    said = [c for c in text if c.isalnum()]
    return len(said) == 1 and said[0].isalpha()


def _only_curses(folded: str) -> bool:
    rest, cursed = _CURSES.subn(" ", folded)
    return cursed > 0 and all(word in _AROUND_CURSES for word in re.findall(r"\w+", rest))
