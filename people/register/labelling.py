"""What a list tells of households that a rule on the way out asks for, as labels of their telephones."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from people.models import Label
from people.register.columns import Array, Column, Entity, Kind
from people.register.parsing import Told

SMS = "sms"


class _Says(NamedTuple):
    """A cell that makes a label: the column's name, and the value that it has."""

    column: str
    value: str


YES = "yes"
LABELLED: Mapping[_Says, Label] = {
    _Says("poverty_status", "poor"): Label.POOR,
    _Says("poverty_status", "near_poor"): Label.NEAR_POOR,
    _Says("member_on_social_allowance", YES): Label.ALLOWANCE,
    _Says("receives_social_allowance", YES): Label.ALLOWANCE,
}
"""Cells by the names that the law's inputs have. What is so of a person is so of the household."""


def source_of(list_id: int) -> str:
    """The name under which a list's labels are kept."""
    return f"register:{list_id}"


def labels_told(told: Told, columns: Collection[Column]) -> dict[str, set[Label]]:
    """The labels of each telephone that a list tells of a household with any; a cell that is unknown makes none."""
    by_name = {column.name: column for column in columns}
    found: defaultdict[str, set[Label]] = defaultdict(set)
    for says, label in LABELLED.items():
        column = by_name.get(says.column)
        cells = None if column is None else (told.columns | told.persons).get(column.name)
        if column is None or cells is None:
            continue
        households = _households(column, says.value, cells, told)
        for row, phone in told.phones:
            if households[row]:
                found[phone].add(label)
    return dict(found)


def _households(column: Column, value: str, cells: Array, told: Told) -> npt.NDArray[np.bool_]:
    """Of which households, or of any member of which, the column says so."""
    says_so = cells == (1 if column.kind is Kind.YES_NO else column.values.index(value))
    households = np.zeros(len(told.rows), np.bool_)
    if column.entity is Entity.PERSON:
        households[np.array(told.person_of, np.int64)[says_so]] = True
    else:
        households |= says_so
    return households
