"""What a model is trained on: our own sources, and the texts that officials labelled."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml

from bot.learning import Learned, as_source, learned
from loa.commands.shared import is_set_up
from loa.nlu_process import run_module
from loa.wiring import ROOT, Loa


def sources() -> str:
    """A hash of all that decides our own model but labels: pipeline, components and training data.

    A model opens only with the components it was made by, so whoever pulls new ones needs a new model.
    """
    files = [ROOT / "config.yml", *sorted(p for p in (ROOT / "nlu").rglob("*") if p.suffix in (".py", ".yml"))]
    inside = [path for path in files if ".venv" not in path.parts]
    digest = hashlib.sha256()
    for path in inside:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def labelled(loa: Loa) -> list[Learned]:
    """The labelled texts, their long numbers hidden; none before the installation is set up."""
    if not is_set_up(loa):
        return []
    with loa.database.read() as session:
        return list(learned(session))


def with_labels(loa: Loa, texts: Sequence[Learned], folder: Path) -> Path:
    """Our sources and these texts as Rasa training data, in a folder inside `folder`, which the caller removes."""
    own = folder / "sources"
    shutil.copytree(ROOT / "nlu" / "data", own, ignore=shutil.ignore_patterns("test", "development", "held_out"))
    (own / "situations").mkdir(exist_ok=True)
    (own / "situations" / "labelled.yml").write_text(yaml.safe_dump(as_source(texts), allow_unicode=True), "utf-8")
    built = folder / "data"
    run_module(loa, "build", ["--sources", str(own), "--out", str(built)], capture=True)
    return built
