"""Pay converted to monthly and hourly pay, and pay after fees, with recorded assumptions."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from diplab.checks import check_one_of, is_number
from diplab.errors import OptionError
from diplab.kernel.arrays import Booleans, Floats
from diplab.microdata.codebook import Codebook
from diplab.microdata.display import WORDS, join_wordings
from diplab.microdata.frames import check_new_columns, frame_in_memory
from diplab.microdata.history import Step
from diplab.microdata.microdata import Microdata, as_microdata
from diplab.microdata.missing import MissingCause, carry_reasons
from diplab.microdata.pay import amounts
from diplab.microdata.pay.amounts import (
    MONTHS,
    PERIODS,
    UNITS,
    WEEKS,
    RowConversions,
    RowWords,
    WorkingTime,
)
from diplab.microdata.variable import code_text
from diplab.reference.parameter import (
    HOURS_IN_A_WEEK,
    Parameter,
    figure_in_words,
    parameter_in_words,
)
from diplab.reference.text import Text


def _flag_columns(
    columns: dict[str, Floats],
    by: RowWords,
    hours: Floats,
    multiple: float,
    annual: tuple[float, float],
    name: str,
) -> tuple[dict[str, Any], list[Text]]:
    """Return the columns with one of flags, and each flag with its threshold and row count."""
    # pay in bands is checked for sign and hours only: its value within a band is unknown
    banded = f"{name}_monthly" not in columns
    a_month, an_hour = (
        columns[f"{name}_{per}{'_low' if banded else ''}"] for per in ("monthly", "hourly")
    )
    below = (np.nan_to_num(a_month) < 0) | (np.nan_to_num(an_hour) < 0)
    flags = {
        "negative": (below, WORDS("pay_flag_limit.negative")),
        "hours": (hours > HOURS_IN_A_WEEK, WORDS("pay_flag_limit.hours")),
        "no hours": (hours <= 0, WORDS("pay_flag_limit.no_hours")),
    }
    if not banded:
        flags |= _flags_by_medians(a_month, an_hour, by, multiple, annual)
    notes = [
        WORDS("pay.flag", flag=WORDS(f"pay_flag.{flag}"), limit=limit, rows=rows.sum())
        for flag, (rows, limit) in flags.items()
        if rows.any()
    ]
    return {
        **columns,
        f"{name}_flags": _flags_of_rows([(rows, flag) for flag, (rows, _) in flags.items()]),
    }, notes


def _flags_of_rows(flags: Sequence[tuple[Booleans, str]]) -> Any:
    """Return the flags of each row, separated by commas."""
    words = np.array([""] * len(flags[0][0]), dtype=object)
    for rows, flag in flags:
        words[rows] = [f"{word}, {flag}" if word and word != flag else flag for word in words[rows]]
    return pd.array(words, dtype=pd.StringDtype(na_value=np.nan))


def _flags_by_medians(
    a_month: Floats,
    an_hour: Floats,
    periods: RowWords,
    multiple: float,
    annual: tuple[float, float],
) -> dict[str, tuple[Booleans, Text]]:
    """Flag hourly pay far from its median, and monthly pay that looks annual."""
    middle_hour, middle_month = _median_above_zero(an_hour), _median_above_zero(a_month)
    low, high = annual
    hour, month = np.nan_to_num(an_hour), np.nan_to_num(a_month)
    ratio = month / middle_month
    of_month, of_year = periods.words == "month", periods.words == "year"
    of = {"times": multiple, "low": low, "high": high, "median": round(middle_month, 2)}
    words = {name: figure_in_words(number) for name, number in of.items()}
    highest, lowest = middle_hour * multiple, middle_hour / multiple
    too_high = WORDS("pay_flag_limit.high", limit=figure_in_words(round(highest, 2)), **words)
    too_low = WORDS("pay_flag_limit.low", limit=figure_in_words(round(lowest, 4)), **words)
    looks_monthly = WORDS("pay_flag_limit.looks_monthly", **words)
    return {
        "high hourly": (hour > highest, too_high),
        "low hourly": ((hour > 0) & (hour < lowest), too_low),
        "looks annual": (
            of_month & (ratio >= low) & (ratio <= high),
            WORDS("pay_flag_limit.looks_annual", **words),
        ),
        "looks monthly": (of_year & (ratio >= 1 / high) & (ratio <= 1 / low), looks_monthly),
    }


def _median_above_zero(pay: Floats) -> float:
    earned = pay[(pay > 0) & np.isfinite(pay)]
    return float(np.median(earned)) if earned.size else np.nan


def causes_of_bands(data: Microdata, pay: str, bands: Mapping[Any, Any]) -> list[MissingCause]:
    """Return the answers without pay by `bands`, with their codes and labels."""
    answers = data.frame[pay].map(code_text, na_action="ignore")
    labels = {code_text(code): text for code, text in data.codebook.variable(pay).values.items()}
    causes = []
    for code in (code for code, band in bands.items() if band is None):
        text = code_text(code)
        causes.append(
            MissingCause(code, labels.get(text, Text.same(text)), (answers == text).to_numpy(bool))
        )
    return causes


def assumptions_in_words(
    by: RowWords,
    work: Mapping[str, Any],
    tasks_per: str,
    conversions: RowConversions,
    new: Mapping[str, Any],
) -> list[Text]:
    """Return the assumptions in words."""
    periods = join_wordings([WORDS(f"pay_period.{name}") for name in by.used], ", ")
    worked = []
    for option, value in work.items():
        if value is not None:
            label = WORDS(f"pay.{option}_{tasks_per}" if option == "tasks" else f"pay.{option}")
            shown = value if isinstance(value, str) else figure_in_words(float(value))
            worked.append(WORDS("form.value", label=label, value=shown))
    without = []
    for name, values in new.items():
        lost = 0
        if not name.endswith("_flags"):
            lost = int(np.isnan(np.asarray(values, dtype=float)).sum())
        if lost:
            without.append(WORDS("pay.without_value", name=name, lost=lost))
    period = periods
    if by.column:
        period = WORDS("pay.period_by_column", column=by.column, periods=periods)
    return [
        period,
        WORDS("pay.year"),
        *worked,
        *conversions.kind.words,
        *conversions.money.words,
        *without,
    ]


def _describe_flags(
    codebook: Codebook, column: str, label: Text, flags: Mapping[str, Text]
) -> Codebook:
    return codebook.described(
        column, label=label, values=dict(flags), measure="nominal", storage="words"
    )


_UNIT_OF = {"monthly": "a month", "hourly": "an hour"}


def describe_pay(
    codebook: Codebook, columns: Mapping[str, Any], name: str, conversions: RowConversions
) -> Codebook:
    """Return the codebook with the new variables."""
    kind, currency = conversions.kind.into, conversions.unit
    for column in columns:
        period, _, end = column.removeprefix(f"{name}_").partition("_")
        if period not in _UNIT_OF:
            codebook = _describe_flags(
                codebook, column, WORDS("pay.flags"), WORDS.section("pay_flag")
            )
            continue
        keys = [
            f"pay.{period}",
            *([f"pay_unit.{kind}"] if kind else []),
            *([f"pay_end.{end}"] if end else []),
        ]
        label = join_wordings(map(WORDS, keys), ", ")
        shown = WORDS("form.remark", label=label, remark=currency) if currency else label
        unit = ""
        if currency:
            parts = (f"{currency} {_UNIT_OF[period]}", kind, "one person")
            unit = ", ".join(filter(None, parts))
        codebook = codebook.described(column, label=shown, measure="scale", unit=unit)
    return codebook


TasksPer: TypeAlias = Literal["week", "month"]


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
    multiple: float = 20.0,
    looks_annual: tuple[float, float] = (8.0, 18.0),
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
    multiple : float
        Hourly pay above the median of the file times this, or below the median over this, is
        flagged.
    looks_annual : (float, float)
        Monthly pay so many times the median is flagged as possibly annual.
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
    A year has 52 weeks and 12 months, as the minimum wage is counted: month = hour x hours a week x
    52 / 12.

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
    frame = frame_in_memory(data)
    numbers = [
        f"{into}_{per}{end}" for per in ("monthly", "hourly") for end in ("", "_low", "_high")
    ]
    check_new_columns(
        data, *numbers, f"{into}_flags", write='Write another name, for example `into="paid"`.'
    )
    read = amounts.read_stated_bands(data, pay, bands)
    known = read.bands if read else bands
    ends = amounts.pay_bounds(data, pay, known)
    by = amounts.words_of_rows(data, "period", period, PERIODS, periods)
    source = Text.same(pay if isinstance(pay, str) else " – ".join(pay))
    if read is not None:
        read.check("period", by.used, tuple(PERIODS))
        if unit is not None:
            read.check(
                "unit", amounts.words_of_rows(data, "unit", unit, UNITS, units).used, tuple(UNITS)
            )
        source = WORDS("form.remark", label=source, remark=read.words)
    work = {"hours": hours, "days": days, "tasks": tasks, "seconds_per_task": seconds_per_task}
    worked = _read_working_time(data, work, tasks_per, by)
    options = (
        (unit, units, to_unit, net_over_gross),
        (currency, to_currency, rates),
        (price_index, prices_of),
    )
    conversions = amounts.row_conversions(data, *options, date)
    columns = _pay_columns(
        {end: pay * conversions.factor for end, pay in ends.items()}, by, worked, into
    )
    new, notes = _flag_columns(
        columns, by, worked.hours, *_check_thresholds(multiple, looks_annual), into
    )
    flagged = (
        WORDS("pay.flagged", flags=join_wordings(notes, ", "))
        if notes
        else WORDS("pay.nothing_flagged")
    )
    parts = (source, *assumptions_in_words(by, work, tasks_per, conversions, new), flagged)
    words = WORDS("step.of", columns=", ".join(new), words=join_wordings(parts, "; "))
    step = Step("recode", (*((pay,) if isinstance(pay, str) else pay), *new), words, len(frame))
    book = describe_pay(data.codebook, new, into, conversions).with_step(step)
    causes = [] if known is None or not isinstance(pay, str) else causes_of_bands(data, pay, known)
    paid = ~np.isnan(next(iter(ends.values())))
    # what a row may lack in addition to its pay, in order of precedence
    unknown = {"no_period": pd.isna(by.words), **conversions.not_stated, "no_work": paid}
    causes += [
        MissingCause(code, WORDS(f"pay_not_stated.{code}"), rows & paid)
        for code, rows in unknown.items()
    ]
    return carry_reasons(data, frame.assign(**new), book, list(columns), pay, causes)


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


def _check_thresholds(
    multiple: float, looks_annual: tuple[float, float]
) -> tuple[float, tuple[float, float]]:
    low, high = looks_annual
    if not multiple > 1 or not 1 < low < high:
        raise OptionError(
            f"`multiple={multiple:g}` and `looks_annual=({low:g}, {high:g})` are not increasing "
            "above 1.",
            write="Write for example `multiple=20, looks_annual=(8, 18)`.",
        )
    return float(multiple), (float(low), float(high))


def _pay_columns(
    ends: dict[str, Floats], by: RowWords, worked: WorkingTime, name: str
) -> dict[str, Floats]:
    """Return monthly and hourly pay, for both bounds of bands."""
    months = {end: amounts.pay_per_month(pay, by, worked) for end, pay in ends.items()}
    last = {end: f"_{end}" if end else "" for end in ends}
    monthly = {f"{name}_monthly{last[end]}": pay for end, pay in months.items()}
    return monthly | {
        f"{name}_hourly{last[end]}": amounts.pay_per_hour(pay, months[end], by, worked)
        for end, pay in ends.items()
    }


def effective_pay(
    data: Microdata | pd.DataFrame,
    pay: str,
    *,
    payments: float | str = 1,
    fee_share: float | str | Parameter | None = None,
    fee_minimum: float | str | Parameter | None = None,
    fee_fixed: float | str | Parameter | None = None,
    withdrawal_threshold: float | str | Parameter | None = None,
    withdrawal_fee: float | str | Parameter | None = None,
    into: str | None = None,
) -> Microdata:
    """Subtract the fees of a platform from pay, and compute what can be withdrawn.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
        In memory.
    pay : str
        Column of what was paid in a period, before fees.
    payments : float or str
        Number of payments: fees are taken from each. A number, or a column.
    fee_share : float, str or Parameter, optional
        Share of each payment that the platform keeps, from 0 to 1; a number, a column, or a dated
        parameter.
    fee_minimum : float, str or Parameter, optional
        Minimum of this share for each payment, in the currency of the pay.
    fee_fixed : float, str or Parameter, optional
        Taken from each payment in addition to the share.
    withdrawal_threshold : float, str or Parameter, optional
        Amount under which nothing can be withdrawn from the account in the period.
    withdrawal_fee : float, str or Parameter, optional
        Fee for withdrawing the balance of the account, once a period.
    into : str, optional
        Name of the new column; by default that of the pay and `_after_fees`.

    Returns
    -------
    Microdata
        With `<into>`, `<into>_flags`, and, with a withdrawal threshold or fee, `<into>_withdrawn`:
        0 below the threshold, the remaining pay above it. Amounts not withdrawn stay in the
        account. Fees above the pay are flagged and give a negative number. `codebook.steps` names
        every fee.

    Raises
    ------
    ColumnError
        Where a column is absent or holds words, or a new name is one of the data already.
    OptionError
        Where a fee is negative or not a number, or there is none.

    Notes
    -----
    after = pay - n max(minimum, share * pay / n) - n fixed, with n payments; withdrawn = after -
    withdrawal fee where after is at or above the threshold, otherwise 0. A payment of 0 pays no
    fee.

    Examples
    --------
    Four payments of 2.50 EUR, with fees of 20% and 0.10 EUR each; no withdrawal below 10 EUR.

    >>> import pandas as pd, diplab as dl
    >>> data = dl.Microdata(pd.DataFrame({"paid": [10.0]}), dl.Codebook())
    >>> left = dl.work.effective_pay(
    ...     data, "paid", payments=4, fee_share=0.2, fee_fixed=0.1, withdrawal_threshold=10
    ... )
    >>> left.frame[["paid_after_fees", "paid_after_fees_withdrawn"]].values.tolist()
    [[7.6, 0.0]]
    """
    data = as_microdata(data)
    frame = frame_in_memory(data)
    paid = amounts.numbers_of_column(data, pay)
    options = {
        "payments": payments,
        "fee_share": fee_share,
        "fee_minimum": fee_minimum,
        "fee_fixed": fee_fixed,
        "withdrawal_threshold": withdrawal_threshold,
        "withdrawal_fee": withdrawal_fee,
    }
    fees = {
        option: _fee(data, option, value) for option, value in options.items() if value is not None
    }
    if len(fees) == 1:
        raise OptionError("There is no fee.", write="Write for example `fee_share=0.2`.")
    into = into or f"{pay}_after_fees"
    new = _pay_after_fees(paid, {option: values for option, (values, _) in fees.items()}, into)
    check_new_columns(data, *new, write='Write another name, for example `into="after_fees"`.')
    book = _describe_fees(data, pay, into, new, fees)
    numbers = [item for item in new if not item.endswith("_flags")]
    return carry_reasons(data, frame.assign(**new), book, numbers, (pay,))


def _pay_after_fees(pay: Floats, fees: dict[str, Floats], into: str) -> dict[str, Any]:
    nothing = np.zeros_like(pay)
    count = fees["payments"]
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(count > 0, pay / count, np.nan)
    taken = np.maximum(fees.get("fee_share", nothing) * each, fees.get("fee_minimum", nothing))
    taken = taken + fees.get("fee_fixed", nothing)
    after = np.where(pay == 0, 0.0, pay - count * taken)
    flags = [((after < 0) & (pay >= 0), "fees above pay")]
    new: dict[str, Any] = {into: after}
    if "withdrawal_threshold" in fees or "withdrawal_fee" in fees:
        least = fees.get("withdrawal_threshold", nothing)
        out = (after >= least) & (after > 0)
        left = np.where(out, after - fees.get("withdrawal_fee", nothing), 0.0)
        new[f"{into}_withdrawn"] = np.where(np.isnan(after) | np.isnan(least), np.nan, left)
        flags += [
            (new[f"{into}_withdrawn"] < 0, "fees above pay"),
            ((after > 0) & (after < least), "not withdrawable"),
        ]
    return {**new, f"{into}_flags": _flags_of_rows(flags)}


def _fee(data: Microdata, option: str, value: Any) -> tuple[Floats, Text]:
    """Return a fee by row, from a number, a column or a dated parameter, and in words."""
    label = WORDS(f"fee.{option}")
    if isinstance(value, str):
        words, values = (
            WORDS("form.value", label=label, value=value),
            amounts.numbers_of_column(data, value),
        )
    elif isinstance(value, Parameter):
        words = WORDS(
            "form.sourced", label=label, value=parameter_in_words(value), source=value.source
        )
        values = np.full(len(data.frame), value.value)
    elif is_number(value) and np.isfinite(value):
        words = WORDS("form.value", label=label, value=figure_in_words(float(value)))
        values = np.full(len(data.frame), float(value))
    else:
        raise _fee_error(option, repr(value))
    known = values[~np.isnan(values)]
    wrong = known < 0
    if option == "fee_share":
        wrong |= known > 1
    if option == "payments":
        wrong |= known == 0
    if wrong.any():
        raise _fee_error(option, f"{known[wrong][0]:g}")
    return values, words


def _fee_error(option: str, value: str) -> OptionError:
    write = {
        "fee_share": "Write a share from 0 to 1, as 0.2 for 20%.",
        "payments": "Write a number of payments above 0, or a column of them.",
    }
    return OptionError(
        f"`{option}={value}` is not a fee.",
        write=write.get(option, "Write an amount from 0, in the currency of the pay, or a column."),
    )


def _describe_fees(
    data: Microdata, pay: str, into: str, new: dict[str, Any], fees: dict[str, tuple[Floats, Text]]
) -> Any:
    """Return the codebook with the new variables and a step that names each fee."""
    book = data.codebook
    variable = book.variable(pay)
    label = variable.label or Text.same(pay)
    flags = WORDS.section("fee_flag")
    ends = {
        into: WORDS("fees.after", label=label),
        f"{into}_withdrawn": WORDS("fees.withdrawn", label=label),
    }
    for column in new:
        if column in ends:
            book = book.described(column, label=ends[column], measure="scale", unit=variable.unit)
        else:
            book = _describe_flags(book, column, WORDS("fees.flags"), flags)
    parts = [words for _, words in fees.values()]
    by_row = list(new[f"{into}_flags"])
    for flag, words in flags.items():
        if rows := sum(flag in item for item in by_row):
            parts.append(WORDS("form.value", label=words, value=rows))
    fee_words = join_wordings([Text.same(pay), join_wordings(parts, "; ")], ", ")
    step_words = WORDS("step.of", columns=", ".join(new), words=fee_words)
    return book.with_step(
        Step("recode", (pay, *new), step_words, int(np.isfinite(new[into]).sum()))
    )
