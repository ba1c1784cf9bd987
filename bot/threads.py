"""Everybody who talks with us, one conversation a person and channel, as officials look through them."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, not_, select
from sqlalchemy.orm import Session, aliased

from bot.history import Person, person_at
from bot.models import Inbound, Ticket
from bot.tickets.handling import TicketError, ticket_by_code
from bot.tickets.sight import open_to
from bot.turns import OFFICIAL
from foundation.identifiers import find_ticket_codes
from foundation.phones import PhoneError, parse_phone
from foundation.refusal import Refusal
from foundation.text import fold
from people import Official, Post, Right, require


class ThreadError(Refusal):
    """A conversation that is not found; the message is Vietnamese."""


@dataclass(frozen=True, slots=True)
class Thread:
    """A person's conversation by one of its texts (in a list: the newest), with their tickets, the newest first."""

    text: Inbound
    person: Person
    tickets: tuple[Ticket, ...]

    @property
    def anonymous(self) -> bool:
        """Whether something was told in confidence: then not even the ends of the number are shown."""
        return any(ticket.confidential for ticket in self.tickets)


def list_threads(session: Session, official: Official, limit: int = 50, before: int | None = None) -> list[Thread]:
    """Whoever wrote last comes first; `before` is the id of the last text on the page before.

    Who has a ticket that this official may not see is left out whole, and so is what came from officials' telephones.
    """
    later = aliased(Inbound)
    superseded = exists().where(
        later.address_hash == Inbound.address_hash,
        later.channel == Inbound.channel,
        later.kind.is_distinct_from(OFFICIAL),
        later.id > Inbound.id,
    )
    query = select(Inbound).where(~superseded, _open(session, official)).order_by(Inbound.id.desc()).limit(limit)
    rows = session.scalars(query.where(Inbound.id < before) if before is not None else query).all()
    return [_thread(session, row) for row in rows]


def thread_of(session: Session, official: Official, inbound_id: int) -> Thread:
    """The conversation that a text stands in. Raises ThreadError when there is none that this official may read."""
    return _newest(session, official, Inbound.id == inbound_id, "không có hội thoại này")


def find_thread(session: Session, official: Official, wanted: str) -> Thread:
    """The conversation of a ticket's code, or of a phone number, which takes the right to manage.

    Raises:
        ThreadError: neither a code nor a number, or no conversation of it.
        OfficialError: a number, and the official's role does not give the right.
    """
    if codes := find_ticket_codes(fold(wanted)):
        return _by_code(session, official, codes[0][0])
    try:
        phone = parse_phone(wanted)
    except PhoneError as error:
        raise ThreadError("gõ mã phiếu (PA và 7 chữ số) hoặc số điện thoại") from error
    require(official, Right.MANAGE)
    return _newest(session, official, Inbound.address_hash == phone, "không có hội thoại nào của số này")


def _by_code(session: Session, official: Official, code: str) -> Thread:
    nothing = f"không có hội thoại nào của phiếu {code}"
    try:
        ticket = ticket_by_code(session, code)
    except TicketError as error:
        raise ThreadError(nothing) from error
    person = person_at(session, ticket.channel, ticket.address_hash, ticket.created_at)
    return _newest(session, official, person.wrote(), nothing)


def _newest(session: Session, official: Official, whose: ColumnElement[bool], nothing: str) -> Thread:
    row = session.scalar(select(Inbound).where(whose, _open(session, official)).order_by(Inbound.id.desc()).limit(1))
    if row is None:
        raise ThreadError(nothing)
    return _thread(session, row)


def _open(session: Session, official: Official) -> ColumnElement[bool]:
    """The texts of those whose every ticket this official may see, and who are no officials."""
    theirs = (Ticket.address_hash == Inbound.address_hash) & (Ticket.channel == Inbound.channel)
    closed = exists().where(theirs, not_(open_to(session, official)))
    ours = exists().where(Post.address_hash == Inbound.address_hash, Post.channel == Inbound.channel)
    return not_(closed) & not_(ours) & Inbound.kind.is_distinct_from(OFFICIAL)


def _thread(session: Session, text: Inbound) -> Thread:
    person = person_at(session, text.channel, text.address_hash, text.answered_at or text.received_at)
    tickets = session.scalars(select(Ticket).where(person.opened()).order_by(Ticket.id.desc())).all()
    return Thread(text, person, tuple(tickets))
