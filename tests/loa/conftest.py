import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from loa.wiring import ROOT
from tests.loa.serving import Installation

MODELS = ROOT / ".loa" / "models"


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Commands run in this process set up logs for good; the tests after them shall not notice."""
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture(scope="session")
def models() -> Path:
    """The trained model that `make setup` left."""
    if not (MODELS / "current").exists():
        pytest.fail("there is no trained model: run «make setup»", pytrace=False)
    return MODELS


@pytest.fixture(scope="session")
def set_up(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Path:
    """A home as `loa setup` leaves it, made once and copied."""
    installation = Installation(tmp_path_factory.mktemp("set-up") / "home", models)
    installation.run("setup")
    return installation.home


@pytest.fixture
def install(tmp_path: Path, models: Path, set_up: Path) -> Callable[..., Installation]:
    """Makes an installation with a migrated database; settings as keywords."""

    def make(**settings: str) -> Installation:
        installation = Installation(tmp_path / "home", models, **settings)
        shutil.copytree(set_up, installation.home, ignore=shutil.ignore_patterns("models"), dirs_exist_ok=True)
        return installation

    return make
