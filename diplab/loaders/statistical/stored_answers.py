"""Columns as a statistical file stores them, turned into answers: missing codes apart, numbers into dates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.cells import Answers, words_of
from diplab.loaders.missing import SYSTEM, unanswered
from diplab.loaders.statistical.stored_moments import moments_of
from diplab.microdata.missing import MissingCodes, missing_codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from diplab.loaders.statistical.stored_moments import Family, Kind
    from diplab.microdata.variable import Variable

__all__ = ["answers_of", "mixed_codes"]


def answers_of(
    values: NDArray[Any],
    letters: NDArray[Any] | None,
    variable: Variable,
    kind: Kind = "",
    family: Family = "spss",
) -> Answers:
    """Return a stored column as answers.

    Parameters
    ----------
    values : array, shape (rows,)
        Numbers, NaN where missing; or words (object), `""` where blank.
    letters : array of str, shape (rows,), or None
        For a column of numbers: the missing code that is no number (`.a`) in each cell, `""` elsewhere.
    variable : Variable
        Its missing codes.
    kind : {"", "date", "moment", "time", "day moment"}
        What the numbers are. Where one of them is none that a calendar holds, all stay numbers.
    family : {"spss", "stata", "sas", "r"}
        In whose units.

    Examples
    --------
    >>> from diplab.microdata.variable import Variable
    >>> age = Variable("age", missing={99: "refused", ".a": "not asked"})
    >>> read = answers_of(np.array([31.0, 99.0, np.nan]), np.array(["", "", ".a"]), age)
    >>> read.column.tolist(), read.reasons, read.missing.codes
    ([31.0, nan, nan], {'not asked': 1, 'refused': 1}, (99, '.a'))
    """
    if values.dtype == object:
        found = unanswered(values, variable, empty=np.array([not word for word in values], dtype=bool))
        words = words_of(np.where(found.declared, "", values))
        return Answers(words, found.reasons, missing_codes(values, found.declared))
    empty = np.asarray(pd.isna(values))
    found = unanswered(values, variable, empty=empty)
    reasons, declared = found.reasons, found.declared
    if letters is None:
        held = missing_codes(values, declared)
    else:
        tagged = unanswered(letters.astype(object), variable, empty=letters == "")
        system = int((empty & ~tagged.declared).sum())
        reasons = _added({**tagged.reasons, SYSTEM: 0}, {**reasons, SYSTEM: system})
        held = mixed_codes(
            np.where(tagged.declared, letters.astype(object), values.astype(object)),
            declared | tagged.declared,
        )
    numbers = np.where(declared, np.nan, values) if declared.any() else values
    dated = moments_of(numbers.astype(np.float64), kind, family) if kind else None
    return Answers(pd.Series(numbers, copy=False) if dated is None else dated, reasons, held)


def _added(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    names = dict.fromkeys((*first, *second))
    counts = {name: first.get(name, 0) + second.get(name, 0) for name in names}
    return {name: count for name, count in counts.items() if count}


def mixed_codes(codes: NDArray[Any], declared: NDArray[np.bool_]) -> MissingCodes | None:
    """Return the missing codes of a column that has words and numbers among them; None where none is declared.

    Examples
    --------
    >>> mixed_codes(np.array([".a", 99.0, 1.0], dtype=object), np.array([True, True, False])).codes
    (99, '.a')
    """
    distinct = dict.fromkeys(codes[declared].tolist())
    if not distinct:
        return None
    plain = {code: int(code) if isinstance(code, float) and code.is_integer() else code for code in distinct}
    order = sorted(set(plain.values()), key=lambda code: (isinstance(code, str), code))
    rank = {code: order.index(known) for code, known in plain.items()}
    places = [
        rank[code] if gone else -1 for code, gone in zip(codes.tolist(), declared.tolist(), strict=True)
    ]
    size = np.int8 if len(order) < np.iinfo(np.int8).max else np.int32
    return MissingCodes(tuple(order), np.array(places, dtype=size))
