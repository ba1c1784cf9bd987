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
_ME = r"(?:toi|tui|tao|em|minh|chau|con|ba con|nha (?:toi|tui|em|minh)|(?:so|may) nay)"
_NO = r"(?:khong|ko|k|kg|hong|hok|hk)"
_STOP = r"(?:dung|ngung|khoi|cham dut|tu choi|huy)"
# "nhận tin nhắn" but not "tin nhân viên", "tin tưởng", "tin dụng": after the word only what still speaks of messages.
_MESSAGES = (
    r"(?:tin nhan|tin|thong bao)(?=$| ?[.,;:!)]| (?:nua|nay|do|day|hoai|luon|di|ngay|rac|quang cao|thong bao|"
    rf"(?:cho |den |toi |vao )?{_ME}|nhe|nha|nhen|nghe|a|ad|giup|gium|dum|voi)(?!\w))"
)
_REFUSALS = (
    # "đừng gửi tin nhắn cho tôi", "từ chối nhận tin", "ngưng nhắn tin"
    re.compile(rf"(?<!\w){_STOP} (?:co )?(?:gui|nhan) (?:them )?(?:cho )?(?:{_ME} )?(?:cac |may )?{_MESSAGES}"),
    # "tôi không muốn nhận tin nhắn này nữa", "ko can tin nhan nua"
    re.compile(rf"(?<!\w){_NO} (?:con )?(?:muon|can|thich) (?:(?:nhan|gui|doc|xem) (?:them )?(?:cac )?)?{_MESSAGES}"),
    # "ko nhắn tin nữa": a bare "không nhận tin" may also say that nothing came
    re.compile(rf"(?<!\w){_NO} (?:gui|nhan) (?:tin nhan|tin)(?: (?:nay|cho|{_ME}))* (?:nua|nx)(?!\w)"),
    # "đừng nhắn tao nữa": nothing in between that could be money or papers
    re.compile(
        rf"(?<!\w)(?:dung|ngung|khoi) (?:co )?(?:gui|nhan)(?: (?:tin|cho|gi|nhieu|{_ME}))* (?:nua|nx|hoai)(?!\w)"
    ),
    # "thôi đừng nhắn" as a whole sentence
    re.compile(rf"(?:^|[.,;!] ?)(?:{_ME} )?(?:thoi )?(?:dung|khoi) (?:co )?(?:gui|nhan)(?: tin)?(?: cho)?(?: {_ME})?$"),
)
_SPELT_OTHERWISE = re.compile(r"(?<!\w)(?:dùng|đúng|đụng|nhẫn|nhãn|nhân|tín)(?!\w)", re.IGNORECASE)
_COMPLAINT = re.compile(r"(?<!\w)(?:khong|ko|k|chua|hong) (?:co |thay )*nhan (?:duoc|dc)(?!\w)")
_ASKING = re.compile(
    r"\?|(?<!\w)(?:sao|chua|bao gio|khi nao|o dau|gi vay|bao nhieu|the nao|cach nao)(?!\w)"
    r"|(?<!\w)(?:khong|ko|hong|hok)$"
)

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
    # Who writes diacritics tells "đừng" from "dùng" and "tin" from "tín" themselves.
    return Keyword.OPT_OUT if _refuses_messages(fold(_SPELT_OTHERWISE.sub("…", text))) else None


def _refuses_messages(folded: str) -> bool:
    if _ASKING.search(folded) or _COMPLAINT.search(folded):
        return False
    return any(refusal.search(folded) for refusal in _REFUSALS)
