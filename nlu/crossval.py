"""Cross-validation on the hand-written sources: the compass while data are written and the learner is chosen.

Each hand-written text is held out once, with every copy and style of it; what is composed from templates only trains.
Entities are left out, so that a fold takes half a minute.
"""

import hashlib
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import yaml

from nlu import build
from nlu.measures import Case, report
from nlu.ngrams import NgramSizes, TfIdf
from nlu.noise import STYLES
from nlu.quiet import silence_rasa
from nlu.understanding import NO_TOPIC, Understanding

JUDGED = ("diacritics", "folded", "teencode", "typo", "regional")
"""Each held-out text is judged as it was written and once in each of these styles of `nlu.noise`."""

_CONFUSIONS = 40
_SEED = 20261120


def cross_validate(sources: Path, config: Path, folds: int) -> dict[str, Any]:
    """The report of `nlu.measures` over all held-out texts, with `confused`: [right, said, times] of topics.

    Raises build.DataError for a fault in the sources.
    """
    cases, results = held_out(sources, config, folds)
    return {**report(cases, results), "confused": _confused(cases, results)}


def held_out(sources: Path, config: Path, folds: int) -> tuple[list[Case], list[dict[str, Any]]]:
    """Every hand-written text in each style, and what was understood of it by a model that had not seen it."""
    steps = _steps(config)
    found = build.examples(sources)
    cases: list[Case] = []
    results: list[dict[str, Any]] = []
    for fold in range(folds):
        apart = {number for number, example in enumerate(found) if example.by_hand and _fold(example, folds) == fold}
        kept = [example for number, example in enumerate(found) if number not in apart]
        tfidf, understanding = _trained(kept, steps)
        unseen = list(_restyled([found[number] for number in sorted(apart)]))
        cases += unseen
        results += _understood(unseen, tfidf, understanding)
        print(f"\rfold {fold + 1} of {folds}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return cases, results


def _steps(config: Path) -> dict[str, dict[str, Any]]:
    """The settings of each step of the pipeline, by the last part of its name."""
    document = yaml.safe_load(config.read_text(encoding="utf-8"))
    return {step["name"].rsplit(".", 1)[-1]: step for step in document["pipeline"]}


def _fold(example: build.Example, folds: int) -> int:
    """By the text alone, so that one text asked of two subjects is never on both sides."""
    return int(hashlib.sha256(example.text.lower().encode()).hexdigest(), 16) % folds


def _trained(examples: Sequence[build.Example], steps: dict[str, dict[str, Any]]) -> tuple[TfIdf, Understanding]:
    silence_rasa()
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData

    from nlu.components.classifier import IntentTopicClassifier
    from nlu.components.featurizer import TwoFaceFeaturizer
    from nlu.components.styles import SOURCE, WritingStyles

    styles = WritingStyles(steps["WritingStyles"])
    messages = [
        Message({"text": example.text, "intent": example.intent, "topic": example.topic}) for example in examples
    ]
    copies = styles.process_training_data(TrainingData(messages)).training_examples
    settings = {**TwoFaceFeaturizer.get_default_config(), **steps["TwoFaceFeaturizer"]}
    texts = [_faces(message.get("text")) for message in copies]
    sizes = NgramSizes(tuple(settings["words"]), tuple(settings["letters"]), settings["apart"])
    tfidf = TfIdf.learn(texts, sizes, settings["least"])
    learning = {**IntentTopicClassifier.get_default_config(), **steps["IntentTopicClassifier"]}
    return tfidf, Understanding.learn(
        tfidf.weigh(texts),
        [message.get("intent") for message in copies],
        [message.get("topic") for message in copies],
        [message.get(SOURCE) for message in copies],
        penalty=learning["penalty"],
        held_out=learning["held_out"],
        seed=learning["seed"],
    )


def _restyled(examples: Sequence[build.Example]) -> Iterator[Case]:
    from nlu.components.tokenizer import SYLLABLE

    random = Random(_SEED)
    for example in examples:
        seen = set()
        for style in JUDGED:
            words = [match.group() for match in SYLLABLE.finditer(example.text)]
            written = STYLES[style](words, random) if style in STYLES else words
            text = " ".join(word for word in written if word)
            if text not in seen:
                seen.add(text)
                yield Case(text, example.intent, example.topic or NO_TOPIC, style, None)


def _understood(cases: Sequence[Case], tfidf: TfIdf, understanding: Understanding) -> list[dict[str, Any]]:
    """In the form of the parser's answers, without entities."""
    found = understanding.probabilities(tfidf.weigh(_faces(case.text) for case in cases))
    results = []
    for intents, topics in zip(found.intents, found.topics, strict=True):
        intent, topic = intents.argmax(), topics.argmax()
        results.append(
            {
                "intent": {"name": understanding.intents[intent], "confidence": float(intents[intent])},
                "topics": [{"name": understanding.topics[topic], "confidence": float(topics[topic])}],
                "entities": [],
            }
        )
    return results


def _faces(text: str) -> tuple[list[str], list[str]]:
    from nlu.components.tokenizer import faces

    found = faces(text)
    return [face[0] for face in found], [face[1] for face in found]


def _confused(cases: Sequence[Case], results: Sequence[dict[str, Any]]) -> list[list[Any]]:
    pairs = Counter(
        (case.topic, result["topics"][0]["name"])
        for case, result in zip(cases, results, strict=True)
        if case.topic != result["topics"][0]["name"]
    )
    return [[right, said, times] for (right, said), times in pairs.most_common(_CONFUSIONS)]
