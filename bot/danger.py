"""People in danger, told by what they write before anybody tries to understand it: the emergency number comes first.

What is happening, or goes on happening, is danger; what rules say of it, what is long over, and what is not, is none.
The number that is said comes from the answers of the facts named here.
"""

import re
from enum import StrEnum

from bot.wording import any_of, words
from foundation.text import fold


class Danger(StrEnum):
    """What threatens. FLOOD is all that 112 is for: also landslides and people lost or trapped. ACCIDENT is a life in
    danger by injury or sudden illness."""

    FIRE = "fire"
    FLOOD = "flood"
    SUICIDE = "suicide"
    ACCIDENT = "accident"
    CHILD = "child"
    VIOLENCE = "violence"


_FACTS: dict[Danger, tuple[str, ...]] = {
    Danger.FIRE: ("sos_113_114_115", "sos_112"),
    Danger.FLOOD: ("sos_112", "sos_113_114_115"),
    Danger.SUICIDE: ("sos_113_114_115",),
    Danger.ACCIDENT: ("sos_113_114_115",),
    Danger.CHILD: ("sos_111", "sos_113_114_115"),
    Danger.VIOLENCE: ("sos_113_114_115", "dv_report"),
}

_VERY = ("doi", "nong", "met", "lau", "dat", "kho", "vui", "lanh", "xa", "ngu", "lo", "buon", "khong", "ko")
"""What people are "muốn chết": very hungry, very hot; or do not want to die."""
_LISTS = {
    "me": words("toi|tui|em|e|minh|mk|chau|con|tao"),
    "no": words("khong|ko|k|chua|hong|dau"),
    "kin": words("""
        chong|ck|vo|ba|bo|cha|ma|me|ong|duong|di ghe|chu|bac|cau|anh|thang|no|ho
        con trai|con re|con dau|nguoi yeu|hang xom|nha chong
    """),
    # "đánh", not "danh sách", "dành cho", "đánh giá", "đánh cá", "đánh rớt"
    "beat": words(r"""
        danh(?! (sach|cho|muc|gia|so|bat|rieng|hieu|rot|mat|nhau|may|dien|bac|bai|de|dau|vang|doi|thuc|du|nhe|ca|ban)\b)
        bop co|dap dau|hanh hung|bao hanh|hanh ha|chem|dam
    """),
    "child": words(r"""
        be( gai| trai)?|chau( be| gai| trai)?|con be|em be|em gai|hoc tro|tre so sinh
        dua (be|nho|con|tre)|thang (be|nho|cu)|may dua (nho|con)
        (em|chau|con|ban)( \w+){0,2} ([1-9]|1[0-7]) ?(tuoi|t)
    """),
    "harm": words("""
        <beat>|xam hai|hiep|cuong hiep|so mo|dam o|bo doi|bo roi|nhot|lam dung|bat coc|lua ban|mua ban|dam bam
        bat (\\w+ )?nghi hoc|bat lay|ep (cuoi|lay)
    """),
    "poison": words("uong (het |phai |nham )?(chai |goi )?thuoc (ray|sau|tru sau|co|tru co|diet co|chuot|ngu)(?! nam)"),
    "collapse": words("""
        bat tinh|(ngat|te|bi) xiu|khong tho|kho tho|ngung tho|bi ngat|co giat|hon me|tim tai|dot quy|meo mieng
        dien giat|duoi nuoc|chet duoi|(te|rot|rop|roi|nga) (xuong )?(gieng|ao|ho|suoi|song|vuc)
        (ran|ong) (can|dot)|vo oi|chuyen da|(?<!goi )(?<!o )dau de(?! duoc)
        chay mau|tong xe|xe tong|tai nan|dau nguc|ngo doc
    """),
    "tool": words("dao|rua|gay|sung|ma tau|bua|kiem"),
    "water": words("(nuoc|lu)( (lu|lut|suoi|song))?"),
    "stuck": words("(?<!lien )(?<!cam )(?<!doan )ket"),
    "refuge": words("mai|noc|gac|nha|cay|nuoc|song|suoi|gieng|ham|choi|lu"),
    "not_so_to_say": "".join(f"(?<!{word} )" for word in _VERY),
}

