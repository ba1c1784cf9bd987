import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.village import Village, build, village


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once: Argon2 takes its time with four passwords."""
    folder = tmp_path_factory.mktemp("village")
    build(folder)
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A village of one's own."""
    return Path(shutil.copytree(built, tmp_path / "village"))


@pytest.fixture
def home(folder: Path) -> Iterator[Village]:
    with village(folder) as opened:
        yield opened
