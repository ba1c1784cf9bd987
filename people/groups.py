"""Groups of contacts, and who in them can be reached by a channel."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from people.models import Address, Contact, Group, GroupMember


@dataclass(frozen=True, slots=True)
class Recipient:
    """Someone of an audience, with the address by which the channel reaches them."""

    contact_id: int
    address: str
    name: str | None


@dataclass(frozen=True, slots=True)
class GroupSize:
    """A group, and how many of its members have an address on a channel."""

    id: int
    name: str
    size: int


def group_named(session: Session, name: str) -> Group | None:
    """The group of that name."""
    return session.scalar(select(Group).where(Group.name == name))


def group_size(session: Session, group_id: int, channel: str = "sms") -> int:
    """How many members have an address on the channel."""
    return session.scalar(_reachable(group_id, channel).with_only_columns(func.count())) or 0


def list_groups(session: Session, channel: str = "sms") -> list[GroupSize]:
    """Every group with its size, the newest first."""
    query = (
        select(Group.id, Group.name, func.count(Address.id))
        .outerjoin(GroupMember, GroupMember.group_id == Group.id)
        .outerjoin(Address, and_(Address.contact_id == GroupMember.contact_id, Address.channel == channel))
        .group_by(Group.id, Group.name)
        .order_by(Group.id.desc())
    )
    return [GroupSize(*row) for row in session.execute(query)]


def members(session: Session, group_id: int, channel: str = "sms", after: int = 0) -> Iterator[Recipient]:
    """Everyone of a group who has an address on the channel, by contact id, streamed; those `after` a contact's id."""
    query = (
        _reachable(group_id, channel)
        .with_only_columns(GroupMember.contact_id, Address.address, Contact.name)
        .join(Contact, Contact.id == GroupMember.contact_id)
        .where(GroupMember.contact_id > after)
        .order_by(GroupMember.contact_id)
        .execution_options(yield_per=1000)
    )
    for row in session.execute(query):
        yield Recipient(*row)


def _reachable(group_id: int, channel: str) -> Select[GroupMember]:
    return (
        select(GroupMember)
        .join(Address, Address.contact_id == GroupMember.contact_id)
        .where(GroupMember.group_id == group_id, Address.channel == channel)
    )
