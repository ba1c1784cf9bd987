"""The first page: what waits for the official who opens it."""

from flask import render_template
from flask_login import current_user
from sqlalchemy.orm import Session

from bot.models import TicketStatus
from bot.tickets.inbox import Wanted, count_inbox, list_inbox
from campaigns.audiences.waiting import audiences_waiting, lists_waiting
from campaigns.broadcasts import progress
from campaigns.donations import list_pledges
from campaigns.lists import list_broadcasts
from campaigns.models import Broadcast, Status
from console.access import me, needs
from console.bars import Bar, bar
from console.blueprint import here, pages
from console.broadcasts import RUNNING
from console.delivery import resting_gateways
from foundation.clock import today
from people import Right
from scheduler.outbox.overview import count_uncertain

FEW = 5
WAITING = Wanted(status=TicketStatus.OPEN)


@pages.get("/")
def home() -> str:
    """Each part only for those who may act on it."""
    writes, approves = current_user.may(Right.WRITE), current_user.may(Right.APPROVE)
    answers = current_user.may(Right.ANSWER)
    now, day = here().now(), today(here().now())
    with here().database.read() as session:
        submitted = list_broadcasts(session, {Status.SUBMITTED}) if approves else []
        mine = list_broadcasts(session, {Status.RETURNED, Status.DRAFT}, me().name) if writes else []
        running = _running(session) if writes else []
        tickets = list_inbox(session, me(), WAITING, now, day, FEW) if answers else []
        counts = count_inbox(session, me(), WAITING, now, day)
        pledges = list_pledges(session, FEW) if writes else []
        lists = lists_waiting(session, me(), day) if answers else []
        audiences = audiences_waiting(session, day) if writes else []
        uncertain = count_uncertain(session) if approves else 0
        resting = resting_gateways(session) if approves else []
    return render_template(
        "console/home.html",
        to_approve=[broadcast for broadcast in submitted if broadcast.created_by != me().name],
        mine=mine[:FEW],
        running=running,
        tickets=tickets,
        pledges=pledges,
        waiting=counts.by_status.get(TicketStatus.OPEN, 0),
        late=counts.overdue,
        lists=lists,
        audiences=audiences,
        uncertain=uncertain,
        resting=resting,
        few=FEW,
        today=day,
    )


@pages.get("/running")
@needs(Right.WRITE)
def running() -> str:
    """The broadcasts that go out now, asked for again and again by the first page."""
    with here().database.read() as session:
        return render_template("console/_running.html", running=_running(session))


def _running(session: Session) -> list[tuple[Broadcast, Status, Bar]]:
    found = ((broadcast, progress(session, broadcast)) for broadcast in list_broadcasts(session, RUNNING))
    return [(broadcast, reached.status, bar(reached)) for broadcast, reached in found]
