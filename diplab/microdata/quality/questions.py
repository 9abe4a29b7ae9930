"""The columns of a file as a questionnaire sees them: closed questions, grids of items, whole numbers, identifiers."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.microdata.identifier_signs import names_rows
from diplab.microdata.look_for import folded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata

__all__ = ["closed_questions", "codes_of", "grids", "identifier_columns", "said", "whole_numbers"]

_MOST_ANSWERS = 30
_ITEMS = 4
_GRID_ANSWERS = 11
_NUMBERED = re.compile(r"(.+?)[ ._\[(-]*(?:sq|r|a)?0*(\d+)[\])]*", re.IGNORECASE)
_LONGEST = 500


def said(data: Microdata, name: str) -> str:
    """Return all that the codebook says of a column, folded: name, labels, question."""
    if name not in data.codebook:
        return folded(name)
    variable = data.codebook[name]
    parts = (name, variable.label.fr, variable.label.en, variable.question.fr, variable.question.en)
    return folded(" ".join(dict.fromkeys(each for each in parts if each)))


def closed_questions(data: Microdata) -> list[str]:
    """Return the columns that hold one of a few answers (at most thirty), more than one of them given."""
    return [str(name) for name in data.frame if 2 <= data.frame[name].nunique() <= _MOST_ANSWERS]


def identifier_columns(data: Microdata) -> list[str]:
    """Return the columns that name rows, by their name: `id`, `respondent_id`, `worker_id`, `uuid`..."""
    return [str(name) for name in data.frame if names_rows(folded(str(name)))]


def codes_of(frame: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.int32]:
    """Return columns as whole numbers, shape (rows, columns): -1 where there is no answer."""
    coded = [pd.factorize(frame[name])[0] for name in columns]
    return np.column_stack(coded).astype(np.int32) if coded else np.empty((len(frame), 0), np.int32)


def grids(data: Microdata) -> list[tuple[str, ...]]:
    """Return the sets of items that are answered on one scale: of one question, or numbered alike.

    Items are four at least and share their answers: the same labels, or without labels the same few whole numbers,
    three of them at least (boxes to tick are no scale).
    """
    together: dict[tuple[Any, ...], list[str]] = {}
    ticked = {name for each in data.codebook.sets.values() for name in each.columns}
    for name in map(str, data.frame):
        if name in ticked:
            continue
        variable = data.codebook.variables.get(name)
        labels = tuple(variable.values.items()) if variable is not None else ()
        stem = variable.part_of if variable is not None and variable.part_of else _stem(name)
        if stem:
            together.setdefault((stem, labels), []).append(name)
    found = [tuple(items) for items in together.values() if len(items) >= _ITEMS]
    return [items for items in found if _one_scale(data.frame, items)]


def _stem(name: str) -> str:
    numbered = _NUMBERED.fullmatch(name) if len(name) <= _LONGEST else None
    return numbered.group(1) if numbered else ""


def _one_scale(frame: pd.DataFrame, items: Sequence[str]) -> bool:
    """Return whether items are answered on one scale: three answers or more, which the items have in common."""
    given = [frame[name].dropna().unique().tolist() for name in items]
    answers = {answer for each in given for answer in each}
    if not 3 <= len(answers) <= _GRID_ANSWERS:
        return False
    if not any(isinstance(each, str) for each in answers):
        return all(float(each).is_integer() for each in answers)
    # boxes that each hold their own words have in common only that they were not ticked, or not seen
    times = Counter(answer for each in given for answer in each)
    return all(sum(times[answer] > 1 for answer in each) >= min(3, len(each)) for each in given)


def whole_numbers(data: Microdata, name: str) -> NDArray[np.float64]:
    """Return the answers of a column of whole numbers; none where it is not one, or its codes have labels."""
    answers = data.frame[name]
    labelled = name in data.codebook and len(data.codebook[name].values) > 1
    if labelled or not pd.api.types.is_numeric_dtype(answers) or pd.api.types.is_bool_dtype(answers):
        return np.empty(0)
    values = answers.dropna().to_numpy(dtype=np.float64)
    return values if len(values) and bool((values == np.floor(values)).all()) else np.empty(0)
