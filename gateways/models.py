"""The simulated telephone network's memory: what is on phones, and what its carrier still has to tell us."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, String
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base, EncryptedText, KeyedHash, UtcDateTime
from gateways.protocol import ReceiptState


class Direction(StrEnum):
    """Which way a simulated text went."""

    TO_PHONE = "to_phone"
    FROM_PHONE = "from_phone"


def _values(states: type[StrEnum]) -> list[str]:
    return [state.value for state in states]


class SimulatedText(Base):
    """Every text that the network took, in either direction, also those it then loses."""

    __tablename__ = "simulated_text"

    id: Mapped[int] = mapped_column(primary_key=True)
    direction: Mapped[Direction] = mapped_column(Enum(Direction, native_enum=False, values_callable=_values, length=16))
    phone_hash: Mapped[bytes] = mapped_column(KeyedHash, index=True)
    phone: Mapped[str] = mapped_column(EncryptedText)
    our_number: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(EncryptedText)
    reference: Mapped[str | None] = mapped_column(String(48), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    arrives_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When it is on the phone's screen; None for a text that never gets there."""


class SimulatedReceipt(Base):
    """A receipt that the carrier has yet to bring; the row goes when Loa has taken it."""

    __tablename__ = "simulated_receipt"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(48))
    provider_id: Mapped[str] = mapped_column(String(48))
    state: Mapped[ReceiptState] = mapped_column(
        Enum(ReceiptState, native_enum=False, values_callable=_values, length=16)
    )
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
