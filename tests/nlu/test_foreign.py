"""The pipeline on a domain that is not ours."""

import json
from pathlib import Path

import yaml

from nlu.evaluate import rasa_cases
from tests.nlu import foreign
from tests.nlu.test_training import run


def test_the_domain_is_the_same_every_time_and_keeps_its_test_apart(tmp_path: Path) -> None:
    first, second = foreign.write(tmp_path / "a"), foreign.write(tmp_path / "b")
    for name in ("train.yml", "test.yml"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    trained, judged = rasa_cases(first / "train.yml"), rasa_cases(first / "test.yml")
    assert len({case.intent for case in judged}) == len({case.intent for case in trained}) == 22
    assert {name for case in judged for _, _, name in case.entities or ()} == set(
        yaml.safe_load(foreign.TEMPLATES.read_text(encoding="utf-8"))["slots"]
    )
    assert not {case.text for case in trained} & {case.text for case in judged}


def test_a_foreign_domain_is_understood_as_written_and_bare(tmp_path: Path) -> None:
    foreign.write(tmp_path)
    trained = run("nlu.train", "--data", str(tmp_path), "--out", str(tmp_path / "model.tar.gz"))
    assert trained.returncode == 0, trained.stderr
    arguments = ["--model", str(tmp_path / "model.tar.gz"), "--data", str(tmp_path / "test.yml"), "--json"]
    written = json.loads(run("nlu.evaluate", *arguments).stdout)
    bare = json.loads(run("nlu.evaluate", *arguments, "--fold").stdout)
    assert written["intent_accuracy"] >= 0.87
    assert written["entity_f1"] >= 0.85
    assert bare["intent_accuracy"] >= written["intent_accuracy"] - 0.03
    assert bare["entity_f1"] >= written["entity_f1"] - 0.03
