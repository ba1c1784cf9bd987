"""Builds Rasa training data from the sources in `nlu/data`.

    python -m nlu.build --out DIR

Subjects × facets are composed here (a template filled with the names of a subject), entities are marked from the
lexicon. The noise of real writing is not: the pipeline adds it in memory (`nlu.components.styles`).
"""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml

from foundation.text import nfc, squeeze
from nlu.lexicon import Lexicon

SOURCES = Path(__file__).parent / "data"

COMPOSED_A_SUBJECT = 30
"""Templates filled for one subject. More drown what was written by hand; fewer leave names unseen."""

_NO_SUBJECT = "none"
"""Stands for "about nothing in particular" where a file of situations has subjects as its keys."""

_SEED = 20261120
_BRACKETS = str.maketrans("[]", "  ")


class DataError(Exception):
    """A source file is not in its format; the message names the file and the reason."""


@dataclass(frozen=True)
class Example:
    """A text, what it asks, about what (None: about nothing in particular), and whether a person wrote it so."""

    text: str
    intent: str
    topic: str | None
    by_hand: bool = True


def examples(sources: Path = SOURCES) -> list[Example]:
    """Every training example of the sources, hand-written and composed, each once, in a stable order.

    Raises DataError for a file that is not in its format.
    """
    facets = _texts_by_intent(sources / "facets.yml")
    found = [
        Example(text, intent, None) for intent, texts in _texts_by_intent(sources / "common.yml") for text in texts
    ]
    for path in sorted((sources / "subjects").glob("*.yml")):
        for subject, content in _mapping(path):
            found += _of_subject(path, subject, content, dict(facets))
    found += _situations(sources / "situations")
    return list({(example.text.lower(), example.topic): example for example in found}.values())


def write(sources: Path, out: Path) -> Path:
    """Writes `train.yml`, Rasa 3.1 YAML, into the folder `out` and returns its path."""
    lexicon = Lexicon(dict(_mapping(sources / "lexicon.yml")))
    by_label: dict[str, list[str]] = {}
    for example in examples(sources):
        label = f"{example.intent}/{example.topic}" if example.topic else example.intent
        by_label.setdefault(label, []).append(annotated(example.text, lexicon))
    out.mkdir(parents=True, exist_ok=True)
    path = out / "train.yml"
    path.write_text("".join(_yaml_lines(by_label, lexicon.synonyms())), encoding="utf-8")
    return path


def annotated(text: str, lexicon: Lexicon) -> str:
    """The text in Rasa's notation: `[hộ nghèo](household_status) được gì`.

    Values stand apart, as synonyms: Rasa checks a value beside the text against a schema, at 2 ms each.
    """
    pieces = []
    done = 0
    for mark in lexicon.mark(text):
        pieces += [text[done : mark.start], f"[{text[mark.start : mark.end]}]({mark.entity})"]
        done = mark.end
    return "".join([*pieces, text[done:]])


def _situations(folder: Path) -> Iterator[Example]:
    """What a second hand wrote about the subjects: subject → intent → texts, no names."""
    for path in sorted(folder.rglob("*.yml")):
        for subject, content in _mapping(path):
            if not isinstance(content, dict):
                raise DataError(f"{path}: {subject} needs intents with texts")
            for intent, texts in content.items():
                yield from (
                    Example(_clean(text), intent, None if subject == _NO_SUBJECT else subject) for text in texts
                )


def _of_subject(path: Path, subject: str, content: Any, facets: dict[str, list[str]]) -> Iterator[Example]:
    """What was written for the subject, then a seeded draw of templates filled with its names."""
    if not isinstance(content, dict) or not content.get("names") or not isinstance(content.get("examples"), dict):
        raise DataError(f"{path}: subject {subject} needs names and examples")
    for intent, texts in content["examples"].items():
        yield from (Example(_clean(text), intent, subject) for text in texts)
    random = Random(f"{_SEED} {subject}")
    names = [_clean(name) for name in content["names"]]
    # A bare name ("tiền điện") asks what there is to know about it.
    yield from (Example(name, "ask_definition", subject, by_hand=False) for name in names)
    templates = [(intent, text) for intent in content["examples"] for text in facets.get(intent, [])]
    random.shuffle(templates)
    for number, (intent, template) in enumerate(templates[:COMPOSED_A_SUBJECT]):
        yield Example(template.replace("{name}", names[number % len(names)]), intent, subject, by_hand=False)


def _texts_by_intent(path: Path) -> list[tuple[str, list[str]]]:
    return [(intent, [_clean(text) for text in texts]) for intent, texts in _mapping(path)]


def _mapping(path: Path) -> Iterable[tuple[str, Any]]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise DataError(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected a mapping")
    return content.items()


def _clean(text: Any) -> str:
    """NFC on one line, without the brackets that Rasa's notation would read as an entity."""
    return squeeze(nfc(str(text)).translate(_BRACKETS))


def _yaml_lines(by_label: dict[str, list[str]], synonyms: dict[str, list[str]]) -> Iterator[str]:
    yield 'version: "3.1"\nnlu:\n'
    for kind, groups in (("intent", by_label), ("synonym", synonyms)):
        for name, texts in groups.items():
            yield f"- {kind}: {name}\n  examples: |\n"
            yield from (f"    - {text}\n" for text in texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder to write train.yml into")
    parser.add_argument("--sources", type=Path, default=SOURCES)
    arguments = parser.parse_args()
    print(write(arguments.sources, arguments.out))


if __name__ == "__main__":
    main()
