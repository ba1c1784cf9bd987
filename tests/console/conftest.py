import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.console.chromium import SIZES, Desk, chromium, served
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(params=SIZES)
def desk(request: pytest.FixtureRequest, browser: Browser, home: Village) -> Iterator[Desk]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    width, height = SIZES[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="vi-VN")
    context.set_default_timeout(10_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with served(home.app) as address:
        try:
            yield Desk(page, home, address, complaints)
        finally:
            context.close()
    assert not complaints  # the content security policy's refusals among them
