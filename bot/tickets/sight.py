"""What an official may read of a person's talk: what is confidential is for those named alone, and leaves no gap.

Whoever may not read a confidential ticket must not learn that there is one, so the whole talk around the text that
opened it is left out, and later texts that name its code.
"""

from dataclasses import dataclass
from itertools import pairwise

from sqlalchemy import ColumnElement, and_, false, not_, or_, select
from sqlalchemy.orm import Session

from bot.memory import REMEMBERED
from bot.models import Inbound, Ticket
from bot.tickets.handling import matter_of
from foundation.identifiers import find_ticket_codes
from foundation.text import fold
from people import Duties, Official, Right, has_right


@dataclass(frozen=True, slots=True)
class Sight:
    """What of one person's talk is left out, and whether even the ends of their number are."""

    hidden: frozenset[int] = frozenset()
    codes: frozenset[str] = frozenset()
    anonymous: bool = False

    def shows(self, inbound_id: int | None, text: str) -> bool:
        """Whether a text may be read: one that came in (with its id), or one of ours."""
        return inbound_id not in self.hidden and not any(
            code in self.codes for code, _ in find_ticket_codes(fold(text))
        )


def open_to(session: Session, official: Official) -> ColumnElement[bool]:
    """The tickets that an official may see (`bot.tickets.handling.may_see`), as a condition for a query of many.

    A confidential one by what it is about, since duties are given by that.
    """
    if not has_right(official, Right.ANSWER):
        return false()
    duties = Duties.load(session)
    kinds = session.execute(select(Ticket.place, Ticket.topic, Ticket.reason).where(Ticket.confidential).distinct())
    theirs = [
        and_(
            Ticket.place.is_not_distinct_from(place),
            Ticket.topic.is_not_distinct_from(topic),
            Ticket.reason == reason,
        )
        for place, topic, reason in kinds
        if duties.handles(official.name, matter_of(Ticket(place=place, topic=topic, reason=reason, confidential=True)))
    ]
    return or_(not_(Ticket.confidential), Ticket.owner.is_not_distinct_from(official.name), *theirs)


def sight_of(session: Session, official: Official, channel: str, address: bytes) -> Sight:
    """What that official may read of the talk with that person."""
    theirs = select(Ticket).where(Ticket.address_hash == address, Ticket.channel == channel)
    opened = open_to(session, official)
    seen, closed = session.scalars(theirs.where(opened)).all(), session.scalars(theirs.where(not_(opened))).all()
    anonymous = any(ticket.confidential for ticket in seen)
    if not closed:
        return Sight(anonymous=anonymous)
    around = _talks_around(session, channel, address, {ticket.inbound_id for ticket in closed})
    kept = {ticket.inbound_id for ticket in seen}
    return Sight(frozenset(around - kept), frozenset(ticket.code for ticket in closed), anonymous)


def _talks_around(session: Session, channel: str, address: bytes, opening: set[int | None]) -> set[int]:
    """The texts of every talk that holds one of these; a talk ends where its memory does."""
    rows = session.execute(
        select(Inbound.id, Inbound.received_at)
        .where(Inbound.address_hash == address, Inbound.channel == channel)
        .order_by(Inbound.id)
    ).all()
    talks = [{rows[0].id}] if rows else []
    for earlier, later in pairwise(rows):
        if later.received_at - earlier.received_at >= REMEMBERED:
            talks.append(set())
        talks[-1].add(later.id)
    return {inbound_id for talk in talks if talk & opening for inbound_id in talk}
