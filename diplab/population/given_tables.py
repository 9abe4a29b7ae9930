"""Tables as given, of any library, as the ones worked on here."""

from __future__ import annotations

from typing import Any

import narwhals as nw

from diplab.errors import ColumnError, OptionError
from diplab.microdata.microdata import Microdata

__all__ = ["column_names", "table_of"]


def column_names(**columns: Any) -> None:
    """Refuse options that are to name a column and hold no name; None stands for no column.

    Examples
    --------
    >>> column_names(weights="w", y=None)
    """
    for option, name in columns.items():
        if name is not None and not isinstance(name, str):
            raise OptionError(
                f"`{option}` was given as {str(name)[:60]!r}.",
                "It is the name of a column.",
                f"Write `{option}='name'`.",
            )


def table_of(given: Any) -> Any:
    """Return microdata and frames of other libraries as pandas, anything else as it is.

    Examples
    --------
    >>> table_of([1, 2])
    [1, 2]
    """
    if isinstance(given, Microdata):
        return table_of(given.frame)
    # narwhals looks at all names of a frame of pandas, and refuses some that are of no concern here
    if nw.dependencies.is_pandas_dataframe(nw.to_native(given, pass_through=True)):
        table = nw.to_native(given, pass_through=True)
        for name in table.columns[table.columns.duplicated()]:
            raise ColumnError(
                "A table was given.",
                f"The column `{name}` stands in it {list(table.columns).count(name)} times.",
                "Give each column a name of its own.",
            )
        return table
    found = nw.from_native(given, pass_through=True)
    if isinstance(found, nw.LazyFrame):
        found = found.collect()
    return found.to_pandas() if isinstance(found, nw.DataFrame) else given
