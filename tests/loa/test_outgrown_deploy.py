"""What lies in deploy/ names commands, settings, files and volumes that exist."""

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from foundation.settings import Settings
from loa.commands import COMMANDS, main
from loa.wiring import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMPOSE = DEPLOY / "compose.yaml"
SETTINGS = {f"LOA_{name.upper()}" for name in Settings.model_fields}
INSTALLED = "/opt/loa"
HARDENED = ("NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp", "PrivateDevices", "SystemCallFilter")


class _Unit(configparser.RawConfigParser):
    """systemd's files: keys in their own case, and some more than once."""

    def __init__(self) -> None:
        super().__init__(strict=False, delimiters=("=",), comment_prefixes=("#",), interpolation=None)

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def unit(path: Path) -> dict[str, str]:
    """The section [Service]."""
    parser = _Unit()
    parser.read_string(path.read_text("utf-8"))
    return dict(parser["Service"])


def is_command(words: list[str]) -> bool:
    """Whether `loa WORDS` is a command; its options are not looked at."""
    if words[:1] != ["loa"] or len(words) < 2 or words[1] not in COMMANDS:
        return False
    command: Any = main.get_command(None, words[1])  # type: ignore[arg-type]
    return len(words) == 2 or words[2].startswith("-") or words[2] in getattr(command, "commands", {})


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
    return found


def test_there_is_a_unit_for_each_role() -> None:
    names = {path.name for path in UNITS}
    assert names == {"loa.service"} | {f"loa-{role}.service" for role in ("web@", "worker@", "clock", "nlu")}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_exists_and_is_kept_in_bounds(path: Path) -> None:
    service = unit(path)
    program, *words = service["ExecStart"].split()
    assert program == f"{INSTALLED}/.venv/bin/loa"
    assert is_command(["loa", *words])
    assert service["User"] == "loa"
    assert all(service.get(name) for name in HARDENED)
    assert int(service["TimeoutStopSec"]) > 20, "longer than a worker takes to settle what is on the wire"


@pytest.mark.parametrize(
    "path", [*UNITS, COMPOSE, *DEPLOY.glob("*.md"), ROOT / "docs/running.md"], ids=lambda p: p.name
)
def test_settings_named_there_exist(path: Path) -> None:
    assert set(re.findall(r"\bLOA_[A-Z_]+\b", path.read_text("utf-8"))) <= SETTINGS


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed: apt-get install systemd")
    for path in UNITS:
        here = Path(sys.executable).with_name("loa")
        written = path.read_text("utf-8").replace(f"{INSTALLED}/.venv/bin/loa", str(here))
        (tmp_path / path.name).write_text(written)
        done = subprocess.run(
            [analyze, "verify", tmp_path / path.name], capture_output=True, text=True, timeout=60, check=False
        )
        complaints = [line for line in done.stderr.splitlines() if path.stem.rstrip("@") in line]
        assert not complaints


@pytest.mark.parametrize("name", sorted(services()))
def test_a_service_runs_what_exists(name: str) -> None:
    service = services()[name]
    command = service.get("command", [])
    if service.get("image") == "loa:latest":
        parts = command[2].split(" && ") if command[0] == "sh" else [" ".join(command)]
        assert all(is_command(part.split()) for part in parts)
        assert service["env_file"] == ["loa.env"], "secrets stand in no file of the project"
    for mount in service.get("volumes", []):
        source = mount.split(":")[0]
        assert source.startswith("./") or source in yaml.safe_load(COMPOSE.read_text("utf-8"))["volumes"]
    for other, how in service.get("depends_on", {}).items():
        condition = how["condition"]
        assert condition != "service_healthy" or "healthcheck" in services()[other]


def test_every_role_has_its_service() -> None:
    commands = {" ".join(service["command"]) for service in services().values() if service.get("image") == "loa:latest"}
    assert {"loa web", "loa worker", "loa clock", "loa nlu serve"} <= commands


def test_the_socket_that_compose_asks_is_the_one_that_is_listened_on() -> None:
    from foundation.sockets import socket_path
    from loa.wiring import UNDERSTANDING

    asked = " ".join(services()["nlu"]["healthcheck"]["test"])
    name = socket_path(Path("home"), UNDERSTANDING).name
    assert f"/var/lib/loa/run/{name}" in asked


def test_what_the_image_copies_is_built_by_the_makefile() -> None:
    text = (DEPLOY / "Containerfile").read_text("utf-8")
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"RUN make ([^&\n]+)", text)[0].split()
    assert all(re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE) for target in targets)
    assert "LOA_HOME=/var/lib/loa" in text
