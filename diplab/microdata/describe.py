"""A variable described: its answers counted or its numbers summed up, with its missing answers by reason."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.errors import OptionError
from diplab.microdata.answers import code_said
from diplab.microdata.description import Description
from diplab.microdata.frequencies import frequencies, frequencies_of_set
from diplab.microdata.identifiers import identifying
from diplab.microdata.in_memory import check_columns, frame_in_memory, holds_lists
from diplab.microdata.shown import check_labelled, counted, worded
from diplab.microdata.summary import summary_of_days, summary_of_numbers, summary_of_words
from diplab.microdata.variable import Variable
from diplab.reference.text import NOTHING, Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata

__all__ = ["describe"]

_MOST = 60
"""Different words, beyond which they are taken for answers in people's own words."""

_FEW = 10
"""Different whole numbers without labels, up to which they are taken for codes."""

_NO_ERROR = Text(
    " Sans erreur d’échantillonnage : pour des résultats à publier, écrivez `dl.estimate`.",
    " Without sampling errors: for results to publish, write `dl.estimate`.",
)


def describe(
    data: Microdata, name: str | None = None, *, weights: str | None = None, language: str = "en"
) -> Description:
    """Describe a variable, a question with several answers, or the whole file.

    Answers are counted, with their shares among those who answered and among all. Numbers without labels are summed up
    (n, mean, standard deviation, quartiles, ends). Missing answers come last, by reason. Answers in people's own words
    are counted and never shown, nor is what identifies people.

    Parameters
    ----------
    data : Microdata
    name : str, optional
        A variable, or a question with several answers; every variable of the file, one line each, where left out.
    weights : str, optional
        Column of weights: weighted numbers stand beside the others. Those of weight zero are left out of them.
    language : str
        In which labels are shown: `fr`, `en`, or a language of the questionnaire.

    Returns
    -------
    Description
        A table in a notebook, with `.frame`. A quartile is the first value that so many people do not pass, as
        `quantile` has it; the standard deviation is the square root of `variance`.

    Raises
    ------
    ColumnError
        Where there is no such variable.
    OptionError
        Where the weights are not numbers from zero up, the language is unknown, or the answers are not in memory.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> book = Codebook().described("sex", values={1: Text("femme", "woman"), 2: Text("homme", "man")})
    >>> data = Microdata(pd.DataFrame({"sex": [1.0, 1.0, 2.0, None]}), book)
    >>> describe(data, "sex").frame[["label", "n", "share_of_all"]].values.tolist()
    [['woman', 2, 0.5], ['man', 1, 0.25], ['no answer', 1, 0.25]]
    """
    asked = (
        f"A description of `{name}` was asked for." if name else "A description of the file was asked for."
    )
    frame_in_memory(data, asked)
    check_labelled(data.codebook, language)
    if name is None:
        return _overview(data, language)
    weighted = None if weights is None else _weights(data, weights, asked)
    if name in data.codebook.sets:
        return _of_set(data, name, weighted, language)
    check_columns(data, (name,), asked)
    variable = data.codebook.variables.get(name, Variable(name))
    column = data.frame[name]
    answered = int(column.notna().sum())
    kind = _kind(data, name)
    found = {
        "answers": frequencies,
        "numbers": summary_of_numbers,
        "days": summary_of_days,
        "words": summary_of_words,
        "identifiers": summary_of_words,
    }[kind](data, name, weighted, language)
    base = Text(
        f"{counted(answered, 'fr')} réponses, {counted(len(column), 'fr')} lignes."
        + (_NO_ERROR.fr if weights else ""),
        f"{counted(answered, 'en')} answers, {counted(len(column), 'en')} rows."
        + (_NO_ERROR.en if weights else ""),
    )
    return Description(
        name, found, variable.label, variable.question, base, language, data.codebook.origin.synthetic
    )


def _weights(data: Microdata, name: str, asked: str) -> NDArray[np.float64]:
    check_columns(data, (name,), asked)
    column = data.frame[name]
    numbers = pd.api.types.is_numeric_dtype(column)
    values = column.to_numpy(dtype=float, na_value=np.nan) if numbers else np.array([np.nan])
    if not (np.isfinite(values) & (values >= 0)).all():
        raise OptionError(
            asked,
            f"The weights `{name}` are not numbers, or some are missing, infinite or below zero.",
            "Write a column with a weight in every row.",
        )
    return values


def _kind(data: Microdata, name: str) -> str:
    """Return what a column is described as."""
    column = data.frame[name]
    variable = data.codebook.variables.get(name, Variable(name))
    if pd.api.types.is_datetime64_any_dtype(column) or _are_days(column):
        return "days"
    if holds_lists(column):
        return "words"
    if name in identifying(data, (name,)):
        return "identifiers"
    answers = column.dropna()
    labels = {code_said(code) for code in variable.values}
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        own = {each for each in pd.unique(answers) if code_said(each) not in labels}
        return (
            "answers"
            if len(own) <= _MOST and all(isinstance(each, str | bool | np.bool_) for each in own)
            else "words"
        )
    own = {each for each in pd.unique(answers).tolist() if code_said(each) not in labels}
    if variable.measure == "scale":
        return "numbers"
    if variable.measure in ("nominal", "ordinal"):
        return "answers" if len(own) <= _MOST else "words" if variable.measure == "nominal" else "numbers"
    few = len(own) <= _FEW and all(float(each).is_integer() for each in own)
    if labels:
        return "answers" if few or len(own) <= len(labels) else "numbers"
    return "answers" if few and len(answers) > _FEW * len(own) else "numbers"


def _are_days(column: pd.Series[Any]) -> bool:
    """Return whether a column of objects holds days: those that no moment of pandas can hold."""
    if column.dtype != object:
        return False
    answers = column.dropna()
    return bool(len(answers)) and all(isinstance(each, datetime.date) for each in answers)


def _of_set(data: Microdata, name: str, weights: NDArray[np.float64] | None, language: str) -> Description:
    responses = data.codebook.sets[name]
    check_columns(data, tuple(responses.columns), f"A description of `{name}` was asked for.")
    found, answered = frequencies_of_set(data, responses, weights, language)
    french, english = ([counted(each, tag) for each in (answered, len(data))] for tag in ("fr", "en"))
    base = Text(
        f"Parts de personnes, qui peuvent donner plusieurs réponses ; {french[0]} ont répondu, sur {french[1]}.",
        f"Shares of people, who may give several answers; {english[0]} answered, of {english[1]}.",
    )
    return Description(name, found, responses.label, NOTHING, base, language, data.codebook.origin.synthetic)


def _overview(data: Microdata, language: str) -> Description:
    rows: list[dict[str, Any]] = []
    said = {
        "answers": Text("modalités", "answers"),
        "numbers": Text("nombres", "numbers"),
        "days": Text("dates", "dates"),
        "words": Text("texte", "words"),
        "identifiers": Text("identifiants", "identifiers"),
    }
    for name in map(str, data.frame.columns):
        label = data.codebook[name].label if name in data.codebook else NOTHING
        answered = int(data.frame[name].notna().sum())
        rows.append(
            {
                "name": name,
                "label": worded(label, language),
                "type": worded(said[_kind(data, name)], language),
                "n": answered,
                "missing": len(data) - answered,
            }
        )
    base = Text(f"{counted(len(data), 'fr')} lignes.", f"{counted(len(data), 'en')} rows.")
    frame = pd.DataFrame(rows, columns=["name", "label", "type", "n", "missing"])
    return Description(
        "", frame, data.codebook.title, NOTHING, base, language, data.codebook.origin.synthetic
    )
