"""Some rows of microdata, with everything that is counted by row put right."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.microdata.missing_values import SYSTEM
from diplab.microdata.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import Link, Microdata
    from diplab.microdata.missing_codes import MissingCodes

__all__ = ["reasons_counted", "rows_taken"]


def rows_taken(data: Microdata, rows: NDArray[Any]) -> Microdata:
    """Return some rows: their missing codes, the count of reasons, and the rows of linked tables that hang on them.

    Parameters
    ----------
    data : Microdata
        In memory.
    rows : array
        Positions, or true for each row kept.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> data = Microdata(pd.DataFrame({"pay": [1.0, None, None]}), Codebook(reasons={"pay": {"system": 2}}))
    >>> rows_taken(data, np.array([True, True, False])).codebook.reasons
    {'pay': {'system': 1}}
    """
    frame = data.frame.iloc[np.flatnonzero(rows) if rows.dtype == bool else rows].reset_index(drop=True)
    missing = {name: codes.taken(rows) for name, codes in data.missing.items()}
    return replace(
        data,
        frame=frame,
        missing=missing,
        codebook=reasons_counted(frame, data.codebook, missing),
        linked={name: _hanging(link, frame) for name, link in data.linked.items()},
    )


def _hanging(link: Link, frame: pd.DataFrame) -> Link:
    """Return a linked table without the rows that hang on a row left out."""
    kept = link.table.frame[link.foreign].isin(frame[link.key].dropna()).to_numpy(dtype=bool)
    return link if kept.all() else replace(link, table=rows_taken(link.table, kept))


def reasons_counted(
    frame: pd.DataFrame,
    codebook: Codebook,
    missing: Mapping[str, MissingCodes],
    names: Iterable[str] | None = None,
) -> Codebook:
    """Return a codebook whose reasons of missing answers are counted anew.

    A column of which the codebook knew reasons without their codes keeps them where their number is still right, and
    counts as missing without a reason otherwise.

    Parameters
    ----------
    frame : pandas.DataFrame
    codebook : Codebook
    missing : mapping of str to MissingCodes
    names : iterable of str, optional
        Columns to count; all of the frame by default.
    """
    counted = {name: reasons for name, reasons in codebook.reasons.items() if name in frame.columns}
    for name in frame.columns if names is None else names:
        gone = int(frame[name].isna().sum())
        codes = missing.get(name)
        reasons: dict[str, int] = {}
        if codes is not None:
            reasons = dict(codes.reasons(codebook.variables.get(name, Variable(name))))
        elif sum(counted.get(name, {}).values()) == gone:
            reasons = dict(counted.get(name, {}))
        without = gone - sum(reasons.values())
        if without > 0:
            reasons[SYSTEM] = reasons.get(SYSTEM, 0) + without
        counted.pop(name, None)
        if reasons:
            counted[name] = reasons
    return replace(codebook, reasons=counted)
