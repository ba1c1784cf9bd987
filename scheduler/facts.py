"""What the rules look at, read from the database for many messages at once, in one query a kind."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation.lookups import look_up
from foundation.message_class import MessageClass
from people.do_not_call import listed
from people.labels import labels_of
from people.models import Consent
from people.suppression import suppressed
from scheduler.claimed import Claimed
from scheduler.limits import Cap, Limits
from scheduler.outbox.models import Batch, OutboundMessage
from scheduler.outbox.states import State
from scheduler.rules import ASKS_DO_NOT_CALL, NEED_CONSENT, NEVER_SUPPRESSED, Case, Stop, Verdict

T = TypeVar("T")
Address = tuple[str, bytes]
"""Channel and hash."""
Consented = tuple[str, bytes, str]
"""The same with the class that was consented to."""
Capped = tuple[str, bytes]
"""A class, and a person by whichever channel they are reached."""
Times = tuple[datetime, ...]

LONGEST_WAIT = timedelta(days=30)
"""What waited longer than this between being queued and leaving (in a batch long paused) is not counted by caps."""

LEFT = frozenset(
    {
        State.SENDING,
        State.UNKNOWN,
        State.ACCEPTED,
        State.SENT,
        State.DELIVERED,
        State.SEEN,
        State.UNDELIVERED,
        State.EXPIRED,
    }
)
"""States of what left or may have left, if it was claimed for sending at all. What a gateway refused did not."""


class Facts:
    """What the rules look at, for these messages; only what their classes are asked for is read."""

    def __init__(self, session: Session, claimed: Sequence[Claimed], limits: Limits, now: datetime) -> None:
        classes = {message.message_class for message in claimed}
        excluding = {each for each in classes if limits.excluded.get(each)}
        self._caps = {each: limits.caps[each] for each in classes if each in limits.caps}
        self._suppressed = _by_channel(session, claimed, classes - NEVER_SUPPRESSED, suppressed)
        self._labels = _by_channel(session, claimed, excluding, labels_of)
        advertised = {message.address_hash for message in claimed if message.message_class in ASKS_DO_NOT_CALL}
        self._listed = listed(session, advertised) if advertised else set()
        self._consents = _consents(session, claimed) if classes & NEED_CONSENT else set()
        self._recent = _recent(session, claimed, self._caps, now)
        self._budgets = _budgets_that_bind(session, claimed)
        capped = [message.address_hash for message in claimed if message.message_class in self._caps]
        twice = {each for each, times in Counter(capped).items() if times > 1} if len(set(capped)) < len(capped) else ()
        told = (*self._suppressed, *self._labels, *self._consents, *self._recent)
        self._known = {each[1] for each in told}.union(self._listed, twice)

    def nothing_is_known(self, message: Claimed) -> bool:
        """Nothing but its class and its expiry tells the message from others."""
        return message.address_hash not in self._known and message.batch_id not in self._budgets

    def case(self, message: Claimed) -> Case:
        address = message.channel, message.address_hash
        return Case(
            message.message_class,
            message.expires_at,
            self._suppressed.get(address),
            message.address_hash in self._listed,
            self._labels.get(address, frozenset()),
            (*address, message.message_class) in self._consents,
            self._recent.get((message.message_class, message.address_hash), ()),
            message.price_vnd <= self._budgets.get(message.batch_id or 0, message.price_vnd),
        )

    def count(self, message: Claimed, verdict: Verdict, now: datetime) -> None:
        """What leaves counts against those that come after it; of a stopped batch nothing cheaper slips through."""
        batch_id = message.batch_id or 0
        if isinstance(verdict, Stop):
            self._budgets[batch_id] = -1
        elif verdict is None:
            if batch_id in self._budgets:
                self._budgets[batch_id] -= message.price_vnd
            if message.message_class in self._caps:
                person = message.message_class, message.address_hash
                self._recent[person] = (*self._recent.get(person, ()), now)


def _by_channel(
    session: Session,
    claimed: Sequence[Claimed],
    classes: Iterable[str],
    read: Callable[[Session, str, Iterable[bytes]], Mapping[bytes, T]],
) -> dict[Address, T]:
    """What `read` tells of the messages of these classes."""
    asked: defaultdict[str, set[bytes]] = defaultdict(set)
    wanted = frozenset(classes)
    for message in claimed:
        if message.message_class in wanted:
            asked[message.channel].add(message.address_hash)
    return {
        (channel, address): told
        for channel, hashes in asked.items()
        for address, told in read(session, channel, hashes).items()
    }


def _consents(session: Session, claimed: Sequence[Claimed]) -> set[Consented]:
    hashes = {message.address_hash for message in claimed if message.message_class in NEED_CONSENT}
    rows = session.execute(
        select(Consent.channel, Consent.address_hash, Consent.message_class).where(
            Consent.address_hash.in_(hashes), Consent.withdrawn_at.is_(None)
        )
    )
    return {(row.channel, row.address_hash, row.message_class) for row in rows}


def _recent(
    session: Session, claimed: Sequence[Claimed], caps: Mapping[MessageClass, Cap], now: datetime
) -> dict[Capped, Times]:
    """When others than these left for the same people, by whichever gateway and in whichever batch; oldest first.

    Told only of people who may be over the cap: those with more rows than it allows, these messages' own included.
    """
    found: dict[Capped, Times] = {}
    ids = {message.id for message in claimed}
    for message_class, cap in caps.items():
        since = now - cap.window
        floor = _floor(session, since - LONGEST_WAIT)
        hashes = {message.address_hash for message in claimed if message.message_class == message_class}
        crowded = look_up(session.connection(), _CROWDED, hashes, after=[floor, cap.most])
        if not crowded:
            continue
        lately = select(_ROW.address_hash, _ROW.sent_at, _ROW.id).where(
            _ROW.address_hash.in_([row.address_hash for row in crowded]),
            _ROW.id > floor,
            _ROW.message_class == message_class,
            _ROW.sent_at > since,
            # As an expression, lest a planner without statistics goes by an index on states: thousands of times slower.
            func.coalesce(_ROW.state, "").in_(LEFT),
        )
        for address_hash, sent_at, id_ in session.execute(lately.order_by(_ROW.sent_at)):
            if sent_at is not None and id_ not in ids:
                person = message_class, address_hash
                found[person] = (*found.get(person, ()), sent_at)
    return found


def _floor(session: Session, before: datetime) -> int:
    """An id below which rows are older than that: who has been written to for years costs no more than a newcomer.

    Ids grow with time, so any row of the last batch that was opened before is one; 0 where there is none.
    """
    last = select(Batch.id).where(Batch.created_at < before).order_by(Batch.id.desc()).limit(1).scalar_subquery()
    return session.scalar(select(OutboundMessage.id).where(OutboundMessage.batch_id == last).limit(1)) or 0


_ROW = OutboundMessage
# Answered by the index alone: of most people there is nothing more to ask.
_CROWDED = (
    "SELECT address_hash FROM outbox WHERE address_hash {among} AND id > ? GROUP BY address_hash HAVING count(*) > ?"
)


def _budgets_that_bind(session: Session, claimed: Sequence[Claimed]) -> dict[int, int]:
    """What each batch may still spend that has not the money for all of these; what is on its way and not settled
    counts as spent."""
    asked: defaultdict[int, int] = defaultdict(int)
    for message in claimed:
        if message.batch_id is not None:
            asked[message.batch_id] += message.price_vnd
    if not asked:
        return {}
    query = select(Batch.id, Batch.budget_vnd - Batch.spent_vnd).where(
        Batch.id.in_(asked), Batch.budget_vnd.is_not(None)
    )
    left = {batch_id: budget for batch_id, budget in session.execute(query) if budget is not None}
    if not left:
        return {}
    # As an expression for the same reason: few rows are claimed, a batch may have a million. And not "IS NOT NULL",
    # for which SQLite uses no index.
    batch_id = func.coalesce(OutboundMessage.batch_id, 0)
    on_the_way = session.execute(
        select(batch_id, func.sum(OutboundMessage.price_vnd))
        .where(OutboundMessage.claimed_by > "", batch_id.in_(left))
        .group_by(batch_id)
    )
    for id_, price in on_the_way:
        left[id_] -= int(price) - asked[id_]
    return {batch_id: budget for batch_id, budget in left.items() if budget < asked[batch_id]}
