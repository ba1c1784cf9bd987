"""Words for what is said of benefits and asked about households; the rest of the catalogue is `words.py`."""

from policies.eligibility import AmountKind, Decision

DECISIONS: dict[str, str] = {
    Decision.ELIGIBLE: "có thể thuộc diện",
    Decision.UNKNOWN: "chưa đủ thông tin",
    Decision.INELIGIBLE: "chưa thấy thuộc diện",
    Decision.NOT_IN_FORCE: "không có hiệu lực",
}
"""No word here decides: the commune does."""

DECISION_TONES: dict[str, str] = {
    Decision.ELIGIBLE: "good",
    Decision.UNKNOWN: "wait",
    Decision.INELIGIBLE: "quiet",
    Decision.NOT_IN_FORCE: "quiet",
}

AMOUNT_KINDS: dict[str, str] = {
    AmountKind.EXACT: "Mức",
    AmountKind.MINIMUM: "Ít nhất",
    AmountKind.CEILING: "Nhiều nhất",
    AmountKind.PERSON_PAYS: "Tự đóng",
}

CALLS: dict[str, str] = {
    "may_qualify": "theo sổ hộ, có thể thuộc diện",
    "undecided": "sổ hộ chưa đủ thông tin để nói có thuộc diện hay không",
    "told": "đã được nhắn tin về chính sách ấy",
}
"""What an audience's condition may ask about a benefit (`campaigns.audiences.conditions.CALLS`)."""

PLACES: dict[str, str] = {
    "village": "thôn",
    "commune": "xã, phường hiện nay",
    "district_before_2025": "huyện cũ, trước 1/7/2025",
    "province": "tỉnh hiện nay",
}
"""The places that it may name (`campaigns.audiences.conditions.PLACES`)."""

NOT_TOLD: dict[str, str] = {
    "no_phone": "không có số điện thoại",
    "opted_out": "đã từ chối nhận tin",
    "no_consent": "chưa đồng ý nhận tin",
}
"""Why a household that fits a condition is not told (`campaigns.audiences.reach.Standing`)."""
