"""What is made of our own sources: examples, marks, noise."""

import shutil
from pathlib import Path
from random import Random

import pytest
import yaml
from rasa.shared.nlu.training_data.message import Message

from nlu import build
from nlu.components.styles import restyled
from nlu.components.tokenizer import SYLLABLE, faces
from nlu.lexicon import Lexicon
from nlu.noise import STYLES
from tests.nlu.conftest import HERE

LEXICON = Lexicon(
    {
        "household_status": {"poor": ["hộ nghèo"], "near_poor": ["hộ cận nghèo", "cận nghèo"]},
        "relation": {"mother": ["mẹ", "mẹ tôi"]},
    }
)


@pytest.mark.parametrize(
    ("text", "marks"),
    [
        ("Hộ nghèo được gì", [("Hộ nghèo", "household_status")]),
        ("nhà tôi hộ cận nghèo", [("hộ cận nghèo", "household_status")]),
        ("mẹ tôi 62 tuổi", [("mẹ tôi", "relation"), ("62 tuổi", "age")]),
        ("mẹo hay", []),
        ("vay 50 triệu mua 2 con bò", [("50 triệu", "amount"), ("2 con bò", "quantity")]),
        ("được 2tr5 hay 500k", [("2tr5", "amount"), ("500k", "amount")]),
        ("thu nhập 1.500.000 đồng", [("1.500.000 đồng", "amount")]),
        ("con 8 tháng tuổi", [("con", "relation"), ("8 tháng tuổi", "age")]),
        ("từ 15/9/2025 tới năm sau", [("15/9/2025", "time"), ("năm sau", "time")]),
        ("nhà 40m2 có 6 người", [("40m2", "quantity"), ("6 người", "quantity")]),
    ],
)
def test_entities_are_marked(text: str, marks: list[tuple[str, str]]) -> None:
    assert [(text[mark.start : mark.end], mark.entity) for mark in LEXICON.mark(text)] == marks


@pytest.mark.parametrize(
    ("text", "whose"),
    [
        ("nhà em có được xây nhà không", ["nhà em"]),
        ("em có được vay không", ["em"]),
        ("tôi hộ nghèo có được không", ["tôi"]),
        ("hỏi giùm ba 73 tuổi có được không", ["ba"]),
        ("xem giúp vợ chồng em có thuộc diện không", ["vợ chồng em"]),
        ("cho tôi hỏi ai được hưởng tiền điện", []),
        ("em muốn hỏi hộ nào được vay", []),
        ("em ơi ai được hưởng vậy", []),
        ("chị em có được vay vốn không", []),
        ("người nuôi con một mình có được trợ cấp không", []),
    ],
)
def test_whose_case_it_is_is_told_from_who_merely_asks(text: str, whose: list[str]) -> None:
    lexicon = Lexicon(yaml.safe_load((build.SOURCES / "lexicon.yml").read_text(encoding="utf-8")))
    assert [text[mark.start : mark.end] for mark in lexicon.mark(text) if mark.entity == "relation"] == whose


def test_annotation_is_in_the_notation_of_rasa() -> None:
    assert build.annotated("mẹ 70 tuổi rồi", LEXICON) == "[mẹ](relation) [70 tuổi](age) rồi"


def test_every_subject_is_composed_with_its_names() -> None:
    examples = build.examples(HERE / "data")
    composed = {example.text for example in examples if example.topic == "stall"}
    assert {"sạp chợ", "quầy hàng ở chợ"} <= composed
    assert any(text.endswith("giá thế nào") for text in composed)
    assert examples == build.examples(HERE / "data")


def test_situations_are_of_the_subject_they_stand_under(tmp_path: Path) -> None:
    shutil.copytree(HERE / "data", tmp_path, dirs_exist_ok=True)
    (tmp_path / "situations").mkdir()
    content = "stall:\n  ask_amount: [Thuê chỗ bán rau hết mấy đồng]\nnone:\n  greet: [Chào bà con]\n"
    (tmp_path / "situations/new.yml").write_text(content, encoding="utf-8")
    added = [example for example in build.examples(tmp_path) if example not in build.examples(HERE / "data")]
    assert [(example.intent, example.topic, example.by_hand) for example in added] == [
        ("ask_amount", "stall", True),
        ("greet", None, True),
    ]
    (tmp_path / "situations/new.yml").write_text("stall: [a list]\n")
    with pytest.raises(build.DataError, match=r"new\.yml"):
        build.examples(tmp_path)


def test_a_short_form_with_two_readings_is_learned_in_context() -> None:
    words = ["mẹ", "tôi", "xin", "trợ", "cấp"]
    assert any("tc" in STYLES["teencode"](words, Random(seed)) for seed in range(50))
    assert faces("xin tc")[-1][1] == "tc"  # also "tố cáo", "trung cấp"


def test_nothing_of_the_test_set_is_trained() -> None:
    trained = {example.text.lower() for example in build.examples(HERE / "data")}
    tested = {item["text"] for item in yaml.safe_load((HERE / "data/test/market.yml").read_text(encoding="utf-8"))}
    assert not trained & tested


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("common.yml", "- a list"),
        ("common.yml", "{"),
        ("subjects/market.yml", "stall: {names: []}"),
        ("subjects/market.yml", "stall: text"),
    ],
)
def test_a_fault_in_a_source_is_named(tmp_path: Path, name: str, content: str) -> None:
    shutil.copytree(HERE / "data", tmp_path, dirs_exist_ok=True)
    (tmp_path / name).write_text(content)
    with pytest.raises(build.DataError, match=Path(name).name):
        build.examples(tmp_path)


@pytest.mark.parametrize("style", STYLES)
def test_an_entity_stays_on_its_words_in_every_style(style: str) -> None:
    text = "Mẹ tôi thuộc hộ cận nghèo, không biết được hỗ trợ bao nhiêu vậy?"
    start = text.index("hộ cận")
    entity = {"entity": "household_status", "start": start, "end": start + len("hộ cận nghèo")}
    example = Message({"text": text, "entities": [entity]})
    for seed in range(200):
        copy = restyled(example, STYLES[style], Random(seed))
        if copy is None:
            assert style == "run_together"  # the entity lost its border
            continue
        moved = copy.get("entities")[0]
        span = copy.get("text")[moved["start"] : moved["end"]]
        assert span
        assert span == span.strip(" ,")
        assert copy.get("text") == restyled(example, STYLES[style], Random(seed)).get("text")
        if style in ("folded", "teencode", "regional"):
            assert faces(span)[-1][1] == "ngheo"


def test_a_style_gives_back_as_many_words_as_it_took() -> None:
    words = [
        match.group() for match in SYLLABLE.finditer("Nhà tôi, hộ nghèo, không biết bao nhiêu tiền bảo hiểm y tế ạ?")
    ]
    for style in STYLES.values():
        for seed in range(200):
            assert len(style(words, Random(seed))) == len(words)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Không được gì", ["khong", "duoc", "gi"]),
        ("ko dc j", ["khong", "duoc", "gi"]),
        ("k", ["khong"]),
        ("500k", ["500", "k"]),
        ("500 k", ["500", "k"]),
        ("1.500.000đ", ["1.500.000", "d"]),
        ("BHYT", ["bao hiem y te"]),
        ("đki vay", ["dang ky", "vay"]),
        ("Đắk Lắk!", ["dak", "lak", "!"]),
        ("", []),
    ],
)
def test_the_plain_face_of_a_word(text: str, plain: list[str]) -> None:
    assert [face for _, face, _, _ in faces(text)] == plain
