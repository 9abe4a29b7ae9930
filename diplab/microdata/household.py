"""Who may live in a household, as far as its answers tell: between how many persons, adults and children."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import OptionError

if TYPE_CHECKING:
    from diplab.microdata.count_bounds import Ends
    from diplab.microdata.equivalence_scale import EquivalenceScale

__all__ = ["Households", "anybody", "bounds_of_units"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Households:
    """Households as far as they are known: every composition between these ends, one adult at least, is possible.

    Parameters
    ----------
    persons, adults, children : pair of arrays, shape (rows,)
        The least and the most of each; no end where there is none. Adults and children are those of the scale.
    """

    persons: Ends
    adults: Ends
    children: Ends

    @property
    def together(self) -> Households:
        """The same households, each number as narrow as the others leave it."""
        (n1, n2), (a1, a2), (c1, c2) = self.persons, self.adults, self.children
        a1, c1 = np.maximum(a1, 1.0), np.maximum(c1, 0.0)
        n1, n2 = np.maximum(n1, a1 + c1), np.minimum(n2, a2 + c2)
        c1, c2 = np.maximum(c1, n1 - a2), np.minimum(c2, n2 - a1)
        a1, a2 = np.maximum(a1, n1 - c2), np.minimum(a2, n2 - c1)
        return Households((n1, n2), (a1, a2), (c1, c2))

    @property
    def possible(self) -> Booleans:
        """Whether anybody can live so."""
        tight = self.together
        found: Booleans = np.ones(self.persons[0].size, dtype=bool)
        for low, high in (tight.persons, tight.adults, tight.children):
            found &= low <= high
        return found

    def closed(self, largest: float) -> Households:
        """Return the same households, those without an upper end ending at the largest that is declared."""
        tight = self.together
        low, high = tight.persons
        return Households((low, np.where(np.isinf(high), largest, high)), tight.adults, tight.children)


def anybody(rows: int, at_least: float = 0.0) -> Ends:
    """Return the ends of a number of which nothing is known.

    Examples
    --------
    >>> [end.tolist() for end in anybody(1)]
    [[0.0], [inf]]
    """
    return np.full(rows, at_least), np.full(rows, np.inf)


def bounds_of_units(scale: EquivalenceScale, households: Households, asked: str) -> Ends:
    """Return the fewest and the most consumption units that a household may be worth.

    One more person never makes a household worth less: the fewest units are among the smallest households, with as many
    children as can be, the most among the largest with as few (or the reverse, where a child is worth more).

    Parameters
    ----------
    scale : EquivalenceScale
    households : Households
        Possible ones.
    asked : str
        What was asked, for errors.

    Raises
    ------
    OptionError
        Where a table lacks a household, or has none without an upper end.
    """
    tight = households.together
    if scale.table:
        return _in_table(scale, tight, asked)
    (n1, n2), (a1, a2), (c1, c2) = tight.persons, tight.adults, tight.children

    def ends(persons: Floats) -> tuple[Floats, Floats]:
        few, many = np.maximum(c1, persons - a2), np.minimum(c2, persons - a1)
        return scale.units(persons - few, few), scale.units(persons - many, many)

    closed = np.isfinite(n2)
    low = np.minimum(*ends(n1))
    high = np.where(closed, np.maximum(*ends(np.where(closed, n2, n1))), np.inf)
    return low, high


def _in_table(scale: EquivalenceScale, tight: Households, asked: str) -> Ends:
    """Return the least and the most among all compositions that a table has, each distinct household once."""
    columns = np.column_stack([*tight.persons, *tight.adults, *tight.children])
    distinct, place = np.unique(columns, axis=0, return_inverse=True)
    found = np.full((len(distinct), 2), np.nan)
    for row, (n1, n2, a1, a2, c1, c2) in enumerate(distinct.tolist()):
        if not np.isfinite(n2):
            raise OptionError(
                asked,
                f"Some households have {n1:g} persons or more, and a table has no units for households without end.",
                "Write the `largest` household.",
            )
        worth = [
            _read(scale, int(persons - children), int(children), asked)
            for persons in range(int(n1), int(n2) + 1)
            for children in range(int(max(c1, persons - a2)), int(min(c2, persons - a1)) + 1)
        ]
        found[row] = min(worth), max(worth)
    return found[place.ravel(), 0], found[place.ravel(), 1]


def _read(scale: EquivalenceScale, adults: int, children: int, asked: str) -> float:
    units = scale.in_table(adults, children)
    if units is None:
        who = (
            f"{adults} adults and {children} children" if scale.tells_ages else f"{adults + children} persons"
        )
        raise OptionError(
            asked,
            f"The table has no units for a household of {who}, which some answers allow.",
            "Write its units too.",
        )
    return float(units)
