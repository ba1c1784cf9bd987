"""The floor of `loa bench interview`: the same questions to everybody in one order, until all is decided."""

from collections.abc import Mapping, Sequence
from statistics import mean

from policies.eligibility import Table, Value


def fixed_order_mean(tables: Sequence[Table], households: Sequence[Mapping[str, Value]]) -> float:
    """How many questions a household is asked, in the better of two orders: as the tables name their inputs, and those
    of most tables first."""
    named = list(dict.fromkeys(axis.input.name for table in tables for axis in table.axes))
    counts = {name: sum(name in (axis.input.name for axis in table.axes) for table in tables) for name in named}
    orders = named, sorted(named, key=lambda name: -counts[name])
    return min(mean(_asked(tables, order, told) for told in households) for order in orders)


def _asked(tables: Sequence[Table], order: Sequence[str], told: Mapping[str, Value]) -> int:
    known: dict[str, Value] = {}
    for count, name in enumerate(order):
        if all(table.decide(known) is not None for table in tables):
            return count
        known[name] = told[name]
    return len(order)
