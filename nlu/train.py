"""Trains a model: `config.yml` on our own sources, or on any Rasa 3.1 data.

    python -m nlu.train [--data DIR] --out MODEL.tar.gz

DIR holds `train.yml`. Progress goes to stderr; the path of the model is printed on stdout.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from nlu import build
from nlu.quiet import silence_rasa

CONFIG = Path(__file__).parent.parent / "config.yml"


class TrainingError(Exception):
    """There is nothing to train on, or it is not Rasa training data; the message says which."""


def train(data: Path | None, out: Path, config: Path = CONFIG) -> Path:
    """Trains on `data/train.yml`, or on our own sources if data is None, and writes the archive `out`.

    Raises TrainingError, or build.DataError for a fault in our own sources.
    """
    with tempfile.TemporaryDirectory(prefix="loa-nlu-") as scratch:
        source = data / "train.yml" if data else build.write(build.SOURCES, Path(scratch, "data"))
        if not source.is_file():
            raise TrainingError(f"{source}: no such file; the data folder must hold train.yml")
        # Rasa caches trained parts and training texts under the working folder; neither is wanted.
        os.environ["RASA_CACHE_DIRECTORY"] = str(Path(scratch, "cache"))
        os.environ["RASA_MAX_CACHE_SIZE"] = "0"
        return _train(source, out, config)


def _train(source: Path, out: Path, config: Path) -> Path:
    silence_rasa()
    from rasa.model_training import train_nlu
    from rasa.shared.exceptions import RasaException

    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".training-") as folder:
        try:
            model = train_nlu(str(config), str(source), folder, fixed_model_name="model")
        except RasaException as error:
            raise TrainingError(f"{source}: {error}") from error
        if not model:
            raise TrainingError(f"{source}: holds no training examples")
        # Into place in one step, so that nobody opens half a model.
        Path(model).replace(out)
    return out


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with train.yml; default: our own sources")
    parser.add_argument("--out", type=Path, required=True, help="the model archive to write, .tar.gz")
    arguments = parser.parse_args()
    began = time.monotonic()
    print(f"training on {arguments.data or 'our own sources'} …", file=sys.stderr)
    stdout = sys.stdout
    sys.stdout = sys.stderr  # Rasa prints
    try:
        model = train(arguments.data, arguments.out)
    except (TrainingError, build.DataError) as error:
        print(f"loa nlu train: {error}", file=sys.stderr)
        return 1
    print(f"trained in {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(model, file=stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
