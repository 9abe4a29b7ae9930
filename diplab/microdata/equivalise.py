"""Equivalence scales, consumption units of households, and income by consumption unit.

The OECD-modified scale (Hagenaars, de Vos and Zaidi 1994) is that of Eurostat and INSEE; the OECD
scale, or Oxford scale (OECD 1982), came before it; the square root of the number of persons is that
of recent OECD reports (2008).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import (
    argument,
    check_number,
    check_one_of,
    check_whole_number,
    is_whole_number,
    values_of,
)
from diplab.errors import OptionError, quoted_names
from diplab.kernel.arrays import Booleans, Floats
from diplab.microdata.display import WORDS, join_wordings
from diplab.microdata.frames import check_new_columns, frame_in_memory, number_column
from diplab.microdata.history import Step
from diplab.microdata.microdata import Microdata, as_microdata
from diplab.microdata.missing import MissingCause, carry_reasons, refuse_codes, rows_missing_for
from diplab.microdata.parse_numbers import (
    Bounds,
    CountColumn,
    check_finite,
    count_bounds,
    number_bounds,
)
from diplab.reference.parameter import with_per
from diplab.reference.text import NOTHING, Text


@dataclass(frozen=True, eq=False)
class HouseholdBounds:
    """The least and the most persons, adults and children of households with an adult."""

    persons: Bounds
    adults: Bounds
    children: Bounds

    @property
    def together(self) -> HouseholdBounds:
        """The same households, with each interval as narrow as the others allow."""
        (n1, n2), (a1, a2), (c1, c2) = self.persons, self.adults, self.children
        a1, c1 = np.maximum(a1, 1.0), np.maximum(c1, 0.0)
        n1, n2 = np.maximum(n1, a1 + c1), np.minimum(n2, a2 + c2)
        c1, c2 = np.maximum(c1, n1 - a2), np.minimum(c2, n2 - a1)
        a1, a2 = np.maximum(a1, n1 - c2), np.minimum(a2, n2 - c1)
        return HouseholdBounds((n1, n2), (a1, a2), (c1, c2))

    @property
    def possible(self) -> Booleans:
        """Whether any composition is possible."""
        tight = self.together
        ends = (tight.persons, tight.adults, tight.children)
        return np.asarray(np.all([low <= high for low, high in ends], axis=0))

    def take(self, rows: Booleans) -> HouseholdBounds:
        """Return some of the households."""
        parts = (self.persons, self.adults, self.children)
        return HouseholdBounds(*((low[rows], high[rows]) for low, high in parts))


def bounds_of_units(scale: EquivalenceScale, households: HouseholdBounds) -> Bounds:
    """Return the fewest and the most consumption units that a household may be worth."""
    # units never fall with one more person: the fewest are those of the smallest household with
    # the most children, the most those of the largest with the fewest (or the reverse, if a child
    # has more units)
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
    """Return the least and the most units of all possible compositions in a table."""
    columns = np.column_stack([*tight.persons, *tight.adults, *tight.children])
    distinct, place = np.unique(columns, axis=0, return_inverse=True)
    units = np.full((len(distinct), 2), np.nan)
    for row, (n1, n2, a1, a2, c1, c2) in enumerate(distinct.tolist()):
        if not np.isfinite(n2):
            raise OptionError(
                f"Some households have {n1:g} persons or more, and the table of units is finite.",
                write="Write the size of the `largest` household.",
            )
        worth: list[float] = []
        for persons in range(int(n1), int(n2) + 1):
            worth.extend(
                _units_of_household(scale, int(persons - children), int(children))
                for children in range(int(max(c1, persons - a2)), int(min(c2, persons - a1)) + 1)
            )
        units[row] = min(worth), max(worth)
    return units[place.ravel(), 0], units[place.ravel(), 1]


def _units_of_household(scale: EquivalenceScale, adults: int, children: int) -> float:
    units = scale.table.get((adults, children) if scale.tells_ages else adults + children)
    if units is None:
        who = (
            f"{adults} adults and {children} children"
            if scale.tells_ages
            else f"{adults + children} persons"
        )
        raise OptionError(
            f"The table has no units for a household of {who}, which some answers allow.",
            write="Write its units too.",
        )
    return float(units)


# reasons for an empty age that mean that there is no such member
NO_SUCH_MEMBER = ("not asked", "not applicable")
OLDEST = 130


@dataclass(frozen=True)
class HouseholdColumns:
    """The columns on households, and the age below which the questionnaire counts children."""

    counts: Mapping[str, CountColumn]  # `persons`, `adults` and `children`, if given
    ages: tuple[str, ...]
    children_under: int
    top_codes: Mapping[str, float] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """All columns that are read."""
        columns: list[str] = []
        for count in self.counts.values():
            columns += values_of(count)
        return (*columns, *self.ages)


@dataclass(frozen=True, eq=False)
class HouseholdAnswers:
    """Possible households, impossible rows by fault, and the assumptions made."""

    households: HouseholdBounds
    impossible: Mapping[str, Booleans]
    words: tuple[Text, ...]

    @property
    def wrong(self) -> Booleans:
        """Rows that are impossible for any reason."""
        return np.asarray(np.logical_or.reduce(list(self.impossible.values())))


def read_households(
    data: Microdata, columns: HouseholdColumns, scale: EquivalenceScale
) -> HouseholdAnswers:
    """Read the answers on households."""
    _check_household_columns(columns)
    rows = len(data.frame)
    counts = {}
    for kind, count in columns.counts.items():
        counts[kind] = count_bounds(data, count, columns.top_codes)
    no_count = np.logical_or.reduce(
        [np.zeros(rows, dtype=bool), *map(_is_no_count, counts.values())]
    )
    persons, grown, young = (
        _fill_unknown(counts.get(kind), rows) for kind in ("persons", "adults", "children")
    )
    total = np.maximum(persons[0], grown[0] + young[0]), np.minimum(persons[1], grown[1] + young[1])
    adults, children = _by_age_of_scale(grown, young, columns.children_under, scale.age_limit)
    if columns.ages:
        members, impossible = _count_members(data, columns.ages, scale.age_limit)
        no_count |= impossible
        present, at_most = members.persons
        adults = np.maximum(adults[0], members.adults[0]), adults[1]
        children = np.maximum(children[0], members.children[0]), children[1]
        open_ended = (present == 0) | ("persons" in counts)
        total = (
            np.maximum(total[0], present),
            np.minimum(total[1], np.where(open_ended, np.inf, at_most)),
        )
    households = HouseholdBounds(total, adults, children)
    empty = ~no_count & (persons[1] < 1)
    wrong = {
        "no_count": no_count,
        "empty": empty,
        "inconsistent": ~no_count & ~empty & ~households.possible,
    }
    return HouseholdAnswers(households, wrong, tuple(_answers_in_words(columns, counts, scale)))


def _check_household_columns(columns: HouseholdColumns) -> None:
    """Raise an error without a column of persons, or for top codes of columns not read."""
    if "persons" not in columns.counts and len(columns.counts) < 2 and not columns.ages:
        raise OptionError(
            "No column says how many persons live in the household.",
            write='Write `persons="size"`, or `adults=` and `children=`, or `ages=["age_1", '
            '"age_2"]`.',
        )
    unknown = sorted(columns.top_codes.keys() - set(columns.names))
    if unknown:
        raise OptionError(
            f"`top_codes` has `{unknown[0]}`, which is not one of the columns that are read.",
            write=f"Write one of: {quoted_names(columns.names)}.",
        )


def _by_age_of_scale(grown: Bounds, young: Bounds, under: int, limit: int) -> tuple[Bounds, Bounds]:
    """Return adults and children by the age limit of the scale, from those of the questionnaire."""
    none, total = np.zeros(grown[0].size), grown[1] + young[1]
    # a child for the questionnaire may be an adult for the scale, or the reverse
    adults = grown[0] if under >= limit else none, grown[1] if under <= limit else total
    children = young[0] if under <= limit else none, young[1] if under >= limit else total
    return adults, children


def _fill_unknown(ends: Bounds | None, rows: int) -> Bounds:
    """Return the bounds of a count: 0 and infinity if it was not asked or not answered."""
    if ends is None:
        return np.zeros(rows), np.full(rows, np.inf)
    unknown = np.isnan(ends[0])
    return np.where(unknown, 0.0, ends[0]), np.where(unknown, np.inf, ends[1])


def _is_no_count(ends: Bounds) -> Booleans:
    """Return which counts are not non-negative integers."""
    low, high = ends
    with np.errstate(invalid="ignore"):
        wrong = (low % 1 != 0) | (np.isfinite(high) & (high % 1 != 0)) | (low < 0) | np.isinf(low)
    return np.asarray(wrong & ~np.isnan(low))


def _count_members(
    data: Microdata, names: tuple[str, ...], limit: int
) -> tuple[HouseholdBounds, Booleans]:
    """Return members by age group, from their ages, and the rows with impossible ages."""
    rows = len(data.frame)
    adults, children, present, maybe = (np.zeros(rows) for _ in range(4))
    impossible = np.zeros(rows, dtype=bool)
    for name in names:
        low, high = count_bounds(data, name, {})
        known = ~np.isnan(low)
        adults += known & (low >= limit)
        children += known & (high < limit)
        present += known
        # missing for a reason other than that there is no such member
        maybe += rows_missing_for(data, name, lambda reason: reason not in NO_SUCH_MEMBER) & ~known
        impossible |= known & ((low < 0) | (low > OLDEST))
    endless = np.full(rows, np.inf)
    return HouseholdBounds(
        (present, present + maybe), (adults, endless), (children, endless)
    ), impossible


def _answers_in_words(
    columns: HouseholdColumns, counts: Mapping[str, Bounds], scale: EquivalenceScale
) -> list[Text]:
    """Return the columns read and the assumptions made, in words."""
    words = []
    for kind, column in columns.counts.items():
        name: str | Text = column if isinstance(column, str) else " – ".join(column)
        if opened := ", ".join(
            f"{item:g}" for item in np.unique(counts[kind][0][np.isinf(counts[kind][1])])
        ):
            name = WORDS("household.no_upper_end", columns=name, counts=opened)
        words.append(WORDS(f"household.{kind}", columns=name))
    if columns.ages:
        key = "household.ages_alone" if "persons" not in counts else "household.ages"
        words.append(WORDS(key, columns=", ".join(columns.ages)))
    if not scale.tells_ages:
        return words
    limit, under = scale.age_limit, columns.children_under
    by_age = not counts.keys().isdisjoint(("adults", "children"))
    if not by_age and not columns.ages:
        words.append(WORDS("household.ages_unknown"))
    elif under != limit and by_age:
        words.append(WORDS("household.counted_under", under=under, limit=limit))
    return words


Impossible: TypeAlias = Literal["fail", "drop"]


def _is_household(key: object) -> bool:
    """Return whether a key of a table is a number of persons, or of adults and children."""
    parts = key if isinstance(key, tuple) else (key, 0)
    return (
        len(parts) == 2
        and all(is_whole_number(part) and part >= 0 for part in parts)
        and bool(parts[0] >= 1)
    )


def _figure(number: float) -> Text:
    return Text(f"{number:g}".replace(".", ","), f"{number:g}")


@dataclass(frozen=True)
class EquivalenceScale:
    """An equivalence scale: the consumption units of a household by its composition.

    Units are (first_adult + other_adult (A - 1) + child C) ^ power, or those of a table.

    Parameters
    ----------
    first_adult, other_adult, child : float
        Units of the first of its A adults, of each other, and of each of its C children; above
        zero.
    age_limit : int
        Age from which a person counts as an adult.
    power : float
        1, or less for economies of scale: 0.5 for the square root.
    table : mapping, optional
        Units by number of persons, `{1: 1, 2: 1.5}`, or by numbers of adults and of children,
        `{(1, 0): 1, (2, 1): 1.8}`; the parameters above are then not used.
    label : Text
        Its name.

    Raises
    ------
    OptionError
        Where a unit or the power is not above 0, or a key of the table is not a household.

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
        for name in ("first_adult", "other_adult", "child", "power", "age_limit"):
            check_number(name, getattr(self, name), above=0, example=1)
        for household, units in self.table.items():
            check_number(f"table[{household!r}]", units, above=0, example=1.5)
        if len(set(map(type, self.table))) > 1 or not all(map(_is_household, self.table)):
            raise OptionError(
                f"{argument('table', dict(self.table))} does not give units by household.",
                "Its keys are whole numbers of persons, or of adults and of children.",
                "Write for example `{1: 1, 2: 1.5}` or `{(1, 0): 1, (2, 1): 1.8}`.",
            )

    @property
    def tells_ages(self) -> bool:
        """Whether units depend on the number of adults."""
        if self.table:
            return isinstance(next(iter(self.table)), tuple)
        return self.other_adult != self.child

    def units(self, adults: Floats, children: Floats) -> Floats:
        """Return the units of households by adults and children, for a scale without a table."""
        with np.errstate(invalid="ignore"):
            worth = self.first_adult + self.other_adult * (adults - 1) + self.child * children
            units: Floats = worth**self.power
        return units

    @property
    def description(self) -> Text:
        """The scale in words, with its numbers."""
        if self.table:
            return WORDS("scale.own_table", households=len(self.table))
        child, power = _figure(self.child), _figure(self.power)
        if not self.tells_ages and self.first_adult == self.child:
            return WORDS(
                "scale.name", name=self.label or WORDS("scale.per_person", units=child, power=power)
            )
        first, other = _figure(self.first_adult), _figure(self.other_adult)
        numbers = [WORDS("scale.units", first=first, other=other, child=child, age=self.age_limit)]
        if self.power != 1:
            numbers.append(WORDS("scale.power", power=power))
        return WORDS(
            "scale.numbers",
            name=self.label or WORDS("scale.own"),
            numbers=join_wordings(numbers, ", "),
        )


