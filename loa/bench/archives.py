"""Whether a model archive holds texts that it was trained on: residents' words may be among them, and models travel."""

import io
import json
import random
import tarfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from foundation.text import unaccent

SEED = 20261120
FEWEST_WORDS = 6
"""Shorter texts may be words that the model counts, side by side by chance."""


def texts_inside(archive: Path, texts: Sequence[str], most: int = 200) -> list[str]:
    """Those of at most `most` drawn training texts that stand in the archive, as written or bare, in any file of it.

    Looks inside files that are themselves zip archives. Whoever stores texts stores all of them, so a draw is enough.
    """
    long = sorted({text for text in texts if len(text.split()) >= FEWEST_WORDS})
    drawn = random.Random(SEED).sample(long, min(most, len(long)))
    contents = [content.lower() for content in _contents(archive)]
    return [text for text in drawn if any(form in content for content in contents for form in _forms(text))]


def training_texts(lines: Iterable[str]) -> Iterator[str]:
    """The examples of Rasa 3.1 YAML as `nlu.build` writes it, without its marks of entities."""
    for line in lines:
        if line.startswith("    - "):
            text = line.removeprefix("    - ").strip()
            while (start := text.find("](")) != -1 and (end := text.find(")", start)) != -1:
                text = text[:start].replace("[", "", 1) + text[end + 1 :]
            yield text


def _forms(text: str) -> tuple[bytes, ...]:
    lowered = text.lower()
    escaped = json.dumps(lowered)[1:-1].encode()
    return lowered.encode(), unaccent(lowered).encode(), escaped


def _contents(archive: Path) -> Iterator[bytes]:
    """Every file of the archive, unpacked."""
    with tarfile.open(archive) as tar:
        for member in tar:
            opened = tar.extractfile(member)
            if opened is not None:
                content = opened.read()
                yield content
                if content.startswith(b"PK"):
                    with zipfile.ZipFile(io.BytesIO(content)) as packed:
                        yield from (packed.read(name) for name in packed.namelist())
