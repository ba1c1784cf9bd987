"""Receipts: merged by what the table of transitions allows; idempotent, in any order, early or late."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from scheduler.outbox.models import OutboundMessage
from scheduler.outbox.states import State, sources

SETTLED = frozenset({State.DELIVERED, State.SEEN, State.UNDELIVERED, State.FAILED, State.EXPIRED})


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What a gateway says became of a message of ours."""

    reference: str
    state: State
    provider_id: str | None = None
    detail: str | None = None


def merge(session: Session, gateway: str, reports: Iterable[DeliveryReport], now: datetime) -> int:
    """Apply reports in the caller's transaction; how many changed something.

    A report about a message that does not exist, went through another gateway, or is already further, changes nothing.
    """
    changed = 0
    for report in reports:
        values: dict[str, object] = {"state": report.state, "detail": report.detail}
        if report.provider_id:
            values["provider_id"] = report.provider_id[:120]
        if report.state in SETTLED:
            values["settled_at"] = now
        merged = session.execute(
            update(OutboundMessage)
            .where(
                OutboundMessage.reference == report.reference,
                OutboundMessage.gateway == gateway,
                OutboundMessage.state.in_(sources(report.state)),
                # A receipt proves that the text was on its way; a row still queued was never sent.
                OutboundMessage.state != State.QUEUED,
            )
            .values(values)
            .returning(OutboundMessage.id)
        )
        changed += len(merged.all())
    return changed
