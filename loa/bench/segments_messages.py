"""Messages as a province writes them, each to one person, the same in every run.

Every other one is without diacritics. Of a hundred, about four carry a note with an emoji, four one with a sign that
costs two septets, and ten come with values in NFD, as some spreadsheets hold them.
"""

import random
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from foundation.text import format_vnd

SEED = 20261120

TEXTS = (
    "Kính gửi ông/bà {{ten}}, {{xa}}: hộ ông/bà được hỗ trợ {{so tien}} tiền điện quý IV. Mời đến UBND xã nhận trước "
    "ngày {{ngay}}, mang theo căn cước. {{ghi chu}}",
    "{{xa}} mời ông/bà {{ten}} dự tập huấn nuôi bò sinh sản ngày {{ngay}} tại nhà rông. Hỗ trợ đi lại {{so tien}}. "
    "{{ghi chu}}",
    "Ông/bà {{ten}} có thể thuộc diện vay vốn hộ cận nghèo, mức đến {{so tien}}. Hạn nộp hồ sơ tại {{xa}}: {{ngay}}. "
    "{{ghi chu}} Hỏi thêm: trả lời tin này. Dừng nhận tin: soạn TC.",
)

_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "A", "Y")
_MIDDLE = ("Văn", "Thị", "Hữu", "Ngọc", "Đức", "Minh", "Xuân", "Thanh")
_GIVEN = ("An", "Ánh", "Bảy", "Dũng", "Hạnh", "Khánh", "Lượng", "Nhưl", "Phượng", "Quý", "Thảo", "Ưng", "Vỹ", "Yến")
_COMMUNES = (
    "xã Măng Ri",
    "xã Đăk Tô",
    "xã Sa Thầy",
    "xã Ngọk Tụ",
    "xã Tu Mơ Rông",
    "xã Ba Tơ",
    "xã Trà Bồng",
    "xã Sơn Tây",
)
_PLAIN_NOTES = ("", "Gặp chị Hoa.", "Buổi sáng.", "Trời mưa thì dời sang hôm sau.")
_EMOJI_NOTES = ("Chúc mừng năm mới 🎉", "Cảm ơn bà con 🙏🏽")
_PAIR_NOTES = ("Dự án 20 € một hộ.", "[Bàn số 2]")
_FIRST_DAY = date(2026, 11, 20)


@dataclass(frozen=True, slots=True)
class Message:
    """One of `TEXTS`, the values of its fields, and whether it goes out without diacritics."""

    text: str
    values: Mapping[str, str]
    is_bare: bool


def messages(count: int) -> list[Message]:
    """So many messages."""
    draw = random.Random(SEED)
    return [Message(draw.choice(TEXTS), _values(draw), bool(number % 2)) for number in range(count)]


def _values(draw: random.Random) -> dict[str, str]:
    (notes,) = draw.choices((_PLAIN_NOTES, _EMOJI_NOTES, _PAIR_NOTES), (92, 4, 4))
    written = _decomposed if draw.random() < 0.1 else str
    return {
        "ten": written(f"{draw.choice(_FAMILY)} {draw.choice(_MIDDLE)} {draw.choice(_GIVEN)}"),
        "xa": written(draw.choice(_COMMUNES)),
        "so tien": written(format_vnd(draw.randrange(50, 5_000) * 1_000)),
        "ngay": f"{_FIRST_DAY + timedelta(days=draw.randrange(60)):%d/%m/%Y}",
        "ghi chu": written(draw.choice(notes)),
    }


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)