_HAPPENS = {
    Danger.FIRE: """
        (nha|bep|rung|ray|doi|kho|buon|xom) ..3 dang (bi |boc )?chay(?! (nuoc|tien|viec|ho so|giay|theo))
        dang (bi )?chay (nha|rung|ray|bep|lon|to|du|kho)
        lua (dang )?(lan|boc|bat|tap|chay) ..2 (nha|mai|vach|bep|rung|ray|to|lon|qua)
        (nha|bep|kho|rung) ..2 (boc chay|chay (lon|to|roi)$)
        chay (nha|bep|rung) ..1 (roi|qua)$
    """,
    Danger.FLOOD: """
        <water> ..3 (toi (noc|mai|co)|len (toi )?(noc|mai|gac)|ngang nguc)
        (<stuck>|ngoi|leo|dung) ..2 (tren|giua|duoi|noc) ..3 <refuge> ..3 (nuoc|lu|ngap|cuu|ai|roi)
        (nuoc|lu|ngap) ..8( ?,)? ..6 (ket|ngoi|leo) ..2 (tren|giua|noc)
        (sat lo|dat lo|dat da|nui lo) ..3 (de|vui) ..3 (nguoi|nha|con|chau)
        (lu|nuoc) ..1 cuon (mat |troi )?(nguoi|<me>|chong|vo|be|may nguoi)
    """,
    Danger.SUICIDE: r"""
        (muon|dinh|doi|tinh|nghi den( viec)?|y dinh) (tu (tu|sat)(?! (tra|dong|lam|nop|cho))|ket lieu|treo co)
        (<no>|het|chang|chan)( (con|thiet|he|ai))* (muon|thiet) song( (nua|tren doi|tiep|them)|$| ?[.,!])
        <not_so_to_say>muon chet(?! (doi|khat|duoi))
        chet (quach|cho (xong|roi|khoe|nhe|ranh|dep))|chet di cho
        (muon|dinh|doi|tinh|chac) ..3 (nhay (song|cau|lau|suoi)|<poison>)
        <poison> ..2 (roi|chet|tu tu)
        song (lam gi|chi) nua|chan song (qua|lam|roi)
    """,
    Danger.ACCIDENT: """
        dang (bi )?<collapse>
        <collapse> ..3 (cuu|giup) voi
    """,
    Danger.CHILD: r"""
        <child> ..8! bi (\w+ ){0,5}<harm>
        (<kin>|cha duong|thay( giao)?|nguoi ta|nguoi la) ..4! <harm> ..3 <child>
        ([1-9]|1[0-7]) ?(tuoi|t)( ?,)? ..6! <harm>
    """,
    Danger.VIOLENCE: r"""
        <kin> ..6! <beat>( dap| chui)? (toi|tui|em|e|minh|mk|tao|me con|ca nha|(me|chi|vo|ba|bo|chong) (<me>|gia))
        (chong|ck|vo) (cu )?<me> ..6! <beat>
        bi (nha )?<kin> ..5! <beat>(?!( \w+)? thi)
        <beat> (vo|chong|me|con|me con) ..3 (hoai|suot|da man|bam|gay|moi dem|hang dem)
        (cam|xach|vac|rut|co) ..1 <tool> ..5 (doi|doa|duoi|chem|dam|danh|giet|vo nha|xong|truoc nha)
        (doa|hu|doi|dinh) (\w+ )?(giet|chem(?! gia)|dam chet)|giet (toi|tui|em|me con)
        (trom|cuop|ke gian|ke la) ..2 (trong nha|cay cua|pha cua|dot nhap|vo nha|chan duong)
        dang (dap|pha)( pha)? nha
        (chong|nha chong) ..1 nhot|bi (\w+ ){0,3}(hiep dam|cuong hiep|cuong buc)
    """,
}
"""What is danger by itself."""
_WITH_A_CALL = {
    Danger.FIRE: """
        chay (nha|bep|rung|ray|lan)|boc chay|no (binh )?ga
        nha ..2 chay
    """,
    Danger.FLOOD: r"""
        <water> (da )?(len|dang|tran|ngap|ve|quet|cuon)|ngap (nha|toi|het)
        (mac )?ket (tren|giua|duoi|trong)|co lap|mat tich
        lac (trong |o )?rung|di rung lac|lac \d ngay
        sat lo|lo nui|sap (ham|gieng|cau)
    """,
    Danger.SUICIDE: "tu tu chet",
    Danger.ACCIDENT: "<collapse>|<poison>",
    Danger.CHILD: "<child> ..5 <harm>",
    Danger.VIOLENCE: r"co trom|danh nhau|chem nhau|cam <tool>|hanh hung|say (\w+ ){0,3}dap",
}
"""What is danger when somebody cries for help, or asks there and then whom to call."""

