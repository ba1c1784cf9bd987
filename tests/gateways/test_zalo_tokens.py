"""Zalo's tokens: renewed once for all, committed before use, and a person called when only a person can help."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from foundation.database import Database
from foundation.keys import Vault, open_vault
from gateways.models import GatewayToken
from gateways.wire import Answer
from gateways.zalo_oauth import NotRenewed, Pair, read_pair
from gateways.zalo_tokens import ACCOUNT_ROW, LEASE, TokenKeeper, TokenTrouble, standing, store_refresh_token
from tests.gateways.zalo_server import FIRST_REFRESH, FakeZalo, account, fake_zalo
from tests.services import free_ports, until

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
LIFE = timedelta(seconds=90_000)
PROCESSES, THREADS = 2, 8


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = AT

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys-of-zalo")


@pytest.fixture(scope="session")
def vault(keys: Path) -> Vault:
    """Keys that other processes can open too."""
    return open_vault(keys)


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def zalo(clock: Clock, database: Database) -> Iterator[FakeZalo]:
    """Zalo, and its first refresh token stored here."""
    store_refresh_token(database, FIRST_REFRESH, clock())
    with fake_zalo(clock) as zalo:
        yield zalo


def keeper(database: Database, zalo: FakeZalo, clock: Clock, patience_s: float = 20) -> TokenKeeper:
    return TokenKeeper(database, zalo.account, clock, patience_s)


def token(database: Database, zalo: FakeZalo, clock: Clock, refused: str | None = None, patience_s: float = 20) -> str:
    """The token that somebody new gets."""

    async def ask() -> str:
        kept = keeper(database, zalo, clock, patience_s)
        try:
            return await (kept.token() if refused is None else kept.another(refused))
        finally:
            await kept.close()

    return asyncio.run(ask())


def trouble(database: Database, zalo: FakeZalo, clock: Clock, refused: str | None = None) -> TokenTrouble:
    with pytest.raises(TokenTrouble) as caught:
        token(database, zalo, clock, refused)
    return caught.value


def row(database: Database) -> GatewayToken:
    with database.read() as session:
        return session.get_one(GatewayToken, ACCOUNT_ROW)


def test_a_token_is_renewed_at_four_fifths_of_the_life_that_zalo_tells(
    database: Database, zalo: FakeZalo, clock: Clock
) -> None:
    assert token(database, zalo, clock) == "access-token-0001"
    assert row(database).expires_at == AT + LIFE
    clock.at = AT + 0.79 * LIFE
    assert token(database, zalo, clock) == "access-token-0001"
    clock.at = AT + 0.8 * LIFE
    zalo.life_s = 3_600
    assert token(database, zalo, clock) == "access-token-0002"
    assert row(database).expires_at == clock.at + timedelta(hours=1)
    assert (zalo.refreshes, row(database).failed_because) == (2, None)


def test_who_holds_a_token_asks_nobody_until_its_time(database: Database, zalo: FakeZalo, clock: Clock) -> None:
    async def ask() -> list[str]:
        kept = keeper(database, zalo, clock)
        first = await kept.token()
        store_refresh_token(database, "of another consent", clock())  # a look into the table would find this
        again = await asyncio.gather(*(kept.token() for _ in range(50)))
        await kept.close()
        return [first, *again]

    assert set(asyncio.run(ask())) == {"access-token-0001"}


def child(database: Database, keys: Path, zalo: FakeZalo, now: datetime, threads: int) -> subprocess.Popen[str]:
    url = database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.gateways.zalo_child", url, str(keys), zalo.url, now.isoformat()]
    process = subprocess.Popen([*command, str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def test_of_all_threads_of_all_processes_one_renews_and_nobody_uses_the_old_token_after(
    database: Database, zalo: FakeZalo, clock: Clock, keys: Path
) -> None:
    token(database, zalo, clock)
    clock.at = AT + 0.9 * LIFE  # still good, but old enough
    children = [child(database, keys, zalo, clock.at, THREADS) for _ in range(PROCESSES)]
    said = []
    for process in children:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in children:
        out, _ = process.communicate(timeout=60)
        said.append(out.strip())
    assert said == [str(THREADS)] * PROCESSES
    assert zalo.refreshes == 2, "the first one and this"
    assert zalo.dead_token_uses == 0


def killed_while_renewing(database: Database, zalo: FakeZalo, clock: Clock, keys: Path) -> None:
    """A process takes the lease, asks Zalo, and dies before it hears."""
    zalo.hold_refresh = threading.Event()
    asked = zalo.took_refresh if zalo.drop_refresh_answer else zalo.asked_refresh
    asked.clear()
    process = child(database, keys, zalo, clock.at, threads=1)
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    try:
        assert asked.wait(30)
    finally:
        process.kill()
        process.communicate(timeout=20)
    assert row(database).renewing_until == clock.at + LEASE


def test_a_lease_of_a_dead_process_runs_out_and_the_next_one_renews(
    database: Database, zalo: FakeZalo, clock: Clock, keys: Path
) -> None:
    token(database, zalo, clock)
    clock.at = AT + 0.9 * LIFE
    zalo.refresh_answers = [{}]  # what the dead one asked comes to nothing
    killed_while_renewing(database, zalo, clock, keys)
    assert token(database, zalo, clock, patience_s=0.2) == "access-token-0001", "good, and better than nothing"
    assert zalo.hold_refresh is not None
    zalo.hold_refresh.set()
    until(lambda: not zalo.refresh_answers, 10, "the dead one's request to be over")
    clock.at += LEASE
    assert token(database, zalo, clock) == "access-token-0002"


def test_a_pair_that_died_with_its_process_calls_a_person(
    database: Database, zalo: FakeZalo, clock: Clock, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    token(database, zalo, clock)
    clock.at = AT + 0.9 * LIFE
    zalo.kills_old = False
    zalo.drop_refresh_answer = True
    killed_while_renewing(database, zalo, clock, keys)
    zalo.drop_refresh_answer = False
    assert zalo.hold_refresh is not None
    zalo.hold_refresh.set()
    clock.at += LEASE
    assert token(database, zalo, clock) == "access-token-0001", "good until it ends"
    assert "-14014" in (row(database).failed_because or "")
    assert "a_person_must_help=True" in capsys.readouterr().out
    clock.at = AT + LIFE
    assert not trouble(database, zalo, clock).passing
    store_refresh_token(database, next(iter(zalo.refresh_tokens)), clock())
    assert token(database, zalo, clock) == "access-token-0003"
    found = standing(database)
    assert found is not None and found.failed_because is None


def test_a_renewer_that_was_only_slow_heals_what_the_next_one_found_broken(
    database: Database, zalo: FakeZalo, clock: Clock
) -> None:
    held = threading.Event()
    zalo.hold_refresh, zalo.drop_refresh_answer = held, True
    slow = threading.Thread(target=token, args=(database, zalo, clock))
    slow.start()
    assert zalo.took_refresh.wait(20)
    clock.at += LEASE
    zalo.drop_refresh_answer = False
    zalo.hold_refresh = None
    assert not trouble(database, zalo, clock).passing
    assert row(database).failed_because
    held.set()
    slow.join(20)
    assert row(database).failed_because is None
    assert token(database, zalo, clock) == "access-token-0001"


def test_a_pair_that_comes_late_takes_no_new_consents_place(database: Database, zalo: FakeZalo, clock: Clock) -> None:
    held = threading.Event()
    zalo.hold_refresh, zalo.drop_refresh_answer = held, True
    slow = threading.Thread(target=token, args=(database, zalo, clock))
    slow.start()
    assert zalo.took_refresh.wait(20)
    zalo.hold_refresh = None
    zalo.refresh_tokens.add("of-another-consent")
    store_refresh_token(database, "of-another-consent", clock())
    held.set()
    slow.join(20)
    assert token(database, zalo, clock) == "access-token-0002"
    assert row(database).refresh_token == "refresh-token-0002"


def test_who_gives_up_waiting_does_not_take_the_new_pair_along(
    database: Database, zalo: FakeZalo, clock: Clock
) -> None:
    zalo.hold_refresh, zalo.drop_refresh_answer = threading.Event(), True
    held = zalo.hold_refresh

    async def give_up() -> None:
        kept = keeper(database, zalo, clock)
        asking = asyncio.create_task(kept.token())
        assert await asyncio.to_thread(zalo.took_refresh.wait, 20)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        held.set()
        await kept.close()

    asyncio.run(give_up())
    assert row(database).access_token == "access-token-0001"


def test_while_zalo_cannot_be_asked_the_old_token_serves_and_each_minute_somebody_tries(
    database: Database, zalo: FakeZalo, clock: Clock
) -> None:
    token(database, zalo, clock)
    clock.at = AT + 0.9 * LIFE
    zalo.refresh_answers = [{"error": -32}, {"neither": "this nor that"}, {"error": -100}]
    for _ in range(3):
        assert token(database, zalo, clock) == "access-token-0001"
    assert len(zalo.refresh_answers) == 2, "once, and then not for a minute"
    clock.at += timedelta(minutes=1)
    assert token(database, zalo, clock) == "access-token-0001"
    assert len(zalo.refresh_answers) == 1
    clock.at = AT + LIFE
    assert trouble(database, zalo, clock).passing
    assert row(database).failed_because is None
    clock.at += timedelta(minutes=1)
    assert token(database, zalo, clock) == "access-token-0002"


def test_a_zalo_that_is_not_there_is_trouble_that_passes(database: Database, clock: Clock) -> None:
    store_refresh_token(database, FIRST_REFRESH, clock())
    (port,) = free_ports(1)

    async def ask() -> None:
        kept = TokenKeeper(database, account(f"http://127.0.0.1:{port}"), clock)
        try:
            await kept.token()
        finally:
            await kept.close()

    with pytest.raises(TokenTrouble) as caught:
        asyncio.run(ask())
    assert caught.value.passing
    assert row(database).refresh_token == FIRST_REFRESH


def test_a_refused_token_is_renewed_once_and_never_as_soon_as_it_came(
    database: Database, zalo: FakeZalo, clock: Clock
) -> None:
    first = token(database, zalo, clock)
    assert not trouble(database, zalo, clock, refused=first).passing, "just given"
    clock.at += timedelta(hours=1)
    second = token(database, zalo, clock, refused=first)
    assert second == "access-token-0002"
    assert token(database, zalo, clock, refused=first) == second, "others have it already"
    assert zalo.refreshes == 2


def test_before_anybody_consented_a_person_is_told_what_to_do(any_database: Database, clock: Clock) -> None:
    async def ask() -> None:
        await TokenKeeper(any_database, account("http://127.0.0.1:9"), clock).token()

    with pytest.raises(TokenTrouble, match=r"cấp quyền lại.*loa zalo token"):
        asyncio.run(ask())


ANSWERS = [
    ('{"access_token":"a","refresh_token":"r","expires_in":"90000"}', Pair("a", "r", LIFE)),
    ('{"access_token":"a","refresh_token":"r","expires_in":3600}', Pair("a", "r", timedelta(hours=1))),
    ('{"access_token":"a","refresh_token":"r"}', Pair("a", "r", timedelta(hours=1))),
    ('{"access_token":"a","refresh_token":"r","expires_in":"-5"}', Pair("a", "r", timedelta(hours=1))),
    ('{"error":-14014,"error_name":"Invalid refresh token."}', NotRenewed("Zalo refuses to renew (-14014)", True)),
    ('{"error":-32,"message":"r"}', NotRenewed("Zalo refuses to renew (-32)", False)),
    ("<html>503</html>", NotRenewed("an answer to renewing that cannot be read (200)", False)),
    ("", NotRenewed("an answer to renewing that cannot be read (200)", False)),
    ("[" * 60_000, NotRenewed("an answer to renewing that cannot be read (200)", False)),
    ('{"access_token":"","refresh_token":7}', NotRenewed("an answer to renewing that cannot be read (200)", False)),
    ('{"error":0}', NotRenewed("an answer to renewing that cannot be read (200)", False)),
]


@pytest.mark.parametrize(("said", "expected"), ANSWERS, ids=lambda value: str(value)[:40])
def test_what_zalo_answers_to_renewing(said: str, expected: Pair | NotRenewed) -> None:
    assert read_pair(Answer(200, said, None)) == expected


def test_tokens_and_secrets_are_shown_nowhere(
    database: Database,
    zalo: FakeZalo,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    pair = token(database, zalo, clock)
    clock.at += LIFE
    zalo.refresh_tokens = {"of another consent"}
    found = trouble(database, zalo, clock)
    said = [str(found), repr(found), repr(zalo.account), repr(Pair(pair, FIRST_REFRESH, LIFE)), caplog.text]
    said += capsys.readouterr()
    for secret in (pair, FIRST_REFRESH, "refresh-token-0001", zalo.account.app_secret, zalo.account.oa_secret):
        assert secret not in "".join(said)
    with database.engine.connect() as connection:
        kept = connection.exec_driver_sql("SELECT access_token, refresh_token FROM gateway_tokens").one()
    assert pair.encode() not in bytes(kept[0]) and b"refresh-token" not in bytes(kept[1])
