"""One column of several files, their rows one below the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from diplab.microdata.answers import code_said
from diplab.microdata.missing_codes import MissingCodes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.microdata.microdata import Microdata

__all__ = ["column_stacked", "missing_stacked"]


def column_stacked(files: Mapping[str, Microdata], name: str) -> pd.Series[Any]:
    """Return a column of several files; where nobody answered, a file has no say in whether it holds numbers.

    Parameters
    ----------
    files : mapping of str to Microdata
        In order, in memory.
    name : str
        The column; missing on the rows of a file that does not have it.

    Examples
    --------
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> def wave(pay):
    ...     return Microdata(pd.DataFrame({"pay": [pay]}), Codebook())
    >>> column_stacked({"2018": wave(None), "2020": wave(9)}, "pay").tolist()
    [nan, 9.0]
    """
    ends = np.cumsum([len(each) for each in files.values()]).tolist()
    columns = [
        each.frame[name].set_axis(range(end - len(each), end))
        for each, end in zip(files.values(), ends, strict=True)
        if name in each.frame.columns
    ]
    told = [each for each in columns if each.notna().any()] or columns
    flags = [pd.api.types.is_bool_dtype(each) for each in told]
    if any(flags) and not all(flags):  # yes and no beside 1 and 0
        told = [
            each.astype("int64" if each.dtype == bool else "Int64") if flag else each
            for each, flag in zip(told, flags, strict=True)
        ]
    stacked: pd.Series[Any] = pd.concat(told).reindex(range(ends[-1]))
    return stacked


def missing_stacked(files: Mapping[str, Microdata], name: str) -> MissingCodes | None:
    """Return the missing codes of a variable on the rows of several files; None where there are none.

    Parameters
    ----------
    files : mapping of str to Microdata
        In order, in memory.
    name : str
        The column.
    """
    held: dict[str, Any] = {}
    for each in files.values():
        for code in each.missing[name].codes if name in each.missing else ():
            held.setdefault(code_said(code), code)
    if not held:
        return None
    rank = {said: place for place, said in enumerate(held)}
    parts = []
    for each in files.values():
        places = np.full(len(each), -1, dtype=np.int32)
        if name in each.missing:
            known = each.missing[name]
            table = np.array([*(rank[code_said(code)] for code in known.codes), -1], dtype=np.int32)
            places = table[known.places]
        parts.append(places)
    return MissingCodes(tuple(held.values()), np.concatenate(parts))
