"""Columns that lists of these tests may have, and what the register says after an import."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from foundation.database import Database
from people import official_named
from people.register import (
    Basis,
    Chunk,
    Column,
    Entity,
    Kind,
    RegisterReport,
    Source,
    import_register_in_batches,
    read_chunks,
    read_names,
)

STATUS = Column(
    "poverty_status",
    Entity.HOUSEHOLD,
    Kind.CHOICE,
    ("poor", "near_poor", "none"),
    ("loại hộ", "diện hộ"),
    {"hộ nghèo": "poor", "hộ cận nghèo": "near_poor", "không có giấy": "none"},
)
GRID = Column("grid_power", Entity.HOUSEHOLD, Kind.YES_NO, headers=("điện lưới",))
INCOME = Column("income", Entity.HOUSEHOLD, Kind.WHOLE, headers=("thu nhập",), most=1_000_000_000)
AGE = Column("age", Entity.PERSON, Kind.WHOLE, headers=("tuổi",), most=120)
DISTANCE = Column("distance", Entity.PERSON, Kind.DECIMAL, headers=("cách trường",), most=200)
COLUMNS = (STATUS, GRID, INCOME, AGE, DISTANCE)

Said = Callable[[str, int], object]

TASK = Source("Măng Ri 2026", Basis.STATE_TASK, "12/QĐ-UBND", "xã Măng Ri, Quảng Ngãi")
HOUSEHOLDS = "Mã hộ,Chủ hộ,Thôn,SĐT,Loại hộ,Điện lưới,Thu nhập\n"


def put(
    office: Database,
    now: datetime,
    households: Path,
    persons: Path | None = None,
    source: Source = TASK,
    columns: Sequence[Column] = COLUMNS,
    by: str = "lan",
    persons_sheet: str | None = None,
    said: Said = lambda what, done: None,
) -> RegisterReport:
    with office.read() as session:
        who = official_named(session, by)
    return import_register_in_batches(office, households, persons, source, columns, who, now, persons_sheet, said)


def chunks(office: Database, columns: Sequence[Column] = COLUMNS) -> list[Chunk]:
    with office.read() as session:
        return list(read_chunks(session, columns, contacts=True))


def cells(office: Database, columns: Sequence[Column] = COLUMNS) -> dict[str, dict[str, object]]:
    """What the register says of each household, by its code; of members a sorted list."""
    told: dict[str, dict[str, object]] = {}
    with office.read() as session:
        for chunk in read_chunks(session, columns, contacts=True):
            codes = [code for code, _ in read_names(session, chunk.id, np.arange(chunk.households))]
            for row, code in enumerate(codes):
                seats = [int(start) + row for start, size in _stretches(chunk) if row < size]
                told[code] = {
                    name: column[row].item()
                    if {c.name: c for c in columns}[name].entity is Entity.HOUSEHOLD
                    else sorted(column[seats].tolist())
                    for name, column in chunk.columns.items()
                }
                told[code]["phones"] = int((chunk.contact_of == row).sum())
    return told


def _stretches(chunk: Chunk) -> list[tuple[int, int]]:
    return list(zip((np.cumsum(chunk.sizes) - chunk.sizes).tolist(), chunk.sizes.tolist(), strict=True))
