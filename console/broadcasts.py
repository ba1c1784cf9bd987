"""Broadcasts to look at: the list, one of them, and its progress while it goes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Response, abort, render_template, request
from flask_login import current_user
from sqlalchemy.orm import Session

from campaigns.audiences.models import Audience, AudienceCommune
from campaigns.audiences.objections import RULE, audience_of, communes_of
from campaigns.broadcasts import (
    EDITABLE,
    TRANSITIONS,
    BroadcastError,
    Progress,
    broadcast_by_id,
    current_status,
    progress,
    text_version,
    writers,
)
from campaigns.estimates import last_leaves
from campaigns.lists import list_broadcasts
from campaigns.models import Broadcast, Programme, Status
from console.access import needs
from console.bars import Bar, bar
from console.blueprint import here, pages
from console.forms.broadcast import ReturnForm
from console.previews import Preview, preview
from foundation.clock import today
from foundation.message_class import MessageClass
from people import Group, Right

PAGE = 50
SOON_S = 60
OFTEN_S, SELDOM_S = 2, 15
RUNNING = (Status.SENDING, Status.PAUSED)


@dataclass(frozen=True, slots=True)
class Origin:
    """How the group of a broadcast was worked out, and what the communes concerned say to it."""

    audience: Audience
    communes: Sequence[AudienceCommune]

    @property
    def objections(self) -> list[AudienceCommune]:
        return [commune for commune in self.communes if commune.objected_at is not None]


@dataclass(frozen=True, slots=True)
class Shown:
    """A broadcast with everything its page says of it; `policy` is what the benefit that it tells of is called, and
    `origin` is None where people were put into the group by hand."""

    broadcast: Broadcast
    group: Group
    policy: str | None
    origin: Origin | None
    programme: Programme | None
    writers: frozenset[str]
    progress: Progress
    bar: Bar
    preview: Preview
    last_leaves: datetime | None
    """When its last text will leave, if all goes well; None once it goes out."""


@pages.get("/broadcasts")
@needs(Right.WRITE)
def broadcasts() -> str:
    before = request.args.get("before", type=int)
    with here().database.read() as session:
        found = list_broadcasts(session, limit=PAGE, before=before)
        listed = [(broadcast, current_status(session, broadcast)) for broadcast in found]
    return render_template("console/broadcasts/list.html", broadcasts=listed, full=len(listed) == PAGE)


@pages.get("/broadcasts/<int:broadcast_id>")
@needs(Right.WRITE)
def broadcast(broadcast_id: int) -> str:
    with here().database.read() as session:
        shown = show(session, find(session, broadcast_id))
    return render_template(
        "console/broadcasts/detail.html",
        shown=shown,
        may=possible(shown),
        seen=version(shown.broadcast),
        returning=ReturnForm(formdata=None),
        poll_s=poll_s(shown),
        rule=RULE,
        today=today(here().now()),
    )


@pages.get("/broadcasts/<int:broadcast_id>/progress")
@needs(Right.WRITE)
def broadcast_progress(broadcast_id: int) -> Response | str:
    """The part of the page that moves. Once the status is another than `seen`, the whole page is asked for anew."""
    with here().database.read() as session:
        shown = show(session, find(session, broadcast_id))
    if request.args.get("seen") != shown.progress.status:
        return Response(headers={"HX-Refresh": "true"})
    return render_template("console/broadcasts/_progress.html", shown=shown, poll_s=poll_s(shown))


def find(session: Session, broadcast_id: int) -> Broadcast:
    """The broadcast, or 404."""
    try:
        return broadcast_by_id(session, broadcast_id)
    except BroadcastError:
        abort(404)


def show(session: Session, broadcast: Broadcast) -> Shown:
    """Everything a page says of a broadcast, read in the caller's session."""
    reached, route = progress(session, broadcast), here().route_of(broadcast.message_class)
    return Shown(
        broadcast=broadcast,
        group=session.get_one(Group, broadcast.group_id),
        policy=here().rules().benefit(broadcast.policy).title if broadcast.policy else None,
        origin=_origin(session, broadcast),
        programme=session.get(Programme, broadcast.programme_id) if broadcast.programme_id else None,
        writers=writers(session, broadcast),
        progress=reached,
        bar=bar(reached),
        preview=preview(session, broadcast.text, broadcast.group_id, MessageClass(broadcast.message_class), route),
        last_leaves=last_leaves(broadcast, route, here().now()) if Status(broadcast.status) in EDITABLE else None,
    )


def _origin(session: Session, broadcast: Broadcast) -> Origin | None:
    audience = audience_of(session, broadcast.group_id)
    return Origin(audience, communes_of(session, audience)) if audience else None


def possible(shown: Shown) -> frozenset[str]:
    """What the official who is logged in may do with it now, by the names of the actions."""
    status = shown.progress.status
    follows = TRANSITIONS[status]
    writes, approves = current_user.may(Right.WRITE), current_user.may(Right.APPROVE)
    another = current_user.name not in shown.writers
    offered = {
        "edit": writes and status in EDITABLE,
        "submit": writes and Status.SUBMITTED in follows,
        "approve": approves and another and Status.SCHEDULED in follows,
        "return": approves and Status.RETURNED in follows,
        "pause": writes and Status.PAUSED in follows,
        "resume": approves and status is Status.PAUSED,
        "cancel": writes and Status.CANCELLED in follows,
    }
    return frozenset(action for action, allowed in offered.items() if allowed)


def version(broadcast: Broadcast) -> str:
    """Changes with all that an approver puts their name to."""
    times = f"{broadcast.scheduled_at}\n{broadcast.expires_at}\n{broadcast.spread_s}"
    return text_version(f"{broadcast.text}\n{times}\n{broadcast.cost_vnd}")


def poll_s(shown: Shown) -> int | None:
    """How often the page should look again, in seconds; None when nothing more will happen."""
    match shown.progress.status:
        case Status.SENDING | Status.PAUSED:
            return OFTEN_S
        case Status.SCHEDULED:
            wait = (shown.broadcast.scheduled_at - here().now()).total_seconds()
            return OFTEN_S if wait < SOON_S else SELDOM_S
        case Status.DONE | Status.CANCELLED if any(row.tone == "under-way" for row in shown.bar.rows):
            return SELDOM_S  # receipts still come in
    return None
