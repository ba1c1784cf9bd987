"""What comes with a text and is no text: kept beside it, and shown with the ticket that it belongs to."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.models import Attachment, Inbound, NumberChange, Ticket
from gateways import Attached


def keep_attachments(session: Session, attached: Mapping[int, Sequence[Attached]]) -> None:
    """Store what came with each inbound text, by its id, in the caller's transaction."""
    session.add_all(
        Attachment(inbound_id=inbound_id, kind=one.kind, content=one.content)
        for inbound_id, several in attached.items()
        for one in several
    )


def has_attachments(session: Session, inbound_id: int | None) -> bool:
    """Whether something came with a text."""
    return session.scalar(select(Attachment.id).where(Attachment.inbound_id == inbound_id).limit(1)) is not None


def attachments_to(session: Session, ticket: Ticket) -> Sequence[Attachment]:
    """What came with the text that opened a ticket and with that person's later texts, oldest first: until it was
    closed, or the number became another person's."""
    if ticket.inbound_id is None:
        return []
    later = (
        Inbound.id >= ticket.inbound_id,
        Inbound.address_hash == ticket.address_hash,
        Inbound.channel == ticket.channel,
    )
    query = select(Attachment).join(Inbound, Inbound.id == Attachment.inbound_id).where(*later)
    if ticket.closed_at is not None:
        query = query.where(Inbound.received_at <= ticket.closed_at)
    if (changed := _changed_after(session, ticket)) is not None:
        query = query.where(func.coalesce(Inbound.answered_at, Inbound.received_at) < changed)
    return session.scalars(query.order_by(Attachment.id)).all()


def _changed_after(session: Session, ticket: Ticket) -> datetime | None:
    """When the number of a ticket first became another person's."""
    whose = NumberChange.address_hash == ticket.address_hash, NumberChange.channel == ticket.channel
    return session.scalar(select(func.min(NumberChange.at)).where(*whose, NumberChange.at > ticket.created_at))
