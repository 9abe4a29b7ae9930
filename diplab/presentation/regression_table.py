"""A regression for print: a line a term, categories indented under their variable with its reference named."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from diplab.presentation.coefficient_lines import (
    CoefficientLine,
    coefficient_lines,
    model_said,
    reference_said,
)
from diplab.presentation.conventions import conventions
from diplab.presentation.detail import detail_of
from diplab.presentation.estimate_columns import confidence_head
from diplab.presentation.labels import labels_over, outcome_label, variable_label
from diplab.presentation.language import number
from diplab.presentation.p_values import p_value_cell, p_value_columns
from diplab.presentation.punctuation import NO_BREAK, words
from diplab.presentation.sheet import Cell, Sheet
from diplab.presentation.tables import dressed
from diplab.presentation.terms import term, wording

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.presentation.notes import Notes
    from diplab.presentation.sheet import Align, PrintedTable
    from diplab.reference.text import Language, Text
    from diplab.results.regression import Regression

__all__ = ["regression_table", "regression_title"]

INDENT = NO_BREAK * 4
FIT_DECIMALS = {
    "n": 0, "log_likelihood": 1, "log_likelihood_null": 1, "lr_chi2": 2, "pseudo_r2": 3, "r2": 3,
    "adjusted_r2": 3, "f": 2, "aic": 1, "bic": 1,
}  # fmt: skip
"""The statistics of a fit that are printed, with their decimals."""

P_VALUES = {"lr_chi2": "lr_p_value", "f": "f_p_value"}
NUMBER_FORMS = ("#,##0", "#,##0.0", "#,##0.00", "0.000")


def regression_table(
    fit: Regression,
    language: Language,
    title: Text | str | None = None,
    labels: Codebook | None = None,
    notes: Notes | None = None,
    decimals: int | None = None,
    percent: bool | None = False,
) -> PrintedTable:
    """Return a regression as a table for print.

    Parameters
    ----------
    fit : Regression
        From `regress` or `effect_ratios`.
    language : {"fr", "en"}
        Language of the reader.
    title, labels, notes, decimals, percent
        As in `table`.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"sex": ["f", "f", "m", "m"], "hours": [10.0, 20.0, 30.0, 50.0]})
    >>> shown = regression_table(dl.regress(dl.declare_design(people), "hours ~ sex"), "en")
    >>> shown.sheet.title
    'Linear regression – hours'
    >>> [row[0].text.strip() for row in shown.sheet.rows]
    ['Constant', 'sex (reference: f)', 'm', 'Goodness of fit', 'Respondents', 'Log-likelihood', 'R²', \
'Adjusted R²', 'F(1, 2)', 'AIC', 'BIC']
    """
    labels = labels_over(labels, fit.codebook)
    lines = coefficient_lines(fit, language, labels, decimals, percent)
    columns = _columns(fit, lines, language)
    head, blank = [term("regression.term", language)], [Cell("")] * len(columns)
    if fit.by:
        reference = reference_said(fit, fit.by[0], labels, language)
        head = [f"{variable_label(fit.by[0], labels, language)}{reference}", *head]
    rows: list[tuple[Cell, ...]] = []
    before = CoefficientLine("", "", "", lines[0].row, -1, False) if lines else None
    for place, line in enumerate(lines):
        outcome = [Cell(line.outcome if before and line.outcome != before.outcome else "")] if fit.by else []
        if line.head and before and (line.head, line.outcome) != (before.head, before.outcome):
            rows.append((*outcome, Cell(line.head), *blank))
            outcome = [Cell("")] * len(outcome)
        name = Cell(f"{INDENT if line.head else ''}{line.label}")
        rows.append((*outcome, name, *(cells[place] for cells, _ in columns.values())))
        before = line
    rows += _fit_rows(fit, list(columns), len(head), language)
    align: list[Align] = ["left"] * len(head)
    return dressed(
        Sheet(
            title=regression_title(fit, language, labels) if title is None else words(title, language),
            subtitle=words(notes.unit, language) if notes else "",
            header=(*head, *columns),
            rows=tuple(rows),
            align=(*align, *(side for _, side in columns.values())),
            notes=conventions(fit.provenance, language, notes, _remarks(lines, language), labels),
            language=language,
            detail=detail_of(fit.frame),
        )
    )


def regression_title(fit: Regression, language: Language, labels: Codebook) -> str:
    """Return the title of a regression that was given none: its kind and its outcome."""
    return f"{model_said(fit, language)} – {outcome_label(fit.outcome, labels, language)}"


def _fit_rows(fit: Regression, columns: list[str], before: int, language: Language) -> list[tuple[Cell, ...]]:
    """Return the lines below the coefficients that say how well the model fits; none where nothing says it."""
    if isinstance(fit.goodness, str):
        return []
    found = fit.goodness
    blank = [Cell("")] * (before - 1)
    rows: list[tuple[Cell, ...]] = [
        (*blank, Cell(term("regression.fit", language)), *[Cell("")] * len(columns))
    ]
    p_value = term("column.p_value", language)
    for name, decimals in FIT_DECIMALS.items():
        value = float(getattr(found, name))
        if isnan(value):
            continue
        label = term(f"regression.{name}", language).format(
            model=number(found.df_model, language), residual=number(found.df_residual, language)
        )
        cells = {column: Cell("") for column in columns}
        cells[columns[0]] = Cell(number(value, language, decimals), value, NUMBER_FORMS[decimals])
        if name in P_VALUES and p_value in cells:
            cells[p_value] = p_value_cell(getattr(found, P_VALUES[name]), language)
        rows.append((*blank, Cell(f"{INDENT}{label}"), *cells.values()))
    return rows


def _remarks(lines: list[CoefficientLine], language: Language) -> tuple[str, ...]:
    return (term("sentence.small_base", language),) if any(line.row.small for line in lines) else ()


def _columns(
    fit: Regression, lines: list[CoefficientLine], language: Language
) -> dict[str, tuple[list[Cell], Align]]:
    statistic = fit.frame["statistic"].iloc[0] if len(fit.frame) else "coefficient"
    columns: dict[str, tuple[list[Cell], Align]] = {
        wording("statistic", str(statistic), language): ([line.row.estimate for line in lines], "right"),
        confidence_head(fit.provenance, language): ([line.row.interval for line in lines], "right"),
    }
    columns |= p_value_columns(fit.frame, language)
    columns[term("column.n", language)] = ([line.row.respondents for line in lines], "right")
    if any(line.row.remark for line in lines):
        columns[term("column.flag", language)] = ([Cell(line.row.remark) for line in lines], "left")
    return columns
