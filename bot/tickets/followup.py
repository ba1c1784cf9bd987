"""Keeps tickets moving: an owner for each, told at once, reminded before it is due; late, it goes to the next one up.

Everything stands in the ticket's row and in dedupe keys: whoever asks twice does it once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from bot.models import Ticket, TicketStatus
from bot.tickets.handling import hand_over, matter_of
from bot.tickets.notices import Title, as_carried, notice, reminder
from foundation.clock import add_working_days, is_working_day, today
from foundation.database import Database
from foundation.holidays import DaysOff
from foundation.message_class import MessageClass
from people import Duties, Holder, record
from scheduler.outbox import NewMessage, Route, RouteError, enqueue, in_parts, way_back

REMIND_BEFORE = 1
"""Working days before the due day: time enough to ask somebody and answer."""
ESCALATE_EVERY = 2
"""Working days that each one up has, once a ticket is late."""
URGENT_WAITS = timedelta(hours=1)
"""What each one up has when somebody is in danger, whatever the day."""
MOST_ESCALATIONS = 3
"""From a commune to the province; after that it stands as late in the console and nobody is told again."""
CLOCK = "clock"
"""Who did it, in the audit log."""


class Step(StrEnum):
    """What a ticket needs now."""

    ASSIGN = "assign"
    ESCALATE = "escalate"
    NOTIFY = "notify"
    REMIND = "remind"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What following up depends on besides the tickets and the hour."""

    routes: Mapping[str, Route]
    days_off: DaysOff
    title: Title

    def run(self, database: Database, now: datetime) -> int:
        """Do what is due; how many tickets needed something. A ticket's steps are one transaction."""
        with database.read() as session:
            duties = Duties.load(session)
            waiting = [t.id for t in _open_tickets(session) if self.step(t, duties, now)]
        for ticket_id in waiting:
            with database.write() as session:
                self._move(session, session.get_one(Ticket, ticket_id, with_for_update=True), now)
        return len(waiting)

    def step(self, ticket: Ticket, duties: Duties, now: datetime) -> Step | None:
        """What an open ticket needs, if anything."""
        if ticket.status != TicketStatus.OPEN:
            return None
        if ticket.owner not in duties.holders:
            return Step.ASSIGN if duties.owner(matter_of(ticket)) else None
        if self._is_late(ticket, now):
            return Step.ESCALATE
        if ticket.notified_at is None:
            return Step.NOTIFY
        return Step.REMIND if self._is_due_soon(ticket, ticket.notified_at, now) else None

    def _is_late(self, ticket: Ticket, now: datetime) -> bool:
        """Whether it is time for the next one up. Nobody is blamed for a day off."""
        if ticket.escalations >= MOST_ESCALATIONS:
            return False
        if ticket.urgent:
            return now >= ticket.created_at + URGENT_WAITS * (ticket.escalations + 1)
        until = add_working_days(ticket.due_on, ESCALATE_EVERY * ticket.escalations, self.days_off)
        return today(now) > until and is_working_day(today(now), self.days_off)

    def _is_due_soon(self, ticket: Ticket, notified_at: datetime, now: datetime) -> bool:
        """Whether to remind: once, and not on the day on which they were told."""
        soon = add_working_days(ticket.due_on, -REMIND_BEFORE, self.days_off)
        return ticket.reminded_at is None and today(now) >= soon and today(now) > today(notified_at)

    def _move(self, session: Session, ticket: Ticket, now: datetime) -> None:
        duties = Duties.load(session)
        while step := self.step(ticket, duties, now):
            match step:
                case Step.ASSIGN:
                    _assign(session, ticket, duties, now)
                case Step.ESCALATE:
                    _escalate(session, ticket, duties, now)
                case Step.NOTIFY:
                    ticket.notified_at = now
                    self._tell(session, ticket, duties, step, now)
                case Step.REMIND:
                    ticket.reminded_at = now
                    self._tell(session, ticket, duties, step, now)

    def _tell(self, session: Session, ticket: Ticket, duties: Duties, step: Step, now: datetime) -> None:
        """Put the text to the owner into the outbox, or to the first one up whom a text reaches."""
        found = next(self._reachable(ticket, duties), None)
        if found is None or found[0].name != ticket.owner:
            told = found[0].name if found else None
            record(
                session, now, CLOCK, "ticket.owner_unreachable", "ticket", ticket.code, owner=ticket.owner, told=told
            )
        if found is None:
            return
        holder, address, route = found
        instead_of = ticket.owner if holder.name != ticket.owner else None
        remind = step is Step.REMIND
        text = reminder(ticket, self.title) if remind else notice(ticket, self.title, today(now), instead_of)
        message = NewMessage(
            dedupe_key=f"{step}:{ticket.id}:{ticket.handed_over}:{ticket.escalations}",
            address=address,
            text=as_carried(text, route.channel),
            # Somebody in danger does not wait for the morning: as an answer it knows no quiet hours.
            message_class=MessageClass.REPLY if ticket.urgent else MessageClass.OPERATIONAL,
            route=route,
            not_before=now,
            template=f"ticket_{step}",
        )
        enqueue(session, in_parts(message), now)

    def _reachable(self, ticket: Ticket, duties: Duties) -> Iterator[tuple[Holder, str, Route]]:
        """The owner and those above, as far as a gateway in use reaches their telephone and they have not stopped it.
        What is urgent goes out as an answer, which nobody has stopped."""
        seen: set[str] = set()
        holder = duties.holders.get(ticket.owner or "")
        while holder and holder.name not in seen:
            seen.add(holder.name)
            heard = ticket.urgent or holder.suppressed is None
            if heard and holder.address and holder.channel and (route := self._route(holder.channel)):
                yield holder, holder.address, route
            holder = duties.next_up(holder.name, matter_of(ticket))

    def _route(self, channel: str) -> Route | None:
        try:
            return way_back(self.routes, None, channel)
        except RouteError:
            return None


def _open_tickets(session: Session) -> Sequence[Ticket]:
    """Without what is encrypted: looked at every few seconds."""
    unread = (defer(column) for column in (Ticket.address, Ticket.text, Ticket.hour, Ticket.language))
    query = select(Ticket).where(Ticket.status == TicketStatus.OPEN).order_by(Ticket.id)
    return session.scalars(query.options(*unread)).all()


def _assign(session: Session, ticket: Ticket, duties: Duties, now: datetime) -> None:
    owner = duties.owner(matter_of(ticket))
    assert owner is not None, "a step is ASSIGN only where there is somebody"
    hand_over(session, ticket, owner.name, "ticket.assigned", CLOCK, now)


def _escalate(session: Session, ticket: Ticket, duties: Duties, now: datetime) -> None:
    """To the next one up; where there is none, its owner is told that it is late."""
    ticket.escalations += 1
    higher = duties.next_up(ticket.owner or "", matter_of(ticket))
    if higher:
        hand_over(session, ticket, higher.name, "ticket.escalated", CLOCK, now)
    else:
        record(session, now, CLOCK, "ticket.late", "ticket", ticket.code, owner=ticket.owner)
        ticket.notified_at = None
