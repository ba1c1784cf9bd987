"""Figures for Prometheus: true over restarts and processes, cheap however many messages there are, for few eyes."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text, update

from bot import inbound
from foundation.clock import utc_now
from foundation.database import Database
from foundation.message_class import MessageClass
from gateways import Channel, InboundText, SendStatus
from loa.app import create_app
from loa.processes.locks import Lock
from loa.wiring import CLOCK, Loa
from people import SuppressionReason, suppress
from scheduler import leases
from scheduler.outbox import OutboundMessage, State, merge, open_batch, pause
from scheduler.outbox.models import GatewayState
from scheduler.outbox.receipts import DeliveryReport, prepare_receipt, store_receipts
from scheduler.outbox.states import CircuitState
from tests.loa.metrics_parts import PUBLIC, figure, installation, queue, scraped, sends
from tests.scheduler.parts import PRICE, phone, rows


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


def test_counters_tell_what_left_and_what_it_cost_over_all_processes(
    client: FlaskClient, database: Database, tmp_path: Path
) -> None:
    queue(database, 4)
    with database.write() as session:
        suppress(session, Channel.SMS, phone(0), SuppressionReason.OPT_OUT, utc_now())
    sends(database, tmp_path)
    (sent, *_) = (row.reference for row in rows(database) if row.state == State.ACCEPTED)
    with database.write() as session:
        reports = [DeliveryReport(sent, State.DELIVERED), DeliveryReport("nobody", State.FAILED)]
        merge(session, "simulator", reports, utc_now())

    samples, about = scraped(client), {"gateway": "simulator", "class_": PUBLIC.value}
    assert figure(samples, "messages_tried_total", outcome="accepted", **about) == 3
    assert figure(samples, "messages_refused_total", rule="opt_out", **about) == 1
    assert figure(samples, "charged_segments_total", **about) == 3
    assert figure(samples, "charged_vnd_total", **about) == 3 * PRICE
    assert figure(samples, "receipts_total", state="delivered", outcome="news", **about) == 1
    assert figure(samples, "receipts_total", state="failed", outcome="orphan", gateway="simulator", class_="") == 1


def test_counters_never_fall_not_by_a_restart_and_not_with_the_rows(
    client: FlaskClient, database: Database, tmp_path: Path
) -> None:
    queue(database, 2)
    sends(database, tmp_path)
    before = scraped(client)
    with database.write() as session:
        session.execute(text("DELETE FROM outbox"))
    restarted = create_app(installation(tmp_path, database)).test_client()
    queue(database, 1, first=5)
    sends(database, tmp_path)
    after = scraped(restarted)

    counters = {key: value for key, value in before.items() if key[0].endswith("_total")}
    assert counters
    assert all(after[key] >= value for key, value in counters.items() if not key[0].startswith("loa_webhook"))
    about = {"gateway": "simulator", "class_": PUBLIC.value}
    assert figure(after, "messages_tried_total", outcome="accepted", **about) == 3


def test_what_may_have_been_sent_counts_as_money_spent_and_what_was_not_does_not(
    client: FlaskClient, database: Database, tmp_path: Path
) -> None:
    for number, status in enumerate([SendStatus.UNCERTAIN, SendStatus.REJECTED, SendStatus.TEMPORARY]):
        queue(database, 1, first=number)
        sends(database, tmp_path, status)

    samples, about = scraped(client), {"gateway": "simulator", "class_": PUBLIC.value}
    tried = {status: figure(samples, "messages_tried_total", outcome=status, **about) for status in SendStatus}
    assert tried[SendStatus.UNCERTAIN] == tried[SendStatus.REJECTED] == 1
    assert figure(samples, "charged_vnd_total", **about) == PRICE


def test_queues_are_told_by_gateway_and_class_with_what_is_paused_and_since_when(
    client: FlaskClient, database: Database
) -> None:
    now = utc_now()
    with database.write() as session:
        stopped = open_batch(session, PUBLIC, now)
        pause(session, stopped, "budget_spent", now)
    past, later = now - timedelta(minutes=10), now + timedelta(hours=3)
    queue(database, 2, message_class=MessageClass.REPLY, not_before=past)
    queue(database, 1, first=2, not_before=later)
    queue(database, 3, first=3, not_before=past, batch_id=stopped)

    samples = scraped(client)
    reply, public = {"gateway": "simulator", "class_": "reply"}, {"gateway": "simulator", "class_": PUBLIC.value}
    assert [figure(samples, f"queue_{name}", **reply) for name in ("messages", "due_messages")] == [2, 2]
    assert figure(samples, "queue_oldest_due_seconds", **reply) == pytest.approx(600, abs=60)
    assert figure(samples, "queue_messages", **public) == 4
    assert figure(samples, "queue_due_messages", **public) == 0
    assert figure(samples, "queue_paused_messages", **public) == 3
    assert figure(samples, "queue_oldest_due_seconds", **public) == 0
    assert figure(samples, "batches_paused", because="budget") == 1
    assert figure(samples, "batches_paused", because="person") == 0


def test_what_is_uncertain_on_the_wire_or_not_looked_at_is_told_with_its_age(
    client: FlaskClient, database: Database
) -> None:
    now = utc_now()
    queue(database, 3)
    with database.write() as session:
        unknown = update(OutboundMessage).where(OutboundMessage.dedupe_key.in_(["m0", "m1"]))
        session.execute(unknown.values(state=State.UNKNOWN, sent_at=now - timedelta(hours=2)))
        held = update(OutboundMessage).where(OutboundMessage.dedupe_key == "m2")
        session.execute(held.values(state=State.SENDING, claimed_by="sender", sent_at=now))
        leases.renew(session, "sender", "simulator", "host/1", now)
        report = DeliveryReport("r", State.DELIVERED)
        early = now - timedelta(minutes=5)
        store_receipts(session, [prepare_receipt(database.engine.dialect, "simulator", report, early)])

    samples = scraped(client)
    assert figure(samples, "uncertain_messages", gateway="simulator") == 2
    assert figure(samples, "uncertain_oldest_seconds", gateway="simulator") == pytest.approx(7200, abs=60)
    assert figure(samples, "sending_messages", gateway="simulator") == 1
    assert figure(samples, "receipts_waiting") == 1
    assert figure(samples, "receipts_waiting_oldest_seconds") == pytest.approx(300, abs=60)


def test_people_who_wait_for_an_answer_are_told_and_how_long_others_did(
    client: FlaskClient, database: Database
) -> None:
    now = utc_now()
    texts = [InboundText(str(number), phone(number), "8099", "xin chào", now) for number in range(3)]
    with database.write() as session:
        inbound.receive(session, "simulator", Channel.SMS, texts, now - timedelta(seconds=90))
    with database.write() as session:
        first, _ = inbound.claim(session, 2, now)
        inbound.settle(session, first, kind="greeting", answered_at=now)

    samples = scraped(client)
    assert figure(samples, "inbound_texts", state="queued") == 1
    assert figure(samples, "inbound_texts", state="working") == 1
    assert figure(samples, "inbound_oldest_seconds") == pytest.approx(90, abs=60)
    buckets = {
        bound: figure(samples, "turn_seconds_bucket", gateway="simulator", le=bound) for bound in ("30.0", "120.0")
    }
    assert buckets == {"30.0": 0, "120.0": 1}
    assert figure(samples, "turn_seconds_count", gateway="simulator") == 1
    assert figure(samples, "turn_seconds_sum", gateway="simulator") == pytest.approx(90, abs=1)


def test_circuits_senders_and_the_clock_are_told(client: FlaskClient, loa: Loa, database: Database) -> None:
    now = utc_now()
    with database.write() as session:
        session.add(GatewayState(gateway="simulator", circuit=CircuitState.OPEN, since=now))
        leases.renew(session, "one", "simulator", "host/1", now)
        leases.renew(session, "two", "simulator", "host/1", now)
        gone = text("UPDATE senders SET renewed_at = :then WHERE name = 'two'")
        session.execute(gone, {"then": (now - timedelta(minutes=2)).replace(tzinfo=None).isoformat(" ")})
    samples = scraped(client)
    states = {
        state.value: figure(samples, "gateway_circuit", gateway="simulator", state=state) for state in CircuitState
    }
    assert states == {"open": 1, "closed": 0, "half_open": 0}
    assert figure(samples, "senders", gateway="simulator") == 1
    assert figure(samples, "clock_leads") == 0
    assert figure(samples, "understanding_up") == 0
    assert (figure(samples, "home_free_bytes") or 0) > 0
    assert figure(samples, "database_up") == 1
    if database.engine.dialect.name == "sqlite":
        lock = Lock(loa.settings.home, CLOCK)
        assert figure(scraped(client), "clock_leads") == 1
        lock.release()


def test_without_the_database_the_figures_say_so(client: FlaskClient, loa: Loa, database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE tallies")
    samples = scraped(client)
    assert figure(samples, "database_up") == 0
    assert figure(samples, "sending_messages", gateway="simulator") is None
    assert (figure(samples, "home_free_bytes") or 0) > 0


def test_names_follow_the_conventions_of_prometheus(client: FlaskClient, database: Database, tmp_path: Path) -> None:
    """prometheus.io/docs/practices/naming: base units in the name, _total for counters alone, a help text for each."""
    queue(database, 1)
    sends(database, tmp_path)
    families = list(text_string_to_metric_families(client.get("/metrics").get_data(as_text=True)))
    assert len(families) > 20
    for family in families:
        assert re.fullmatch(r"loa_[a-z_]+", family.name)
        assert family.documentation
        assert not re.search(r"_(ms|milliseconds|minutes|hours|kb|mb|gb|percent)$", family.name)
        is_counter = family.type == "counter"
        for sample in family.samples:
            assert sample.name.endswith("_total") == (is_counter and not sample.name.endswith("_created"))
    assert {family.name for family in families if "seconds" in family.documentation} <= {
        family.name for family in families if family.name.endswith("_seconds") or family.type == "histogram"
    }
