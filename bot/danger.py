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

_VERY = "doi|nong|met|lau|dat|kho|vui|lanh|xa|ngu|lo|buon|ngheo|tuc|gian|nho|cuoi|them|nang|dau|khong|ko"
"""What people are "muốn chết": very hungry, very hot; or do not want to die."""
_LISTS = {
    "me": words("toi|tui|em|e|minh|mk|chau|con|tao"),
    "no": words("khong|ko|k|chua|hong|dau"),
    "kin": words("""
        chong|ck|vo|ba|bo|cha|ma|me|ong|duong|di ghe|chu|bac|cau|anh|thang|no|ho
        con trai|con re|con dau|thang con|nguoi yeu|hang xom|nha chong|ong chu
    """),
    # "danh sách", "dành cho", "đánh giá", "đánh cá", "đánh rớt": "danh" that beats nobody
    "beaten_not": words(r"""
        sach|cho|muc|gia|so|bat|rieng|hieu|rot|mat|nhau|may|dien|bac|bai|de|dau|vang|doi|thuc|du|nhe|ca(?! nha)|ban
        xe|thuoc|giay|trau|ghe|chieng|cong|dan|trong (le|hoi|tran)
    """),
    "beat": words(r"""
        danh(?! <beaten_not>\b)
        bop co|dap dau|hanh hung|bao hanh|hanh ha|chem|dam(?! (cuoi|gio|tang|tiec|hoi)\b)
    """),
    "family": words("ca nha|(ba|cha|bo) me|vo con|me con|con cai|ong ba|(me|chi|vo|ba|bo|chong|cha) (<me>|gia)"),
    "child": words(r"""
        be( gai| trai)?|chau( be| gai| trai)?|con be|em be|em gai|hoc tro|tre so sinh
        dua (be|nho|con|tre)|thang (be|nho|cu)|may dua (nho|con)|con nit|tre con|tre nho|hoc sinh
        (con|chau)( (gai|trai|nho|ut))? (em|toi|tui|minh|mk|e)|(con|chau) gai
        (em|chau|con|ban)( \w+){0,2} ([1-9]|1[0-7]) ?(tuoi|t)
    """),
    "harm": words("""
        <beat>|xam hai|hiep|cuong hiep|so mo|dam o|bo doi|bo roi|nhot|lam dung|bat coc|lua ban|mua ban|dam bam
        bat (\\w+ )?nghi hoc|bat lay|ep (cuoi|lay)|sam so|gat gam|lam bay|giam (trong|o|giu)|xich|du (do|di)
        bat di (lam|an xin)
        bo (o|ngoai|giua|truoc|trong) (thung|bao|bia|ria|rung|cong|cho|duong|chua|san|nha (mot minh|rong))
    """),
    "poison": words("""
        uong (het |phai |nham )?(chai |goi )?thuoc (ray|sau|tru sau|co|tru co|diet co|chuot|ngu|doc)(?! nam)
        uong (nham|phai) (dau|xang|axit|thuoc)
    """),
    "collapse": words("""
        bat tinh|(ngat|te|bi) xiu|<no> tho|kho tho|ngung tho|thoi thop|bi ngat|co giat|hon me|tim (tai|mat)
        ngo doc|meo mieng|mieng meo|nam (im|bat dong)|dien giat|duoi nuoc|chet duoi
        hoc (hat|xuong)|(bong|phong) (nuoc soi|lua|ga|nang)
        tai nan ..6 (chet|bi thuong)
        (te|rot|rop|roi|nga) (xuong )?(gieng|ao|ho|suoi|song|vuc)|(dut|lia) (lia )?(tay|chan|ngon|dong mach)
        (ran|ong)( \\w+){0,2} (can|dot)
        vo (nuoc )?oi|nuoc oi vo|chuyen da|(?<!goi )(?<!o )(?<!toi )dau de(?! duoc)
        chay mau|trao mau|mau (chay|phun|ra|me)|tong xe|xe( \\w+){0,2} (tong|dung nhau|dung trung)
        bi (cay|da|xe|tuong)( \\w+)? (de|can)
    """),
    "illness": words("dot quy|tai nan|dau nguc|bi cho (\\w+ )?can(?! (bo|cuoc))|cho dai can"),
    "tool": words("dao|rua|gay|sung|ma tau|bua|kiem"),
    "water": words("(nuoc|lu)( (lu|lut|suoi|song))?"),
    "stuck": words("(?<!lien )(?<!cam )(?<!doan )ket"),
    "burning": words("nha|bep|rung|ray|doi|kho|buon|lang|xom|chuong|quan|truong"),
    "high": words("mai|noc|gac|cay|nuoc|song|suoi|gieng|ham"),
    "refuge": words("mai|noc|gac|nha|cay|nuoc|song|suoi|gieng|ham|choi|lu"),
    "not_so_to_say": "".join(f"(?<!{word} )" for word in _VERY.split("|")),
}

