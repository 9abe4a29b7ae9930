"""The composition of households as far as answers tell it: between how many persons, adults and children."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import OptionError
from diplab.microdata.parse_numbers import count_bounds, open_ended
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.microdata.equivalise import EquivalenceScale
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.parse_numbers import Bounds, CountColumn

__all__ = [
    "HouseholdAnswers",
    "HouseholdBounds",
    "HouseholdColumns",
    "bounds_of_units",
    "read_households",
    "unknown_count",
]


Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class HouseholdBounds:
    """Households as far as they are known: every composition between these ends, one adult at least, is possible."""

    persons: Bounds
    adults: Bounds
    children: Bounds

    @property
    def together(self) -> HouseholdBounds:
        """The same households, each number as narrow as the others leave it."""
        (n1, n2), (a1, a2), (c1, c2) = self.persons, self.adults, self.children
        a1, c1 = np.maximum(a1, 1.0), np.maximum(c1, 0.0)
        n1, n2 = np.maximum(n1, a1 + c1), np.minimum(n2, a2 + c2)
        c1, c2 = np.maximum(c1, n1 - a2), np.minimum(c2, n2 - a1)
        a1, a2 = np.maximum(a1, n1 - c2), np.minimum(a2, n2 - c1)
        return HouseholdBounds((n1, n2), (a1, a2), (c1, c2))

    @property
    def possible(self) -> Booleans:
        """Whether anybody can live so."""
        tight = self.together
        found: Booleans = np.ones(self.persons[0].size, dtype=bool)
        for low, high in (tight.persons, tight.adults, tight.children):
            found &= low <= high
        return found

    def closed(self, largest: float) -> HouseholdBounds:
        """Return the same households, those without an upper end ending at the largest that is declared."""
        tight = self.together
        low, high = tight.persons
        return HouseholdBounds((low, np.where(np.isinf(high), largest, high)), tight.adults, tight.children)


def unknown_count(rows: int, at_least: float = 0.0) -> Bounds:
    """Return the ends of a number of which nothing is known."""
    return np.full(rows, at_least), np.full(rows, np.inf)


def bounds_of_units(scale: EquivalenceScale, households: HouseholdBounds, asked: str) -> Bounds:
    """Return the fewest and the most consumption units that a household may be worth.

    One more person never makes a household worth less: the fewest units are among the smallest households, with as many
    children as can be, the most among the largest with as few (or the reverse, where a child is worth more).
    """
    tight = households.together
    if scale.table:
        return _units_in_table(scale, tight, asked)
    (n1, n2), (a1, a2), (c1, c2) = tight.persons, tight.adults, tight.children

    def ends(persons: Floats) -> tuple[Floats, Floats]:
        few, many = np.maximum(c1, persons - a2), np.minimum(c2, persons - a1)
        return scale.units(persons - few, few), scale.units(persons - many, many)

    closed = np.isfinite(n2)
    low = np.minimum(*ends(n1))
    high = np.where(closed, np.maximum(*ends(np.where(closed, n2, n1))), np.inf)
    return low, high


def _units_in_table(scale: EquivalenceScale, tight: HouseholdBounds, asked: str) -> Bounds:
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
            _units_of_household(scale, int(persons - children), int(children), asked)
            for persons in range(int(n1), int(n2) + 1)
            for children in range(int(max(c1, persons - a2)), int(min(c2, persons - a1)) + 1)
        ]
        found[row] = min(worth), max(worth)
    return found[place.ravel(), 0], found[place.ravel(), 1]


def _units_of_household(scale: EquivalenceScale, adults: int, children: int, asked: str) -> float:
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


NO_SUCH_MEMBER = ("not asked", "not applicable")
"""Reasons of an empty age that say that no such member is there."""
OLDEST = 130


@dataclass(frozen=True)
class HouseholdColumns:
    """The columns that tell of households."""

    persons: CountColumn | None
    adults: CountColumn | None
    children: CountColumn | None
    ages: tuple[str, ...]
    children_under: int
    top_codes: Mapping[str, float] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that is read."""
        counts = (each for each in (self.persons, self.adults, self.children) if each is not None)
        parts = [part for each in counts for part in ((each,) if isinstance(each, str) else each)]
        return (*parts, *self.ages)


@dataclass(frozen=True, eq=False)
class HouseholdAnswers:
    """What the answers tell."""

    households: HouseholdBounds
    impossible: Mapping[str, Booleans]
    said: tuple[Text, ...]

    @property
    def wrong(self) -> Booleans:
        """Rows that are impossible for one reason or another."""
        found: Booleans = np.logical_or.reduce(list(self.impossible.values()))
        return found


def read_households(
    data: Microdata, columns: HouseholdColumns, scale: EquivalenceScale, asked: str
) -> HouseholdAnswers:
    """Read the answers on households."""
    _check_household_columns(columns, asked)
    rows = len(data.frame)
    counts = [
        None if each is None else count_bounds(data, each, columns.top_codes, asked)
        for each in (columns.persons, columns.adults, columns.children)
    ]
    strange = np.zeros(rows, dtype=bool)
    for each in counts:
        strange |= False if each is None else _is_no_count(each)
    persons, grown, young = (_fill_unknown(each, rows) for each in counts)
    total = np.maximum(persons[0], grown[0] + young[0]), np.minimum(persons[1], grown[1] + young[1])
    adults, children = _by_age_of_scale(grown, young, columns.children_under, scale.age_limit)
    if columns.ages:
        members = _count_members(data, columns.ages, scale.age_limit, asked)
        strange |= members.strange
        there = members.adults + members.children + members.unsure
        adults = np.maximum(adults[0], members.adults), adults[1]
        children = np.maximum(children[0], members.children), children[1]
        at_most = np.where(there > 0, there + members.maybe, np.inf) if columns.persons is None else np.inf
        total = np.maximum(total[0], there), np.minimum(total[1], at_most)
    households = HouseholdBounds(total, adults, children)
    empty = ~strange & (persons[1] < 1)
    apart = ~strange & ~empty & ~households.possible
    wrong = {"strange": strange, "empty": empty, "apart": apart}
    return HouseholdAnswers(households, wrong, tuple(_answers_in_words(columns, counts, scale)))


