"""Equivalence scales, consumption units of households, and income by consumption unit.

The OECD-modified scale (Hagenaars, de Vos and Zaidi 1994) is that of Eurostat and INSEE; the OECD scale, or Oxford
scale (OECD 1982), came before it; the square root of the number of persons is that of recent OECD reports (2008).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from diplab.errors import ColumnError, OptionError, one_of
from diplab.microdata.frames import check_columns, frame_in_memory
from diplab.microdata.history import Step
from diplab.microdata.household import HouseholdColumns, bounds_of_units, read_households
from diplab.microdata.microdata import as_microdata
from diplab.microdata.missing import MissingCause, carry_reasons
from diplab.microdata.parse_numbers import number_bounds
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from diplab.microdata.household import HouseholdAnswers, HouseholdBounds
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.parse_numbers import Bounds, CountColumn

__all__ = [
    "SCALES",
    "EquivalenceScale",
    "add_bounds",
    "as_scale",
    "check_new_columns",
    "consumption_units",
    "equivalise",
    "exact_where_equal",
]


def _is_positive(number: object) -> bool:
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
        if not all(_is_positive(each) for each in (*weights, *self.table.values())):
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


def as_scale(given: object) -> EquivalenceScale:
    """Return a scale from its name, itself, or a table of units."""
    if isinstance(given, EquivalenceScale):
        return given
    if isinstance(given, Mapping) and given:
        return EquivalenceScale(table=dict(given))
    if isinstance(given, str) and given in SCALES:
        return SCALES[given]
    raise one_of("`scale`", given, SCALES)


_UNITS_ASKED = "The consumption units of households were asked for."
_UNITS = Text("Unités de consommation", "Consumption units")
_BOUNDED = Text("connu par ses bornes seules", "known by its bounds only")
_IMPOSSIBLE = Text("ménage impossible", "impossible household")
_WRONG = {
    "strange": "{count} with a number that counts nobody (a fraction, a number below zero, an age out of life)",
    "empty": "{count} of nobody",
    "apart": "{count} whose members do not add up (no adult, or more members than persons)",
}


def consumption_units(
    data: Microdata | pd.DataFrame,
    *,
    scale: str | EquivalenceScale | Mapping[Any, float] = "oecd-modified",
    persons: CountColumn | None = None,
    adults: CountColumn | None = None,
    children: CountColumn | None = None,
    ages: Sequence[str] = (),
    children_under: int | None = None,
    top_codes: Mapping[str, float] | None = None,
    largest: int | None = None,
    impossible: str = "fail",
    into: str = "units",
) -> Microdata:
    """Add the consumption units of each household: exactly where its answers tell them, between bounds where not.

    Answers are read by their labels in French or in English: `4+`, `5 or more`, `6 et plus`, `3 ou 4`, `1 (just me!)`.
    What an answer leaves open (ages that were not asked, a size without upper end, no answer) is never guessed: the
    bounds hold every household that the answers allow, with one adult at least.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
        In memory.
    scale : {"oecd-modified", "square-root", "oecd", "per-head"}, EquivalenceScale or mapping
        1 for the first adult, 0.5 for each other person aged 14 or over, 0.3 for each child under 14 (Hagenaars, de Vos
        and Zaidi 1994); the square root of the number of persons; 1, 0.7 and 0.5 (OECD 1982, "Oxford"); the number of
        persons; a scale or a table of one's own, `{1: 1, 2: 1.5}` or `{(adults, children): units}`.
    persons, adults, children : str or pair of str, optional
        Columns that count the members of the household, the respondent included; or a pair of columns with the least
        and the most. `persons`, or `adults` and `children`, or `ages`.
    ages : sequence of str
        Columns with the age of each member, the respondent included, in years. Without `persons` an empty cell counts
        nobody, unless it was refused.
    children_under : int, optional
        Age under which the questionnaire counts children (and from which it counts adults), where that is not the age
        of the scale: with 18 for a scale of 14, between none and all of these children are under 14.
    top_codes : mapping of str to number, optional
        `{"size": 4}` where the number 4 stands for 4 or more and no label says it.
    largest : int, optional
        The largest household there can be. Without it an open answer has no upper end: units have none either, and an
        income by unit may be as low as zero.
    impossible : {"fail", "missing"}
        Households that cannot be (nobody, no adult, more children than persons, fractions): refused, or left without
        units and counted.
    into : str
        Name of the new column, and beginning of `<into>_low`, `<into>_high`.

    Returns
    -------
    Microdata
        With `<into>_low` and `<into>_high`, and `<into>` where both are the same number.

    Raises
    ------
    ColumnError
        Where a column does not exist, counts nothing, or a new one is there already.
    OptionError
        Where an answer is no count, a household cannot be, or is larger than the largest.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> homes = dl.Microdata(pd.DataFrame({"size": ["1", "4", "4+"], "under_14": [0, 2, 2]}), dl.Codebook())
    >>> found = dl.consumption_units(homes, persons="size", children="under_14", largest=6)
    >>> found.frame[["units_low", "units_high"]].round(6).values.tolist()
    [[1.0, 1.0], [2.1, 2.1], [2.1, 3.1]]
    """
    chosen = as_scale(scale)
    data = as_microdata(data, _UNITS_ASKED)
    frame_in_memory(data, _UNITS_ASKED)
    check_new_columns(data, (into,), _UNITS_ASKED)
    if impossible not in ("fail", "missing"):
        raise one_of("`impossible`", impossible, ["fail", "missing"])
    _check_whole(largest, "largest", 1)
    _check_whole(children_under, "children_under", 1)
    if isinstance(ages, str):
        ages = (ages,)
    under = chosen.age_limit if children_under is None else children_under
    columns = HouseholdColumns(persons, adults, children, tuple(ages), under, top_codes or {})
    known = read_households(data, columns, chosen, _UNITS_ASKED)
    wrong = known.wrong
    if wrong.any() and impossible == "fail":
        raise _impossible_error(known)
    households = _close_open_sizes(known.households, wrong, largest)
    low, high = np.full((2, len(wrong)), np.nan)
    low[~wrong], high[~wrong] = bounds_of_units(chosen, _select_rows(households, ~wrong), _UNITS_ASKED)
    said = _units_in_words(known, chosen, into, (low, high), largest)
    step = Step("recode", (*columns.names, into), said, int((~wrong).sum()))
    return add_bounds(
        data, into, _UNITS, (low, high), step, causes=(MissingCause("impossible", _IMPOSSIBLE, wrong),)
    )


def _check_whole(number: int | None, name: str, least: int) -> None:
    whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
    if number is not None and not (whole and number >= least):
        raise OptionError(
            _UNITS_ASKED,
            f"`{name}` was given as {number!r}.",
            f"Write a whole number from {least} up, or leave it out.",
        )


def check_new_columns(data: Microdata, names: Sequence[str], asked: str) -> None:
    """Refuse names of new columns that the data have already, themselves or with `_low` or `_high`."""
    for name in names:
        for column in (name, f"{name}_low", f"{name}_high"):
            if column in data.frame.columns:
                raise ColumnError(
                    asked,
                    f"The data have a column `{column}` already.",
                    "Write another name for the new columns.",
                )


def exact_where_equal(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the number that two ends leave: theirs where they are the same, none where they are not."""
    found: NDArray[np.float64] = np.where(low == high, low, np.nan)
    return found


