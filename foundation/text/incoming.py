"""What is kept of a text from outside: cleaned, without numbers of identity papers, and marked where it was cut."""

import re

from foundation.text.normal import MAX_INCOMING, clean_incoming

CUT_MARK = "…"
_MASK = "*"
_RAW_LIMIT = 4 * MAX_INCOMING  # read before masking, so that no number is cut in two and stored in half

# Nine digits (CMND) and twelve (CCCD, số định danh cá nhân: Luật Căn cước 26/2023/QH15, Điều 12), in one run or in the
# groups in which people read them out.
_RUN = re.compile(r"(?<!\d)(?:\d{12}|\d{9})(?!\d)")
_GROUPS = re.compile(
    r"(?<![\d.,-])(?:\d{3}([ .-])\d{3}\1\d{3}\1\d{3}|\d{4}([ .-])\d{4}\2\d{4}|\d{3}([ .-])\d{3}\3\d{6}|\d{3}[ .-]\d{9}"
    r"|\d{3}([ .-])\d{3}\4\d{3}|\d(?:([ .-])\d)(?:\5\d){10}|\d(?:([ .-])\d)(?:\6\d){7})(?![\d]|[.,-]\d)"
)
_NAMED = re.compile(
    r"(?:cccd|cmnd|cmt|cmtnd|c[aă]n c[uư][oơớ]c(?: c[oô]ng d[aâ]n)?|ch[uứ]ng minh(?: th[uư]| nh[aâ]n d[aâ]n)?"
    r"|[dđ][iị]nh danh(?: c[aá] nh[aâ]n)?)\W{0,3}(?:(?:s[oố]|l[aà]|c[uủ]a|t[oô]i|em|minh|m[iì]nh|nh[aà])\W{0,3}){0,4}$",
    re.IGNORECASE,
)
_MONEY = re.compile(r"\s*(?:đồng|đ|d|dong|vnd|vnđ|k|nghìn|nghin|ngàn|ngan|triệu|trieu|tr|tỷ|ty)(?!\w)", re.IGNORECASE)
_COUNTRY = re.compile(r"\+?84[ .-]?$")
_MASKED = re.compile(r"(?<!\*)\*(?:[ .-]?\*){8,11}(?!\*)")


def take_in(text: str) -> str:
    """A text from outside as it may be stored: cleaned, numbers of identity papers masked, at most `MAX_INCOMING`
    characters; one that was longer ends in `CUT_MARK`, which `was_cut` knows again."""
    masked = mask_identity_numbers(clean_incoming(text, _RAW_LIMIT))
    if len(masked) <= MAX_INCOMING:
        return masked
    return masked[: MAX_INCOMING - 1].rstrip() + CUT_MARK


def was_cut(text: str) -> bool:
    """Whether a text that was taken in had been longer."""
    return len(text) >= MAX_INCOMING - 1 and text.endswith(CUT_MARK)


def mask_identity_numbers(text: str) -> str:
    """The text with each digit of an identity number as "*": 049203001234 → ************.

    Nine or twelve digits that are an amount of money or a telephone number stay, unless the text calls them otherwise.
    """
    for pattern in (_GROUPS, _RUN):
        text = pattern.sub(lambda found: _masked(found, found.string), text)
    return text


def holds_identity_number(text: str) -> bool:
    """Whether a text that was taken in held an identity number."""
    return _MASKED.search(text) is not None


def _masked(found: "re.Match[str]", text: str) -> str:
    number = found[0]
    before, after = text[: found.start()], text[found.end() :]
    if not _NAMED.search(before) and (_is_money(number, after) or _COUNTRY.search(before)):
        return number
    return re.sub(r"\d", _MASK, number)


def _is_money(number: str, after: str) -> bool:
    digits = re.sub(r"\D", "", number)
    if digits.startswith("0"):
        return False  # every CCCD does, no amount
    in_thousands = re.fullmatch(r"\d{3}(?:\.\d{3})+", number) is not None
    return digits.endswith("000") or in_thousands or _MONEY.match(after) is not None
