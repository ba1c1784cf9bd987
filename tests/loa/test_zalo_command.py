"""`loa zalo token`: the first refresh token comes from a person, and no token is ever shown."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from foundation.clock import utc_now
from foundation.database import Database
from foundation.keys import open_vault
from foundation.settings import Settings
from gateways.zalo_tokens import store_refresh_token
from loa import schema
from loa.commands import main
from loa.wiring import Loa
from people import entries
from tests.gateways.zalo_server import APP_ID, APP_SECRET, FIRST_REFRESH, OA_ID, OA_SECRET, FakeZalo, fake_zalo

Say = Callable[..., Result]


@pytest.fixture
def zalo() -> Iterator[FakeZalo]:
    with fake_zalo(utc_now) as zalo:
        yield zalo


@pytest.fixture
def home(tmp_path: Path) -> Path:
    loa = Loa(Settings(_env_file=None, home=tmp_path / "home"))  # type: ignore[call-arg]
    schema.upgrade(loa.database)
    loa.database.close()
    return loa.settings.home


@pytest.fixture
def say(home: Path, zalo: FakeZalo, monkeypatch: pytest.MonkeyPatch) -> Say:
    monkeypatch.chdir(home)  # no .env of whoever runs the tests
    environment = {
        "LOA_HOME": str(home),
        "LOA_GATEWAYS": "zalo",
        "LOA_ZALO_APP_ID": APP_ID,
        "LOA_ZALO_APP_SECRET": APP_SECRET,
        "LOA_ZALO_OA_ID": OA_ID,
        "LOA_ZALO_OA_SECRET": OA_SECRET,
        "LOA_ZALO_URL": zalo.url,
        "LOA_ZALO_OAUTH_URL": zalo.url,
    }

    def run(*arguments: str, told: str | None = None, **settings: str) -> Result:
        return CliRunner(env=environment | settings).invoke(main, ["zalo", "token", *arguments], input=told)

    return run


def test_a_refresh_token_is_exchanged_at_once_and_nothing_of_it_is_shown(say: Say, zalo: FakeZalo, home: Path) -> None:
    before = say()
    assert before.exit_code == 1
    assert "loa zalo token --store" in before.output
    stored = say("--store", "--json", told=f"{FIRST_REFRESH}\n")
    assert stored.exit_code == 0, stored.output
    document = json.loads(stored.stdout)
    assert document["failed_because"] is None
    assert document["expires_at"] > (utc_now() + timedelta(hours=24)).isoformat()
    shown = say()
    assert "dùng đến" in shown.stdout
    for secret in (FIRST_REFRESH, "refresh-token-0001", "access-token-0001", APP_SECRET):
        assert secret not in stored.output + shown.output
    database = Database(f"sqlite:///{home}/loa.db", open_vault(home / "keys"))
    with database.read() as session:
        assert [(entry.action, entry.details) for entry in entries(session)] == [("zalo.token_stored", {})]
    database.close()


def test_a_token_that_zalo_refuses_is_told_at_once(say: Say, zalo: FakeZalo) -> None:
    refused = say("--store", told="refresh-token-9999\n")
    assert refused.exit_code == 1
    assert "-14014" in refused.output and "refresh-token-9999" not in refused.output
    shown = say()
    assert "LỖI" in shown.output and "Cấp quyền lại" in shown.output


@pytest.mark.parametrize("told", ["ngắn", "a b" * 20, "ă" * 40])
def test_what_is_no_token_replaces_none(say: Say, told: str, home: Path) -> None:
    database = Database(f"sqlite:///{home}/loa.db", open_vault(home / "keys"))
    store_refresh_token(database, FIRST_REFRESH, utc_now())
    database.close()
    assert say("--store", told=f"{told}\n").exit_code == 1
    assert "đã hết hạn, sẽ đổi khi cần" in say().output


def test_a_missing_setting_is_named(say: Say) -> None:
    refused = say("--store", told=f"{FIRST_REFRESH}\n", LOA_ZALO_APP_SECRET="")
    assert refused.exit_code == 1
    assert "LOA_ZALO_APP_SECRET" in refused.output
