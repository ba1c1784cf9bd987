"""Tickets as officials go through them: narrowed by place, topic, age and due day, counted, what burns first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, case, func, select
from sqlalchemy.orm import Session

from bot.models import Ticket, TicketStatus
from bot.tickets.sight import open_to
from people import Official

_OPEN_FIRST = case({status: rank for rank, status in enumerate(TicketStatus)}, value=Ticket.status)


class Due(StrEnum):
    """When a ticket must be answered, seen from today. What is answered is overdue no more."""

    OVERDUE = "overdue"
    TODAY = "today"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which tickets are looked for; what is None narrows nothing. "" as place, topic or owner means: none is known.

    `older` is in days since it came in. With `oldest_first` age decides the order, otherwise the due day.
    """

    status: TicketStatus | None = None
    place: str | None = None
    topic: str | None = None
    owner: str | None = None
    due: Due | None = None
    older: int | None = None
    oldest_first: bool = False


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are of each status, place and topic, every one under all other filters; and how many are late."""

    by_status: Mapping[str, int]
    by_place: Mapping[str, int]
    by_topic: Mapping[str, int]
    overdue: int


def list_inbox(
    session: Session, official: Official, wanted: Wanted, now: datetime, today: date, limit: int, offset: int = 0
) -> Sequence[Ticket]:
    """The tickets that this official may see: open ones first, urgent ones before others, then the most overdue."""
    first = Ticket.created_at if wanted.oldest_first else Ticket.due_on
    query = select(Ticket).where(open_to(session, official), *_matching(wanted, now, today))
    query = query.order_by(_OPEN_FIRST, Ticket.urgent.desc(), first, Ticket.id).limit(limit).offset(offset)
    return session.scalars(query).all()


def count_inbox(session: Session, official: Official, wanted: Wanted, now: datetime, today: date) -> Counts:
    """What the filters would leave."""

    def by(column: SQLColumnExpression[Any], others: Wanted) -> dict[str, int]:
        query = select(func.coalesce(column, ""), func.count()).group_by(column)
        rows = session.execute(query.where(visible, *_matching(others, now, today)))
        return {str(value): number for value, number in rows}

    visible = open_to(session, official)
    late = replace(wanted, status=TicketStatus.OPEN, due=Due.OVERDUE)
    overdue = session.scalar(select(func.count(Ticket.id)).where(visible, *_matching(late, now, today)))
    return Counts(
        by_status=by(Ticket.status, replace(wanted, status=None)),
        by_place=by(Ticket.place, replace(wanted, place=None)),
        by_topic=by(Ticket.topic, replace(wanted, topic=None)),
        overdue=overdue or 0,
    )


def _matching(wanted: Wanted, now: datetime, today: date) -> list[ColumnElement[bool]]:
    exact = (
        (Ticket.status, wanted.status),
        (Ticket.place, wanted.place),
        (Ticket.topic, wanted.topic),
        (Ticket.owner, wanted.owner),
    )
    conditions = [column == value if value else column.is_(None) for column, value in exact if value is not None]
    if wanted.older is not None:
        conditions.append(Ticket.created_at <= now - timedelta(days=wanted.older))
    match wanted.due:
        case Due.OVERDUE:
            conditions.append(and_(Ticket.due_on < today, Ticket.status == TicketStatus.OPEN))
        case Due.TODAY:
            conditions.append(Ticket.due_on == today)
        case Due.WEEK:
            conditions.append(and_(Ticket.due_on >= today, Ticket.due_on <= today + timedelta(days=7)))
    return conditions
