"""Rows left out of a study: a step that is written down, with its reason and their number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import OptionError
from diplab.microdata.in_memory import frame_in_memory
from diplab.microdata.rows import rows_taken
from diplab.microdata.step import Step
from diplab.reference.text import Text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from diplab.microdata.microdata import Microdata

__all__ = ["exclude"]

_ASKED = "Rows were to be left out."


def exclude(data: Microdata, rows: Any, reason: str | Text) -> Microdata:
    """Leave rows out, and write down how many and why in `codebook.steps`.

    A missing answer makes a comparison false: those of whom a condition cannot be told stay.

    Parameters
    ----------
    data : Microdata
    rows : array or pandas Series of bool, shape (rows,)
        True for each row that is left out, such as `data.frame["minutes"] < 2`.
    reason : str or Text
        Why, in words that can be printed.

    Returns
    -------
    Microdata
        The other rows. Reasons of missing answers are counted anew, and the rows of linked tables that hang on a row
        left out are left out with it.

    Raises
    ------
    OptionError
        Where `rows` are not one true or false for each row, no reason is given, or nobody would be left.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> from diplab.microdata.microdata import Microdata
    >>> data = Microdata(pd.DataFrame({"minutes": [1.0, 9.0, 12.0]}), Codebook())
    >>> kept = exclude(data, data.frame["minutes"] < 2, "too fast to have read the questions")
    >>> len(kept), kept.codebook.steps[0].rows
    (2, 1)
    """
    frame = frame_in_memory(data, _ASKED)
    out = _flags(frame, rows)
    said = reason if isinstance(reason, Text) else Text.same(str(reason).strip())
    if not said:
        raise OptionError(
            _ASKED,
            "No reason was given.",
            'Write why, for example `exclude(rows, "failed the attention check")`.',
        )
    if out.all() and len(out):
        raise OptionError(
            _ASKED,
            f"All {len(out)} rows fit the condition, and nobody would be left.",
            "Write the condition of those who are left out, not of those who stay.",
        )
    named = getattr(rows, "name", None)
    variables = (str(named),) if named in frame.columns else ()
    kept = rows_taken(data, ~out)
    return replace(kept, codebook=kept.codebook.with_step(Step("exclude", variables, said, int(out.sum()))))


def _flags(frame: pd.DataFrame, rows: Any) -> NDArray[np.bool_]:
    """Return true for each row that is left out."""
    import pandas as pd

    write = (
        'Write one true or false for each row, for example `data.exclude(data.frame["minutes"] < 2, ...)`.'
    )
    if isinstance(rows, str):
        raise OptionError(_ASKED, f"They were given as the words {rows!r}.", write)
    if isinstance(rows, pd.Series) and not rows.index.equals(frame.index):
        raise OptionError(_ASKED, "They were given as a Series of other rows than those of the data.", write)
    flags = np.asarray(rows.array if isinstance(rows, pd.Series) else rows)
    if flags.shape != (len(frame),):
        raise OptionError(
            _ASKED, f"{flags.size} values were given, and the data have {len(frame)} rows.", write
        )
    if flags.dtype == object and all(isinstance(each, bool | np.bool_) for each in flags):
        flags = flags.astype(bool)
    if flags.dtype != bool:
        unknown = int(pd.isna(flags).sum())
        found = (
            f"{unknown} of the values are missing."
            if unknown
            else f"The values are {flags.dtype}, not true or false."
        )
        raise OptionError(_ASKED, found, write)
    return flags
