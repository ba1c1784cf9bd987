"""Words that work without understanding: stop, start again, help, my data.

A bare keyword counts only as the whole text, politeness aside. Folded, "dùng", "đúng" and "đừng" are one word, TC is
also "trợ cấp", Huy and Dung are names: so inside a sentence only a phrase that refuses messages counts.
"""

import re
from enum import StrEnum

from foundation.text import fold


class Keyword(StrEnum):
    """What a person said without needing to be understood."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    HELP = "help"
    MY_DATA = "my_data"


_POLITE = re.compile(r"(?<!\w)(?:a|ad|oi|nhe|nha|nhen|giup|gium|dum|em|toi|tui|minh|voi|cam on|xin|cho|vui long)(?!\w)")
_REFUSALS = (
    # "không muốn nhận tin nhắn nữa", "ko nhắn tin nữa", "từ chối nhận tin", "đừng gửi tin nhắn cho tôi"
    re.compile(
        r"(?<!\w)(?:dung|khong|ko|k|hong|hok|cham dut|ngung|tu choi|khoi|huy) (?:co |muon |can |duoc )*"
        r"(?:gui |nhan |nhan them )?(?:tin nhan|nhan tin|tin)(?!\w)(?! (?:tuong|duoc|la|vao|hieu))"
    ),
    # "đừng nhắn nữa", "đừng nhắn tao nữa", "khỏi nhắn": only words of stopping, since "nhắn" folds like "nhận"
    re.compile(
        r"(?<!\w)(?:dung|ngung|khoi) (?:co )?nhan(?:$| (?:\w+ ){0,3}(?:nua|hoai|luon|nghe|nha|cho toi|cho tui))(?!\w)"
    ),
)
_COMPLAINT = re.compile(r"(?<!\w)(?:khong|ko|k|chua|hong) (?:co |thay )*nhan (?:duoc|dc)(?!\w)")
_ASKING = re.compile(r"\?|(?<!\w)(?:sao|chua|bao gio|khi nao|o dau|gi vay|bao nhieu)(?!\w)")

_WHOLE: dict[str, Keyword] = {
    **dict.fromkeys(
        ("huy", "stop", "tu choi", "huy dang ky", "huy nhan tin", "ngung nhan tin", "unsubscribe"), Keyword.OPT_OUT
    ),
    **dict.fromkeys(
        ("dang ky", "dang ky lai", "dang ky nhan tin", "dang ky nhan tin lai", "nhan tin lai", "nhan lai tin", "start"),
        Keyword.OPT_IN,
    ),
    **dict.fromkeys(("help", "tro giup", "huong dan", "menu", "hd", "?"), Keyword.HELP),
    **dict.fromkeys(
        ("xoa du lieu", "xoa thong tin", "du lieu", "xem du lieu", "rut dong y", "xoa so"),
        Keyword.MY_DATA,
    ),
}


def find_keyword(text: str) -> Keyword | None:
    """The keyword that a text is, or None."""
    folded = fold(text)
    whole = folded.strip(" .!,;:\"'()")
    found = _WHOLE.get(whole) or _WHOLE.get(" ".join(_POLITE.sub(" ", whole).split()))
    if found is not None:
        return found
    return Keyword.OPT_OUT if _refuses_messages(folded) else None


def _refuses_messages(folded: str) -> bool:
    if _ASKING.search(folded) or _COMPLAINT.search(folded):
        return False
    return any(refusal.search(folded) for refusal in _REFUSALS)
