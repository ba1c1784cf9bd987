"""What is wrong with a condition, in the words of those who write conditions about a register."""

from collections.abc import Mapping
from typing import Final

from policies.eligibility.mistakes import ConditionError, Mistake

VIETNAMESE: Final[Mapping[Mistake, str]] = {
    Mistake.ENDS_EARLY: "không đọc được, còn thiếu phần sau",
    Mistake.UNREADABLE: "không đọc được từ «{word}» trở đi",
    Mistake.NUMBER_FOR_YES_NO: "«{word}» không phải điều kiện: phải đem so sánh với một cột",
    Mistake.NOT_YES_NO: "cột «{word}» không phải cột có/không: phải so sánh với một giá trị",
    Mistake.NO_FUNCTION: "không có phép hỏi «{word}(…)»",
    Mistake.NO_ARGUMENT: "«{of}(…)» hỏi về một chính sách, mà không có chính sách «{word}»",
    Mistake.NOT_ONE_INPUT: "«{word}» không phải một cột: khi so sánh, một bên phải là một cột đứng riêng",
    Mistake.OTHER_INPUT: "cột «{word}» đang so với một cột khác: chỉ so được với con số hoặc mức trong quy định",
    Mistake.NO_ORDER: "cột «{word}» không phải cột số: chỉ so được bằng = và !=",
    Mistake.NO_CHOICE: "«{word}» không có giá trị để chọn: cột có/không chỉ viết tên, cột số thì so với con số",
    Mistake.NO_VALUE: "cột «{of}» không có giá trị «{word}», chỉ có {known}",
    Mistake.NOT_QUOTED: 'cột «{of}» là chữ: viết "{word}" trong ngoặc kép',
    Mistake.NO_NUMBER: "«{word}» không phải số",
    Mistake.NO_PARAMETER: "trong quy định không có mức «{word}»",
    Mistake.NO_INPUT: "không có cột «{word}»",
}


def in_vietnamese(error: ConditionError, text: str) -> str:
    """Where in the text the mistake is, what it is, and what was probably meant."""
    return f"điều kiện sai ở {_place(text, error.at)}: {error.told(VIETNAMESE, '; có phải «{nearest}»?')}"


def _place(text: str, at: int) -> str:
    """Counted from 1, as people do; lines only where there are several."""
    before = text[:at].split("\n")
    letter = f"ký tự {len(before[-1]) + 1}"
    return f"dòng {len(before)}, {letter}" if "\n" in text else letter