_HAPPENS = {
    Danger.FIRE: r"""
        <burning> ..3 dang (bi |boc )?chay(?! (nuoc|tien|viec|ho so|giay|theo|an))
        dang (bi )?chay (nha|rung|ray|bep|lon|to|du|kho)
        dang boc chay(?! tui)
        lua (dang )?(lan|boc|bat|tap|chay) ..2 (nha|mai|vach|bep|rung|ray|to|lon|qua)
        <burning> ..2 (boc chay|chay kia|chay (lon|to|du|roi)( (qua|lam))?( ?[,.!]|$))
        chay <burning>( \w+)? (roi|qua)( ?[,.!]|$| (keu|cuu|goi|lua|khoi|troi))
        chay (\w+ )?lan (toi|qua|sang|vo|vao)|chay ?!
        khoi (boc|mu mit|nghi ngut)|boc khoi|phut lua|ben lua|no lua|chua chay ..1 (giup|gium|dum|voi|gap|cuu)
    """,
    Danger.FLOOD: r"""
        <water> ..3 (toi|len|ngang|qua) (toi )?(noc|mai|gac|nguc|bung)
        <water> ..3 (toi|ngang) co|ngap (den|toi|ngang) (co|nguc|bung)|lut (dau|nguc|…)
        (<stuck>|ngoi|leo|dung) ..2 (tren|giua|duoi|noc) ..3 <refuge> ..3 (nuoc|lu|ngap|cuu|ai|roi)
        <stuck> ..2 (tren|giua|duoi) ..1 <high>
        (lu|lut|ngap|nuoc (dang|len|lon|lu|lut)) ..8( ?,)? ..6 (tren|giua|noc|len) (cay|noc|mai|gac|nha|song|suoi)
        (sat lo|dat lo|dat da|dat sat|nui lo|lo nui|nui sap) ..3 (de|vui|sap) ..3 (nguoi|nha|xe|lang|con|chau)
        (dat|da|nui|doi|ta luy) ..2 dang (lo|sat|sap)|(dat|da|nui) ..5 de (trung|len|sap) ..2 (nha|nguoi|xe)
        bi (dat |da )?vui|vui (lap|duoi)
        (lu|nuoc) ..2 cuon (mat |troi )?(nguoi|<me>|chong|vo|be|may nguoi|nha ..2 roi)
        (?<!nha )(<kin>|con|be|chau|nguoi) ..4! bi ((nuoc|lu|suoi|song)( lu)? cuon|cuon (troi|mat|di))
        (lac|vao|vo|di) ..3 rung ..6 chua (thay )?ve
    """,
    Danger.SUICIDE: r"""
        (muon|dinh|doi|tinh|nghi den( viec)?|y dinh) (tu sat|ket lieu|treo co|ket thuc (tat ca|het|cuoc (doi|song)))
        (muon|dinh|doi|tinh|nghi den( viec)?|y dinh) tu tu(?! (tra|dong|lam|nop|cho(?! (xong|roi|nhe|khoe|het))))
        (<no>|het|chang|chan)( (con|thiet|he|ai))* (muon|thiet) song( (nua|tren doi|tiep|them)|$| ?[.,!])
        <not_so_to_say>muon chet(?! (doi|khat|duoi))
        chet (quach|cho (xong|roi|khoe|nhe|ranh|dep))|chet di cho
        (muon|dinh|doi|tinh|chac) ..3 (nhay (song|cau|lau|suoi)|<poison>)
        <poison> ..2 (roi|chet|tu tu)|(vua|moi|da|dang|lo) <poison>|rach (co )?tay|cat (co )?tay tu tu
        (<kin>|chi) (\w+ )?((vua|da|dang|moi) )?(?<!ba con )treo co(?! (to quoc|do|dang|mung|ngay|hoa))
        (se|sap|vua|dang|chuan bi) tu (sat|tu( roi)?( ?[,.!]|$))
        het duong song|<no> con (ly do|gi|duong) ..2 de song
        chac <me> chet (di )?thoi
        song (lam gi|chi) nua|chan song (qua|lam|roi)
    """,
    Danger.ACCIDENT: """
        dang (bi )?(<collapse>|<illness>)
        (<collapse>|<illness>) ..3 (cuu|giup) voi
    """,
    Danger.CHILD: r"""
        <child> ..8! bi (\w+ ){0,5}<harm>
        (<kin>|(ba|cha|bo|me) (duong|ke)|thay( giao)?|co giao|nguoi ta|nguoi la|ho) ..4! (<harm>|du) ..3 <child>
        ([1-9]|1[0-7]) ?(tuoi|t)( ?,)? ..6! <harm>
        bat (<child>|em) ..2 (di lam|an xin|nghi hoc|lay (chong|vo))
    """,
    Danger.VIOLENCE: r"""
        <kin> ..6! (<beat>( dap| chui)?|dap) (toi|tui|em|e|minh|mk|tao|<family>)
        (chong|ck|vo) (cu )?<me> ..6! <beat>
        bi (nha )?<kin> ..5! (<beat>|dap)(?!( \w+)? thi)
        (toi|tui|minh|mk|e|(?<!tre )(?<!chi )em) ..2! bi <beat>(?!( \w+)? thi)
        co (nguoi|ong|ba|anh|chi|dua|thang) ..3! bi (<beat>|cuop)
        <beat> (vo|chong|me|con|me con) ..3 (hoai|suot|da man|bam|gay|moi dem|hang dem)
        (cam|xach|vac|rut|co) ..1 <tool> ..5 (doi|doa|duoi|ruot|ke co|chem|dam|danh|giet|vo nha|xong|truoc nha)
        (doa|hu|doi|dinh) (\w+ )?(giet|chem(?! gia)|dam chet|dot nha)|giet (toi|tui|em|me con)
        (trom|cuop|ke gian|ke la) ..2 trong nha
        (trom|cuop|ke gian|ke la|nguoi) ..2 (cay cua|pha cua|dap cua|dot nhap|vo nha|chan duong)
        dang (dap|pha)( pha)? nha
        (chong|nha chong) ..1 nhot|bi (\w+ ){0,3}(hiep dam|cuong hiep|cuong buc)
    """,
}
"""What is danger by itself."""
_WHEN_TOLD = {
    Danger.FIRE: """
        chay <burning>|chay (lan|lon|to|du)|boc chay|no (binh )?gas?|xi gas?|gas? xi|khoi day|day khoi
    """,
    Danger.FLOOD: r"""
        (lu|lut) (da )?(len|dang|tran|ngap|ve|quet|cuon|to|lon|vo|vao)|nuoc (vo|vao) nha|ngap (nha|het)
        nuoc (da )?(len|dang|tran) ..2 (nhanh|cao|to|manh|xiet|nha|ngap)
        (mac )?<stuck> (tren|giua|duoi|trong|ben|ngoai)|bi (nuoc|lu) cuon|co lap|mat tich
        lac (trong |o )?rung|di rung lac|rung lac \d|lac \d ngay
        sat lo|lo nui|sap (ham|gieng|cau)|cau (treo )?(dut|sap|troi)
    """,
    Danger.SUICIDE: "tu tu chet",
    Danger.ACCIDENT: "<collapse>|<poison>",
    Danger.CHILD: "<child> ..5 <harm>|bat coc",
    Danger.VIOLENCE: r"""
        co (trom|cuop)|cuop giat|danh nhau|chem nhau|cam <tool>(?! (phat|chat|di|lam|cho|mo|thai))
        hanh hung|say (\w+ ){0,3}dap
        (chong|ck|<kin> <me>|nha chong) ((hay|cu|lai|suot ngay) )*<beat>(?! (vo|chong|nhau))
        (hang xom|nha (ben|ke)|ong|chu|anh) ..3! <beat> (vo|con|me|cha)
    """,
}
"""What is danger when somebody only tells of it, cries for help, or asks there and then whom to call."""
_WITH_A_CALL = {
    Danger.FIRE: "nha ..2 chay",
    Danger.FLOOD: "nuoc( (lu|lut|suoi|song))? (da )?(len|dang(?! (chay|…))|tran|ngap|ve|quet|cuon)|ngap toi",
    Danger.ACCIDENT: "<illness>",
}
"""What is danger only with the cry, or with that question."""

