"""The files that labels go out and come back in."""

import csv
import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.learning import LabelError, Unlearned
from loa.commands.learning_files import Row, read_labels, write_queue

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
TEXTS = [
    Unlearned(1, 'tiền "đó", sao', AT, "ask_back", "ask_amount", "credit", ("electricity", "credit"), 0.3, "m"),
    Unlearned(2, '=HYPERLINK("x")', AT, "handover", None, None, (), None, "m"),
]


@pytest.mark.parametrize("name", ["queue.jsonl", "queue.CSV"])
def test_what_went_out_comes_back_with_what_was_filled_in(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    write_queue(file, TEXTS)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [(row.inbound_id, row.intent, row.topic, row.problem) for row in read_labels(file)] == [
        (1, "", None, None),
        (2, "", None, None),
    ]
    text = file.read_text("utf-8-sig")
    filled = text.replace('"intent": "", "topic": ""', '"intent": "ask_amount ", "topic": " credit"')
    filled = "\n".join(f"{line}ask_amount, credit" if line.endswith("m,,") else line for line in filled.splitlines())
    file.write_text(filled.replace("m,,ask", "m,ask"), "utf-8-sig")
    assert [(row.intent, row.topic) for row in read_labels(file)] == [("ask_amount", "credit")] * 2


def test_a_line_says_what_the_machine_made_of_it(tmp_path: Path) -> None:
    file = tmp_path / "queue.jsonl"
    write_queue(file, TEXTS)
    assert json.loads(file.read_text("utf-8").splitlines()[0]) == {
        "id": 1,
        "text": 'tiền "đó", sao',
        "received_at": "2026-11-20T02:00:00+00:00",
        "kind": "ask_back",
        "guessed_intent": "ask_amount",
        "guessed_topic": "credit",
        "facts": ["electricity", "credit"],
        "confidence": 0.3,
        "model": "m",
        "intent": "",
        "topic": "",
    }


def test_the_table_keeps_the_guess_apart_from_what_is_to_be_filled_in(tmp_path: Path) -> None:
    file = tmp_path / "queue.csv"
    write_queue(file, TEXTS)
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [(row["guessed_intent"], row["guessed_topic"]) for row in rows] == [("ask_amount", "credit"), ("", "")]
    assert [(row["intent"], row["topic"]) for row in rows] == [("", ""), ("", "")]


def test_a_residents_formula_does_not_run_in_a_spreadsheet(tmp_path: Path) -> None:
    file = tmp_path / "queue.csv"
    write_queue(file, TEXTS)
    with file.open(encoding="utf-8-sig", newline="") as opened:
        assert [row["text"] for row in csv.DictReader(opened)] == [TEXTS[0].text, "'" + TEXTS[1].text]


@pytest.mark.parametrize(
    "line", ["[1]", "{", "5", '{"id": true}', '{"id": "x"}', '{"id": -1}', '{"id": 1, "intent": 5}', '{"id": 1e99}']
)
def test_a_bad_line_is_told_by_its_number(tmp_path: Path, line: str) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(f'{{"id": 7, "intent": "skip"}}\n\n{line}\n', "utf-8")
    good, bad = read_labels(file)
    assert good == Row(1, 7, "skip")
    assert (bad.line, bad.inbound_id) == (3, 0)
    assert bad.problem


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.txt", b""), ("missing.csv", None), ("a.jsonl", b"\xff\xfe"), ("a.csv", b"id;intent;topic\n1;greet;\n")],
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(LabelError):
        list(read_labels(tmp_path / name))


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelError):
        write_queue(tmp_path / "no" / "queue.csv", TEXTS)
