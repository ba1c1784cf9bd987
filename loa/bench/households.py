"""A synthetic register: households and persons as often met as the questions estimate, the same in every run."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np

from campaigns.audiences.columns import register_columns
from foundation.database import Database
from people.register import (
    HOUSEHOLDS_A_CHUNK,
    Array,
    Basis,
    Column,
    Entity,
    Households,
    RegisterList,
    RegisterPlace,
    marks_of,
    write_chunks,
)
from policies.eligibility.inputs import Input
from policies.eligibility.terms import Kind

SEED = 20261120
LARGEST = 6
"""Households have one to six members, each as often: 3.5 on average."""
UNKNOWN_SHARE = 0.05


def fill_register(database: Database, inputs: Mapping[str, Input], households: int, now: datetime) -> None:
    """So many households with every column that a list may tell, five cells of a hundred unknown."""
    draw = np.random.default_rng(SEED)
    with database.write() as session:
        place = RegisterPlace(province="Quảng Ngãi", commune="xã Măng Ri", district_before_2025="", village="")
        source = RegisterList(
            name="bench", basis=Basis.STATE_TASK, evidence="none", imported_by="bench", imported_at=now
        )
        session.add_all([place, source])
        session.flush()
        columns = register_columns(inputs)
        for first in range(0, households, HOUSEHOLDS_A_CHUNK):
            rows = min(HOUSEHOLDS_A_CHUNK, households - first)
            write_chunks(session, source, _drawn(inputs, columns, rows, first, place.id, draw), columns)


def _drawn(
    inputs: Mapping[str, Input],
    columns: tuple[Column, ...],
    households: int,
    first: int,
    place: int,
    draw: np.random.Generator,
) -> Households:
    person_of = np.repeat(np.arange(households), draw.integers(1, LARGEST + 1, households))
    rows = {Entity.HOUSEHOLD: households, Entity.PERSON: len(person_of)}
    cells = {column.name: _cells(inputs[column.name], column, rows[column.entity], draw) for column in columns}
    nobody = np.empty(0, np.int64)
    return Households(
        place=np.full(households, place, np.int32),
        code=np.array([f"H{number:07}" for number in range(first, first + households)]),
        head=np.full(households, "", "U1"),
        contact=nobody,
        contact_of=nobody,
        columns={column.name: cells[column.name] for column in columns if column.entity is Entity.HOUSEHOLD},
        person_of=person_of,
        persons={column.name: cells[column.name] for column in columns if column.entity is Entity.PERSON},
    )


def _cells(entry: Input, column: Column, rows: int, draw: np.random.Generator) -> Array:
    told: Any
    match entry.kind:
        case Kind.YES_NO:
            told = draw.random(rows) < (entry.question.prior or 0)
        case Kind.CHOICE:
            priors = [choice.prior for choice in entry.question.choices.values()]
            told = np.searchsorted(np.cumsum(priors)[:-1], draw.random(rows), "right")
        case _:
            points, shares = zip(*entry.question.quantiles, strict=True)
            told = np.interp(draw.random(rows), shares, points)
    return np.where(draw.random(rows) < UNKNOWN_SHARE, marks_of(column, rows), told.astype(column.dtype))