SCALES: Mapping[str, EquivalenceScale] = {
    "oecd-modified": EquivalenceScale(label=WORDS("scale.oecd_modified")),
    "square-root": EquivalenceScale(1.0, 1.0, 1.0, power=0.5, label=WORDS("scale.square_root")),
    "oecd": EquivalenceScale(1.0, 0.7, 0.5, label=WORDS("scale.oecd")),
    "per-head": EquivalenceScale(1.0, 1.0, 1.0, label=WORDS("scale.per_head")),
}
"""The scales by name."""


_WRONG = {
    "no_count": "{count} with a number that is not a count (a fraction, a number below 0, an "
    "impossible age)",
    "empty": "{count} without members",
    "inconsistent": "{count} whose members do not add up (no adult, or more members than persons)",
}


def equivalise(
    data: Microdata | pd.DataFrame,
    income: str | tuple[str, str] | None = None,
    *,
    scale: str | EquivalenceScale | Mapping[Any, float] = "oecd-modified",
    persons: CountColumn | None = None,
    adults: CountColumn | None = None,
    children: CountColumn | None = None,
    ages: Sequence[str] = (),
    children_under: int | None = None,
    top_codes: Mapping[str, float] | None = None,
    largest: int | None = None,
    impossible: Impossible = "fail",
    into: str = "equivalised",
    units_into: str = "units",
) -> Microdata:
    """Add the consumption units of households and their income per unit, exact or as bounds.

    Answers are read by their labels in French or in English: `4+`, `5 or more`, `6 et plus`,
    `3 ou 4`, `1 (just me!)`. Nothing is guessed if answers leave it open (ages not asked, a size
    without upper end, no answer): the bounds cover every household with at least one adult that
    the answers allow.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
        In memory.
    income : str or pair of str, optional
        Income of the household; or the columns of its lower and upper bound, for an income in bands
        (`inf` if a band is open). Without it only the consumption units are added.
    scale : {"oecd-modified", "square-root", "oecd", "per-head"}, EquivalenceScale or mapping
        1 for the first adult, 0.5 for each other person aged 14 or over, 0.3 for each child under
        14 (Hagenaars, de Vos and Zaidi 1994); the square root of the number of persons; 1, 0.7 and
        0.5 (OECD 1982, "Oxford"); the number of persons; a scale or table of your own, `{1: 1, 2:
        1.5}` or `{(adults, children): units}`.
    persons, adults, children : str or pair of str, optional
        Columns that count the members of the household, the respondent included; or a pair of
        columns with the lower and the upper bound. `persons`, or `adults` and `children`, or
        `ages`.
    ages : sequence of str
        Columns with the age of each member, the respondent included, in years. Without `persons`,
        an empty cell is not a member, unless the answer was refused.
    children_under : int, optional
        Age under which the questionnaire counts children (and from which it counts adults), where
        that is not the age of the scale: with 18 for a scale of 14, between none and all of these
        children are under 14.
    top_codes : mapping of str to number, optional
        `{"size": 4}` if the number 4 means 4 or more and no label states it.
    largest : int, optional
        The largest possible household. Without it, an open answer has no upper bound: units have
        none either, and the income per unit may be as low as zero.
    impossible : {"fail", "drop"}
        Impossible households (no member, no adult, more children than persons, fractions) raise an
        error, or their answers are dropped: the row stays, without units, and is counted.
    into : str
        Name of the new column of incomes, and beginning of `<into>_low`, `<into>_high`.
    units_into : str
        The same for the consumption units.

    Returns
    -------
    Microdata
        With `<units_into>_low` and `<units_into>_high`, and `<units_into>` where both are the same
        number. With an income also `<into>_low` = least income / most units, `<into>_high` = most
        income / fewest units (for an income below zero the reverse), and `<into>` where both are
        the same. They are missing for a household that is impossible or without income.

    Raises
    ------
    ColumnError
        Where a column does not exist or is not a count, or a new one exists already.
    OptionError
        Where an answer is not a count, a household is impossible or larger than `largest`, or the
        income does not hold amounts.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> homes = pd.DataFrame({"income": [2600.0, 2600.0], "size": ["3", "4+"], "kids": [1, None]})
    >>> equivalised = dl.equivalise(homes, "income", persons="size", children="kids", largest=5)
    >>> equivalised.frame[["units_low", "units_high"]].round(6).values.tolist()
    [[1.8, 1.8], [1.9, 3.0]]
    >>> columns = ["equivalised", "equivalised_low", "equivalised_high"]
    >>> equivalised.frame[columns].round(2).values.tolist()
    [[1444.44, 1444.44, 1444.44], [nan, 866.67, 1368.42]]
    """
    data = as_microdata(data)
    frame_in_memory(data)
    own = EquivalenceScale(table=dict(scale)) if isinstance(scale, Mapping) and scale else scale
    chosen = (
        own
        if isinstance(own, EquivalenceScale)
        else SCALES[check_one_of("scale", str(own), tuple(SCALES))]
    )
    check_one_of("impossible", impossible, Impossible)
    for option, number in (("largest", largest), ("children_under", children_under)):
        if number is not None:
            check_whole_number(option, number, low=1)
    if income is not None and into == units_into:
        raise OptionError(f"`into` and `units_into` are both `{into}`.", write="Write two names.")
    new = (units_into,) if income is None else (into, units_into)
    check_new_columns(data, *(f"{name}{end}" for name in new for end in ("", "_low", "_high")))
    incomes = None if income is None else _income_bounds(data, income)
    ages = (ages,) if isinstance(ages, str) else tuple(ages)
    under = chosen.age_limit if children_under is None else children_under
    counts = {"persons": persons, "adults": adults, "children": children}
    given = {kind: count for kind, count in counts.items() if count is not None}
    columns = HouseholdColumns(given, ages, under, top_codes or {})
    units = read_households(data, columns, chosen)
    if units.wrong.any() and impossible == "fail":
        wrong = {}
        for name, rows in units.impossible.items():
            wrong[name] = int(rows.sum())
        parts = []
        for name, count in wrong.items():
            if count:
                parts.append(_WRONG[name].format(count=count))
        raise OptionError(
            f"{sum(wrong.values())} of {units.wrong.size} households are impossible: "
            f"{', '.join(parts)}.",
            write="Correct these answers, or write `impossible='drop'` to leave them without "
            "units.",
        )
    households = _close_open_sizes(units.households, units.wrong, largest)
    low, high = np.full((2, len(units.wrong)), np.nan)
    low[~units.wrong], high[~units.wrong] = bounds_of_units(chosen, households.take(~units.wrong))
    bounds = low, high
    words = WORDS(
        "step.of", columns=units_into, words=_units_in_words(units, chosen, bounds, largest)
    )
    step = Step("recode", (*columns.names, units_into), words, int((~units.wrong).sum()))
    causes = (MissingCause("impossible", WORDS("units.impossible"), units.wrong),)
    data = add_bounds(data, units_into, WORDS("units.label"), bounds, step, causes=causes)
    if income is None or incomes is None:
        return data
    read = (income,) if isinstance(income, str) else tuple(income)
    return _add_income(data, read, _divide_bounds(incomes, bounds), chosen, into, units_into)


