"""What the benches stand on; `make bench` runs them whole."""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from foundation.text import unaccent
from loa.bench.archives import texts_inside, training_texts
from loa.bench.questions import questions
from policies import AnswerBook

TEXT = "nhà tui sổ nghèo xài điện chung với nhà con trai"


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("arr.npy", content)
    return out.getvalue()


@pytest.mark.parametrize(
    "store",
    [
        lambda text: f"x {text} y".encode(),
        lambda text: unaccent(text).upper().encode(),
        lambda text: json.dumps({"texts": [text]}).encode(),
        lambda text: zipped(text.encode()),
    ],
)
def test_a_training_text_is_found_in_whatever_way_it_is_kept(tmp_path: Path, store: Callable[[str], bytes]) -> None:
    archive = tmp_path / "model.tar.gz"
    for content, found in ((store(TEXT), [TEXT]), (store("nhà tui | sổ nghèo | xài điện"), [])):
        with tarfile.open(archive, "w:gz") as tar:
            info = tarfile.TarInfo("components/a")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        assert texts_inside(archive, [TEXT, "tiền điện"]) == found


def test_examples_are_read_without_their_marks() -> None:
    lines = ["- intent: a/b\n", "  examples: |\n", "    - [hộ nghèo](status) ở [phường](area_type) được gì\n"]
    assert list(training_texts(lines)) == ["hộ nghèo ở phường được gì"]


def test_the_questions_are_the_same_in_every_run() -> None:
    book = AnswerBook.load()
    assert questions(book, 50) == questions(book, 50)
    assert len(set(questions(book, 200))) > 100
