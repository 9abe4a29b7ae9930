"""Pay of any period brought to a month and to an hour: 52 weeks and 12 months a year, as the minimum wage is counted.

The French minimum wage of a month is that of an hour times 35 x 52 / 12. The same year is used for everything here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from diplab.errors import OptionError

if TYPE_CHECKING:
    from diplab.microdata.pay.pay_words import RowWords

__all__ = ["MONTHS", "WEEKS", "Worked", "hourly", "monthly"]

Floats = NDArray[np.float64]

WEEKS, MONTHS = 52.0, 12.0


@dataclass(frozen=True, eq=False)
class Worked:
    """What is known of the work behind the pay of each row; None where nothing was given.

    Parameters
    ----------
    hours, days, tasks : array, shape (rows,), or None
        In a week.
    seconds : array, shape (rows,), or None
        Length of one task.
    """

    hours: Floats | None
    days: Floats | None
    tasks: Floats | None
    seconds: Floats | None

    def check(self, periods: RowWords, asked: str) -> None:
        """Refuse periods that cannot be brought to a month or an hour by what is given.

        Raises
        ------
        OptionError
            Where pay of a day lacks days a week, or pay of a task both tasks and seconds.
        """
        used = periods.used
        if "day" in used and self.days is None:
            raise OptionError(
                asked,
                "Some pay is of a day, and nothing says how many days a week are worked.",
                "Write `days=` with a number of days a week, or a column.",
            )
        if "task" in used and self.tasks is None and self.seconds is None:
            raise OptionError(
                asked,
                "Some pay is of a task, and nothing says how many tasks are done nor how long one takes.",
                "Write `tasks=` (a week; `tasks_per='month'` for a month), or `seconds_per_task=`.",
            )

    @property
    def hours_counted(self) -> Floats | None:
        """Hours a week where they are above zero, NaN elsewhere."""
        return None if self.hours is None else np.where(self.hours > 0, self.hours, np.nan)


def monthly(pay: Floats, periods: RowWords, worked: Worked) -> Floats:
    """Return pay a month; NaN where the hours, days or tasks of the row are not known.

    Examples
    --------
    >>> from diplab.microdata.pay.pay_words import RowWords
    >>> periods = RowWords(np.array(["year", "hour"], dtype=object), "period")
    >>> worked = Worked(np.array([35.0, 35.0]), None, None, None)
    >>> monthly(np.array([12000.0, 9.88]), periods, worked).round(2).tolist()
    [1000.0, 1498.47]
    """
    found = np.full(pay.shape, np.nan)
    a_week = WEEKS / MONTHS
    hours = worked.hours
    by_seconds = None
    if worked.seconds is not None and hours is not None:
        by_seconds = _of_seconds(pay, worked.seconds) * hours * a_week
    by_count = None if worked.tasks is None else pay * worked.tasks * a_week
    amounts = {
        "year": pay / MONTHS,
        "month": pay,
        "fortnight": pay * (WEEKS / 2) / MONTHS,
        "week": pay * WEEKS / MONTHS,
        "day": None if worked.days is None else pay * worked.days * a_week,
        "hour": None if hours is None else pay * hours * WEEKS / MONTHS,
        "task": by_seconds if by_count is None else _first(by_count, by_seconds),
    }
    for period, amount in amounts.items():
        if amount is not None:
            here = periods.words == period
            found[here] = amount[here]
    return found


def hourly(pay: Floats, a_month: Floats, periods: RowWords, worked: Worked) -> Floats:
    """Return pay an hour: as told, from the length of a task, otherwise that of the month over its hours."""
    hours = worked.hours_counted
    found = np.full(pay.shape, np.nan)
    if hours is not None:
        found = a_month * MONTHS / (hours * WEEKS)
    told = periods.words == "hour"
    found[told] = pay[told]
    if worked.seconds is not None:
        here = (periods.words == "task") & (np.isnan(found) | (worked.tasks is None))
        found[here] = _of_seconds(pay, worked.seconds)[here]
    return found


def _of_seconds(pay: Floats, seconds: Floats) -> Floats:
    return pay * 3600.0 / np.where(seconds > 0, seconds, np.nan)


def _first(one: Floats, other: Floats | None) -> Floats:
    return one if other is None else np.where(np.isnan(one), other, one)
