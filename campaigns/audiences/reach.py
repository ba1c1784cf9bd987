"""Who of an audience may be told: has a telephone, has not asked us to stop, and is on a list that allows it."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

import numpy as np
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from campaigns.audiences.objections import MESSAGE_CLASS
from campaigns.audiences.truths import Array
from campaigns.models import Broadcast
from foundation.iteration import chunked
from people import Address, Consent, Suppression
from people.register import Basis, Chunk, register_lists
from scheduler.outbox import OutboundMessage, State

REACHED: Final = frozenset(
    {State.QUEUED, State.SENDING, State.ACCEPTED, State.SENT, State.DELIVERED, State.SEEN, State.UNKNOWN},
)
"""Where a text is that told somebody something, or may have."""

AT_ONCE: Final = 10_000


class Standing(IntEnum):
    """How a contact, or the best of a household's, may be reached; the better the larger."""

    NO_PHONE = 0
    OPTED_OUT = 1
    NO_CONSENT = 2
    MAY_BE_TOLD = 3


@dataclass(frozen=True, slots=True)
class Reached:
    """Contacts of chosen households: `of` is the row of each one's household, `standing` how it may be reached."""

    of: Array
    contact: Array
    standing: Array

    def by_household(self, rows: Array) -> Array:
        """The standing of each of these households: the best that any of its telephones has."""
        best = np.full(int(rows.max(initial=0)) + 1, Standing.NO_PHONE, np.uint8)
        np.maximum.at(best, self.of, self.standing)
        return best[rows]


@dataclass(frozen=True, slots=True)
class Reach:
    """Who may be told over a channel: who is suppressed, who consented to public information, and which lists rest on
    consent."""

    channel: str
    suppressed: Array
    consenting: Array
    by_consent: frozenset[int]

    @classmethod
    def load(cls, session: Session, channel: str) -> Self:
        suppressed = select(Suppression.address_hash).where(
            Suppression.channel == channel, Suppression.lifted_at.is_(None)
        )
        consenting = select(Consent.address_hash).where(
            Consent.channel == channel, Consent.message_class == MESSAGE_CLASS, Consent.withdrawn_at.is_(None)
        )
        by_consent = frozenset(each.id for each in register_lists(session) if each.basis == Basis.CONSENT)
        return cls(
            channel, _reached_at(session, channel, suppressed), _reached_at(session, channel, consenting), by_consent
        )

    def of_households(self, session: Session, chunk: Chunk, rows: Array) -> Reached:
        """How the households in these rows of a chunk may be reached."""
        chosen = np.zeros(chunk.households, np.bool_)
        chosen[rows] = True
        at = np.flatnonzero(chosen[chunk.contact_of])
        contact = chunk.contact[at]
        standing = np.full(len(at), Standing.MAY_BE_TOLD, np.uint8)
        if chunk.list_id in self.by_consent:
            standing[~np.isin(contact, self.consenting)] = Standing.NO_CONSENT
        standing[np.isin(contact, self.suppressed)] = Standing.OPTED_OUT
        standing[~np.isin(contact, self._with_address(session, contact))] = Standing.NO_PHONE
        return Reached(chunk.contact_of[at], contact, standing)

    def _with_address(self, session: Session, contacts: Array) -> Array:
        """Those of these contacts who have an address on the channel: all but the erased."""
        found: list[int] = []
        for part in chunked(contacts.tolist(), AT_ONCE):
            # The channel is compared here: asked for both, SQLite goes through all addresses of the channel.
            addresses = select(Address.contact_id, Address.channel).where(Address.contact_id.in_(part))
            found += (contact for contact, channel in session.execute(addresses) if channel == self.channel)
        return np.array(found, np.int64)


def told(session: Session, policy: str, channel: str) -> Array:
    """The contacts whom a broadcast has told of a benefit, or is telling."""
    batches = session.scalars(
        select(Broadcast.batch_id).where(Broadcast.policy == policy, Broadcast.batch_id.is_not(None))
    ).all()
    sent = select(OutboundMessage.address_hash).where(
        OutboundMessage.batch_id.in_(batches),
        OutboundMessage.state.in_(REACHED),
        OutboundMessage.channel == channel,
    )
    return _reached_at(session, channel, sent)


def _reached_at(session: Session, channel: str, hashes: Select[bytes]) -> Array:
    """The contacts who have these addresses, each once. The addresses are few, and looked up one by one: joined, SQLite
    would go through all of the channel."""
    found: list[int] = []
    for part in chunked(session.scalars(hashes.distinct()).all(), AT_ONCE):
        found += session.scalars(
            select(Address.contact_id).where(Address.channel == channel, Address.address_hash.in_(part))
        )
    return np.unique(np.array(found, np.int64))
