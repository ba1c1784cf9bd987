"""The store of models: promote, go back, never half a pointer."""

import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from nlu.models import ModelStore, ModelStoreError
from tests.nlu.conftest import ROOT


@pytest.fixture
def archives(tmp_path: Path) -> list[Path]:
    paths = []
    for number in range(3):
        (tmp_path / "content").write_text(str(number))
        paths.append(tmp_path / f"{number}.tar.gz")
        with tarfile.open(paths[-1], "w:gz") as archive:
            archive.add(tmp_path / "content", "metadata.json")
    return paths


def test_a_model_is_known_by_its_content(tmp_path: Path, archives: list[Path]) -> None:
    store = ModelStore(tmp_path / "models")
    first = store.install(archives[0])
    assert store.install(archives[0]) == first
    assert store.install(archives[1]) != first
    assert store.archive(first).read_bytes() == archives[0].read_bytes()


def test_installing_changes_nothing_until_it_is_promoted(tmp_path: Path, archives: list[Path]) -> None:
    store = ModelStore(tmp_path / "models")
    model = store.install(archives[0])
    assert store.current() is None
    store.promote(model)
    assert store.current() == model


def test_rollback_goes_back_one_promotion_at_a_time(tmp_path: Path, archives: list[Path]) -> None:
    store = ModelStore(tmp_path / "models")
    models = [store.install(archive) for archive in archives]
    for model in models:
        store.promote(model)
        store.promote(model)  # twice is once
    assert [store.rollback(), store.rollback()] == [models[1], models[0]]
    with pytest.raises(ModelStoreError, match="no earlier model"):
        store.rollback()
    assert store.current() == models[0]


@pytest.mark.parametrize("model", ["", "..", "0123456789abcdef", "../../etc", "0123456789ABCDEF\n"])
def test_an_unknown_model_is_not_promoted(tmp_path: Path, archives: list[Path], model: str) -> None:
    store = ModelStore(tmp_path / "models")
    good = store.install(archives[0])
    store.promote(good)
    with pytest.raises(ModelStoreError):
        store.promote(model)
    assert store.current() == good


@pytest.mark.parametrize("content", [b"", b"not an archive"])
def test_what_is_no_archive_is_not_installed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tar.gz").write_bytes(content)
    with pytest.raises(ModelStoreError, match="not a model archive"):
        ModelStore(tmp_path / "models").install(tmp_path / "x.tar.gz")


def test_the_command_line_does_the_same(tmp_path: Path, archives: list[Path]) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "nlu.models", "--models", str(tmp_path / "models"), *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)

    model = run("install", str(archives[0])).stdout.strip()
    assert run("promote", model).stdout.strip() == model
    assert run("current").stdout.strip() == model
    refused = run("rollback")
    assert refused.returncode == 1
    assert "no earlier model" in refused.stderr
