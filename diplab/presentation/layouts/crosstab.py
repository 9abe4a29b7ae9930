"""Crosstabs for print: shares over intervals, totals, respondents, letters and tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.presentation.labels import merged_labels, noun_of, variable_label
from diplab.presentation.language import (
    both,
    capital,
    colon,
    cut_by,
    filled_term,
    listed,
    number,
    semicolon,
    term,
    term_text,
    whole_percent,
)
from diplab.presentation.layouts import registry
from diplab.presentation.layouts.crosstab_lines import (
    COUNTED,
    CountedLines,
    CrosstabLines,
    CrosstabPanel,
    category_label,
)
from diplab.presentation.layouts.drawings import marks_of_flags, worded_dimensions
from diplab.presentation.layouts.estimates import without_hidden
from diplab.presentation.layouts.hypothesis import flag_of_test, sentence_of_test
from diplab.presentation.layouts.rows import SMALL, rows_in_words
from diplab.presentation.numbers import NumberForm
from diplab.presentation.sheet import Align, Cell, Sheet
from diplab.reference.text import LANGUAGES, NO_BREAK, Language
from diplab.results.estimates import Estimates, Provenance
from diplab.results.hypothesis_test import Hypothesis, Test
from diplab.results.tables import Crosstab


@registry.layout.register(Crosstab)
def crosstab_sheet(result: Crosstab, request: registry.TableRequest) -> Sheet:
    """Return a crosstab as a table for print."""
    left_out = _count_of_categories(result)
    result = result.without_empty
    left_out -= _count_of_categories(result)
    tables = result.panels or (result,)
    first = tables[0]
    told = (
        tuple(name for name in COUNTED if name in request.show)
        if first.column and not first.several
        else ()
    )
    can = ("interval", *COUNTED) if told else ("residuals",) if first.residuals is not None else ()
    shown = request.shown(*can, *(["association"] if first.residuals is not None else []))
    # letters apply to one kind of shares
    tables = tuple(replace(table, larger=()) for table in tables) if told else tables
    language, labels = request.language, request.labels_of(first.cells.codebook)
    form = NumberForm("percent", 1 if request.decimals is None else request.decimals)
    side_by_side = bool(result.panels)
    request.without("sort")
    has_letters = any(table.shares == "column" and any(table.larger) for table in tables)
    hidden = request.hidden("interval", "n", *["letters"] * has_letters)
    adding, letters = request.sum_to_100, "letters" not in hidden
    panel = partial(
        CrosstabPanel, language=language, labels=labels, form=form, letters=letters, adding=adding
    )
    panels = [panel(table, named=side_by_side) for table in tables]
    alone = panel(result, named=False) if side_by_side else None
    laid_out = CrosstabLines(
        panels, alone, first, language, labels, residuals="residuals" in shown, hidden=hidden
    )
    if told:
        made = {}
        for name in told:
            parts = (replace(table, shares=COUNTED[name] or table.shares) for table in tables)
            made[name] = [panel(part, named=side_by_side) for part in parts]
        laid_out = CountedLines(**vars(laid_out), told=made, bounds="interval" in shown)
    lines = laid_out.lines()
    letters = any(panel.letters for panel in panels)
    remarks = _remarks(laid_out, lines, request, panels, left_out, several=side_by_side)
    heads, over = laid_out.heads()
    keys = len(first.by) + 1 + bool(told)
    left: list[Align] = ["left"] * keys
    right: list[Align] = ["right"] * (len(heads) - keys)
    provenance = printed_provenance(tables, letters=letters, told=bool(told))
    title, frame = crosstab_title(tables, language, labels), without_hidden(result.frame, hidden)
    over = over if side_by_side else ()
    sheet = registry.sheet_of_lines(
        heads, lines, left + right, request, title, provenance, labels, frame, remarks, over
    )
    shares = "" if first.column is None or told else term(f"crosstab.{first.shares}", language)
    below = with_test_lines(
        sheet.notes, tables, language, labels, association="association" in shown
    )
    return replace(sheet, subtitle=request.unit or shares, notes=below)


def _remarks(
    laid_out: CrosstabLines,
    lines: Sequence[Sequence[Cell]],
    request: registry.TableRequest,
    panels: Sequence[CrosstabPanel],
    left_out: int,
    *,
    several: bool,
) -> list[str]:
    """Return what letters, residuals, marks and sums mean, below the table."""
    language, remarks = request.language, []
    level = whole_percent(1 - panels[0].table.cells.provenance.confidence, language)
    if any(panel.letters for panel in panels):
        # letters begin again at each variable
        name = "letters_of_each" if several else "letters"
        remarks.append(term(f"crosstab.{name}", language).replace("{percent}", level))
    if laid_out.residuals:
        remarks.append(term("crosstab.residuals", language).replace("{percent}", level))
    if request.sum_to_100:
        remarks.append(term("sentence.sum_to_100", language))
    if any(cell.small for line in lines for cell in line):
        remarks.append(term("sentence.small_base", language))
    if any(panel.hides for panel in panels):
        remarks.append(term("sentence.confidential", language))
    if left_out:
        name = "one_left_out" if left_out == 1 else "left_out"
        count = number(left_out, language)
        remarks.append(term(f"crosstab.{name}", language).replace("{count}", count))
    return remarks


def _count_of_categories(table: Crosstab) -> int:
    """Return the numbers of categories of the rows and the columns."""
    columns = sum(
        len(panel.categories(panel.column)) for panel in table.panels or (table,) if panel.column
    )
    return len(table.categories(table.row)) + columns


def crosstab_title(tables: tuple[Crosstab, ...], language: Language, labels: Codebook) -> str:
    """Return the default title of tables: their variables, and those of their groups."""
    first = tables[0]
    row = noun_of(first.row, labels, language)
    columns = [noun_of(table.column, labels, language) for table in tables if table.column]
    groups = [noun_of(name, labels, language) for name in first.by]
    shown, by = [row, *columns], groups
    if columns and first.shares == "column":
        shown, by = [row], [*columns, *groups]
    elif columns and first.shares == "row":
        shown, by = columns, [row, *groups]
    head = listed((noun.text for noun in shown), language)
    return cut_by(capital(head) if shown[0].is_label else head, by, language)


def printed_provenance(
    tables: tuple[Crosstab, ...], *, letters: bool, told: bool = False
) -> Provenance:
    """Return the provenance of a crosstab, without rules printed in columns or not at all."""
    provenance = tables[0].cells.provenance
    missing = {
        name: count for table in tables for name, count in table.cells.provenance.missing.items()
    }
    reasons = {
        name: why for table in tables for name, why in table.cells.provenance.reasons.items()
    }
    idle = (*(() if letters else ("adjust",)), *(("shares",) if told else ()))
    rules = {name: value for name, value in provenance.rules.items() if name not in idle}
    return replace(provenance, rules=rules, expected_shares={}, missing=missing, reasons=reasons)


AFTER_TESTS = ("status", "rules", "disclosure", "missing", "assumptions")


def with_test_lines(
    lines: tuple[tuple[str, str], ...],
    tables: tuple[Crosstab, ...],
    language: Language,
    labels: Codebook,
    *,
    association: bool = False,
) -> tuple[tuple[str, str], ...]:
    """Return the lines below a table with those of its tests, after the source."""
    tests = []
    for table in tables:
        named = []
        if len(tables) > 1 and table.column:
            named = [variable_label(table.column, labels, language)]
        groups = list(
            dict.fromkeys(table.cells.frame[list(table.by)].itertuples(index=False, name=None))
        )
        for at, test in enumerate(table.tests):
            group = zip(table.by, groups[at], strict=False) if table.by else ()
            about = [
                *named,
                *(category_label(name, value, labels, language) for name, value in group),
            ]
            head = f"{', '.join(about)}{colon(language)}" if about else ""
            tests.append((term("crosstab.test", language), head + line_of_test(test, language)))
        if association and table.association is not None:
            tests += lines_of_association(table.association, named, language, labels)
    below = {term(f"note.{name}", language) for name in AFTER_TESTS}
    at = next((position for position, (label, _) in enumerate(lines) if label in below), len(lines))
    return (*lines[:at], *tests, *lines[at:])


def lines_of_association(
    found: Estimates, named: list[str], language: Language, labels: Codebook
) -> list[tuple[str, str]]:
    """Return the measures of association as printed below a table, a line for each group."""
    rows = rows_in_words(found, language, labels)
    lines = []
    for group in dict.fromkeys(row.by for row in rows):
        about = ", ".join([*named, *group])
        parts = [
            f"{row.statistic}{NO_BREAK}={NO_BREAK}{row.estimate.text}"
            + (f" {row.interval.text}" * bool(row.interval.text))
            for row, name in zip(rows, found.frame["statistic"], strict=True)
            if row.by == group and name != "log_odds_ratio"
        ]
        head = f"{about}{colon(language)}" if about else ""
        lines.append(
            (term("crosstab.association", language), head + semicolon(language).join(parts))
        )
    return lines


def line_of_test(test: Test, language: Language) -> str:
    """Return a test as printed below a table: hypothesis and method, value and p-value."""
    of_shares = isinstance(test.tested, Hypothesis) and test.tested.kind == "expected"
    what = "fit" if of_shares else "independence"
    head = f"{term(f'crosstab.{what}', language)} ({term(f'crosstab.{test.name}', language)})"
    sentence = sentence_of_test(test, language)
    if not test.flag:
        return f"{head}{colon(language)}{sentence}"
    flag = flag_of_test(test, language)
    if test.lone is not None and test.flag != "no degrees of freedom":
        variable = variable_label(test.lone.variable, test.codebook, language)
        category = category_label(test.lone.variable, test.lone.category, test.codebook, language)
        alone = f"crosstab.{'unit' if test.lone.declared else 'respondent'}_alone"
        flag = filled_term(alone, language, variable=variable, category=category)
    tested = "" if math.isnan(test.p_value) else f"{sentence}{semicolon(language)}"
    return f"{head}{colon(language)}{tested}{flag}"


def _drawn_order(table: Crosstab) -> NDArray[np.intp]:
    place = np.arange(len(table.cells))
    if table.column is None or table.shares != "column":
        return place
    rows, columns = len(table.categories(table.row)), len(table.categories(table.column))
    return place.reshape(-1, rows, columns).transpose(0, 2, 1).ravel()


def _cell_dimensions(
    table: Crosstab, cells: Estimates, labels: Codebook
) -> dict[str, registry.Dimension]:
    """Return the labels of cells by variable: groups, base of the share, then category."""
    crossed = (table.column, table.row) if table.shares == "column" else (table.row, table.column)
    names = [*table.by, *(item for item in crossed if item is not None)]
    answers = {
        code: {
            name: [category_label(name, value, labels, code) for value in cells.frame[name]]
            for name in names
        }
        for code in LANGUAGES
    }
    return worded_dimensions(answers, lambda name, language: variable_label(name, labels, language))


@registry.drawing.register(Crosstab)
def crosstab_drawing(table: Crosstab, request: registry.ChartRequest) -> registry.Drawing:
    """Return the drawing of the shares, those of one whole under one heading."""
    if table.panels:
        raise OptionError(
            "A table of several variables side by side cannot be drawn as one chart.",
            "Each of its panels has its own base.",
            "Write a chart of each: `dl.chart(table.panels[0])`.",
        )
    table = table.without_empty
    order = _drawn_order(table)
    cells = table.cells.rows(order)
    labels = merged_labels(request.labels, cells.codebook)
    bases = [table.counts]
    if table.column is not None:
        # the table marks the respondents of its rows, or of its columns
        pairs = ((table.rows, "column"), (table.columns, "row"))
        bases = [item for item, other in pairs if table.shares != other]
    counts = [base.frame["n"].to_numpy() for base in bases]
    small = np.any([(count > 0) & (count < SMALL) for count in counts], axis=0)[order]
    axis = "statistic.share" if table.column is None else f"crosstab.{table.shares}"
    rows = {
        code: rows_in_words(cells, code, request.labels, request.percent, request.decimals)
        for code in LANGUAGES
    }
    # an empty cell is a share of 0, which needs no remark
    marks, remarks = marks_of_flags(
        replace(cells, frame=cells.frame.replace({"flag": {"empty": ""}})), rows
    )
    dimensions = _cell_dimensions(table, cells, labels)
    *outer, inner = dimensions.values()
    # shares of all respondents make up a whole together, and not by row
    alone = table.column is None or table.shares in ("row", "column")
    return registry.Drawing(
        estimates=cells,
        rows=rows,
        headings=[
            registry.heading_of([name.heads[at] for name in outer], inner.labels[at], mark)
            for at, mark in enumerate(marks)
        ],
        marks=marks,
        dimensions=dimensions,
        parts=[*dimensions][-1] if alone else "",
        remarks=remarks,
        small=list(map(bool, small)),
        title=both(crosstab_title, (table,), labels=labels),
        axis=term_text(axis),
    )
