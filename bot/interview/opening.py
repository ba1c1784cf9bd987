"""Whether somebody asks for themselves, or for somebody they name, if they may get something: told by folded words."""

import re

from bot.interview.values import NO
from bot.sentences import leveled
from foundation.text import fold

_ME = r"(?:toi|tui|em|minh|mk|chau|con|e|tao|to|chung (?:toi|em|minh|tui|con))"
_WHOSE = rf"(?:cua )?(?:nha )?{_ME}"
_ELDERS = r"(?:ong ba|ba noi|ba ngoai|ong noi|ong ngoai)"
_KIN = (
    rf"(?:{_ELDERS}|cha me|bo me|ba me|me gia|cha gia|me chong|me vo|bo chong|bo vo|con trai|con gai|con dau|con re"
    r"|anh trai|chi gai|em trai|em gai|chau noi|chau ngoai|me|ma|ba|bo|cha|ong|chong|vo|con|hang xom|bac|cau)"
)
_NAMED = re.compile(
    rf"(?<!\w)(?P<who>{_KIN} {_WHOSE}|{_ELDERS}|(?:me|ma|ba|bo|cha|ong)(?= (?:nam nay )?\d\d(?:\s*t|\s+tuoi)))(?!\w)"
)
_SEX = re.compile(
    r"(?P<female>vo|me|ma|ba n(?:oi|goai)|con (?:gai|dau)|chi gai|em gai)(?!\w)"
    r"|(?P<male>chong|bo|cha|ong|con (?:trai|re)|anh trai|em trai)(?!\w| ba| me)"
)
_NO_KIN = re.compile(r"^(?:con (?:em|con|minh)|ba con|ong minh|ong to|ba to|cau con)$")
"""Two words that are mostly something else: "còn em", "bà con"."""
_CHILD = re.compile(r"(?<!\w)con (?:cua )?(?:toi|tui|em|chau)(?= (?:\w+ ){0,3}(?:hoc|di hoc|lop|tuoi|\d))")
_HOUSE = re.compile(rf"(?<!\w)(?:nha|gia dinh|ho|vo chong|hai vo chong) {_ME}(?!\w)")
_SELF = re.compile(
    rf"(?:^|[.,;:!?] ?|(?<!\w)(?:thi|neu|nhu|xem|vay|a|da|thua|biet|hoi|coi|giup|gium|dum|la|nay) ){_ME}"
    r"(?! (?:muon |xin |can )?hoi)(?= |$)"
)
_MAY = re.compile(
    rf"(?<!\w)(?:co|dc|duoc|phai|thuoc|huong|du)(?!\w).*(?<!\w){NO}(?=$|[ ,?.!])"
    r"|(?<!\w)(?:xem|coi|kiem tra|xet) (?:giup|gium|dum|ho)"
)
_GETS = r"(?:duoc|dc|huong|nhan|co|thuoc|co the)"
_EVERYTHING = re.compile(
    rf"(?<!\w){_GETS}(?: \w+){{0,4}} (?:nhung gi|gi|j|nhung j|cai gi|chi"
    r"|(?:nhung )?(?:khoan|che do|chinh sach|ho tro|dien|quyen loi)(?: \w+)? (?:nao|gi|j))(?!\w)"
)
_CERTIFIED = re.compile(
    r"(?<!\w)(?:co phai|phai|co duoc|co dc|duoc|dc|co thuoc|thuoc|co la|vao|du)(?: \w+){0,3} (?:ho |dien |chuan )?"
    rf"(?:can )?ngheo(?!\w).*(?:{NO}|\?)"
    rf"|(?<!\w)la (?:ho )?(?:can )?ngheo {NO}(?!\w)"
)
_OTHER = re.compile(
    rf"^(?:a |da |u )*(?:con|the con|vay con|the|roi con)(?!\w).*(?<!\w)(?:thi sao|sao|{NO})(?=$|[ ?.!])"
)


def person_named(text: str) -> str | None:
    """Whom a text asks for besides who texts, in its own words: "mẹ em"; None where it names nobody."""
    folded = fold(text)
    if child := _CHILD.search(folded):
        return leveled(text)[slice(*child.span())].lower()
    for found in _NAMED.finditer(folded):
        if not _NO_KIN.match(found["who"]):
            return leveled(text)[slice(*found.span("who"))].lower()
    return None


def sex_told(about: str | None) -> str | None:
    """Whether somebody is a woman or a man by what they are to who texts: "vợ em"; None where that does not tell, as
    "ba" without marks is a father or a grandmother."""
    found = _SEX.match(fold(about or ""))
    return found.lastgroup if found else None


def is_own(text: str) -> bool:
    """Whether a text speaks of who texts, or of their household."""
    folded = fold(text)
    return _HOUSE.search(folded) is not None or _SELF.search(folded) is not None


def asks_whether(text: str) -> bool:
    """Whether a text asks for a yes or a no: "có được … không"."""
    return _MAY.search(fold(text)) is not None


def asks_for_everything(text: str) -> bool:
    """Whether a text asks what there is for somebody: "tôi được hưởng những gì"."""
    return _EVERYTHING.search(fold(text)) is not None


def asks_for_certificate(text: str) -> bool:
    """Whether a text asks if a household is poor or near poor, so that those words are no circumstance told."""
    return _CERTIFIED.search(fold(text)) is not None


def asks_for_another(text: str) -> bool:
    """Whether a text asks the same again for somebody: "còn bà ngoại em 80 tuổi thì sao"."""
    return _OTHER.search(fold(text)) is not None
