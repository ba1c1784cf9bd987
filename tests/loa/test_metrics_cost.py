"""What a scrape costs: the same, however many messages there are."""

import re
import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, text

from foundation.clock import utc_now
from foundation.database import Database, sqlite_url
from foundation.keys import Vault
from loa.app import create_app
from loa.wiring import Loa
from scheduler import leases
from scheduler.outbox import OutboundMessage
from tests.loa.metrics_parts import PUBLIC, figure, installation, queue, scraped
from tests.sizes import size


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


@pytest.fixture
def loa(tmp_path: Path, database: Database) -> Loa:
    return installation(tmp_path, database)


@pytest.fixture
def client(loa: Loa) -> FlaskClient:
    return create_app(loa).test_client()


def test_no_scrape_reads_all_messages(database_file: Path, vault: Vault, tmp_path: Path) -> None:
    """By SQLite's planner, without statistics as with them: whatever of a large table is read, an index is on few."""
    database = Database(sqlite_url(database_file), vault)
    client = create_app(installation(tmp_path, database)).test_client()
    queue(database, 5)
    with database.write() as session:
        leases.renew(session, "sender", "simulator", "host/1", utc_now())
    seen: list[tuple[str, object]] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        seen.append((statement, parameters))

    scraped(client)
    statements = [each for each in seen if each[0].lstrip().startswith("SELECT")]
    assert len(statements) > 8
    few = ("ix_outbox_due", "ix_outbox_claimed_by", "ix_outbox_unknown", "ix_receipts_waiting")
    steps = []
    with database.engine.connect() as connection:
        for statement, parameters in statements:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[arg-type]
            steps += [str(step[-1]) for step in plan]
    scans = [step for step in steps if re.match(r"SCAN (outbox|receipts|inbound)\b", step)]
    assert [step for step in scans if not any(index in step for index in few)] == []
    assert any("ix_outbox_due" in step for step in steps)
    database.close()


def test_a_scrape_takes_no_longer_for_a_million_messages(
    client: FlaskClient, database: Database, tmp_path: Path
) -> None:
    """Half of them sent, half of them waiting. The first scrape after a start counts what waits, the others do not."""
    count = size(4_000, 1_000_000)
    queue(database, 1)
    columns = [
        c.name for c in OutboundMessage.__table__.columns if c.name not in ("id", "reference", "dedupe_key", "state")
    ]
    numbers = (
        f"generate_series(1, {count}) AS n(n)"
        if database.engine.dialect.name == "postgresql"
        else f"(WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count}) SELECT n FROM n) AS n"
    )
    with database.engine.begin() as connection:
        fill = (
            f"INSERT INTO outbox (reference, dedupe_key, state, {', '.join(columns)})"
            f" SELECT CAST(n.n AS TEXT), 'x' || n.n, CASE WHEN n.n % 2 = 0 THEN 'queued' ELSE 'delivered' END,"
            f" {', '.join('outbox.' + name for name in columns)} FROM outbox, {numbers} WHERE outbox.dedupe_key = 'm0'"
        )
        connection.execute(text(fill))
    scraped(client)
    took = []
    for _ in range(7):
        began = time.perf_counter()
        samples = scraped(client)
        took.append(time.perf_counter() - began)
    about = {"gateway": "simulator", "class_": PUBLIC.value}
    assert figure(samples, "queue_messages", **about) == count // 2 + 1
    assert sorted(took)[2] < 0.1, took
