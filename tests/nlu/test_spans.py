"""Two passes over words that stand for sentences: borders, names, and how far to look."""

import shutil
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from nlu import clues
from nlu.components.tokenizer import faces
from nlu.evaluate import rasa_cases
from nlu.spans import (
    Example,
    Field,
    Settings,
    Span,
    SpanMarker,
    border_tags,
    is_wide_better,
    kinds_of,
    spans_of,
)
from tests.nlu import foreign

SETTINGS = Settings()

_PEOPLE = ["hoa", "lan minh", "trần văn bình", "ê ban y thu", "nguyễn thị kim ngân", "lê hữu phước an khang"]
_PLACES = ["huế", "kon tum", "đà nẵng", "vinh", "pleiku", "phan rang tháp chàm"]


def sentence(words: str, source: int = 0) -> Example:
    """From "rời [trần bình](person) nay", the marks of Rasa."""
    said: list[str] = []
    tags: list[str] = []
    for piece in words.replace("[", "\0[").replace(")", "\0").split("\0"):
        name = ""
        if piece.startswith("["):
            piece, name = piece[1:].split("](")
        for place, word in enumerate(piece.split()):
            said.append(word)
            tags.append(f"{'I' if place else 'B'}-{name}" if name else "O")
    return Example(said, said, tags, source)


def journeys(number: int, seed: int) -> list[Example]:
    """The first word tells what the place at the end is; between them stand a name of any length and chance words."""
    draw = Random(seed)
    fillers = ["à", "nhé", "dạ", "thưa", "nay", "mai", "kìa", "đây"]
    found = []
    for source in range(number):
        verb, name = draw.choice([("rời", "from"), ("tới", "to")])
        one, two, three, last = (draw.choice(fillers) for _ in range(4))
        person, place = draw.choice(_PEOPLE), draw.choice(_PLACES)
        text = f"{verb} {one} [{person}](person) {two} {three} [{place}]({name}) {last}"
        found.append(sentence(text, source))
    return found


def recited(folder: Path) -> list[Example]:
    """The foreign domain: six wordings an intent, said over and over."""
    found = []
    for source, case in enumerate(rasa_cases(foreign.write(folder) / "train.yml")):
        words = faces(case.text)
        tags = ["O"] * len(words)
        for start, end, name in case.entities or ():
            for place, (_, _, first, _) in enumerate(words):
                if start <= first < end:
                    tags[place] = f"{'B' if first == start else 'I'}-{name}"
        found.append(Example([word[0] for word in words], [word[1] for word in words], tags, source))
    return found


@pytest.fixture(scope="module")
def marker() -> SpanMarker:
    return SpanMarker.learn(journeys(600, 1), SETTINGS)


def rightly_placed(examples: list[Example], found: list[list[Span]]) -> float:
    """The share of examples whose place is found and called what it is."""
    return sum(each.spans[-1] in spans for each, spans in zip(examples, found, strict=True)) / len(examples)


def test_tags_are_read_as_spans() -> None:
    assert spans_of(["O", "B-x", "I-x", "B-x", "I-y", "O", "I-y"]) == [
        Span(1, 3, "x"),
        Span(3, 4, "x"),
        Span(4, 5, "y"),
        Span(6, 7, "y"),
    ]


def test_borders_are_told_from_both_sides() -> None:
    tags = ["O", "O", "B-x", "I-x", "I-x", "O", "B-y", "B-x", "I-x", "O", "O"]
    told = border_tags(tags)
    assert told == ["O", "O<", "B", "I", "I<", "O<>", "B<", "B", "I<", "O>", "O"]
    assert [span[:2] for span in spans_of(told)] == [span[:2] for span in spans_of(tags)]


def test_far_clues_are_the_same_however_long_the_span_between_is() -> None:
    short, long = (sentence(f"rời à [{name}](p) nay mai [huế](to) nhé") for name in ("lan", "lan thị kim chi lan"))

    def last(example: Example) -> set[str]:
        far = clues.of_spans(example.written, example.plain, example.borders, wide=True)[-1]
        return set(far) - set(clues.of_spans(example.written, example.plain, example.borders, wide=False)[-1])

    assert last(short) == last(long)
    assert {"l=rời", "l012=mai nay à", "r=nhé", "before=1", "after=0", "span-first=lan"} <= last(short)
    assert not any("kim" in clue for clue in last(long))


