"""Pay and working time: hourly pay, pay below the minimum wage, hours as full-time jobs.

Hourly pay is measured in two ways. The ratio of totals is the average pay of an hour of work; the
mean over people is their average hourly pay, in which those who work one hour count as much as
those who work forty. Both are computed by paid time, and by paid and unpaid time (searching,
qualifying tests, work that is rejected).

Pay is compared with the minimum wage in force on its date: gross with gross, net with net, hourly
with hourly.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import reduce
from itertools import chain
from operator import add
from typing import Any, Literal, TypeAlias

from diplab.checks import argument, check_number, check_one_of, check_switch, is_number
from diplab.errors import EmptyDomainError, MisleadingError, OptionError
from diplab.estimators._banded import Banded
from diplab.estimators.call_signature import check_columns_named
from diplab.estimators.measurement import WORDS, refuse_other_unit
from diplab.estimators.moments import ShareInterval, mean, ratio, share
from diplab.estimators.prepared import PreparedStatistic
from diplab.estimators.quantiles import QuantileInterval, median, quantile
from diplab.estimators.statistic import Linearised, SampleLine, Statistic, statistic
from diplab.kernel.quantiles import QuantileRule
from diplab.reference.parameter import (
    HOURS_IN_A_WEEK,
    Parameter,
    day_or_year,
    in_force,
    parameter_in_words,
    read_unit,
    with_per,
)
from diplab.reference.text import Text
from diplab.results.estimates import StatisticDescription
from diplab.sampling.condition import known_column, parse
from diplab.sampling.expression import (
    Apply,
    Column,
    ColumnOrExpression,
    Constant,
    Expression,
    expression_of,
)
from diplab.sampling.sample import Sample
from diplab.sampling.totals import Totals


def hourly_pay(
    earnings: str,
    paid_time: str,
    unpaid_time: str | Sequence[str] | None = None,
    *,
    quantiles: Sequence[float] = (0.1, 0.25, 0.75, 0.9),
    interval: QuantileInterval = "woodruff",
    rule: QuantileRule = "math",
) -> Statistic:
    """Hourly pay, as a ratio of totals and as a distribution over people, by paid and all time.

    Parameters
    ----------
    earnings : str
        Column or expression: what was earned in a period.
    paid_time : str
        Hours that were paid in the same period.
    unpaid_time : str or list of str, optional
        Unpaid hours, one column per kind (searching, qualifying, rejected work). Each kind has a
        row with its share of all hours, and every other statistic a second row that includes them.
    quantiles : sequence of float
        Shares of people, between 0 and 1.
    interval, rule : str
        Of the median and the quantiles, as for `quantile`.

    Returns
    -------
    Statistic
        For `dl.estimate`. Rows, first by paid time and then by all time: `hourly_pay_of_hours`,
        sum(w e) / sum(w t), with z = (e - R t) / sum(w t) (Woodruff 1971);
        `hourly_pay_of_people_mean`, the mean of e / t; `hourly_pay_of_people_median`;
        `hourly_pay_of_people_quantile` with its share as category; then `share_of_hours`, sum(w u)
        / sum(w t), for paid time and each kind of unpaid time. People without hours have no hourly
        pay: the distribution excludes them; the ratio of totals includes their earnings, and
        reports their number.

    Raises
    ------
    OptionError
        Where a share of people is not between 0 and 1, or data are given in the place of a column.
    ColumnError, ConditionError
        When it is estimated: where a column does not exist or holds words.

    Examples
    --------
    One person earns 10 in an hour, another 10 in nine hours: an hour pays 2, people get 5.56 on
    average.

    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"earned": [10.0, 10.0], "hours": [1.0, 9.0]}))
    >>> pay = dl.estimate(sample, dl.work.hourly_pay("earned", "hours", quantiles=()))
    >>> pay.frame["estimate"].round(2).tolist()
    [2.0, 5.56, 1.11]
    """
    if isinstance(unpaid_time, str):
        unpaid_time = [unpaid_time]
    kinds = list(unpaid_time or ())
    check_columns_named("work.hourly_pay", earnings, paid_time, *kinds)
    check_one_of("interval", interval, QuantileInterval)
    check_one_of("rule", rule, QuantileRule)
    for p in quantiles:
        if not is_number(p) or not 0 < p < 1:
            asked = f"{argument('quantiles', quantiles)} has {p!r}, which is not between 0 and 1."
            raise OptionError(asked, write="Write for example `quantiles=(0.1, 0.9)`.")
    options = {"interval": interval, "rule": rule}

    def prepared(sample: Sample) -> list[PreparedStatistic]:
        return _hourly_rows(sample, (earnings, paid_time, *kinds), tuple(quantiles), options)

    written = earnings, paid_time, *kinds
    return Statistic("hourly_pay", written, options, _pay_of_hours, _AN_HOUR, prepared_by=prepared)


def _pay_of_hours(totals: Totals, earned: Expression, time: Expression) -> Linearised:
    """Return the pay of all hours together, with how many people without hours it counts."""
    hourly = ratio.on(totals, earned, time)
    idle = int(totals.within(time <= 0.0).n.sum())
    if not idle:
        return hourly
    return replace(hourly, assumptions=(WORDS("pay.no_hours", count=idle),))


_AN_HOUR = StatisticDescription(kind="amount", most_decimals=2, of_an_hour=True)
_MEDIAN, _QUANTILE = (
    replace(item.description, scale="amount", bands="", most_decimals=2, of_an_hour=True)
    for item in (median, quantile)
)
_SHARE = StatisticDescription(kind="share", of_an_hour=True)


def _hourly_rows(
    sample: Sample, written: tuple[str, ...], quantiles: tuple[float, ...], options: dict[str, Any]
) -> list[PreparedStatistic]:
    read = [
        parse(item, sample.names, sample.codebook, f"a variable of `hourly_pay` ({place})")
        for item, place in zip(
            written, ("earnings", "paid time", *["unpaid time"] * len(written)), strict=False
        )
    ]
    earned, paid, *unpaid = read
    names = list(map(str, written))
    times = [(paid, names[1])]
    if unpaid:
        everything = paid
        for item in unpaid:
            everything = everything + item
        times.append((everything, f"({' + '.join(names[1:])})"))
    rows: list[
        tuple[str, str, Any, tuple[Expression, ...], dict[str, Any], Any, StatisticDescription]
    ] = []
    for time, words in times:
        # a division by zero has no answer: neither has a person without hours, nor with fewer than
        # none
        variable, own, people = (
            f"{names[0]} / {words}",
            (earned / (time * (time > 0.0)),),
            "hourly_pay_of_people",
        )
        rows += [
            ("hourly_pay_of_hours", variable, "", (earned, time), {}, _pay_of_hours, _AN_HOUR),
            (f"{people}_mean", variable, "", own, {}, mean.on, _AN_HOUR),
            (f"{people}_median", variable, "", own, options, median.on, _MEDIAN),
            *(
                (
                    f"{people}_quantile",
                    variable,
                    p,
                    own,
                    {"p": p, **options},
                    quantile.on,
                    _QUANTILE,
                )
                for p in quantiles
            ),
        ]
    if unpaid:
        kinds = zip(read[1:], names[1:], strict=True)
        rows += [
            ("share_of_hours", name, "", (kind, everything), {}, ratio.on, _SHARE)
            for kind, name in kinds
        ]
    return [PreparedStatistic(*row[:6], description=row[6]) for row in rows]


Country: TypeAlias = Literal["FR"]  # countries whose minimum wage is among the dated parameters
WagePeriod: TypeAlias = Literal["hour", "month"]
CURRENCIES: dict[Country, str] = {"FR": "EUR"}
PERIODS: dict[WagePeriod, str] = {"hour": "hourly", "month": "monthly"}
DESCRIPTION = StatisticDescription(
    kind="share",
    of_people=True,
    options=("on", "wage", "country", "gross", "period", "interval"),
    rules=(("interval", "interval"),),
)


def below_minimum_wage(
    pay: str | Banded,
    *,
    on: datetime.date | int | str | None = None,
    wage: Parameter | None = None,
    country: Country = "FR",
    gross: bool | None = None,
    period: WagePeriod = "hour",
    interval: ShareInterval = "logit",
) -> Statistic:
    """Share of people paid below the minimum wage in force on a date.

    Parameters
    ----------
    pay : str or Banded
        Column or expression: hourly pay, or monthly pay of full-time work, in the currency of the
        country. For pay that is known by band, `banded(low="pay_hourly_low",
        high="pay_hourly_high")`, results are those of a banded rate: bounds, distributions and
        imputations.
    on : date, int or str
        Date of the pay: a `datetime.date` or `"2023-05-01"`; a year in which the wage did not
        change; or a column of days or years, so that each respondent is compared with the wage in
        force on that date.
    wage : Parameter, optional
        Another wage, instead of a date and a country: `dl.parameter("real_living_wage", 2023,
        value=10.9, unit="GBP an hour, gross", source="...")`, or one from your own file.
    country : {"FR"}
        Country of the minimum wage.
    gross : bool, optional
        Whether the pay is gross (and compared with the gross minimum wage) or net. Optional if the
        codebook states it, as for columns of `harmonise_pay`; it may not contradict the codebook.
    period : {"hour", "month"}
        Which minimum wage; that of the month is for 35 hours per week.
    interval : str
        As for `share`.

    Returns
    -------
    Statistic
        For `dl.estimate`. Point sum(w 1[pay < wage]) / sum(w), where people paid exactly the wage
        are not below it; linearised variable z = (1[pay < wage] - p) / sum(w): the wage is fixed by
        law and has no sampling error.

    Raises
    ------
    MisleadingError
        Where the codebook says that the pay is of another kind, period, currency or owner than the
        wage; or the wage had several values in the year.
    OptionError
        Where it is not known whether the pay is gross, a date is not valid, or an option is not one
        of its words.
    StudyError
        Where no wage is known on a date.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"pay": [1.0, 9.88, 15.0, 36.0]}))
    >>> below = dl.estimate(sample, dl.work.below_minimum_wage("pay", on=2018, gross=True))
    >>> below.frame["estimate"].item()
    0.25
    """
    check_columns_named("work.below_minimum_wage", pay)
    check_one_of("country", country, Country)
    check_one_of("period", period, WagePeriod)
    check_one_of("interval", interval, ShareInterval)
    if gross is not None:
        gross = check_switch("gross", gross)

    _check_wage(on, wage, gross)
    options = {
        "on": on,
        "wage": wage,
        "country": country,
        "gross": gross,
        "period": period,
        "interval": interval,
    }
    asked = wage or (country, gross, period)

    def line(sample: Sample) -> SampleLine:
        """Return the line of pay in bands."""
        names = pay.amounts if isinstance(pay, Banded) else ()
        first, *_ = [_wage_line(sample, str(pay), name, on, asked) for name in names or ("",)]
        return first

    def prepared(sample: Sample) -> list[PreparedStatistic]:
        read = parse(pay, sample.names, sample.codebook, "the variable of `below_minimum_wage`")
        line = _wage_line(
            sample, str(pay), read.name if isinstance(read, Column) else "", on, asked
        )
        row = (
            "below_minimum_wage",
            str(pay),
            "",
            (read < line.expression,),
            options,
            _below(line.assumptions),
        )
        return [PreparedStatistic(*row, description=DESCRIPTION)]

    waits = {"line": line} if isinstance(pay, Banded) else {"prepared_by": prepared}
    return Statistic("below_minimum_wage", (pay,), options, _below(()), DESCRIPTION, **waits)


def _check_wage(on: object, wage: object, gross: object) -> None:
    """Refuse an invalid wage, a wage together with `on` or `gross`, or neither."""
    write = "Write for example `on='2023-05-01'`, or "
    write += "`wage=dl.parameter('mine', 2023, source_file='mine.toml')`."
    if wage is None:
        if on is None:
            raise OptionError("Neither `on` nor `wage` is written.", write=write)
        return
    for name, value in (("on", on), ("gross", gross)):
        if value is not None:
            why = "Your own wage has its date, and its unit states whether it is gross."
            raise OptionError(f"`{name}` and `wage` are both written.", why, write)
    what = f"is {wage!r}, without unit, date and source"
    if isinstance(wage, Parameter):
        what = f"is in `{wage.unit}`"
    if not isinstance(wage, Parameter) or not read_unit(wage.unit).period:
        raise OptionError(
            f"`wage` {what}, which is not pay for a time.",
            write="Write for example `wage=dl.parameter('living_wage', 2023, value=10.9, unit='GBP "
            "an hour, gross', "
            "source='...')`.",
        )


def _wage_line(
    sample: Sample,
    pay: str,
    column: str,
    on: Any,
    asked: Parameter | tuple[Country, bool | None, WagePeriod],
) -> SampleLine:
    """Return the wage that a column is set against, in its unit where the codebook knows it."""
    unit = ""
    if column in sample.codebook:
        unit = sample.codebook[column].unit
    if isinstance(asked, Parameter):
        own = read_unit(asked.unit)
        refuse_other_unit(
            "below_minimum_wage",
            pay,
            unit,
            f"the wage `{asked.name}`",
            with_per(asked.unit, "one person"),
        )
        period, kind, amount, used = own.period, own.kind, expression_of(asked.value), [asked]
    else:
        country, gross, period = asked
        kind = _kind(unit, gross, period, CURRENCIES[country], pay)
        amount, used = _wage(sample, f"minimum_wage_{PERIODS[period]}_{kind}", on)
    notes = []
    for parameter in used:
        words = parameter_in_words(parameter)
        notes.append(Text(f"{words.fr}, {parameter.source}.", f"{words.en}, {parameter.source}."))
    if kind and not read_unit(unit).kind:
        notes.append(WORDS(f"pay.{kind}"))
    if period == "month" and not isinstance(asked, Parameter):
        notes.append(WORDS("pay.minimum_wage_of_the_month"))
    return SampleLine(amount, tuple(notes))


def _below(assumptions: tuple[Text, ...]) -> Callable[..., Linearised]:
    def below(totals: Totals, poor: Expression, *, interval: str, **_: object) -> Linearised:
        return replace(share.on(totals, poor, interval=interval), assumptions=assumptions)

    return below


def _kind(unit: str, gross: bool | None, period: str, currency: str, pay: str) -> str:
    """Return whether pay is gross or net, from the option and from the codebook's unit."""
    own = read_unit(unit)
    of = own.kind
    wanted = {None: None, True: "gross", False: "net"}[gross]
    if unit and (
        (own.currency, own.period) != (currency, period) or own.per not in ("", "one person")
    ):
        raise MisleadingError(
            f"`{pay}` is in `{unit}`, and the minimum wage in {currency} for one {period}.",
            "",
            f"Write a column of pay in {currency} for one {period}, as `harmonise_pay` makes it, "
            "or another `period`.",
        )
    if own.prices:
        raise MisleadingError(
            f"`{pay}` is in prices of {own.prices}, and a minimum wage in those of its own date.",
            write="Write the column of pay as reported, `harmonise_pay` without `prices_of`.",
        )
    if of and wanted is not None and of != wanted:
        raise MisleadingError(
            f"`gross={gross}` contradicts the codebook, in which `{pay}` is {of}.",
            write=f"Write `gross={of == 'gross'}`, or `harmonise_pay(..., to_unit='{wanted}')` "
            "with a dated ratio.",
        )
    if not of and wanted is None:
        asked = f"Whether `{pay}` is gross or net is not known."
        found = "The two minimum wages are a fifth apart."
        raise OptionError(
            asked, found, "Write `gross=True` or `gross=False`, or `unit=` in `harmonise_pay`."
        )
    return of or str(wanted)


