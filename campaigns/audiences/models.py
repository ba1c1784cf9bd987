"""Tables of audiences: the condition a group was worked out from, and what the communes concerned say to it."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base, EncryptedText, UtcDateTime


class Audience(Base):
    """A group that was worked out from the register, as it was on the day asked about.

    `policy` is the benefit that its broadcasts tell of. From `approval_from` on one may be approved; until then the
    communes concerned look at it.
    """

    __tablename__ = "audiences"

    group_id: Mapped[int] = mapped_column(
        ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    condition: Mapped[str] = mapped_column(String(1000))
    day: Mapped[date]
    policy: Mapped[str | None] = mapped_column(String(64))
    approval_from: Mapped[date]
    saved_by: Mapped[str] = mapped_column(String(64))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AudienceCommune(Base):
    """A commune's households in an audience, and its objection. `listed` is JSON: what the commune sees of each."""

    __tablename__ = "audience_communes"

    group_id: Mapped[int] = mapped_column(
        ForeignKey("audiences.group_id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    commune: Mapped[str] = mapped_column(String(160), primary_key=True)
    households: Mapped[int]
    listed: Mapped[str] = mapped_column(EncryptedText)
    objected_by: Mapped[str | None] = mapped_column(String(64))
    objected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    because: Mapped[str | None] = mapped_column(EncryptedText)