_CRIES = any_of("""
    cuu (voi|toi|tui|em|con|chau|minh|me con|gium|giup|gap)
    cuu ?!
    keu cuu|chay( ?[,!.])? chay
""")
_CALLS = any_of("""
    cuu|keu cuu|giup (em |toi |tui )?voi
    goi (so|ai|xe|cap cuu|cong an|cuu|dau|mo|chi)|goi 11[1-5] (hay|gap|ngay|giup)
    keu (ai|xe|so|chua chay)
    (biet )?lam (sao|gi|rang)(?! (de|duoc|moi|xin))
    gio (sao|lam)|bao (cho )?(ai|so nao|dau|mo|cho nao)(?! de)
    (toi|den) (gap|nhanh|giup|mau)|mau (toi|den)|gap (lam|qua)|khan cap qua
""")
_RULES = any_of(r"""
    (?<!so )bao nhieu(?! nguoi)|bn tien|nhieu tien|may (tien|trieu|tram)
    (duoc|dc|co|xin|nhan|huong|tien|muc|che do) ..1 (ho tro|tro cap|cuu tro|den bu|boi thuong|giup do|mien)
    ho tro (tien|lam nha|gi|nha|bao|nhieu|lam lai)
    tro cap|duoc (\w+ )?tien|tien nuoi|phat gao|cuu tro|mai tang|bao hiem|tien dien|vay von|vay tien
    tra tien|mat (tien|phi)|ton (tien|phi|bao)|mien phi|bi phat|phat bao
    ra soat|xet (ho )?ngheo|danh sach|chinh sach|che do|dieu kien|nghi dinh|luat(?! su)|quyet dinh
    thu tuc|ho so|giay to|can giay|(lam|xay|dung|cat) lai|sua nha
    tam lanh|lanh nan|nha binh yen|nan nhan|the nao la|la gi
    co (phai|tinh|duoc coi|bi|can|nen|quyen|duoc( \w+){2})( \w+)*? (khong|ko|k|hong|chua)
""")
"""What is asked of rules: "hỗ trợ em với" is a cry, "được hỗ trợ" is a rule."""
_HYPOTHETICAL = any_of("""
    neu|lo (ma|co|bi|chay)|so chay|phong khi|truong hop|gia su|dien tap
    (khi|luc) (bi|co|gap|xay ra|nha|lu|chay|thay)
    (?<!hay )11[1-5](?! (hay|gap|ngay|giup))|nguoi bao tin|hoi cho biet|nen goi
""")
_LONG_OVER = r"""
    nam (ngoai|truoc|kia|20\d\d)|truoc day|ngay xua|cach day
    hoi (nam|xua|truoc|do)
"""
_OVER = rf"""{_LONG_OVER}
    hoi thang|thang (truoc|\d+)|tuan truoc|hom (qua|truoc|kia|no|bua)|bua (truoc|hom|kia)
    dot (truoc|vua|bao|lu)|ngay truoc|\d+ (nam|thang) (nay|truoc)
    (ca|may) (tuan|thang|nam) (roi|nay)|da (tat|rut|het|qua)|tat roi|rut (roi|het)
    chay (rui|sach)|<burning> ..1 chay het|qua (lu|bao)|sau (lu|bao|tran)
"""
_ASKED = any_of(r"""
    sao|(?<!co )gi|nao|(?<!xe )may(?! (nguoi|dua|cua|cat|cay))|ai|hay|hoi|bn|nhiu|xin|muon
    bao (lau|gio)|ho tro|tro cap|quyen gop|tien
    (khong|ko|k|hong|chua|a|ha|chu)( (a|vay|em|anh|chi|ad|nhi))? ?[?.!]*$
""")
_FOR_LONG = any_of(r"""
    tu (nho|be|hoi|khi|luc)|thuong|lau nay|bam sinh|di chung|benh|\d+ nam|nhieu nam
    lan (nao|truoc)|moi (nam|khi|lan)|mua (mua|lu|kho|nuoc)
    (may|ca) thang|\d+ thang (nay|roi|truoc)|thang (nay|nao|truoc|\d+)
""")
"""Whoever only tells of it, and of nothing that has gone on for long, is in the middle of it."""
_NOT_SO = any_of("<no> (co |bi |he |phai |con |ai |bao gio |dam )+(chay|lu|ngap|<harm>)", **_LISTS)
# Who writes diacritics tells "cháy" from "chạy" and "đánh" from "dành" themselves.
_SPELT_OTHERWISE = re.compile(
    r"(?<!\w)(?:chạy|chảy(?! máu)|chày|dành|đằng|đăng|đáng|từ từ|muộn|dám|cừu|kết(?! (?:thúc|liễu))|kệt|đâu|đầu|đậu|bê)"
    r"(?!\w)",
    re.IGNORECASE,
)

