"""The sets that models are judged on: whole, fair to every subject, and never trained."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from foundation.text import fold
from nlu import build

SETS = [build.SOURCES / name / "questions.jsonl" for name in ("held_out", "development")]


def items_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def subjects() -> set[str]:
    files = (build.SOURCES / "subjects").glob("*.yml")
    return {subject for path in files for subject in yaml.safe_load(path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.parent.name)
def test_every_subject_has_three_texts_to_be_judged_by(path: Path) -> None:
    first = Counter(item["expected_facts"][0] for item in items_of(path) if item["expected_facts"])

    assert {subject for subject in subjects() if first[subject] < 3} == set()
    assert set(first) <= subjects()


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.parent.name)
def test_no_judged_text_is_trained(path: Path) -> None:
    trained = {fold(example.text) for example in build.examples()}

    # Greetings and single words are said alike by everybody.
    long = [item["text"] for item in items_of(path) if len(item["text"].split()) > 5]
    assert [text for text in long if fold(text) in trained] == []


def test_a_set_names_each_text_once() -> None:
    ids = [item["id"] for path in SETS for item in items_of(path)]
    assert len(ids) == len(set(ids))
