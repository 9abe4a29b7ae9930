"""Answers and reasons for none, for print: rows of the file, and their share of those of the variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from diplab.presentation.conventions import conventions
from diplab.presentation.detail import detail_of
from diplab.presentation.estimate_rows import rows_in_words, title_of
from diplab.presentation.labels import labels_over
from diplab.presentation.language import number
from diplab.presentation.number_form import NumberForm
from diplab.presentation.punctuation import colon, words
from diplab.presentation.sheet import Cell, Sheet
from diplab.presentation.tables import dressed
from diplab.presentation.terms import term

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.presentation.notes import Notes
    from diplab.presentation.sheet import Align, PrintedTable
    from diplab.reference.text import Language, Text
    from diplab.results.estimates import Estimates

__all__ = ["reasons_table"]


def reasons_table(
    counted: Estimates,
    language: Language,
    title: Text | str | None = None,
    labels: Codebook | None = None,
    notes: Notes | None = None,
    decimals: int | None = None,
) -> PrintedTable:
    r"""Return how many rows answered, and how many did not by reason, as a table for print.

    Parameters
    ----------
    counted : Estimates
        From `missing_reasons`.
    language, title, labels, notes, decimals
        As in `table`; decimals are those of the percentages.

    Examples
    --------
    >>> import pandas as pd, diplab as dl
    >>> people = dl.Microdata(pd.DataFrame({"pay": [10.0, None, None]}), dl.Codebook(reasons={"pay": {"refused": 2}}))
    >>> shown = reasons_table(dl.missing_reasons(people, "pay"), "en")
    >>> shown.sheet.title, shown.sheet.header
    ('Answers and reasons for none – pay', ('Answer or reason', 'Rows', '%'))
    >>> [[cell.text for cell in row] for row in shown.sheet.rows]
    [['answered', '1', '33.3%'], ['refused', '2', '66.7%']]
    """
    labels = labels_over(labels, counted.codebook)
    rows = rows_in_words(counted, language, labels)
    form = NumberForm("percent", 1 if decimals is None else decimals)
    several = len({row.variable for row in rows}) > 1
    lines, before = [], ""
    for row in rows:
        count, whole = row.estimate.number, row.respondents.number
        share = count / whole if count is not None and whole else None
        # a variable is named once, above its reasons
        named = [Cell(row.variable if row.variable != before else "")] if several else []
        lines.append((*named, Cell(row.category), row.estimate, form.cell(share, language)))
        before = row.variable
    heads = [term("column.variable", language)] if several else []
    sides: list[Align] = ["left"] * (len(heads) + 1)
    # rows are no respondents: few of them need no star
    whole_file = number(rows[0].respondents.number if rows else 0, language)
    subtitle = f"{term('column.rows', language)}{colon(language)}{whole_file}"
    return dressed(
        Sheet(
            title=title_of(counted, rows, language, labels) if title is None else words(title, language),
            subtitle=words(notes.unit, language) if notes and notes.unit else subtitle,
            header=(*heads, term("reasons.answer", language), term("reasons.rows", language), "%"),
            rows=tuple(lines),
            align=(*sides, "right", "right"),
            notes=conventions(counted.provenance, language, notes, (), labels),
            language=language,
            detail=detail_of(counted.frame),
        )
    )
