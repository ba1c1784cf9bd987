"""How well a model serves residents: its own figures, and those of the bot's answering by it, on the fixed test set."""

import asyncio
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from bot.ask import Person
from bot.conversation import to_understand
from bot.exchange import Kind, Turn
from bot.hearing import understand_all
from bot.understanding import Understanding
from foundation.clock import today, utc_now
from foundation.iteration import chunked
from foundation.text import take_in, unaccent
from loa.nlu_process import NluError, an_understanding, run_module
from loa.wiring import ROOT, Loa

TEST_SET = ROOT / "nlu" / "data" / "test"
NOT_OURS = frozenset({"out_of_scope", "unclear"})
"""Intents of texts that must not be answered as if they asked about a subject."""

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Case:
    """A text of the test set with what it asks, about which subject (None: about none), and how it is written."""

    text: str
    intent: str
    topic: str | None
    style: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A case with the intent that the model gave it (None: the bot needs no model) and the turn that followed."""

    case: Case
    intent: str | None
    turn: Turn

    @property
    def right(self) -> bool:
        return self.turn.kind is Kind.ANSWER and self.turn.facts[:1] == (self.case.topic,)


def judge(loa: Loa, archive: Path, fold: bool = False) -> dict[str, Any]:
    """What `nlu.evaluate` reports of the model on our own test set, with `answers` and `by_intent`.

    `answers` and each of its `by_style`: `answer_accuracy` (of the texts about a subject, the share answered from the
    right one), `offered` (asked back, the right one among the choices), `wrong` (answered from another), `n`;
    `false_answer_rate` (of the texts about nothing we know, the share answered all the same), `n_not_ours`.
    `by_intent`: `intent_accuracy`, `n`. Shares from 0 to 1, None over no text. Raises NluError.
    """
    options = ["--model", str(archive.absolute()), "--json", *(["--fold"] if fold else [])]
    report: dict[str, Any] = json.loads(run_module(loa, "evaluate", options, capture=True))
    cases = [replace(case, text=unaccent(case.text)) for case in fixed_cases()] if fold else fixed_cases()
    judged = asyncio.run(_judged(loa, archive, cases))
    return report | {"answers": answer_figures(judged), "by_intent": intent_figures(judged)}


def fixed_cases(folder: Path = TEST_SET) -> list[Case]:
    """The fixed test set, which training never sees. Raises NluError naming the file that is not in its format."""
    cases = []
    for path in sorted(folder.glob("*.yml")):
        try:
            items = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or []
            cases += [Case(item["text"], item["intent"], item["topic"], item["style"]) for item in items]
        except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
            raise NluError(f"{path}: {error!r}") from error
    return cases


def answer_figures(judged: Sequence[Judged]) -> dict[str, Any]:
    """The `answers` of `judge`."""
    styles = sorted({one.case.style for one in judged})
    by_style = {style: _answers([one for one in judged if one.case.style == style]) for style in styles}
    return _answers(judged) | {"by_style": by_style}


def intent_figures(judged: Sequence[Judged]) -> dict[str, Any]:
    """The `by_intent` of `judge`."""
    rights: dict[str, list[bool]] = {}
    for one in judged:
        if one.intent is not None:
            rights.setdefault(one.case.intent, []).append(one.intent == one.case.intent)
    return {name: {"intent_accuracy": share(found), "n": len(found)} for name, found in sorted(rights.items())}


def share(rights: Sequence[bool]) -> float | None:
    return round(sum(rights) / len(rights), 4) if rights else None


def _answers(judged: Sequence[Judged]) -> dict[str, Any]:
    about = [one for one in judged if one.case.topic is not None]
    not_ours = [one for one in judged if one.case.topic is None and one.case.intent in NOT_OURS]
    return {
        "answer_accuracy": share([one.right for one in about]),
        "offered": share([one.turn.kind is Kind.ASK_BACK and one.case.topic in one.turn.facts for one in about]),
        "wrong": share([one.turn.kind is Kind.ANSWER and not one.right for one in about]),
        "n": len(about),
        "false_answer_rate": share([one.turn.kind is Kind.ANSWER for one in not_ours]),
        "n_not_ours": len(not_ours),
    }


async def _judged(loa: Loa, archive: Path, cases: Sequence[Case]) -> list[Judged]:
    """Each case as the first text of a person who never wrote before, asked today."""
    now = utc_now()
    texts = [take_in(case.text) for case in cases]
    understood = await _understood(loa, archive, texts)
    return [
        Judged(case, meant.intent.name if meant else None, Person().take(text, meant, loa.answerer, now, today(now)))
        for case, text, meant in zip(cases, texts, understood, strict=True)
    ]


async def _understood(loa: Loa, archive: Path, texts: Sequence[str]) -> list[Understanding | None]:
    """What this model makes of the texts, asked by the bot of a server that serves it and nothing else."""
    with tempfile.TemporaryDirectory(prefix="loa-") as folder:
        apart = Loa(loa.settings.model_copy(update={"home": Path(folder)}))
        store = ["--models", str(apart.models)]
        model = run_module(loa, "models", [*store, "install", str(archive.absolute())], capture=True).strip()
        run_module(loa, "models", [*store, "promote", model], capture=True)
        async with an_understanding(apart) as understanding:
            found = [meant for batch in chunked(texts, _BATCH) for meant in await understand_all(batch, understanding)]
    if any(meant is None and to_understand(text) for text, meant in zip(texts, found, strict=True)):
        raise NluError(f"the model {model} left texts of the test set unanswered")
    return found
