"""Texts that are hard to count, for hypothesis."""

import unicodedata

from hypothesis import strategies as st

GSM7 = "aZ 0\n@é"
EXTENDED = "€{}[]^\\~|\f"
ACCENTED = "ạấđÀưẫ"
EMOJI = "😀🙏🏽👨‍👩‍👧"
MARKS = "\u0301\u0323\u031b\u1161\u200d"  # join what stands before: accents, a horn, a Hangul vowel, a joiner
LOST_HALVES = "\ud83d\ude00"

_pieces = st.sampled_from([*GSM7, *EXTENDED, *ACCENTED, *EMOJI, *MARKS, *LOST_HALVES])
anything = st.lists(_pieces, max_size=60).map("".join)


@st.composite
def near_a_border(draw: st.DrawFn) -> str:
    """A text whose units are about a multiple of what a part or a text alone holds, with pairs about the border."""
    filler, pairs, room = draw(
        st.sampled_from([("a", EXTENDED, 153), ("a", EXTENDED, 160), ("ạ", EMOJI, 67), ("ạ", EMOJI, 70)])
    )
    around = st.lists(st.sampled_from([filler, *pairs]), max_size=4).map("".join)
    lengths = st.integers(room - 4, room + 1)
    runs = draw(st.lists(st.tuples(lengths, around), min_size=1, max_size=4))
    return "".join(filler * length + after for length, after in runs)


texts = st.one_of(anything, near_a_border())
texts = st.one_of(texts, texts.map(lambda text: unicodedata.normalize("NFD", text)))
