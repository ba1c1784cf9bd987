"""`loa doctor` finds what is wrong, says what to do, and neither changes nor makes anything."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import SecretStr
from sqlalchemy import text, update

from bot import inbound
from foundation.clock import utc_now
from foundation.database import Database
from foundation.message_class import MessageClass
from gateways import Channel, InboundText
from gateways.models import GatewayTemplate, GatewayToken
from gateways.protocol import TemplateState
from gateways.zalo_tokens import ACCOUNT_ROW
from loa.commands import main
from loa.doctor import Finding, examine, machine
from loa.doctor import database as examined_database
from loa.processes.locks import Lock
from loa.wiring import CLOCK, WORKER, Loa
from scheduler import leases
from scheduler.journal import Journal
from scheduler.outbox import OutboundMessage, State, open_batch, pause
from scheduler.outbox.models import GatewayState, Sender
from scheduler.outbox.receipts import DeliveryReport, prepare_receipt, store_receipts
from scheduler.outbox.states import CircuitState
from tests.loa.metrics_parts import ROUTE, installation
from tests.rabbitmq import RabbitServer
from tests.scheduler.parts import message, phone, put
from tests.services import free_ports

ZALO = {"zalo_app_id": "1", "zalo_app_secret": "s", "zalo_oa_id": "2", "zalo_oa_secret": "o"}


@pytest.fixture
def loa(tmp_path: Path, database: Database) -> Loa:
    return at_home(tmp_path, database)


def at_home(home: Path, database: Database, **settings: object) -> Loa:
    """With keys of its own, as `loa setup` makes them; the database has others, which nobody looks at here."""
    loa = installation(home, database, **settings)
    vault = loa.__dict__.pop("vault")
    _ = loa.vault
    loa.__dict__["vault"] = vault
    return loa


def found(loa: Loa) -> dict[str, Finding]:
    findings = asyncio.run(examine(loa))
    assert len({finding.what for finding in findings}) == len(findings)
    return {finding.what: finding for finding in findings}


def queue(database: Database, count: int, **about: object) -> None:
    now = utc_now()
    put(database, now, *(message(f"m{n}", now, address=phone(n), route=ROUTE, **about) for n in range(count)))  # type: ignore[arg-type]


def in_state(database: Database, state: State, sent_at: datetime) -> None:
    with database.write() as session:
        session.execute(update(OutboundMessage).values(state=state, sent_at=sent_at))


def nothing(_database: Database) -> None:
    """Nothing is the matter."""


def urgent_waits(database: Database) -> None:
    queue(database, 1, message_class=MessageClass.REPLY, not_before=utc_now() - timedelta(minutes=6))


def broadcast_stuck(database: Database) -> None:
    queue(database, 1, not_before=utc_now() - timedelta(minutes=6))


def broadcast_goes_on(database: Database) -> None:
    """A large one takes its time: others of its texts are on the wire."""
    queue(database, 2, not_before=utc_now() - timedelta(minutes=6))
    with database.write() as session:
        leases.renew(session, "sender", "simulator", "host/1", utc_now())
        held = update(OutboundMessage).where(OutboundMessage.dedupe_key == "m0")
        session.execute(held.values(state=State.SENDING, claimed_by="sender"))


def uncertain_for_long(database: Database) -> None:
    queue(database, 2)
    in_state(database, State.UNKNOWN, utc_now() - timedelta(hours=30))


def uncertain_just_now(database: Database) -> None:
    queue(database, 2)
    in_state(database, State.UNKNOWN, utc_now() - timedelta(hours=3))


def _paused(database: Database, because: str) -> None:
    now = utc_now()
    with database.write() as session:
        batch_id = open_batch(session, MessageClass.PUBLIC_INFORMATION, now)
        pause(session, batch_id, because, now)
    queue(database, 1, batch_id=batch_id)


def budget_spent(database: Database) -> None:
    _paused(database, "budget_spent")


def account_in_trouble(database: Database) -> None:
    _paused(database, "gateway: the balance at eSMS is used up")


def paused_by_a_person(database: Database) -> None:
    _paused(database, "tạm dừng bởi lan")


def receipts_lie(database: Database) -> None:
    with database.write() as session:
        report, early = DeliveryReport("r", State.DELIVERED), utc_now() - timedelta(minutes=6)
        store_receipts(session, [prepare_receipt(database.engine.dialect, "simulator", report, early)])


def nobody_answers(database: Database) -> None:
    early = utc_now() - timedelta(minutes=3)
    with database.write() as session:
        texts = [InboundText("1", phone(1), "8099", "xin chào", early)]
        inbound.receive(session, "simulator", Channel.SMS, texts, early)


def gateway_rests(database: Database) -> None:
    with database.write() as session:
        since = utc_now()
        rests = GatewayState(gateway="simulator", circuit=CircuitState.OPEN, since=since, because="errors: 62% of 45")
        session.add(rests)


def machine_silent(database: Database) -> None:
    with database.write() as session:
        silent = utc_now() - timedelta(minutes=9)
        session.add(Sender(name="s", gateway="simulator", host="hue-2/ab", started_at=silent, renewed_at=silent))


@pytest.mark.parametrize(
    ("matter", "what", "says"),
    [
        (nothing, "tin chờ gửi", None),
        (urgent_waits, "tin chờ gửi", "6 phút"),
        (broadcast_stuck, "tin chờ gửi", "simulator"),
        (broadcast_goes_on, "tin chờ gửi", None),
        (uncertain_for_long, "tin chưa rõ số phận", "2 tin của cổng simulator"),
        (uncertain_just_now, "tin chưa rõ số phận", None),
        (budget_spent, "đợt gửi tạm dừng", "số tiền được duyệt"),
        (account_in_trouble, "đợt gửi tạm dừng", "loa broadcast resume"),
        (paused_by_a_person, "đợt gửi tạm dừng", None),
        (receipts_lie, "biên nhận", "6 phút"),
        (nobody_answers, "tin đến", "3 phút"),
        (gateway_rests, "cổng simulator: cầu dao", "62% trong 45 tin"),
        (machine_silent, "máy hue-2", "9 phút"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_stands_in_the_database_is_judged(
    loa: Loa, database: Database, matter: Callable[[Database], None], what: str, says: str | None
) -> None:
    matter(database)
    finding = found(loa)[what]
    assert finding.well == (says is None), finding
    assert (says or "") in finding.says


def test_roles_that_run_are_well_and_those_that_do_not_are_named(loa: Loa) -> None:
    without = found(loa)
    assert not without["worker"].well
    assert not without["đồng hồ"].well
    locks = [Lock(loa.settings.home, name) for name in (WORKER, CLOCK)]
    with_both = found(loa)
    assert with_both["worker"].well
    assert with_both["đồng hồ"].well
    for lock in locks:
        lock.release()


def test_journals_of_the_dead_are_counted_and_left_alone(loa: Loa) -> None:
    folder = loa.settings.home / "journals"
    journal = Journal(folder, "dead")
    journal.intend(["r1"])
    assert found(loa)["nhật ký gửi"].well  # it lives
    journal.close()
    finding = found(loa)["nhật ký gửi"]
    assert not finding.well
    assert "1 sổ" in finding.says
    assert [path.name for path in folder.glob("*.journal")] == ["dead.journal"]


def test_a_full_disk_is_told(loa: Loa, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(loa)["đĩa"].well
    monkeypatch.setattr(machine, "LEAST_FREE", 1 << 60)
    assert not found(loa)["đĩa"].well


def test_keys_that_others_may_read_are_told_and_absent_ones_not_made(tmp_path: Path, database: Database) -> None:
    bare = installation(tmp_path / "bare", database)
    assert not found(bare)["khóa"].well
    assert not (tmp_path / "bare" / "keys").exists()
    loa = at_home(tmp_path / "home", database)
    assert found(loa)["khóa"].well
    (loa.settings.home / "keys" / "hash.key").chmod(0o644)
    assert "chmod" in found(loa)["khóa"].says


def test_a_database_that_is_old_or_away_is_told_without_its_address(tmp_path: Path, database: Database) -> None:
    (port,) = free_ports(1)
    away = at_home(tmp_path, database, database_url=f"postgresql+psycopg://loa:geheim@127.0.0.1:{port}/loa")
    del away.__dict__["database"]
    finding = found(away)["cơ sở dữ liệu"]
    assert not finding.well
    assert "geheim" not in finding.says
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert "loa setup" in found(at_home(tmp_path, database))["cơ sở dữ liệu"].says


def test_on_postgresql_version_time_and_connections_are_looked_at(
    tmp_path: Path, postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    loa = at_home(tmp_path, postgres_database)
    whats = ("cơ sở dữ liệu", "PostgreSQL", "giờ của cơ sở dữ liệu", "kết nối PostgreSQL")
    assert all(found(loa)[what].well for what in whats)
    assert not found(loa)["đồng hồ"].well
    monkeypatch.setattr(examined_database, "OLDEST", 990_000)
    monkeypatch.setattr(examined_database, "LEAST_LEFT", 1_000)
    monkeypatch.setattr(examined_database, "utc_now", lambda: utc_now() + timedelta(seconds=90))
    skewed = found(loa)
    assert not any(skewed[what].well for what in whats[1:])
    assert "90 giây" in skewed["giờ của cơ sở dữ liệu"].says


def test_the_broker_is_asked_for_its_queues(
    tmp_path: Path, postgres_database: Database, rabbitmq: RabbitServer
) -> None:
    def with_broker(url: str) -> Loa:
        return at_home(tmp_path, postgres_database, broker_url=SecretStr(url))

    assert found(with_broker(rabbitmq.url))["RabbitMQ"].well
    (port,) = free_ports(1)
    away = found(with_broker(f"amqp://loa:geheim@127.0.0.1:{port}/"))
    assert not away["RabbitMQ"].well
    assert "geheim" not in away["RabbitMQ"].says
    assert "simulator" in away["worker"].says  # nobody sends for it


@pytest.mark.parametrize(
    ("renewed_days_ago", "failed_because", "well"), [(1, None, True), (85, None, False), (1, "refused", False)]
)
def test_tokens_and_templates_of_zalo_are_looked_at(
    tmp_path: Path, database: Database, renewed_days_ago: int, failed_because: str | None, well: bool
) -> None:
    (port,) = free_ports(1)
    dead = f"http://127.0.0.1:{port}"
    addresses = {"zalo_url": dead, "zalo_oauth_url": dead, "zbs_url": dead}
    loa = at_home(tmp_path, database, gateways=("zalo", "zbs"), **ZALO, **addresses)
    first = found(loa)
    assert not first["mã truy cập Zalo"].well
    assert not first["cổng zbs: mẫu tin"].well
    now = utc_now()
    renewed = now - timedelta(days=renewed_days_ago)
    with database.write() as session:
        pair = {"access_token": "a", "refresh_token": "r", "failed_because": failed_because}
        session.add(GatewayToken(gateway=ACCOUNT_ROW, renewed_at=renewed, expires_at=now + timedelta(hours=5), **pair))
        ours = {"gateway": "zbs", "body": "Mời {ten} họp", "created_at": now}
        session.add(GatewayTemplate(template_id="1", state=TemplateState.APPROVED, **ours))
    second = found(loa)
    assert second["mã truy cập Zalo"].well is well
    assert second["cổng zbs: mẫu tin"].well
    assert not second["cổng zalo"].well  # nobody answers there
    with database.write() as session:
        session.add(GatewayTemplate(template_id="2", state=TemplateState.DISABLED, **ours))
    assert not found(loa)["cổng zbs: mẫu tin"].well


def test_the_command_exits_1_and_prints_one_document(tmp_path: Path) -> None:
    environment = {"LOA_HOME": str(tmp_path / "home"), "LOA_DATABASE_URL": "", "LOA_GATEWAYS": "simulator"}
    run = CliRunner(env=environment)
    done = run.invoke(main, ["doctor", "--json"])
    assert done.exit_code == 1
    findings = json.loads(done.stdout)
    assert all(set(finding) == {"what", "well", "says"} for finding in findings)
    assert not (tmp_path / "home").exists()
