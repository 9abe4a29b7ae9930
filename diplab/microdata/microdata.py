"""Microdata: a frame of answers and the codebook that says what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import narwhals as nw

from diplab.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from diplab.microdata.codebook import Codebook
    from diplab.microdata.missing_codes import MissingCodes
    from diplab.microdata.quality.findings import Quality

__all__ = ["Link", "Microdata", "is_lazy"]


def is_lazy(frame: Any) -> bool:
    """Return whether a frame is a query, whose rows are read only when a number is asked for.

    Examples
    --------
    >>> import pandas as pd
    >>> is_lazy(pd.DataFrame({"age": [17, 40]}))
    False
    """
    return isinstance(nw.from_native(frame, pass_through=True), nw.LazyFrame)


@dataclass(frozen=True)
class Link:
    """A table that hangs on another: the people of a household, the answers of a repeated group.

    Parameters
    ----------
    table : Microdata
        One row a repetition.
    key : str
        Column of the main table that names its rows, each once.
    foreign : str
        Column of the linked table that holds the key of the row on which each of its rows hangs.
    """

    table: Microdata
    key: str
    foreign: str


@dataclass(frozen=True, eq=False)
class Microdata:
    """Answers of a survey, one row a respondent, with their codebook.

    Parameters
    ----------
    frame : pandas.DataFrame
        Codes as answered; every kind of missing is NaN here and has its reason in the codebook. A folder, or a
        relation of DuckDB, stays lazy: then a lazy frame of Polars, or the relation.
    codebook : Codebook
        Labels, questions, kinds of missing, origin of the file.
    missing : mapping of str to MissingCodes
        For the columns that have some: the missing code that stood in each cell.
    linked : mapping of str to Link
        Tables that hang on this one, by name.

    Raises
    ------
    OptionError
        Where the missing codes of a column are not as many as the rows.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.microdata.codebook import Codebook
    >>> Microdata(pd.DataFrame({"age": [17, 40]}), Codebook())
    <microdata in memory: 2 rows, 1 columns>
    """

    frame: pd.DataFrame
    codebook: Codebook
    missing: Mapping[str, MissingCodes] = field(default_factory=dict)
    linked: Mapping[str, Link] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, codes in self.missing.items():
            if len(codes) != len(self.frame):
                raise OptionError(
                    "Microdata were made of a frame and the missing codes of its cells.",
                    f"`{name}` has codes for {len(codes)} rows, and the frame has {len(self.frame)} rows.",
                    "Write `data.exclude(...)` to leave rows out, or give the frame without `missing`.",
                )

    def __len__(self) -> int:
        if is_lazy(self.frame):
            query: Any = nw.from_native(self.frame)
            return int(query.select(nw.len()).collect().item())
        return len(self.frame)

    def __repr__(self) -> str:
        # No rows: a notebook saved with microdata in its outputs is a leak.
        origin = self.codebook.origin
        kind = "synthetic microdata" if origin.synthetic else "microdata"
        lazy = is_lazy(self.frame)
        where = origin.file or ("of a query" if lazy else "in memory")
        width = len(nw.from_native(self.frame).collect_schema().names()) if lazy else self.frame.shape[1]
        return f"<{kind} {where}: {len(self):,} rows, {width} columns>"

    def check(self, **rules: Any) -> Quality:
        """Look for answers that cannot be trusted; `microdata.quality.check` says what is looked for, and how."""
        from diplab.microdata.quality.check import check

        return check(self, **rules)

    def with_columns(self, **columns: Any) -> Microdata:
        """Return microdata with columns added or replaced.

        Parameters
        ----------
        **columns : array, pandas Series or expression
            As many answers as rows; where the data stay in a folder or a database, expressions of Polars or narwhals.

        Raises
        ------
        OptionError
            Where an array is given for data that stay where they are: their rows have no order.
        """
        if is_lazy(self.frame):
            return replace(self, frame=_with_expressions(self.frame, columns))
        kept = {name: codes for name, codes in self.missing.items() if name not in columns}
        return replace(self, frame=self.frame.assign(**columns), missing=kept)


def _with_expressions(frame: Any, columns: Mapping[str, Any]) -> Any:
    """Return a query with columns added or replaced by expressions."""
    query = nw.from_native(frame)
    own = nw.dependencies.get_polars()
    native = own is not None and query.implementation is nw.Implementation.POLARS
    for name, column in columns.items():
        if isinstance(column, nw.Expr):
            query = query.with_columns(column.alias(name))
        elif native and isinstance(column, own.Expr):
            query = nw.from_native(query.to_native().with_columns(column.alias(name)))
        else:
            raise OptionError(
                f"The column `{name}` was to be added to data that stay where they are.",
                f"It was given as a {type(column).__name__}, and their rows have no order.",
                "Write an expression, such as `nw.col('hours') * 60` of narwhals.",
            )
    return query.to_native()
