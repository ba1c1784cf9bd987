"""Audiences whose communes may still object before a broadcast to them can be approved; those due first come first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from campaigns.audiences.models import Audience, AudienceCommune
from people import Group, Official, Post


@dataclass(frozen=True, slots=True)
class ListWaiting:
    """A commune's list that waits for what the commune says. Last day to say it: the one before `approval_from`."""

    group_id: int
    name: str
    approval_from: date
    commune: str
    households: int


@dataclass(frozen=True, slots=True)
class AudienceWaiting:
    """An audience that waits for `communes` communes, of which `objected` have objected so far."""

    group_id: int
    name: str
    approval_from: date
    communes: int
    objected: int


def lists_waiting(session: Session, official: Official, on: date) -> Sequence[ListWaiting]:
    """The lists of the commune for which the official speaks, that it may look at that day and has not objected to."""
    query = (
        select(
            Audience.group_id, Group.name, Audience.approval_from, AudienceCommune.commune, AudienceCommune.households
        )
        .join(Group, Group.id == Audience.group_id)
        .join(AudienceCommune, AudienceCommune.group_id == Audience.group_id)
        .join(Post, Post.commune == AudienceCommune.commune)
        .where(Post.official_id == official.id, AudienceCommune.objected_at.is_(None), Audience.approval_from > on)
        .order_by(Audience.approval_from, Audience.group_id)
    )
    return [ListWaiting(*row) for row in session.execute(query)]


def audiences_waiting(session: Session, on: date) -> Sequence[AudienceWaiting]:
    """Every audience to which no broadcast may be approved that day."""
    query = (
        select(
            Audience.group_id,
            Group.name,
            Audience.approval_from,
            func.count(AudienceCommune.commune),
            func.count(AudienceCommune.objected_at),
        )
        .join(Group, Group.id == Audience.group_id)
        .join(AudienceCommune, AudienceCommune.group_id == Audience.group_id)
        .where(Audience.approval_from > on)
        .group_by(Audience.group_id, Group.name)
        .order_by(Audience.approval_from, Audience.group_id)
    )
    return [AudienceWaiting(*row) for row in session.execute(query)]