def add_bounds(
    data: Microdata,
    name: str,
    label: Text,
    ends: Bounds,
    step: Step,
    sources: Sequence[str] = (),
    causes: Sequence[MissingCause] = (),
) -> Microdata:
    """Return data with a number and its two ends as columns, described and with the step that made them.

    Where they are missing, the reason is that of the first of the `sources` that has one.
    """
    low, high = ends
    added = {name: exact_where_equal(low, high), f"{name}_low": low, f"{name}_high": high}
    marks = {
        name: ("", ""),
        f"{name}_low": (", au moins", ", at least"),
        f"{name}_high": (", au plus", ", at most"),
    }
    codebook = data.codebook
    for column, (french, english) in marks.items():
        codebook = codebook.described(
            column, label=Text(f"{label.fr}{french}", f"{label.en}{english}"), measure="scale"
        )
    bounded = MissingCause("bounds", _BOUNDED, low < high)
    frame, book = data.frame.assign(**added), codebook.with_step(step)
    return carry_reasons(data, frame, book, list(added), sources, (bounded, *causes))


def _impossible_error(known: HouseholdAnswers) -> OptionError:
    counted = {name: int(rows.sum()) for name, rows in known.impossible.items()}
    parts = [_WRONG[name].format(count=count) for name, count in counted.items() if count]
    return OptionError(
        _UNITS_ASKED,
        f"{sum(counted.values())} of {known.wrong.size} households cannot be: {', '.join(parts)}.",
        "Correct these answers, or write `impossible='missing'` to leave them without units.",
    )


