"""Migrations on a database with people's words in it: nothing of it is lost, there and back."""

from datetime import UTC, datetime

from alembic import command
from alembic.config import Config

from bot.models import Inbound, InboundState, Label
from foundation.database import Database
from loa import schema

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)


def migrate(database: Database, revision: str) -> None:
    with database.engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = connection
        (command.downgrade if revision < "0003" else command.upgrade)(config, revision)


def test_texts_and_labels_outlive_what_was_understood_beside_them(database: Database) -> None:
    with database.write() as session:
        known = {"gateway": "simulator", "provider_id": "1", "channel": "sms", "state": InboundState.DONE}
        words = {"address": "+84912345678", "address_hash": "+84912345678", "text": "tiền điện"}
        session.add(Inbound(id=1, received_at=NOW, intent="ask_amount", topic="electricity", **known, **words))
        session.flush()
        session.add(Label(inbound_id=1, intent="ask_when", topic="electricity", official="hoa", at=NOW))

    migrate(database, "0002")
    assert not schema.is_current(database)
    migrate(database, "0003")

    assert schema.differences(database) == []
    with database.read() as session:
        kept, label = session.get_one(Inbound, 1), session.get_one(Label, 1)
    assert (kept.text, kept.intent, kept.topic) == ("tiền điện", None, None)
    assert label.intent == "ask_when"
