"""Which size runs is told by two settings; what cannot work is refused in one line, without a password in it."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from foundation.settings import Settings, SettingsError, load_settings
from loa.commands import main
from loa.processes.jobs import planning_jobs, working_jobs
from loa.processes.timetable import Kind, dispatch_of, timetable
from loa.wiring import SIMULATED, Loa

POSTGRES = "postgresql+psycopg://loa:hidden@db/loa"
RABBIT = "amqp://loa:hidden@broker/loa"

REFUSED = [
    (RABBIT, None, "PostgreSQL"),
    (RABBIT, "sqlite:////var/lib/loa/loa.db", "PostgreSQL"),
    ("redis://loa:hidden@broker", POSTGRES, "visibility timeout"),
    ("rediss://loa:hidden@broker", POSTGRES, "visibility timeout"),
    ("sqs://hidden", POSTGRES, "amqp://"),
    ("amqp://", POSTGRES, "amqp://"),
    ("loa:hidden@broker", POSTGRES, "amqp://"),
]


@pytest.fixture(autouse=True)
def nothing_else_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOA_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize(("broker", "database", "because"), REFUSED)
def test_a_broker_that_cannot_be_relied_on_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, broker: str, database: str | None, because: str
) -> None:
    monkeypatch.setenv("LOA_BROKER_URL", broker)
    if database:
        monkeypatch.setenv("LOA_DATABASE_URL", database)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    said = str(caught.value)
    assert said.startswith("LOA_BROKER_URL: ")
    assert because in said
    assert "hidden" not in said
    assert "\n" not in said


def test_the_brokers_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOA_BROKER_URL", RABBIT)
    monkeypatch.setenv("LOA_DATABASE_URL", "postgresql+psycopg://db/loa")
    assert "hidden" not in repr(load_settings())


@pytest.mark.parametrize("kinds", ["dispatch,cleaning", ","])
def test_a_worker_of_unknown_kind_is_refused(monkeypatch: pytest.MonkeyPatch, kinds: str) -> None:
    monkeypatch.setenv("LOA_WORKER_KINDS", kinds)
    with pytest.raises(SettingsError, match="LOA_WORKER_KINDS"):
        load_settings()


def test_the_kinds_of_the_settings_are_those_of_the_timetable() -> None:
    assert Settings.model_fields["worker_kinds"].default == tuple(Kind)


@pytest.mark.parametrize("command", [["serve"], ["worker", "--with-clock"]])
def test_what_is_for_one_worker_alone_is_refused_beside_a_broker(
    monkeypatch: pytest.MonkeyPatch, postgres_url: str, command: list[str]
) -> None:
    monkeypatch.setenv("LOA_BROKER_URL", RABBIT)
    monkeypatch.setenv("LOA_DATABASE_URL", postgres_url)
    done = CliRunner().invoke(main, command)
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "LOA_BROKER_URL" in done.output


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> str:
    """A migrated database."""
    url: str = request.getfixturevalue("postgres").create_database()
    return url


def test_every_job_has_its_times_and_all_times_have_a_job(tmp_path: Path) -> None:
    loa = Loa(Settings(_env_file=None, home=tmp_path / "home"))  # type: ignore[call-arg]
    jobs = planning_jobs(loa).keys() | working_jobs(loa, turns=None, send=lambda: None).keys()  # type: ignore[arg-type]
    sending = {dispatch_of(name) for name in loa.gateways}
    assert not jobs & sending
    assert loa.timetable.keys() == jobs | sending
    loa.database.close()


def test_what_nudges_wake_is_what_a_text_or_a_receipt_needs() -> None:
    nudged = {name for name, times in timetable(["kannel", "simulator"], SIMULATED).items() if times.nudged}
    assert nudged == {"inbound_turns", "receipts", "dispatch_kannel", "dispatch_simulator"}
