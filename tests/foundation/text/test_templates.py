"""Templates: fields as officials type them, values as spreadsheets hold them, counts as the network counts."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foundation.text import Encoding, MissingValue, Template, TemplateError, clean, field_name, nfc, segment, unaccent
from foundation.text.templates import LONGEST_NAME
from tests.foundation.text.texts import texts

NFD_NAME = unicodedata.normalize("NFD", "{{Họ tên}}")
literals = texts.map(lambda text: text.replace("{", "(").replace("}", ")"))


@pytest.mark.parametrize(
    "written", ["{{ho ten}}", "{{ Họ Tên }}", "{{HO_TEN}}", "{{họ\u00a0 tên}}", "{{\nHọ tên}}", NFD_NAME]
)
def test_a_field_is_known_however_it_is_typed(written: str) -> None:
    template = Template.parse(f"Kính gửi {written}!")
    assert template.fields == ("ho ten",)
    assert template.render({"ho ten": "A Nhưl"}) == "Kính gửi A Nhưl!"


def test_a_template_in_nfd_is_the_same_template() -> None:
    written = "Kính gửi {{Họ tên}}, mời dự họp"
    assert Template.parse(unicodedata.normalize("NFD", written)) == Template.parse(written)


def test_a_heading_of_a_column_goes_by_the_name_of_its_field() -> None:
    assert field_name(" Số_tiền (đồng)") == Template.parse("{{số tiền (đồng)}}").fields[0] == "so tien (dong)"


def test_fields_are_named_once_in_the_order_of_the_text() -> None:
    template = Template.parse("{{xã}}, {{tên}}: {{Xã}} mời {{ten}} {{ngày}}")
    assert template.fields == ("xa", "ten", "ngay")
    assert template.render({"ten": "B", "xa": "A", "ngay": "1/1", "so": "9"}) == "A, B: A mời B 1/1"


@pytest.mark.parametrize(
    "text", ["", "Mời họp.", "{ten}", "a } b { c", "50%s %d %(ten)s {0} $ten «ten»", "{} [ten] <ten>"]
)
def test_what_is_no_field_stays_as_it_is(text: str) -> None:
    template = Template.parse(text)
    assert template.fields == ()
    assert template.render({"ten": "x"}) == template.message({}).text == text


def test_single_braces_about_a_field_are_text() -> None:
    assert Template.parse("{{{ten}}}").render({"ten": "x"}) == "{x}"


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Kính gửi {{ten, mời họp", "{{ten, mời họp"),
        ("Kính gửi {{ten} và {{xa}}", "{{ten} và "),
        ("Kính gửi ten}}, mời họp", "Kính gửi ten}}"),
        ("{{{{ten}}}}", "{{"),
        ("{{te{n}}", "{{te{n}}"),
        ("a {{}} b", "{{}}"),
        ("a {{ _ }} b", "{{ _ }}"),
        ("{{" + "x" * (LONGEST_NAME + 1) + "}}", "xxxxx"),
    ],
)
def test_what_is_wrong_with_a_template_is_quoted(text: str, quoted: str) -> None:
    with pytest.raises(TemplateError) as refused:
        Template.parse(text)
    assert quoted in str(refused.value)


def test_a_missing_value_is_named_and_an_empty_one_is_a_value() -> None:
    template = Template.parse("{{ten}} {{xa}}.")
    for make in (template.render, template.message, template.bare().message):
        with pytest.raises(MissingValue, match="«xa»") as refused:
            make({"ten": "Lê Thị Bảy"})
        assert refused.value.field == "xa"
        assert "Lê" not in str(refused.value)
    assert template.render({"ten": "", "xa": ""}) == " ."


@pytest.mark.parametrize(
    ("value", "put_in"),
    [
        ("  xã\n Măng \t Ri ", "xã Măng Ri"),
        ("xã  Ba Tơ", "xã Ba Tơ"),
        (" Ba Tơ", "Ba Tơ"),
        ("Ba Tơ ", "Ba Tơ"),
        ("A\x00 Nhưl\u200b\ufeff\ud800", "A Nhưl"),
        (unicodedata.normalize("NFD", "Ưng"), "Ưng"),
        ("{{xa}} {{ten}}", "{{xa}} {{ten}}"),
        ("100%s \\1", "100%s \\1"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
        (" \n ", ""),
    ],
)
def test_a_value_is_cleaned_and_read_as_text(value: str, put_in: str) -> None:
    template = Template.parse("<{{ten}}|{{xa}}>")
    for values, text in (
        ({"ten": value, "xa": "x"}, f"<{put_in}|x>"),
        ({"ten": "x", "xa": value}, f"<x|{put_in}>"),
    ):
        assert template.render(values) == template.message(values).text == text


def test_a_long_value_is_not_cut() -> None:
    assert Template.parse("{{ten}}").message({"ten": "ạ" * 5_000}).units == 5_000


COUNTED = [
    ("Chao {{ten}}", "An", Encoding.GSM7, 7, "Chao An"),
    ("Chao {{ten}}", "Ưng", Encoding.UCS2, 8, "Chao Ưng"),
    ("Chào {{ten}}", "An", Encoding.GSM7, 7, "Chào An"),  # à is in the default alphabet
    ("[{{ten}}]", "5€", Encoding.GSM7, 7, "[5€]"),
    ("[{{ten}}]", "ạ", Encoding.UCS2, 3, "[ạ]"),  # brackets are one unit there
    ("{{ten}}\u0300 lang", "Ca", Encoding.GSM7, 7, "Cà lang"),  # a mark joins the value before it
    ("a{{ten}}", "\u0323", Encoding.UCS2, 1, "ạ"),  # and a value that is a mark what stands before
    ("{{ten}}\u0338", "=", Encoding.UCS2, 1, "≠"),
]


@pytest.mark.parametrize(("text", "value", "encoding", "units", "rendered"), COUNTED)
def test_a_message_is_counted_whole(text: str, value: str, encoding: Encoding, units: int, rendered: str) -> None:
    message = Template.parse(text).message({"ten": value})
    assert message == (rendered, encoding, units, 1)


@given(st.lists(literals, min_size=1, max_size=4), st.lists(texts, min_size=3, max_size=3), st.booleans())
@example(["a" * 152, "a" * 152], ["€", "", ""], False)
@example(["ạ" * 66, "ạ" * 66], ["😀", "", ""], False)
@example(["e", "x"], ["\u0301", "", ""], True)
def test_a_message_is_what_is_rendered_and_counted(pieces: list[str], values: list[str], is_bare: bool) -> None:
    names = ["a", "b", "c"]
    gaps = [f"{{{{{name}}}}}" for name in names[: len(pieces) - 1]]
    written = "".join(piece + gap for piece, gap in zip(pieces, [*gaps, ""], strict=True))
    template = Template.parse(written)
    expected = nfc("".join(p + clean(v) for p, v in zip(pieces, [*values[: len(gaps)], ""], strict=True)))
    given_values = dict(zip(names, values, strict=True))
    assert template.render(given_values) == expected
    if is_bare:
        template, expected = template.bare(), unaccent(expected)
    assert template.render(given_values) == expected
    assert template.message(given_values) == segment(expected)