def test_no_clue_holds_more_than_three_words_of_a_text() -> None:
    example = sentence("một hai ba [bốn năm sáu bảy tám chín](x) mười [kim mộc thủy hỏa](y) thổ càn khảm cấn chấn")
    seen = clues.of_words(example.written, example.plain, 2)
    seen += clues.of_spans(example.written, example.plain, example.borders, wide=True)
    said = [clue.split("=", 1)[1] for each in seen for clue in each if "=" in clue and "shape=" not in clue]
    assert max(text.count(" ") for text in said) == 2


def test_a_far_word_tells_two_passes_what_one_cannot_know(marker: SpanMarker) -> None:
    unseen = journeys(100, 2)
    trained = [
        (clues.of_words(each.written, each.plain, SETTINGS.window), list(each.tags)) for each in journeys(600, 1)
    ]
    one = Field.learn(trained, SETTINGS)
    alone = [spans_of(one.tag(clues.of_words(each.written, each.plain, SETTINGS.window))) for each in unseen]
    assert rightly_placed(unseen, alone) < 0.7
    assert marker.wide
    assert rightly_placed(unseen, [marker.mark(each.written, each.plain) for each in unseen]) > 0.95


def test_what_few_wordings_say_is_not_learned_by_heart(tmp_path: Path) -> None:
    assert is_wide_better(journeys(300, 3), SETTINGS)
    assert not is_wide_better(recited(tmp_path), SETTINGS)


def test_what_only_chance_decides_is_not_sought_far_away() -> None:
    draw = Random(6)
    words = ["à", "nhé", "dạ", "thưa", "nay", "mai", "kìa", "đây"]
    examples = [
        sentence(
            f"{' '.join(draw.choice(words) for _ in range(6))} "
            f"[{draw.choice(_PLACES)}]({'from' if draw.random() < 0.7 else 'to'}) {draw.choice(words)}",
            source,
        )
        for source in range(300)
    ]
    assert not is_wide_better(examples, SETTINGS)


def test_copies_of_one_example_are_of_one_kind() -> None:
    examples = [
        sentence("từ [vinh](from) đi", 0),
        sentence("tu [vinh](from) di", 0),
        sentence("từ [huế](from) đi", 1),
        sentence("tới [vinh](to) đi", 2),
        sentence("không nói gì", 3),
    ]
    first, copy, same, other, none = kinds_of(examples)
    assert first == copy == same
    assert len({first, other, none}) == 3


def test_too_few_texts_to_measure_on_are_looked_at_closely() -> None:
    assert not is_wide_better([sentence("từ [vinh](from) đi")], SETTINGS)


def test_spans_are_in_order_and_none_over_another(marker: SpanMarker) -> None:
    draw = Random(5)
    words = " ".join(_PEOPLE + _PLACES + ["rời", "tới", "à", "nhé", "nay"]).split()
    found = 0
    for _ in range(200):
        text = [draw.choice(words) for _ in range(draw.randint(1, 15))]
        spans = marker.mark(text, text)
        assert all(one.end <= other.first for one, other in pairwise(spans))
        found += len(spans)
    assert found > 100


def test_a_saved_marker_marks_the_same_without_its_folder(marker: SpanMarker, tmp_path: Path) -> None:
    folder = tmp_path / "marker"
    folder.mkdir()
    marker.save(folder)
    opened = SpanMarker.open(folder)
    shutil.rmtree(folder)
    for each in journeys(50, 4):
        assert opened.mark(each.written, each.plain) == marker.mark(each.written, each.plain)


def test_nothing_is_marked_in_nothing(marker: SpanMarker) -> None:
    assert marker.mark([], []) == []
    assert marker.mark(["nhé"], ["nhé"]) == []
