"""The history of a file since it was read: steps that are recorded and can be printed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.checks import argument
from diplab.errors import OptionError
from diplab.kernel.arrays import Booleans
from diplab.microdata.frames import frame_in_memory
from diplab.microdata.missing import count_reasons
from diplab.reference.display import answers_to
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.microdata.microdata import Microdata

StepKind: TypeAlias = Literal["recode", "exclude", "join", "merge", "pseudonymise"]


@dataclass(frozen=True)
class Step:
    """A change of the data: columns read or written, the rule in words, and rows concerned."""

    kind: StepKind
    variables: tuple[str, ...]
    words: Text
    rows: int


def take_rows(data: Microdata, rows: NDArray[Any]) -> Microdata:
    """Return a subset of rows, with their missing codes, reasons and rows of linked tables."""
    frame = data.frame.iloc[np.flatnonzero(rows) if rows.dtype == bool else rows].reset_index(
        drop=True
    )
    missing = {}
    for name, codes in data.missing.items():
        missing[name] = codes.take(rows)
    linked = dict(data.linked)
    for name, link in data.linked.items():
        # without the rows that belong to an excluded row
        rest = link.table.frame[link.foreign].isin(frame[link.key].dropna()).to_numpy(dtype=bool)
        linked[name] = link if rest.all() else replace(link, table=take_rows(link.table, rest))
    codebook = count_reasons(frame, data.codebook, missing)
    return replace(data, frame=frame, missing=missing, codebook=codebook, linked=linked)


def exclude(data: Microdata, rows: Any, reason: str | Text) -> Microdata:
    """Exclude rows, and record how many and why in `codebook.steps`.

    A missing answer makes a comparison false: rows with a missing answer stay.

    Parameters
    ----------
    rows : str, array or pandas Series of bool, shape (rows,)
        A condition on the rows to exclude, such as `"minutes < 2"`; or true for each of them.
    reason : str or Text
        Why, in words that can be printed.

    Returns
    -------
    Microdata
        The other rows. Reasons of missing answers are recounted, and the rows of linked tables that
        belong to an excluded row are excluded too.

    Raises
    ------
    OptionError
        Where `rows` are not one true or false for each row, the reason is empty, or no row would be
        left.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> data = dl.Microdata(pd.DataFrame({"minutes": [1.0, 9.0, 12.0]}), dl.Codebook())
    >>> rest = data.exclude("minutes < 2", "too fast to have read the questions")
    >>> len(rest), rest.codebook.steps[0].rows
    (2, 1)
    """
    frame = frame_in_memory(data)
    if isinstance(rows, str):
        condition = rows
        rows = answers_to(frame, data.codebook, condition)
        if not pd.api.types.is_bool_dtype(rows):
            raise OptionError(
                f"{argument('rows', condition)} is not a condition.",
                "It has no true or false for each row.",
                'Write for example `data.exclude("minutes < 2", "too fast")`.',
            )
        rows = rows.fillna(False)
    out = _check_flags(frame, rows)
    words = reason if isinstance(reason, Text) else Text.same(str(reason).strip())
    if not words:
        raise OptionError(
            "The reason is empty.",
            write='Write why, for example `exclude(rows, "failed the attention check")`.',
        )
    if out.all() and len(out):
        raise OptionError(
            f"All {len(out)} rows fit the condition, and none would be left.",
            write="Write the condition of those who are left out, not of those who stay.",
        )
    name = getattr(rows, "name", None)
    variables = (str(name),) if name in frame.columns else ()
    rest = take_rows(data, ~out)
    return replace(
        rest, codebook=rest.codebook.with_step(Step("exclude", variables, words, int(out.sum())))
    )


def _check_flags(frame: pd.DataFrame, rows: Any) -> Booleans:
    """Return true for each row to exclude."""
    flags, problem = np.asarray(rows.array if isinstance(rows, pd.Series) else rows), ""
    if isinstance(rows, pd.Series) and not rows.index.equals(frame.index):
        problem = "`rows` is a Series with another index than the data."
    elif flags.shape != (len(frame),):
        problem = f"`rows` has {flags.size} values, and the data have {len(frame)} rows."
    elif unknown := int(pd.isna(flags).sum()):
        problem = f"{unknown} values of `rows` are missing."
    elif flags.dtype != bool and not all(isinstance(flag, bool | np.bool_) for flag in flags):
        problem = f"The values of `rows` are {flags.dtype}, not true or false."
    if problem:
        write = 'Write a condition, such as `data.exclude("minutes < 2", ...)`.'
        raise OptionError(problem, write=write)
    return flags.astype(bool)
