"""A small model trained once, and servers that are always ended."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nlu import build
from nlu.models import ModelStore
from nlu.train import train

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

START_WITHIN = 60.0


@pytest.fixture(scope="session")
def market_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of a model trained on tests/nlu/data."""
    folder = tmp_path_factory.mktemp("market")
    build.write(HERE / "data", folder)
    return train(folder, folder / "market.tar.gz")


@pytest.fixture(scope="session")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second model, of other data, to switch to."""
    folder = tmp_path_factory.mktemp("other")
    build.write(HERE / "data", folder)
    data = (folder / "train.yml").read_text(encoding="utf-8")
    (folder / "train.yml").write_text(data + "- intent: bye\n  examples: |\n    - tạm biệt\n    - hẹn gặp lại\n")
    return train(folder, folder / "other.tar.gz")


@pytest.fixture
def store(tmp_path: Path, market_model: Path) -> ModelStore:
    """A store with the market model promoted."""
    store = ModelStore(tmp_path / "models")
    store.promote(store.install(market_model))
    return store


class Server:
    """A running server and how to talk to it."""

    def __init__(self, process: subprocess.Popen[bytes], path: Path) -> None:
        self.process = process
        self.path = path

    def request(self, method: str, target: str, body: bytes | None = None) -> tuple[int, Any]:
        """(status, decoded JSON); raises OSError while nobody listens."""
        connection = http.client.HTTPConnection("loa", timeout=30)
        connection.sock = socket.socket(socket.AF_UNIX)
        try:
            connection.sock.settimeout(30)
            connection.sock.connect(str(self.path))
            connection.request(method, target, body)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content[:1] == b"{" else None
        finally:
            connection.close()

    def parse(self, *texts: str) -> list[dict[str, Any]]:
        status, answer = self.request("POST", "/parse", json.dumps({"texts": texts}).encode())
        assert status == 200, answer
        return answer["results"]

    def wait_for(self, model_id: str | None) -> None:
        """Until that model is served; None: until the server answers at all."""
        deadline = time.monotonic() + START_WITHIN
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the server ended"
            try:
                _, answer = self.request("GET", "/healthz")
            except OSError:
                answer = None
            if answer and (model_id is None or answer["model"] == model_id):
                return
            time.sleep(0.05)
        pytest.fail(f"model {model_id} was not served within {START_WITHIN:.0f} s")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[Path], Server]]:
    """start(folder of models) → Server, listening or about to; ended with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def run(models: Path) -> Server:
        path = tmp_path / "nlu.sock"
        command = [sys.executable, "-m", "nlu.server", "--models", str(models), "--socket", str(path)]
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        started.append(process)
        return Server(process, path)

    yield run
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
