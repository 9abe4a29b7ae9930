"""Tables for print: estimates in words, with base, source, status and the rules in force below them."""

from __future__ import annotations

import hashlib
import math
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd
from great_tables import html

from diplab.errors import OptionError
from diplab.presentation.conventions import conventions
from diplab.presentation.detail import detail_of
from diplab.presentation.estimate_columns import estimate_columns
from diplab.presentation.estimate_rows import not_estimates, rows_in_words, title_of
from diplab.presentation.labels import labels_over
from diplab.presentation.language import number
from diplab.presentation.of_whom import bases_said
from diplab.presentation.punctuation import colon, words
from diplab.presentation.sheet import Align, Cell, PrintedTable, Sheet
from diplab.presentation.size_words import small_said
from diplab.presentation.terms import term
from diplab.results.comparison import Comparison
from diplab.results.estimates import Estimates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from diplab.microdata.codebook import Codebook
    from diplab.microdata.jobs.rules import JobRules
    from diplab.microdata.quality.findings import Quality
    from diplab.presentation.notes import Notes
    from diplab.reference.text import Language, Text
    from diplab.results.crosstab import Banner, Crosstab
    from diplab.results.plan import Plan
    from diplab.results.population_comparison import PopulationComparison
    from diplab.results.test import Test

__all__ = ["dressed", "table", "table_of"]


def table(
    estimates: Estimates
    | Comparison
    | Crosstab
    | Banner
    | Test
    | Plan
    | Quality
    | PopulationComparison
    | JobRules
    | pd.DataFrame,
    language: Language = "en",
    *,
    title: Text | str | None = None,
    labels: Codebook | None = None,
    notes: Notes | None = None,
    percent: bool | None = None,
    decimals: int | None = None,
    align: Mapping[str, Align] | None = None,
    numbers: pd.DataFrame | None = None,
) -> PrintedTable:
    r"""Return estimates as a table for print, in French or in English.

    Parameters
    ----------
    estimates : Estimates, Comparison, Crosstab, Banner, Test, Plan, Quality, PopulationComparison, JobRules, DataFrame
        The numbers, one row an estimate (a line a term for a regression); or a crosstab, or several side by side; or a
        test; or a plan; or the quality of a file; or shares beside one of the population; or the rules of the main
        job; or a published study rerun, whose table is in its own language and
        takes no other option; or a frame of one's own, whose words are printed as they are and whose numbers in the
        manner of the language.
    language : {"fr", "en"}
        Language of the reader.
    title : Text or str, optional
        Title above; by default the statistic, the variable and the domain variables.
    labels : Codebook, optional
        Labels of variables and answers; by default the codebook of the estimates.
    notes : Notes, optional
        *Lecture*, *Champ*, *Source*, note and unit; what is missing there is taken from the provenance.
    percent : bool, optional
        Print estimates as percentages; by default shares and rates are. Their differences are in points.
    decimals : int, optional
        Digits after the decimal mark; by default chosen from the standard errors.
    align : mapping of str to {"left", "center", "right"}, optional
        Of a frame of one's own, by column; by default numbers stand right and words left.
    numbers : pandas.DataFrame, optional
        Of a frame of one's own whose numbers are words already: the numbers behind them, for spreadsheets.

    Returns
    -------
    great_tables.GT
        The table, with its plain content in `.sheet`; `diplab.save` writes it down.

    Raises
    ------
    OptionError
        For another language, and for a thing that is neither estimates nor a comparison.

    Examples
    --------
    >>> import pandas as pd
    >>> import diplab as dl
    >>> people = pd.DataFrame({"hours": [10.0, 20.0, 30.0, 40.0]})
    >>> shown = dl.table(dl.estimate(dl.declare_design(people), dl.mean("hours")), language="fr")
    >>> shown.sheet.header
    ('Estimation', 'Intervalle à 95\xa0%', 'Répondants')
    """
    if isinstance(estimates, Comparison):
        return _compared(estimates, language)
    if isinstance(estimates, pd.DataFrame):
        return _of_frame(estimates, language, title, notes, decimals, align, numbers)
    # other layouts are made with `dressed`: an import at the top would go round in a circle
    from diplab.presentation.layouts import own_table

    own = own_table(estimates, language, title, labels, notes, decimals, percent)
    if own is not None:
        return own
    if not isinstance(estimates, Estimates):
        raise not_estimates("table", estimates)
    return _of_estimates(estimates, language, title, labels, notes, percent, decimals)


