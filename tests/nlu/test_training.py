"""From sources to a model, and the judgement on it."""

import json
import os
import random
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from nlu import build, crossval
from nlu.evaluate import folded, own_cases, rasa_cases
from nlu.lexicon import Lexicon
from nlu.parser import Parser
from nlu.train import CONFIG, TrainingError, train
from tests.nlu.conftest import HERE, ROOT


def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=170)


def test_no_training_text_is_in_the_archive(market_model: Path) -> None:
    texts = {example.text.lower() for example in build.examples(HERE / "data") if example.text.count(" ") >= 3}
    with tarfile.open(market_model) as archive:
        content = b"\n".join(archive.extractfile(member).read() for member in archive if member.isfile())  # type: ignore[union-attr]
    lowered = content.decode("utf-8", "replace").lower()
    assert len(texts) > 20
    assert not [text for text in texts if text in lowered]


def test_a_model_is_small(market_model: Path) -> None:
    assert market_model.stat().st_size < 1_000_000


def test_the_same_data_give_the_same_model(market_model: Path, tmp_path: Path) -> None:
    build.write(HERE / "data", tmp_path)
    again = train(tmp_path, tmp_path / "again.tar.gz")

    def parts(path: Path) -> dict[str, bytes]:
        with tarfile.open(path) as archive:
            return {
                member.name: archive.extractfile(member).read()  # type: ignore[union-attr]
                for member in archive
                if member.isfile() and member.name.endswith(("labels.json", "ngrams.json", ".crfsuite"))
            }

    assert parts(again) == parts(market_model)


