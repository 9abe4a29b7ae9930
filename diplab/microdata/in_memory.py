"""What every verb asks of microdata first: rows in memory, and columns that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.errors import ColumnError, OptionError, nearest

if TYPE_CHECKING:
    import pandas as pd

    from diplab.microdata.microdata import Microdata

__all__ = ["check_columns", "frame_in_memory"]


def frame_in_memory(data: Microdata, asked: str) -> pd.DataFrame:
    """Return the frame of microdata, which must be in memory.

    Parameters
    ----------
    data : Microdata
    asked : str
        What was asked, as a sentence, for the error.

    Raises
    ------
    OptionError
        Where the answers are lazy: a folder, or a relation of DuckDB.
    """
    import pandas as pd

    frame: Any = data.frame
    if isinstance(frame, pd.DataFrame):
        return frame
    kind = type(frame)
    raise OptionError(
        asked,
        f"The answers are not in memory: they are a {kind.__module__.partition('.')[0]} {kind.__name__}.",
        "Bring the columns that you need to memory as a pandas frame first, and make `Microdata` of them with the "
        "same codebook.",
    )


def check_columns(data: Microdata, names: tuple[str, ...], asked: str) -> None:
    """Refuse names that the frame does not have, or has twice."""
    known = [str(name) for name in data.frame.columns]
    for name in names:
        if name not in known:
            raise ColumnError(
                asked,
                f"The data have {len(known)} columns and no `{name}`.",
                f"Write one of the nearest: {nearest(str(name), known)}.",
            )
        if known.count(name) > 1:
            raise ColumnError(
                asked,
                f"The data have {known.count(name)} columns named `{name}`.",
                "Give each column a name of its own.",
            )
