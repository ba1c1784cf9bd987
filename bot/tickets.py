"""Tickets: what only a person can answer, and the answer's way back through the same channel."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.exchange import KnownTicket, TicketOpened
from bot.inbound import Origin
from bot.models import Ticket, TicketAnswer, TicketStatus
from foundation.message_class import MessageClass
from foundation.refusal import Refusal
from foundation.text import holds_link, nfc, segment
from people import Official, Right, record, require
from scheduler.outbox import NewMessage, Route, enqueue, in_parts, way_back

LONGEST_ANSWER_SEGMENTS = 6


class TicketError(Refusal):
    """Something that may not be done with a ticket; the message is Vietnamese."""


def open_ticket(session: Session, opened: TicketOpened, origin: Origin, now: datetime) -> Ticket:
    """Store a ticket in the caller's transaction. A code taken by chance raises IntegrityError: the turn is redone."""
    ticket = Ticket(
        code=opened.code,
        kind=opened.kind,
        topic=opened.topic,
        status=TicketStatus.OPEN,
        inbound_id=origin.inbound_id,
        gateway=origin.gateway,
        channel=origin.channel,
        address=origin.address,
        address_hash=origin.address,
        text=origin.text,
        due_on=opened.due_on,
        created_at=now,
    )
    session.add(ticket)
    session.flush()
    return ticket


def tickets_of(session: Session, channel: str, address: str) -> tuple[KnownTicket, ...]:
    """The person's tickets, oldest first."""
    rows = session.scalars(
        select(Ticket).where(Ticket.address_hash == address, Ticket.channel == channel).order_by(Ticket.id)
    )
    return tuple(KnownTicket(row.code, row.status, row.due_on) for row in rows)


def ticket_by_code(session: Session, code: str) -> Ticket:
    """Raises TicketError when there is none."""
    ticket = session.scalar(select(Ticket).where(Ticket.code == code.upper()))
    if ticket is None:
        raise TicketError(f"không có phiếu {code}")
    return ticket


def list_tickets(session: Session, status: TicketStatus | None = None, limit: int = 200) -> Sequence[Ticket]:
    """Tickets by due day, the most urgent first."""
    query = select(Ticket).order_by(Ticket.due_on, Ticket.id).limit(limit)
    return session.scalars(query.where(Ticket.status == status) if status else query).all()


def answers_to(session: Session, ticket: Ticket) -> Sequence[TicketAnswer]:
    return session.scalars(
        select(TicketAnswer).where(TicketAnswer.ticket_id == ticket.id).order_by(TicketAnswer.id)
    ).all()


def as_sent(ticket: Ticket, text: str) -> str:
    """An answer as the person reads it: the ticket's code first, so that they know what it answers."""
    return f"{ticket.code}: {text}"


def answer(
    session: Session, ticket: Ticket, official: Official, text: str, routes: Mapping[str, Route], now: datetime
) -> TicketAnswer:
    """Answer a ticket: the text goes out at once, as a reply, the way the question came.

    Raises:
        TicketError: closed, empty, with a link, or longer than `LONGEST_ANSWER_SEGMENTS` with its code.
        OfficialError: the official's role does not give the right.
        RouteError: no gateway of that channel is in use.
    """
    require(official, Right.ANSWER)
    text = nfc(text).strip()
    if ticket.status == TicketStatus.CLOSED:
        raise TicketError(f"phiếu {ticket.code} đã đóng, không trả lời được nữa")
    if not text:
        raise TicketError("chưa có câu trả lời")
    if holds_link(text):
        raise TicketError("câu trả lời có liên kết: không tin nào gửi cho bà con được kèm liên kết")
    sent = as_sent(ticket, text)
    if (length := segment(sent).segments) > LONGEST_ANSWER_SEGMENTS:
        raise TicketError(f"câu trả lời kèm mã phiếu dài {length} đoạn tin, nhiều nhất {LONGEST_ANSWER_SEGMENTS}")
    route = way_back(routes, ticket.gateway, ticket.channel)
    given = TicketAnswer(ticket_id=ticket.id, official=official.name, text=text, at=now)
    session.add(given)
    session.flush()
    message = NewMessage(
        dedupe_key=f"ticket:{ticket.id}:{given.id}",
        address=ticket.address,
        text=sent,
        message_class=MessageClass.REPLY,
        route=route,
        not_before=now,
        inbound_id=ticket.inbound_id,
        template="ticket",
        approver=official.name,
    )
    enqueue(session, in_parts(message), now)
    ticket.status = TicketStatus.ANSWERED
    record(session, now, official.name, "ticket.answered", "ticket", ticket.code)
    return given


def close(session: Session, ticket: Ticket, official: Official, now: datetime) -> None:
    """Close a ticket. Closing twice is no error."""
    require(official, Right.ANSWER)
    if ticket.status != TicketStatus.CLOSED:
        ticket.status, ticket.closed_at = TicketStatus.CLOSED, now
        record(session, now, official.name, "ticket.closed", "ticket", ticket.code)
