"""Crosstabs for print: shares over intervals, totals, respondents, letters and tests."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, takewhile

import numpy as np
from numpy.typing import NDArray

from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.presentation.labels import merged_labels, noun_of, nouns_of, variable_label
from diplab.presentation.language import (
    both,
    capital,
    cut_by,
    filled_term,
    headed,
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
    category_labels,
)
from diplab.presentation.layouts.drawings import marks_of_flags, worded_dimensions
from diplab.presentation.layouts.estimates import without_hidden
from diplab.presentation.layouts.hypothesis import flag_of_test, sentence_of_test
from diplab.presentation.layouts.rows import SMALL, rows_in_both, rows_in_words
from diplab.presentation.numbers import NumberForm
from diplab.presentation.sheet import Align, Cell, Sheet
from diplab.reference.text import NO_BREAK, Language
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
    told: tuple[str, ...] = ()
    if first.column and not first.several:
        told = tuple(name for name in COUNTED if name in request.show)
    can = ["residuals", "association"] * (first.residuals is not None)
    if told:
        can = ["interval", *COUNTED, *can[1:]]
        # letters apply to one kind of shares
        tables = tuple(replace(table, larger=()) for table in tables)
    shown = request.shown(*can)
    language, labels = request.language, request.labels_of(first.cells.codebook)
    form = NumberForm("percent", request.decimals_or(1))
    side_by_side = bool(result.panels)
    request.without("sort")
    has_letters = any(table.shares == "column" and any(table.larger) for table in tables)
    hidden = request.hidden("interval", "n", *["letters"] * has_letters)
    adding, letters = request.sum_to_100, "letters" not in hidden
    panel = partial(
        CrosstabPanel, language=language, labels=labels, form=form, letters=letters, adding=adding
    )
    panels = [panel(table, named=side_by_side) for table in tables]
    alone = None
    if side_by_side:
        alone = panel(result, named=False)
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
    remarks = list(_remarks(laid_out, lines, request, panels, left_out))
    heads, over = laid_out.heads()
    if not side_by_side:
        over = ()
    keys = len(first.by) + 1 + bool(told)
    left: list[Align] = ["left"] * keys
    right: list[Align] = ["right"] * (len(heads) - keys)
    provenance = printed_provenance(tables, letters=letters, told=bool(told))
    title, frame = crosstab_title(tables, language, labels), without_hidden(result.frame, hidden)
    sheet = registry.sheet_of_lines(
        heads, lines, left + right, request, title, provenance, labels, frame, remarks, over
    )
    shares = ""
    if first.column is not None and not told:
        shares = term(f"crosstab.{first.shares}", language)
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
) -> Iterator[str]:
    """Yield what letters, residuals, marks and sums mean, below the table."""
    language = request.language
    level = whole_percent(1 - panels[0].table.cells.provenance.confidence, language)
    if any(panel.letters for panel in panels):
        # letters begin again at each variable
        name = "crosstab.letters" + "_of_each" * (laid_out.alone is not None)
        yield filled_term(name, language, percent=level)
    if laid_out.residuals:
        yield filled_term("crosstab.residuals", language, percent=level)
    if request.sum_to_100:
        yield term("sentence.sum_to_100", language)
    if any(cell.small for cell in chain.from_iterable(lines)):
        yield term("sentence.small_base", language)
    if any(panel.hides for panel in panels):
        yield term("sentence.confidential", language)
    if left_out == 1:
        yield filled_term("crosstab.one_left_out", language, count=number(left_out, language))
    elif left_out:
        yield filled_term("crosstab.left_out", language, count=number(left_out, language))


def _count_of_categories(table: Crosstab) -> int:
    """Return the numbers of categories of the rows and the columns."""
    count = len(table.categories(table.row))
    for panel in table.panels or (table,):
        if panel.column:
            count += len(panel.categories(panel.column))
    return count


def crosstab_title(tables: tuple[Crosstab, ...], language: Language, labels: Codebook) -> str:
    """Return the default title of tables: their variables, and those of their groups."""
    first = tables[0]
    row = noun_of(first.row, labels, language)
    columns = nouns_of(filter(None, (table.column for table in tables)), labels, language)
    groups = nouns_of(first.by, labels, language)
    shown, by = [row, *columns], groups
    if columns and first.shares == "column":
        shown, by = [row], [*columns, *groups]
    elif columns and first.shares == "row":
        shown, by = columns, [row, *groups]
    head = listed((noun.text for noun in shown), language)
    if shown[0].is_label:
        head = capital(head)
    return cut_by(head, by, language)


def printed_provenance(
    tables: tuple[Crosstab, ...], *, letters: bool, told: bool = False
) -> Provenance:
    """Return the provenance of a crosstab, without rules printed in columns or not at all."""
    provenance = tables[0].cells.provenance
    missing, reasons = dict(provenance.missing), dict(provenance.reasons)
    for table in tables[1:]:
        missing |= table.cells.provenance.missing
        reasons |= table.cells.provenance.reasons
    rules = dict(provenance.rules)
    if not letters:
        rules.pop("adjust", None)
    if told:
        rules.pop("shares", None)
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
            about = list(named)
            if table.by:
                about += category_labels(table.by, groups[at], labels, language)
            line = headed(", ".join(about), line_of_test(test, language), language)
            tests.append((term("crosstab.test", language), line))
        if association and table.association is not None:
            tests += lines_of_association(table.association, named, language, labels)
    below = {term(f"note.{name}", language) for name in AFTER_TESTS}
    before = list(takewhile(lambda line: line[0] not in below, lines))
    return (*before, *tests, *lines[len(before) :])


def lines_of_association(
    found: Estimates, named: list[str], language: Language, labels: Codebook
) -> list[tuple[str, str]]:
    """Return the measures of association as printed below a table, a line for each group."""
    rows = rows_in_words(found, language, labels)
    lines = []
    for group in dict.fromkeys(row.by for row in rows):
        parts = []
        for row, name in zip(rows, found.frame["statistic"], strict=True):
            if row.by == group and name != "log_odds_ratio":
                said = f"{row.statistic}{NO_BREAK}={NO_BREAK}{row.estimate.text}"
                parts.append(f"{said} {row.interval.text}".rstrip(" "))
        measures = semicolon(language).join(parts)
        line = headed(", ".join([*named, *group]), measures, language)
        lines.append((term("crosstab.association", language), line))
    return lines


def line_of_test(test: Test, language: Language) -> str:
    """Return a test as printed below a table: hypothesis and method, value and p-value."""
    what = term("crosstab.independence", language)
    if isinstance(test.tested, Hypothesis) and test.tested.kind == "expected":
        what = term("crosstab.fit", language)
    head = f"{what} ({term(f'crosstab.{test.name}', language)})"
    sentence = sentence_of_test(test, language)
    if not test.flag:
        return headed(head, sentence, language)
    flag = flag_of_test(test, language)
    if test.lone is not None and test.flag != "no degrees of freedom":
        variable = variable_label(test.lone.variable, test.codebook, language)
        category = category_label(test.lone.variable, test.lone.category, test.codebook, language)
        alone = "crosstab.respondent_alone"
        if test.lone.declared:
            alone = "crosstab.unit_alone"
        flag = filled_term(alone, language, variable=variable, category=category)
    if not math.isnan(test.p_value):
        flag = f"{sentence}{semicolon(language)}{flag}"
    return headed(head, flag, language)


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
    names = [*table.by, table.row]
    if table.column is not None:
        names.insert(len(names) - (table.shares == "column"), table.column)
    answers: dict[Language, dict[str, list[str]]] = {"fr": {}, "en": {}}
    for language, labelled in answers.items():
        for name in names:
            values = cells.frame[name]
            labelled[name] = category_labels([name] * len(values), values, labels, language)
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
    # the table marks the respondents of its rows, or of its columns
    counted, axis = [table.counts], "statistic.share"
    if table.column is not None:
        bases = {"row": [table.rows], "column": [table.columns]}
        counted = bases.get(table.shares, [table.rows, table.columns])
        axis = f"crosstab.{table.shares}"
    counts = np.array([base.frame["n"].to_numpy() for base in counted])[:, order]
    small = np.any((counts > 0) & (counts < SMALL), axis=0).tolist()
    rows = rows_in_both(cells, request.labels, request)
    # an empty cell is a share of 0, which needs no remark
    marks, remarks = marks_of_flags(
        replace(cells, frame=cells.frame.replace({"flag": {"empty": ""}}))
    )
    dimensions = _cell_dimensions(table, cells, labels)
    *outer, inner = dimensions.values()
    # shares of all respondents make up a whole together, and not by row
    parts = ""
    if table.column is None or table.shares in ("row", "column"):
        parts = [*dimensions][-1]
    heads = [dimension.heads for dimension in outer]
    headings = []
    for at, mark in enumerate(marks):
        above = registry.taken_from(heads, at)
        headings.append(registry.heading_of(above, inner.labels[at], mark))
    return registry.Drawing(
        estimates=cells,
        rows=rows,
        headings=headings,
        marks=marks,
        dimensions=dimensions,
        parts=parts,
        remarks=remarks,
        small=small,
        title=both(crosstab_title, (table,), labels=labels),
        axis=term_text(axis),
    )
