"""Answers to a question on a banded variable for print: what is certain first, then what is assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.presentation.banded_answers import answer_rows, as_regions, owed_said
from diplab.presentation.conventions import conventions
from diplab.presentation.detail import detail_of
from diplab.presentation.estimate_columns import estimate_columns
from diplab.presentation.estimate_rows import title_of
from diplab.presentation.labels import labels_over
from diplab.presentation.punctuation import words
from diplab.presentation.sheet import Sheet
from diplab.presentation.size_words import small_said
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.presentation.notes import Notes
    from diplab.presentation.sheet import PrintedTable
    from diplab.reference.text import Language, Text
    from diplab.results.estimates import Estimates

__all__ = ["banded_table"]


def banded_table(
    estimates: Estimates,
    language: Language,
    title: Text | str | None = None,
    labels: Codebook | None = None,
    notes: Notes | None = None,
    percent: bool | None = None,
    decimals: int | None = None,
) -> PrintedTable:
    """Return answers on a banded variable as a table for print: the bounds with the interval around both, then points.

    Parameters
    ----------
    estimates : Estimates
        From `estimate`, of a banded variable.
    language, title, labels, notes, percent, decimals
        As in `table`.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = pd.DataFrame({"pay": ["under 500", "500 to 999", "1,000 or more", "500 to 999"] * 9})
    >>> found = dl.estimate(dl.declare_design(people), dl.arpr(dl.banded("pay"), threshold=800))
    >>> [cell.text for cell in banded_table(found, "en").sheet.rows[0][:2]]
    ['bounds', '25.0% to 75.0%']
    """
    # a table is dressed by the module that asks for this one
    from diplab.presentation.tables import dressed

    merged, regions = as_regions(estimates)
    book = labels_over(labels, merged.codebook)
    rows = answer_rows(estimates, merged, regions, language, book, percent, decimals)
    columns = estimate_columns(merged, rows, language, book)
    columns = {
        term("column.answer", language) if head == term("column.category", language) else head: column
        for head, column in columns.items()
    }
    remarks = [term("sentence.banded", language)]
    owed = owed_said(merged, regions, [rows[each.place].form for each in regions], language)
    remarks += [owed] if owed else []
    if any(row.small for row in rows):
        remarks.append(small_said(estimates, language))
    return dressed(
        Sheet(
            title=title_of(merged, rows, language, book) if title is None else words(title, language),
            subtitle=words(notes.unit, language) if notes else "",
            header=tuple(columns),
            rows=tuple(zip(*(cells for cells, _ in columns.values()), strict=True)),
            align=tuple(align for _, align in columns.values()),
            notes=conventions(estimates.provenance, language, notes, tuple(remarks), book),
            language=language,
            detail=detail_of(estimates.frame),
        )
    )
