"""Migrations on a database with people's words in it: nothing of it is lost, there and back."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError

from bot.models import Inbound, InboundState, Label, Ticket, TicketAnswer
from campaigns.models import Broadcast, Status
from foundation.database import Database
from loa import schema
from people import Group
from scheduler.outbox import Batch

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


@pytest.fixture
def database(any_database: Database) -> Database:
    """Both kinds: what is promised here rests on SQL."""
    return any_database


def migrate(database: Database, to: Callable[[Config, str], None], revision: str) -> None:
    with database.engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = connection
        to(config, revision)


def there_and_back(database: Database, revision: str) -> None:
    migrate(database, command.downgrade, revision)
    assert not schema.is_current(database)
    migrate(database, command.upgrade, "head")
    assert schema.is_current(database)
    assert schema.differences(database) == []


def test_texts_and_labels_outlive_what_was_understood_beside_them(database: Database) -> None:
    with database.write() as session:
        known = {"gateway": "simulator", "provider_id": "1", "channel": "sms", "state": InboundState.DONE}
        words = {"address": "+84912345678", "address_hash": "+84912345678", "text": "tiền điện"}
        session.add(Inbound(id=1, received_at=NOW, intent="ask_amount", topic="electricity", **known, **words))
        session.flush()
        session.add(Label(inbound_id=1, intent="ask_when", topic="electricity", official="hoa", at=NOW))

    there_and_back(database, "0002")

    with database.read() as session:
        kept, label = session.get_one(Inbound, 1), session.get_one(Label, 1)
    assert (kept.text, kept.intent, kept.topic) == ("tiền điện", None, None)
    assert label.intent == "ask_when"


def test_tickets_and_their_answers_outlive_their_owners(database: Database) -> None:
    with database.write() as session:
        person = {"channel": "sms", "address": "+84912345678", "address_hash": "+84912345678"}
        session.add(
            Ticket(
                id=1,
                code="PA1234566",
                kind="feedback",
                reason="corruption",
                confidential=True,
                owner="hoa",
                text="đòi tiền",
                due_on=date(2026, 11, 27),
                created_at=NOW,
                **person,
            )
        )
        session.flush()
        session.add(TicketAnswer(ticket_id=1, official="hoa", text="Đang xem.", at=NOW))

    there_and_back(database, "0003")

    with database.read() as session:
        ticket, answer = session.get_one(Ticket, 1), session.get_one(TicketAnswer, 1)
    assert (ticket.text, ticket.due_on, answer.text) == ("đòi tiền", date(2026, 11, 27), "Đang xem.")
    assert (ticket.reason, ticket.confidential, ticket.owner, ticket.escalations) == ("question", False, None, 0)


def test_the_migrations_say_all_that_the_models_have(database: Database) -> None:
    assert schema.is_current(database)
    assert schema.differences(database) == []


def test_each_migration_goes_down_to_nothing_and_up_again(database: Database) -> None:
    revisions = [each.revision for each in ScriptDirectory(str(schema.MIGRATIONS)).walk_revisions()]
    assert len(revisions) >= 6
    for below in [*revisions[1:], "base"]:
        migrate(database, command.downgrade, below)
    assert inspect(database.engine).get_table_names() == ["alembic_version"]
    for revision in reversed(revisions):
        migrate(database, command.upgrade, revision)
        migrate(database, command.downgrade, "-1")
        migrate(database, command.upgrade, revision)
    assert schema.is_current(database)
    assert schema.differences(database) == []


def test_a_migration_that_fails_leaves_the_schema_as_it_was(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("DROP TABLE slips"))
    before = sorted(inspect(database.engine).get_table_names())
    with pytest.raises(DBAPIError):
        migrate(database, command.downgrade, "base")  # stumbles over the table that is gone
    assert sorted(inspect(database.engine).get_table_names()) == before
    assert schema.is_current(database)


def test_a_broadcast_that_was_going_out_is_all_in_the_outbox_and_one_that_waits_is_not(database: Database) -> None:
    with database.write() as session:
        group = Group(name="xã", created_at=NOW)
        batch = Batch(message_class="public_information", created_at=NOW)
        session.add_all([group, batch])
        session.flush()
        for status, batch_id in ((Status.SENDING, batch.id), (Status.SCHEDULED, None)):
            row = {"text": "Họp thôn", "message_class": "public_information", "group_id": group.id, "recipients": 3}
            row |= {"scheduled_at": NOW, "created_by": "lan", "created_at": NOW, "approved_at": NOW, "spread_s": 60}
            session.add(Broadcast(status=status, batch_id=batch_id, **row))

    there_and_back(database, "0007")

    with database.read() as session:
        going, waiting = session.scalars(select(Broadcast).order_by(Broadcast.id)).all()
    assert (going.text, going.expanded, going.expanded_at, going.spread_s) == ("Họp thôn", 3, NOW, 0)
    assert (waiting.expanded, waiting.expanded_to, waiting.expanded_at) == (0, None, None)
