"""What an official is told of a condition that is written wrongly: where, what, and what was probably meant."""

import unicodedata

import pytest

from campaigns.audiences.columns import register_columns
from campaigns.audiences.conditions import AudienceError, read
from campaigns.audiences.wording import VIETNAMESE
from policies.eligibility.mistakes import ConditionError, Mistake
from policies.eligibility.rules import Rules

TOLD = [
    # a condition, the kind of mistake, and what is told of it
    ("age >= 80 and", Mistake.ENDS_EARLY, "ký tự 14: không đọc được, còn thiếu phần sau"),
    ("grid_power nd house = solid", Mistake.UNREADABLE, "ký tự 12: không đọc được từ «nd house = solid» trở đi"),
    ("grid_power and 80", Mistake.NUMBER_FOR_YES_NO, "ký tự 16: «80» không phải điều kiện"),
    ("grid_power and age", Mistake.NOT_YES_NO, "ký tự 16: cột «age» không phải cột có/không"),
    ("may_qualifi(electricity)", Mistake.NO_FUNCTION, "«may_qualifi(…)»; có phải «may_qualify»?"),
    ("not told(electricit)", Mistake.NO_ARGUMENT, "ký tự 10: «told(…)» hỏi về một chính sách"),
    ("not told(electricit)", Mistake.NO_ARGUMENT, "chính sách «electricit»; có phải «electricity»?"),
    ("grid_power and age + 1 > 80", Mistake.NOT_ONE_INPUT, "ký tự 16: «age + 1» không phải một cột"),
    ("age <= kwh_per_month", Mistake.OTHER_INPUT, "ký tự 1: cột «age» đang so với một cột khác"),
    ("solid > house", Mistake.NO_ORDER, "ký tự 9: cột «house» không phải cột số"),
    ("not grid_power = yes", Mistake.NO_CHOICE, "ký tự 5: «grid_power» không có giá trị để chọn"),
    ("house in (solid, temporry)", Mistake.NO_VALUE, "ký tự 18: cột «house» không có giá trị «temporry», chỉ có "),
    ("house in (solid, temporry)", Mistake.NO_VALUE, "; có phải «temporary»?"),
    ("commune = kon_tum", Mistake.NOT_QUOTED, 'ký tự 11: cột «commune» là chữ: viết "kon_tum" trong ngoặc kép'),
    ("age > 80 + sex", Mistake.NO_NUMBER, "ký tự 12: «sex» không phải số"),
    ("income_per_capita_vnd <= poverty.income_line_rurl", Mistake.NO_PARAMETER, "«poverty.income_line_rural»?"),
    ("age > 3 and hous = solid", Mistake.NO_INPUT, "ký tự 13: không có cột «hous»; có phải «house»?"),
]


def told(rules: Rules, condition: str) -> tuple[str, ConditionError]:
    with pytest.raises(AudienceError) as refused:
        read(condition, rules, register_columns(rules.inputs))
    assert isinstance(refused.value.__cause__, ConditionError)
    return str(refused.value), refused.value.__cause__


@pytest.mark.parametrize(("condition", "mistake", "words"), TOLD)
def test_a_mistake_is_told_in_vietnamese_with_its_place(
    rules: Rules, condition: str, mistake: Mistake, words: str
) -> None:
    message, error = told(rules, condition)
    assert error.mistake is mistake
    assert message.startswith("điều kiện sai ở ký tự ")
    assert words in message
    assert str(error) not in message  # the English sentence


def test_every_mistake_has_a_sentence_and_was_told_above() -> None:
    assert set(VIETNAMESE) == set(Mistake)
    assert {mistake for _, mistake, _ in TOLD} == set(Mistake)


def test_a_beginning_suggests_the_whole_name(rules: Rules) -> None:
    assert told(rules, "income > 3")[0].endswith("có phải «income_per_capita_vnd»?")  # "commune" is spelt more alike


def test_what_resembles_nothing_suggests_nothing(rules: Rules) -> None:
    assert told(rules, "colour = blue")[0].endswith("không có cột «colour»")


def test_in_several_lines_the_line_is_told(rules: Rules) -> None:
    assert "sai ở dòng 2, ký tự 5:" in told(rules, "age >= 80\r\nand sx = female")[0]


def test_letters_are_counted_as_one_sees_them(rules: Rules) -> None:
    taken_apart = unicodedata.normalize("NFD", 'commune = "Măng Ri" and sx = male')
    assert "sai ở ký tự 25:" in told(rules, taken_apart)[0]