def _close_open_sizes(
    households: HouseholdBounds, wrong: NDArray[np.bool_], largest: int | None
) -> HouseholdBounds:
    if largest is None:
        return households
    low, high = households.together.persons
    beyond = np.isinf(high) & (low > largest) & ~wrong
    if beyond.any():
        raise OptionError(
            _UNITS_ASKED,
            f"The largest household was declared as {largest}, and {int(beyond.sum())} have {low[beyond].max():g} "
            "persons or more.",
            "Write a larger number.",
        )
    return households.closed(float(largest))


def _select_rows(households: HouseholdBounds, kept: NDArray[np.bool_]) -> HouseholdBounds:
    parts = (households.persons, households.adults, households.children)
    return type(households)(*((low[kept], high[kept]) for low, high in parts))


def _units_in_words(
    known: HouseholdAnswers, scale: EquivalenceScale, into: str, ends: Bounds, largest: int | None
) -> Text:
    low, high = ends
    bounded, opened = int((low < high).sum()), int(np.isinf(high).sum())
    wrong = int(known.wrong.sum())
    parts = [scale.said, *known.said]
    if largest is not None:
        parts.append(
            Text(
                f"ménages de {largest} personnes au plus (déclaré)",
                f"households of {largest} persons at most (declared)",
            )
        )
    if bounded:
        endless = f", dont {opened} sans borne supérieure", f", {opened} of them without an upper one"
        french, english = endless if opened else ("", "")
        parts.append(
            Text(
                f"{bounded} ménages connus par leurs bornes seules{french}",
                f"{bounded} households known by bounds only{english}",
            )
        )
    if wrong:
        parts.append(
            Text(f"{wrong} ménages impossibles, sans unités", f"{wrong} impossible households, without units")
        )
    french = " ; ".join(each.fr for each in parts)
    return Text(f"{into} : {french}", f"{into}: {'; '.join(each.en for each in parts)}")


_INCOMES_ASKED = "Incomes by consumption unit were asked for."


