"""What gateways keep: templates registered with carriers, tokens that renew themselves, and the simulated telephone
network's memory: what is on phones, and what its carrier still has to tell us."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import Base, EncryptedText, KeyedHash, UtcDateTime
from gateways.protocol import ReceiptState, TemplateState


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


class GatewayTemplate(Base):
    """A template registered with the carrier behind a gateway: see `templates.RegisteredTemplate`. `detail` is why the
    carrier refused or stopped it, in its words."""

    __tablename__ = "gateway_templates"
    __table_args__ = (UniqueConstraint("gateway", "template_id", name="uq_gateway_templates_gateway_template_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway: Mapped[str] = mapped_column(String(32))
    template_id: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[TemplateState] = mapped_column(String(16))
    detail: Mapped[str | None] = mapped_column(String(200))
    price_vnd: Mapped[int | None]
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class GatewayToken(Base):
    """The pair of tokens of an account that renews them: a lease on the row is the right to renew, and a new pair is
    committed before it is used. `failed_because` calls a person: only a new consent helps then."""

    __tablename__ = "gateway_tokens"

    gateway: Mapped[str] = mapped_column(String(32), primary_key=True)
    access_token: Mapped[str] = mapped_column(EncryptedText)
    refresh_token: Mapped[str] = mapped_column(EncryptedText)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    renewed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    renewing_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Somebody is at it, until then at most."""
    renew_again_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The last try came to nothing: nobody tries before."""
    failed_because: Mapped[str | None] = mapped_column(String(200))
