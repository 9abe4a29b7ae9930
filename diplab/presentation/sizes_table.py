"""Population sizes from fitted models for print: beside each size, how well its model fits."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from diplab.presentation.conventions import conventions
from diplab.presentation.detail import detail_of
from diplab.presentation.estimate_columns import estimate_columns, interval_head
from diplab.presentation.estimate_rows import rows_in_words, title_of
from diplab.presentation.labels import labels_over
from diplab.presentation.language import number
from diplab.presentation.number_form import NumberForm
from diplab.presentation.punctuation import colon, words
from diplab.presentation.sheet import Cell, Sheet
from diplab.presentation.size_words import head_of_persons, of_one_population, small_said
from diplab.presentation.tables import dressed
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.presentation.estimate_rows import Row
    from diplab.presentation.notes import Notes
    from diplab.presentation.sheet import Align, PrintedTable
    from diplab.reference.text import Language, Text
    from diplab.results.sizes import ModelFit, Sizes

__all__ = ["sizes_table"]

NONE = "–"
MEASURES = {"deviance": 2, "df": 0, "aic": 1, "bic": 1}
"""Measures of fit, each with its decimals."""


def sizes_table(
    sizes: Sizes,
    language: Language,
    title: Text | str | None = None,
    labels: Codebook | None = None,
    notes: Notes | None = None,
    decimals: int | None = None,
) -> PrintedTable:
    r"""Return population sizes as a table for print, with the fit of the model behind each.

    The rows stay in their order, the lower bound first where there is one. What holds for all rows, one model or one
    number of persons seen, is said once below.

    Parameters
    ----------
    sizes : Sizes
        With the models behind them.
    language : {"fr", "en"}
        Language of the reader.
    title, labels, notes, decimals
        As in `table`.

    Examples
    --------
    >>> import pandas as pd
    >>> from diplab.population.kernel.abundance import Abundance
    >>> from diplab.population.sizes import gathered, size
    >>> from diplab.results.provenance import Provenance
    >>> from diplab.results.sizes import ModelFit
    >>> nothing = pd.DataFrame(columns=["term", "estimate", "std_error"])
    >>> fit = ModelFit("M0", 2, 47.3, 61, -90.1, 184.2, 188.6, nothing)
    >>> found = gathered([size("M0", Abundance(75.4, 15.2, 68), (70.1, 86.9))], Provenance(), [fit])
    >>> sizes_table(found, "en").sheet.header
    ('Estimate', 'Standard error', 'Confidence interval', 'Deviance', 'Residual degrees of freedom', 'AIC', 'BIC')
    """
    labels = labels_over(labels, sizes.codebook)
    rows = rows_in_words(sizes, language, labels, None, decimals)
    columns = _columns(sizes, rows, language, labels)
    measured = sizes.frame.assign(
        **{f"model_{name}": [_measure(fit, name) for fit in _fits(sizes)] for name in MEASURES}
    )
    return dressed(
        Sheet(
            title=title_of(sizes, rows, language, labels) if title is None else words(title, language),
            subtitle=words(notes.unit, language) if notes else "",
            header=tuple(columns),
            rows=tuple(zip(*(cells for cells, _ in columns.values()), strict=True)),
            align=tuple(align for _, align in columns.values()),
            notes=conventions(
                sizes.provenance, language, notes, tuple(_remarks(sizes, rows, language)), labels
            ),
            language=language,
            detail=detail_of(measured),
        )
    )


def _columns(
    sizes: Sizes, rows: list[Row], language: Language, labels: Codebook | None
) -> dict[str, tuple[list[Cell], Align]]:
    """Return the columns of the plain table, the error and the fit put in after the size and its interval."""
    plain = estimate_columns(sizes, rows, language, labels)
    counted = head_of_persons(sizes)
    heads = {name: term(f"column.{name}", language) for name in ("estimate", counted)}
    interval = interval_head(sizes, language)
    columns: dict[str, tuple[list[Cell], Align]] = {}
    for head, (cells, align) in plain.items():
        if head != heads[counted]:
            columns[head] = (_dashed(cells) if head in (heads["estimate"], interval) else cells, align)
        elif not _all_seen(rows):
            columns[head] = (_dashed(cells), align)
        if head == heads["estimate"]:
            columns[term("column.std_error", language)] = (_errors(sizes, rows, language), "right")
            if interval not in plain:
                columns |= _fit_columns(sizes, language)
        if head == interval:
            columns |= _fit_columns(sizes, language)
    return columns


def _fit_columns(sizes: Sizes, language: Language) -> dict[str, tuple[list[Cell], Align]]:
    """Return the measures of fit that some model has, none where one model stands behind all rows."""
    if _one_model(sizes) is not None:
        return {}
    columns: dict[str, tuple[list[Cell], Align]] = {}
    for name, digits in MEASURES.items():
        values = [_measure(fit, name) for fit in _fits(sizes)]
        if any(math.isfinite(value) for value in values):
            cells = [_cell(value, digits, language) for value in values]
            columns[term(f"captures.{name}", language)] = (cells, "right")
    return columns


def _errors(sizes: Sizes, rows: list[Row], language: Language) -> list[Cell]:
    """Return standard errors to two digits at least, so that a small one is not printed as none."""
    digits = [row.form.decimals for row in rows]
    values = sizes.frame["std_error"].to_numpy(dtype=float).tolist()
    return [
        _cell(value, max(least, 0 if not value < 10 else 1 if value >= 1 else 2), language)
        for value, least in zip(values, digits, strict=True)
    ]


def _cell(value: float, digits: int, language: Language) -> Cell:
    if not math.isfinite(value):
        return Cell(NONE)
    return NumberForm("number", digits).cell(value, language)


def _dashed(cells: list[Cell]) -> list[Cell]:
    """Return cells with a dash where there is no number: a model without an answer is no missing value."""
    return [Cell(NONE) if not cell.text or _is_absent(cell) else cell for cell in cells]


def _is_absent(cell: Cell) -> bool:
    return cell.number is None and not any(sign.isdigit() for sign in cell.text)


def _fits(sizes: Sizes) -> list[ModelFit | None]:
    return list(sizes.fits) or [None] * len(sizes.frame)


def _measure(fit: ModelFit | None, name: str) -> float:
    return math.nan if fit is None else float(getattr(fit, name))


def _one_model(sizes: Sizes) -> ModelFit | None:
    """Return the model that stands behind every one of several rows (sizes by occasion), if there is one."""
    fits: list[Any] = _fits(sizes)
    return fits[0] if len(fits) > 1 and all(each is fits[0] for each in fits) else None


def _all_seen(rows: list[Row]) -> float | None:
    """Return the number of persons seen where it is the same in all rows, and not so small as to be marked."""
    seen = {row.respondents.number for row in rows}
    return None if len(seen) != 1 or any(row.small for row in rows) else next(iter(seen))


def _remarks(sizes: Sizes, rows: list[Row], language: Language) -> list[str]:
    bounds = any(
        row.estimate.number is None and row.interval.number is None and "bounds" in str(flag).split(", ")
        for row, flag in zip(rows, sizes.frame["flag"], strict=True)
    )
    said = [term("sentence.bounds", language)] if bounds else []
    said += [small_said(sizes, language)] if any(row.small for row in rows) else []
    seen, model = _all_seen(rows), _one_model(sizes)
    if seen is not None:
        head = term(f"column.{head_of_persons(sizes)}", language)
        said.append(f"{head}{colon(language)}{number(seen, language)}.")
    if model is not None:
        measures = [
            f"{term(f'captures.{name}', language)}{colon(language)}{shown}"
            for name, digits in MEASURES.items()
            if (shown := _cell(_measure(model, name), digits, language).text) != NONE
        ]
        said.append(
            f"{term('column.model', language)}{colon(language)}{', '.join([model.model, *measures])}."
        )
    elif of_one_population(sizes):
        ranged = "range" in sizes.provenance.rules
        said.append(term("captures.same_people" if ranged else "captures.same_data", language))
    return said