def equivalise(
    data: Microdata | pd.DataFrame,
    income: str | tuple[str, str],
    *,
    scale: str | EquivalenceScale | Mapping[Any, float] = "oecd-modified",
    persons: CountColumn | None = None,
    adults: CountColumn | None = None,
    children: CountColumn | None = None,
    ages: Sequence[str] = (),
    children_under: int | None = None,
    top_codes: Mapping[str, float] | None = None,
    largest: int | None = None,
    impossible: str = "fail",
    name: str = "equivalised",
    units: str = "units",
) -> Microdata:
    """Add the income of each household by consumption unit: exactly where it is known, between bounds where not.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
        In memory.
    income : str or pair of str
        Income of the household; or the columns with its least and its most, for an income in bands (`inf` where a band
        has no end).
    scale, persons, adults, children, ages, children_under, top_codes, largest, impossible
        As in `consumption_units`.
    name : str
        Name of the new column, and beginning of `<name>_low`, `<name>_high`.
    units : str
        The same for the consumption units.

    Returns
    -------
    Microdata
        With the columns of `consumption_units`, and `<name>_low` = least income / most units, `<name>_high` = most
        income / fewest units (for an income below zero the reverse); `<name>` where both are the same. Units without
        an upper end leave an income that may be as low as zero. A household without income, or impossible, has none.

    Raises
    ------
    ColumnError, OptionError
        As in `consumption_units`, and where the income is none.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> answers = pd.DataFrame({"income": [2600.0, 2600.0], "size": [3, 3], "kids": [1, None]})
    >>> homes = dl.Microdata(answers, dl.Codebook())
    >>> found = dl.equivalise(homes, "income", persons="size", children="kids")
    >>> found.frame[["equivalised", "equivalised_low", "equivalised_high"]].round(2).values.tolist()
    [[1444.44, 1444.44, 1444.44], [nan, 1300.0, 1625.0]]
    """
    data = as_microdata(data, _INCOMES_ASKED)
    frame_in_memory(data, _INCOMES_ASKED)
    if name == units:
        raise OptionError(
            _INCOMES_ASKED, f"Incomes and units were both to be named `{name}`.", "Write two names."
        )
    check_new_columns(data, (name, units), _INCOMES_ASKED)
    ends = _income_bounds(data, income)
    known = consumption_units(
        data, scale=scale, persons=persons, adults=adults, children=children, ages=ages,
        children_under=children_under, top_codes=top_codes, largest=largest, impossible=impossible, into=units,
    )  # fmt: skip
    few, many = (known.frame[f"{units}_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    low, high = _divide_bounds(ends, (few, many))
    read = (income,) if isinstance(income, str) else tuple(income)
    step = Step(
        "recode",
        (*read, units, name),
        _incomes_in_words(name, read, units, (low, high)),
        int((~np.isnan(low)).sum()),
    )
    named = as_scale(scale).label or Text("propre", "own")
    # an income per unit is none without its scale: tables print the label
    label = Text(
        f"Revenu par unité de consommation (échelle\u00a0: {named.fr})",
        f"Income per consumption unit (scale: {named.en})",
    )
    return add_bounds(known, name, label, (low, high), step, (*read, f"{units}_low"))


def _income_bounds(data: Microdata, income: str | tuple[str, str]) -> Bounds:
    if not isinstance(income, str):
        return number_bounds(data, tuple(income), _INCOMES_ASKED)
    check_columns(data, (income,), _INCOMES_ASKED)
    column = data.frame[income]
    if not is_numeric_dtype(column) or is_bool_dtype(column):
        raise ColumnError(
            _INCOMES_ASKED,
            f"`{income}` holds no numbers.",
            'Write a column of amounts, or the pair of columns of the ends of its bands: `("low", "high")`.',
        )
    values = column.to_numpy(dtype=float, na_value=np.nan)
    endless = int(np.isinf(values).sum())
    if endless:
        raise OptionError(
            _INCOMES_ASKED,
            f"`{income}` has no end in {endless} rows.",
            'Write the pair of columns of its ends: `("low", "high")`.',
        )
    return values, values


def _divide_bounds(incomes: Bounds, units: Bounds) -> Bounds:
    """Return the ends of incomes by unit: what is owed is the lighter, the more there are to owe it."""
    (least, most), (few, many) = incomes, units
    with np.errstate(invalid="ignore", divide="ignore"):
        low = least / np.where(least < 0, few, many)
        high = most / np.where(most < 0, many, few)
    gone = np.isnan(low) | np.isnan(high)
    return np.where(gone, np.nan, low), np.where(gone, np.nan, high)


def _incomes_in_words(name: str, read: tuple[str, ...], units: str, ends: Bounds) -> Text:
    low, high = ends
    bounded = int((low < high).sum())
    incomes = " – ".join(read)
    french, english = f"{name} : {incomes} / {units}", f"{name}: {incomes} / {units}"
    if bounded:
        french += f" ; {bounded} revenus connus par leurs bornes seules"
        english += f"; {bounded} incomes known by bounds only"
    return Text(french, english)
