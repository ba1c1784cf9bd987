"""What a text leaves unsaid because it was said before: corrections, "còn vụ kia", bare questions like "nộp ở đâu".

Told by the folded words alone, so that it holds in any spelling and however a text is understood.
"""

import re

from bot.exchange import MOST_SPOKEN, Spoken, State
from bot.sentences import leveled
from foundation.text import fold
from policies import Facet

_I = r"(?:toi|tui|em|minh|chau|con|e|m|t)"
_BETWEEN = r"[\s,.:;!…-]*"
_SLIP = rf"(?:(?:{_I} )?(?:go |hoi |nhan |noi )?(?:nham|lon(?! xon))(?: (?:roi|r|chut))?|sai roi)"
_MEANT = rf"(?:y (?:cua )?{_I} (?:la|hoi|noi)(?: (?:la|ve))?|{_I} (?:dang )?(?:hoi|noi) (?:la|ve)|y la)"
_CORRECTION = re.compile(
    rf"(?:(?:khong phai|khong|ko|k|hong|a|ah|da|ui|oi|thoi|nay|xin loi)(?!\w){_BETWEEN})*"
    rf"(?:{_SLIP}(?!\w){_BETWEEN}(?:{_MEANT}(?!\w))?|{_MEANT}(?!\w)){_BETWEEN}"
)
_BACK = re.compile(
    r"(?<!\w)(?:(?:hoi|luc|khi|ban) nay|hoi no|luc truoc|(?:quay|tro) lai (?:vu|chuyen|cai|khoan)"
    r"|con (?:cai|vu|chuyen|khoan)|cai vu)(?!\w)"
)
_AUDIENCES = re.compile(
    r"(?<!\w)(?:(?P<escaped>(?:ho |nha |dien )?(?:moi )?thoat ngheo)|(?P<near>(?:ho |nha |dien )?can ngheo)"
    r"|(?P<poor>(?:ho|nha|dan|dien) (?:em |e |toi |tui |minh )?ngheo))(?!\w)"
)
_LAST_WORDS = r"(?=$|[?.,!;]| co$| (?:a|ad|vay|v|z|em|e|anh|chi|oi|ta|nhi|he|rua|ha|hen)(?!\w))"
_ASKS = re.compile(
    rf"\?|(?<!\w)(?:khong|ko|k|hong|hok|hem|hk|hon|khg|chua){_LAST_WORDS}"
    r"|(?<!\w)(?:ai|gi|j|chi|nao|dau)(?! (?:cung|deu))(?!\w)"
    r"|(?<!\w)(?:mo|sao|the nao|bao gio|bao h|bao nhieu|nhieu|nhiu|bn|bnhieu|bao lau|hay (?:la|phai|khong|kien nghi)"
    r"|co phai|(?:cho|xin|muon|em|toi|tui|minh|e) hoi|cho biet|muon biet"
    r"|may(?! (?:moc|bom|tinh|cay|nuoc|nay))|co duoc|co dc)(?!\w)"
)
_SPELT_OTHERWISE = re.compile(r"(?<!\w)(?:máy|đau|đầu|đậu|chị|chỉ|mỏ|mơ|mở|mổ|nhiễu)(?!\w)", re.IGNORECASE)
"""Who writes diacritics tells "mấy" from "máy" and "đâu" from "đau" themselves."""
_FACETS: tuple[tuple[Facet, re.Pattern[str]], ...] = tuple(
    (facet, re.compile(rf"(?<!\w)(?:{words})(?!\w)"))
    for facet, words in (
        (Facet.LEGAL, "luat(?! su)|nghi dinh|quyet dinh|thong tu|van ban|can cu|quy dinh (?:nao|o dau)"),
        (
            Facet.WHERE,
            "o dau|o mo|cho nao|cho mo|cho ai|(?:toi|den|di|vao|ve) dau|noi nao|bao ai|ai (?:lo|lam|ky)",
        ),
        (Facet.DOCUMENTS, "giay|giay to|ho so|mau don|kem theo"),
        (Facet.WHEN, "bao gio|bao h|khi nao|khi mo|chung nao|luc nao|bao lau|may (?:thang|nam|ngay|lan)|ngay nao"),
        (Facet.HOW, "lam sao|cach nao|thu tuc|lam gi|lam don"),
        (Facet.AMOUNT, "bao nhieu|nhieu tien|bn|bnhieu|nhiu|nhieu|may (?:tien|dong|trieu|phan tram)|lai suat|mat tien"),
    )
)
_NOTHING = (
    "a ad ah ai anh ban bao bay bi biet bn bnhieu bo bua cac cach cai can cap chi cho chu chua chung co con cua "
    "cung da dang dau day dc de den di dinh do don du dua dum duoc duong duyet e em gi giay gio gium giup gom gui "
    "h ha hay he hen het ho hoi hong j k kem khi khong ko ky la lai lam lan lanh len lo luat luc luon m ma mat "
    "mau may minh mo moi mot muon n nam nao nay ngay nghe nghen nghi nguoi nha nhan nhe nhi nhieu nhiu nho nhu "
    "nhung no noi nop nua o oi phai phan phat qua quy quyet r ra rang roi rua sao sau so su suat ta tai thang the "
    "them theo thi thoi thong thu thuc tien to toi tra tram trieu trong truoc tu tuc tui u ua ubnd uy v van vao "
    "vay ve viec vo voi vu xa xet xin xong y z"
)
_NAMING_NOTHING = frozenset(_NOTHING.split())
"""The words of questions that could be about anything."""