def _wage(sample: Sample, series: str, on: Any) -> tuple[Expression, list[Parameter]]:
    """Return the wage of each row as an expression, and the values that it takes."""
    changed = f"{argument('on', on)} is a year in which the minimum wage changed."
    if isinstance(on, datetime.datetime):
        on = on.date()
    if isinstance(on, str) and on not in sample.names and re.fullmatch(r"[\d/. -]+", on):
        on = _written_day(on)
    if isinstance(on, datetime.date) or (isinstance(on, int) and not isinstance(on, bool)):
        wage = in_force(series, on, changed)
        return expression_of(wage.value), [wage]
    if not isinstance(on, str):
        asked = f"{argument('on', on)} is not a day, a year or the name of a column."
        raise OptionError(
            asked,
            write="Write for example `on='2023-05-01'`, `on=2018`, or a column of days or years.",
        )
    column = Column(known_column(on, sample.names, "the date of `below_minimum_wage`"))
    dates = sample.categories(column.name)
    if not dates:
        raise EmptyDomainError(
            f"No row has a date in `{on}`.", write="Write a column of days, or a day."
        )
    by_wage: dict[Parameter, list[Any]] = {}
    changed = f"`{on}` has a year in which the minimum wage changed."
    for date in dates:
        if (day := day_or_year(date)) is None:
            problem = f"The cell {date!r} of `{on}` is neither a day nor a year."
            raise OptionError(problem, write="Write days as 2021-10-01, or years.")
        by_wage.setdefault(in_force(series, day, changed), []).append(date)
    parts = []
    for parameter, days in by_wage.items():
        cells = tuple(chain.from_iterable(map(_spellings, days)))
        parts.append(Apply("in", (column, Constant(cells))) * parameter.value)
    return reduce(add, parts), sorted(by_wage, key=lambda parameter: parameter.since)


