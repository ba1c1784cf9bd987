"""Judges a model on texts it has not seen.

    python -m nlu.evaluate --model MODEL.tar.gz [--data TEST.yml] [--fold] [--json]
    python -m nlu.evaluate --cross-validate [--folds 4] [--json]

The second trains on parts of our own sources and judges on the rest; it needs no model. Without --data the first judges
on our own fixed test set, `nlu/data/test`, which training never sees. With it, on any Rasa 3.1 data, or on a list of
our own form. --fold strips the diacritics from every text first.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from foundation.text import unaccent
from nlu import build
from nlu.crossval import cross_validate
from nlu.lexicon import Lexicon
from nlu.measures import Case, report
from nlu.parser import ModelError, Parser, readable
from nlu.quiet import silence_rasa
from nlu.train import CONFIG

TEST_SET = build.SOURCES / "test"


def own_cases(paths: Iterable[Path], lexicon: Lexicon) -> list[Case]:
    """Cases from lists of `{text, intent, topic, style}`.

    Entities are what the lexicon marks, and only in texts with diacritics, for it cannot read others.
    Raises build.DataError naming file and item.
    """
    cases = []
    for path in paths:
        for number, item in enumerate(_yaml(path) or []):
            try:
                text, style = readable(item["text"]), item["style"]
                cases.append(
                    Case(
                        text,
                        item["intent"],
                        item["topic"] or "none",
                        style,
                        [(mark.start, mark.end, mark.entity) for mark in lexicon.mark(text)]
                        if style == "diacritics"
                        else None,
                    )
                )
            except (KeyError, TypeError) as error:
                raise build.DataError(f"{path}: item {number}: {error!r}") from error
    return cases


def rasa_cases(path: Path) -> list[Case]:
    """Cases from Rasa training data; the topic is None where the examples name none."""
    silence_rasa()
    from rasa.shared.exceptions import RasaException
    from rasa.shared.nlu.training_data.formats.rasa_yaml import RasaYAMLReader

    reader = RasaYAMLReader()
    reader.filename = str(path)
    try:
        reader.reads(path.read_text(encoding="utf-8"))
    except RasaException as error:
        raise build.DataError(f"{path}: {error}") from error
    return [
        Case(
            message.get("text"),
            message.get("intent"),
            (message.get("intent_response_key") or "/").split("/", 1)[1] or None,
            "as_written",
            [(entity["start"], entity["end"], entity["entity"]) for entity in message.get("entities", [])],
        )
        for message in reader.training_examples  # those of TrainingData would leave out what is asked twice
        if message.get("text") and message.get("intent")
    ]


def folded(case: Case) -> Case:
    """The case without diacritics, letter for letter, so that positions hold."""
    text = "".join(bare if len(bare := unaccent(letter)) == 1 else letter for letter in case.text)
    return case._replace(text=text)


def evaluate(model: Path, cases: Sequence[Case]) -> dict[str, Any]:
    """The report of `nlu.measures` for the model on the cases."""
    parser = Parser(model)
    results: list[dict[str, Any]] = []
    for start in range(0, len(cases), 256):
        results += parser.parse([case.text for case in cases[start : start + 256]])
        print(f"\r{len(results)} of {len(cases)} texts", end="", file=sys.stderr)
    print(file=sys.stderr)
    return report(cases, results)


def _read(data: Path | None) -> list[Case]:
    if data and not data.exists():
        raise build.DataError(f"{data}: no such file")
    if data and isinstance(_yaml(data), dict):
        return rasa_cases(data)
    paths = [data] if data else sorted(TEST_SET.glob("*.yml"))
    return own_cases(paths, Lexicon(_yaml(build.SOURCES / "lexicon.yml")))


def _at_least_two(text: str) -> int:
    """For argparse, which names the option and quotes the text."""
    number = int(text)
    if number < 2:
        raise argparse.ArgumentTypeError(f"must be 2 or more: {text}")
    return number


def _yaml(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise build.DataError(f"{path}: {error}") from error


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    judged = parser.add_mutually_exclusive_group(required=True)
    judged.add_argument("--model", type=Path)
    judged.add_argument("--cross-validate", action="store_true", help="on our own hand-written sources, part by part")
    parser.add_argument("--folds", type=_at_least_two, default=4, help="parts of the cross-validation")
    parser.add_argument("--sources", type=Path, default=build.SOURCES, help="the sources to cross-validate")
    parser.add_argument("--data", type=Path, help="test.yml; default: our own test set")
    parser.add_argument("--fold", action="store_true", help="strip diacritics from the texts first")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    arguments = parser.parse_args()
    try:
        if arguments.cross_validate:
            found = cross_validate(arguments.sources, CONFIG, arguments.folds)
        else:
            cases = _read(arguments.data)
            found = evaluate(arguments.model, [folded(case) for case in cases] if arguments.fold else cases)
    except (build.DataError, ModelError) as error:
        print(f"loa nlu evaluate: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        print(yaml.safe_dump(found, allow_unicode=True, sort_keys=False), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
