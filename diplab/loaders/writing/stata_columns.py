"""Columns of microdata as a Stata file holds them: missing codes are letters, `.a` to `.z`."""

from __future__ import annotations

import re
import string
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
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from diplab.loaders.writing.file_columns import Column
    from diplab.microdata.missing import MissingCodes
    from diplab.microdata.variable import Code, Variable
    from diplab.reference.text import Language

__all__ = ["stata_column", "stata_name"]

_OWN = ("_all", "_b", "_coef", "_cons", "_n", "_N", "_pi", "_pred", "_rc", "_skip")
_RESERVED = frozenset({*_OWN, "byte", "double", "float", "if", "in", "int", "long", "using", "with", "strL"})
_NAME = re.compile(r"[^\W\d]\w*")
_LONGEST = 28
"""Of the 32 characters of Stata; the table of labels of a column takes its name and a number."""
_LABEL, _ANSWER = 80, 32_000
"""Characters of the label of a column, bytes of that of an answer."""
_LEAST, _MOST = -2_147_483_647, 2_147_483_620
"""The whole numbers that Stata can hold and label."""
_GREATEST, _LOWEST = float.fromhex("0x1.fffffffffffffp+1022"), float.fromhex("0x1.fffffffffffffp+1023")
"""The largest double of Stata, and the smallest without its sign; above the first stand the missing values."""
_DISPLAYS = {"date": "%td", "moment": "%tc", "time": "%tcHH:MM:SS"}


def stata_name(name: str) -> bool:
    """Return whether a Stata file can have a column of this name, with labels.

    Examples
    --------
    >>> stata_name("âge"), stata_name("q1.a"), stata_name("if")
    (True, False, False)
    """
    fits = len(name) <= _LONGEST and name not in _RESERVED and not re.fullmatch(r"str\d+", name)
    return bool(_NAME.fullmatch(name)) and fits


def stata_column(
    name: str,
    answers: pd.Series[Any],
    missing: MissingCodes | None,
    variable: Variable,
    language: Language,
    file: Path,
) -> FileColumn:
    """Return a column as a Stata file holds it.

    A missing code of a column of numbers stands in the file as a letter (`.a`), whose label is its reason: so that 99
    can enter no mean, whoever reads the file. Words have no such letters; their codes stand as they are.

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
        Where the column holds what no such file can, or more than 26 missing codes.
    """
    column = stored_column(answers, "stata", file)
    if not column.words:
        _check_finite(variable.name, column.values, file)
    codes = codes_in(missing, len(answers))
    used = list(dict.fromkeys(code for code in codes if code is not None))
    held = _words(column, used, variable) if column.words else _letters(used, variable, file)
    values, storage = (column.values, column.storage) if used else _whole(column)
    letters = None
    if used and column.words:
        values = values.copy()
        for code in used:
            values[codes == code] = held[code]
    elif used:
        letters = np.zeros(len(values), dtype=np.uint8)
        for code in used:
            letters[codes == code] = string.ascii_lowercase.index(held[code][1:]) + 1
        values = np.where(letters > 0, np.nan, values)
    labels = {} if column.words else _labels(variable, held, language)
    return FileColumn(
        name,
        values,
        cut(variable.label.in_(language)[:_LABEL], 4 * _LABEL),
        labels_of(labels, _ANSWER),
        tuple(dict.fromkeys(held[code][1:] for code in held)) if not column.words else (),
        _DISPLAYS.get(column.kind, ""),
        letters,
        Held(
            "" if name == variable.name else name,
            storage,
            unlike(held, used, variable),
        ),
    )


def _check_finite(name: str, numbers: NDArray[Any], file: Path) -> None:
    beyond = numbers[(numbers > _GREATEST) | (numbers < -_LOWEST)]
    if len(beyond):
        raise not_written(
            file,
            f"`{name}` holds {beyond[0]:g}, and a Stata file holds numbers up to {_GREATEST:.3g}.",
            "Write a .sav or a .parquet file, or take it out.",
        )


def _labels(variable: Variable, held: Mapping[Code, str], language: Language) -> dict[Any, str]:
    """Return what Stata can label: whole numbers, and letters with the reason of their code."""
    labels: dict[Any, str] = {
        int(code): label.in_(language)
        for code, label in variable.values.items()
        if not isinstance(code, str) and float(code).is_integer() and _LEAST <= code <= _MOST
    }
    reasons = {
        letter[1:]: variable.missing.get(code) or variable.why(code) or "" for code, letter in held.items()
    }
    return labels | reasons


def _whole(column: Column) -> tuple[Any, str]:
    """Return whole numbers as Stata's own, which are read back as they were."""
    values, storage = column.values, column.storage
    if not storage or column.words or np.isnan(values).any() or (values != np.floor(values)).any():
        return values, storage
    if not ((values >= _LEAST) & (values <= _MOST)).all():
        return values, storage
    return values.astype(np.int32), "" if storage == "int64" else storage


def _words(column: Column, used: list[Code], variable: Variable) -> dict[Code, str]:
    taken = set(column.values) | {code for code in used if isinstance(code, str)}
    held: dict[Code, str] = {}
    for code in used:
        if isinstance(code, str) and code not in set(column.values):
            held[code] = code
            continue
        word = code_written(code)
        while word in taken:
            word = f".{word}"
        taken.add(word)
        held[code] = word
    return held


def _letters(used: list[Code], variable: Variable, file: Path) -> dict[Code, str]:
    """Return the letter that stands for each missing code, with its point: its own, or the first that is free."""
    codes = list(dict.fromkeys((*used, *variable.missing)))
    held: dict[Code, str] = {}
    for code in codes:
        own = code.lower() if isinstance(code, str) else ""
        if re.fullmatch(r"\.[a-z]", own) and own not in held.values():
            held[code] = own
    free = [f".{letter}" for letter in string.ascii_lowercase if f".{letter}" not in held.values()]
    wanting = [code for code in codes if code not in held]
    if len([code for code in wanting if code in used]) > len(free):
        raise not_written(
            file,
            f"`{variable.name}` has {len(used)} missing codes in use, and a Stata file holds 26 (.a to .z).",
            "Write a .sav or a .parquet file, or fewer codes.",
        )
    return {**held, **dict(zip(wanting, free, strict=False))}
