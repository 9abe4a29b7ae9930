"""Lines of a crosstab: the cells of each panel, with counts, percentages, residuals or letters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import compress
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import code_text
from diplab.presentation.labels import value_label, variable_label, variable_labels
from diplab.presentation.language import number, term
from diplab.presentation.layouts.rows import hidden_cell, published_cell, respondents_cell
from diplab.presentation.numbers import NumberForm, adding_up, known
from diplab.presentation.sheet import BLANK, Cell
from diplab.reference.text import NO_BREAK, Language
from diplab.results.estimates import CONFIDENTIAL
from diplab.results.tables import Crosstab, Shares, column_letter
from diplab.sampling.engines.columns import MISSING


def category_label(name: str, value: Any, labels: Codebook, language: Language) -> str:
    """Return the label of a category of a table; a missing answer has its own term."""
    if value == MISSING:
        return term("missing.system", language)
    return value_label(name, value, labels, language)


def category_labels(
    names: Iterable[str], values: Iterable[Any], labels: Codebook, language: Language
) -> list[str]:
    """Return the label of one category of each variable."""
    pairs = zip(names, values, strict=True)
    return [category_label(*pair, labels, language) for pair in pairs]


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
        self.columns: list[Any] = [None]
        over = ""
        if table.column:
            self.columns = table.categories(table.column)
            if named:
                over = variable_label(table.column, labels, language)
        self.groups = len(cells) // (len(self.rows) * len(self.columns))
        self.shape = (self.groups, len(self.rows), len(self.columns))
        self.hides = (cells["flag"] == CONFIDENTIAL).any()
        self.letters = letters and table.shares == "column" and any(table.larger)
        self.header = [self._head(at, labels) for at in range(len(self.columns))]
        self.over = [over] * len(self.columns)
        shares = cells["estimate"].to_numpy(dtype=float)
        of_margins = margins["estimate"].to_numpy(dtype=float)
        if adding:
            shares, of_margins = self._adding_up(shares.reshape(self.shape), of_margins)
        printed = self._printed(cells, shares).reshape(-1, *self.shape)
        self.shares, self.intervals = printed
        # shares and intervals of the rows of each group, then of its columns
        printed, cut = self._printed(margins, of_margins), self.groups * len(self.rows)
        self.row_margins, self.row_bounds = printed[:, :cut].reshape(2, self.groups, -1)
        self.column_margins, self.column_bounds = printed[:, cut:].reshape(2, self.groups, -1)
        larger = [BLANK] * len(cells)
        if self.letters:
            larger = list(map(Cell, table.larger_than))
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
        if not self.letters:
            return head
        return f"{head}{NO_BREAK}({column_letter(at)})"

    def _printed(self, frame: pd.DataFrame, shown: NDArray[np.float64]) -> NDArray[Any]:
        """Return shares, printed as `shown`, and their intervals as cells, in two rows."""
        cells = np.empty((2, len(frame)), dtype=object)
        columns = frame[["estimate", "flag", "ci_low", "ci_high"]]
        for at, (share, flag, low, high) in enumerate(columns.itertuples(index=False)):
            cell = replace(self.cell(shown.flat[at]), number=known(share))
            cells[0, at] = published_cell(cell, str(flag), self.language)
            cells[1, at] = self.form.between(low, high, self.language)
        return cells

    def cell(self, value: float, form: NumberForm | None = None) -> Cell:
        """Return a number, or the mark of one that may not be published."""
        hidden = self.hides and np.isnan(value)
        if hidden:
            return hidden_cell(self.language)
        return (form or self.form).cell(known(value), self.language)

    def _adding_up(
        self, shares: NDArray[np.float64], margins: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return shares and margins rounded so that printed percentages add up."""

        def added(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
            return np.apply_along_axis(adding_up, axis, values, self.form.decimals)

        if self.table.column is None:
            return added(shares, 1), margins
        if self.table.shares == "cell":
            shown = added(shares.reshape(self.groups, -1), 1).reshape(self.shape)
            return shown, np.concatenate([shown.sum(axis=2).ravel(), shown.sum(axis=1).ravel()])
        cut = self.groups * len(self.rows)
        of_rows = added(margins[:cut].reshape(self.groups, -1), 1)
        of_columns = added(margins[cut:].reshape(self.groups, -1), 1)
        shown = added(shares, {"column": 1, "row": 2}[self.table.shares])
        return shown, np.concatenate([of_rows.ravel(), of_columns.ravel()])

    @cached_property
    def residuals(self) -> NDArray[Any]:
        """Return standardised residuals of cells, in brackets if not significant."""
        assert self.table.residuals is not None  # only reached with residuals
        level, cells = 1 - self.table.cells.provenance.confidence, []
        frame = self.table.residuals.frame
        for value, p in zip(frame["standardised"], frame["p_adjusted"], strict=True):
            text = number(known(value), self.language, 1, absent="")
            if value > 0:
                text = f"+{text}"
            if text and not p < level:
                text = f"({text})"
            cells.append(Cell(text, known(value)))
        return np.array(cells, dtype=object).reshape(self.shape)


def unless_blank(line: list[Cell]) -> list[list[Cell]]:
    """Return a line of a table, or none if it is empty."""
    if any(cell.text for cell in line):
        return [line]
    return []


def across(panels: Sequence[CrosstabPanel], kind: str, *place: int) -> list[Any]:
    """Return the cells of one kind and position in all panels, from left to right."""
    cells: list[Any] = []
    for panel in panels:
        cells += getattr(panel, kind)[place].tolist()
    return cells


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
        if self.first.column is None:
            return "alone"
        return self.first.shares

    @property
    def expected(self) -> dict[str, float]:
        """The expected share of each category, if the table was tested against shares."""
        shares = self.first.cells.provenance.expected_shares.get(self.first.row, {})
        return dict(zip(map(code_text, shares), shares.values(), strict=True))

    @property
    def counted(self) -> str:
        """The term for numbers of respondents: "base" if the shares are shares of them."""
        if self.kind in ("row", "column"):
            return "column.base_n"
        return "column.n"

    @property
    def whole(self) -> CrosstabPanel:
        """The panel of the margins of the rows: that of one variable if there are several."""
        return self.alone or self.panels[0]

    @property
    def hundred(self) -> Cell:
        """The printed share of a whole."""
        return self.whole.form.cell(1.0, self.language)

    @cached_property
    def weighted(self) -> list[list[Cell]]:
        """The weighted counts of rows and their sum by group, for one variable, or None."""
        counts = self.first.counts.frame
        if self.kind != "alone" or np.allclose(counts["estimate"], counts["n"], equal_nan=True):
            return []
        form = NumberForm("number", int(not counts["estimate"].max() >= 100))
        panel, lines = self.panels[0], []
        for group in counts["estimate"].to_numpy().reshape(-1, len(panel.rows)):
            cells = [panel.cell(value, form) for value in (*group, group.sum())]
            if self.first.several:
                cells[-1] = BLANK
            lines.append(cells)
        return lines

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
        return [list(map(self.panels[0].cell, line)) for line in of_group]

    @property
    def shown(self) -> slice:
        """The printed cells of a line: all, or all but the last if respondents are hidden."""
        if "n" in self.hidden and self.kind != "column":
            return slice(-1)
        return slice(None)

    def heads(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the heads of all columns, and the variables of panels above them."""
        heads = variable_labels((*self.first.by, self.first.row), self.labels, self.language)
        over = [""] * len(heads)
        for panel in self.panels:
            heads += panel.header
            over += panel.over
        heads += self.ends_header()
        over += [""] * (len(heads) - len(over))
        return tuple(heads[self.shown]), tuple(over[self.shown])

    def ends_header(self) -> list[str]:
        """Return the heads of the last columns."""
        everybody, n = term("word.all", self.language), term(self.counted, self.language)
        if self.kind == "alone":
            there = {"count": self.weighted, "cumulated": self.cumulated, "expected": self.expected}
            shown = compress(there, there.values())
            return [*(term(f"crosstab.{name}", self.language) for name in shown), n]
        if self.kind == "row" and self.alone:
            return [n]
        if self.kind == "row":
            return [term("crosstab.total", self.language), n]
        if self.kind == "column":
            return [everybody]
        return [everybody, n]

    def lines(self) -> list[list[Cell]]:
        """Return every line, by group."""
        names = list(self.first.by)
        groups = list(
            dict.fromkeys(self.first.cells.frame[names].itertuples(index=False, name=None))
        ) or [()]
        lines: list[list[Cell]] = []
        for group, values in enumerate(groups):
            head = list(map(Cell, category_labels(names, values, self.labels, self.language)))
            for line in self._body(group) + self._foot(group):
                lines.append(head + line)
                head = [BLANK] * len(names)
        if "n" in self.hidden:
            counted = Cell(term(self.counted, self.language))
            lines = [line for line in lines if line[len(names)] != counted]
        return [line[self.shown] for line in lines]

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
                cells = across(self.panels, kind, group, row)
                lines += unless_blank([BLANK, *cells, *[BLANK] * len(ends)])
        return lines

    def _row_ends(self, group: int, row: int) -> tuple[list[Cell], list[Cell]]:
        """Return the last cells of a row, and the cells below them."""
        panel = self.whole
        n = respondents_cell(panel.of_row[group, row], self.language)
        if self.kind == "alone":
            code = code_text(self.panels[0].rows[row])
            ends = [shown[group][row] for shown in (self.weighted, self.cumulated) if shown]
            if self.expected:
                ends.append(panel.form.cell(self.expected.get(code), self.language))
            return [*ends, n], [BLANK] * (len(ends) + 1)
        if self.kind == "row" and self.alone:
            return [n], [BLANK]
        if self.kind == "row":
            return [self._hundred_of(n), n], [BLANK, BLANK]
        share, interval = panel.row_margins[group, row], panel.row_bounds[group, row]
        if self.kind == "column":
            return [share], [interval]
        return [share, n], [interval, BLANK]

    def _hundred_of(self, respondents: Cell) -> Cell:
        """Return the share of a whole, blank without respondents."""
        if not respondents.number:
            return BLANK
        return self.hundred

    def _foot(self, group: int) -> list[list[Cell]]:
        """Return the last lines of a group: the margin of the columns, and their respondents."""
        hundred, everyone = self.hundred, Cell(term("word.all", self.language))
        total = Cell(term("crosstab.total", self.language))
        n = respondents_cell(self.whole.of_group[group], self.language)
        if self.kind == "alone":
            sums = []
            if self.weighted:
                sums.append(self.weighted[group][-1])
            sums += [BLANK] * bool(self.cumulated)
            if self.first.several:
                return [[everyone, BLANK, *sums, n]]
            return [[total, hundred, *sums, *[hundred] * bool(self.expected), n]]
        counted = self._respondents_of_columns(group)
        of_columns = [Cell(term(self.counted, self.language)), *counted, n]
        if self.kind == "column" and self.first.several:
            return [of_columns]
        if self.kind == "column":
            return [[total, *map(self._hundred_of, counted), hundred], of_columns]
        last = [hundred, n]
        if self.kind == "row" and self.alone:
            last = [n]
        lines = [[everyone, *across(self.panels, "column_margins", group), *last]]
        if "interval" not in self.hidden:
            bounds = across(self.panels, "column_bounds", group)
            lines += unless_blank([BLANK, *bounds, *[BLANK] * len(last)])
        if self.kind == "cell":
            lines.append([*of_columns, BLANK])
        return lines

    def _respondents_of_columns(self, group: int) -> list[Cell]:
        counts = across(self.panels, "of_column", group)
        return [respondents_cell(count, self.language) for count in counts]


COUNTED: dict[str, Shares | None] = {
    "counts": None,
    "row_percent": "row",
    "column_percent": "column",
}
"""The numbers printed for each cell, and their base if they are shares."""


@dataclass(frozen=True, eq=False)
class CountedLines(CrosstabLines):
    """Counts, row and column percentages of cells on separate lines."""

    told: Mapping[str, list[CrosstabPanel]] = field(default_factory=dict)
    bounds: bool = False

    def heads(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the heads of all columns, the second for the content of each line."""
        heads, over = super().heads()
        keys, cells = len(self.first.by) + 1, sum(len(panel.columns) for panel in self.panels)
        names = (*heads[:keys], "", *heads[keys : keys + cells], term("word.all", self.language))
        return names, (*over[:keys], "", *over[keys : keys + cells], "")

    @property
    def shown(self) -> slice:
        """All cells of a line; respondents have their own line."""
        return slice(None)

    def _body(self, group: int) -> list[list[Cell]]:
        rows = self.panels[0].rows
        names = category_labels([self.first.row] * len(rows), rows, self.labels, self.language)
        lines = []
        for row, label in enumerate([*names, term("word.all", self.language)]):
            head = Cell(label)
            for name, panels in self.told.items():
                cells, bounds = self._cells_of_row(name, panels, group, row)
                lines.append([head, Cell(term(f"crosstab.{name}", self.language)), *cells])
                head = BLANK
                if self.bounds:
                    lines += unless_blank([BLANK, BLANK, *bounds])
        return lines

    def _cells_of_row(
        self, name: str, panels: list[CrosstabPanel], group: int, row: int
    ) -> tuple[list[Cell], list[Cell]]:
        """Return one kind of numbers of a row and its margin; last the total row."""
        whole = self.alone or panels[0]
        hundred, summed = self.hundred, row == len(whole.rows)
        if name == "counts":
            rows = []
            for panel in (*panels, whole):
                figures = panel.table.counts.frame["estimate"].to_numpy().reshape(panel.shape)
                # the last row is the total
                totalled = [*figures[group], figures[group].sum(axis=0)]
                rows.append(totalled[row])
            form = NumberForm("number", int(not figures.max() >= 100))
            counts = (*np.concatenate(rows[:-1]), rows[-1].sum())
            return [form.cell(float(count), self.language) for count in counts], []
        if summed:
            margins = across(panels, "column_margins", group)
            if name != "row_percent":
                margins = [hundred] * len(margins)
            return [*margins, hundred], []
        margin, bound = hundred, BLANK
        if name == "column_percent":
            margin, bound = whole.row_margins[group, row], whole.row_bounds[group, row]
        shares = across(panels, "shares", group, row)
        return [*shares, margin], [*across(panels, "intervals", group, row), bound]

    def _foot(self, group: int) -> list[list[Cell]]:
        """Return the respondents."""
        n = respondents_cell(self.whole.of_group[group], self.language)
        cells = [*self._respondents_of_columns(group), n]
        return [[Cell(term(self.counted, self.language)), BLANK, *cells]]
