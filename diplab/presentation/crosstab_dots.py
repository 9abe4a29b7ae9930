"""A crosstab as dots: the shares it prints, those of one whole under one heading."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from diplab.presentation.crosstab_panel import label_of
from diplab.presentation.crosstab_table import crosstab_title
from diplab.presentation.dot_names import Named, in_heading
from diplab.presentation.estimate_rows import SMALL
from diplab.presentation.labels import labels_over, variable_label
from diplab.presentation.terms import term
from diplab.reference.text import LANGUAGES, Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language
    from diplab.results.crosstab import Crosstab
    from diplab.results.estimates import Estimates

__all__ = ["axis_of_table", "drawn_cells", "named_cells", "small_cells", "titled_table"]


def drawn_cells(table: Crosstab) -> Estimates:
    """Return the shares that a chart shows, in its order: column shares by column, others by row.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": list("ffmm"), "pay": ["low", "high", "low", "low"]})
    >>> table = dl.crosstab(dl.declare_design(people), "sex", "pay", shares="column")
    >>> drawn_cells(table).frame[["sex", "pay"]].values.tolist()
    [['f', 'high'], ['m', 'high'], ['f', 'low'], ['m', 'low']]
    """
    return table.cells.rows(_order(table))


def small_cells(table: Crosstab) -> list[bool]:
    """Return whether the table marks the respondents of each drawn share, those of its row or of its column.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f"] * 3 + ["m"] * 20, "pay": ["low", "high"] * 11 + ["low"]})
    >>> small_cells(dl.crosstab(dl.declare_design(people), "sex", "pay", shares="row"))
    [True, True, False, False]
    """
    if table.column is None:
        bases = [table.counts]
    else:
        bases = [
            each for each, other in ((table.rows, "column"), (table.columns, "row")) if table.shares != other
        ]
    counts = [each.frame["n"].to_numpy() for each in bases]
    marked = np.any([(each > 0) & (each < SMALL) for each in counts], axis=0)
    return [bool(each) for each in marked[_order(table)]]


def _order(table: Crosstab) -> NDArray[np.intp]:
    place = np.arange(len(table.cells))
    if table.column is None or table.shares != "column":
        return place
    rows, columns = len(table.categories(table.row)), len(table.categories(table.column))
    return place.reshape(-1, rows, columns).transpose(0, 2, 1).ravel()


def named_cells(table: Crosstab, cells: Estimates, labels: Codebook | None) -> list[Named]:
    """Return the headings of each cell, its group and what it is a share of, and its label below."""
    held = labels_over(labels, cells.codebook)
    outer, inner = (table.column, table.row) if table.shares == "column" else (table.row, table.column)
    if inner is None or outer is None:
        outer, inner = None, table.row
    names = [*table.by, *([outer] if outer else []), inner]
    frame = cells.frame

    def said(name: str, language: Language) -> list[str]:
        return [label_of(name, value, held, language) for value in frame[name]]

    def heading(name: str, language: Language) -> list[str]:
        told, label = said(name, language), variable_label(name, held, language)
        others = {each for other in names if other != name for each in said(other, language)}
        return [in_heading(each, label, told, others, language) for each in told]

    def both(told: list[list[str]]) -> list[Text]:
        return [Text(*pair) for pair in zip(*told, strict=True)]

    groups = both([_joined([heading(name, each) for name in table.by], len(frame)) for each in LANGUAGES])
    wholes = both([heading(outer, each) if outer else [""] * len(frame) for each in LANGUAGES])
    own = both([said(inner, each) for each in LANGUAGES])
    return [
        Named(label, group, whole) if group else Named(label, whole)
        for label, group, whole in zip(own, groups, wholes, strict=True)
    ]


def _joined(columns: list[list[str]], length: int) -> list[str]:
    return [", ".join(parts) for parts in zip(*columns, strict=True)] if columns else [""] * length


def titled_table(table: Crosstab, language: Language, labels: Codebook | None) -> str:
    """Return the title of the table that is drawn."""
    return crosstab_title((table,), language, labels_over(labels, table.cells.codebook))


def axis_of_table(table: Crosstab) -> Text:
    """Return what the dots are shares of, for the axis."""
    if table.column is None:
        return Text(*(term("statistic.share", each) for each in LANGUAGES))
    return Text(*(term(f"crosstab.{table.shares}", each) for each in LANGUAGES))
