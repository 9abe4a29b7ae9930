"""The words of pay: per month or `par an`, gross or `net`, constant or a column of codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import OptionError, nearest
from diplab.microdata.answers import code_said, is_short
from diplab.microdata.in_memory import check_columns
from diplab.microdata.look_for import folded
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata

__all__ = ["PERIODS", "UNITS", "RowWords", "words_of_rows"]

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
    """A word for each row: the same for all, or by a column.

    Parameters
    ----------
    words : array of object, shape (rows,)
        None where the column has no answer.
    column : str
        Empty where it is the same for all.
    """

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
    """Return what an option means on each row: a word, or a column of words, of codes with labels, or of codes.

    Parameters
    ----------
    data : Microdata
    option : str
        Its name, for errors.
    given : str
        A column of the data, otherwise a word.
    lexicon : mapping of str to tuple of str
        What words mean.
    codes : mapping, optional
        What the codes of the column mean, in words of the lexicon.
    asked : str
        What was asked, for errors.

    Raises
    ------
    OptionError
        Where a word or a code means nothing here.
    """
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
    labelled = {code_said(code): label for code, label in labels.items()}
    told = {code_said(code): word for code, word in (codes or {}).items()}
    found: list[str | None] = []
    for code in distinct.tolist():
        said = code_said(int(code) if isinstance(code, float) and code.is_integer() else code)
        label = labelled.get(said)
        tried = [told.get(said, code), *([label.fr, label.en] if label is not None else [])]
        word = next((each for each in (_meaning(every, lexicon) for every in tried) if each), None)
        if word is None:
            raise _unread(code, given, option, lexicon, asked)
        found.append(word)
    return RowWords(np.array([*found, None], dtype=object)[places], given)


def _meaning(word: Any, lexicon: Mapping[str, tuple[str, ...]]) -> str | None:
    """Return which word of the lexicon is meant, whatever its accents, capitals and apostrophes."""
    if not isinstance(word, str):
        return None
    plain = folded(word.replace("’", "'").strip())
    return next((name for name, others in lexicon.items() if plain == name or plain in others), None)


def _unread(
    code: Any, column: str, option: str, lexicon: Mapping[str, tuple[str, ...]], asked: str
) -> OptionError:
    """Return the error for an answer that means none of the words; what was written at length is not quoted."""
    said = code_said(code)
    named, written = (f"The answer {said}", repr(code)) if is_short(said) else ("An answer at length", "...")
    return OptionError(
        asked,
        f"{named} of `{column}` says no {option}.",
        f"Write what the codes mean, as in `{option}s={{{written}: {next(iter(lexicon))!r}}}`; the words are "
        f"{nearest('', lexicon, len(lexicon))}.",
    )
