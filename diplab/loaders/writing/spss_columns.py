"""Columns of microdata as an SPSS file holds them: at most three missing codes, or a range and a code."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.loaders.writing.file_columns import (
    FileColumn,
    codes_in,
    cut,
    labels_of,
    not_written,
    stored_column,
    unlike,
)
from diplab.loaders.writing.written import Held
from diplab.microdata.variable import code_written

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from diplab.loaders.writing.file_columns import Column
    from diplab.microdata.missing import MissingCodes
    from diplab.microdata.variable import Code, Variable
    from diplab.reference.text import Language

__all__ = ["spss_column", "spss_name"]

_RESERVED = frozenset({"ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR", "TO", "WITH"})
_NAME = re.compile(r"[^\W\d_][\w.@#$]*")
_LONGEST_NAME = 64
_LABEL, _ANSWER = 255, 120
"""Bytes of the label of a column, and of that of an answer."""
_CODES = 3
_WORD = 8
"""Bytes of a missing code in a column of words."""
_WIDEST = 32_767
"""Bytes of a word."""
_DISPLAYS = {"date": "DATE11", "moment": "DATETIME20", "time": "TIME8"}


def spss_name(name: str) -> bool:
    """Return whether SPSS allows a name.

    Examples
    --------
    >>> spss_name("âge"), spss_name("my age"), spss_name("with")
    (True, False, False)
    """
    fits = len(name.encode()) <= _LONGEST_NAME and not name.endswith(".")
    return bool(_NAME.fullmatch(name)) and fits and name.upper() not in _RESERVED


def spss_column(
    name: str,
    answers: pd.Series[Any],
    missing: MissingCodes | None,
    variable: Variable,
    language: Language,
    file: Path,
) -> FileColumn:
    """Return a column as an SPSS file holds it.

    A missing code stands in the file as it is where the file can declare it. Codes that are no numbers (`.a`), or
    that are more than SPSS can declare, stand there as numbers below every answer, in one range declared missing.

    Parameters
    ----------
    name : str
        In the file.
    answers : pandas.Series
        The column, without codes of missing answers.
    missing : MissingCodes or None
        The code in each missing cell.
    variable : Variable
        Its labels and missing codes.
    language : {"en", "fr"}
        Of the labels.
    file : Path
        For the error.

    Raises
    ------
    LoadError
        Where the column holds what no such file can.
    """
    column = stored_column(answers, "spss", file)
    codes = codes_in(missing, len(answers))
    used = list(dict.fromkeys(code for code in codes if code is not None))
    stated = _words if column.words else _numbers
    held, declared = stated(column, used, variable)
    values = column.values.copy()
    for code, stands in held.items():
        values[codes == code] = stands
    if column.words:
        _check_widest(variable.name, values, file)
    reasons = {stands: _reason(code, variable, words=column.words) for code, stands in held.items()}
    labels: dict[Code, str] = {
        code: label.in_(language)
        for code, label in variable.values.items()
        if isinstance(code, str) == column.words and code not in reasons
    }
    return FileColumn(
        name,
        values,
        cut(variable.label.in_(language), _LABEL),
        _fitting(labels_of({**labels, **reasons}, _ANSWER), values, words=column.words),
        tuple(declared),
        _DISPLAYS.get(column.kind, ""),
        held=Held(
            "" if name == variable.name else name,
            column.storage,
            unlike(held, used, variable),
        ),
    )


def _check_widest(name: str, words: NDArray[Any], file: Path) -> None:
    widest = max((len(word.encode()) for word in words), default=0)
    if widest > _WIDEST:
        raise not_written(
            file,
            f"`{name}` holds an answer of {widest:,} bytes, and an SPSS file holds {_WIDEST:,}.",
            "Write a .dta or a .parquet file, or cut the answer.",
        )


def _reason(code: Code, variable: Variable, *, words: bool) -> str:
    known = variable.missing.get(code) or next(
        (
            each.reason
            for each in variable.missing_ranges
            if not isinstance(code, str) and each.low <= code <= each.high
        ),
        "",
    )
    return known or (code if isinstance(code, str) and not words else "")


def _fitting(labels: dict[Any, str], values: NDArray[Any], *, words: bool) -> dict[Any, str]:
    """Return labels as numbers, or those of words that are no wider than the column."""
    if not words:
        return {float(code): label for code, label in labels.items()}
    width = max((len(word.encode()) for word in values), default=1)
    return {
        code: label for code, label in labels.items() if code and len(code.encode()) <= max(width, len(code))
    }


def _words(column: Column, used: list[Code], variable: Variable) -> tuple[dict[Code, Code], list[Any]]:
    """Return the word that stands for each missing code, and those that SPSS can declare missing."""
    taken = set(column.values) | {code for code in used if isinstance(code, str)}
    held: dict[Code, Code] = {}
    for code in [*used, *(code for code in variable.missing if isinstance(code, str) and code)]:
        if isinstance(code, str) and code == code.rstrip() and code not in set(column.values):
            held[code] = code
        elif code not in held:
            word = code_written(code).strip() or "."
            while word in taken:
                word = f".{word}"
            taken.add(word)
            held[code] = word
    declared = list(held.values())
    fits = len(declared) <= _CODES and all(len(str(word).encode()) <= _WORD for word in declared)
    return held, declared if fits else []


def _numbers(column: Column, used: list[Code], variable: Variable) -> tuple[dict[Code, Code], list[Any]]:
    """Return the number that stands for each missing code, and what SPSS is to declare missing."""
    known = [code for code in variable.missing if not isinstance(code, str)]
    direct = [code for code in used if not isinstance(code, str) and variable.why(code) is not None]
    others = [code for code in used if code not in direct]
    spans = [{"lo": float(each.low), "hi": float(each.high)} for each in variable.missing_ranges]
    ends = [end for span in spans for end in span.values()]
    labelled = [code for code in variable.values if not isinstance(code, str)]
    below = _below(column.values, [*labelled, *known, *direct, *ends])
    held: dict[Code, Code] = {code: float(code) for code in (*direct, *known)}
    held |= {code: below - rank for rank, code in enumerate(others)}
    singles = [
        number
        for number in dict.fromkeys(float(each) for each in held.values())
        if not any(span["lo"] <= number <= span["hi"] for span in spans)
    ]
    if len(spans) <= 1 and len(singles) <= (1 if spans else _CODES):
        return held, [*spans, *singles]
    order = list(dict.fromkeys((*direct, *known, *others)))
    held = {code: below - rank for rank, code in enumerate(order)}
    return held, [{"lo": below - len(order) + 1, "hi": below}] if len(order) > 1 else [below]


def _below(answers: NDArray[Any], others: Iterable[float]) -> float:
    """Return a whole number below zero, below all answers and below other numbers."""
    least = float(answers[np.isfinite(answers)].min(initial=0.0))
    return min((math.floor(least), *(math.floor(each) for each in others if math.isfinite(each)))) - 1.0
