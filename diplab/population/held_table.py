"""A table given to a method of counting: a frame of any library, or microdata with their codebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from diplab.errors import ColumnError, OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.sampling.condition import known_column

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["HeldTable", "held_table", "pandas_table", "table_in_memory"]


@dataclass(frozen=True, eq=False)
class HeldTable:
    """A table in memory.

    Parameters
    ----------
    frame : narwhals.DataFrame
    codebook : Codebook
        Empty where the table came without.
    """

    frame: nw.DataFrame[Any]
    codebook: Codebook = field(default_factory=Codebook)

    @property
    def names(self) -> list[str]:
        """Its columns."""
        return list(self.frame.columns)

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.frame)

    def values(self, name: str, use: str) -> list[Any]:
        """Return a column as it stands; `use` is for errors."""
        return list(self.frame[known_column(name, self.names, use)].to_list())

    def numbers(self, name: str, use: str, write: str) -> NDArray[np.float64]:
        """Return a column as numbers, NaN for missing; words are refused, with what to `write` instead."""
        try:
            return np.array(self.values(name, use), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ColumnError(
                f"The column `{name}` was asked for as {use}.", "It holds words.", write
            ) from error


def held_table(given: Any, what: str, row: str) -> HeldTable:
    """Return a table as the methods of counting read it.

    Parameters
    ----------
    given : data frame of any library, relation of DuckDB, or Microdata
    what : str
        What it is, for errors.
    row : str
        What one row of it is.

    Raises
    ------
    OptionError
        Where it is no table.
    ColumnError
        Where two columns share a name.
    """
    found = table_in_memory(given)
    if found is None:
        raise OptionError(
            f"{what} was given as a {type(given).__name__}.",
            f"It is a table, of one row {row}.",
            "Write a data frame of pandas or Polars, or microdata.",
        )
    return found


def table_in_memory(given: Any) -> HeldTable | None:
    """Return any frame as a table in memory, its names as words; None where it is no frame.

    Raises
    ------
    ColumnError
        Where two columns share a name.

    Examples
    --------
    >>> import pandas as pd
    >>> table_in_memory(pd.DataFrame({1: [0, 1]})).names, table_in_memory([0, 1])
    (['1'], None)
    """
    held, codebook = (given.frame, given.codebook) if isinstance(given, Microdata) else (given, Codebook())
    native = nw.to_native(held, pass_through=True)
    if nw.dependencies.is_pandas_dataframe(native) or nw.dependencies.is_pyarrow_table(native):
        arrow = nw.dependencies.is_pyarrow_table(native)
        names = [str(name) for name in (native.column_names if arrow else native.columns)]
        for name in names:
            if names.count(name) > 1:
                raise ColumnError(
                    "A table was given.",
                    f"The column `{name}` stands in it {names.count(name)} times.",
                    "Give each column a name of its own.",
                )
        native = native if arrow or names == list(native.columns) else native.set_axis(names, axis=1)
    found = nw.from_native(native, pass_through=True)
    if isinstance(found, nw.LazyFrame):
        found = found.collect()
    return HeldTable(found, codebook) if isinstance(found, nw.DataFrame) else None


def pandas_table(given: Any) -> Any:
    """Return any frame as one of pandas, anything else as it is.

    Examples
    --------
    >>> pandas_table([1, 2])
    [1, 2]
    """
    found = table_in_memory(given)
    return given if found is None else found.frame.to_pandas()