def test_our_own_test_set_is_judged_by_style(market_model: Path) -> None:
    done = run("nlu.evaluate", "--model", str(market_model), "--data", str(HERE / "data/test/market.yml"), "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["n"] == 5
    assert report["topic_accuracy"] == 1.0
    assert set(report["by_style"]) == {"diacritics", "no_diacritics", "teencode"}
    assert [row["threshold"] for row in report["answering"]] == sorted(row["threshold"] for row in report["answering"])


def test_cross_validation_judges_each_hand_written_text_by_style() -> None:
    done = run("nlu.evaluate", "--cross-validate", "--folds", "2", "--sources", str(HERE / "data"), "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    by_hand = [example for example in build.examples(HERE / "data") if example.by_hand]
    assert report["by_style"]["diacritics"]["n"] == len(by_hand)
    assert set(report["by_style"]) == {"diacritics", "folded", "teencode", "typo", "regional"}
    assert all(right != said for right, said, _ in report["confused"])


def test_a_held_out_text_is_never_among_those_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    trained_on: list[set[str]] = []
    judged: list[set[str]] = []
    train_fold, judge_fold = crossval._trained, crossval._restyled

    def remember_trained(examples: Any, steps: Any) -> Any:
        trained_on.append({example.text.lower() for example in examples})
        return train_fold(examples, steps)

    def remember_judged(examples: Any) -> Any:
        judged.append({example.text.lower() for example in examples})
        return judge_fold(examples)

    monkeypatch.setattr(crossval, "_trained", remember_trained)
    monkeypatch.setattr(crossval, "_restyled", remember_judged)
    crossval.held_out(HERE / "data", CONFIG, 2)
    assert len(judged) == 2
    for known, unseen in zip(trained_on, judged, strict=True):
        assert unseen
        assert not known & unseen


def test_an_impossible_number_of_folds_is_refused() -> None:
    done = run("nlu.evaluate", "--cross-validate", "--folds", "1")
    assert done.returncode == 2
    assert "2" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="session")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with train.yml and test.yml of another domain, with entities and without topics."""
    folder = tmp_path_factory.mktemp("kitchen")
    dishes = ["phở bò", "bún chả", "cơm tấm", "bánh xèo", "gỏi cuốn", "mì quảng", "bún bò huế", "cháo lòng"]
    hours = ["bảy giờ tối", "12 giờ trưa", "sáu giờ rưỡi", "tám giờ sáng", "5 giờ chiều"]
    forms = {
        "order": [
            "cho tôi {dish}",
            "đặt giúp em {dish} lúc {hour}",
            "lấy hai phần {dish} nhé",
            "gọi {dish} mang về {hour}",
        ],
        "book": [
            "đặt bàn lúc {hour}",
            "còn bàn trống {hour} không",
            "giữ chỗ cho bốn người {hour}",
            "tối nay đặt bàn {hour}",
        ],
        "price": [
            "{dish} giá bao nhiêu",
            "một phần {dish} mấy tiền",
            "giá {dish} hôm nay thế nào",
            "{dish} tính sao vậy",
        ],
    }
    draw = random.Random(7)
    examples = []
    for intent, templates in forms.items():
        for template in templates:
            for _ in range(12):
                text = template.replace("{dish}", f"[{draw.choice(dishes)}](dish)")
                examples.append((intent, text.replace("{hour}", f"[{draw.choice(hours)}](hour)")))
    draw.shuffle(examples)
    for name, part in (("test.yml", examples[::4]), ("train.yml", [e for i, e in enumerate(examples) if i % 4])):
        lines = ['version: "3.1"\nnlu:\n']
        for intent in forms:
            lines.append(f"- intent: {intent}\n  examples: |\n")
            lines += [f"    - {text}\n" for other, text in part if other == intent]
        (folder / name).write_text("".join(lines), encoding="utf-8")
    return folder


def test_another_domain_is_trained_and_judged_with_the_same_configuration(kitchen: Path) -> None:
    trained = run("nlu.train", "--data", str(kitchen), "--out", str(kitchen / "model.tar.gz"))
    assert trained.returncode == 0, trained.stderr
    assert trained.stdout.strip() == str(kitchen / "model.tar.gz")
    for options in ([], ["--fold"]):
        arguments = ["--model", str(kitchen / "model.tar.gz"), "--data", str(kitchen / "test.yml"), "--json", *options]
        report = json.loads(run("nlu.evaluate", *arguments).stdout)
        assert report["intent_accuracy"] >= 0.95
        assert report["entity_f1"] >= 0.95
        assert report["topic_accuracy"] is None
        assert report["n"] == 36


def test_data_without_entities_train_and_mark_nothing(tmp_path: Path) -> None:
    examples = {"greet": ["xin chào", "chào bạn nhé"], "bye": ["tạm biệt", "hẹn gặp lại"]}
    lines = ['version: "3.1"\nnlu:\n']
    for intent, texts in examples.items():
        lines += [f"- intent: {intent}\n  examples: |\n", *(f"    - {text}\n" for text in texts)]
    (tmp_path / "train.yml").write_text("".join(lines), encoding="utf-8")
    model = train(tmp_path, tmp_path / "model.tar.gz")
    (understood,) = Parser(model).parse(["tạm biệt nhé"])
    assert understood["intent"]["name"] == "bye"
    assert understood["entities"] == []


def test_folding_a_case_keeps_its_entities_in_place(kitchen: Path) -> None:
    for case in rasa_cases(kitchen / "test.yml"):
        bare = folded(case)
        assert len(bare.text) == len(case.text)
        assert bare.text.isascii()
        assert bare.entities == case.entities


def test_the_test_set_is_read_with_its_entities() -> None:
    lexicon = Lexicon({"vehicle": {"bicycle": ["xe đạp"]}})
    cases = own_cases([HERE / "data/test/market.yml"], lexicon)
    assert [case.topic for case in cases] == ["stall", "parking", "parking", "none", "none"]
    assert [case.entities for case in cases if case.style == "teencode"] == [None]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no such file"),
        ("version: '3.1'\nnlu: []\n", "no training examples"),
        ("{{{", "train.yml"),
    ],
)
def test_data_that_cannot_be_trained_are_refused(tmp_path: Path, content: str | None, reason: str) -> None:
    if content is not None:
        (tmp_path / "train.yml").write_text(content)
    with pytest.raises(TrainingError, match=reason):
        train(tmp_path, tmp_path / "m.tar.gz")
    assert not (tmp_path / "m.tar.gz").exists()


def test_a_model_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    (tmp_path / "m.tar.gz").write_bytes(b"no")
    done = run("nlu.evaluate", "--model", str(tmp_path / "m.tar.gz"), "--data", str(HERE / "data/test/market.yml"))
    assert done.returncode == 1
    assert "m.tar.gz" in done.stderr
    assert "Traceback" not in done.stderr
