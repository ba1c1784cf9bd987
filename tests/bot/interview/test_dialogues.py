"""Interviews from the first text to the result, written before the wording was tuned.

`tests/bot/data/interviews.jsonl` says of each turn which kinds are right, which facts it rests on, what the reply must
and must not say, folded, and what understanding made of the text: intent and topic, each with how sure it was.
"""

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.answering import Answerer
from bot.ask import Person
from bot.exchange import Turn
from bot.understanding import Scored, Understanding
from foundation.text import fold
from tests.bot.meaning import MODEL, NOW

INTERVIEWS = Path(__file__).parents[1] / "data" / "interviews.jsonl"
DIALOGUES: list[dict[str, Any]] = [json.loads(line) for line in INTERVIEWS.read_text("utf-8").splitlines()]


def misses(expected: dict[str, Any], turn: Turn) -> Iterator[str]:
    """What is wrong with a turn."""
    if turn.kind not in expected["kinds"]:
        yield f"kind {turn.kind} not in {expected['kinds']}"
    wanted = set(expected["expected_facts"])
    if wanted and not wanted & set(turn.facts[:3]):
        yield f"facts {turn.facts[:3]} not {sorted(wanted)}"
    reply = re.sub(r"(?<=\d)[.,](?=\d{3}(?!\d))", "", fold(turn.reply))
    for need in expected["must_contain"]:
        if not any(option in reply for option in (need if isinstance(need, list) else [need])):
            yield f"lacks {need}: {turn.reply}"
    yield from (f"says {bad}: {turn.reply}" for bad in expected["must_not_contain"] if bad in reply)


def understood(expected: dict[str, Any]) -> Understanding | None:
    if "meant" not in expected:
        return None
    intent, sure, topic, certain = expected["meant"]
    words = len(expected["user"].split())
    return Understanding(Scored(intent, sure), (Scored(topic, certain),), MODEL, words, intents=(Scored(intent, sure),))


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=[dialogue["id"] for dialogue in DIALOGUES])
def test_an_interview_goes_as_it_should(dialogue: dict[str, Any], answerer: Answerer) -> None:
    person = Person()
    wrong: list[str] = []
    for expected in dialogue["turns"]:
        on = date.fromisoformat(dialogue["on"])
        turn = person.take(expected["user"], understood(expected), answerer, NOW, on)
        wrong += [f"«{expected['user']}»: {each}" for each in misses(expected, turn)]

    assert not wrong, "\n".join(wrong)


def test_there_are_situations_enough() -> None:
    assert len(DIALOGUES) >= 5
