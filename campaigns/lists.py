"""Broadcasts and programmes as lists: what a page or a command shows before one is opened."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from campaigns.models import Broadcast, Programme, Status


def list_broadcasts(
    session: Session,
    statuses: Collection[Status] | None = None,
    written_by: str | None = None,
    limit: int = 100,
    before: int | None = None,
) -> Sequence[Broadcast]:
    """The newest first; `before` is the id of the last one of the page before."""
    query = select(Broadcast).order_by(Broadcast.id.desc()).limit(limit)
    if statuses is not None:
        query = query.where(Broadcast.status.in_(statuses))
    if written_by is not None:
        query = query.where(Broadcast.created_by == written_by)
    if before is not None:
        query = query.where(Broadcast.id < before)
    return session.scalars(query).all()


def list_programmes(session: Session) -> Sequence[Programme]:
    """The newest first."""
    return session.scalars(select(Programme).order_by(Programme.id.desc())).all()


def programme_of_batch(session: Session, batch_id: int) -> Programme | None:
    """The programme that a batch of texts was sent for; None where it belongs to none."""
    query = select(Programme).join(Broadcast, Broadcast.programme_id == Programme.id)
    return session.scalars(query.where(Broadcast.batch_id == batch_id)).first()
