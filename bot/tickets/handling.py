"""Tickets: what only a person can answer, and the answer's way back through the same channel."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.exchange import DEFAULT_BODY, KnownTicket, Reason, TicketOpened
from bot.inbound import Origin
from bot.models import Inbound, Ticket, TicketAnswer, TicketStatus
from bot.numbers import changed_at, has_changed_since
from foundation.clock import say_time
from foundation.database import hold
from foundation.message_class import MessageClass
from foundation.refusal import Refusal
from foundation.text import holds_link, nfc, segment
from people import Duties, Matter, Official, Right, has_right, record, require
from scheduler.outbox import NewMessage, Route, enqueue, in_parts, way_back

LONGEST_ANSWER_SEGMENTS = 6
ACCUSING = frozenset({Reason.LIST_OBJECTION, Reason.CORRUPTION})
"""What is said against a commune: nobody of it may see who said so."""


class TicketError(Refusal):
    """Something that may not be done with a ticket; the message is Vietnamese."""


def open_ticket(session: Session, opened: TicketOpened, origin: Origin, now: datetime) -> Ticket:
    """Store a ticket, with its owner, in the caller's transaction.

    A code taken by chance raises IntegrityError: the turn is redone.
    """
    ticket = Ticket(
        code=opened.code,
        kind=opened.kind,
        reason=opened.reason,
        topic=opened.topic,
        place=opened.place,
        confidential=opened.confidential,
        urgent=opened.urgent,
        hour=opened.hour,
        language=opened.language,
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
    owner = Duties.load(session).owner(matter_of(ticket))
    ticket.owner = owner.name if owner else None
    session.add(ticket)
    session.flush()
    return ticket


def matter_of(ticket: Ticket) -> Matter:
    """What the ticket asks of whoever shall own it."""
    return Matter(ticket.place, ticket.topic, ticket.confidential, ticket.confidential and ticket.reason in ACCUSING)


def body_of(session: Session, place: str | None = None, topic: str | None = None) -> str:
    """The body that answers for a place and a topic, as an acknowledgement names it."""
    owner = Duties.load(session).owner(Matter(place, topic))
    return owner.body if owner and owner.body else DEFAULT_BODY


def tickets_of(session: Session, channel: str, address: str) -> tuple[KnownTicket, ...]:
    """The person's tickets, oldest first; none of who had the number before."""
    query = select(Ticket).where(Ticket.address_hash == address, Ticket.channel == channel).order_by(Ticket.id)
    since = changed_at(session, channel, address)
    rows = session.scalars(query.where(Ticket.created_at >= since) if since else query)
    return tuple(KnownTicket(row.code, row.status, row.due_on, row.confidential) for row in rows)


def ticket_by_code(session: Session, code: str) -> Ticket:
    """Raises TicketError when there is none."""
    ticket = session.scalar(select(Ticket).where(Ticket.code == code.upper()))
    if ticket is None:
        raise unknown_ticket(code)
    return ticket


def unknown_ticket(code: str) -> TicketError:
    """Also said of a ticket that somebody may not see: that there is one tells too much."""
    return TicketError(f"không có phiếu {code}")


def may_see(session: Session, official: Official, ticket: Ticket) -> bool:
    """Whether an official may know of a ticket: of a confidential one, its owner and those with that duty alone."""
    if not has_right(official, Right.ANSWER):
        return False
    if not ticket.confidential or ticket.owner == official.name:
        return True
    return Duties.load(session).handles(official.name, matter_of(ticket))


