"""Crosstabs for print: shares over intervals, totals, respondents, letters and tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import code_text
from diplab.presentation.labels import merged_labels, value_label, variable_label
from diplab.presentation.language import (
    colon,
    cut_by,
    filled_term,
    number,
    semicolon,
    term,
    term_text,
    whole_percent,
)
from diplab.presentation.layouts import registry
from diplab.presentation.layouts.estimates import marks_of_flags, without_hidden, worded_dimensions
from diplab.presentation.layouts.hypothesis import flag_of_test, sentence_of_test
from diplab.presentation.layouts.rows import SMALL, hidden_cell, published_cell, rows_in_words
from diplab.presentation.numbers import NumberForm, adding_up, known
from diplab.presentation.sheet import Align, Cell, Sheet
from diplab.reference.text import LANGUAGES, NO_BREAK, Language, Text
from diplab.results.estimates import CONFIDENTIAL, Estimates, Provenance
from diplab.results.hypothesis_test import Hypothesis, Test
from diplab.results.tables import Crosstab, Shares, column_letter
from diplab.sampling.engines.columns import MISSING

BLANK = Cell("")


def category_label(name: str, value: Any, labels: Codebook, language: Language) -> str:
    """Return the label of a category of a table; a missing answer has its own term."""
    return (
        term("missing.system", language)
        if value == MISSING
        else value_label(name, value, labels, language)
    )


class CrosstabPanel:
    """The printed cells of a crosstab, by kind, as arrays by group, row and column."""

    def __init__(
        self,
        table: Crosstab,
        language: Language,
        labels: Codebook,
        form: NumberForm,
        *,
        named: bool,
        letters: bool = True,
        adding: bool = False,
    ) -> None:
        # the variable of the columns is named over them if there are several
        self.table, self.language, self.form = table, language, form
        cells, margins = table.cells.frame, table.margins.frame
        self.rows = table.categories(table.row)
        self.columns = table.categories(table.column) if table.column else [None]
        self.groups = len(cells) // (len(self.rows) * len(self.columns))
        self.shape = (self.groups, len(self.rows), len(self.columns))
        self.hides = (cells["flag"] == CONFIDENTIAL).any()
        self.letters = letters and table.shares == "column" and any(table.larger_than)
        self.header = [self._head(at, labels) for at in range(len(self.columns))]
        over = variable_label(table.column, labels, language) if named and table.column else ""
        self.over = [over] * len(self.columns)
        shares, of_margins = (part["estimate"].to_numpy(dtype=float) for part in (cells, margins))
        if adding:
            shares, of_margins = self._adding_up(shares.reshape(self.shape), of_margins)
        self.shares, self.intervals = (
            each.reshape(self.shape) for each in self._printed(cells, shares)
        )
        # shares and intervals of the rows of each group, then of its columns
        both, cut = self._printed(margins, of_margins), self.groups * len(self.rows)
        self.row_margins, self.row_bounds = (each[:cut].reshape(self.groups, -1) for each in both)
        self.column_margins, self.column_bounds = (
            each[cut:].reshape(self.groups, -1) for each in both
        )
        larger = list(map(Cell, table.larger_than)) if self.letters else [BLANK] * len(cells)
        self.larger = np.array(larger, dtype=object).reshape(self.shape)
        # over imputations the respondents of cells do not add up: each base has its own number
        of_row = (table.rows if table.column else table.counts).frame["n"]
        self.of_row = of_row.to_numpy().reshape(self.shape)[:, :, 0]
        self.of_column = table.columns.frame["n"].to_numpy().reshape(self.shape)[:, 0, :]
        self.of_group = table.shares_of["cell"].frame["n"].to_numpy().reshape(self.shape)[:, 0, 0]

    def _head(self, at: int, labels: Codebook) -> str:
        name = self.table.column
        if name is None:
            return term("statistic.share", self.language)
        head = category_label(name, self.columns[at], labels, self.language)
        return f"{head}{NO_BREAK}({column_letter(at)})" if self.letters else head

    def _printed(
        self, frame: pd.DataFrame, shown: NDArray[np.float64]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return shares, printed as `shown`, and their intervals as cells."""
        pairs = zip(frame["estimate"], shown.ravel(), strict=True)
        shares = [replace(self.cell(flag), number=known(share)) for share, flag in pairs]
        flags = frame["flag"].astype(str)
        shares = [published_cell(*pair, self.language) for pair in zip(shares, flags, strict=True)]
        bounds = zip(frame["ci_low"], frame["ci_high"], strict=True)
        intervals = [self.form.between(low, high, self.language) for low, high in bounds]
        return np.array(shares, dtype=object), np.array(intervals, dtype=object)

    def cell(self, value: float, form: NumberForm | None = None) -> Cell:
        """Return a number, or the mark of one that may not be published."""
        hidden = self.hides and np.isnan(value)
        return (
            hidden_cell(self.language)
            if hidden
            else (form or self.form).cell(known(value), self.language)
        )

    def _adding_up(
        self, shares: NDArray[np.float64], margins: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return shares and margins rounded so that printed percentages add up."""
        decimals = self.form.decimals
        if self.table.column is not None and self.table.shares == "cell":
            parts = shares.reshape(self.groups, -1)
            shown = np.apply_along_axis(adding_up, 1, parts, decimals).reshape(self.shape)
            return shown, np.concatenate([shown.sum(axis=2).ravel(), shown.sum(axis=1).ravel()])
        axis = 2 if self.table.column is not None and self.table.shares == "row" else 1
        shown = np.apply_along_axis(adding_up, axis, shares, decimals)
        if self.table.column is not None:
            cut = self.groups * len(self.rows)
            both = (margins[:cut].reshape(self.groups, -1), margins[cut:].reshape(self.groups, -1))
            margins = np.concatenate(
                [np.apply_along_axis(adding_up, 1, table, decimals).ravel() for table in both]
            )
        return shown, margins

    @cached_property
    def residuals(self) -> NDArray[Any]:
        """Return standardised residuals of cells, in brackets if not significant."""
        assert self.table.residuals is not None  # only reached with residuals
        level, cells = 1 - self.table.cells.provenance.confidence, []
        for value, p in self.table.residuals.frame[["standardised", "p_adjusted"]].itertuples(
            index=False
        ):
            text = (
                ""
                if known(value) is None
                else f"{'+' if value > 0 else ''}{number(value, self.language, 1)}"
            )
            cells.append(Cell(text if p < level or not text else f"({text})", known(value)))
        return np.array(cells, dtype=object).reshape(self.shape)


def respondents_cell(count: float, language: Language) -> Cell:
    """Return a number of respondents, with a mark if it is small."""
    if 0 < count < SMALL:
        return Cell(f"{number(count, language)}{NO_BREAK}*", count, '#,##0" *"')
    return count_cell(count, language)


def count_cell(count: float, language: Language) -> Cell:
    """Return a count of rows, which may be hidden."""
    return (
        hidden_cell(language) if np.isnan(count) else Cell(number(count, language), count, "#,##0")
    )


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
    tables = tuple(replace(table, larger_than=()) for table in tables) if told else tables
    language, labels = request.language, request.labels_of(first.cells.codebook)
    form = NumberForm("percent", 1 if request.decimals is None else request.decimals)
    side_by_side = bool(result.panels)
    request.without("sort")
    has_letters = any(table.shares == "column" and any(table.larger_than) for table in tables)
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
        from diplab.presentation.layouts.side_by_side import CountedLines

        of_kind = {
            name: [replace(table, shares=COUNTED[name] or table.shares) for table in tables]
            for name in told
        }
        made = {
            name: [panel(part, named=side_by_side) for part in several]
            for name, several in of_kind.items()
        }
        laid_out = CountedLines(**vars(laid_out), told=made, bounds="interval" in shown)
    lines = laid_out.lines()
    letters = any(panel.letters for panel in panels)
    remarks = _remarks(laid_out, lines, request, panels, left_out, several=side_by_side)
    heads, over = laid_out.heads()
    keys = len(first.by) + 1 + bool(told)
    align: list[Align] = ["left" if place < keys else "right" for place in range(len(heads))]
    provenance = printed_provenance(tables, letters=letters, told=bool(told))
    title, frame = crosstab_title(tables, language, labels), without_hidden(result.frame, hidden)
    over = over if side_by_side else ()
    sheet = registry.sheet_of_lines(
        heads, lines, align, request, title, provenance, labels, frame, remarks, over
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
    if any(cell.form.endswith('" *"') for line in lines for cell in line):
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
    row = variable_label(first.row, labels, language)
    columns = [variable_label(table.column, labels, language) for table in tables if table.column]
    head = f"{row} × {', '.join(columns)}" if columns else row
    groups = [variable_label(name, labels, language) for name in first.by]
    return cut_by(head, groups, language)


def unless_blank(line: list[Cell]) -> list[list[Cell]]:
    """Return a line of a table, or none if it is empty."""
    return [line] if any(cell.text for cell in line) else []


def across(panels: Sequence[CrosstabPanel], kind: str, *place: int) -> list[Any]:
    """Return the cells of one kind and position in all panels, from left to right."""
    return [each for panel in panels for each in getattr(panel, kind)[place]]


@dataclass(frozen=True, eq=False)
class CrosstabLines:
    """The lines of a printed crosstab: rows over intervals and letters, margins, respondents."""

    # the last columns are the margin of the rows and their respondents; with several panels they
    # are about the variable of the rows only, since each panel has its own base
    panels: list[CrosstabPanel]
    alone: CrosstabPanel | None
    first: Crosstab
    language: Language
    labels: Codebook
    residuals: bool = False
    hidden: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The base of the shares; a single variable is laid out separately."""
        return "alone" if self.first.column is None else self.first.shares

    @property
    def expected(self) -> dict[str, float]:
        """The expected share of each category, if the table was tested against shares."""
        shares = self.first.cells.provenance.expected_shares.get(self.first.row, {})
        return {code_text(code): share for code, share in shares.items()}

    @property
    def counted(self) -> str:
        """The term for numbers of respondents: "base" if the shares are shares of them."""
        return "column.base_n" if self.kind in ("row", "column") else "column.n"

    @cached_property
    def weighted(self) -> list[list[Cell]]:
        """The weighted counts of rows and their sum by group, for one variable, or None."""
        counts = self.first.counts.frame
        if self.kind != "alone" or np.allclose(counts["estimate"], counts["n"], equal_nan=True):
            return []
        form = NumberForm("number", 0 if counts["estimate"].max() >= 100 else 1)
        of_group = counts["estimate"].to_numpy().reshape(-1, len(self.panels[0].rows))
        cells = [
            [self.panels[0].cell(value, form) for value in (*each, each.sum())] for each in of_group
        ]
        return [[*cell[:-1], BLANK] for cell in cells] if self.first.several else cells

    @cached_property
    def cumulated(self) -> list[list[Cell]]:
        """The cumulated shares of rows by group, if answers are ordered and in order."""
        ordinal = self.first.row in self.labels and self.labels[self.first.row].measure == "ordinal"
        if (
            self.kind != "alone"
            or not ordinal
            or self.first.several
            or "sort" in self.first.cells.provenance.rules
        ):
            return []
        of_group = (
            self.first.cells.frame["estimate"]
            .to_numpy()
            .reshape(-1, len(self.panels[0].rows))
            .cumsum(axis=1)
        )
        return [[self.panels[0].cell(each) for each in line] for line in of_group]

    @property
    def shown(self) -> slice:
        """The printed cells of a line: all, or all but the last if respondents are hidden."""
        return slice(-1) if "n" in self.hidden and self.kind != "column" else slice(None)

    def heads(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the heads of all columns, and the variables of panels above them."""
        names = [
            variable_label(name, self.labels, self.language)
            for name in (*self.first.by, self.first.row)
        ]
        ends = self.ends_header()
        heads = [*names, *(head for panel in self.panels for head in panel.header), *ends]
        over = [
            *("" for _ in names),
            *(each for panel in self.panels for each in panel.over),
            *("" for _ in ends),
        ]
        return tuple(heads[self.shown]), tuple(over[self.shown])

    def ends_header(self) -> list[str]:
        """Return the heads of the last columns."""
        everybody, n = term("word.all", self.language), term(self.counted, self.language)
        if self.kind == "alone":
            there = {"count": self.weighted, "cumulated": self.cumulated, "expected": self.expected}
            return [
                *(
                    term(f"crosstab.{name}", self.language)
                    for name, shown in there.items()
                    if shown
                ),
                n,
            ]
        if self.kind == "row" and self.alone:
            return [n]
        if self.kind == "row":
            return [term("crosstab.total", self.language), n]
        return [everybody] if self.kind == "column" else [everybody, n]

    def lines(self) -> list[list[Cell]]:
        """Return every line, by group."""
        names = list(self.first.by)
        groups = list(
            dict.fromkeys(self.first.cells.frame[names].itertuples(index=False, name=None))
        ) or [()]
        lines: list[list[Cell]] = []
        for group, values in enumerate(groups):
            head = [
                category_label(name, value, self.labels, self.language)
                for name, value in zip(names, values, strict=True)
            ]
            for at, line in enumerate(self._body(group) + self._foot(group)):
                lines.append([Cell(each if at == 0 else "") for each in head] + line)
        counted = Cell(term(self.counted, self.language)) if "n" in self.hidden else None
        return [row[self.shown] for row in lines if row[len(names)] != counted]

    def _body(self, group: int) -> list[list[Cell]]:
        lines = []
        for row, category in enumerate(self.panels[0].rows):
            label = Cell(category_label(self.first.row, category, self.labels, self.language))
            ends, under = self._row_ends(group, row)
            lines.append([label, *across(self.panels, "shares", group, row), *ends])
            if "interval" not in self.hidden:
                lines += unless_blank(
                    [BLANK, *across(self.panels, "intervals", group, row), *under]
                )
            for kind in ("larger", *["residuals"] * self.residuals):
                lines += unless_blank(
                    [BLANK, *across(self.panels, kind, group, row), *(BLANK for _ in ends)]
                )
        return lines

    def _row_ends(self, group: int, row: int) -> tuple[list[Cell], list[Cell]]:
        """Return the last cells of a row, and the cells below them."""
        panel = self.alone or self.panels[0]
        n = respondents_cell(panel.of_row[group, row], self.language)
        if self.kind == "alone":
            code = code_text(self.panels[0].rows[row])
            ends = [shown[group][row] for shown in (self.weighted, self.cumulated) if shown]
            ends += (
                [panel.form.cell(self.expected.get(code), self.language)] if self.expected else []
            )
            return [*ends, n], [BLANK for _ in (*ends, n)]
        if self.kind == "row" and self.alone:
            return [n], [BLANK]
        if self.kind == "row":
            return [panel.form.cell(1.0, self.language) if n.number else BLANK, n], [BLANK, BLANK]
        share, interval = panel.row_margins[group, row], panel.row_bounds[group, row]
        return ([share], [interval]) if self.kind == "column" else ([share, n], [interval, BLANK])

    def _foot(self, group: int) -> list[list[Cell]]:
        """Return the last lines of a group: the margin of the columns, and their respondents."""
        hundred = self.panels[0].form.cell(1.0, self.language)
        n = respondents_cell((self.alone or self.panels[0]).of_group[group], self.language)
        total, everyone = (
            Cell(term("crosstab.total", self.language)),
            Cell(term("word.all", self.language)),
        )
        if self.kind == "alone":
            sums = [self.weighted[group][-1]] if self.weighted else []
            sums += [BLANK] if self.cumulated else []
            if self.first.several:
                return [[everyone, BLANK, *sums, n]]
            return [[total, hundred, *sums, *([hundred] if self.expected else []), n]]
        counted = [
            respondents_cell(column, self.language)
            for column in across(self.panels, "of_column", group)
        ]
        of_columns = [Cell(term(self.counted, self.language)), *counted, n]
        if self.kind == "column":
            wholes = [hundred if each.number else BLANK for each in counted]
            return [of_columns] if self.first.several else [[total, *wholes, hundred], of_columns]
        last = [n] if self.kind == "row" and self.alone else [hundred, n]
        lines = [[everyone, *across(self.panels, "column_margins", group), *last]]
        if "interval" not in self.hidden:
            lines += unless_blank(
                [BLANK, *across(self.panels, "column_bounds", group), *(BLANK for _ in last)]
            )
        return [*lines, [*of_columns, BLANK]] if self.kind == "cell" else lines


COUNTED: dict[str, Shares | None] = {
    "counts": None,
    "row_percent": "row",
    "column_percent": "column",
}
"""The numbers printed for each cell, and their base if they are shares."""


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


def with_test_lines(
    lines: tuple[tuple[str, str], ...],
    tables: tuple[Crosstab, ...],
    language: Language,
    labels: Codebook,
    *,
    association: bool = False,
) -> tuple[tuple[str, str], ...]:
    """Return the lines below a table with those of its tests, before the status."""
    tests = []
    for table in tables:
        named = (
            [variable_label(table.column, labels, language)]
            if len(tables) > 1 and table.column
            else []
        )
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
    status = term("note.status", language)
    at = next((place for place, (label, _) in enumerate(lines) if label == status), len(lines))
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
    said = flag_of_test(test, language)
    if test.lone is not None and test.flag != "no degrees of freedom":
        variable = variable_label(test.lone.variable, test.codebook, language)
        category = category_label(test.lone.variable, test.lone.category, test.codebook, language)
        alone = f"crosstab.{'unit' if test.lone.declared else 'respondent'}_alone"
        said = filled_term(alone, language, variable=variable, category=category)
    tested = "" if math.isnan(test.p_value) else f"{sentence}{semicolon(language)}"
    return f"{head}{colon(language)}{tested}{said}"


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
    names = [*table.by, *(each for each in crossed if each is not None)]
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
        bases = [each for each, other in pairs if table.shares != other]
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
    return registry.Drawing(
        estimates=cells,
        rows=rows,
        headings=[
            registry.heading_of([name.heads[at] for name in outer], inner.labels[at], mark)
            for at, mark in enumerate(marks)
        ],
        marks=marks,
        dimensions=dimensions,
        remarks=remarks,
        small=[bool(each) for each in small],
        title=Text(*(crosstab_title((table,), code, labels) for code in LANGUAGES)),
        axis=term_text(axis),
    )