def _check_household_columns(columns: HouseholdColumns, asked: str) -> None:
    """Refuse columns that tell no number of persons, and top codes of others."""
    counted = columns.adults is not None and columns.children is not None
    if columns.persons is None and not counted and not columns.ages:
        raise OptionError(
            asked,
            "No column tells how many persons live in the household.",
            'Write `persons="size"`, or `adults=` and `children=`, or `ages=["age_1", "age_2"]`.',
        )
    unknown = sorted(columns.top_codes.keys() - set(columns.names))
    if unknown:
        raise OptionError(
            asked,
            f"A top code was given for `{unknown[0]}`, which is not among the columns that are read.",
            f"Write one of: {', '.join(f'`{name}`' for name in columns.names)}.",
        )


def _by_age_of_scale(grown: Bounds, young: Bounds, under: int, limit: int) -> tuple[Bounds, Bounds]:
    """Return adults and children of the scale, from those of the questionnaire, who part at another age."""
    nobody, everybody = np.zeros(grown[0].size), grown[1] + young[1]
    # who is young for the questionnaire may be grown for the scale, or the reverse
    adults = grown[0] if under >= limit else nobody, grown[1] if under <= limit else everybody
    children = young[0] if under <= limit else nobody, young[1] if under >= limit else everybody
    return adults, children


def _fill_unknown(ends: Bounds | None, rows: int) -> Bounds:
    """Return the ends of a count, nothing known of it where nothing was asked or answered."""
    low, high = unknown_count(rows)
    if ends is None:
        return low, high
    gone = np.isnan(ends[0])
    return np.where(gone, low, ends[0]), np.where(gone, high, ends[1])


def _is_no_count(ends: Bounds) -> Booleans:
    """Return which counts are no whole numbers from zero up."""
    low, high = ends
    with np.errstate(invalid="ignore"):
        part = (low % 1 != 0) | (np.isfinite(high) & (high % 1 != 0)) | (low < 0) | np.isinf(low)
    found: Booleans = part & ~np.isnan(low)
    return found


@dataclass(frozen=True, eq=False)
class _Members:
    """How many members of each household are adults, children, of an age that does not tell, or perhaps there."""

    adults: NDArray[np.float64]
    children: NDArray[np.float64]
    unsure: NDArray[np.float64]
    maybe: NDArray[np.float64]
    strange: Booleans


def _count_members(data: Microdata, names: tuple[str, ...], limit: int, asked: str) -> _Members:
    rows = len(data.frame)
    adults, children, unsure, maybe = (np.zeros(rows) for _ in range(4))
    strange = np.zeros(rows, dtype=bool)
    for name in names:
        low, high = count_bounds(data, name, {}, asked)
        told = ~np.isnan(low)
        young, grown = told & (high < limit), told & (low >= limit)
        adults += grown
        children += young
        unsure += told & ~young & ~grown
        maybe += _may_be_there(data, name) & ~told
        strange |= told & ((low < 0) | (low > OLDEST))
    return _Members(adults, children, unsure, maybe, strange)


def _may_be_there(data: Microdata, name: str) -> Booleans:
    """Return where the age of a member was not given for a reason that leaves the member there."""
    codes = data.missing.get(name)
    if codes is None:
        return np.zeros(len(data.frame), dtype=bool)
    variable = data.codebook.variables.get(name, Variable(name))
    there = np.array([(variable.why(code) or "") not in NO_SUCH_MEMBER for code in codes.codes] + [False])
    found: Booleans = there[codes.places]
    return found


def _answers_in_words(
    columns: HouseholdColumns, counts: list[Bounds | None], scale: EquivalenceScale
) -> list[Text]:
    """Return what was read and what was assumed, in words."""
    said = []
    heads = (Text("personnes", "persons"), Text("adultes", "adults"), Text("enfants", "children"))
    for head, column, ends in zip(
        heads, (columns.persons, columns.adults, columns.children), counts, strict=True
    ):
        if column is None or ends is None:
            continue
        name = column if isinstance(column, str) else " – ".join(column)
        opened = ", ".join(f"{each:g}" for each in open_ended(*ends))
        french = f" (sans limite supérieure à partir de {opened})" if opened else ""
        english = f" (no upper end from {opened})" if opened else ""
        said.append(Text(f"{head.fr} : {name}{french}", f"{head.en}: {name}{english}"))
    if columns.ages:
        names = ", ".join(columns.ages)
        alone = columns.persons is None
        said.append(
            Text(
                f"âges : {names}" + (", une case vide ne compte personne" if alone else ""),
                f"ages: {names}" + (", an empty cell counts nobody" if alone else ""),
            )
        )
    if not scale.tells_ages:
        return said
    limit, under = scale.age_limit, columns.children_under
    if columns.children is None and columns.adults is None and not columns.ages:
        said.append(
            Text(
                "âges inconnus : d’aucun enfant à tous sauf un adulte",
                "ages not known: from no child to all but one adult",
            )
        )
    elif under != limit and (columns.children, columns.adults) != (None, None):
        said.append(
            Text(
                f"enfants comptés avant {under} ans : combien ont moins de {limit} ans n’est pas connu",
                f"children counted under {under}: how many are under {limit} is not known",
            )
        )
    return said
