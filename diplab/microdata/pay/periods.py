"""Pay of any period as pay of a month and of an hour: 52 weeks and 12 months a year, as the minimum wage is counted.

The French minimum wage of a month is that of an hour times 35 x 52 / 12. The same year is used throughout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diplab.errors import OptionError, nearest
from diplab.microdata.frames import check_columns
from diplab.microdata.search import fold_accents
from diplab.microdata.variable import Variable, code_text, is_short

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.microdata.microdata import Microdata

__all__ = [
    "MONTHS",
    "PERIODS",
    "UNITS",
    "WEEKS",
    "RowWords",
    "WorkingTime",
    "pay_per_hour",
    "pay_per_month",
    "words_of_rows",
]


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
    """A word for each row: the same for all, or by a column."""

    words: NDArray[Any]
    column: str

    @property
    def used(self) -> tuple[str, ...]:
        """The words that some row has, in alphabetical order."""
        return tuple(sorted({each for each in self.words if each is not None}))


def words_of_rows(
    data: Microdata,
    option: str,
    given: str,
    lexicon: Mapping[str, tuple[str, ...]],
    codes: Mapping[Any, str] | None,
    asked: str,
) -> RowWords:
    """Return what an option means on each row: a word, or a column of words, of codes with labels, or of codes."""
    rows = len(data.frame)
    if not isinstance(given, str) or given not in data.frame.columns:
        word = _meaning(given, lexicon)
        if word is None:
            raise OptionError(
                asked,
                f"`{option}` was given as {given!r}, which is no column of the data and none of the words.",
                f"Write a column, or one of these: {', '.join(f'`{each}`' for each in lexicon)}.",
            )
        return RowWords(np.full(rows, word, dtype=object), "")
    check_columns(data, (given,), asked)
    import pandas as pd

    places, distinct = pd.factorize(data.frame[given])
    labels = data.codebook.variables.get(given, Variable(given)).values
    labelled = {code_text(code): label for code, label in labels.items()}
    told = {code_text(code): word for code, word in (codes or {}).items()}
    found: list[str | None] = []
    for code in distinct.tolist():
        said = code_text(int(code) if isinstance(code, float) and code.is_integer() else code)
        label = labelled.get(said)
        tried = [told.get(said, code), *([label.fr, label.en] if label is not None else [])]
        word = next((each for each in (_meaning(every, lexicon) for every in tried) if each), None)
        if word is None:
            raise _unread_word_error(code, given, option, lexicon, asked)
        found.append(word)
    return RowWords(np.array([*found, None], dtype=object)[places], given)


def _meaning(word: Any, lexicon: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return which word of the lexicon is meant, whatever its accents, capitals and apostrophes."""
    if not isinstance(word, str):
        return None
    plain = fold_accents(word.replace("’", "'").strip())
    return next((name for name, others in lexicon.items() if plain == name or plain in others), None)


def _unread_word_error(
    code: Any, column: str, option: str, lexicon: Mapping[str, tuple[str, ...]], asked: str
) -> OptionError:
    """Return the error for an answer that means none of the words; what was written at length is not quoted."""
    said = code_text(code)
    named, written = (f"The answer {said}", repr(code)) if is_short(said) else ("An answer at length", "...")
    return OptionError(
        asked,
        f"{named} of `{column}` says no {option}.",
        f"Write what the codes mean, as in `{option}s={{{written}: {next(iter(lexicon))!r}}}`; the words are "
        f"{nearest('', lexicon, len(lexicon))}.",
    )


Floats = NDArray[np.float64]
WEEKS, MONTHS = 52.0, 12.0


@dataclass(frozen=True, eq=False)
class WorkingTime:
    """What is known of the work behind the pay of each row; None where nothing was given."""

    hours: Floats | None
    days: Floats | None
    tasks: Floats | None
    seconds: Floats | None

    def check(self, periods: RowWords, asked: str) -> None:
        """Refuse periods that cannot be brought to a month or an hour by what is given."""
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


def pay_per_month(pay: Floats, periods: RowWords, worked: WorkingTime) -> Floats:
    """Return pay a month; NaN where the hours, days or tasks of the row are not known."""
    found = np.full(pay.shape, np.nan)
    a_week = WEEKS / MONTHS
    hours = worked.hours
    by_seconds = None
    if worked.seconds is not None and hours is not None:
        by_seconds = _per_hour_of_task(pay, worked.seconds) * hours * a_week
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


def pay_per_hour(pay: Floats, a_month: Floats, periods: RowWords, worked: WorkingTime) -> Floats:
    """Return pay an hour: as told, from the length of a task, otherwise that of the month over its hours."""
    hours = worked.hours_counted
    found = np.full(pay.shape, np.nan)
    if hours is not None:
        found = a_month * MONTHS / (hours * WEEKS)
    told = periods.words == "hour"
    found[told] = pay[told]
    if worked.seconds is not None:
        here = (periods.words == "task") & (np.isnan(found) | (worked.tasks is None))
        found[here] = _per_hour_of_task(pay, worked.seconds)[here]
    return found


def _per_hour_of_task(pay: Floats, seconds: Floats) -> Floats:
    return pay * 3600.0 / np.where(seconds > 0, seconds, np.nan)


def _first(one: Floats, other: Floats | None) -> Floats:
    return one if other is None else np.where(np.isnan(one), other, one)
