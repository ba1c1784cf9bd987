"""People on other channels: who follows our account there, who left it, and who told us their telephone number.

Following is no consent to anything, and leaving is like asking to stop: only answers go there. Events come late, twice
and in any order, so each says when it happened.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from people.contacts import upsert_contact
from people.models import Address, Contact, GroupMember, Suppression, SuppressionReason

SMS = "sms"


class Shared(StrEnum):
    """What became of a number that somebody told as theirs."""

    LINKED = "linked"
    """The account and the number are one contact's now."""
    KNOWN = "known"
    """They were already."""
    APART = "apart"
    """One of them belongs to somebody else, as far as we know, or was erased: nothing was changed."""


def unfollow(session: Session, channel: str, address: str, at: datetime) -> bool:
    """The person left our account at that moment: nothing but answers goes there. False for what changes nothing,
    such as news older than a later return."""
    known = session.execute(
        select(Suppression.since, Suppression.lifted_at).where(_left(channel, address)).with_for_update()
    ).all()
    if any(row.lifted_at is None or row.lifted_at >= at for row in known):
        return False
    session.add(Suppression(channel=channel, address_hash=address, reason=SuppressionReason.UNFOLLOWED, since=at))
    session.flush()
    return True


def follow(session: Session, channel: str, address: str, at: datetime) -> bool:
    """The person follows our account since that moment: what their leaving had stopped before is lifted. An opt-out is
    not: it takes their word. False when nothing was stopped."""
    lifted = session.execute(
        update(Suppression)
        .where(_left(channel, address), Suppression.lifted_at.is_(None), Suppression.since <= at)
        .values(lifted_at=at)
        .returning(Suppression.id)
    )
    return bool(lifted.all())


def share_contact(session: Session, channel: str, address: str, phone: str, at: datetime) -> Shared:
    """The person at this address says that this number (E.164) is theirs: one contact, reached in two ways.

    Nobody has proved it. So nothing is moved away from somebody else: a number or an account that has another
    counterpart stays where it is, and a person may decide. No consent follows from it.
    """
    if _is_erased(session, SMS, phone) or _is_erased(session, channel, address):
        return Shared.APART
    there, by_phone = _contact(session, channel, address), _contact(session, SMS, phone)
    if there is not None and there == by_phone:
        return Shared.KNOWN
    if (there is not None and _has(session, there, SMS)) or (by_phone is not None and _has(session, by_phone, channel)):
        return Shared.APART
    if there is not None and by_phone is not None:
        _merge(session, there, by_phone, at)
        return Shared.LINKED
    if there is not None:
        return _attach(session, there, SMS, phone)
    contact = by_phone if by_phone is not None else upsert_contact(session, phone, at)
    return _attach(session, contact, channel, address)


def phone_of(session: Session, channel: str, address: str) -> str | None:
    """The telephone number of whoever has this address, where we know it."""
    if channel == SMS or address.startswith("+"):
        return address
    contact = _contact(session, channel, address)
    return session.scalar(select(Address.address).where(Address.contact_id == contact, Address.channel == SMS).limit(1))


def _left(channel: str, address: str) -> ColumnElement[bool]:
    return and_(
        Suppression.channel == channel,
        Suppression.address_hash == address,
        Suppression.reason == SuppressionReason.UNFOLLOWED,
    )


def _is_erased(session: Session, channel: str, address: str) -> bool:
    erased = select(Suppression.id).where(
        Suppression.channel == channel,
        Suppression.address_hash == address,
        Suppression.reason == SuppressionReason.ERASED,
    )
    return session.scalar(erased.limit(1)) is not None


def _contact(session: Session, channel: str, address: str) -> int | None:
    found = select(Address.contact_id).where(Address.channel == channel, Address.address_hash == address)
    return session.scalar(found)


def _has(session: Session, contact: int, channel: str) -> bool:
    found = select(Address.id).where(Address.contact_id == contact, Address.channel == channel).limit(1)
    return session.scalar(found) is not None


def _attach(session: Session, contact: int, channel: str, address: str) -> Shared:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    row = {"contact_id": contact, "channel": channel, "address": address, "address_hash": address}
    added = session.execute(
        dialect.insert(Address)
        .on_conflict_do_nothing(index_elements=["channel", "address_hash"])
        .returning(Address.id),
        row,
    )
    # Somebody else was faster: the same news came twice at once.
    return Shared.LINKED if added.all() else Shared.KNOWN


def _merge(session: Session, away: int, into: int, at: datetime) -> None:
    """Everything of one contact becomes the other's, who keeps the name if they have one."""
    names = {row.id: row for row in session.scalars(select(Contact).where(Contact.id.in_((away, into))))}
    if names[into].name is None:
        names[into].name = names[away].name
    names[into].updated_at = at
    session.execute(update(Address).where(Address.contact_id == away).values(contact_id=into))
    _join(session, into, session.scalars(select(GroupMember.group_id).where(GroupMember.contact_id == away)))
    session.flush()
    session.execute(delete(Contact).where(Contact.id == away))


def _join(session: Session, contact: int, groups: Iterable[int]) -> None:
    present = set(session.scalars(select(GroupMember.group_id).where(GroupMember.contact_id == contact)))
    session.add_all(GroupMember(group_id=group, contact_id=contact) for group in set(groups) - present)
