import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.text import Encoding, clean_incoming, fold, segment, split, unaccent

COUNTS = [
    ("", Encoding.GSM7, 0, 1),
    ("a" * 160, Encoding.GSM7, 160, 1),
    ("a" * 161, Encoding.GSM7, 161, 2),
    ("a" * 306, Encoding.GSM7, 306, 2),
    ("a" * 307, Encoding.GSM7, 307, 3),
    ("€" * 80, Encoding.GSM7, 160, 1),
    ("€" * 81, Encoding.GSM7, 162, 2),
    ("a" * 152 + "€" + "a" * 152, Encoding.GSM7, 306, 3),  # the pair does not fit across 153
    ("ạ" * 70, Encoding.UCS2, 70, 1),
    ("ạ" * 71, Encoding.UCS2, 71, 2),
    ("ạ" * 66 + "😀" + "ạ" * 66, Encoding.UCS2, 134, 3),  # nor does a surrogate pair across 67
    ("😀", Encoding.UCS2, 2, 1),
    ("\uffff", Encoding.UCS2, 1, 1),  # the last of the basic plane, and the first and the last beyond it
    ("\U00010000\U0010ffff", Encoding.UCS2, 4, 1),
    (unicodedata.normalize("NFD", "ạ" * 70), Encoding.UCS2, 70, 1),
    ("giá 5€ {x}", Encoding.UCS2, 10, 1),
]


@pytest.mark.parametrize(("text", "encoding", "units", "segments"), COUNTS)
def test_a_text_is_counted_as_the_network_counts_it(text: str, encoding: Encoding, units: int, segments: int) -> None:
    counted = segment(text)
    assert (counted.encoding, counted.units, counted.segments) == (encoding, units, segments)


def test_a_long_word_is_cut_where_it_must_be() -> None:
    assert split("a" * 200, 1) == ["a" * 160, "a" * 40]


def test_blanks_at_a_cut_are_not_paid_for() -> None:
    assert split("a" * 160 + " " + "b" * 160, 1) == ["a" * 160, "b" * 160]
    assert split(" " + "a" * 160 + " " * 400 + "b", 1) == ["a" * 160, "b"]
    assert split("a" * 100 + " " + "b" * 59 + " c", 1) == ["a" * 100 + " " + "b" * 59, "c"]


def test_words_are_kept_whole_where_they_fit() -> None:
    parts = split("một hai ba " * 30, 1)
    assert all(word in {"một", "hai", "ba"} for part in parts for word in part.split())


@pytest.mark.parametrize(
    ("text", "bare"),
    [("Đăk Pék", "Dak Pek"), ("Ủy ban nhân dân xã", "Uy ban nhan dan xa"), ("ƯỠNG ưỡng", "UONG uong"), ("ñ", "n")],
)
def test_diacritics_are_dropped(text: str, bare: str) -> None:
    assert unaccent(text) == bare
    assert unaccent(unicodedata.normalize("NFD", text)) == bare


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_what_comes_in_is_cleaned() -> None:
    assert clean_incoming("  hộ\x00 nghèo\u200b\n\tđược\ud800 gì ") == "hộ nghèo được gì"
    assert clean_incoming(unicodedata.normalize("NFD", "hộ nghèo")) == "hộ nghèo"
    assert clean_incoming("😀" * 3) == "😀😀😀"
    assert clean_incoming("\x00\u200b") == ""
    assert len(clean_incoming("x" * 10_000)) == 1000
