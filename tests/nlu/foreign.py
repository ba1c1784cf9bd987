"""A foreign domain, made from a seed: questions at a railway counter, in Rasa 3.1 YAML.

    python -m tests.nlu.foreign --out DIR

writes `train.yml` and `test.yml` with 22 intents and 15 slots. It tells what the pipeline is worth on data that are not
ours. Sentences of the test stand on templates that training does not see, a third of their names are new, and the same
words fill different slots by their place ("từ Vinh", "tới Vinh").
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import yaml

TEMPLATES = Path(__file__).parent / "data" / "railway.yml"

TRAINED = 90
JUDGED = 22
"""Sentences of each intent."""

_SEED = 20261120
_NEW_NAME = 0.33


def write(out: Path) -> Path:
    """Writes `train.yml` and `test.yml` into the folder `out` and returns it; the same bytes every time."""
    document = yaml.safe_load(TEMPLATES.read_text(encoding="utf-8"))
    random = Random(_SEED)
    parts: dict[str, list[str]] = {"train": ['version: "3.1"\nnlu:\n'], "test": ['version: "3.1"\nnlu:\n']}
    for intent, templates in document["intents"].items():
        for name, texts in (("train", templates["train"]), ("test", templates["test"])):
            parts[name].append(f"- intent: {intent}\n  examples: |\n")
            parts[name] += [f"    - {text}\n" for text in _sentences(texts, document, name == "test", random)]
    out.mkdir(parents=True, exist_ok=True)
    for name, lines in parts.items():
        (out / f"{name}.yml").write_text("".join(lines), encoding="utf-8")
    return out


def _sentences(templates: list[str], document: dict[str, Any], new: bool, random: Random) -> list[str]:
    """Distinct sentences of the templates, as many as are wanted or as can be found."""
    found: dict[str, None] = {}
    wanted = JUDGED if new else TRAINED
    for number in range(wanted * 6):
        if len(found) == wanted:
            break
        words = random.choice(document["openings"]) + templates[number % len(templates)]
        found["".join(_filled(words, document, new, random)).strip()] = None
    return list(found)


def _filled(template: str, document: dict[str, Any], new: bool, random: Random) -> Iterator[str]:
    """The template with each {slot} filled by a marked value of its kind."""
    for piece in template.replace("{", "\0{").replace("}", "\0").split("\0"):
        if not piece.startswith("{"):
            yield piece
            continue
        slot = piece[1:]
        kind = document["slots"][slot]
        unseen = new and kind in document["new"] and random.random() < _NEW_NAME
        value = random.choice(document["new" if unseen else "values"][kind])
        yield f"[{value}]({slot})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder to write train.yml and test.yml into")
    print(write(parser.parse_args().out))
    return 0


if __name__ == "__main__":
    sys.exit(main())
