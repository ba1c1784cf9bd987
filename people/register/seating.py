"""Where persons and households stand in a chunk, so that what is asked of members costs no search.

Households stand by size, the largest first. Then come all first members, in the order of their households, then all
second members, and so on: so the k-th members belong to the first so many households, and what holds of households is
told of persons, or what holds of any person told of its household, by going over a few whole stretches.
"""

from dataclasses import dataclass

import numpy as np

from people.register.columns import Array, Column, marks_of


@dataclass(frozen=True, slots=True)
class Seating:
    """`order` is the row of each household in the list. `sizes[k]` is how many households have more than k members,
    `seats` where each listed person goes."""

    order: Array
    sizes: Array
    seats: Array

    def fill(self, column: Column, cells: Array) -> Array:
        """The cells of the listed persons, each in its seat; nothing is known of who is not listed."""
        filled = marks_of(column, int(self.sizes.sum()))
        filled[self.seats] = cells
        return filled


def seated(household_of: Array, households: int) -> Seating:
    """The seating of persons whose households are these.

    Of a household that lists nobody one person is kept, of whom nothing is known: what is asked of members then has
    somebody to be asked of.
    """
    listed = np.bincount(household_of, minlength=households)
    members = np.maximum(listed, 1)
    order = np.argsort(-members, kind="stable")
    stands = np.empty_like(order)
    stands[order] = np.arange(households)
    sizes = np.array([(members > k).sum() for k in range(members.max(initial=0))], np.int64)
    by_household = np.argsort(household_of, kind="stable")
    rank = np.empty(len(household_of), np.int64)
    rank[by_household] = np.arange(len(household_of)) - np.repeat(np.cumsum(listed) - listed, listed)
    return Seating(order, sizes, (np.cumsum(sizes) - sizes)[rank] + stands[household_of])


def told_of_persons(households: Array, sizes: Array) -> Array:
    """What is so of each household, of each of its members."""
    return np.concatenate([households[:size] for size in sizes])


def largest_of_members(persons: Array, sizes: Array) -> Array:
    """For each household the largest value that a member has."""
    stretches = np.split(persons, np.cumsum(sizes)[:-1])
    found: Array = stretches[0].copy()
    for stretch in stretches[1:]:
        np.maximum(found[: len(stretch)], stretch, out=found[: len(stretch)])
    return found
