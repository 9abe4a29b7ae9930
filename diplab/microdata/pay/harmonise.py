"""Pay brought to a month and to an hour, with every assumption written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import ColumnError, OptionError, one_of
from diplab.microdata.frames import frame_in_memory
from diplab.microdata.history import Step
from diplab.microdata.microdata import as_microdata
from diplab.microdata.missing import MissingCause, carry_reasons
from diplab.microdata.pay.amounts import (
    StatedBands,
    is_absent,
    numbers_of_rows,
    pay_bounds,
    read_stated_bands,
)
from diplab.microdata.pay.conversions import row_conversions
from diplab.microdata.pay.flags import PAY_FLAGS, Thresholds, flag_pay
from diplab.microdata.pay.periods import (
    MONTHS,
    PERIODS,
    UNITS,
    WEEKS,
    RowWords,
    WorkingTime,
    pay_per_hour,
    pay_per_month,
    words_of_rows,
)
from diplab.microdata.variable import Variable, code_text
from diplab.reference.parameter_words import figure_in_words
from diplab.reference.text import Text

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.pay.conversions import Conversion
    from diplab.reference.parameter import Parameter

__all__ = ["NOT_STATED", "assumptions_in_words", "causes_of_bands", "describe_pay", "harmonise_pay"]


NOT_STATED = {
    "no_period": Text("période de la paie non dite", "period of the pay not told"),
    "no_unit": Text("brut ou net non dit", "gross or net not told"),
    "no_currency": Text("monnaie non dite", "currency not told"),
    "no_date": Text("date de la paie non dite", "date of the pay not told"),
    "no_work": Text("heures, jours ou tâches nuls ou non dits", "hours, days or tasks none or not told"),
}
"""Reasons by code."""


def causes_of_bands(data: Microdata, pay: str, bands: Mapping[Any, Any]) -> list[MissingCause]:
    """Return the answers that `bands` says to be no pay, each under its own code and wording."""
    told = data.frame[pay].map(
        lambda each: code_text(int(each) if _is_whole(each) else each), na_action="ignore"
    )
    labels = data.codebook.variables.get(pay, Variable(pay)).values
    said = {code_text(code): text for code, text in labels.items()}
    return [
        MissingCause(
            code,
            said.get(code_text(code), Text.same(code_text(code))),
            (told == code_text(code)).to_numpy(bool),
        )
        for code, band in bands.items()
        if band is None
    ]


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()


_PERIODS = {
    "year": Text("par an", "a year"),
    "month": Text("par mois", "a month"),
    "fortnight": Text("par quinzaine", "a fortnight"),
    "week": Text("par semaine", "a week"),
    "day": Text("par jour", "a day"),
    "hour": Text("de l’heure", "an hour"),
    "task": Text("par tâche", "a task"),
}


def assumptions_in_words(
    by: RowWords,
    given: Mapping[str, Any],
    tasks_per: str,
    kind: Conversion,
    money: Conversion,
    new: Mapping[str, Any],
    notes: list[Text],
    source: Text,
) -> Text:
    """Return the assumptions in words: source, period, year of 52 weeks, work, unit, currency, what is flagged."""
    parts = [
        source,
        _periods_in_words(by),
        Text("52 semaines et 12 mois par an", "52 weeks and 12 months a year"),
        *_work_in_words(given, tasks_per),
        *kind.said,
        *(money.said or (Text(money.into, money.into),)),
        *_flags_in_words(new, notes),
    ]
    parts = [each for each in parts if each.en]
    names = ", ".join(new)
    french = "\u202f; ".join(each.fr for each in parts)
    return Text(f"{names}\u00a0: {french}", f"{names}: {'; '.join(each.en for each in parts)}")


def _work_in_words(given: Mapping[str, Any], tasks_per: str) -> list[Text]:
    """Return the hours, days, tasks and seconds that were given."""
    by_month = tasks_per == "month"
    of = {
        "hours": Text("heures par semaine", "hours a week"),
        "days": Text("jours par semaine", "days a week"),
        "tasks": Text(f"tâches par {'mois' if by_month else 'semaine'}", f"tasks a {tasks_per}"),
        "seconds_per_task": Text("secondes par tâche", "seconds a task"),
    }
    said = []
    for option, what in of.items():
        value = given[option]
        if value is not None:
            shown = Text.same(value) if isinstance(value, str) else figure_in_words(float(value))
            said.append(Text(f"{what.fr}\u00a0: {shown.fr}", f"{what.en}: {shown.en}"))
    return said


def _flags_in_words(new: Mapping[str, Any], notes: list[Text]) -> list[Text]:
    """Return how many rows are without a value, and what is flagged."""
    said = []
    for name, values in new.items():
        lost = 0 if name.endswith("_flags") else int(np.isnan(np.asarray(values, dtype=float)).sum())
        if lost:
            said.append(Text(f"{name} sans valeur\u00a0: {lost}", f"{name} without a value: {lost}"))
    if not notes:
        return [*said, Text("rien de signalé", "nothing flagged")]
    french, english = ", ".join(each.fr for each in notes), ", ".join(each.en for each in notes)
    return [*said, Text(f"signalées et gardées – {french}", f"flagged and kept – {english}")]


def _periods_in_words(by: RowWords) -> Text:
    """Return the periods that rows are of, and the column that says it."""
    said = [_PERIODS[each] for each in by.used]
    french, english = ", ".join(each.fr for each in said), ", ".join(each.en for each in said)
    if by.column:
        return Text(f"période selon {by.column} ({french})", f"period by {by.column} ({english})")
    return Text(french, english)


_MEANS = {
    "monthly": (Text("paie mensuelle", "monthly pay"), "a month"),
    "hourly": (Text("paie horaire", "hourly pay"), "an hour"),
}
_ENDS = {"low": Text("au moins", "at least"), "high": Text("au plus", "at most")}
_KINDS = {"gross": Text("brute", "gross"), "net": Text("nette", "net"), "": Text("", "")}


def describe_pay(
    codebook: Codebook,
    pay: str | tuple[str, str],
    columns: Mapping[str, Any],
    name: str,
    kind: str,
    currency: str,
    said: Text,
) -> Codebook:
    """Return the codebook with the new variables and the step."""
    for column in columns:
        period, _, end = column.removeprefix(f"{name}_").partition("_")
        if period not in _MEANS:
            codebook = codebook.described(
                column,
                label=Text("paie\u00a0: ce qui est à vérifier", "pay: what is to be checked"),
                values=dict(PAY_FLAGS),
                measure="nominal",
                storage="words",
            )
            continue
        label, per = _MEANS[period]
        parts = [label, _KINDS[kind], *([_ENDS[end]] if end else [])]
        french = ", ".join(each.fr for each in parts if each.fr)
        english = ", ".join(each.en for each in parts if each.en)
        codebook = codebook.described(
            column,
            label=Text(f"{french} ({currency})", f"{english} ({currency})")
            if currency
            else Text(french, english),
            measure="scale",
            unit=f"{currency} {per}{f', {kind}' if kind else ''}" if currency else "",
        )
    sources = (pay,) if isinstance(pay, str) else pay
    rows = max((int((~_gone(values)).sum()) for values in columns.values()), default=0)
    return codebook.with_step(Step("recode", (*sources, *columns), said, rows))


def _gone(values: Any) -> Any:
    import pandas as pd

    return pd.isna(values)


Floats = NDArray[np.float64]


def harmonise_pay(
    data: Microdata | pd.DataFrame,
    pay: str | tuple[str, str],
    *,
    period: str,
    periods: Mapping[Any, str] | None = None,
    hours: float | str | None = None,
    days: float | str | None = None,
    tasks: float | str | None = None,
    tasks_per: str = "week",
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
    name: str = "pay",
) -> Microdata:
    """Bring pay that was told by the year, the month, the hour or the task to a month and to an hour.

    Nothing is guessed: what the hours, days or tasks of a row do not allow is left missing, gross is not made net nor
    dollars euros without a rate that has a date and a source, and what looks wrong is pointed out and kept.

    Parameters
    ----------
    data : Microdata or pandas.DataFrame
        In memory.
    pay : str or (str, str)
        Column of amounts, or of codes with `bands`; or the columns of the lower and the upper end of a band.
    period : str
        What the pay is of: `year`, `month`, `fortnight`, `week`, `day`, `hour`, `task`, in French or in English (`par
        mois`, `de l'heure`, `per task`); or a column that says it, by such words, by codes with labels, or by codes.
    periods : mapping of code to str, optional
        What the codes of the column `period` mean, where labels do not say it.
    hours, days : float or str, optional
        Hours and days worked in a week, a number for all or a column. Pay of a month gives pay of an hour only by
        hours, and the reverse.
    tasks : float or str, optional
        Tasks done in a week (in a month with `tasks_per="month"`).
    seconds_per_task : float or str, optional
        Length of one task, from which pay of an hour follows.
    unit, units : str, and mapping of code to str, optional
        `gross` or `net` (`brut`), or a column; and what its codes mean. Not told by default.
    to_unit : {"gross", "net"}, optional
        What rows of the other kind are turned into.
    net_over_gross : Parameter, mapping or "minimum_wage", optional
        Net pay for one of gross: with `value`, `date` and `source`; or the ratio of the monthly minimum wages in
        force on `date`, an assumption that is written down.
    currency : str
        Code of the currency, or the column that holds it.
    to_currency, rates : str, and mapping of str to Parameter or mapping, optional
        The currency wanted, and for each other one what one of it is worth: `value`, `date`, `source`, and `kind`,
        `exchange` or `purchasing power`; a list of them, one a year, where the pay is of several years.
    date : date, int or str, optional
        Day or year of the pay, for rates that hold in their time only; or a column.
    price_index, prices_of : mapping or sequence of Parameter, and int, optional
        A consumer price index, `{"values": {2018: 103.1, 2022: 112.5}, "source": "..."}` or dated parameters of one
        series, and the year in whose prices pay is put, by the `date` of each row; the unit then says so.
    bands : mapping, optional
        For each code its two ends, `(5000, 10000)`; `math.inf` for the open one at the top, None for no pay told. By
        default answers that say their bands, in French or English ("moins de 800 €"), are read as `banded` reads them.
    multiple : float
        Hourly pay above this many times the median of the file, or as far below it, is flagged.
    looks_annual : (float, float)
        Pay of a month so many times the median month is flagged as perhaps that of a year.
    name : str
        Of the new columns.

    Returns
    -------
    Microdata
        With `<name>_monthly` and `<name>_hourly` (each with `_low` and `_high` in place of one column where pay was
        told in bands), and `<name>_flags`, empty where nothing looks wrong. `codebook.steps` says each assumption and
        each threshold in French and in English; the `unit` of the new variables says currency, period, and gross or
        net, so that they are compared with nothing else.

    Raises
    ------
    ColumnError
        Where a column is absent or holds words, or a new name is one of the data already.
    OptionError
        Where a word, a band or a number is not one, or what a period needs is not given.
    MisleadingError
        Where gross and net, or currencies, would be mixed, or a rate does not hold on the date.

    Notes
    -----
    A year has 52 weeks and 12 months, as the minimum wage is counted: month = hour x hours a week x 52 / 12.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> told = pd.DataFrame({"amount": [9.88, 18000, 50], "of": ["de l'heure", "par an", "par mois"],
    ...                      "h": [35, 35, 10]})
    >>> paid = harmonise_pay(Microdata(told, Codebook()), "amount", period="of", hours="h", unit="net")
    >>> paid.frame[["pay_monthly", "pay_hourly"]].round(2).values.tolist()
    [[1498.47, 9.88], [1500.0, 9.89], [50.0, 1.15]]
    >>> paid.codebook["pay_monthly"].unit
    'EUR a month, net'
    """
    asked = f"The pay `{pay if isinstance(pay, str) else ', '.join(map(str, pay))}` was to be harmonised."
    data = as_microdata(data, asked)
    frame = _check_new_names(frame_in_memory(data, asked), name, asked)
    known, ends, by, source = _read_pay(data, pay, bands, (period, periods), (unit, units), asked)
    given = {"hours": hours, "days": days, "tasks": tasks, "seconds_per_task": seconds_per_task}
    worked = _read_working_time(data, given, tasks_per, by, asked)
    options = (unit, units, to_unit, net_over_gross), (currency, to_currency, rates), (price_index, prices_of)
    into = row_conversions(data, *options, date, asked)
    found = _pay_columns({end: pay * into.factor for end, pay in ends.items()}, by, worked, name)
    new, notes = _flag_columns(found, by, worked, _check_thresholds(multiple, looks_annual, asked), name)
    said = assumptions_in_words(by, given, tasks_per, into.kind, into.money, new, notes, source)
    book = describe_pay(data.codebook, pay, new, name, into.kind.into, into.unit, said)
    causes = _missing_causes(data, pay, known, {"no_period": is_absent(by.words), **into.untold}, ends)
    return carry_reasons(data, frame.assign(**new), book, list(found), pay, causes)


def _read_pay(
    data: Microdata,
    pay: str | tuple[str, str],
    bands: Mapping[Any, Any] | None,
    period: tuple[str, Mapping[Any, str] | None],
    unit: tuple[str | None, Mapping[Any, str] | None],
    asked: str,
) -> tuple[Mapping[Any, Any] | None, dict[str, Floats], RowWords, Text]:
    """Return the bands, the ends of each pay, its period, and the columns of pay in words."""
    read = read_stated_bands(data, pay, bands, asked)
    known = read.bands if read else bands
    ends, by = pay_bounds(data, pay, known, asked), _read_periods(data, *period, read, asked)
    _check_units(data, *unit, read, asked)
    return known, ends, by, _source_in_words(pay, read)


def _read_periods(
    data: Microdata, period: str, periods: Mapping[Any, str] | None, read: StatedBands | None, asked: str
) -> RowWords:
    by = words_of_rows(data, "period", period, PERIODS, periods, asked)
    if read is not None:
        read.check("period", by.used, tuple(PERIODS), asked)
    return by


def _check_units(
    data: Microdata, unit: str | None, units: Mapping[Any, str] | None, read: StatedBands | None, asked: str
) -> None:
    """Refuse gross for net where the answers themselves say which."""
    if unit is not None and read is not None:
        read.check("unit", words_of_rows(data, "unit", unit, UNITS, units, asked).used, tuple(UNITS), asked)


def _source_in_words(pay: str | tuple[str, str], read: StatedBands | None) -> Text:
    """Return the columns of pay in words, with the bands that were read from their answers."""
    names = pay if isinstance(pay, str) else " – ".join(pay)
    if read is None:
        return Text.same(names)
    return Text(f"{names} ({read.said.fr})", f"{names} ({read.said.en})")


def _read_working_time(
    data: Microdata, given: Mapping[str, float | str | None], tasks_per: str, by: RowWords, asked: str
) -> WorkingTime:
    """Return the work behind each row, refused where it does not bring some period to a month or an hour."""
    if tasks_per not in ("week", "month"):
        raise one_of("`tasks_per`", tasks_per, ["week", "month"])
    of = {
        "hours": "hours a week",
        "days": "days a week",
        "tasks": f"tasks a {tasks_per}",
        "seconds_per_task": "seconds",
    }
    read = {
        option: None if value is None else numbers_of_rows(data, option, value, asked, of=of[option])
        for option, value in given.items()
    }
    counted = read["tasks"]
    if counted is not None and tasks_per == "month":
        counted = counted * MONTHS / WEEKS
    worked = WorkingTime(read["hours"], read["days"], counted, read["seconds_per_task"])
    worked.check(by, asked)
    return worked


def _missing_causes(
    data: Microdata,
    pay: str | tuple[str, str],
    bands: Mapping[Any, Any] | None,
    untold: Mapping[str, NDArray[np.bool_]],
    ends: Mapping[str, Floats],
) -> list[MissingCause]:
    """Return what is not told of a row, beside its pay, in the order in which it is looked for."""
    found = [] if bands is None or not isinstance(pay, str) else causes_of_bands(data, pay, bands)
    paid = ~np.isnan(next(iter(ends.values())))
    rows = {**untold, "no_work": np.ones(len(paid), dtype=bool)}
    return [*found, *(MissingCause(code, NOT_STATED[code], here & paid) for code, here in rows.items())]


def _check_thresholds(multiple: float, looks_annual: tuple[float, float], asked: str) -> Thresholds:
    low, high = looks_annual
    if not multiple > 1 or not 1 < low < high:
        raise OptionError(
            asked,
            f"Pay is flagged above {multiple:g} medians, and a month from {low:g} to {high:g} medians.",
            "Write numbers above 1, the lower first, as `multiple=20, looks_annual=(8, 18)`.",
        )
    return Thresholds(float(multiple), (float(low), float(high)))


def _pay_columns(ends: dict[str, Floats], by: RowWords, worked: WorkingTime, name: str) -> dict[str, Floats]:
    """Return pay a month and an hour, for each end where there are two."""
    months = {end: pay_per_month(pay, by, worked) for end, pay in ends.items()}
    last = {end: f"_{end}" if end else "" for end in ends}
    found = {f"{name}_monthly{last[end]}": pay for end, pay in months.items()}
    return found | {
        f"{name}_hourly{last[end]}": pay_per_hour(pay, months[end], by, worked) for end, pay in ends.items()
    }


def _flag_columns(
    found: dict[str, Floats], by: RowWords, worked: WorkingTime, thresholds: Thresholds, name: str
) -> tuple[dict[str, Any], list[Any]]:
    import pandas as pd

    banded = f"{name}_monthly" not in found
    first = "_low" if banded else ""
    words, notes = flag_pay(
        found[f"{name}_monthly{first}"], found[f"{name}_hourly{first}"], by, worked.hours, thresholds, banded
    )
    return {**found, f"{name}_flags": pd.array(words, dtype=pd.StringDtype(na_value=np.nan))}, notes


def _check_new_names(frame: pd.DataFrame, name: str, asked: str) -> pd.DataFrame:
    """Return the frame, refused where it has one of the new columns already."""
    numbers = [f"{name}_{per}{end}" for per in ("monthly", "hourly") for end in ("", "_low", "_high")]
    for each in (*numbers, f"{name}_flags"):
        if each in frame.columns:
            raise ColumnError(
                asked,
                f"The data have a column `{each}` already.",
                "Write another `name` for the new columns.",
            )
    return frame
