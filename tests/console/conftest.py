from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.village import Village, village


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Village]:
    with village(tmp_path) as built:
        yield built
