"""The audit log: everything an official does, added and never changed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from people.models import AuditEntry


def record(
    session: Session, now: datetime, actor: str, action: str, kind: str, subject_id: object, **details: Any
) -> None:
    """Add an entry in the caller's transaction, so that nothing is done unrecorded. No personal data in details."""
    entry = AuditEntry(
        at=now, actor=actor, action=action, subject_kind=kind, subject_id=str(subject_id), details=details
    )
    session.add(entry)


def actors(session: Session, kind: str, subject_id: object, actions: Collection[str]) -> frozenset[str]:
    """Everybody who did one of these actions to this subject."""
    query = select(AuditEntry.actor).where(
        AuditEntry.subject_kind == kind, AuditEntry.subject_id == str(subject_id), AuditEntry.action.in_(actions)
    )
    return frozenset(session.scalars(query))


def entries(session: Session, limit: int = 100, before: int | None = None) -> Sequence[AuditEntry]:
    """The newest entries first; `before` is the id of the last one of the page before."""
    query = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(limit)
    return session.scalars(query.where(AuditEntry.id < before) if before else query).all()
