"""The models in `LOA_HOME/models`: one folder each, and one file that says which is current.

    python -m nlu.models --models DIR install ARCHIVE | promote ID | rollback | current

Each prints the id it ends with. Standard library only, so that any Python can do it.
"""

import argparse
import hashlib
import os
import re
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

_ID = re.compile(r"[0-9a-f]{16}")

_REMEMBERED = 20
"""Promotions kept in the pointer: how far rollback reaches."""


class ModelStoreError(Exception):
    """What was asked for cannot be done; the message says what and why."""


class ModelStore:
    """Models by the hash of their content. `DIR/<id>/model.tar.gz` never changes; `DIR/current` names the promoted
    ones, newest first, and is replaced in one step, so a reader sees the old pointer or the new one."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def install(self, archive: Path) -> str:
        """Copies an archive into the store and returns its id; the same content twice is one model."""
        if not archive.is_file() or not tarfile.is_tarfile(archive):
            raise ModelStoreError(f"{archive}: not a model archive")
        model_id = hashlib.sha256(archive.read_bytes()).hexdigest()[:16]
        if not self.archive(model_id).exists():
            self._root.mkdir(parents=True, exist_ok=True)
            staging = Path(tempfile.mkdtemp(dir=self._root, prefix=".installing-"))
            try:
                shutil.copyfile(archive, staging / "model.tar.gz")
                staging.replace(self._root / model_id)
            except OSError as error:
                shutil.rmtree(staging, ignore_errors=True)
                if not self.archive(model_id).exists():  # else somebody else installed it meanwhile
                    raise ModelStoreError(f"{archive}: {error}") from error
        return model_id

    def promote(self, model_id: str) -> None:
        """Makes an installed model the current one; a running server switches to it."""
        if not _ID.fullmatch(model_id) or not self.archive(model_id).exists():
            raise ModelStoreError(f"{model_id}: no such model in {self._root}")
        promoted = self._promoted()
        if promoted[:1] != [model_id]:
            self._point([model_id, *promoted])

    def rollback(self) -> str:
        """Goes back to the model promoted before the current one and returns its id."""
        promoted = self._promoted()
        if len(promoted) < 2:
            raise ModelStoreError(f"{self._root}: there is no earlier model to go back to")
        if not self.archive(promoted[1]).exists():
            raise ModelStoreError(f"{promoted[1]}: the earlier model is gone from {self._root}")
        self._point(promoted[1:])
        return promoted[1]

    def current(self) -> str | None:
        """The id of the current model; None before the first promotion."""
        return next(iter(self._promoted()), None)

    def archive(self, model_id: str) -> Path:
        """Where the archive of that model lies."""
        return self._root / model_id / "model.tar.gz"

    def _promoted(self) -> list[str]:
        try:
            lines = (self._root / "current").read_text(encoding="ascii").split()
        except (FileNotFoundError, NotADirectoryError):
            return []
        except (OSError, ValueError) as error:
            raise ModelStoreError(f"{self._root / 'current'}: {error}") from error
        return [line for line in lines if _ID.fullmatch(line)]

    def _point(self, promoted: list[str]) -> None:
        with tempfile.NamedTemporaryFile("w", dir=self._root, prefix=".current-", delete=False) as pointer:
            pointer.write("".join(f"{model_id}\n" for model_id in promoted[:_REMEMBERED]))
            pointer.flush()
            os.fsync(pointer.fileno())
        Path(pointer.name).replace(self._root / "current")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True, help="the folder of models")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("install").add_argument("archive", type=Path)
    commands.add_parser("promote").add_argument("id")
    commands.add_parser("rollback")
    commands.add_parser("current")
    arguments = parser.parse_args()
    store = ModelStore(arguments.models)
    try:
        if arguments.command == "install":
            print(store.install(arguments.archive))
        elif arguments.command == "promote":
            store.promote(arguments.id)
            print(arguments.id)
        elif arguments.command == "rollback":
            print(store.rollback())
        else:
            print(store.current() or "")
    except ModelStoreError as error:
        print(f"loa nlu: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
