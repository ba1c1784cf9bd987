"""Who answers for what: by place and topic, never for a complaint about their own commune, and who is above them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session

from foundation.places import wider
from people.models import Duty, Official, Post, SuppressionReason
from people.officials import RIGHTS, Right, Role
from people.suppression import suppressed


@dataclass(frozen=True, slots=True)
class Matter:
    """What somebody has to answer for. `accuses` says that the commune it comes from is complained about."""

    place: str | None = None
    topic: str | None = None
    confidential: bool = False
    accuses: bool = False


@dataclass(frozen=True, slots=True)
class Holder:
    """An active official who may answer, with their post. `body` is whom they speak for, None where nobody said.

    `suppressed` tells why their telephone gets nothing but replies, so that no notice reaches them.
    """

    name: str
    role: Role
    body: str | None = None
    commune: str | None = None
    channel: str | None = None
    address: str | None = None
    chief: str | None = None
    suppressed: SuppressionReason | None = None

    def is_of_the_accused(self, matter: Matter) -> bool:
        """Whether this may be the commune complained about: it is, or the complaint names none."""
        if not matter.accuses or self.commune is None:
            return False
        names_a_commune = matter.place is not None and wider(matter.place) is not None
        return not names_a_commune or self.commune == matter.place


@dataclass(frozen=True, slots=True)
class _Held:
    id: int
    name: str
    place: str | None
    topic: str | None
    confidential: bool

    def fits(self, matter: Matter) -> bool:
        return (
            self.confidential == matter.confidential
            and self.place in (None, matter.place, wider(matter.place) if matter.place else None)
            and self.topic in (None, matter.topic)
        )

    def closeness(self, matter: Matter) -> tuple[int, int, int]:
        """The nearest place counts first, then the topic, then who was named first."""
        near = 0 if self.place is None else 2 if self.place == matter.place else 1
        return near, self.topic is not None, -self.id


@dataclass(frozen=True, slots=True)
class Duties:
    """All duties at one moment. They are few, so that they are read whole."""

    holders: Mapping[str, Holder]
    held: tuple[_Held, ...]

    @classmethod
    def load(cls, session: Session) -> Self:
        officials = {official.id: official for official in session.scalars(select(Official).order_by(Official.id))}
        posts = {post.official_id: post for post in session.scalars(select(Post))}
        names = {number: official.name for number, official in officials.items()}
        silent = _suppressed(session, posts.values())
        holders = {
            official.name: _holder(official, posts.get(number), names, silent.get(number))
            for number, official in officials.items()
            if official.active and Right.ANSWER in RIGHTS[Role(official.role)]
        }
        duties = session.scalars(select(Duty).order_by(Duty.id))
        held = (_Held(d.id, names[d.official_id], d.place, d.topic, d.confidential) for d in duties)
        return cls(holders, tuple(one for one in held if one.name in holders))

    def owner(self, matter: Matter) -> Holder | None:
        """Who answers: the nearest duty, else the first administrator. None where nobody may."""
        fitting = [one for one in self.held if self._may_hold(one, matter)]
        if fitting:
            return self.holders[max(fitting, key=lambda one: one.closeness(matter)).name]
        return self._last_resort(matter)

    def handles(self, name: str, matter: Matter) -> bool:
        """Whether a duty of theirs covers it, and they are not of the commune complained about."""
        return any(one.name == name and self._may_hold(one, matter) for one in self.held)

    def next_up(self, name: str, matter: Matter) -> Holder | None:
        """Who takes it over from that official: the nearest above them who may, else the first administrator."""
        for chief in self.above(name):
            if not chief.is_of_the_accused(matter) and (not matter.confidential or self.handles(chief.name, matter)):
                return chief
        last = self._last_resort(matter)
        return last if last and last.name != name else None

    def above(self, name: str) -> Iterator[Holder]:
        """Those above an official, the nearest first."""
        seen = {name}
        holder = self.holders.get(name)
        while holder and holder.chief and holder.chief not in seen:
            seen.add(holder.chief)
            holder = self.holders.get(holder.chief)
            if holder:
                yield holder

    def _may_hold(self, one: _Held, matter: Matter) -> bool:
        return one.fits(matter) and not self.holders[one.name].is_of_the_accused(matter)

    def _last_resort(self, matter: Matter) -> Holder | None:
        admins = (holder for holder in self.holders.values() if holder.role is Role.ADMIN)
        return next((admin for admin in admins if not admin.is_of_the_accused(matter)), None)


def _holder(
    official: Official, post: Post | None, names: Mapping[int, str], silent: SuppressionReason | None
) -> Holder:
    if post is None:
        return Holder(official.name, Role(official.role))
    chief = names.get(post.chief_id) if post.chief_id is not None else None
    return Holder(
        official.name, Role(official.role), post.body, post.commune, post.channel, post.address, chief, silent
    )


def _suppressed(session: Session, posts: Iterable[Post]) -> dict[int, SuppressionReason]:
    """Why, by their official's id, of those whose telephone gets nothing but replies."""
    officials: dict[str, dict[bytes, int]] = {}
    for post in posts:
        if post.channel and post.address_hash:
            officials.setdefault(post.channel, {})[post.address_hash] = post.official_id
    return {
        by_address[address]: reason
        for channel, by_address in officials.items()
        for address, reason in suppressed(session, channel, by_address).items()
    }
