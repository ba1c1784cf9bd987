"""The audit log: everything an official does, added and never changed."""

from datetime import datetime
from typing import Any

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
