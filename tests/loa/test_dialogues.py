"""Conversations written before the bot was tuned, through the real model: nearly every turn comes out right.

`tests/bot/data/dialogues.jsonl` says of each turn which kinds are right, which facts it rests on, and what the reply
must and must not say, folded; it was written by somebody who did not see the bot.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from foundation.text import fold
from tests.loa.serving import Installation

DIALOGUES = Path(__file__).parents[1] / "bot" / "data" / "dialogues.jsonl"
LEAST = 0.95


def misses(expected: dict[str, Any], turn: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a turn."""
    if turn["kind"] not in expected["kinds"]:
        yield f"kind {turn['kind']} not in {expected['kinds']}"
    wanted = set(expected["expected_facts"])
    if wanted and turn["kind"] in ("answer", "ask_back") and not wanted & set(turn["facts"][:3]):
        yield f"facts {turn['facts'][:3]} not {sorted(wanted)}"
    if turn["kind"] == "pledge" and expected.get("pledge_vnd") not in (None, turn["pledge_vnd"]):
        yield f"pledge of {turn['pledge_vnd']}"
    reply = re.sub(r"(?<=\d)[.,](?=\d{3}(?!\d))", "", fold(turn["reply"]))
    for options in expected["must_contain"]:
        if not any(re.search(rf"(?<!\w){re.escape(option)}(?!\w)", reply) for option in map(fold, options)):
            yield f"lacks {options[:3]}"
    yield from (f"says {bad}" for bad in expected["must_not_contain"] if fold(bad) in reply)


def test_conversations_written_blind_come_out_right(install: Callable[..., Installation], tmp_path: Path) -> None:
    dialogues = [json.loads(line) for line in DIALOGUES.read_text("utf-8").splitlines()]
    asked = tmp_path / "asked.jsonl"
    asked.write_text("".join(json.dumps(dialogue) + "\n" for dialogue in dialogues), "utf-8")
    out = install().run("ask", "--file", str(asked), "--json").splitlines()

    wrong: list[str] = []
    turns = 0
    for dialogue, told in zip(dialogues, map(json.loads, out), strict=True):
        for expected, turn in zip(dialogue["turns"], told["turns"], strict=True):
            turns += 1
            found = "; ".join(misses(expected, turn))
            wrong += [f"{dialogue['id']} «{turn['text']}»: {found}"] if found else []
    assert turns >= 90
    assert len(wrong) <= (1 - LEAST) * turns, "\n".join(wrong)


def test_each_conversation_has_three_turns_or_more() -> None:
    dialogues = [json.loads(line) for line in DIALOGUES.read_text("utf-8").splitlines()]
    assert len(dialogues) >= 30
    assert all(len(dialogue["turns"]) >= 3 for dialogue in dialogues)
