"""A crosstab as dots: the shares it prints, those of one whole under one heading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diplab.presentation.crosstab_panel import label_of
from diplab.presentation.crosstab_table import crosstab_title
from diplab.presentation.labels import labels_over, variable_label
from diplab.presentation.punctuation import colon
from diplab.presentation.regression_table import INDENT
from diplab.presentation.terms import term
from diplab.reference.text import LANGUAGES, Text

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.reference.text import Language
    from diplab.results.crosstab import Crosstab
    from diplab.results.estimates import Estimates

__all__ = ["axis_of_table", "drawn_cells", "named_cells", "titled_table"]


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
    cells = table.cells
    if table.column is None or table.shares != "column":
        return cells
    rows, columns = len(table.categories(table.row)), len(table.categories(table.column))
    place = np.arange(len(cells)).reshape(-1, rows, columns)
    return cells.rows(place.transpose(0, 2, 1).ravel())


def named_cells(table: Crosstab, cells: Estimates, labels: Codebook | None) -> list[tuple[Text, Text]]:
    """Return the heading of each cell, what it is a share of, and its label below."""
    held = labels_over(labels, cells.codebook)
    row, column = table.row, table.column
    outer, inner = (column, row) if table.shares == "column" else (row, column or row)
    if column is None:
        outer, inner = "", row
    records = cells.frame.to_dict("records")

    def said(name: str, record: dict[Any, Any], language: Language) -> str:
        return label_of(name, record[name], held, language)

    def heading(record: dict[Any, Any], language: Language) -> str:
        parts = [said(name, record, language) for name in table.by]
        if outer:
            name = variable_label(outer, held, language)
            parts.append(f"{name}{colon(language)}{said(outer, record, language)}")
        return ", ".join(parts)

    indent = INDENT if outer or table.by else ""
    return [
        (
            Text(*(heading(record, each) for each in LANGUAGES)),
            Text(*(f"{indent}{said(inner, record, each)}" for each in LANGUAGES)),
        )
        for record in records
    ]


def titled_table(table: Crosstab, language: Language, labels: Codebook | None) -> str:
    """Return the title of the table that is drawn."""
    return crosstab_title((table,), language, labels_over(labels, table.cells.codebook))


def axis_of_table(table: Crosstab) -> Text:
    """Return what the dots are shares of, for the axis."""
    if table.column is None:
        return Text(*(term("statistic.share", each) for each in LANGUAGES))
    return Text(*(term(f"crosstab.{table.shares}", each) for each in LANGUAGES))
