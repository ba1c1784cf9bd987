"""What was said with a person on a channel, as officials read it: their texts and what was said to each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, func, select
from sqlalchemy.orm import Session

from bot.models import Attachment, Inbound, NumberChange, Ticket
from bot.tickets.handling import answers_to
from bot.tickets.sight import Sight
from bot.turns import OFFICIAL
from scheduler.outbox import OutboundMessage, replies_to

LIMIT = 50


@dataclass(frozen=True, slots=True)
class Heard:
    """A text of the person, with what came along. `inbound` holds how it was understood; None where the ticket was
    opened without one."""

    at: datetime
    text: str
    inbound: Inbound | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A text of ours. `official` signed it, or None when the machine answered; `message` tells whether it arrived."""

    at: datetime
    text: str
    official: str | None
    message: OutboundMessage | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Who had a number on a channel at a time; the same number before and after is somebody else's."""

    channel: str
    address: bytes
    since: datetime | None
    until: datetime | None

    def wrote(self) -> ColumnElement[bool]:
        """The inbound texts that are theirs, what was answered as an official's apart. A number changes hands while
        a text is answered: that one is the new person's."""
        moment = func.coalesce(Inbound.answered_at, Inbound.received_at)
        mine = (Inbound.address_hash == self.address) & (Inbound.channel == self.channel)
        return self._between(mine & Inbound.kind.is_distinct_from(OFFICIAL), moment)

    def opened(self) -> ColumnElement[bool]:
        """The tickets that are theirs."""
        mine = (Ticket.address_hash == self.address) & (Ticket.channel == self.channel)
        return self._between(mine, Ticket.created_at)

    def _between(self, mine: ColumnElement[bool], moment: SQLColumnExpression[datetime]) -> ColumnElement[bool]:
        if self.since is not None:
            mine = mine & (moment >= self.since)
        return mine & (moment < self.until) if self.until is not None else mine


def person_at(session: Session, channel: str, address: bytes, moment: datetime) -> Person:
    """Who had the number then."""
    changes = session.scalars(
        select(NumberChange.at).where(NumberChange.address_hash == address, NumberChange.channel == channel)
    ).all()
    since = max((at for at in changes if at <= moment), default=None)
    return Person(channel, address, since, min((at for at in changes if at > moment), default=None))


def history(session: Session, ticket: Ticket, sight: Sight, limit: int = LIMIT) -> list[Heard | Said]:
    """The last `limit` texts of the ticket's person, the one that opened it among them, and all that was said."""
    person = person_at(session, ticket.channel, ticket.address_hash, ticket.created_at)
    texts = [*_texts(session, person, limit)]
    if ticket.inbound_id is not None and ticket.inbound_id not in {text.id for text in texts}:
        texts.append(session.get_one(Inbound, ticket.inbound_id))
    lines = _lines(session, texts, sight)
    if ticket.inbound_id is None:
        lines.append(Heard(ticket.created_at, ticket.text))
        lines += [Said(given.at, given.text, given.official) for given in answers_to(session, ticket)]
    return _in_order(lines)


def conversation(session: Session, person: Person, limit: int = LIMIT, before: int | None = None) -> list[Heard | Said]:
    """The last `limit` texts of a person (those before an inbound id), with all that was said to them."""
    return _in_order(_lines(session, _texts(session, person, limit, before), Sight()))


def _lines(session: Session, texts: Iterable[Inbound], sight: Sight) -> list[Heard | Said]:
    shown = {text.id: text for text in texts if sight.shows(text.id, text.text)}
    came = _attachments(session, shown)
    lines: list[Heard | Said] = [
        Heard(text.received_at, text.text, text, came.get(number, ())) for number, text in shown.items()
    ]
    for replies in replies_to(session, shown).values():
        lines += [Said(r.created_at, r.text, r.approver, r) for r in replies if sight.shows(None, r.text)]
    return lines


def _attachments(session: Session, inbound_ids: Iterable[int]) -> dict[int, tuple[Attachment, ...]]:
    found: dict[int, tuple[Attachment, ...]] = {}
    query = select(Attachment).where(Attachment.inbound_id.in_(list(inbound_ids))).order_by(Attachment.id)
    for attachment in session.scalars(query):
        found[attachment.inbound_id] = (*found.get(attachment.inbound_id, ()), attachment)
    return found


def _in_order(lines: list[Heard | Said]) -> list[Heard | Said]:
    return sorted(lines, key=lambda line: (line.at, isinstance(line, Said)))


def _texts(session: Session, person: Person, limit: int, before: int | None = None) -> Sequence[Inbound]:
    query = select(Inbound).where(person.wrote()).order_by(Inbound.id.desc()).limit(limit)
    return session.scalars(query.where(Inbound.id < before) if before is not None else query).all()