def answers_to(session: Session, ticket: Ticket) -> Sequence[TicketAnswer]:
    """What officials answered, oldest first."""
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
        TicketError: closed, not theirs to see, empty, with a link, longer than `LONGEST_ANSWER_SEGMENTS` with its
            code, or its number has become another person's.
        OfficialError: the official's role does not give the right.
        RouteError: no gateway of that channel is in use.

    Also TicketError where the channel takes no answers so long after the person last wrote.
    """
    _take_hold(session, official, ticket)
    text = nfc(text).strip()
    _check(session, ticket, text)
    route = way_back(routes, ticket.gateway, ticket.channel)
    asked_at = _last_wrote(session, ticket)
    _check_window(ticket, route, asked_at, now)
    given = TicketAnswer(ticket_id=ticket.id, official=official.name, text=text, at=now)
    session.add(given)
    session.flush()
    message = NewMessage(
        dedupe_key=f"ticket:{ticket.id}:{given.id}",
        address=ticket.address,
        text=as_sent(ticket, text),
        message_class=MessageClass.REPLY,
        route=route,
        not_before=now,
        inbound_id=ticket.inbound_id,
        asked_at=asked_at,
        template="ticket",
        approver=official.name,
    )
    enqueue(session, in_parts(message), now)
    ticket.status = TicketStatus.ANSWERED
    record(session, now, official.name, "ticket.answered", "ticket", ticket.code)
    return given


def _take_hold(session: Session, official: Official, ticket: Ticket) -> None:
    """Nobody else changes the ticket until this transaction ends. Raises for who may not see it."""
    hold(session, ticket)
    require(official, Right.ANSWER)
    if not may_see(session, official, ticket):
        raise unknown_ticket(ticket.code)


def _check(session: Session, ticket: Ticket, text: str) -> None:
    """Raises TicketError for an answer that cannot go out."""
    if ticket.status == TicketStatus.CLOSED:
        raise TicketError(f"phiếu {ticket.code} đã đóng, không trả lời được nữa")
    if has_changed_since(session, ticket.channel, ticket.address_hash, ticket.created_at):
        raise TicketError(
            f"số máy của phiếu {ticket.code} nay là của người khác: không gửi trả lời được, hãy đóng phiếu"
        )
    if not text:
        raise TicketError("chưa có câu trả lời")
    if holds_link(text):
        raise TicketError("câu trả lời có liên kết: không tin nào gửi cho bà con được kèm liên kết")
    if (length := segment(as_sent(ticket, text)).segments) > LONGEST_ANSWER_SEGMENTS:
        raise TicketError(f"câu trả lời kèm mã phiếu dài {length} đoạn tin, nhiều nhất {LONGEST_ANSWER_SEGMENTS}")


def _last_wrote(session: Session, ticket: Ticket) -> datetime | None:
    """When the person last wrote to us on this channel; None for a ticket that no text opened."""
    return session.scalar(
        select(func.max(Inbound.received_at)).where(
            Inbound.address_hash == ticket.address_hash, Inbound.channel == ticket.channel
        )
    )


def _check_window(ticket: Ticket, route: Route, asked_at: datetime | None, now: datetime) -> None:
    """Raises TicketError where the channel takes answers for so long and no longer."""
    if route.reply_window is not None and asked_at is not None and now >= asked_at + route.reply_window:
        raise TicketError(
            f"phiếu {ticket.code}: bà con nhắn lần cuối lúc {say_time(asked_at)}, kênh này chỉ cho trả lời trong "
            f"{route.reply_window.days} ngày; hãy gọi điện hoặc gặp trực tiếp"
        )


def assign(session: Session, ticket: Ticket, to: Official, by: Official, now: datetime) -> None:
    """Give a ticket to another official, who is told by the next tick of the clock. To its owner again changes nothing.

    Raises:
        TicketError: closed, not `by`'s to see, or not for `to`: a confidential one goes only to who has that duty.
        OfficialError: one of the two may not answer tickets.
    """
    _take_hold(session, by, ticket)
    require(to, Right.ANSWER)
    if ticket.status == TicketStatus.CLOSED:
        raise TicketError(f"phiếu {ticket.code} đã đóng")
    if ticket.owner == to.name:
        return
    if ticket.confidential and not Duties.load(session).handles(to.name, matter_of(ticket)):
        raise TicketError(f"«{to.name}» không được giao phiếu kín của nơi này")
    hand_over(session, ticket, to.name, "ticket.assigned", by.name, now)


def hand_over(session: Session, ticket: Ticket, to: str, action: str, actor: str, now: datetime) -> None:
    """Make somebody the owner, on record; they have not been told and not been reminded yet."""
    record(session, now, actor, action, "ticket", ticket.code, owner=to, before=ticket.owner)
    ticket.owner, ticket.handed_over = to, ticket.handed_over + 1
    ticket.notified_at = ticket.reminded_at = None


def close(session: Session, ticket: Ticket, official: Official, now: datetime) -> None:
    """Close a ticket. Closing twice is no error. Raises TicketError when it is not theirs to see."""
    _take_hold(session, official, ticket)
    if ticket.status != TicketStatus.CLOSED:
        ticket.status, ticket.closed_at = TicketStatus.CLOSED, now
        record(session, now, official.name, "ticket.closed", "ticket", ticket.code)
