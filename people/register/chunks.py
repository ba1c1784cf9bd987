"""The register as chunks of columns: written a list at a time, read one chunk after the other."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from people.register.columns import Array, Column, Kind, marks_of
from people.register.models import RegisterChunk, RegisterList, RegisterPiece, RegisterPlace
from people.register.seating import seated

HOUSEHOLDS_A_CHUNK: Final = 50_000

# Pieces that every chunk has, beside the columns that its list told.
PLACE: Final = "place"
SIZES: Final = "sizes"
CONTACT: Final = "contact"
CONTACT_OF: Final = "contact.household"
CODE: Final = "code"
HEAD: Final = "head"


@dataclass(frozen=True, slots=True)
class Households:
    """What a list tells, row by row: an array a household for each of `columns`, an array a person for each of
    `persons`. `person_of` and `contact_of` are the households of persons and of contacts."""

    place: Array
    code: Array
    head: Array
    contact: Array
    contact_of: Array
    columns: Mapping[str, Array]
    person_of: Array
    persons: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some households with their persons, standing as `seating` says; `sizes` are those of its Seating.

    A column that the list does not tell is not there. `contact` and `contact_of` are empty unless asked for.
    """

    id: int
    list_id: int
    place: Array
    sizes: Array
    contact: Array
    contact_of: Array
    columns: Mapping[str, Array]

    @property
    def households(self) -> int:
        return len(self.place)


@dataclass(frozen=True, slots=True)
class RegisterSize:
    """A list, and how much it holds."""

    source: RegisterList
    households: int
    persons: int


def write_chunks(session: Session, source: RegisterList, told: Households, columns: Collection[Column]) -> None:
    """Add what a list tells to the register, in the caller's transaction."""
    by_name = {column.name: column for column in columns}
    for first in range(0, len(told.place), HOUSEHOLDS_A_CHUNK):
        households = min(HOUSEHOLDS_A_CHUNK, len(told.place) - first)
        persons = _within(told.person_of, first, households)
        contacts = _within(told.contact_of, first, households)
        seating = seated(told.person_of[persons] - first, households)
        rows = seating.order + first
        stands = np.argsort(seating.order)
        chunk = RegisterChunk(list_id=source.id, households=households, persons=int(persons.sum()))
        session.add(chunk)
        session.flush()
        pieces = {
            PLACE: told.place[rows],
            CODE: told.code[rows],
            HEAD: told.head[rows],
            SIZES: seating.sizes,
            CONTACT: told.contact[contacts],
            CONTACT_OF: stands[told.contact_of[contacts] - first].astype(np.int32),
            **{name: cells[rows] for name, cells in told.columns.items()},
            **{name: seating.fill(by_name[name], cells[persons]) for name, cells in told.persons.items()},
        }
        for name, content in pieces.items():
            values = list(by_name[name].values) if name in by_name else []
            session.execute(insert(RegisterPiece).values(chunk_id=chunk.id, name=name, values=values, content=content))


def read_chunks(session: Session, columns: Sequence[Column], contacts: bool = False) -> Iterator[Chunk]:
    """Every chunk with these columns, one at a time; with who can be reached in it, where asked for."""
    names = [PLACE, SIZES, *((CONTACT, CONTACT_OF) if contacts else ()), *(column.name for column in columns)]
    chunks = select(RegisterChunk.id, RegisterChunk.list_id).order_by(RegisterChunk.id)
    for chunk_id, list_id in session.execute(chunks).all():
        pieces = read_pieces(session, chunk_id, names)
        nobody: tuple[list[str], Array] = [], np.empty(0, np.int64)
        yield Chunk(
            id=chunk_id,
            list_id=list_id,
            place=pieces[PLACE][1],
            sizes=pieces[SIZES][1],
            contact=pieces.get(CONTACT, nobody)[1],
            contact_of=pieces.get(CONTACT_OF, nobody)[1],
            columns={c.name: _as_now(c, *pieces[c.name]) for c in columns if c.name in pieces},
        )


def read_names(session: Session, chunk_id: int, rows: Array) -> list[tuple[str, str]]:
    """The code of each of these households of a chunk, and its head's name where the list tells it."""
    pieces = read_pieces(session, chunk_id, (CODE, HEAD))
    return list(zip(pieces[CODE][1][rows].tolist(), pieces[HEAD][1][rows].tolist(), strict=True))


def read_pieces(session: Session, chunk_id: int, names: Collection[str]) -> dict[str, tuple[list[str], Array]]:
    """Those of these pieces that a chunk has: its values as when it was written, and the array."""
    query = select(RegisterPiece.name, RegisterPiece.values, RegisterPiece.content).where(
        RegisterPiece.chunk_id == chunk_id, RegisterPiece.name.in_(names)
    )
    return {name: (values, content) for name, values, content in session.execute(query)}


def read_places(session: Session) -> Sequence[RegisterPlace]:
    """Every place that a household lives in."""
    return session.scalars(select(RegisterPlace).order_by(RegisterPlace.id)).all()


def register_lists(session: Session) -> Sequence[RegisterList]:
    """Every list, by name."""
    return session.scalars(select(RegisterList).order_by(RegisterList.name)).all()


def describe(session: Session) -> list[RegisterSize]:
    """Every list with how much it holds, by name."""
    query = (
        select(RegisterChunk.list_id, func.sum(RegisterChunk.households), func.sum(RegisterChunk.persons))
        .group_by(RegisterChunk.list_id)
        .order_by(RegisterChunk.list_id)
    )
    sizes = {list_id: (households, persons) for list_id, households, persons in session.execute(query)}
    return [RegisterSize(source, *sizes.get(source.id, (0, 0))) for source in register_lists(session)]


def _within(rows: Array, first: int, count: int) -> Array:
    inside: Array = (rows >= first) & (rows < first + count)
    return inside


def _as_now(column: Column, then: Sequence[str], codes: Array) -> Array:
    """A piece in today's codes; a value that the column no longer has is not known any more."""
    if column.kind is not Kind.CHOICE or tuple(then) == column.values:
        return codes
    today = marks_of(column, 256)
    for code, value in enumerate(then):
        if value in column.values:
            today[code] = column.values.index(value)
    return today[codes]
