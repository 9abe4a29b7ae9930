"""Pay under the minimum wage of its date: gross against gross, net against net, an hour against an hour."""

from __future__ import annotations

import datetime
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diplab.errors import EmptyDomainError, MisleadingError, OptionError, one_of
from diplab.estimators.banded import Banded
from diplab.estimators.moments import share
from diplab.estimators.prepared import PreparedStatistic
from diplab.estimators.statistic import SampleLine, Statistic, check_columns_named
from diplab.kernel.interval import SHARE_INTERVALS
from diplab.reference.in_force import in_force
from diplab.reference.parameter_words import parameter_in_words
from diplab.reference.text import Text
from diplab.results.statistic_description import StatisticDescription
from diplab.sampling.condition import known_column, parse
from diplab.sampling.expression import Apply, Column, Constant, Expression, expression_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from diplab.estimators.statistic import Linearised
    from diplab.reference.parameter import Parameter
    from diplab.sampling.sample import Sample
    from diplab.sampling.totals import Totals

__all__ = ["below_minimum_wage"]

COUNTRIES = {"FR": "EUR"}
"""Countries whose minimum wage is among the dated parameters, with its currency."""

ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

PERIODS = {"hour": "hourly", "month": "monthly"}

DESCRIPTION = StatisticDescription(
    kind="share",
    of_people=True,
    options=("on", "country", "gross", "period", "interval"),
    rules=(("interval", "interval"),),
)

_FULL_TIME = Text(
    "Le salaire minimum du mois est celui de 35 heures par semaine\u00a0: qui travaille moins peut être sous ce "
    "montant sans être payé sous le salaire minimum.",
    "The minimum wage of a month is that of 35 hours a week: who works less may be under that amount without being "
    "paid under the minimum wage.",
)


def below_minimum_wage(
    pay: str | Banded,
    *,
    on: datetime.date | int | str,
    country: str = "FR",
    gross: bool | None = None,
    period: str = "hour",
    interval: str = "logit",
) -> Statistic:
    """Share of people paid under the minimum wage of the date.

    Parameters
    ----------
    pay : str or Banded
        Column or expression, of an hour or of a month of full-time work, in the currency of the country. Pay that is
        known by band, `banded(low="pay_hourly_low", high="pay_hourly_high")`, has the answers of a banded rate: bounds,
        laws and imputations.
    on : date, int or str
        The day, a `datetime.date` or written `"2023-05-01"`; a year in which the wage did not change; or the column of
        the day (or year) of each respondent, so that each is set against the wage of their own date.
    country : {"FR"}
        Whose minimum wage.
    gross : bool, optional
        Whether the pay is gross, and set against the gross minimum wage, or net. May be left out where the codebook
        knows it, as of what `harmonise_pay` made; may not contradict it.
    period : {"hour", "month"}
        Which minimum wage; that of the month is for 35 hours a week.
    interval : str
        As for `share`.

    Returns
    -------
    Statistic
        For `dl.estimate`. Point sum(w 1[pay < wage]) / sum(w), who is paid the wage exactly not being under it;
        linearised variable z = (1[pay < wage] - p) / sum(w): the wage is fixed by law and has no sampling error.

    Raises
    ------
    MisleadingError
        Where the codebook says that the pay is of another kind, period or currency; or in the year asked for the wage
        had several values.
    OptionError
        Where it is not known whether the pay is gross, or an option is not one of its words.
    StudyError
        Where no wage is known on a date.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"pay": [1.0, 9.88, 15.0, 36.0]}))
    >>> dl.estimate(sample, dl.below_minimum_wage("pay", on=2018, gross=True)).frame["estimate"].item()
    0.25
    """
    check_columns_named("below_minimum_wage", pay)
    for name, given, known in (("country", country, COUNTRIES), ("period", period, PERIODS)):
        if given not in known:
            raise one_of(f"`{name}` of `below_minimum_wage`", given, known)
    if interval not in SHARE_INTERVALS:
        raise one_of("`interval` of `below_minimum_wage`", interval, SHARE_INTERVALS)
    if gross not in (True, False, None):
        raise one_of("`gross` of `below_minimum_wage`", gross, ["True", "False"])

    options = {"on": on, "country": country, "gross": gross, "period": period, "interval": interval}
    asked_for = country, gross, period
    if isinstance(pay, Banded):
        return Statistic(
            "below_minimum_wage",
            (pay,),
            options,
            _below(()),
            DESCRIPTION,
            line=lambda sample: _line(sample, pay, on, asked_for),
        )

    def prepared(sample: Sample) -> list[PreparedStatistic]:
        asked = f"The share of `{pay}` under the minimum wage was asked for."
        read = parse(pay, sample.names, sample.codebook, "the variable of `below_minimum_wage`")
        line = _line_of(sample, read.name if isinstance(read, Column) else "", on, asked_for, asked)
        below = read < line.expression
        return [
            PreparedStatistic(
                *("below_minimum_wage", str(pay), "", (below,), options, _below(line.assumptions)),
                description=DESCRIPTION,
            )
        ]

    return Statistic("below_minimum_wage", (pay,), options, _below(()), DESCRIPTION, prepared_by=prepared)


def _line(sample: Sample, pay: Banded, on: Any, asked_for: tuple[str, bool | None, str]) -> SampleLine:
    """Return the wage that pay known by band is set against."""
    asked = f"The share of `{pay}` under the minimum wage was asked for."
    # what is divided is in no unit that the codebook knows
    names = ("",) if pay.per else (pay.name,) if pay.name else (pay.low, pay.high)
    lines = [_line_of(sample, name, on, asked_for, asked) for name in names]
    return lines[0]


