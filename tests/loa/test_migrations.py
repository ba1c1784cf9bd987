"""Migrations on a database with people's words in it: nothing of it is lost, there and back."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from alembic import command
from alembic.config import Config

from bot.models import Inbound, InboundState, Label, Ticket, TicketAnswer
from foundation.database import Database
from loa import schema

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


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
