"""Pay of any period as pay of a month and of an hour: 52 weeks and 12 months a year, as the minimum wage is counted.

The French minimum wage of a month is that of an hour times 35 x 52 / 12. The same year is used throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.checks import argument
from diplab.errors import OptionError
from diplab.microdata.frames import check_columns
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import code_text, is_short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.microdata.microdata import Microdata

__all__ = ["PERIODS", "UNITS", "RowWords", "WorkingTime", "pay_per_hour", "pay_per_month", "words_of_rows"]


PERIODS: Mapping[str, tuple[str, ...]] = {
    "year": ("annual", "annually", "yearly", "per year", "a year", "per annum", "par an", "par annee", "an", "annee",
             "annuel", "annuelle", "annuellement", "l'annee"),
    "month": ("monthly", "per month", "a month", "par mois", "mois", "mensuel", "mensuelle", "mensuellement"),
    "fortnight": ("fortnightly", "every two weeks", "par quinzaine", "quinzaine", "toutes les deux semaines"),
    "week": ("weekly", "per week", "a week", "par semaine", "semaine", "hebdomadaire", "la semaine"),
    "day": ("daily", "per day", "a day", "par jour", "jour", "journalier", "journaliere", "la journee", "par journee"),
    "hour": ("hourly", "per hour", "an hour", "de l'heure", "par heure", "heure", "horaire", "l'heure", "a l'heure"),
    "task": ("per task", "a task", "par tache", "tache", "a la tache", "per hit", "piece rate", "a la piece"),
}  # fmt: skip
"""Words for each period, without accents."""
UNITS: Mapping[str, tuple[str, ...]] = {
    "gross": ("brut", "brute", "before tax", "before deductions"),
    "net": ("nette", "take-home", "after deductions"),
}


@dataclass(frozen=True, eq=False)
class RowWords:
    """A word for each row (None for no answer), and the column that it comes from, empty where all have one."""

    words: NDArray[Any]
    column: str

    @property
    def used(self) -> tuple[str, ...]:
        """The words that some row has, in alphabetical order."""
        return tuple(sorted({each for each in self.words if each is not None}))


def words_of_rows(
    data: Microdata,
    option: str,
    value: str,
    lexicon: Mapping[str, tuple[str, ...]],
    codes: Mapping[Any, str] | None,
) -> RowWords:
    """Return what an option means on each row: a word, or a column of words, of codes with labels, or of codes."""
    if not isinstance(value, str) or value not in data.frame.columns:
        word = _meaning(value, lexicon)
        if word is None:
            raise OptionError(
                f"{argument(option, value)} is not a column of the data or a known word.",
                "",
                f"Write a column, or one of: {', '.join(f'`{each}`' for each in lexicon)}.",
            )
        return RowWords(np.full(len(data.frame), word, dtype=object), "")
    check_columns(data, value)
    import pandas as pd

    places, distinct = pd.factorize(data.frame[value])
    labels = {code_text(code): label for code, label in data.codebook.variable(value).values.items()}
    meant = {code_text(code): word for code, word in (codes or {}).items()}
    words: list[str | None] = []
    for code in distinct.tolist():
        text = code_text(code)
        label = labels.get(text)
        tried = [meant.get(text, code), *([label.fr, label.en] if label is not None else [])]
        word = next((each for each in (_meaning(every, lexicon) for every in tried) if each), None)
        if word is None:
            raise _unread_word_error(code, value, option, lexicon)
        words.append(word)
    return RowWords(np.array([*words, None], dtype=object)[places], value)


def _meaning(word: Any, lexicon: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return the word of the lexicon that is meant, whatever its accents, capitals and apostrophes."""
    if not isinstance(word, str):
        return None
    folded = fold_accents(word.replace("’", "'").strip())
    return next((name for name, others in lexicon.items() if folded == name or folded in others), None)


def _unread_word_error(
    code: Any, column: str, option: str, lexicon: Mapping[str, tuple[str, ...]]
) -> OptionError:
    """Return the error for an answer that means none of the words; long answers are not quoted."""
    short = is_short(code)
    answer = f"The answer {code_text(code)}" if short else "An answer at length"
    example = f"`{option}s={{{repr(code) if short else '...'}: {next(iter(lexicon))!r}}}`"
    return OptionError(
        f"{answer} of `{column}` does not mean a {option}.",
        "",
        f"Write what the codes mean, as in {example}; the words are {', '.join(f'`{each}`' for each in lexicon)}.",
    )


Floats = NDArray[np.float64]
WEEKS, MONTHS = 52.0, 12.0


@dataclass(frozen=True, eq=False)
class WorkingTime:
    """Hours, days and tasks a week and seconds per task behind the pay of each row; None where not known."""

    hours: Floats | None
    days: Floats | None
    tasks: Floats | None
    seconds: Floats | None

    def check(self, periods: RowWords) -> None:
        """Refuse periods that cannot be brought to a month or an hour."""
        used = periods.used
        if "day" in used and self.days is None:
            raise OptionError(
                "Pay of a day needs the days worked in a week.",
                "",
                "Write `days=` with a number, or a column.",
            )
        if "task" in used and self.tasks is None and self.seconds is None:
            raise OptionError(
                "Pay of a task needs the number of tasks, or how long one takes.",
                "",
                "Write `tasks=` (a week; `tasks_per='month'` for a month), or `seconds_per_task=`.",
            )


def pay_per_month(pay: Floats, periods: RowWords, worked: WorkingTime) -> Floats:
    """Return pay a month; NaN where the hours, days or tasks of the row are not known."""
    monthly = np.full(pay.shape, np.nan)
    a_week = WEEKS / MONTHS
    hours = worked.hours
    by_seconds = None
    if worked.seconds is not None and hours is not None:
        by_seconds = _per_hour_of_task(pay, worked.seconds) * hours * a_week
    by_task = by_seconds
    if worked.tasks is not None:
        by_task = pay * worked.tasks * a_week
        if by_seconds is not None:
            by_task = np.where(np.isnan(by_task), by_seconds, by_task)
    amounts = {
        "year": pay / MONTHS,
        "month": pay,
        "fortnight": pay * (WEEKS / 2) / MONTHS,
        "week": pay * WEEKS / MONTHS,
        "day": None if worked.days is None else pay * worked.days * a_week,
        "hour": None if hours is None else pay * hours * WEEKS / MONTHS,
        "task": by_task,
    }
    for period, amount in amounts.items():
        if amount is not None:
            here = periods.words == period
            monthly[here] = amount[here]
    return monthly


def pay_per_hour(pay: Floats, a_month: Floats, periods: RowWords, worked: WorkingTime) -> Floats:
    """Return pay an hour: as answered, from the length of a task, otherwise that of the month over its hours."""
    an_hour = np.full(pay.shape, np.nan)
    if worked.hours is not None:
        an_hour = a_month * MONTHS / (np.where(worked.hours > 0, worked.hours, np.nan) * WEEKS)
    hourly = periods.words == "hour"
    an_hour[hourly] = pay[hourly]
    if worked.seconds is not None:
        here = (periods.words == "task") & (np.isnan(an_hour) | (worked.tasks is None))
        an_hour[here] = _per_hour_of_task(pay, worked.seconds)[here]
    return an_hour


def _per_hour_of_task(pay: Floats, seconds: Floats) -> Floats:
    return pay * 3600.0 / np.where(seconds > 0, seconds, np.nan)
