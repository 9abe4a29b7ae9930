"""Equivalised income: the income of a household by consumption unit, or between what bounds it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from diplab.errors import ColumnError, OptionError
from diplab.microdata.consumption_units import check_new_columns, consumption_units, described_ends
from diplab.microdata.count_bounds import number_bounds
from diplab.microdata.equivalence_scale import scale_of
from diplab.microdata.given_data import microdata_of
from diplab.microdata.in_memory import check_columns, frame_in_memory
from diplab.microdata.step import Step
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from diplab.microdata.count_bounds import CountColumn, Ends
    from diplab.microdata.equivalence_scale import EquivalenceScale
    from diplab.microdata.microdata import Microdata

__all__ = ["equivalise"]

ASKED = "Incomes by consumption unit were asked for."


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
    data = microdata_of(data, ASKED)
    frame_in_memory(data, ASKED)
    if name == units:
        raise OptionError(ASKED, f"Incomes and units were both to be named `{name}`.", "Write two names.")
    check_new_columns(data, (name, units), ASKED)
    ends = _incomes(data, income)
    known = consumption_units(
        data, scale=scale, persons=persons, adults=adults, children=children, ages=ages,
        children_under=children_under, top_codes=top_codes, largest=largest, impossible=impossible, into=units,
    )  # fmt: skip
    few, many = (known.frame[f"{units}_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    low, high = _by_unit(ends, (few, many))
    read = (income,) if isinstance(income, str) else tuple(income)
    step = Step(
        "recode", (*read, units, name), _said(name, read, units, (low, high)), int((~np.isnan(low)).sum())
    )
    named = scale_of(scale).label or Text("propre", "own")
    # an income per unit is none without its scale: tables print the label
    label = Text(
        f"Revenu par unité de consommation (échelle\u00a0: {named.fr})",
        f"Income per consumption unit (scale: {named.en})",
    )
    return described_ends(known, name, label, (low, high), step, (*read, f"{units}_low"))


def _incomes(data: Microdata, income: str | tuple[str, str]) -> Ends:
    if not isinstance(income, str):
        return number_bounds(data, tuple(income), ASKED)
    check_columns(data, (income,), ASKED)
    column = data.frame[income]
    if not is_numeric_dtype(column) or is_bool_dtype(column):
        raise ColumnError(
            ASKED,
            f"`{income}` holds no numbers.",
            'Write a column of amounts, or the pair of columns of the ends of its bands: `("low", "high")`.',
        )
    values = column.to_numpy(dtype=float, na_value=np.nan)
    endless = int(np.isinf(values).sum())
    if endless:
        raise OptionError(
            ASKED,
            f"`{income}` has no end in {endless} rows.",
            'Write the pair of columns of its ends: `("low", "high")`.',
        )
    return values, values


def _by_unit(incomes: Ends, units: Ends) -> Ends:
    """Return the ends of incomes by unit: what is owed is the lighter, the more there are to owe it."""
    (least, most), (few, many) = incomes, units
    with np.errstate(invalid="ignore", divide="ignore"):
        low = least / np.where(least < 0, few, many)
        high = most / np.where(most < 0, many, few)
    gone = np.isnan(low) | np.isnan(high)
    return np.where(gone, np.nan, low), np.where(gone, np.nan, high)


def _said(name: str, read: tuple[str, ...], units: str, ends: Ends) -> Text:
    low, high = ends
    bounded = int((low < high).sum())
    incomes = " – ".join(read)
    french, english = f"{name} : {incomes} / {units}", f"{name}: {incomes} / {units}"
    if bounded:
        french += f" ; {bounded} revenus connus par leurs bornes seules"
        english += f"; {bounded} incomes known by bounds only"
    return Text(french, english)
