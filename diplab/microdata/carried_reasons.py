"""Why a number made of answers is missing: the reason of the answer, or what else was not told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from diplab.microdata.missing_codes import MissingCodes
from diplab.microdata.rows import reasons_counted
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from diplab.microdata.codebook import Codebook
    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code

__all__ = ["Cause", "carried"]


@dataclass(frozen=True, eq=False)
class Cause:
    """One reason for which a number could not be made.

    Parameters
    ----------
    code : code
        Under which it is kept.
    said : Text
    rows : array of bool, shape (rows,)
    """

    code: Code
    said: Text
    rows: NDArray[np.bool_]


def carried(
    data: Microdata,
    frame: pd.DataFrame,
    codebook: Codebook,
    new: Sequence[str],
    sources: str | Sequence[str],
    causes: Sequence[Cause] = (),
) -> Microdata:
    """Return data with new columns of numbers, each gap with its reason.

    Parameters
    ----------
    data : Microdata
        Before.
    frame : pandas.DataFrame
        With the new columns.
    codebook : Codebook
        That describes them.
    new : sequence of str
        Their names.
    sources : str or sequence of str
        Columns that they were made of: the first that has a reason for a gap gives it.
    causes : sequence of Cause
        Further reasons, for gaps that no source explains.
    """
    every = [*_of_sources(data, (sources,) if isinstance(sources, str) else sources), *causes]
    missing = {name: codes for name, codes in data.missing.items() if name not in new}
    for name in new:
        gone = frame[name].isna().to_numpy()
        places = np.full(len(gone), -1, dtype=np.int32)
        used: list[Cause] = []
        for each in every:
            here = gone & (places < 0) & each.rows
            if not here.any():
                continue
            known = next((at for at, other in enumerate(used) if other.code == each.code), len(used))
            if known == len(used):
                used.append(each)
            places[here] = known
        if not used:
            continue
        missing[name] = MissingCodes(tuple(each.code for each in used), places)
        codebook = codebook.described(
            name,
            missing={each.code: each.said.en for each in used},
            missing_labels={each.code: each.said for each in used},
        )
    return replace(
        data, frame=frame, codebook=reasons_counted(frame, codebook, missing, new), missing=missing
    )


def _of_sources(data: Microdata, sources: Sequence[str]) -> list[Cause]:
    found = []
    for name in sources:
        held, variable = data.missing.get(name), data.codebook.variables.get(name, Variable(name))
        for at, code in enumerate(() if held is None else held.codes):
            reason = variable.why(code) or str(code)
            said = variable.missing_labels.get(code, Text.same(reason))
            found.append(Cause(code, said, held.places == at))  # type: ignore[union-attr]
    return found
