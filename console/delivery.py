"""How texts leave: which gateways are trusted, what waits, what is uncertain and what a person decides about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.models import Broadcast
from console.access import me, needs
from console.blueprint import here, pages
from console.filters import sentence
from foundation.message_class import MessageClass
from foundation.refusal import Refusal
from people import Right
from scheduler.outbox.decisions import Decision, resend, settle_by_hand, try_now
from scheduler.outbox.overview import Trust, Uncertain, count_uncertain, queues, refusals, trusts, uncertain
from scheduler.outbox.states import CircuitState

LISTED = 200
"""Uncertain messages on the page: who decides about a group decides about those that are shown."""

_DONE = {
    Decision.ARRIVED: "Đã ghi: {} tin đã đến.",
    Decision.LOST: "Đã ghi: {} tin không đến.",
    Decision.RESEND: "Đang gửi lại {} tin.",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Uncertain messages that belong together: of one broadcast, or else of one class, through one gateway."""

    message_class: MessageClass
    gateway: str
    broadcast: Broadcast | None
    messages: Sequence[Uncertain]

    @property
    def references(self) -> list[str]:
        return [message.reference for message in self.messages]

    @property
    def price_vnd(self) -> int:
        return sum(message.price_vnd for message in self.messages)

    @property
    def left(self) -> tuple[datetime | None, datetime | None]:
        """When the first and the last of them left."""
        return self.messages[0].sent_at, self.messages[-1].sent_at

    def told_until(self, now: datetime) -> datetime | None:
        """Until when a carrier may still tell of one of them; None once that is past."""
        last = self.left[1]
        until = last + here().uncertain_for if last else now
        return until if until > now else None


@pages.get("/delivery")
@needs(Right.WRITE)
def delivery() -> str:
    """What is shown of single texts is for who may approve texts."""
    now = here().now()
    with here().database.read() as session:
        groups = _groups(session) if current_user.may(Right.APPROVE) else []
        return render_template(
            "console/delivery/index.html",
            gateways=trusts(session, here().routes),
            queues=queues(session, now),
            refusals=refusals(session, now),
            uncertain=count_uncertain(session),
            groups=groups,
            listed=sum(len(group.messages) for group in groups),
            now=now,
        )


@pages.post("/delivery/decide")
@needs(Right.APPROVE)
def decide() -> ResponseReturnValue:
    """What a person says of the texts that were listed; with all of them or none."""
    references, because = request.form.getlist("reference"), request.form.get("because", "").strip()
    try:
        decision = Decision(request.form.get("decision", ""))
    except ValueError:
        abort(400)
    context = here()
    try:
        with context.database.write() as session:
            if decision is Decision.RESEND:
                now, may_tell_for = context.now(), context.uncertain_for
                done = resend(session, references, me(), context.routes, now, may_tell_for, because[:200] or None)
            else:
                done = settle_by_hand(session, references, decision, me(), context.now())
    except Refusal as refusal:
        flash(sentence(str(refusal)), "error")
    else:
        context.nudge()
        flash(_DONE[decision].format(len(done)))
    return redirect(url_for("console.delivery"))


@pages.post("/delivery/gateways/<name>/try")
@needs(Right.APPROVE)
def try_gateway(name: str) -> ResponseReturnValue:
    """End a gateway's rest, for instance when its account was topped up."""
    try:
        with here().database.write() as session:
            try_now(session, name, me(), here().now())
    except Refusal as refusal:
        flash(sentence(str(refusal)), "error")
    else:
        here().nudge()
        flash(f"Đang thử lại cổng {name} bằng vài tin.")
    return redirect(url_for("console.delivery"))


def resting_gateways(session: Session) -> list[Trust]:
    """The gateways in use that are not trusted just now."""
    return [trust for trust in trusts(session, here().routes) if trust.circuit is not CircuitState.CLOSED]


def _groups(session: Session) -> list[Group]:
    """The uncertain texts, those that left first in front."""
    found: dict[tuple[int | None, MessageClass, str], list[Uncertain]] = {}
    for message in uncertain(session, LISTED):
        found.setdefault((message.batch_id, message.message_class, message.gateway), []).append(message)
    batches = [batch_id for batch_id, _, _ in found if batch_id is not None]
    sent = {b.batch_id: b for b in session.scalars(select(Broadcast).where(Broadcast.batch_id.in_(batches)))}
    return [
        Group(message_class, gateway, sent.get(batch_id), messages)
        for (batch_id, message_class, gateway), messages in found.items()
    ]
