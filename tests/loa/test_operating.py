"""The runbook, the alerts and the dashboard speak of what there is; backups come back as they were."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from sqlalchemy import func, select

from foundation.clock import utc_now
from foundation.database import Database, sqlite_url
from foundation.keys import Vault
from foundation.settings import Settings
from loa import schema
from loa.app import create_app
from loa.commands import main
from loa.wiring import ROOT, Loa
from scheduler.outbox import OutboundMessage
from tests.loa.metrics_parts import ROUTE, installation, queue, scraped, sends
from tests.postgres import FOLDERS, HOW, PostgresServer
from tests.scheduler.parts import message, phone, put
from tests.services import require

DEPLOYED = ROOT / "deploy" / "prometheus"
RUNBOOK = (ROOT / "docs" / "operating.md").read_text("utf-8")
RULES: list[dict[str, Any]] = yaml.safe_load((DEPLOYED / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
NAME = re.compile(r"\bloa_[a-z_]+")


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path, vault: Vault) -> set[str]:
    """The names of all figures, of a web process that has seen a little of everything."""
    home = tmp_path_factory.mktemp("home")
    database = Database(sqlite_url(shutil.copy(migrated_file, home / "loa.db")), vault)
    client = create_app(installation(home, database)).test_client()
    queue(database, 2)
    sends(database, home)
    text = client.get("/metrics").get_data(as_text=True)
    database.close()
    told = set(re.findall(r"^# HELP (\S+)", text, re.MULTILINE))
    return (
        told | {f"{name}_{part}" for name in told for part in ("bucket", "count", "sum")} | {"loa_webhook_calls_total"}
    )


def test_every_alert_is_about_figures_that_exist_and_has_its_place_in_the_runbook(known: set[str]) -> None:
    assert len(RULES) > 10
    headings = set(re.findall(r"^### (Loa\w+)$", RUNBOOK, re.MULTILINE))
    assert headings == {rule["alert"] for rule in RULES}
    for rule in RULES:
        assert set(NAME.findall(rule["expr"])) <= known, rule["alert"]
        assert rule["annotations"]["runbook"] == f"docs/operating.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_the_dashboard_and_the_runbook_are_about_figures_that_exist(known: set[str]) -> None:
    dashboard = json.loads((DEPLOYED / "dashboard.json").read_text("utf-8"))
    asked = {
        name for panel in dashboard["panels"] for target in panel["targets"] for name in NAME.findall(target["expr"])
    }
    assert len(dashboard["panels"]) > 8
    assert asked <= known
    assert set(NAME.findall(RUNBOOK)) <= known


def test_every_command_of_the_runbook_exists() -> None:
    found = re.findall(r"`loa ([a-z][^`]*)`", RUNBOOK.replace("\n", " "))
    assert len(found) > 10
    for line in found:
        command: click.Command = main
        words = line.split()
        while words and isinstance(command, click.Group):
            found_command = command.get_command(click.Context(command), words.pop(0))
            assert found_command is not None, line
            command = found_command
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, line


def test_the_rules_do_what_they_should(known: set[str], tmp_path: Path, database: Database) -> None:
    """By Prometheus's own tool, where it is installed (apt-get install prometheus)."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")

    def run(*arguments: str, given: str | None = None) -> None:
        done = subprocess.run([promtool, *arguments], input=given, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

    run("check", "rules", str(DEPLOYED / "alerts.yaml"))
    run("test", "rules", str(ROOT / "tests" / "loa" / "alerts_test.yaml"))
    for name in ("alerts.yaml", "prometheus.yaml"):
        shutil.copy(DEPLOYED / name, tmp_path)
    (tmp_path / "loa-metrics-token").write_text("t0ken")
    run("check", "config", str(tmp_path / "prometheus.yaml"))
    client = create_app(installation(tmp_path, database)).test_client()
    queue(database, 2)
    sends(database, tmp_path)
    run("check", "metrics", given=client.get("/metrics").get_data(as_text=True))


def block(heading: str) -> str:
    """The commands under this heading."""
    return re.split(r"^```(?:sh)?$", RUNBOOK.partition(f"### {heading}\n")[2], maxsplit=2, flags=re.MULTILINE)[1]


def run_block(heading: str, **variables: str) -> None:
    path = f"{ROOT / '.venv' / 'bin'}:{variables.get('PATH', os.environ['PATH'])}"
    environment = {**os.environ, **variables, "PATH": path}
    done = subprocess.run(
        ["bash", "-eu", "-c", block(heading)], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr


def fill(loa: Loa) -> None:
    now = utc_now()
    put(loa.database, now, *(message(f"m{n}", now, address=phone(n), route=ROUTE) for n in range(3)))


def addresses(loa: Loa) -> list[str]:
    with loa.database.read() as session:
        assert session.scalar(select(func.count()).select_from(OutboundMessage)) == 3
        return list(session.scalars(select(OutboundMessage.address).order_by(OutboundMessage.id)))


def test_a_backup_of_sqlite_comes_back_with_its_keys(tmp_path: Path) -> None:
    home, backup, other = tmp_path / "home", tmp_path / "backup", tmp_path / "other"
    for folder in (backup, other):
        folder.mkdir()
    loa = Loa(Settings(_env_file=None, home=home))  # type: ignore[call-arg]
    schema.upgrade(loa.database)
    fill(loa)
    run_block("Back up SQLite", LOA_HOME=str(home), BACKUP=str(backup))  # while it is open
    loa.database.close()
    run_block("Restore SQLite", LOA_HOME=str(other), BACKUP=str(backup))
    restored = Loa(Settings(_env_file=None, home=other))  # type: ignore[call-arg]
    assert addresses(restored) == [phone(n) for n in range(3)]
    assert scraped(create_app(restored).test_client())
    restored.database.close()


def test_a_backup_of_postgresql_comes_back_with_its_keys(tmp_path: Path, postgres: PostgresServer) -> None:
    tools = require("pg_dump", HOW, FOLDERS).parent
    home, backup, other = tmp_path / "home", tmp_path / "backup", tmp_path / "other"
    for folder in (backup, other):
        folder.mkdir()
    first, second = postgres.create_database(), postgres.create_empty_database()
    loa = Loa(Settings(_env_file=None, home=home, database_url=first))  # type: ignore[call-arg]
    fill(loa)
    path = {"PATH": f"{tools}:{os.environ['PATH']}"}

    def plain(url: str) -> str:
        return url.replace("postgresql+psycopg://", "postgresql://")

    run_block("Back up PostgreSQL", LOA_HOME=str(home), BACKUP=str(backup), PGURL=plain(first), **path)
    loa.database.close()
    settings = {"LOA_HOME": str(other), "LOA_DATABASE_URL": second}
    run_block("Restore PostgreSQL", **settings, BACKUP=str(backup), PGURL=plain(second), **path)
    restored = Loa(Settings(_env_file=None, home=other, database_url=second))  # type: ignore[call-arg]
    assert addresses(restored) == [phone(n) for n in range(3)]
    restored.database.close()
