"""The table of slips: what somebody told in an interview and wished to be kept for the commune."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base, EncryptedText, KeyedHash, UtcDateTime


class Slip(Base):
    """What was told, under a code that the person takes to the commune; deleted when it expires.

    `content` is JSON (`bot.interview.slips.Content`). The number it came from is kept as its hash alone.
    """

    __tablename__ = "slips"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    channel: Mapped[str] = mapped_column(String(16))
    address_hash: Mapped[bytes] = mapped_column(KeyedHash, index=True)
    content: Mapped[str] = mapped_column(EncryptedText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