def _line_of(
    sample: Sample, name: str, on: Any, asked_for: tuple[str, bool | None, str], asked: str
) -> SampleLine:
    """Return the wage that a column is set against, in its unit where the codebook knows it."""
    country, gross, period = asked_for
    unit = sample.codebook[name].unit if name in sample.codebook else ""
    kind = _kind(unit, gross, period, COUNTRIES[country], asked)
    wage, used = _wage(sample, f"minimum_wage_{PERIODS[period]}_{kind}", on, asked)
    told = [
        Text(
            f"{parameter_in_words(each).fr}, {each.source}.", f"{parameter_in_words(each).en}, {each.source}."
        )
        for each in used
    ]
    if not unit:
        word = {"gross": "brute", "net": "nette"}[kind]
        told.append(Text(f"La paie est prise pour {word}.", f"The pay is taken as {kind}."))
    if period == "month":
        told.append(_FULL_TIME)
    return SampleLine(wage, tuple(told))


def _below(assumptions: tuple[Text, ...]) -> Callable[..., Linearised]:
    def below(totals: Totals, poor: Expression, *, interval: str, **_: object) -> Linearised:
        return replace(share.on(totals, poor, interval=interval), assumptions=assumptions)

    return below


def _kind(unit: str, gross: bool | None, period: str, currency: str, asked: str) -> str:
    """Return whether the pay is gross or net, from what was written and from the unit in the codebook."""
    what, _, of = unit.partition(", ")
    words = what.split()
    wanted = None if gross is None else "gross" if gross else "net"
    if words and (words[0] != currency or words[-1] != period):
        raise MisleadingError(
            asked,
            f"The codebook says that it is in `{unit}`, and the wage is in {currency} for one {period}.",
            f"Write a column of pay in {currency} for one {period}, as `harmonise_pay` makes it, or another `period`.",
        )
    if words[1:2] == ["of"]:
        raise MisleadingError(
            asked,
            f"The codebook says that it is in prices of {words[2]}, and a minimum wage is in those of its own date.",
            "Write the column of pay as it was told, `harmonise_pay` without `prices_of`.",
        )
    if of and wanted is not None and of != wanted:
        raise MisleadingError(
            asked,
            f"The codebook says that it is {of}, and the {wanted} minimum wage was asked for.",
            f"Write `gross={of == 'gross'}`, or `harmonise_pay(..., to_unit='{wanted}')` with a dated ratio.",
        )
    if not of and wanted is None:
        raise OptionError(
            asked,
            "Nothing says whether the pay is gross or net, and the two minimum wages are a fifth apart.",
            "Write `gross=True` or `gross=False`, or `unit=` in `harmonise_pay`.",
        )
    return of or str(wanted)


def _wage(sample: Sample, series: str, on: Any, asked: str) -> tuple[Expression, list[Parameter]]:
    """Return the wage of each row as an expression, and the values that it takes."""
    if isinstance(on, datetime.datetime):
        on = on.date()
    if isinstance(on, str) and on not in sample.names:
        on = _written_day(on)
    if isinstance(on, datetime.date) or (isinstance(on, int) and not isinstance(on, bool)):
        wage = in_force(series, on, asked)
        return expression_of(wage.value), [wage]
    if not isinstance(on, str):
        raise OptionError(
            asked,
            f"`on` was given as {on!r}.",
            "Write a day, a year, or the name of a column of days or years.",
        )
    column = Column(known_column(on, sample.names, "the date of `below_minimum_wage`"))
    dates = [each for (each,) in sample.engine.cells((column.name,))]
    if not dates:
        raise EmptyDomainError(asked, f"No row has a date in `{on}`.", "Write a column of days, or a day.")
    by_wage: dict[Parameter, list[Any]] = {}
    for date in dates:
        by_wage.setdefault(in_force(series, _day(date, on, asked), asked), []).append(date)
    wage_of: Expression | None = None
    for held, days in by_wage.items():
        told = tuple(word for day in days for word in _as_told(day))
        part = Apply("in", (column, Constant(told))) * held.value
        wage_of = part if wage_of is None else wage_of + part
    assert wage_of is not None  # there are dates
    return wage_of, sorted(by_wage, key=lambda held: held.since)


def _written_day(text: str) -> datetime.date | str:
    """Return the day that an ISO date is; any other text is the name of a column."""
    try:
        return datetime.date.fromisoformat(text) if ISO_DATE.fullmatch(text) else text
    except ValueError:
        return text


def _day(date: Any, name: str, asked: str) -> datetime.date | int:
    """Return the day or the year that a cell means."""
    if isinstance(date, datetime.datetime):
        return date.date()
    if isinstance(date, datetime.date):
        return date
    if isinstance(date, int | float) and 1900 <= date <= 2200 and float(date).is_integer():
        return int(date)
    if isinstance(date, str):
        try:
            return int(date) if date.isdigit() and len(date) == 4 else datetime.date.fromisoformat(date[:10])
        except ValueError:
            pass
    raise OptionError(
        asked,
        f"The cell {date!r} of `{name}` is neither a day nor a year.",
        "Write days as 2021-10-01, or years.",
    )


def _as_told(date: Any) -> Iterable[Any]:
    """Return a cell as the engines may write it in words."""
    if not isinstance(date, datetime.date):
        return (date,)
    if not isinstance(date, datetime.datetime):
        date = datetime.datetime.combine(date, datetime.time())
    written = date.strftime("%Y-%m-%d %H:%M:%S")
    forms = [written, f"{written}.{date.microsecond:06d}", f"{written}.{date.microsecond:06d}000"]
    if date.time() == datetime.time():
        forms.append(written[:10])
    return forms
