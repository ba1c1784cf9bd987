"""What was said with the person behind a ticket, for the official who has to answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.models import Inbound, Ticket
from bot.tickets import answers_to
from scheduler.outbox import OutboundMessage, replies_to


@dataclass(frozen=True, slots=True)
class Heard:
    """A text of the person. `inbound` holds how it was understood; None where the ticket was opened without one."""

    at: datetime
    text: str
    inbound: Inbound | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A text of ours. `official` signed it, or None when the machine answered; `message` tells whether it arrived."""

    at: datetime
    text: str
    official: str | None
    message: OutboundMessage | None = None


def history(session: Session, ticket: Ticket, limit: int = 50) -> list[Heard | Said]:
    """The last `limit` texts from the ticket's number on its channel, and all that was said to them, oldest first."""
    texts = _texts(session, ticket, limit)
    lines: list[Heard | Said] = [Heard(text.received_at, text.text, text) for text in texts]
    for replies in replies_to(session, [text.id for text in texts]).values():
        lines += [Said(reply.created_at, reply.text, reply.approver, reply) for reply in replies]
    if ticket.inbound_id is None:
        lines.append(Heard(ticket.created_at, ticket.text))
        lines += [Said(given.at, given.text, given.official) for given in answers_to(session, ticket)]
    return sorted(lines, key=lambda line: (line.at, isinstance(line, Said)))


def _texts(session: Session, ticket: Ticket, limit: int) -> Sequence[Inbound]:
    return session.scalars(
        select(Inbound)
        .where(Inbound.address_hash == ticket.address_hash, Inbound.channel == ticket.channel)
        .order_by(Inbound.id.desc())
        .limit(limit)
    ).all()
