"""Wishes told by a phrase inside a sentence, where nothing else is needed to be sure: stop, call me, my data.

Folded, "dùng", "đúng" and "đừng" are one word, and so are "nhận" and "nhắn": only a phrase that refuses messages
refuses them, and a question about a wish is none.
"""

import re

from bot.sentences import sentences
from foundation.text import fold

_ME = r"(?:toi|tui|tao|em|minh|mk|chau|con|ba con|nha (?:toi|tui|em|minh)|(?:so|may) nay)"
_NO = r"(?:khong|ko|k|kg|hong|hok|hk)"
_SHORTHAND = re.compile(r"(?<!\w)nt(?!\w)")

# --- Stop ---
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
        rf"(?<!\w)(?:dung|ngung|khoi) (?:co )?(?:gui|nhan)(?: (?:tin|cho|gi|nhieu|lai|{_ME}))* (?:nua|nx|hoai)(?!\w)"
    ),
    # "thôi đừng nhắn" as a whole sentence, "phiền quá đừng nhắn"
    re.compile(
        rf"(?:^|[.,;!] ?|(?<!\w)(?:phien|met|nhieu|hoai) (?:qua |lam )?)(?:{_ME} )?(?:thoi )?(?:dung|khoi) (?:co )?"
        rf"(?:gui|nhan)(?: tin)?(?: cho)?(?: {_ME})?(?: (?:nghe|nhe|nha|nghen|di))?$"
    ),
    # "đừng spam nữa"
    re.compile(rf"(?<!\w)(?:dung|ngung) (?:co )?(?:spam|quang cao)(?: (?:cho|{_ME}))* (?:nua|nx)(?!\w)"),
    # "xóa số tôi khỏi danh sách gửi tin"
    re.compile(rf"(?<!\w)(?:xoa|go|bo|rut) so (?:cua )?(?:{_ME} )?(?:ra )?khoi danh sach (?:gui|nhan) {_MESSAGES}"),
)
_SPELT_OTHERWISE = re.compile(r"(?<!\w)(?:dùng|đúng|đụng|nhẫn|nhãn|nhân|tín)(?!\w)", re.IGNORECASE)
_ASKING = re.compile(
    r"\?|(?<!\w)(?:sao|chua|bao gio|khi nao|o dau|gi vay|bao nhieu|the nao|cach nao)(?!\w)"
    r"|(?<!\w)(?:khong|ko|hong|hok)$"
)
# "đừng ngừng nhắn tin", "nếu từ chối nhận tin", "lỡ từ chối nhận tin, giờ muốn nhận lại", "lâu rồi không nhắn tin nữa"
_NOT_MEANT = re.compile(
    rf"(?<!\w)(?:(?:dung|{_NO}|chua|dau)(?: (?:co|he|phai|muon|bao|noi|la|{_ME}))* {_STOP} (?:co )?(?:gui|nhan|tin)"
    r"|neu|gia su|lo (?:bam |nhan )?(?:huy|tu choi)|doi y|dang ky (?:nhan (?:tin )?)?lai"
    r"|(?:muon|cho|xin) (?:\w+ )?nhan (?:tin )?(?:tro )?lai"
    rf"|(?:lau|xa|thon|tong dai|can bo|thang nay|may thang|may bua)(?: \w+)?? {_NO} (?:gui|nhan))(?!\w)"
)

# --- Call me ---
_WHO = rf"(?:{_ME}|ma|me|ba|bo|cha|ong|noi|ngoai|chong|vo|co|chu|bac|gia dinh)"
_PLEASE = (
    r"(?:^|[.,;:!?] ?|(?<!\w)(?:nho|xin|lam on|vui long|de nghi|yeu cau|muon|can|hay|bao|keu|co ai|de|bo tri)"
    r" (?:\w+ ){0,6}?)(?:(?:thoi|da|vay|a|ad|oi|em|anh|chi|can bo) )*"
)
_CALL = r"goi (?:dien (?:thoai )?)?"
_CALL_ME = re.compile(
    rf"{_PLEASE}{_CALL}(?:lai )?(?:cho|giup|gium|dum) {_WHO}(?!\w)"
    rf"|{_PLEASE}{_CALL}lai (?:{_WHO}|giup|gium|dum|voi|nhe|nha|nghen|di|sau|luc)(?!\w)"
)
_CALLED = re.compile(
    rf"(?<!\w)(?:hua|hen|da|vua|moi|bi|ho|no|nguoi la|co nguoi|nguoi ta|so la|ai do|{_NO}|chua|dung|khoi)"
    rf"(?: (?:can|thay|co|ai|muon|phai|nen|se|la|hay))* goi(?!\w)|(?<!\w)cho {_ME} hoi(?!\w)"
    r"|(?<!\w)(?:otp|lua|mao danh|gia danh|tu xung|xung la)(?!\w)"
)

