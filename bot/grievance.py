"""What a text complains of, by its words: decides who may read it and what may be said of it.

It tells what a grievance is about, not whether a text is one: "cán bộ đòi tiền, tố cáo ở đâu" asks how, and is told;
but a ticket opened for it, for whatever reason, must not reach the accused.
"""

import re
from enum import StrEnum

from bot.wording import any_of, words
from foundation.text import fold


class Grievance(StrEnum):
    """Money asked or taken by who may not; a list that somebody is missing from or wrongly on; anything else."""

    CORRUPTION = "corruption"
    LIST_OBJECTION = "list_objection"
    COMPLAINT = "complaint"

    @property
    def confidential(self) -> bool:
        """Whether no text to the phone may tell what it is about, and the accused must not read it."""
        return self is not Grievance.COMPLAINT


_LISTS = {
    "no": words("khong|ko|k|chua|hong|chang"),
    "me": words("toi|tui|em|e|minh|mk|chau|con|ba con|dan"),
    "person": words("""
        can bo|cb|(pho )?chu tich|bi thu|ke toan|thu quy|dia chinh|cong an vien|ban quan ly|ban nhan dan|nguoi phat
        (truong|pho) (thon|buon|lang|ban|xom|nhom|phong)|(thon|buon|lang) truong|to (truong|pho)|hieu truong
        ctv|cong tac vien|hoi (phu nu|nong dan)|chi hoi( truong)?
    """),
    "official": words("<person>|xa|thon|buon"),
    "sum": words(r"""
        \d[\d.,]* ?(k|tr|trieu|nghin|ngan|dong|d|chai|chuc|tram|%|phan tram)
        (may|mot|hai|ba|nam|vai|nua) (tram|trieu|chuc|chai)
        phong bi|hoa hong|boi duong|lot tay
    """),
    "count": words(r"<sum>|\d[\d.,]* ?(kg|ky|ki|cai|phan|con|bao|goi)"),
    "goods": words("tien|gao|bo|de|heo|qua|hang|giong|phan bon|mi tom|chan|so|the"),
    "money": words("<sum>|tien|quy|phan tram|goi thuoc|cong lam"),
    "demands": words("""
        doi|voi|vet|goi y|thu(?! nhap)|xin tien (ca phe|nuoc|cong|boi duong)
        bat ..3 (dong|nop|dua|chi)|keu ..3 (dong|nop|dua)
    """),
    "not_theirs": words("cua|ho tro|cuu tro|ung ho|khong tra|ngan hang"),
    "list": words("danh sach|ds|ho (can )?ngheo|can ngheo|so (ho )?ngheo|dien (ho )?ngheo|suat ngheo|thoat ngheo"),
    "favoured": words(r"""
        nha (giau|lau|((\d|hai|ba|may|cao) )?tang|nghi)|giau|kha gia|xe (hoi|o to|oto|con|tai|lau)|o to|oto
        cua an cua de|xay (lau|nha (lau|tang))|(may|hai|ba|\d) xe may|may cay|da co (bo|de|dat|nha)
        <near>
    """),
    "near": words(r"""
        <close>|((ba con |anh em )?ho hang|nguoi (nha|quen|than))(?! (cua )?(toi|tui|em|e|mk|chau|o)\b)
    """),
    "close": words(r"""
        (quen( biet)?|than( thiet)?|nguoi nha|ba con|ho hang|anh em) (voi |cua )?(ong |ba )?<person>
        (em|con|chau|vo|chi|anh|con chau|ba con)( (ruot|gai|trai|re|ho|vo|rieng))?( cua)?( ong| ba)? <person>
    """),
}
_CORRUPTION = r"""
    <official> ..3! (?<!duoc )(?<!phep )(?<!duoc tu )<demands> ..3 <money>(?!( \w+){0,4} bao nhieu)
    <demands> ..4 <sum> ..5 (moi|thi) (cho|chiu|lam|ky|ghi|duoc|vo|vao|giai quyet|xet|dua|lo)
    (dua|nop|dong) ..3 <sum> ..5 (moi|thi lo)|bi (doi|vet|voi|thu) ..3 tien|dua lai ..2 <sum>
    (dua|nop|chung) ..1 <person> ..2 <sum>|(keu|bat) ..1 (nop|dua) <sum> ..1 lam (so|giay|ho so)|voi vinh
    moi (nhau|ca phe) moi|tien (ca phe|uong nuoc)|tru ..2 tien xang|(it|chut) tien nuoc|moi (duoc|chiu) ky
    thu ..6 <no> ..3 bien lai
    (?<!du )(?<!phuong )an (chan|bot|hoi lo|tien (cua|ho tro))
    <official> ..2 an tien|an nhau
    bien thu|tham o|tham nhung|hoi lo|lot tay|lo lot|dut lot|chay chot|rut ruot|cat xen|nhung nhieu
    phong bi(?! (dung|thu|gui))
    (khai|ky|lap|ghi) gian|gia (mao )?chu ky|chu ky ..4 (gia|la hoac|khong phai)
    ky (nhan )?thay|ky ..4 (giay|to) trang
    (nguoi (khac|ta)|ai) (ky nhan|lanh|nhan) (mat|thay|giup)|(?<!cho )nguoi khac lanh
    (chet|mat|qua doi) ..6 van ..5 (ky|nhan tien|linh|lanh|ten)
    <official> ..3! (lay|giu|bot|xen|tru) ..4 (tien|gao|bo|qua|so|the|giay) ..3 <not_theirs>
    <official> (giu|lay|tru|bot|cat|nuot) ((lai|mat|luon) )?<count>
    <person> (de|dem|mang|giu|cam|lay) ..2 (nha (ban|xai|dung)|ban|luon|xai|rieng)
    (bot|xen|giu lai|giu) ..2 (tien|gao|sua|<sum>) ..4 (cua (dan|ba con|hoc sinh|may chau)|de chung)
    <goods> ..5 bi (<person> ..1 (doi|lay|giu|tru|bot|an|linh|lanh|nhan)|em (mat|luon|di)|an bot)
    (ky nhan|duoc|ghi|ky|duyet) ..1 <sum> ..4 ma ..5 <sum>|ky nhan \d+ ..5 dua \d+
    <count> ..7( ?,)? ..2 (ma|nhung|chi|toi tay) ..5 (chi|co|con|dua|giu|nhan|cam|can|phat|ghi) ..3 <count>
    (ky nhan|(co|ghi) ten nhan) ..6 (ma|trong khi) ..4 <no> ..2 (thay|nhan|cam|co|dong)|co ten nhan <sum>
    vao nha (truong|can bo|chu tich)|dem ve nha (xai|dung)
    (gao|qua|hang|bo) ..6 dem ban|(tien|bo|gao|qua|du an) chia nhau
"""
_LIST_OBJECTION = r"""
    (?<!co )(bi |(?<!can )bo |gach |xoa |loai )(\w+ ){0,5}khoi (\w+ ){0,3}<list>
    (?<!co )bi (gach|xoa|cat|bo sot|loai)( (ten|mat|luon))?( <list>| khong| ma|$)
    <me> bi (gach|loai) ?[,.]|<me> bi bo sot|(gach|xoa) ten(?! con)
    (?<!co bi )(dua|rot|bo) ra khoi (\w+ ){0,2}<list>
    <no>( (co|thay|duoc|dc|cho))+ (\w+ ){0,3}(trong|vo|vao|tren) (\w+ )?<list>|<no> (co|thay) ten
    (nha|em|toi|tui|minh) ..5 (kho|ngheo) (that|hon|thiet|vay|rua) ..3 (ma|thi) ..1 (khong|ko|bi)
    xa (khong|ko) (cong nhan|xet) ..3 <list>|ep ..8 (thoat|ra khoi) ngheo
    <favoured> ..8 (van|lai|ma|cung|toan|deu|nen) ..4 (<list>|duoc (ho|nhan|xet|cap|gao|tien|vay)|huong)
    <close> ..6! (duoc|co|nhan|vo|vao|lay) ..3! (<list>|<goods>|truoc|het|suat|phan|nha)
    van (con )?(\w+ )?(ten |trong )+(\w+ )?<list>|(van|toan|chi|uu tien) (\w+ ){0,3}(<near>|ba con (minh|ho|no))
    (cho|xet|dua|chon) ..2 <favoured> ..3 (vo|vao|duoc|truoc)|nha giau (lai|thi) (duoc|huong)
    (nha|ho) (kia|no|do|nguoi ta|giau) ..4! (duoc|co|nhan) ..6( ?,)? ..1 <me>( (thi|lai|cung))? <no>
    ai (quen|than|kheo) ..2 (thi|duoc|cho|truoc)|(do|nho|vi|tai) ..3 quen (biet|ai)|<no> quen thi
    thien vi|uu ai|<no> vo tu|<person> ..3 (dua|cho) (con|chau|em|vo|chong) (minh|ho|no) ..2 (vo|vao)
    (binh xet|xet|cham diem|ra soat) ..4 (<no> (cong bang|dung)|sai|kieu gi|bat cong)
    (cham|ghi|tinh) (sai|bay|oan|ep|ha) diem|cham (diem )?(sai|bay|oan|ep)(?! (gio|muoi))
"""
_COMPLAINT = """
    (toi|tui|em|minh|con|xin|muon) (muon )?(phan anh|kien nghi|gop y|khieu nai)|phan anh (gium|giup|viec|hoai)
    buc xuc|bat cong|(khong|ko) cong bang|hach dich|hanh dan|coc can|quat|nang loi|cua quyen
    <no>( (co|thay|he|ai|them))* (nhan (duoc|dc)|duoc nhan|phat|tra loi|giai quyet|sua|xuong (coi|xem)|bat may)
    (hua|hen) ..9 (ma|hoai|mai|im|chua)|(toi|den) (gio|nay) ..3 <no>|im (re|luon|lang)
    de nghi ..3 (kiem tra|lam ro|xem xet|xem lai)|mong cap tren
"""
_STRANGERS = any_of("""
    mao danh|gia danh|gia lam can bo|tu xung|xung (la|can bo|cong an)
    so la|nguoi la|otp|link|duong dan
""")
_OTHER_LISTS = any_of("danh sach (gui|nhan) tin|ho khau|vneid|khoi he thong")
_FALSELY = re.compile(r"khống", re.IGNORECASE)  # folded it is "không"
_ABOUT = {
    Grievance.CORRUPTION: any_of(_CORRUPTION, **_LISTS),
    Grievance.LIST_OBJECTION: any_of(_LIST_OBJECTION, **_LISTS),
    Grievance.COMPLAINT: any_of(_COMPLAINT, **_LISTS),
}


def grievance_of(text: str) -> Grievance | None:
    """What a text complains of, the weightiest first; None where no complaint is seen in it."""
    folded = fold(_FALSELY.sub("gian", text))
    if _ABOUT[Grievance.CORRUPTION].search(folded) and not _STRANGERS.search(folded):
        return Grievance.CORRUPTION
    if _ABOUT[Grievance.LIST_OBJECTION].search(folded) and not _OTHER_LISTS.search(folded):
        return Grievance.LIST_OBJECTION
    return Grievance.COMPLAINT if _ABOUT[Grievance.COMPLAINT].search(folded) else None
