"""Texts from outside, cleaned, and the bare form."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from foundation.text import clean, clean_incoming, nfc, squeeze, unaccent
from tests.foundation.text.texts import texts

strange = st.one_of(
    texts, st.text(), st.text(alphabet=st.characters(categories=["Cc", "Cf", "Cs", "Co", "Mn", "Zs", "Lu"]))
)


@given(strange)
def test_what_was_cleaned_holds_nothing_that_says_nothing(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == nfc(cleaned) == squeeze(cleaned)
    assert all(c in " \u200d" or unicodedata.category(c)[0] not in "CZ" for c in cleaned)
    assert clean(cleaned) == cleaned


def test_a_letter_and_its_mark_are_one_once_what_stood_between_is_out() -> None:
    assert clean("e\x00\u0301") == clean_incoming("e\x00\u0301") == "é"


@given(strange)
def test_the_bare_form_is_what_remains_without_marks(text: str) -> None:
    kept = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    assert unaccent(text) == nfc(kept.replace("đ", "d").replace("Đ", "D"))