# --- Not my number ---
_OTHER = r"(?:ong|ba|anh|chi|co|chu|bac)(?! con)(?!\w)"
_NOT_MINE = re.compile(
    r"(?:^|[.,;:!?] ?|(?<!\w)(?:nhan|gui|goi) (?:tin )?)(?:(?:da|xin loi|ban|anh|chi|em|alo|hinh nhu|chac) )*"
    r"(?:nham|lon|sai) so(?: (?:dien thoai|may|nguoi))?(?: (?:roi|r|nha|nhe|nghe|a|ban|anh|chi|em|oi))*(?=$|[.,;:!])"
    rf"|(?<!\w)(?:{_NO}|dau) phai (?:la )?(?:so|may)(?: dien thoai)? (?:cua )?{_OTHER}"
    rf"|(?<!\w)(?:so|sim|may)(?: dien thoai)? nay (?:{_NO}|dau) phai (?:la )?cua {_OTHER}"
    r"|(?<!\w)(?:so|sim|may)(?: dien thoai)? nay (?:(?:gio|da|la|cua|bay gio) )*(?:doi chu|nguoi khac|chu khac)(?!\w)"
    r"|(?<!\w)moi (?:mua|doi|xai|dung|lam) (?:lai )?(?:cai )?(?:sim|so) nay(?!\w)"
)
_NOT_MY_TEXT = re.compile(r"(?<!\w)(?:tien|tai khoan|can cuoc|cccd|ho so|dien ke|nham so thi|lo)(?!\w)")

# --- My data ---
_ABOUT_ME = (
    r"(?:du lieu|thong tin|lich su)(?: (?:ca nhan|nhan tin|tro chuyen|cu|nay|cua|ve|lien quan|toi))* "
    rf"{_ME}(?! (?:toi|tui|em) (?:toi|tui))"
)
_SEE = re.compile(
    rf"(?<!\w)(?:xem|coi|gui cho|xuat|tai)(?: (?:lai|{_ME}|ban sao|toan bo|het|cac|nhung))* {_ABOUT_ME}(?!\w)"
    rf"|(?<!\w)(?:luu|giu|ghi|co|biet)(?: (?:nhung|cac))? (?:du lieu|thong tin) (?:gi|nao) (?:cua|ve) {_ME}(?!\w)"
)
_ERASE = re.compile(
    r"(?<!\w)(?:xoa|huy|go)(?: (?:bo|het|toan bo|moi|luon|ngay|tat ca|sach|cac|nhung|giup|gium))* "
    rf"(?:{_ABOUT_ME}|(?:so|tin nhan)(?: dien thoai)?(?: cu)? (?:cua )?{_ME}|du lieu(?: ca nhan)?(?: di)?$)(?!\w)"
)
_NO_REQUEST = re.compile(
    r"(?<!\w)(?:quyen|luat|nghi dinh|\d+ (?:ngay|gio)|may ngay|bao lau|thoi han|le phi|mat phi|giay|don|danh sach"
    r"|ho ngheo|can ngheo|the nao|lam sao|cach nao|kieu gi|bi|chua|tu nhien|tu dung|co (?:can|duoc|phai)"
    rf"|can can cuoc|duoc {_NO}|nop|neu)(?!\w)"
)


def refuses_messages(text: str) -> bool:
    """Whether a sentence refuses further messages. Who writes diacritics tells "đừng" from "dùng" themselves."""
    return any(_refuses(sentence) for sentence in _folded_sentences(_SPELT_OTHERWISE.sub("…", text)))


def wishes_a_call(text: str) -> bool:
    """Whether a sentence wishes that somebody calls; what others have called, or promised, is no wish."""
    return _says(text, _CALL_ME, _CALLED)


def is_not_theirs(text: str) -> bool:
    """Whether a sentence says that our texts reach somebody else than we think."""
    return _says(text, _NOT_MINE, _NOT_MY_TEXT)


def wishes_to_see_data(text: str) -> bool:
    """Whether a sentence asks what we hold about the person."""
    return _says(text, _SEE, _NO_REQUEST)


def wishes_to_erase_data(text: str) -> bool:
    """Whether a sentence asks to delete what we hold about the person; being struck off a list is another matter."""
    return _says(text, _ERASE, _NO_REQUEST)


def _says(text: str, wish: re.Pattern[str], unless: re.Pattern[str]) -> bool:
    return any(wish.search(sentence) and not unless.search(sentence) for sentence in _folded_sentences(text))


def _folded_sentences(text: str) -> list[str]:
    return [_SHORTHAND.sub("nhan tin", fold(sentence)) for sentence in sentences(text)]


def _refuses(sentence: str) -> bool:
    if _ASKING.search(sentence) or _NOT_MEANT.search(sentence):
        return False
    return any(refusal.search(sentence) for refusal in _REFUSALS)
