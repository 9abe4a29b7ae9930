"""The answers that are missing from a column, row by row and by reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.microdata.missing_values import SYSTEM
from diplab.microdata.variable import Variable
from diplab.reference.text import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata
    from diplab.microdata.variable import Code

__all__ = ["NO_ANSWER", "reason_of_rows"]

NO_ANSWER = Text("sans réponse", "no answer")


def reason_of_rows(data: Microdata, name: str) -> tuple[NDArray[np.intp], list[tuple[Code, str]]]:
    """Return the reason for which each row has no answer to a variable.

    Parameters
    ----------
    data : Microdata
        In memory.
    name : str
        A column.

    Returns
    -------
    array of int, shape (rows,)
        Place of the reason in the list; -1 for an answer.
    list of (code, reason)
        Codes in the order of the codebook, each with its reason; last, where there are some, the cells without a code:
        `("", "system")`.
    """
    gone = data.frame[name].isna().to_numpy(dtype=bool)
    variable = data.codebook.variables.get(name, Variable(name))
    held = data.missing.get(name)
    places = np.full(len(gone), -1, dtype=np.intp)
    reasons: list[tuple[Code, str]] = []
    if held is not None:
        there = np.unique(held.places[gone & (held.places >= 0)]).tolist()
        declared = list(variable.missing)
        there.sort(
            key=lambda at: declared.index(held.codes[at]) if held.codes[at] in declared else len(declared)
        )
        for at in there:
            places[gone & (held.places == at)] = len(reasons)
            reasons.append((held.codes[at], variable.why(held.codes[at]) or str(held.codes[at])))
    without = gone & (places < 0)
    if without.any():
        places[without] = len(reasons)
        reasons.append(("", SYSTEM))
    return places, reasons