def _written_day(text: str) -> datetime.date:
    """Return the day that an ISO date is."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return datetime.date.fromisoformat(text)
    except ValueError:
        pass
    example = "'2023-05-01'"
    if re.fullmatch(r"\d{4}", text):
        example = str(int(text))
    raise OptionError(
        f"{argument('on', text)} is not a day written year-month-day.",
        write=f"Write for example `on={example}`.",
    )


def _spellings(date: Any) -> Iterable[Any]:
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


@statistic(kind="amount", unit="full-time jobs", rules={"week": "full_week"})
def full_time_jobs(totals: Totals, hours: ColumnOrExpression, *, week: float = 35.0) -> Linearised:
    """Total hours worked by the population, as a number of full-time jobs.

    If the number of people and their mean hours come from two sources, use `full_time_equivalents`.

    Parameters
    ----------
    hours : str
        Column or expression: weekly hours. Hours below 0 or above 168 are kept, counted and printed
        below the result.
    week : float
        Hours of a full-time week, above 0 and up to 168.

    Returns
    -------
    Statistic
        Point sum(w h) / week, linearised variable h / week.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> sample = dl.declare_design(pd.DataFrame({"hours": [35.0, 17.5, 3.5]}))
    >>> float(dl.estimate(sample, dl.work.full_time_jobs("hours")).frame["estimate"].iloc[0])
    1.6
    """
    week = check_number("week", week, above=0, high=HOURS_IN_A_WEEK, example=35)
    (worked,) = totals(hours)
    odd = int(totals.within(hours < 0.0).n.sum() + totals.within(hours > HOURS_IN_A_WEEK).n.sum())
    jobs = Linearised(worked / week, hours / week)
    if not odd:
        return jobs
    return replace(
        jobs, assumptions=(WORDS("pay.odd_hours", week=f"{HOURS_IN_A_WEEK:g}", count=odd),)
    )
