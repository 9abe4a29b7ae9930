"""Pay converted to monthly and hourly pay, with recorded assumptions."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import check_one_of, values_of
from diplab.errors import OptionError
from diplab.kernel.arrays import Booleans, Floats
from diplab.microdata.codebook import Codebook
from diplab.microdata.display import WORDS, join_wordings
from diplab.microdata.frames import check_new_columns, frame_in_memory
from diplab.microdata.history import Step
from diplab.microdata.microdata import Microdata, as_microdata
from diplab.microdata.missing import MissingCause, carry_reasons
from diplab.microdata.pay import amounts
from diplab.microdata.pay.amounts import MONTHS, PERIODS, UNITS, WEEKS, RowWords, WorkingTime
from diplab.microdata.pay.conversions import (
    Conversion,
    as_stated,
    currency_conversion,
    days_of_rows,
    price_conversion,
    unit_conversion,
)
from diplab.microdata.variable import by_text, code_text
from diplab.reference.parameter import HOURS_IN_A_WEEK, Parameter, figure_in_words, read_unit
from diplab.reference.text import Text

TasksPer: TypeAlias = Literal["week", "month"]
_UNIT_OF = {"monthly": "a month", "hourly": "an hour"}
_FAR = 20.0  # hourly pay is flagged above the median times this, or below the median over this
_ANNUAL = (8.0, 18.0)  # monthly pay so many times the median may be annual


@dataclass(frozen=True, eq=False)
class PayAnswers:
    """Pay as answered: its bounds by row, its period, the work behind it, and these in words."""

    data: Microdata
    columns: tuple[str, ...]
    ends: dict[str, Floats]
    periods: RowWords
    worked: WorkingTime
    words: tuple[Text, ...]
    stated: amounts.StatedBands | None
    causes: list[MissingCause]


@dataclass(frozen=True, eq=False)
class Conversions:
    """The conversions of pay to one kind (gross or net), one currency, and prices of one year."""

    kind: Conversion
    money: Conversion
    prices: Conversion

    @property
    def factor(self) -> Floats:
        """The factor of all conversions, by row."""
        return self.kind.factor * self.money.factor * self.prices.factor

    @property
    def words(self) -> tuple[Text, ...]:
        """The conversions in words."""
        return (*self.kind.words, *self.money.words, *self.prices.words)

    @property
    def currency(self) -> str:
        """The currency, with the year of its prices; empty if unknown."""
        if self.money.into and self.prices.into:
            return f"{self.money.into} of {self.prices.into}"
        return self.money.into

    @property
    def not_stated(self) -> dict[str, Booleans]:
        """The rows that cannot be converted, by what their answers do not state."""
        return {**self.money.not_stated, **self.kind.not_stated, **self.prices.not_stated}


def _flag_column(
    columns: Mapping[str, Floats], periods: RowWords, hours: Floats, name: str
) -> tuple[Any, list[Text]]:
    """Return the flags of each row, and each flag with its threshold and row count."""
    # pay in bands is checked for sign and hours only: its value within a band is unknown
    banded = f"{name}_monthly" not in columns
    end = "_low" if banded else ""
    a_month, an_hour = columns[f"{name}_monthly{end}"], columns[f"{name}_hourly{end}"]
    below = (np.nan_to_num(a_month) < 0) | (np.nan_to_num(an_hour) < 0)
    flags = {
        "negative": (below, WORDS("pay_flag_limit.negative")),
        "hours": (hours > HOURS_IN_A_WEEK, WORDS("pay_flag_limit.hours")),
        "no hours": (hours <= 0, WORDS("pay_flag_limit.no_hours")),
    }
    if not banded:
        flags |= _flags_by_medians(a_month, an_hour, periods)
    notes = []
    for flag, (rows, limit) in flags.items():
        if rows.any():
            label = WORDS(f"pay_flag.{flag}")
            notes.append(WORDS("pay.flag", flag=label, limit=limit, rows=rows.sum()))
    return flags_of_rows([(rows, flag) for flag, (rows, _) in flags.items()]), notes


def flags_of_rows(flags: Sequence[tuple[Booleans, str]]) -> Any:
    """Return the flags of each row, separated by commas."""
    words = np.array([""] * len(flags[0][0]), dtype=object)
    for rows, flag in flags:
        words[rows] = [f"{word}, {flag}" if word and word != flag else flag for word in words[rows]]
    return pd.array(words, dtype=pd.StringDtype(na_value=np.nan))


def _flags_by_medians(
    a_month: Floats, an_hour: Floats, periods: RowWords
) -> dict[str, tuple[Booleans, Text]]:
    """Flag hourly pay far from its median, and monthly pay that looks annual."""
    middle_hour, middle_month = _median_above_zero(an_hour), _median_above_zero(a_month)
    low, high = _ANNUAL
    hour, month = np.nan_to_num(an_hour), np.nan_to_num(a_month)
    ratio = month / middle_month
    of_month, of_year = periods.words == "month", periods.words == "year"
    of = {"times": _FAR, "low": low, "high": high, "median": round(middle_month, 2)}
    words = {}
    for name, number in of.items():
        words[name] = figure_in_words(number)
    highest, lowest = middle_hour * _FAR, middle_hour / _FAR
    too_high = WORDS("pay_flag_limit.high", limit=figure_in_words(round(highest, 2)), **words)
    too_low = WORDS("pay_flag_limit.low", limit=figure_in_words(round(lowest, 4)), **words)
    annual = WORDS("pay_flag_limit.looks_annual", **words)
    monthly = WORDS("pay_flag_limit.looks_monthly", **words)
    return {
        "high hourly": (hour > highest, too_high),
        "low hourly": ((hour > 0) & (hour < lowest), too_low),
        "looks annual": (of_month & (ratio >= low) & (ratio <= high), annual),
        "looks monthly": (of_year & (ratio >= 1 / high) & (ratio <= 1 / low), monthly),
    }


def _median_above_zero(pay: Floats) -> float:
    earned = pay[(pay > 0) & np.isfinite(pay)]
    if earned.size:
        return float(np.median(earned))
    return np.nan


def causes_of_bands(data: Microdata, pay: str, bands: Mapping[Any, Any]) -> list[MissingCause]:
    """Return the answers without pay by `bands`, with their codes and labels."""
    answers = data.frame[pay].map(code_text, na_action="ignore")
    labels = by_text(data.codebook.variable(pay).values)
    causes = []
    for code in (code for code, band in bands.items() if band is None):
        text = code_text(code)
        causes.append(
            MissingCause(code, labels.get(text, Text.same(text)), (answers == text).to_numpy(bool))
        )
    return causes


def describe_pay(
    codebook: Codebook, columns: Mapping[str, Any], name: str, conversions: Conversions
) -> Codebook:
    """Return the codebook with the new variables."""
    kind, currency = conversions.kind.into, conversions.currency
    for column in columns:
        period, _, end = column.removeprefix(f"{name}_").partition("_")
        if period == "flags":
            codebook = describe_flags(
                codebook, column, WORDS("pay.flags"), WORDS.section("pay_flag")
            )
            continue
        words = [WORDS(f"pay.{period}")]
        if kind:
            words.append(WORDS(f"pay_unit.{kind}"))
        if end:
            words.append(WORDS(f"pay_end.{end}"))
        label, unit = join_wordings(words, ", "), ""
        if currency:
            label = WORDS("form.remark", label=label, remark=currency)
            parts = (f"{currency} {_UNIT_OF[period]}", kind, "one person")
            unit = ", ".join(filter(None, parts))
        codebook = codebook.described(column, label=label, measure="scale", unit=unit)
    return codebook


def describe_flags(
    codebook: Codebook, column: str, label: Text, flags: Mapping[str, Text]
) -> Codebook:
    """Return the codebook with a column of flags."""
    return codebook.described(
        column, label=label, values=dict(flags), measure="nominal", storage="words"
    )


def harmonise_pay(
    data: Microdata | pd.DataFrame,
    pay: str | tuple[str, str],
    *,
    period: str,
    periods: Mapping[Any, str] | None = None,
    hours: float | str | None = None,
    days: float | str | None = None,
    tasks: float | str | None = None,
    tasks_per: TasksPer = "week",
    seconds_per_task: float | str | None = None,
    unit: str | None = None,
    units: Mapping[Any, str] | None = None,
    to_unit: str | None = None,
    net_over_gross: Parameter | Mapping[str, Any] | str | None = None,
    currency: str = "EUR",
    to_currency: str | None = None,
    rates: Mapping[str, Any] | None = None,
    date: datetime.date | int | str | None = None,
    price_index: Mapping[str, Any] | Sequence[Parameter] | None = None,
    prices_of: int | None = None,
    bands: Mapping[Any, Any] | None = None,
    into: str = "pay",
) -> Microdata:
    """Convert pay by year, month, hour or task to monthly and hourly pay.

    Nothing is guessed: pay is missing if hours, days or tasks are; gross becomes net, and dollars
    become euros, only at a rate with a date and a source; and implausible values are flagged and
    kept.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
        In memory.
    pay : str or (str, str)
        Column of amounts, or of codes with `bands`; or the columns of the lower and the upper end
        of a band.
    period : str
        Period of the pay: `year`, `month`, `fortnight`, `week`, `day`, `hour`, `task`, in French or
        in English (`par mois`, `de l'heure`, `per task`); or a column of such words, or of codes.
    periods : mapping of code to str, optional
        Meaning of the codes of the column `period`, if not in their labels.
    hours, days : float or str, optional
        Hours and days worked in a week, a number for all or a column. Hours are required to convert
        between monthly and hourly pay.
    tasks : float or str, optional
        Tasks done in a week (in a month with `tasks_per="month"`).
    seconds_per_task : float or str, optional
        Length of one task, from which pay of an hour follows.
    unit, units : str, and mapping of code to str, optional
        `gross` or `net` (`brut`), or a column, and the meaning of its codes. Unknown by default.
    to_unit : {"gross", "net"}, optional
        The kind to which other rows are converted.
    net_over_gross : Parameter, mapping or "minimum_wage", optional
        Ratio of net to gross pay, with `value`, `date` and `source`; or the ratio of the monthly
        minimum wages in force on `date`, an assumption that is recorded.
    currency : str
        Code of the currency, or the column that holds it.
    to_currency, rates : str, and mapping of str to Parameter or mapping, optional
        The target currency, and the value of one unit of each other currency in it: `value`,
        `date`, `source`, and `kind`, `exchange` or `purchasing power`; a list, one per year, for
        pay of several years.
    date : date, int or str, optional
        Day or year of the pay, for rates with dates of validity; or a column.
    price_index, prices_of : mapping or sequence of Parameter, and int, optional
        A consumer price index, `{"values": {2018: 103.1, 2022: 112.5}, "source": "..."}` or dated
        parameters of one series, and the year of the prices to which pay is converted, by the
        `date` of each row; the unit states it.
    bands : mapping, optional
        The two ends of each code, `(5000, 10000)`; `math.inf` for the open one at the top, None for
        no pay. By default labels of bands, in French or English ("moins de 800 €"), are read as
        `banded` reads them.
    into : str
        Beginning of the names of the new columns.

    Returns
    -------
    Microdata
        With `<into>_monthly` and `<into>_hourly` (each as `_low` and `_high` if pay is in bands),
        and `<into>_flags`, empty if nothing is implausible. `codebook.steps` states each assumption
        and threshold in French and in English; the `unit` of the new variables states currency,
        period, and gross or net, so that only like amounts are compared.

    Raises
    ------
    ColumnError
        Where a column is absent or holds words, or a new name is one of the data already.
    OptionError
        Where a word, a band or a number is not valid, or a period lacks its hours, days or tasks.
    MisleadingError
        Where gross and net, or currencies, would be mixed, or a rate is not valid on the date.

    Notes
    -----
    A year has 52 weeks and 12 months, as the minimum wage is counted: month = hour x hours per week
    x 52 / 12.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> periods = ["de l'heure", "par an", "par mois"]
    >>> answers = pd.DataFrame({"amount": [9.88, 18000, 50], "of": periods, "h": [35, 35, 10]})
    >>> data = dl.Microdata(answers)
    >>> paid = dl.work.harmonise_pay(data, "amount", period="of", hours="h", unit="net")
    >>> paid.frame[["pay_monthly", "pay_hourly"]].round(2).values.tolist()
    [[1498.47, 9.88], [1500.0, 9.89], [50.0, 1.15]]
    >>> paid.codebook["pay_monthly"].unit
    'EUR a month, net, one person'
    """
    data = as_microdata(data)
    work = {"hours": hours, "days": days, "tasks": tasks, "seconds_per_task": seconds_per_task}
    answers = _read_pay(data, pay, bands, (period, periods), work, tasks_per, into)
    kinds = None if unit is None else amounts.words_of_rows(data, "unit", unit, UNITS, units)
    if answers.stated is not None and kinds is not None:
        answers.stated.check("unit", kinds.used, tuple(UNITS))
    dates = days_of_rows(data, date)
    conversions = Conversions(
        unit_conversion(kinds, to_unit, net_over_gross, dates),
        currency_conversion(data, currency, to_currency, rates, dates),
        price_conversion(price_index, prices_of, dates),
    )
    return _by_month_and_hour(answers, conversions, into)


def monthly_and_hourly_pay(
    data: Microdata | pd.DataFrame,
    pay: str | tuple[str, str],
    *,
    period: str,
    periods: Mapping[Any, str] | None = None,
    hours: float | str | None = None,
    days: float | str | None = None,
    tasks: float | str | None = None,
    tasks_per: TasksPer = "week",
    seconds_per_task: float | str | None = None,
    bands: Mapping[Any, Any] | None = None,
    into: str = "pay",
) -> Microdata:
    """Convert pay by year, month, hour or task to monthly and hourly pay, in its own currency.

    The currency, the year of the prices, and gross or net are those of the `unit` of the column in
    the codebook, as `convert_currency` and `deflate` write it. `harmonise_pay` converts these too.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
        In memory.
    pay : str or (str, str)
        Column of amounts, or of codes with `bands`; or the columns of the lower and the upper end
        of a band.
    period : str
        Period of the pay: `year`, `month`, `fortnight`, `week`, `day`, `hour`, `task`, in French or
        in English (`par mois`, `de l'heure`, `per task`); or a column of such words, or of codes.
    periods : mapping of code to str, optional
        Meaning of the codes of the column `period`, if not in their labels.
    hours, days : float or str, optional
        Hours and days worked in a week, a number for all or a column. Hours are required to convert
        between monthly and hourly pay.
    tasks : float or str, optional
        Tasks done in a week (in a month with `tasks_per="month"`).
    seconds_per_task : float or str, optional
        Length of one task, from which pay of an hour follows.
    bands : mapping, optional
        The two ends of each code, `(5000, 10000)`; `math.inf` for the open one at the top, None for
        no pay.
    into : str
        Beginning of the names of the new columns.

    Returns
    -------
    Microdata
        With `<into>_monthly` and `<into>_hourly` (each as `_low` and `_high` if pay is in bands),
        and `<into>_flags`, empty if nothing is implausible.

    Raises
    ------
    ColumnError
        Where a column is absent or holds words, or a new name is one of the data already.
    OptionError
        Where a word, a band or a number is not valid, or a period lacks its hours, days or tasks.

    Notes
    -----
    A year has 52 weeks and 12 months: month = hour x hours per week x 52 / 12.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> data = pd.DataFrame({"amount": [12.0, 18000], "of": ["hour", "year"], "h": [35, 35]})
    >>> paid = dl.work.monthly_and_hourly_pay(data, "amount", period="of", hours="h")
    >>> paid.frame[["pay_monthly", "pay_hourly"]].round(2).values.tolist()
    [[1820.0, 12.0], [1500.0, 9.89]]
    """
    data = as_microdata(data)
    work = {"hours": hours, "days": days, "tasks": tasks, "seconds_per_task": seconds_per_task}
    answers = _read_pay(data, pay, bands, (period, periods), work, tasks_per, into)
    unit = read_unit(data.codebook.variable(answers.columns[0]).unit)
    stated = map(as_stated, (unit.kind, unit.currency, unit.prices))
    return _by_month_and_hour(answers, Conversions(*stated), into)


def _read_pay(
    data: Microdata,
    pay: str | tuple[str, str],
    bands: Mapping[Any, Any] | None,
    period: tuple[str, Mapping[Any, str] | None],
    work: Mapping[str, float | str | None],
    tasks_per: str,
    into: str,
) -> PayAnswers:
    """Return pay as answered, with the period and the work of each row."""
    frame_in_memory(data)
    new = [f"{into}_flags"]
    for end in ("", "_low", "_high"):
        new += [f"{into}_monthly{end}", f"{into}_hourly{end}"]
    check_new_columns(data, *new, write='Write another name, for example `into="paid"`.')
    stated = amounts.read_stated_bands(data, pay, bands)
    known = stated.bands if stated else bands
    ends = amounts.pay_bounds(data, pay, known)
    periods = amounts.words_of_rows(data, "period", period[0], PERIODS, period[1])
    columns = values_of(pay)
    source = Text.same(" – ".join(columns))
    if stated is not None:
        stated.check("period", periods.used, tuple(PERIODS))
        source = WORDS("form.remark", label=source, remark=stated.words)
    worked = _read_working_time(data, work, tasks_per, periods)
    causes = [] if known is None or len(columns) > 1 else causes_of_bands(data, columns[0], known)
    words = (source, *_assumptions(periods, work, tasks_per))
    return PayAnswers(data, columns, ends, periods, worked, words, stated, causes)


def _assumptions(
    periods: RowWords, work: Mapping[str, float | str | None], tasks_per: str
) -> list[Text]:
    """Return the period of the pay and the work behind it, in words."""
    period = join_wordings([WORDS(f"pay_period.{name}") for name in periods.used], ", ")
    if periods.column:
        period = WORDS("pay.period_by_column", column=periods.column, periods=period)
    words = [period, WORDS("pay.year")]
    for option, value in work.items():
        if value is not None:
            label = WORDS(f"pay.{option}_{tasks_per}" if option == "tasks" else f"pay.{option}")
            number = value if isinstance(value, str) else figure_in_words(float(value))
            words.append(WORDS("form.value", label=label, value=number))
    return words


def _by_month_and_hour(answers: PayAnswers, conversions: Conversions, into: str) -> Microdata:
    """Return the data with monthly and hourly pay, flags, and the step that states how."""
    data, periods = answers.data, answers.periods
    ends = {}
    for end, pay in answers.ends.items():
        ends[end] = pay * conversions.factor
    columns = _pay_columns(ends, periods, answers.worked, into)
    flags, notes = _flag_column(columns, periods, answers.worked.hours, into)
    new = {**columns, f"{into}_flags": flags}
    flagged = WORDS("pay.nothing_flagged")
    if notes:
        flagged = WORDS("pay.flagged", flags=join_wordings(notes, ", "))
    without = []
    for name, pay in columns.items():
        lost = int(np.isnan(pay).sum())
        if lost:
            without.append(WORDS("pay.without_value", name=name, lost=lost))
    parts = (*answers.words, *conversions.words, *without, flagged)
    words = WORDS("step.of", columns=", ".join(new), words=join_wordings(parts, "; "))
    step = Step("recode", (*answers.columns, *new), words, len(data.frame))
    book = describe_pay(data.codebook, new, into, conversions).with_step(step)
    paid = ~np.isnan(next(iter(answers.ends.values())))
    # what a row may lack in addition to its pay, in order of precedence
    unknown = {"no_period": pd.isna(periods.words), **conversions.not_stated, "no_work": paid}
    causes = []
    for code, rows in unknown.items():
        causes.append(MissingCause(code, WORDS(f"pay_not_stated.{code}"), rows & paid))
    return carry_reasons(
        data,
        data.frame.assign(**new),
        book,
        list(columns),
        answers.columns,
        [*answers.causes, *causes],
    )


def _read_working_time(
    data: Microdata, work: Mapping[str, float | str | None], tasks_per: str, by: RowWords
) -> WorkingTime:
    """Return the work of each row, which must be sufficient to convert every period."""
    check_one_of("tasks_per", tasks_per, TasksPer)
    of = {"tasks": f"tasks a {tasks_per}", "seconds_per_task": "seconds"}
    hours, days, tasks, seconds = (
        np.full(len(data.frame), np.nan)
        if value is None
        else amounts.numbers_of_rows(data, option, value, of=of.get(option, f"{option} a week"))
        for option, value in work.items()
    )
    if "day" in by.used and work["days"] is None:
        raise OptionError(
            "Daily pay requires the days worked in a week.",
            write="Write `days=` with a number, or a column.",
        )
    if "task" in by.used and work["tasks"] is None and work["seconds_per_task"] is None:
        raise OptionError(
            "Pay per task requires the number of tasks, or the length of one.",
            write="Write `tasks=` (a week, or `tasks_per='month'`), or `seconds_per_task=`.",
        )
    return WorkingTime(
        hours, days, tasks * MONTHS / WEEKS if tasks_per == "month" else tasks, seconds
    )


def _pay_columns(
    ends: dict[str, Floats], by: RowWords, worked: WorkingTime, name: str
) -> dict[str, Floats]:
    """Return monthly and hourly pay, for both bounds of bands."""
    months = {}
    for end, pay in ends.items():
        months[end] = amounts.pay_per_month(pay, by, worked)
    last = {}
    for end in ends:
        last[end] = f"_{end}" if end else ""
    monthly = {}
    for end, pay in months.items():
        monthly[f"{name}_monthly{last[end]}"] = pay
    return monthly | {
        f"{name}_hourly{last[end]}": amounts.pay_per_hour(pay, months[end], by, worked)
        for end, pay in ends.items()
    }