def _add_income(
    data: Microdata,
    income: tuple[str, ...],
    ends: Bounds,
    scale: EquivalenceScale,
    into: str,
    units: str,
) -> Microdata:
    """Return data with the income per unit, between its bounds `ends`."""
    low, high = ends
    words = [WORDS("units.incomes", incomes=" – ".join(income), units=units)]
    if bounded := int((low < high).sum()):
        words.append(WORDS("units.incomes_by_bounds", count=bounded))
    step_words = WORDS("step.of", columns=into, words=join_wordings(words, "; "))
    step = Step("recode", (*income, units, into), step_words, int((~np.isnan(low)).sum()))
    # the label names the scale, as tables print it and incomes on two scales are not comparable
    label = WORDS("units.equivalised_income", scale=scale.label or WORDS("scale.own"))
    unit = with_per(data.codebook.variable(income[0]).unit, "one consumption unit")
    return add_bounds(data, into, label, ends, step, (*income, f"{units}_low"), unit=unit)


def add_bounds(
    data: Microdata,
    name: str,
    label: Text,
    ends: Bounds,
    step: Step,
    sources: Sequence[str] = (),
    causes: Sequence[MissingCause] = (),
    *,
    unit: str = "",
) -> Microdata:
    """Return data with a number (if its bounds are equal) and its bounds as new columns."""
    # the reason of missing values is that of the first of the `sources` that has one
    low, high = ends
    added = {name: np.where(low == high, low, np.nan), f"{name}_low": low, f"{name}_high": high}
    labels = {
        name: label,
        f"{name}_low": WORDS("units.low", label=label),
        f"{name}_high": WORDS("units.high", label=label),
    }
    codebook = data.codebook.with_step(step)
    for column, text in labels.items():
        codebook = codebook.described(column, label=text, measure="scale", unit=unit)
    bounded = MissingCause("bounds", WORDS("units.bounded"), low < high)
    return carry_reasons(
        data, data.frame.assign(**added), codebook, list(added), sources, (bounded, *causes)
    )


