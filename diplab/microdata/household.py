"""The composition of households that answers allow: between how many persons, adults and children."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from diplab.errors import OptionError
from diplab.kernel.arrays import Booleans, Floats
from diplab.microdata.display import WORDS
from diplab.microdata.missing import rows_missing_for
from diplab.microdata.parse_numbers import Bounds, CountColumn, count_bounds
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.microdata.equivalise import EquivalenceScale
    from diplab.microdata.microdata import Microdata


@dataclass(frozen=True, eq=False)
class HouseholdBounds:
    """The least and the most persons, adults and children; every composition between them with an adult is possible."""

    persons: Bounds
    adults: Bounds
    children: Bounds

    @property
    def together(self) -> HouseholdBounds:
        """The same households, each number as narrow as the others allow."""
        (n1, n2), (a1, a2), (c1, c2) = self.persons, self.adults, self.children
        a1, c1 = np.maximum(a1, 1.0), np.maximum(c1, 0.0)
        n1, n2 = np.maximum(n1, a1 + c1), np.minimum(n2, a2 + c2)
        c1, c2 = np.maximum(c1, n1 - a2), np.minimum(c2, n2 - a1)
        a1, a2 = np.maximum(a1, n1 - c2), np.minimum(a2, n2 - c1)
        return HouseholdBounds((n1, n2), (a1, a2), (c1, c2))

    @property
    def possible(self) -> Booleans:
        """Whether some composition is possible."""
        tight = self.together
        ends = (tight.persons, tight.adults, tight.children)
        possible: Booleans = np.all([low <= high for low, high in ends], axis=0)
        return possible

    def take(self, rows: Booleans) -> HouseholdBounds:
        """Return some of the households."""
        parts = (self.persons, self.adults, self.children)
        return HouseholdBounds(*((low[rows], high[rows]) for low, high in parts))


def bounds_of_units(scale: EquivalenceScale, households: HouseholdBounds) -> Bounds:
    """Return the fewest and the most consumption units that a household may be worth."""
    # one more person never makes a household worth less: the fewest units are among the smallest households, with as
    # many children as can be, the most among the largest with as few (or the reverse, where a child is worth more)
    tight = households.together
    if scale.table:
        return _units_in_table(scale, tight)
    (n1, n2), (a1, a2), (c1, c2) = tight.persons, tight.adults, tight.children

    def ends(persons: Floats) -> tuple[Floats, Floats]:
        few, many = np.maximum(c1, persons - a2), np.minimum(c2, persons - a1)
        return scale.units(persons - few, few), scale.units(persons - many, many)

    closed = np.isfinite(n2)
    low = np.minimum(*ends(n1))
    high = np.where(closed, np.maximum(*ends(np.where(closed, n2, n1))), np.inf)
    return low, high


def _units_in_table(scale: EquivalenceScale, tight: HouseholdBounds) -> Bounds:
    """Return the least and the most among all compositions that a table has, each distinct household once."""
    columns = np.column_stack([*tight.persons, *tight.adults, *tight.children])
    distinct, place = np.unique(columns, axis=0, return_inverse=True)
    units = np.full((len(distinct), 2), np.nan)
    for row, (n1, n2, a1, a2, c1, c2) in enumerate(distinct.tolist()):
        if not np.isfinite(n2):
            raise OptionError(
                f"Some households have {n1:g} persons or more, and the table of units ends somewhere.",
                write="Write the size of the `largest` household.",
            )
        worth = [
            _units_of_household(scale, int(persons - children), int(children))
            for persons in range(int(n1), int(n2) + 1)
            for children in range(int(max(c1, persons - a2)), int(min(c2, persons - a1)) + 1)
        ]
        units[row] = min(worth), max(worth)
    return units[place.ravel(), 0], units[place.ravel(), 1]


def _units_of_household(scale: EquivalenceScale, adults: int, children: int) -> float:
    units = scale.in_table(adults, children)
    if units is None:
        who = f"{adults} adults and {children} children" if scale.tells_ages else f"{adults + children} persons"
        raise OptionError(
            f"The table has no units for a household of {who}, which some answers allow.", write="Write its units too."
        )
    return float(units)


NO_SUCH_MEMBER = ("not asked", "not applicable")  # reasons of an empty age that mean that there is no such member
OLDEST = 130


@dataclass(frozen=True)
class HouseholdColumns:
    """The columns on households; `children_under` is the age below which the questionnaire counts children."""

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
    """Possible households, the rows that are impossible by what is wrong, and what was read and assumed."""

    households: HouseholdBounds
    impossible: Mapping[str, Booleans]
    words: tuple[Text, ...]

    @property
    def wrong(self) -> Booleans:
        """Rows that are impossible for one reason or another."""
        wrong: Booleans = np.logical_or.reduce(list(self.impossible.values()))
        return wrong


def read_households(data: Microdata, columns: HouseholdColumns, scale: EquivalenceScale) -> HouseholdAnswers:
    """Read the answers on households."""
    _check_household_columns(columns)
    rows = len(data.frame)
    counts = [
        None if each is None else count_bounds(data, each, columns.top_codes)
        for each in (columns.persons, columns.adults, columns.children)
    ]
    no_count = np.zeros(rows, dtype=bool)
    for each in counts:
        no_count |= False if each is None else _is_no_count(each)
    persons, grown, young = (_fill_unknown(each, rows) for each in counts)
    total = np.maximum(persons[0], grown[0] + young[0]), np.minimum(persons[1], grown[1] + young[1])
    adults, children = _by_age_of_scale(grown, young, columns.children_under, scale.age_limit)
    if columns.ages:
        members, impossible = _count_members(data, columns.ages, scale.age_limit)
        no_count |= impossible
        present, at_most = members.persons
        adults = np.maximum(adults[0], members.adults[0]), adults[1]
        children = np.maximum(children[0], members.children[0]), children[1]
        open_ended = (present == 0) | (columns.persons is not None)
        total = np.maximum(total[0], present), np.minimum(total[1], np.where(open_ended, np.inf, at_most))
    households = HouseholdBounds(total, adults, children)
    empty = ~no_count & (persons[1] < 1)
    wrong = {"no_count": no_count, "empty": empty, "inconsistent": ~no_count & ~empty & ~households.possible}
    return HouseholdAnswers(households, wrong, tuple(_answers_in_words(columns, counts, scale)))


def _check_household_columns(columns: HouseholdColumns) -> None:
    """Refuse columns without a number of persons, and top codes of columns that are not read."""
    members = columns.adults is not None and columns.children is not None
    if columns.persons is None and not members and not columns.ages:
        raise OptionError(
            "No column says how many persons live in the household.",
            write='Write `persons="size"`, or `adults=` and `children=`, or `ages=["age_1", "age_2"]`.',
        )
    unknown = sorted(columns.top_codes.keys() - set(columns.names))
    if unknown:
        raise OptionError(
            f"`top_codes` has `{unknown[0]}`, which is not one of the columns that are read.",
            write=f"Write one of: {', '.join(f'`{name}`' for name in columns.names)}.",
        )


def _by_age_of_scale(grown: Bounds, young: Bounds, under: int, limit: int) -> tuple[Bounds, Bounds]:
    """Return adults and children of the scale, from those of the questionnaire, which may part at another age."""
    none, total = np.zeros(grown[0].size), grown[1] + young[1]
    # who is young for the questionnaire may be grown for the scale, or the reverse
    adults = grown[0] if under >= limit else none, grown[1] if under <= limit else total
    children = young[0] if under <= limit else none, young[1] if under >= limit else total
    return adults, children


def _fill_unknown(ends: Bounds | None, rows: int) -> Bounds:
    """Return the ends of a count: from 0 without an end where it was not asked or not answered."""
    if ends is None:
        return np.zeros(rows), np.full(rows, np.inf)
    unknown = np.isnan(ends[0])
    return np.where(unknown, 0.0, ends[0]), np.where(unknown, np.inf, ends[1])


def _is_no_count(ends: Bounds) -> Booleans:
    """Return which counts are not whole numbers of at least 0."""
    low, high = ends
    with np.errstate(invalid="ignore"):
        wrong = (low % 1 != 0) | (np.isfinite(high) & (high % 1 != 0)) | (low < 0) | np.isinf(low)
    no_count: Booleans = wrong & ~np.isnan(low)
    return no_count


def _count_members(data: Microdata, names: tuple[str, ...], limit: int) -> tuple[HouseholdBounds, Booleans]:
    """Return the members whose age is told, by age where it leaves that open, and which ages are impossible."""
    rows = len(data.frame)
    adults, children, present, maybe = (np.zeros(rows) for _ in range(4))
    impossible = np.zeros(rows, dtype=bool)
    for name in names:
        low, high = count_bounds(data, name, {})
        known = ~np.isnan(low)
        adults += known & (low >= limit)
        children += known & (high < limit)
        present += known
        # missing for another reason than that there is no such member
        maybe += rows_missing_for(data, name, lambda reason: reason not in NO_SUCH_MEMBER) & ~known
        impossible |= known & ((low < 0) | (low > OLDEST))
    endless = np.full(rows, np.inf)
    return HouseholdBounds((present, present + maybe), (adults, endless), (children, endless)), impossible


def _answers_in_words(columns: HouseholdColumns, counts: list[Bounds | None], scale: EquivalenceScale) -> list[Text]:
    """Return what was read and what was assumed, in words."""
    words = []
    columns_of_counts = {"persons": columns.persons, "adults": columns.adults, "children": columns.children}
    for (kind, column), ends in zip(columns_of_counts.items(), counts, strict=True):
        if column is None or ends is None:
            continue
        name: str | Text = column if isinstance(column, str) else " – ".join(column)
        if opened := ", ".join(f"{each:g}" for each in np.unique(ends[0][np.isinf(ends[1])])):
            name = WORDS("household.no_upper_end", columns=name, counts=opened)
        words.append(WORDS(f"household.{kind}", columns=name))
    if columns.ages:
        key = "household.ages_alone" if columns.persons is None else "household.ages"
        words.append(WORDS(key, columns=", ".join(columns.ages)))
    if not scale.tells_ages:
        return words
    limit, under = scale.age_limit, columns.children_under
    if columns.children is None and columns.adults is None and not columns.ages:
        words.append(WORDS("household.ages_unknown"))
    elif under != limit and (columns.children, columns.adults) != (None, None):
        words.append(WORDS("household.counted_under", under=under, limit=limit))
    return words
