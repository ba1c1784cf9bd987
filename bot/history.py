"""What was said with a person on a channel, as officials read it: their texts, what was said to each, and what went to
many people and to them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, SQLColumnExpression, func, select
from sqlalchemy.orm import Session

from bot.models import Attachment, Inbound, NumberChange, Ticket
from bot.tickets.handling import answers_to
from bot.tickets.sight import Sight
from bot.turns import OFFICIAL
from campaigns.lists import programme_of_batch
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
    """A text of ours. `official` signed it, or None when the machine answered; `message` tells whether it arrived.

    `plan` is the programme that a broadcast was sent for, if any.
    """

    at: datetime
    text: str
    official: str | None
    message: OutboundMessage | None = None
    plan: str | None = None

    @property
    def is_broadcast(self) -> bool:
        """Whether it went to many people, and answers nobody."""
        return self.message is not None and self.message.batch_id is not None


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

    def got(self) -> ColumnElement[bool]:
        """The broadcasts that left us for them; what was held back or refused by us was never sent."""
        mine = (OutboundMessage.address_hash == self.address) & (OutboundMessage.channel == self.channel)
        left_us = OutboundMessage.batch_id.is_not(None) & OutboundMessage.sent_at.is_not(None)
        return self._between(mine & left_us, OutboundMessage.sent_at)

    def _between(self, mine: ColumnElement[bool], moment: SQLColumnExpression[datetime | None]) -> ColumnElement[bool]:
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
    """The last `limit` texts of the ticket's person, the one that opened it among them, with what was said to them and
    the broadcasts that they may answer, `limit` at most."""
    person = person_at(session, ticket.channel, ticket.address_hash, ticket.created_at)
    texts = _texts(session, person, limit)
    lines = _page(session, person, texts, None, sight, limit)
    if ticket.inbound_id is None:
        lines.append(Heard(ticket.created_at, ticket.text))
        lines += [Said(given.at, given.text, given.official) for given in answers_to(session, ticket)]
    elif ticket.inbound_id not in {text.id for text in texts}:
        opening = session.get_one(Inbound, ticket.inbound_id)
        lines += _page(session, person, [opening], opening.received_at, sight, limit)
    return _in_order(lines)


def conversation(session: Session, person: Person, limit: int = LIMIT, before: int | None = None) -> list[Heard | Said]:
    """The last `limit` texts of a person (those before an inbound id), with what was said to them and the broadcasts
    that they may answer, `limit` at most."""
    texts = _texts(session, person, limit, before)
    if before is None:
        return _in_order(_page(session, person, texts, None, Sight(), limit))
    return _in_order(_page(session, person, texts, texts[0].received_at, Sight(), limit)) if texts else []


def _page(
    session: Session, person: Person, texts: Sequence[Inbound], until: datetime | None, sight: Sight, limit: int
) -> list[Heard | Said]:
    """Texts of a person, the newest first, with all that was said to them. What went to many people stands with the
    text after it, which may be an answer: so it is shown from the text before these on, until a moment."""
    before = _texts(session, person, 1, texts[-1].id) if texts else []
    since = before[0].received_at if before else None
    sent = [said for said in _broadcasts(session, person, since, until, limit) if sight.shows(None, said.text)]
    return [*_lines(session, texts, sight), *sent]


def _lines(session: Session, texts: Iterable[Inbound], sight: Sight) -> list[Heard | Said]:
    shown = {text.id: text for text in texts if sight.shows(text.id, text.text)}
    came = _attachments(session, shown)
    lines: list[Heard | Said] = [
        Heard(text.received_at, text.text, text, came.get(number, ())) for number, text in shown.items()
    ]
    for replies in replies_to(session, shown).values():
        lines += [Said(r.created_at, r.text, r.approver, r) for r in replies if sight.shows(None, r.text)]
    return lines


def _broadcasts(
    session: Session, person: Person, since: datetime | None, until: datetime | None, limit: int
) -> list[Said]:
    query = select(OutboundMessage).where(person.got()).order_by(OutboundMessage.sent_at.desc()).limit(limit)
    if since is not None:
        query = query.where(OutboundMessage.sent_at > since)
    if until is not None:
        query = query.where(OutboundMessage.sent_at <= until)
    return [
        Said(m.sent_at or m.created_at, m.text, m.approver, m, _plan(session, m.batch_id))
        for m in session.scalars(query).all()
    ]


def _plan(session: Session, batch_id: int | None) -> str | None:
    programme = programme_of_batch(session, batch_id) if batch_id is not None else None
    return programme.title if programme else None


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
