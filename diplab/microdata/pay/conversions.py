"""From gross to net, from one currency to another: only by a rate that has a date and a source, and written down."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import MisleadingError, OptionError, one_of
from diplab.microdata.pay.sourced_rate import check_day, holds, sourced_rate
from diplab.reference.in_force import in_force
from diplab.reference.parameter_words import figure_in_words, parameter_in_words
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.microdata.pay.pay_words import RowWords
    from diplab.reference.parameter import Parameter

__all__ = ["MINIMUM_WAGE", "Converted", "currency_conversion", "unit_conversion"]

Floats = NDArray[np.float64]
Days = list["datetime.date | int | None"]

MINIMUM_WAGE = "minimum_wage"
"""The option that takes the ratio of the net to the gross minimum wage of the date."""

_SAID = {"gross": Text("brut", "gross"), "net": Text("net", "net")}


@dataclass(frozen=True, eq=False)
class Converted:
    """What the pay of each row is multiplied by, what it then is, and what that rests on.

    Parameters
    ----------
    factor : array, shape (rows,)
        NaN where the row has no date, unit or currency to convert by.
    into : str
        `gross`, `net`, a currency; empty where nobody said.
    said : tuple of Text
    """

    factor: Floats
    into: str
    said: tuple[Text, ...] = field(default=())


def unit_conversion(
    units: RowWords | None, wanted: str | None, ratio: Any, days: Days | None, asked: str
) -> Converted:
    """Return how pay becomes gross, or net.

    Raises
    ------
    MisleadingError
        Where rows are gross and net, and nothing brings them together.
    OptionError
        Where a conversion is asked for without what it needs.
    """
    if wanted is not None and wanted not in _SAID:
        raise one_of("`to_unit`", wanted, list(_SAID))
    if units is None:
        if wanted is not None:
            raise OptionError(
                asked,
                f"`to_unit` is {wanted!r}, and nothing says what the pay is.",
                "Write `unit='gross'`, `unit='net'`, or a column.",
            )
        return Converted(np.ones(1), "", (Text("brut ou net\u00a0: non dit", "gross or net: not told"),))
    used = units.used
    if wanted is None and len(used) > 1:
        raise MisleadingError(
            asked,
            f"Some rows of `{units.column}` are gross and others net, and the two do not compare.",
            "Write `to_unit='net'` and `net_over_gross=` (a dated ratio with its source, or 'minimum_wage').",
        )
    into = wanted or (used[0] if used else "")
    other = [each for each in used if each != into]
    if not other:
        as_told = (Text(f"{_SAID[into].fr}, tel que répondu", f"{into}, as answered"),) if into else ()
        return Converted(_where_known(units, into), into, as_told)
    if ratio is None:
        raise OptionError(
            asked,
            f"Some pay is {other[0]} and is to be {into}, and no rate between the two was given.",
            "Write `net_over_gross={'value': 0.78, 'date': 2018, 'source': '...'}`, or 'minimum_wage' with a date.",
        )
    ratios, said = _ratios(ratio, units, other[0], days, asked)
    factor = _where_known(units, into)
    here = units.words == other[0]
    factor[here] = ratios[here] if into == "net" else 1.0 / ratios[here]
    return Converted(factor, into, said)


def _where_known(units: RowWords, into: str) -> Floats:
    return np.where(units.words == into, 1.0, np.nan)


def _ratios(
    ratio: Any, units: RowWords, other: str, days: Days | None, asked: str
) -> tuple[Floats, tuple[Text, ...]]:
    """Return the ratio of net to gross by row, and what it is in words."""
    here = units.words == other
    if ratio != MINIMUM_WAGE or not isinstance(ratio, str):
        rate = sourced_rate(ratio, "net_over_gross", "net over gross", asked)
        if rate.value > 1:
            raise OptionError(
                asked,
                f"The rate `net_over_gross` is {rate.value:g}, which makes net pay more than gross pay.",
                "Write net over gross, a number up to 1.",
            )
        for day in {day for day, used in zip(days or (), here, strict=False) if used}:
            check_day(rate, day, asked)
        return np.full(len(here), rate.value), (_rate_said(rate),)
    if days is None:
        raise OptionError(
            asked,
            "The ratio of the net to the gross minimum wage was asked for, and no date says which.",
            "Write `date=` with a day, a year or a column.",
        )
    found = np.full(len(here), np.nan)
    said = []
    for day in _in_order({day for day, used in zip(days, here, strict=True) if used and day is not None}):
        net = in_force("minimum_wage_monthly_net", day, asked)
        gross = in_force("minimum_wage_monthly_gross", day, asked)
        mine = here & np.array([each == day and type(each) is type(day) for each in days])
        found[mine] = net.value / gross.value
        told = figure_in_words(round(net.value / gross.value, 4))
        a, b = parameter_in_words(net), parameter_in_words(gross)
        said.append(
            Text(
                f"net = brut × {told.fr}, rapport des SMIC mensuels ({a.fr}\u202f; {b.fr})\u00a0: hypothèse, le vrai "
                "rapport varie avec la paie",
                f"net = gross × {told.en}, ratio of the monthly minimum wages ({a.en}; {b.en}): assumed, the true "
                "ratio varies with pay",
            )
        )
    return found, tuple(dict.fromkeys(said))


def currency_conversion(
    currencies: Sequence[str | None],
    wanted: str | None,
    rates: Mapping[str, Any] | None,
    days: Days | None,
    asked: str,
) -> Converted:
    """Return how pay becomes pay in one currency.

    Raises
    ------
    MisleadingError
        Where rows have several currencies and none is asked for, or a rate does not hold on a date.
    OptionError
        Where a currency has no rate.
    """
    held = np.array(currencies, dtype=object)
    used = sorted({each for each in currencies if each is not None})
    if wanted is None and len(used) > 1:
        raise MisleadingError(
            asked,
            f"Pay is in {len(used)} currencies: {', '.join(used)}.",
            f"Write `to_currency={used[0]!r}` and `rates=`, each with its date and its source.",
        )
    into = wanted or (used[0] if used else "")
    factor = np.where(held == into, 1.0, np.nan)
    said = []
    for each in (other for other in used if other != into):
        if rates is None or each not in rates:
            raise OptionError(
                asked,
                f"Pay in {each} is to become {into}, and `rates` has no rate for {each}.",
                f"Write `rates={{{each!r}: {{'value': 0.9, 'date': 2022, 'source': '...'}}}}`, {into} for one {each}.",
            )
        here = held == each
        given = rates[each] if isinstance(rates[each], list | tuple) else [rates[each]]
        dated = [sourced_rate(one, each, f"{into} a {each}", asked) for one in given]
        factor[here] = _rates_of_rows(dated, here, days, asked)[here]
        said += [_rate_said(rate, f"1 {each} = ", f" {into}") for rate in dated]
    return Converted(factor, into, tuple(said))


def _rates_of_rows(
    dated: Sequence[Parameter], here: NDArray[np.bool_], days: Days | None, asked: str
) -> Floats:
    """Return the rate of each row: the only one, or that of several which holds on its date."""
    rows = np.full(len(here), dated[0].value if len(dated) == 1 else np.nan)
    if len(dated) > 1 and days is None:
        raise OptionError(
            asked,
            f"The rate `{dated[0].name}` was given for {len(dated)} dates, and nothing says of which the pay is.",
            "Write `date=` with a year or a column.",
        )
    for day in {day for day, used in zip(days or (), here, strict=False) if used and day is not None}:
        fitting = [rate for rate in dated if holds(rate, day)]
        if len(fitting) > 1:
            raise MisleadingError(
                asked,
                f"The rate `{dated[0].name}` has {len(fitting)} values for {day}.",
                "Write one value for each date.",
            )
        if not fitting:
            check_day(dated[-1], day, asked)
        mine = here & np.array([each == day and type(each) is type(day) for each in days or ()])
        rows[mine] = fitting[0].value
    return rows


def _in_order(days: set[datetime.date | int]) -> list[datetime.date | int]:
    return sorted(days, key=lambda day: datetime.date(day, 1, 1) if isinstance(day, int) else day)


def _rate_said(rate: Any, before: str = "net = brut × ", after: str = "") -> Text:
    told = figure_in_words(rate.value)
    french, english = f"{before}{told.fr}{after}", f"{before.replace('brut', 'gross')}{told.en}{after}"
    days = f"{rate.since.isoformat()} – {rate.until.isoformat() if rate.until else '...'}"
    return Text(
        f"{french} ({rate.label.fr}, {days}, {rate.source})",
        f"{english} ({rate.label.en}, {days}, {rate.source})",
    )
