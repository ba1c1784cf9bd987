import os
import re
from pathlib import Path

import pytest

from foundation.settings import Settings, SettingsError, load_settings

EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"
SIMULATED = ("simulator", "simulator_zalo")


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting comes from the shell or the folder that the tests run in."""
    for name in [name for name in os.environ if name.startswith("LOA_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


WRONG = [
    ("LOA_PORT", "0"),
    ("LOA_PORT", "70000"),
    ("LOA_PORT", "eighty"),
    ("LOA_ENV", "staging"),
    ("LOA_LOG_LEVEL", "LOUD"),
    ("LOA_SIMULATOR_SEGMENTS_PER_SECOND", "0"),
    ("LOA_SIMULATOR_PRICE_VND", "-1"),
    ("LOA_SIMULATOR_PRICE_VND", "1.5"),
    ("LOA_KANNEL_SEGMENTS_PER_SECOND", "-3"),
    ("LOA_KANNEL_PRICE_VND", "năm trăm"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_setting_is_told_in_one_line_that_names_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{name}: ")
    assert "\n" not in str(caught.value)


def test_without_settings_it_is_a_demo_on_this_machine(tmp_path: Path) -> None:
    settings = load_settings()
    assert (settings.env, settings.gateways, settings.local_url) == ("demo", SIMULATED, "http://127.0.0.1:8080")
    assert settings.effective_database_url == f"sqlite:///{tmp_path}/.loa/loa.db"


def test_settings_come_from_the_environment_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LOA_PORT=9001\nLOA_GATEWAYS=kannel, simulator,\nSOMETHING_ELSE=1\n")
    assert (load_settings().port, load_settings().gateways) == (9001, ("kannel", "simulator"))
    monkeypatch.setenv("LOA_PORT", "9002")
    assert load_settings().port == 9002


def test_an_empty_setting_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOA_HOME", "LOA_NLU_PYTHON", "LOA_PORT", "LOA_DATABASE_URL", "LOA_PUBLIC_URL"):
        monkeypatch.setenv(name, "")
    assert load_settings() == Settings()
    assert load_settings().nlu_python is None
    assert load_settings().home == Path(".loa")


def test_gateways_reach_us_at_the_public_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOA_HOST", "0.0.0.0")
    assert load_settings().base_url == "http://127.0.0.1:8080"
    monkeypatch.setenv("LOA_PUBLIC_URL", "https://loa.example.vn/")
    assert load_settings().base_url == "https://loa.example.vn"


def test_a_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOA_KANNEL_PASSWORD", "correct horse")
    assert "correct horse" not in repr(load_settings())


def test_the_example_lists_every_setting_and_nothing_else() -> None:
    listed = re.findall(r"^#?\s?(LOA_[A-Z0-9_]+)=", EXAMPLE.read_text("utf-8"), re.MULTILINE)
    assert len(listed) == len(set(listed)), "each once"
    assert set(listed) == {f"LOA_{name.upper()}" for name in Settings.model_fields}


def test_the_example_shows_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = load_settings()
    for name, value in re.findall(r"^#?\s?(LOA_[A-Z0-9_]+)=(.*)$", EXAMPLE.read_text("utf-8"), re.MULTILINE):
        if name != "LOA_PUBLIC_URL":  # has none; an example stands in its place
            monkeypatch.setenv(name, value)
    assert load_settings() == defaults
