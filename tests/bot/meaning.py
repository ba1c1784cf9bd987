"""What the tests of the bot say and mean: a Friday morning in November, and understandings made by hand."""

from datetime import UTC, date, datetime

from bot.exchange import Incoming, KnownTicket
from bot.reading import read
from bot.understanding import Scored, Understanding

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
"""Friday, nine o'clock in Vietnam."""
TODAY = date(2026, 11, 20)
IN_FIVE_WORKING_DAYS = date(2026, 11, 27)
IN_TWO_WORKING_DAYS = date(2026, 11, 24)
CODE = "PA1234566"
MODEL = "model-of-the-tests"
SURELY = 0.95

Topic = str | tuple[str, float]


def meant(intent: str, *topics: Topic, sure: float = SURELY, words: int = 6) -> Understanding:
    """An understanding; a topic without confidence is as sure as the intent, no topic is surely none."""
    scored = [Scored(topic, sure) if isinstance(topic, str) else Scored(*topic) for topic in topics]
    asked = Scored(intent, sure)
    return Understanding(asked, tuple(scored) or (Scored("none", sure),), MODEL, words, intents=(asked,))


def said(
    text: str,
    understanding: Understanding | None = None,
    tickets: tuple[KnownTicket, ...] = (),
    on: date = TODAY,
) -> Incoming:
    """A text said now by the person with these tickets; a ticket that it opens gets `CODE`."""
    return Incoming(read(text), NOW, on, CODE, understanding, tickets)
