"""The fast count against a slow one, and texts cut to fit."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foundation.text import Encoding, nfc, segment, split
from loa.bench.segments_by_hand import ALPHABET, EXTENSION, counted_by_hand, encoding_by_hand
from tests.foundation.text.texts import texts


@given(texts)
@example("a" * 152 + "€" + "a" * 152)
@example("ạ" * 66 + "😀" + "ạ" * 66)
def test_the_fast_count_is_the_slow_one(text: str) -> None:
    counted = segment(text)
    encoding = encoding_by_hand(nfc(text))
    assert counted == (nfc(text), encoding, *counted_by_hand(nfc(text), encoding))


@pytest.mark.parametrize("character", ["".join(ALPHABET), *"".join(ALPHABET), *EXTENSION.values()])
def test_what_the_default_alphabet_holds_is_sent_in_it(character: str) -> None:
    assert segment(character).encoding is Encoding.GSM7


def test_no_other_letter_is() -> None:
    inside = {*"".join(ALPHABET), *EXTENSION.values()}
    for code in (*range(0x300), *range(0x370, 0x400), *range(0x1E00, 0x1F00), *range(0x2000, 0x2100)):
        normal = nfc(chr(code))
        assert (segment(normal).encoding is Encoding.GSM7) == (set(normal) <= inside), hex(code)


@given(texts, st.integers(1, 4))
@example("a" * 152 + "€" + "a" * 152, 2)  # 306 units, and yet three segments
def test_each_part_fits_and_only_blanks_are_lost(text: str, segments: int) -> None:
    parts = split(text, segments)
    assert "".join("".join(parts).split()) == "".join(nfc(text).split())
    encoding = encoding_by_hand(nfc(text))
    assert all(counted_by_hand(part, encoding)[1] <= segments for part in parts)
    assert all(part == part.strip() for part in parts)
    assert all(parts) or parts == [""]


@given(texts, st.integers(1, 4))
def test_a_part_holds_all_the_words_that_fit(text: str, segments: int) -> None:
    rest, encoding = nfc(text).strip(), encoding_by_hand(nfc(text))
    parts = split(text, segments)
    for part, following in pairwise(parts):
        after = rest.removeprefix(part)
        assert after != rest
        gap = len(after) - len(after.lstrip())
        more = part + after[:gap] + (following.split()[0] if gap else following[0])
        assert counted_by_hand(more, encoding)[1] > segments
        rest = after[gap:]
