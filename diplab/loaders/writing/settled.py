"""Microdata settled for writing: every missing code out of the frame and among the missing codes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.loaders.missing import SYSTEM, unanswered
from diplab.loaders.statistical.stored_answers import mixed_codes
from diplab.loaders.writing.file_columns import codes_in, not_written
from diplab.loaders.writing.write_beside import check_zones
from diplab.microdata.frames import how_to_collect
from diplab.microdata.microdata import Microdata
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from diplab.microdata.missing import MissingCodes

__all__ = ["settled"]


def settled(microdata: Microdata, file: Path, *, padded: bool) -> Microdata:
    """Return microdata as they come back from a file: codes of missing answers apart, rows counted from 0.

    Parameters
    ----------
    microdata : Microdata
        A frame may hold the codes that stand for no answer (99, refused).
    file : Path
        For the error.
    padded : bool
        True where the file fills words up with spaces, so that those at the end of words are lost.

    Raises
    ------
    LoadError
        Where the answers are not in a frame of pandas, a name comes twice, or other tables hang on this one.

    Examples
    --------
    >>> from pathlib import Path
    >>> from diplab.microdata.codebook import Codebook
    >>> people = Microdata(pd.DataFrame({"age": [31, 99]}), Codebook().described("age", missing={99: "refused"}))
    >>> back = settled(people, Path("people.sav"), padded=True)
    >>> back.frame["age"].tolist(), back.missing["age"].codes, back.codebook.reasons["age"]
    ([31.0, nan], (99,), {'refused': 1})
    """
    frame, codebook = microdata.frame, microdata.codebook
    _check(microdata, file)
    names = [str(name) for name in frame]
    variables = {**{name: Variable(name) for name in names}, **codebook.variables}
    columns: dict[str, pd.Series[Any]] = {}
    missing: dict[str, MissingCodes] = {}
    reasons: dict[str, Mapping[str, int]] = {}
    for name in names:
        answers = frame[name].reset_index(drop=True)
        codes = codes_in(microdata.missing.get(name), len(answers))
        column, codes = _settled_column(answers, codes, variables[name], padded=padded)
        columns[name] = column
        gone = np.array([code is not None for code in codes], dtype=bool)
        kept = mixed_codes(codes, gone)
        if kept is not None:
            missing[name] = kept
        counts = {} if kept is None else dict(kept.reasons(variables[name]))
        system = int((np.asarray(column.isna()) & ~gone).sum())
        counts |= {SYSTEM: system} if system else {}
        if counts:
            same = column is answers and name in codebook.reasons
            reasons[name] = dict(codebook.reasons[name]) if same else counts
    told = {name: each for name, each in codebook.reasons.items() if name not in columns}
    known = replace(codebook, variables=variables, reasons={**told, **reasons})
    return Microdata(pd.DataFrame(columns, index=pd.RangeIndex(len(frame))), known, missing)


def _check(microdata: Microdata, file: Path) -> None:
    frame: Any = microdata.frame
    if not isinstance(frame, pd.DataFrame):
        raise not_written(file, *how_to_collect(frame))
    names = list(frame)
    times = Counter(names)
    odd = [name for name in names if not isinstance(name, str) or not name or times[name] > 1]
    if odd or not names:
        found = f"A column is named {odd[0]!r}, or two are." if odd else "It has no column."
        raise not_written(file, found, "Write columns that have names, each its own.")
    check_zones(frame, file)


def _settled_column(
    answers: pd.Series[Any], codes: NDArray[Any], variable: Variable, *, padded: bool
) -> tuple[pd.Series[Any], NDArray[Any]]:
    """Return a column without missing codes, itself where it has none, and the code of each cell."""
    gone = np.asarray(answers.isna())
    dtype = answers.dtype
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
        numbers = answers.to_numpy(dtype=np.float64, na_value=np.nan)
        declared = unanswered(numbers, variable, empty=gone).declared
        if not declared.any():
            return answers, codes
        column = answers.mask(declared) if gone.any() else pd.Series(np.where(declared, np.nan, numbers))
        return column, _told(codes, numbers, declared)
    if dtype.kind != "O" and not isinstance(dtype, pd.StringDtype):
        return answers, codes
    values: NDArray[Any] = answers.to_numpy(dtype=object, na_value=np.nan)
    kept = np.array(
        [each.rstrip(" ") if padded and isinstance(each, str) else each for each in values], dtype=object
    )
    blank = np.array([isinstance(each, str) and not each for each in kept], dtype=np.bool_)
    declared = unanswered(kept, variable, empty=gone | blank).declared
    if not (declared | blank).any() and bool((kept[~gone] == values[~gone]).all()):
        return answers, codes
    told = _told(codes, kept, declared)
    kept[declared | blank] = np.nan
    return pd.Series(kept, dtype=dtype), told


def _told(codes: NDArray[Any], values: NDArray[Any], declared: NDArray[np.bool_]) -> NDArray[Any]:
    told = codes.copy()
    told[declared] = values[declared]
    return told
