"""Tables of the register: lists, the places their households live in, and encrypted pieces of columns.

What is known of households is never a row of its own: it lies in columns, a piece for each chunk of households.
"""

import base64
import io
import zlib
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
from sqlalchemy import JSON, Dialect, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from foundation.database import Base, EncryptedText, UtcDateTime, vault_of
from people.register.columns import Array

COMPRESSION = 1
"""zlib's fastest: columns of the register shrink about fivefold, and a million households open in half a second."""


class EncryptedArray(TypeDecorator[Array]):
    """A numpy array without objects, in numpy's own format, compressed, then encrypted as any text of ours."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Array | None, dialect: Dialect) -> bytes | None:
        if value is None:
            return None
        out = io.BytesIO()
        np.save(out, value, allow_pickle=False)
        packed = base64.b64encode(zlib.compress(out.getbuffer(), COMPRESSION))
        return vault_of(dialect).encrypt(packed.decode("ascii"))

    def process_result_value(self, value: Any, dialect: Dialect) -> Array | None:
        if value is None:
            return None
        packed = base64.b64decode(vault_of(dialect).decrypt(bytes(value)))
        array: Array = np.load(io.BytesIO(zlib.decompress(packed)), allow_pickle=False)
        return array


class Basis(StrEnum):
    """On what keeping and using a list rests (Law 91/2025/QH15)."""

    STATE_TASK = "state_task"
    CONSENT = "consent"


class RegisterList(Base):
    """A list of households from one source, replaced as a whole when it comes again.

    `evidence` is the decision's number for a state task, how it was given for consent.
    """

    __tablename__ = "register_lists"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    basis: Mapped[Basis] = mapped_column(String(16))
    evidence: Mapped[str] = mapped_column(EncryptedText)
    imported_by: Mapped[str] = mapped_column(String(64))
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)


class RegisterPlace(Base):
    """A village of a commune as it is called today, and the district that it was in; an empty name is not known."""

    __tablename__ = "register_places"
    __table_args__ = (
        UniqueConstraint("province", "commune", "district_before_2025", "village", name="uq_register_places_names"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    province: Mapped[str] = mapped_column(String(60))
    commune: Mapped[str] = mapped_column(String(120))
    district_before_2025: Mapped[str] = mapped_column(String(120))
    village: Mapped[str] = mapped_column(String(120))


class RegisterChunk(Base):
    """Some ten thousand households of a list, with their persons. `persons` are those that the list names."""

    __tablename__ = "register_chunks"

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("register_lists.id", ondelete="CASCADE"), index=True)
    households: Mapped[int]
    persons: Mapped[int]


class RegisterPiece(Base):
    """One column of one chunk. `values` are a choice's values in the order of its codes, as when it was written."""

    __tablename__ = "register_pieces"

    chunk_id: Mapped[int] = mapped_column(
        ForeignKey("register_chunks.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    values: Mapped[list[str]] = mapped_column(JSON)
    content: Mapped[Array] = mapped_column(EncryptedArray)
