"""Lines of a crosstab: the cells of each panel, with counts, percentages, residuals or letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from diplab.microdata.codebook import Codebook
from diplab.microdata.variable import code_text
from diplab.presentation.labels import value_label, variable_label
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
        self.letters = letters and table.shares == "column" and any(table.larger)
        self.header = [self._head(at, labels) for at in range(len(self.columns))]
        over = variable_label(table.column, labels, language) if named and table.column else ""
        self.over = [over] * len(self.columns)
        shares, of_margins = (part["estimate"].to_numpy(dtype=float) for part in (cells, margins))
        if adding:
            shares, of_margins = self._adding_up(shares.reshape(self.shape), of_margins)
        self.shares, self.intervals = (
            item.reshape(self.shape) for item in self._printed(cells, shares)
        )
        # shares and intervals of the rows of each group, then of its columns
        both, cut = self._printed(margins, of_margins), self.groups * len(self.rows)
        self.row_margins, self.row_bounds = (item[:cut].reshape(self.groups, -1) for item in both)
        self.column_margins, self.column_bounds = (
            item[cut:].reshape(self.groups, -1) for item in both
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
        if hidden:
            return hidden_cell(self.language)
        return (form or self.form).cell(known(value), self.language)

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
            text = ""
            if known(value) is not None:
                text = f"{'+' if value > 0 else ''}{number(value, self.language, 1)}"
                if not p < level:
                    text = f"({text})"
            cells.append(Cell(text, known(value)))
        return np.array(cells, dtype=object).reshape(self.shape)


def unless_blank(line: list[Cell]) -> list[list[Cell]]:
    """Return a line of a table, or none if it is empty."""
    return [line] if any(cell.text for cell in line) else []


def across(panels: Sequence[CrosstabPanel], kind: str, *place: int) -> list[Any]:
    """Return the cells of one kind and position in all panels, from left to right."""
    return [item for panel in panels for item in getattr(panel, kind)[place]]


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
        form = NumberForm("number", int(not counts["estimate"].max() >= 100))
        panel, lines = self.panels[0], []
        for group in counts["estimate"].to_numpy().reshape(-1, len(panel.rows)):
            lines.append([panel.cell(value, form) for value in (*group, group.sum())])
            if self.first.several:
                lines[-1][-1] = BLANK
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
            *(item for panel in self.panels for item in panel.over),
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
                lines.append([Cell(item if at == 0 else "") for item in head] + line)
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
            wholes = [hundred if item.number else BLANK for item in counted]
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
        names = [
            category_label(self.first.row, row, self.labels, self.language)
            for row in self.panels[0].rows
        ]
        lines = []
        for row, label in enumerate([*names, term("word.all", self.language)]):
            for at, (name, panels) in enumerate(self.told.items()):
                cells, bounds = self._cells_of_row(name, panels, group, row)
                lines.append(
                    [
                        BLANK if at else Cell(label),
                        Cell(term(f"crosstab.{name}", self.language)),
                        *cells,
                    ]
                )
                lines += unless_blank([BLANK, BLANK, *bounds]) if self.bounds else []
        return lines

    def _cells_of_row(
        self, name: str, panels: list[CrosstabPanel], group: int, row: int
    ) -> tuple[list[Cell], list[Cell]]:
        """Return one kind of numbers of a row and its margin; last the total row."""
        whole = self.alone or panels[0]
        hundred, summed = whole.form.cell(1.0, self.language), row == len(whole.rows)
        if name == "counts":
            rows = []
            for panel in (*panels, whole):
                figures = panel.table.counts.frame["estimate"].to_numpy().reshape(panel.shape)
                rows.append(figures[group].sum(axis=0) if summed else figures[group, row])
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
        shares, bounds = (across(panels, kind, group, row) for kind in ("shares", "intervals"))
        return [*shares, margin], [*bounds, bound]

    def _foot(self, group: int) -> list[list[Cell]]:
        """Return the respondents."""
        n = [
            *across(self.panels, "of_column", group),
            (self.alone or self.panels[0]).of_group[group],
        ]
        cells = [respondents_cell(int(item), self.language) for item in n]
        return [[Cell(term(self.counted, self.language)), BLANK, *cells]]