def _of_frame(
    frame: pd.DataFrame,
    language: Language,
    title: Text | str | None,
    notes: Notes | None,
    decimals: int | None,
    align: Mapping[str, Align] | None,
    numbers: pd.DataFrame | None,
) -> PrintedTable:
    """Lay out a frame that is no result: words as they are, numbers in the manner of the language."""
    if frame.index.names != [None]:
        frame = frame.reset_index()
    numeric = [str(name) for name in frame if pd.api.types.is_numeric_dtype(frame[name])]
    cells = frame.astype(object)
    for name in numeric:
        column = frame[name].astype(float)
        digits = decimals if decimals is not None else (0 if (column.dropna() % 1 == 0).all() else 1)
        cells[name] = [number(value, language, digits) for value in column]
    sides: dict[str, Align] = dict.fromkeys(numeric, "right")
    # the index is given for frames without a number
    behind = pd.DataFrame(
        {str(name): frame[name] if name in numeric else math.nan for name in frame}, index=frame.index
    )
    return table_of(
        cells,
        title or "",
        notes.unit if notes else "",
        notes.lines(language) if notes else (),
        sides | dict(align or {}),
        language=language,
        numbers=behind if numbers is None else numbers,
    )


def _of_estimates(
    estimates: Estimates,
    language: Language,
    title: Text | str | None,
    labels: Codebook | None,
    notes: Notes | None,
    percent: bool | None,
    decimals: int | None,
) -> PrintedTable:
    labels = labels_over(labels, estimates.codebook)
    rows = rows_in_words(estimates, language, labels, percent, decimals)
    columns = estimate_columns(estimates, rows, language, labels)
    bounds = any(row.estimate.number is None and row.interval.text for row in rows)
    remarks = [term("sentence.bounds", language)] if bounds else []
    if said := bases_said(estimates, language):
        remarks.insert(0, said)
    if any(row.small for row in rows):
        remarks.append(small_said(estimates, language))
    return dressed(
        Sheet(
            title=title_of(estimates, rows, language, labels) if title is None else words(title, language),
            subtitle=words(notes.unit, language) if notes else "",
            header=tuple(columns),
            rows=tuple(zip(*(cells for cells, _ in columns.values()), strict=True)),
            align=tuple(align for _, align in columns.values()),
            notes=conventions(estimates.provenance, language, notes, tuple(remarks), labels),
            language=language,
            detail=detail_of(estimates.frame),
        )
    )


def _compared(comparison: Comparison, language: Language) -> PrintedTable:
    # Comparisons are laid out by `table_of`: an import at the top would go round in a circle.
    from diplab.presentation.comparisons import comparison_table

    if language not in ("en", comparison.language):
        # English is the default, and so no wish.
        raise OptionError(
            f"A table of `{comparison.study}` in the language {language!r} was asked.",
            f"The words of this comparison are in {comparison.language!r}.",
            f"Write `dl.reproduce({comparison.study!r}, language='fr')` first.",
        )
    return comparison_table(comparison)


