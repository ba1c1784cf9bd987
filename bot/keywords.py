"""Words that work without understanding: stop, start again, help, call me, wrong number, my data.

A bare keyword counts only as the whole text, politeness aside: DUNG is three words, Huy and Dung are names, TC is also
"trợ cấp". Inside a sentence only a phrase counts (`phrases.py`).
"""

import re
from collections.abc import Callable
from enum import StrEnum

from bot.phrases import is_not_theirs, refuses_messages, wishes_a_call, wishes_to_erase_data, wishes_to_see_data
from foundation.text import fold


class Keyword(StrEnum):
    """What a person said without needing to be understood."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    HELP = "help"
    CALL_BACK = "call_back"
    WRONG_NUMBER = "wrong_number"
    SEE_DATA = "see_data"
    ERASE_DATA = "erase_data"
    ERASE_YES = "erase_yes"


_POLITE = re.compile(
    r"(?<!\w)(?:a|ad|alo|(?:em|anh|chi|co|chu|ad) oi|nhe|nha|nhen|nghe|giup|gium|dum|em|toi|tui|minh|voi|cam on|xin|cho"
    r"|vui long)(?!\w)"
)
_WORDS: dict[Keyword, tuple[str, ...]] = {
    Keyword.OPT_OUT: (
        "huy", "stop", "tu choi", "unsubscribe", "huy dang ky", "huy dang ky nhan tin", "huy tin",
        "huy tin nhan", "huy nhan tin", "ngung tin",
        "ngung nhan tin", "cat tin", "rut dong y",
    ),
    Keyword.OPT_IN: (
        "dang ky", "dang ky lai", "dang ky nhan tin", "dang ky nhan tin lai", "nhan tin lai", "nhan lai tin", "start",
    ),
    Keyword.HELP: ("help", "tro giup", "huong dan", "menu", "hd", "?"),
    Keyword.CALL_BACK: ("goi", "goi lai", "goi lai di", "goi dien", "goi dien lai", "goi dien di", "muon duoc goi lai"),
    Keyword.WRONG_NUMBER: ("nham so", "lon so", "sai so", "nham nguoi", "nham nguoi roi", "lon nguoi roi"),
    Keyword.SEE_DATA: ("du lieu", "xem du lieu", "xem thong tin"),
    Keyword.ERASE_DATA: ("xoa du lieu", "xoa thong tin", "xoa so"),
    Keyword.ERASE_YES: ("xoa het", "dong y xoa", "dong y xoa het", "xac nhan xoa"),
}  # fmt: skip
_WHOLE = {word: keyword for keyword, words in _WORDS.items() for word in words}
_ONLY_IF_OFFERED = {"tc": Keyword.OPT_OUT}
_OFFER = re.compile(r"(?<!\w)(?:[Ss]o[aạ]n|[Nn]h[aắ]n|[Tt]r[aả] l[oờ]i)(?: tin)?:? [\"'«(]?([A-Z]{2,8})(?!\w)")
PHRASES: tuple[tuple[Keyword, Callable[[str], bool]], ...] = (
    (Keyword.OPT_OUT, refuses_messages),
    (Keyword.ERASE_DATA, wishes_to_erase_data),
    (Keyword.SEE_DATA, wishes_to_see_data),
    (Keyword.WRONG_NUMBER, is_not_theirs),
    (Keyword.CALL_BACK, wishes_a_call),
)
"""The weightiest first: a text that holds several wishes is the first of them."""


def find_keyword(text: str, offered: frozenset[str] = frozenset()) -> Keyword | None:
    """The keyword that a text is, or the weightiest that it holds in a sentence; None without any.

    `offered` are the bare words that our last text to this number named as an answer (`words_offered`); TC counts only
    then.
    """
    whole = fold(text).strip(" .!,;:\"'()")
    bare = " ".join(dict.fromkeys(_POLITE.sub(" ", whole).replace(",", " ").split()))  # "STOP STOP, cảm ơn ạ"
    found = _WHOLE.get(whole) or _WHOLE.get(bare)
    if found is None and bare in _ONLY_IF_OFFERED and bare in {fold(word) for word in offered}:
        found = _ONLY_IF_OFFERED[bare]
    return found or next((keyword for keyword, holds in PHRASES if holds(text)), None)


def words_offered(text: str) -> frozenset[str]:
    """The bare words that a text of ours names as an answer: "Từ chối nhận tin: soạn TC" → {"TC"}."""
    return frozenset(_OFFER.findall(text))


def without_service_keyword(text: str, keyword: str) -> str:
    """The text without the word that brings it to us on a shared number ("KT ho ngheo…"); unchanged without it."""
    if not keyword.strip():
        return text
    words = r"\s+".join(re.escape(word) for word in keyword.split())
    return re.sub(rf"^\s*{words}(?!\w)[\s.,:;-]*", "", text, count=1, flags=re.IGNORECASE)
