"""A table given to a method of counting: a frame of pandas or Polars, or microdata with their codebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.errors import ColumnError, OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.reference.text import NOTHING, Text
from diplab.sampling.condition import known_column

if TYPE_CHECKING:
    import narwhals as nw
    from numpy.typing import NDArray

__all__ = ["HeldTable", "held_table"]


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

    @property
    def source(self) -> Text:
        """The file it was read from."""
        file = self.codebook.origin.file
        return Text.same(file) if file else NOTHING

    @property
    def synthetic(self) -> bool:
        """Whether nobody gave these answers."""
        return self.codebook.origin.synthetic

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
    given : data frame or Microdata
    what : str
        What it is, for errors.
    row : str
        What one row of it is.

    Raises
    ------
    OptionError
        Where it is no table in memory.
    ColumnError
        Where two columns share a name.
    """
    import narwhals as nw
    from narwhals.exceptions import DuplicateError

    native, codebook = (given.frame, given.codebook) if isinstance(given, Microdata) else (given, Codebook())
    try:
        return HeldTable(nw.from_native(native, eager_only=True), codebook)
    except TypeError as error:
        raise OptionError(
            f"{what} was given as a {type(native).__name__}.",
            f"It is a table in memory, of one row {row}.",
            "Write a data frame of pandas or Polars, or microdata.",
        ) from error
    except DuplicateError as error:
        twice = next(name for name in native.columns if list(native.columns).count(name) > 1)
        raise ColumnError(
            f"{what} was given as a table.",
            f"The column `{twice}` stands in it {list(native.columns).count(twice)} times.",
            "Give each column a name of its own.",
        ) from error
