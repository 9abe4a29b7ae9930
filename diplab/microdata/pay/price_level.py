"""Pay of several years in the prices of one, by an index that has dates and a source."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import BaseMissingError, MisleadingError, OptionError
from diplab.microdata.pay.conversions import Converted
from diplab.reference.parameter import Parameter
from diplab.reference.parameter_words import figure_in_words
from diplab.reference.text import Text

if TYPE_CHECKING:
    import datetime

__all__ = ["price_conversion"]

_WRITE = "Write `price_index={'values': {2018: 103.1, 2022: 112.5}, 'source': '...'}, prices_of=2022`."


def price_conversion(
    index: Any, prices_of: int | None, days: Sequence[datetime.date | int | None] | None, asked: str
) -> Converted:
    """Return how pay of each year becomes pay in the prices of one.

    Parameters
    ----------
    index : mapping, sequence of Parameter, or None
        `values` by year, and `source`; or dated parameters of one series.
    prices_of : int or None
        The year of the prices.
    days : sequence of date, int or None
        Day or year of each row.
    asked : str
        What was asked, for errors.

    Raises
    ------
    OptionError
        Where one is given without the other, no date says which year, or the index lacks a year.
    BaseMissingError
        Where it has no source.
    MisleadingError
        Where parameters are of several series.
    """
    if index is None and prices_of is None:
        return Converted(np.ones(1), "")
    if index is None or prices_of is None:
        lacking = "`price_index`" if index is None else "`prices_of`"
        raise OptionError(asked, f"Prices of one year were asked for without {lacking}.", _WRITE)
    if days is None:
        raise OptionError(
            asked,
            "Prices of one year were asked for, and nothing says of which year the pay is.",
            "Write `date=` with a year or a column.",
        )
    values, source = _read(index, asked)
    years = [day if day is None or isinstance(day, int) else day.year for day in days]
    lacking_years = sorted({year for year in (*years, prices_of) if year is not None} - values.keys())
    if lacking_years:
        raise OptionError(
            asked,
            f"The price index has no value for {', '.join(map(str, lacking_years))}.",
            "Write its value too, with the same source and base.",
        )
    factor = np.array(
        [np.nan if year is None else values[prices_of] / values[year] for year in years], dtype=float
    )
    used = [year for year in sorted({year for year in years if year is not None}) if year != prices_of]
    told = [(year, figure_in_words(round(values[prices_of] / values[year], 4))) for year in used]
    french = ", ".join(f"× {each.fr} pour {year}" for year, each in told) or "rien à changer"
    english = ", ".join(f"× {each.en} for {year}" for year, each in told) or "nothing to change"
    said = Text(
        f"prix de {prices_of}\u00a0: {french} ({source})", f"prices of {prices_of}: {english} ({source})"
    )
    return Converted(factor, str(prices_of), (said,))


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _read(index: Any, asked: str) -> tuple[dict[int, float], str]:
    if isinstance(index, Sequence) and index and all(isinstance(each, Parameter) for each in index):
        if len({(each.name, each.unit) for each in index}) > 1:
            raise MisleadingError(
                asked, "The price index was given as parameters of several series.", "Write those of one."
            )
        sources = dict.fromkeys(each.source for each in index)
        return {each.since.year: float(each.value) for each in index}, "; ".join(sources)
    if not isinstance(index, Mapping) or not isinstance(index.get("values"), Mapping) or not index["values"]:
        raise OptionError(asked, f"`price_index` was given as {index!r}.", _WRITE)
    values = index["values"]
    for year, value in values.items():
        whole = isinstance(year, int) and not isinstance(year, bool) and 1800 <= year <= 2200
        if not whole or not _is_number(value) or not 0 < value < math.inf:
            raise OptionError(asked, f"The price index has the value {value!r} for {year!r}.", _WRITE)
    source = index.get("source")
    if not source or not isinstance(source, str):
        raise BaseMissingError(asked, "The price index has no source, so nobody can check it.", _WRITE)
    return {year: float(value) for year, value in values.items()}, source
