"""What was done to a file since it was read: each step is written down and can be printed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from diplab.errors import OptionError
from diplab.microdata.frames import frame_in_memory
from diplab.microdata.missing import count_reasons
from diplab.reference.text import Text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from diplab.microdata.microdata import LinkedTable, Microdata

__all__ = ["Step", "StepKind", "exclude", "take_rows"]


StepKind: TypeAlias = Literal["recode", "exclude", "join", "merge", "pseudonymise"]


@dataclass(frozen=True)
class Step:
    """One thing done to the data, kept in their codebook.

    Parameters
    ----------
    kind : {"recode", "exclude", "join", "merge", "pseudonymise"}
        What was done.
    variables : tuple of str
        Columns that were read or written.
    said : Text
        The step in words, with its rule.
    rows : int
        How many rows it changed, left out or brought in.

    Examples
    --------
    >>> Step("exclude", ("minutes",), Text("minutes < 2 : trop rapides", "minutes < 2: speeders"), 12).rows
    12
    """

    kind: StepKind
    variables: tuple[str, ...]
    said: Text
    rows: int


def take_rows(data: Microdata, rows: NDArray[Any]) -> Microdata:
    """Return some rows: their missing codes, the count of reasons, and the rows of linked tables that hang on them."""
    frame = data.frame.iloc[np.flatnonzero(rows) if rows.dtype == bool else rows].reset_index(drop=True)
    missing = {name: codes.taken(rows) for name, codes in data.missing.items()}
    return replace(
        data,
        frame=frame,
        missing=missing,
        codebook=count_reasons(frame, data.codebook, missing),
        linked={name: _linked_rows(link, frame) for name, link in data.linked.items()},
    )


def _linked_rows(link: LinkedTable, frame: pd.DataFrame) -> LinkedTable:
    """Return a linked table without the rows that hang on a row left out."""
    kept = link.table.frame[link.foreign].isin(frame[link.key].dropna()).to_numpy(dtype=bool)
    return link if kept.all() else replace(link, table=take_rows(link.table, kept))


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
    out = _check_flags(frame, rows)
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
    kept = take_rows(data, ~out)
    return replace(kept, codebook=kept.codebook.with_step(Step("exclude", variables, said, int(out.sum()))))


def _check_flags(frame: pd.DataFrame, rows: Any) -> NDArray[np.bool_]:
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
