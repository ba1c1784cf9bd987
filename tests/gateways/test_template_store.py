"""The table of registered templates: what senders see of it, and when."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event

from foundation.database import Database
from gateways.models import GatewayTemplate
from gateways.protocol import TemplateState
from gateways.template_store import FRESH_S, TemplateError, TemplateStore, judge, listed, register, take_over
from gateways.templates import RegisteredTemplate, fitting

BODY = "Ho so {ma,20} da xong."


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    """Every statement that reads templates."""
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "FROM gateway_templates" in statement:
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


def template(
    name: str = "mau-1", body: str = BODY, state: TemplateState = TemplateState.APPROVED, detail: str | None = None
) -> RegisteredTemplate:
    return RegisteredTemplate(name, body, state, detail)


def put(database: Database, gateway: str, one: RegisteredTemplate, now: datetime) -> None:
    with database.write() as session:
        register(session, gateway, one, now)


def test_a_template_that_is_stopped_stops_texts_within_seconds(database: Database, now: datetime) -> None:
    clock = Clock()
    store = TemplateStore(database, clock)
    put(database, "esms", template(), now)
    assert fitting(store.of("esms"), "Ho so HS-1 da xong.")

    with database.write() as session:
        assert judge(session, "esms", "mau-1", TemplateState.DISABLED, now, "x" * 300)
    clock.s += FRESH_S - 0.1
    assert fitting(store.of("esms"), "Ho so HS-1 da xong."), "it is still remembered"
    clock.s += 0.1
    assert not fitting(store.of("esms"), "Ho so HS-1 da xong.")


def test_a_thousand_texts_a_second_read_the_table_once(
    database: Database, now: datetime, statements: list[str]
) -> None:
    put(database, "esms", template(), now)
    statements.clear()
    store = TemplateStore(database, Clock())
    assert all(store.of("esms") for _ in range(1_000))
    assert len(statements) == 1


def test_gateways_do_not_see_each_others_templates(database: Database, now: datetime) -> None:
    put(database, "esms", template(), now)
    put(database, "zbs", template("mau-1", "Khac {ten}."), now)
    store = TemplateStore(database)
    assert [(one.template_id, one.body) for one in store.of("esms")] == [("mau-1", BODY)]
    assert store.of("nobody") == ()


def test_the_same_name_twice_is_refused_and_says_what_to_do(database: Database, now: datetime) -> None:
    put(database, "esms", template(), now)
    with pytest.raises(TemplateError, match="loa templates state"):
        put(database, "esms", template(body="Khac."), now)


def test_a_judgement_of_what_is_not_ours_changes_nothing(database: Database, now: datetime) -> None:
    put(database, "esms", template(), now)
    with database.write() as session:
        assert not judge(session, "esms", "mau-2", TemplateState.REJECTED, now)
        assert not judge(session, "zbs", "mau-1", TemplateState.REJECTED, now)
        assert [row.state for row in listed(session)] == [TemplateState.APPROVED]


def test_what_a_row_holds_that_cannot_be_read_is_passed_over(database: Database, now: datetime) -> None:
    put(database, "esms", template(), now)
    with database.write() as session:
        for name, body, state in (("a", "{x} {x}", "approved"), ("b", "tot", "nonsense")):
            row = GatewayTemplate(gateway="esms", template_id=name, body=body, state=state, created_at=now)
            session.add(row)
    assert [one.template_id for one in TemplateStore(database).of("esms")] == ["mau-1"]


def test_what_a_carrier_lists_replaces_what_the_table_says(database: Database, now: datetime) -> None:
    later = now + timedelta(days=1)
    put(database, "zbs", template("1", state=TemplateState.PENDING), now)
    put(database, "zbs", template("ten-cua-ta"), now)
    put(database, "esms", template("3"), now)
    told = [template("1", "Ho so {ma} xong."), template("2", state=TemplateState.REJECTED, detail="sai chính tả")]
    with database.write() as session:
        assert take_over(session, "zbs", told, later) == ["ten-cua-ta"]
    with database.read() as session:
        rows = {row.template_id: row for row in listed(session, "zbs")}
    assert (rows["1"].state, rows["1"].body, rows["1"].checked_at) == ("approved", "Ho so {ma} xong.", later)
    assert (rows["2"].state, rows["2"].detail, rows["2"].created_at) == ("rejected", "sai chính tả", later)
    assert (rows["ten-cua-ta"].state, rows["ten-cua-ta"].checked_at) == ("approved", now)