def _close_open_sizes(
    households: HouseholdBounds, wrong: Booleans, largest: int | None
) -> HouseholdBounds:
    if largest is None:
        return households
    tight = households.together
    low, high = tight.persons
    beyond = np.isinf(high) & (low > largest) & ~wrong
    if beyond.any():
        raise OptionError(
            f"`largest={largest}` is too small: {int(beyond.sum())} households have "
            f"{low[beyond].max():g} or more.",
            write="Write a larger number.",
        )
    return replace(tight, persons=(low, np.where(np.isinf(high), float(largest), high)))


def _units_in_words(
    known: HouseholdAnswers, scale: EquivalenceScale, ends: Bounds, largest: int | None
) -> Text:
    low, high = ends
    bounded, open_ended, wrong = (
        int(rows.sum()) for rows in (low < high, np.isinf(high), known.wrong)
    )
    parts = [scale.description, *known.words]
    if largest is not None:
        parts.append(WORDS("units.largest", largest=largest))
    if bounded:
        key = "units.no_upper_end" if open_ended else "units.known_by_bounds"
        parts.append(WORDS(key, households=bounded, open=open_ended))
    if wrong:
        parts.append(WORDS("units.impossible_households", households=wrong))
    return join_wordings(parts, "; ")


def _income_bounds(data: Microdata, income: str | tuple[str, str]) -> Bounds:
    for name in (income,) if isinstance(income, str) else income:
        refuse_codes(data, name)
    if not isinstance(income, str):
        return number_bounds(data, tuple(income))
    pair = 'or the pair of columns of the bounds of its bands: `("low", "high")`.'
    values = number_column(data, income, f"Write a column of amounts, {pair}")
    check_finite(income, values, f"Write finite amounts, {pair}")
    return values, values


def _divide_bounds(incomes: Bounds, units: Bounds) -> Bounds:
    """Return the bounds of income per unit; a negative income is closest to 0 at the most units."""
    (least, most), (few, many) = incomes, units
    with np.errstate(invalid="ignore", divide="ignore"):
        low = least / np.where(least < 0, few, many)
        high = most / np.where(most < 0, many, few)
    unknown = np.isnan(low) | np.isnan(high)
    return np.where(unknown, np.nan, low), np.where(unknown, np.nan, high)
