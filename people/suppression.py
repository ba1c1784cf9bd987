"""Stop means stop: who gets nothing but replies, and whose consent ended."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from foundation.lookups import look_up
from people.models import Consent, Suppression, SuppressionReason


def suppress(session: Session, channel: str, address: str, reason: SuppressionReason, now: datetime) -> bool:
    """Suppress an address from now on; False when it already was for this reason."""
    already = session.scalar(
        select(Suppression.id).where(
            Suppression.address_hash == address,
            Suppression.channel == channel,
            Suppression.reason == reason,
            Suppression.lifted_at.is_(None),
        )
    )
    if already:
        return False
    session.add(Suppression(channel=channel, address_hash=address, reason=reason, since=now))
    session.flush()
    return True


def lift(session: Session, channel: str, address: str, now: datetime) -> bool:
    """Lift an opt-out, because the person asked to; False when there was none. Erasure is never lifted."""
    lifted = session.execute(
        update(Suppression)
        .where(
            Suppression.address_hash == address,
            Suppression.channel == channel,
            Suppression.reason == SuppressionReason.OPT_OUT,
            Suppression.lifted_at.is_(None),
        )
        .values(lifted_at=now)
    )
    return bool(lifted.rowcount)  # type: ignore[attr-defined]


def suppressed(session: Session, channel: str, hashes: Iterable[bytes]) -> dict[bytes, SuppressionReason]:
    """Of these address hashes, those suppressed now, with the reason."""
    rows = look_up(session.connection(), _SUPPRESSED, hashes, before=[channel])
    return {row.address_hash: SuppressionReason(row.reason) for row in rows}


_SUPPRESSED = (
    "SELECT address_hash, reason FROM suppressions WHERE channel = ? AND address_hash {among} AND lifted_at IS NULL"
)


def withdraw_consents(session: Session, channel: str, address: str, now: datetime) -> None:
    """End every consent given by an address; what was sent under it stays on record."""
    given = Consent.address_hash == address, Consent.channel == channel, Consent.withdrawn_at.is_(None)
    session.execute(update(Consent).where(*given).values(withdrawn_at=now))