_CRIES = any_of("""
    cuu (voi|toi|tui|em|con|chau|minh|me con|gium|giup|gap)
    cuu ?!
    keu cuu
""")
_CALLS = any_of("""
    cuu|keu cuu|giup (em |toi |tui )?voi
    goi (so|ai|xe|cap cuu|cong an|cuu|dau|mo|chi)
    keu (ai|xe|so|chua chay)
    (biet )?lam (sao|gi|rang)(?! (de|duoc|moi|xin))
    gio (sao|lam)|bao (ai|so nao)(?! de)
    (toi|den) (gap|nhanh)|gap (lam|qua)|khan cap qua
""")
_RULES = any_of(r"""
    (?<!so )bao nhieu(?! nguoi)|bn tien|nhieu tien|may (tien|trieu|tram)
    (duoc|dc|co|xin|nhan|huong|tien|muc|che do) ..1 (ho tro|tro cap|cuu tro|den bu|boi thuong|giup do|mien)
    ho tro (tien|lam nha|gi|nha|bao|nhieu|lam lai)
    tro cap|duoc (\w+ )?tien|tien nuoi|gao|cuu tro|mai tang|bao hiem|tien dien|vay von|vay tien
    tra tien|mat (tien|phi)|ton (tien|phi|bao)|mien phi|bi phat|phat bao
    ra soat|xet (ho )?ngheo|danh sach|chinh sach|che do|dieu kien|nghi dinh|luat|quyet dinh
    thu tuc|ho so|giay to|can giay|lam lai nha|xay lai|sua nha
    tam lanh|nha binh yen|nan nhan|the nao la|la gi
    co (phai|tinh|duoc coi|bi|can|nen|quyen|duoc( \w+){2})( \w+)*? (khong|ko|k|hong|chua)
""")
"""What is asked of rules: "hỗ trợ em với" is a cry, "được hỗ trợ" is a rule."""
_HYPOTHETICAL = any_of("""
    neu|lo (ma|co|bi|chay)|so chay|phong khi|truong hop|gia su|dien tap
    (khi|luc) (bi|co|gap|xay ra|nha|lu|chay|thay)
    11[1-5]|nguoi bao tin|hoi cho biet|nen goi
""")
_LONG_OVER = r"""
    nam (ngoai|truoc|kia|20\d\d)|truoc day|ngay xua|cach day
    hoi (nam|xua|truoc|do)
"""
_OVER = rf"""{_LONG_OVER}
    hoi thang|thang (truoc|\d+)|tuan truoc|hom (qua|truoc|kia|no|bua)|bua (truoc|hom|kia)
    dot (truoc|vua|bao|lu)|ngay truoc|\d+ (nam|thang) (nay|truoc)
    da (tat|rut|het|qua)|tat roi|rut roi|rut het|chay (rui|het|sach)|qua (lu|bao)|sau (lu|bao|tran)
"""
_NOT_SO = any_of("<no> (co |bi |he |phai |con |ai |bao gio |dam )+(chay|lu|ngap|<harm>)", **_LISTS)
# Who writes diacritics tells "cháy" from "chạy" and "đánh" from "dành" themselves.
_SPELT_OTHERWISE = re.compile(
    r"(?<!\w)(?:chạy|chảy|chày|dành|đằng|đăng|đáng|từ từ|muộn|dám|cừu|kết|kệt|đâu|đầu|đậu|bê)(?!\w)", re.IGNORECASE
)


def find_danger(text: str) -> Danger | None:
    """What threatens somebody now, by the words of a text; None where nothing does."""
    folded = fold(_SPELT_OTHERWISE.sub("…", text))
    cries = _CRIES.search(folded) is not None
    if _NOT_SO.search(folded) or (_RULES.search(folded) and not cries):
        return None
    calls = _CALLS.search(folded) is not None and (cries or not _HYPOTHETICAL.search(folded))
    return next((danger for danger in Danger if _threatens(danger, folded, cries, calls)), None)


def facts_of(danger: Danger) -> tuple[str, ...]:
    """The facts whose answers tell the number to call, that of the first one first."""
    return _FACTS[danger]


def _threatens(danger: Danger, folded: str, cries: bool, calls: bool) -> bool:
    if _PAST[danger].search(folded) and not cries:
        return False
    return bool(_NOW[danger].search(folded) or (calls and _NAMED[danger].search(folded)))


_NOW = {danger: any_of(phrases, **_LISTS) for danger, phrases in _HAPPENS.items()}
_NAMED = {danger: any_of(phrases, **_LISTS) for danger, phrases in _WITH_A_CALL.items()}
_EVENTS = frozenset({Danger.FIRE, Danger.FLOOD, Danger.ACCIDENT})
_PAST = {danger: any_of(_OVER if danger in _EVENTS else _LONG_OVER) for danger in Danger}