_BURNS = re.compile(r"(?<!\w)đang (?:bị )?cháy(?!\w)", re.IGNORECASE)  # folded it is also "đang chạy"


def find_danger(text: str) -> Danger | None:
    """What threatens somebody now, by the words of a text; None where nothing does."""
    folded = fold(_BURNS.sub("dang boc chay", _SPELT_OTHERWISE.sub("…", text)))
    cries = _CRIES.search(folded) is not None
    if _NOT_SO.search(folded) or (_RULES.search(folded) and not cries):
        return None
    names = _names(folded, cries)
    return next(
        (
            danger
            for danger in Danger
            if (cries or not _PAST[danger].search(folded))
            and any(danger in table and table[danger].search(folded) for table in names)
        ),
        None,
    )


def facts_of(danger: Danger) -> tuple[str, ...]:
    """The facts whose answers tell the number to call, that of the first one first."""
    return _FACTS[danger]


def _names(folded: str, cries: bool) -> list[dict[Danger, re.Pattern[str]]]:
    """The phrases to look for: those that only name a danger count with a cry, a call, or where nothing is asked."""
    supposes = _HYPOTHETICAL.search(folded) is not None
    if cries or (_CALLS.search(folded) and not supposes):
        return [_NOW, _TOLD, _CALLED]
    only_tells = not (supposes or "?" in folded or _ASKED.search(folded) or _FOR_LONG.search(folded))
    return [_NOW, _TOLD] if only_tells else [_NOW]


_NOW = {danger: any_of(phrases, **_LISTS) for danger, phrases in _HAPPENS.items()}
_TOLD = {danger: any_of(phrases, **_LISTS) for danger, phrases in _WHEN_TOLD.items()}
_CALLED = {danger: any_of(phrases, **_LISTS) for danger, phrases in _WITH_A_CALL.items()}
_EVENTS = frozenset({Danger.FIRE, Danger.FLOOD, Danger.ACCIDENT})
_PAST = {danger: any_of(_OVER if danger in _EVENTS else _LONG_OVER, **_LISTS) for danger in Danger}
