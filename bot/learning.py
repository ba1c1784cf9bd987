"""The learning queue: texts that were not understood, what officials say they mean, and what training gets of it.

The queue is read from the inbound rows; a label adds what is meant and who says so, never the text once more.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from bot.answering import FACETS
from bot.exchange import Kind
from bot.models import Inbound, InboundState, Label, Ticket
from foundation.refusal import Refusal
from foundation.text import squeeze
from people import Official, Right, record, require

UNSURE = 0.7
"""An answer less sure than this is looked at again: above it 98 of 100 are right (docs/decisions/0002)."""

NOT_UNDERSTOOD = (Kind.HANDOVER, Kind.ASK_BACK, Kind.OUT_OF_SCOPE)

ENTITLEMENTS = "ask_entitlements"
ASKS = tuple(intent for intent in FACETS if intent.startswith("ask_") and intent != ENTITLEMENTS)
"""Intents that may be about a subject; without one they follow up on the subject before."""

INTENTS = (
    *ASKS,
    ENTITLEMENTS,
    *("report_problem", "ask_status", "ask_human", "data_request", "pledge", "opt_out", "opt_in"),
    *("give_answer", "affirm", "deny", "dont_know", "greet", "thank", "unclear", "out_of_scope"),
)
"""All that a text can be labelled with, as training knows it."""

HIDDEN = "*********"

_LONG_NUMBER = re.compile(r"(?<!\d)\+?\d(?:[ .\-\u00a0]?\d){8,}(?!\d)")


class LabelError(Refusal):
    """A label that cannot be; the message is Vietnamese."""


@dataclass(frozen=True, slots=True)
class Unlearned:
    """A text that waits for a label, its long numbers hidden, with what the machine made of it then.

    `kind` is what the turn came to, `guessed_intent` and `guessed_topic` what the model took the text for (None where
    nothing is recorded, or about no subject), `facts` the subjects answered from or offered; `confidence` is from 0 to
    1, None where nothing came of it.
    """

    id: int
    text: str
    received_at: datetime
    kind: str
    guessed_intent: str | None
    guessed_topic: str | None
    facts: tuple[str, ...]
    confidence: float | None
    model: str


@dataclass(frozen=True, slots=True)
class Learned:
    """A text, its long numbers hidden, with what it means."""

    text: str
    intent: str
    topic: str | None


def masked(text: str) -> str:
    """The text with every number of nine digits or more hidden: telephones, identity and insurance cards, accounts.

    Blanks, dots and hyphens inside do not save one; amounts from 100 million on, written out, are hidden too.
    """
    return _LONG_NUMBER.sub(HIDDEN, text)


def waiting(session: Session, limit: int = 50, after: int | None = None, unsure: float = UNSURE) -> list[Unlearned]:
    """Texts not understood or answered below `unsure` that nobody has labelled, newest first.

    Those never shown to a model (stop words, or understanding was down) are left out. `after` is the id of the last one
    on the page before.
    """
    query = select(Inbound).where(_waits(unsure)).order_by(Inbound.id.desc()).limit(limit)
    rows = session.scalars(query.where(Inbound.id < after) if after is not None else query)
    return [_unlearned(row) for row in rows]


def how_many_wait(session: Session, unsure: float = UNSURE) -> int:
    """How long the whole queue is."""
    return session.scalar(select(func.count()).select_from(Inbound).where(_waits(unsure))) or 0


def waiting_text(session: Session, inbound_id: int) -> Unlearned | None:
    """That text, if it was given to a model, is answered, and waited or waits for a label."""
    row = session.scalar(select(Inbound).where(Inbound.id == inbound_id, ~_in_confidence()))
    return _unlearned(row) if row is not None and row.model_id and row.kind else None


def label_of(session: Session, inbound_id: int) -> Label | None:
    """What was said about that text."""
    return session.get(Label, inbound_id)


def save_label(
    session: Session,
    inbound_id: int,
    intent: str | None,
    topic: str | None,
    official: Official,
    topics: Collection[str],
    now: datetime,
) -> Label:
    """Say what a text means, in the caller's transaction; what was said before is replaced. Audited.

    `topics` are the known subjects; without an intent the text is left out of training.

    Raises:
        LabelError: there is no such text, the intent or subject is unknown, or the two do not go together.
        OfficialError: the official's role does not give the right.
    """
    require(official, Right.ANSWER)
    check_label(intent, topic, topics)
    if waiting_text(session, inbound_id) is None:
        raise LabelError(f"không có tin {inbound_id} nào đã qua máy hiểu")
    said = Label(inbound_id=inbound_id, intent=intent, topic=topic, official=official.name, at=now)
    label = session.merge(said)
    said_of = {name: value for name, value in (("intent", intent), ("topic", topic)) if value}
    record(session, now, official.name, "label.saved", "inbound", inbound_id, **said_of)
    return label


def check_label(intent: str | None, topic: str | None, topics: Collection[str]) -> None:
    """Raises LabelError unless these are known and go together."""
    if intent is None:
        if topic is not None:
            raise LabelError("chọn ý hỏi cho chủ đề này, hoặc bỏ qua tin")
        return
    if intent not in INTENTS:
        raise LabelError(f"không có ý hỏi «{intent}»")
    if topic is None:
        return
    if intent not in ASKS:
        raise LabelError(f"ý «{intent}» không đi với chủ đề: bỏ trống chủ đề")
    if topic not in topics:
        raise LabelError(f"không có chủ đề «{topic}»")


def learned(session: Session) -> Iterator[Learned]:
    """Every labelled text that training shall get, oldest first."""
    query = (
        select(Inbound, Label).join(Label, Label.inbound_id == Inbound.id).where(Label.intent.is_not(None))
    ).order_by(Inbound.id)
    for row, label in session.execute(query):
        text = squeeze(masked(row.text))
        if label.intent is not None and text:
            yield Learned(text, label.intent, label.topic)


def as_source(texts: Collection[Learned], no_topic: str = "none") -> dict[str, dict[str, list[str]]]:
    """Labelled texts in the form of a source of training data: subject → intent → texts."""
    source: dict[str, dict[str, list[str]]] = {}
    for text in texts:
        source.setdefault(text.topic or no_topic, {}).setdefault(text.intent, []).append(text.text)
    return source


def _waits(unsure: float) -> ColumnElement[bool]:
    return and_(
        Inbound.state == InboundState.DONE,
        Inbound.model_id.is_not(None),
        or_(Inbound.kind.in_(NOT_UNDERSTOOD), and_(Inbound.kind == Kind.ANSWER, Inbound.confidence < unsure)),
        ~select(Label.inbound_id).where(Label.inbound_id == Inbound.id).exists(),
        ~_in_confidence(),
    )


def _in_confidence() -> ColumnElement[bool]:
    """Whether the person of a text has told us something that only those named may read; the queue is for everybody."""
    theirs = (Ticket.address_hash == Inbound.address_hash) & (Ticket.channel == Inbound.channel)
    return select(Ticket.id).where(theirs, Ticket.confidential).exists()


def _unlearned(row: Inbound) -> Unlearned:
    return Unlearned(
        id=row.id,
        text=masked(row.text),
        received_at=row.received_at,
        kind=row.kind or "",
        guessed_intent=row.intent,
        guessed_topic=row.topic,
        facts=tuple(row.facts or ()),
        confidence=row.confidence,
        model=row.model_id or "",
    )