def table_of(
    frame: pd.DataFrame,
    title: Text | str = "",
    subtitle: Text | str = "",
    notes_lines: Sequence[str | tuple[str, str]] = (),
    align: Mapping[str, Align] | None = None,
    *,
    language: Language = "en",
    numbers: pd.DataFrame | None = None,
) -> PrintedTable:
    """Return any frame of strings as a table for print.

    Parameters
    ----------
    frame : pandas.DataFrame
        Cells as printed; column names are the header. French words get their no-break spaces here.
    title, subtitle : Text or str
        Printed above.
    notes_lines : sequence of str or (str, str)
        Lines below; a pair is a label and its content.
    align : mapping of str to {"left", "center", "right"}, optional
        By column; left where not named.
    language : {"fr", "en"}
        Language of the words.
    numbers : pandas.DataFrame, optional
        Same shape: the numbers behind the cells, NaN where a cell is words; spreadsheets get these.

    Returns
    -------
    great_tables.GT
        The table, with its plain content in `.sheet`.

    Examples
    --------
    >>> import pandas as pd
    >>> figures = pd.DataFrame({"Study": ["headcount"], "Published": ["14,903"]})
    >>> shown = table_of(figures, align={"Published": "right"})
    >>> shown.sheet.rows[0][1].text
    '14,903'
    """
    header = [str(name) for name in frame.columns]
    chosen = align or {}
    cells = tuple(
        tuple(_cell(words(str(value), language), numbers, row, column) for column, value in enumerate(values))
        for row, values in enumerate(frame.itertuples(index=False, name=None))
    )
    return dressed(
        Sheet(
            title=words(title, language),
            subtitle=words(subtitle, language),
            header=tuple(words(name, language) for name in header),
            rows=cells,
            align=tuple(chosen.get(name, "left") for name in header),
            notes=tuple(_note(each, language) for each in notes_lines),
            language=language,
        )
    )


def dressed(sheet: Sheet) -> PrintedTable:
    """Return a sheet as a great_tables table: title left, three rules, notes below.

    Parameters
    ----------
    sheet : Sheet
        The content.

    Returns
    -------
    great_tables.GT
        The table, holding `sheet`.
    """
    names = [f"c{position}" for position in range(len(sheet.header))]
    body = pd.DataFrame([[cell.text for cell in row] for row in sheet.rows], columns=names, dtype=object)
    # A fixed id instead of a random one: the same table gives the same file.
    mark = hashlib.sha256(repr(sheet).encode()).hexdigest()[:10]
    shown = PrintedTable(body, id=f"diplab-{mark}", locale=sheet.language, auto_align=False)
    # as HTML of our own: plain words are taken for a notation of units there, and are not escaped
    shown = shown.cols_label(
        {name: html(escape(head)) for name, head in zip(names, sheet.header, strict=True)}
    )
    for span in sheet.spans():
        if span.title:
            shown = shown.tab_spanner(
                html(escape(span.title)), columns=names[span.start : span.stop], id=f"over-{span.start}"
            )
    for side in ("left", "center", "right"):
        chosen = [name for name, align in zip(names, sheet.align, strict=True) if align == side]
        if chosen:
            shown = shown.cols_align(side, columns=chosen)
    if sheet.title:
        below = html(escape(sheet.subtitle)) if sheet.subtitle else None
        shown = shown.tab_header(title=html(escape(sheet.title)), subtitle=below)
    for label, content in sheet.notes:
        head = f"<em>{escape(label)}</em>{colon(sheet.language)}" if label else ""
        shown = shown.tab_source_note(html(head + escape(content)))
    shown = _plain_style(shown)
    shown.sheet = sheet
    return shown


def _plain_style(shown: PrintedTable) -> PrintedTable:
    styled: PrintedTable = shown.opt_align_table_header("left").tab_options(
        table_font_size="14px",
        heading_title_font_size="15px",
        heading_title_font_weight="bold",
        heading_subtitle_font_size="13px",
        source_notes_font_size="12px",
        table_body_hlines_style="none",
        table_border_top_style="none",
        data_row_padding="4px",
    )
    return styled


def _cell(text: str, numbers: pd.DataFrame | None, row: int, column: int) -> Cell:
    value: Any = None if numbers is None else numbers.iat[row, column]
    return Cell(text) if value is None or pd.isna(value) else Cell(text, float(value))


def _note(said: str | tuple[str, str], language: Language) -> tuple[str, str]:
    label, content = ("", said) if isinstance(said, str) else said
    return label, words(content, language)