def without_correction(text: str) -> str:
    """The text without the words that take back what was said; unchanged where nothing else is said."""
    lead = _CORRECTION.match(fold(text))
    rest = leveled(text)[lead.end() :] if lead else text
    return rest if any(c.isalnum() for c in rest) else text


def corrects(text: str) -> bool:
    """Whether a text takes back what was said before it: "không, ý tôi là…", "nhầm, …"."""
    return _CORRECTION.match(fold(text)) is not None


def looks_back(text: str) -> bool:
    """Whether a text goes back to what was talked about before: "còn vụ tiền điện hồi nãy"."""
    return _BACK.search(fold(text)) is not None


def asks(text: str) -> bool:
    """Whether a text asks anything; if not, in the middle of a talk it tells somebody's circumstances."""
    return _ASKS.search(fold(_SPELT_OTHERWISE.sub("…", text))) is not None


def facet_of(text: str) -> Facet | None:
    """What is asked, by its plainest words."""
    folded = fold(text)
    return next((facet for facet, words in _FACETS if words.search(folded)), None)


def bare_facet(text: str) -> Facet | None:
    """What is asked by a text that names nothing, so that it can only be about what was talked about."""
    named = set(re.findall(r"\w+", fold(text))) - _NAMING_NOTHING
    return None if named else facet_of(text)


def asked_again(text: str, state: State) -> str | None:
    """The last question as this text changes it: asked for others ("hộ cận nghèo thì sao"), or with this text added."""
    asked = _last_asked(state)
    if not asked:
        return None
    said = without_correction(text)
    return _for_others(asked, said) or f"{asked.rstrip(' .?!')}. {said}"


def is_for_others(text: str, state: State) -> bool:
    """Whether a text names other households than the last question did."""
    asked = _last_asked(state)
    return bool(asked) and _for_others(asked, without_correction(text)) is not None


def for_the_same(questions: tuple[str, ...]) -> tuple[str, ...]:
    """The questions of one text, each for the households that one before it asked for."""
    told: list[str] = []
    named = ""
    for question in questions:
        audience = _audience(question)
        told.append(f"{named} {question}" if named and audience is None else question)
        named = audience[1] if audience and asks(question) else named
    return tuple(told)


def spoken_of(state: State, topic: str, asked: str | None) -> tuple[Spoken, ...]:
    """The topics talked about, this one as the newest. `asked` is the question that names it; None where it carried."""
    known = next((each.asked for each in state.spoken if each.topic == topic), "")
    others = (each for each in state.spoken if each.topic != topic)
    return (Spoken(topic, known if asked is None else asked), *others)[:MOST_SPOKEN]


def kin(one: str, other: str) -> bool:
    """Whether two subjects are easily taken for one another: the ids of a family share their first word."""
    return one.split("_")[0] == other.split("_")[0]


def _last_asked(state: State) -> str:
    return state.spoken[0].asked if state.spoken and state.topic == state.spoken[0].topic else ""


def _for_others(asked: str, said: str) -> str | None:
    now, before = _audience(said), _audience(asked)
    if now is None or (before is not None and before[0] == now[0]):
        return None
    if before is None:
        return f"{now[1]} {asked}"
    start, end = before[2]
    asked = leveled(asked)
    return f"{asked[:start]}{now[1]}{asked[end:]}"


def _audience(text: str) -> tuple[str, str, tuple[int, int]] | None:
    """The households that a text names: which, in what words, and where."""
    found = _AUDIENCES.search(fold(text))
    return (str(found.lastgroup), leveled(text)[slice(*found.span())], found.span()) if found else None
