"""What every verb asks of microdata first: rows in memory, and columns that exist."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from diplab.errors import ColumnError, OptionError, suggestion

if TYPE_CHECKING:
    import pandas as pd

    from diplab.microdata.microdata import Microdata

__all__ = ["brought_to_memory", "check_columns", "frame_in_memory", "holds_lists"]


def frame_in_memory(data: Microdata, asked: str) -> pd.DataFrame:
    """Return the frame of microdata, which must be in memory and name each column once, in words.

    Parameters
    ----------
    data : Microdata
    asked : str
        What was asked, as a sentence, for the error.

    Raises
    ------
    OptionError
        Where the answers are lazy: a folder, or a relation of DuckDB.
    ColumnError
        Where two columns have one name, or one has a number.
    """
    import pandas as pd

    frame: Any = data.frame
    if isinstance(frame, pd.DataFrame):
        _check_names(frame, asked)
        return frame
    raise OptionError(asked, *brought_to_memory(frame))


def brought_to_memory(frame: Any) -> tuple[str, str]:
    """Return what was found of answers that are a query, and what to write, for an error.

    Examples
    --------
    >>> import polars as pl
    >>> print(*brought_to_memory(pl.LazyFrame({"age": [31]})))
    The answers are not in memory: they are a polars LazyFrame. Write `Microdata(data.frame.select("age").collect().to_pandas(), data.codebook)`, with the columns that you need.
    """  # noqa: E501
    kind = type(frame)
    engine = kind.__module__.partition(".")[0].lstrip("_")
    name = next(iter(frame.columns if engine == "duckdb" else frame.collect_schema().names()), "age")
    ending = "df()" if engine == "duckdb" else "collect().to_pandas()"
    return (
        f"The answers are not in memory: they are a {engine} {kind.__name__}.",
        f'Write `Microdata(data.frame.select("{name}").{ending}, data.codebook)`, with the columns that you need.',
    )


def check_columns(data: Microdata, names: tuple[str, ...], asked: str) -> None:
    """Refuse names that the frame does not have, and columns whose cells are lists."""
    known = [str(name) for name in data.frame.columns]
    for name in names:
        if name not in known:
            raise ColumnError(
                asked,
                f"The data have {len(known)} columns and no `{name}`.",
                suggestion(name, known),
            )
        if holds_lists(data.frame[name]):
            raise ColumnError(
                asked,
                f"The cells of `{name}` are lists, not answers.",
                "Write them as words with a separator, then `data.split_responses(...)`.",
            )


def holds_lists(column: pd.Series[Any]) -> bool:
    """Return whether cells of a column are lists, or other things that cannot be counted."""
    return column.dtype == object and not all(isinstance(each, Hashable) for each in column)


def _check_names(frame: pd.DataFrame, asked: str) -> None:
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise ColumnError(
            asked, f"The data have two columns named `{twice[0]}`.", "Give each column a name of its own."
        )
    for name in frame.columns:
        if not isinstance(name, str):
            raise ColumnError(
                asked,
                f"A column of the data has the name {name!r}, which is not a word.",
                "Write names in words, for example `frame.rename(columns=str)`.",
            )
