"""Pay brought to a month and to an hour, every assumption written down, nobody dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import ColumnError, OptionError, one_of
from diplab.microdata.carried_reasons import Cause, carried
from diplab.microdata.given_data import microdata_of
from diplab.microdata.in_memory import frame_in_memory
from diplab.microdata.pay.bands_in_words import BandsInWords, bands_in_words
from diplab.microdata.pay.by_period import MONTHS, WEEKS, Worked, hourly, monthly
from diplab.microdata.pay.harmonised_codebook import described
from diplab.microdata.pay.outliers import Thresholds, flagged
from diplab.microdata.pay.pay_ends import ends_of_pay
from diplab.microdata.pay.pay_words import PERIODS, UNITS, RowWords, words_of_rows
from diplab.microdata.pay.row_conversions import row_conversions
from diplab.microdata.pay.row_values import numbers_of_rows
from diplab.microdata.pay.said_of_pay import said_of_work
from diplab.microdata.pay.untold import NOT_TOLD, is_none, refused_bands
from diplab.reference.text import Text

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from diplab.microdata.microdata import Microdata
    from diplab.reference.parameter import Parameter

__all__ = ["harmonise_pay"]

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
    data = microdata_of(data, asked)
    frame = _without_new(frame_in_memory(data, asked), name, asked)
    known, ends, by, source = _told(data, pay, bands, (period, periods), (unit, units), asked)
    given = {"hours": hours, "days": days, "tasks": tasks, "seconds_per_task": seconds_per_task}
    worked = _worked(data, given, tasks_per, by, asked)
    options = (unit, units, to_unit, net_over_gross), (currency, to_currency, rates), (price_index, prices_of)
    into = row_conversions(data, *options, date, asked)
    found = _columns({end: pay * into.factor for end, pay in ends.items()}, by, worked, name)
    new, notes = _flagged(found, by, worked, _thresholds(multiple, looks_annual, asked), name)
    said = said_of_work(by, given, tasks_per, into.kind, into.money, new, notes, source)
    book = described(data.codebook, pay, new, name, into.kind.into, into.unit, said)
    causes = _causes(data, pay, known, {"no_period": is_none(by.words), **into.untold}, ends)
    return carried(data, frame.assign(**new), book, list(found), pay, causes)


def _told(
    data: Microdata,
    pay: str | tuple[str, str],
    bands: Mapping[Any, Any] | None,
    period: tuple[str, Mapping[Any, str] | None],
    unit: tuple[str | None, Mapping[Any, str] | None],
    asked: str,
) -> tuple[Mapping[Any, Any] | None, dict[str, Floats], RowWords, Text]:
    """Return the bands, the ends of each pay, its period, and the columns of pay in words."""
    read = bands_in_words(data, pay, bands, asked)
    known = read.bands if read else bands
    ends, by = ends_of_pay(data, pay, known, asked), _periods(data, *period, read, asked)
    _check_units(data, *unit, read, asked)
    return known, ends, by, _source(pay, read)


def _periods(
    data: Microdata, period: str, periods: Mapping[Any, str] | None, read: BandsInWords | None, asked: str
) -> RowWords:
    by = words_of_rows(data, "period", period, PERIODS, periods, asked)
    if read is not None:
        read.check("period", by.used, tuple(PERIODS), asked)
    return by


def _check_units(
    data: Microdata, unit: str | None, units: Mapping[Any, str] | None, read: BandsInWords | None, asked: str
) -> None:
    """Refuse gross for net where the answers themselves say which."""
    if unit is not None and read is not None:
        read.check("unit", words_of_rows(data, "unit", unit, UNITS, units, asked).used, tuple(UNITS), asked)


def _source(pay: str | tuple[str, str], read: BandsInWords | None) -> Text:
    """Return the columns of pay in words, with the bands that were read from their answers."""
    names = pay if isinstance(pay, str) else " – ".join(pay)
    if read is None:
        return Text.same(names)
    return Text(f"{names} ({read.said.fr})", f"{names} ({read.said.en})")


def _worked(
    data: Microdata, given: Mapping[str, float | str | None], tasks_per: str, by: RowWords, asked: str
) -> Worked:
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
    worked = Worked(read["hours"], read["days"], counted, read["seconds_per_task"])
    worked.check(by, asked)
    return worked


def _causes(
    data: Microdata,
    pay: str | tuple[str, str],
    bands: Mapping[Any, Any] | None,
    untold: Mapping[str, NDArray[np.bool_]],
    ends: Mapping[str, Floats],
) -> list[Cause]:
    """Return what is not told of a row, beside its pay, in the order in which it is looked for."""
    found = [] if bands is None or not isinstance(pay, str) else refused_bands(data, pay, bands)
    paid = ~np.isnan(next(iter(ends.values())))
    rows = {**untold, "no_work": np.ones(len(paid), dtype=bool)}
    return [*found, *(Cause(code, NOT_TOLD[code], here & paid) for code, here in rows.items())]


def _thresholds(multiple: float, looks_annual: tuple[float, float], asked: str) -> Thresholds:
    low, high = looks_annual
    if not multiple > 1 or not 1 < low < high:
        raise OptionError(
            asked,
            f"Pay is flagged above {multiple:g} medians, and a month from {low:g} to {high:g} medians.",
            "Write numbers above 1, the lower first, as `multiple=20, looks_annual=(8, 18)`.",
        )
    return Thresholds(float(multiple), (float(low), float(high)))


def _columns(ends: dict[str, Floats], by: RowWords, worked: Worked, name: str) -> dict[str, Floats]:
    """Return pay a month and an hour, for each end where there are two."""
    months = {end: monthly(pay, by, worked) for end, pay in ends.items()}
    last = {end: f"_{end}" if end else "" for end in ends}
    found = {f"{name}_monthly{last[end]}": pay for end, pay in months.items()}
    return found | {
        f"{name}_hourly{last[end]}": hourly(pay, months[end], by, worked) for end, pay in ends.items()
    }


def _flagged(
    found: dict[str, Floats], by: RowWords, worked: Worked, thresholds: Thresholds, name: str
) -> tuple[dict[str, Any], list[Any]]:
    import pandas as pd

    banded = f"{name}_monthly" not in found
    first = "_low" if banded else ""
    words, notes = flagged(
        found[f"{name}_monthly{first}"], found[f"{name}_hourly{first}"], by, worked.hours, thresholds, banded
    )
    return {**found, f"{name}_flags": pd.array(words, dtype=pd.StringDtype(na_value=np.nan))}, notes


def _without_new(frame: pd.DataFrame, name: str, asked: str) -> pd.DataFrame:
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
