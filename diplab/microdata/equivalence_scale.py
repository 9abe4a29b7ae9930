"""Equivalence scales: how many single persons a household is worth when it comes to living on an income.

The OECD-modified scale (Hagenaars, de Vos and Zaidi 1994) is that of Eurostat and INSEE; the OECD scale, or Oxford
scale (OECD 1982), came before it; the square root of the number of persons is that of recent OECD reports (2008).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import OptionError, one_of
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SCALES", "EquivalenceScale", "scale_of"]


def _above_zero(number: object) -> bool:
    counts = isinstance(number, int | float) and not isinstance(number, bool)
    return counts and 0 < float(number) < math.inf  # type: ignore[arg-type]


def _is_household(key: object) -> bool:
    """Return whether a key of a table is a number of persons, or numbers of adults and of children."""
    parts = key if isinstance(key, tuple) else (key, 0)
    whole = all(isinstance(each, int) and not isinstance(each, bool) and each >= 0 for each in parts)
    return whole and len(parts) == 2 and parts[0] >= 1


def _french(number: float) -> str:
    return f"{number:g}".replace(".", ",")


@dataclass(frozen=True)
class EquivalenceScale:
    """The consumption units of a household: (first_adult + other_adult (A - 1) + child C) ^ power, or those of a table.

    Parameters
    ----------
    first_adult, other_adult, child : float
        Units of the first of its A adults, of each other, and of each of its C children; above zero.
    age_limit : int
        Age from which somebody counts as an adult.
    power : float
        1, or less for a scale that grows ever more slowly: 0.5 for the square root.
    table : mapping, optional
        Units by number of persons, `{1: 1, 2: 1.5}`, or by numbers of adults and of children, `{(1, 0): 1, (2, 1):
        1.8}`; the numbers above then play no part.
    label : Text
        Its name.

    Raises
    ------
    OptionError
        Where a unit, the power or a key of the table is none.

    Examples
    --------
    >>> float(EquivalenceScale().units(np.array(2), np.array(2)).round(10))
    2.1
    """

    first_adult: float = 1.0
    other_adult: float = 0.5
    child: float = 0.3
    age_limit: int = 14
    power: float = 1.0
    table: Mapping[Any, float] = field(default_factory=dict)
    label: Text = NOTHING

    def __post_init__(self) -> None:
        weights = (self.first_adult, self.other_adult, self.child, self.power, self.age_limit)
        if not all(_above_zero(each) for each in (*weights, *self.table.values())):
            raise OptionError(
                "An equivalence scale was made.",
                f"One of its numbers is not above zero: {', '.join(map(str, (*weights, *self.table.values())))}.",
                "Write for example `EquivalenceScale(1, 0.5, 0.3)`.",
            )
        kinds = {type(key) for key in self.table}
        if len(kinds) > 1 or not all(map(_is_household, self.table)):
            raise OptionError(
                "An equivalence scale was made of a table.",
                f"Its households are {', '.join(map(repr, self.table))}: persons, or (adults, children), are whole "
                "numbers.",
                "Write for example `{1: 1, 2: 1.5}` or `{(1, 0): 1, (2, 1): 1.8}`.",
            )

    @property
    def tells_ages(self) -> bool:
        """Whether units depend on who is an adult."""
        if self.table:
            return isinstance(next(iter(self.table)), tuple)
        return self.other_adult != self.child

    def units(self, adults: NDArray[np.float64], children: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the units of households of so many adults and children; no table is read."""
        with np.errstate(invalid="ignore"):
            worth = self.first_adult + self.other_adult * (adults - 1) + self.child * children
            found: NDArray[np.float64] = worth**self.power
        return found

    def in_table(self, adults: int, children: int) -> float | None:
        """Return the units that the table has for a household; None where it has none."""
        return self.table.get((adults, children) if self.tells_ages else adults + children)

    @property
    def said(self) -> Text:
        """The scale in words, with its numbers."""
        if self.table:
            return Text(
                f"échelle propre de {len(self.table)} ménages", f"own table of {len(self.table)} households"
            )
        if not self.tells_ages and self.first_adult == self.child:
            name = self.label or Text(
                f"{_french(self.child)} par personne, puissance {_french(self.power)}",
                f"{self.child:g} for each person, power {self.power:g}",
            )
            return Text(f"échelle : {name.fr}", f"scale: {name.en}")
        french = (
            f"{_french(self.first_adult)} pour la première personne, {_french(self.other_adult)} par autre personne de "
            f"{self.age_limit} ans ou plus, {_french(self.child)} par enfant de moins de {self.age_limit} ans"
        )
        english = (
            f"{self.first_adult:g} for the first person, {self.other_adult:g} for each other aged {self.age_limit} or "
            f"over, {self.child:g} for each child under {self.age_limit}"
        )
        if self.power != 1:
            french += f", puissance {_french(self.power)}"
            english += f", power {self.power:g}"
        named = self.label or Text("propre", "own")
        return Text(f"échelle {named.fr} ({french})", f"{named.en} scale ({english})")


SCALES: Mapping[str, EquivalenceScale] = {
    "oecd-modified": EquivalenceScale(label=Text("OCDE modifiée", "OECD-modified")),
    "square-root": EquivalenceScale(
        1.0, 1.0, 1.0, power=0.5, label=Text("racine carrée du nombre de personnes", "square root of persons")
    ),
    "oecd": EquivalenceScale(1.0, 0.7, 0.5, label=Text("OCDE, dite d’Oxford", "OECD (Oxford)")),
    "per-head": EquivalenceScale(1.0, 1.0, 1.0, label=Text("nombre de personnes", "number of persons")),
}
"""Scales by name."""


def scale_of(given: object) -> EquivalenceScale:
    """Return a scale from its name, itself, or a table of units.

    Raises
    ------
    OptionError
        Where it is none of these.

    Examples
    --------
    >>> scale_of("oecd").child, scale_of({1: 1.0, 2: 1.5}).in_table(1, 1)
    (0.5, 1.5)
    """
    if isinstance(given, EquivalenceScale):
        return given
    if isinstance(given, Mapping) and given:
        return EquivalenceScale(table=dict(given))
    if isinstance(given, str) and given in SCALES:
        return SCALES[given]
    raise one_of("`scale`", given, SCALES)
