"""How right a model is: accuracies, span F1, and what it would have said at a threshold. Pure functions."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from nlu.understanding import NO_TOPIC

SILENT_INTENTS = frozenset({"out_of_scope", "unclear"})

THRESHOLDS = (0.3, 0.5, 0.7, 0.9)


class Case(NamedTuple):
    """A text and what is to be understood of it.

    `topic` is None where topics are not judged; `entities` are (start, end, name), None where not judged.
    """

    text: str
    intent: str
    topic: str | None
    style: str
    entities: list[tuple[int, int, str]] | None


def report(cases: Sequence[Case], results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Shares from 0 to 1, over all cases and by style of writing; None where nothing could be judged.

    `intent_accuracy`; `entity_f1` (micro, a span counts only with its exact ends and name); `topic_accuracy`;
    `both_accuracy` (intent and topic right); `answering` (see `answering`); `n`.
    """
    pairs = list(zip(cases, results, strict=True))
    styles = sorted({case.style for case in cases})
    with_topic = [pair for pair in pairs if pair[0].topic is not None]
    by_style = {style: _figures([pair for pair in pairs if pair[0].style == style]) for style in styles}
    return {
        **_figures(pairs),
        "by_style": by_style if len(styles) > 1 else {},
        "answering": [answering(with_topic, threshold) for threshold in THRESHOLDS] if with_topic else [],
    }


def answering(pairs: Sequence[tuple[Case, dict[str, Any]]], threshold: float) -> dict[str, Any]:
    """What would be answered if topics at or above the threshold were.

    `answered` and `right`: of the texts about a topic, the share answered, and of those the share with the right one.
    `false`: of the texts about nothing we know, the share answered all the same.
    """
    known = [pair for pair in pairs if pair[0].topic != NO_TOPIC]
    unknown = [pair for pair in pairs if pair[0].topic == NO_TOPIC and pair[0].intent in SILENT_INTENTS]
    said = [(case, _said(result, threshold)) for case, result in known]
    answered = [case.topic == topic for case, topic in said if topic]
    return {
        "threshold": threshold,
        "answered": _share([topic is not None for _, topic in said]),
        "right": _share(answered),
        "false": _share([_said(result, threshold) is not None for _, result in unknown]),
    }


def _said(result: dict[str, Any], threshold: float) -> str | None:
    if not result["topics"] or result["intent"]["name"] in SILENT_INTENTS:
        return None
    best = result["topics"][0]
    return best["name"] if best["confidence"] >= threshold and best["name"] != NO_TOPIC else None


def _figures(pairs: Sequence[tuple[Case, dict[str, Any]]]) -> dict[str, Any]:
    intents = [case.intent == result["intent"]["name"] for case, result in pairs]
    topics = [None if case.topic is None else case.topic == _topic(result) for case, result in pairs]
    judged = [(intent, topic) for intent, topic in zip(intents, topics, strict=True) if topic is not None]
    return {
        "intent_accuracy": _share(intents),
        "entity_f1": _span_f1([pair for pair in pairs if pair[0].entities is not None]),
        "topic_accuracy": _share([topic for _, topic in judged]),
        "both_accuracy": _share([intent and topic for intent, topic in judged]),
        "n": len(pairs),
    }


def _topic(result: dict[str, Any]) -> str:
    return result["topics"][0]["name"] if result["topics"] else NO_TOPIC


def _span_f1(pairs: Sequence[tuple[Case, dict[str, Any]]]) -> float | None:
    right = found = wanted = 0
    for case, result in pairs:
        gold = set(case.entities or [])
        said = {(entity["start"], entity["end"], entity["entity"]) for entity in result["entities"]}
        right += len(gold & said)
        found += len(said)
        wanted += len(gold)
    return round(2 * right / (found + wanted), 4) if found + wanted else None


def _share(rights: Sequence[bool]) -> float | None:
    return round(sum(rights) / len(rights), 4) if rights else None
