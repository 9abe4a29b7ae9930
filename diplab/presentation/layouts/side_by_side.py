"""Combined tables: groups side by side, several results, counts with percentages, summaries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from diplab.kernel.arrays import Integers
from diplab.microdata.codebook import Codebook
from diplab.microdata.display import join_wordings
from diplab.presentation.labels import merged_labels, value_label, variable_label
from diplab.presentation.language import (
    cut_by,
    filled_term,
    group_names,
    number,
    rule,
    semicolon,
    term,
    term_text,
    words,
)
from diplab.presentation.layouts import crosstab, registry
from diplab.presentation.layouts.crosstab import CrosstabLines, CrosstabPanel, across
from diplab.presentation.layouts.estimates import (
    estimate_columns,
    estimates_drawing,
    marks_of_flags,
    remarks_of,
    respondents_head,
    without_hidden,
)
from diplab.presentation.layouts.rows import (
    SMALL,
    EstimateRow,
    answer_form,
    hidden_cell,
    published_cell,
    rows_adding_up,
    rows_in_words,
    title_of,
)
from diplab.presentation.notes import merged_notes
from diplab.presentation.numbers import NumberForm, form_of, known, p_value_cell, p_value_columns
from diplab.presentation.sheet import INDENT, Align, Cell, Sheet, detail_of
from diplab.reference.parameter import unit_in_words
from diplab.reference.text import LANGUAGES, NO_BREAK, Language, Text
from diplab.results.estimates import CONFIDENTIAL, NOT_RELIABLE, Estimates, flags_of
from diplab.results.tables import Summary

OF_ROWS = ("statistic", "variable", "category")
"""The columns that distinguish rows of a domain."""


def wide_sheet(
    estimates: Estimates, request: registry.TableRequest, across: tuple[str, ...]
) -> Sheet:
    """Return estimates with groups, or the statistics of each group (`OF_ROWS`), side by side."""
    language, labels = request.language, request.labels_of(estimates.codebook)
    both = {
        code: rows_in_words(estimates, code, labels, request.percent, request.decimals)
        for code in LANGUAGES
    }
    rows, frame, of_groups = both[language], estimates.frame, across != OF_ROWS
    rows = rows_adding_up(estimates, rows, language) if request.sum_to_100 else rows
    hidden = request.hidden("interval", "n", *({"p_value"} & {*frame}))
    columns = estimate_columns(estimates, rows, language, labels, hidden=hidden)
    keys = [*columns][
        : next(at for at, (_, side) in enumerate(columns.values()) if side == "right")
    ]
    aside = [keys[estimates.by.index(across[0])]] if of_groups else keys[len(estimates.by) :]
    stubs = [key for key in keys if key not in aside]
    grid = _grid(frame, [name for name in (*estimates.by, *OF_ROWS) if name not in across], across)
    marks, meaning = marks_of_flags(estimates, both)
    marked = zip((row.estimate for row in rows), marks, strict=True)
    layers = [("", [replace(cell, text=cell.text + mark.in_(language)) for cell, mark in marked])]
    if "std_error" in request.shown("std_error"):
        layers.append(
            ("", [replace(row.std_error, text=f"({row.std_error.text})") for row in rows])
        )
    if "interval" not in hidden:
        layers.append(("", [row.interval for row in rows]))
    beside = (term("column.numerator", language), *p_value_columns(frame, language))
    layers += [(f"{INDENT}{name}", columns[name][0]) for name in beside if name in columns]
    n_head = term(respondents_head(estimates), language)
    counted = n_head in columns
    alone = rows[0].statistic if of_groups else term("word.all", language)
    names = [
        [columns[stub][0][line[line >= 0][0]].text for stub in stubs] or [alone] for line in grid
    ]
    counts = columns[n_head][0] if counted else []
    lines = _wide_lines(grid, names, layers, counts, n_head if of_groups else "")
    first = [int(each[each >= 0][0]) for each in grid.T]
    heads = [
        ", ".join(columns[name][0][place].text for name in aside) or rows[place].statistic
        for place in first
    ]
    heads += [n_head] if counted and not of_groups else []
    left: list[Align] = ["left"] * len(names[0])
    right: list[Align] = ["right"] * len(heads)
    header, align, title = (
        [*(stubs or [""]), *heads],
        [*left, *right],
        title_of(estimates, rows, language, labels),
    )
    frame, remarks = (
        without_hidden(frame, hidden),
        remarks_of(estimates, rows, request, meaning.in_(language)),
    )
    if "interval" not in hidden and request.rules == "none":
        # no column and no rule states the level
        level = rule("interval at", str(estimates.provenance.confidence), language)
        remarks.append(filled_term("sentence.in_brackets", language, value=level))
    return registry.sheet_of_lines(
        header, lines, align, request, title, estimates.provenance, labels, frame, remarks
    )


def _grid(frame: pd.DataFrame, down: Sequence[str], across: Sequence[str]) -> Integers:
    """Return the rows of a frame by line and column, in order of appearance; -1 if none."""

    # lines are sorted by groups first, since statistics change more slowly in results
    def number(keys: Sequence[str]) -> Integers:
        grouped = frame.groupby(list(keys), sort=False, dropna=False).ngroup() if keys else 0
        return np.zeros(len(frame), dtype=np.int64) + np.asarray(grouped, dtype=np.int64)

    rest = number([name for name in down if name in OF_ROWS])
    order = (
        number([name for name in down if name not in OF_ROWS]) * (rest.max(initial=0) + 1) + rest
    )
    line, column = np.unique(order, return_inverse=True)[1], number(across)
    grid: Integers = np.full((line.max() + 1, column.max() + 1), -1, dtype=np.int64)
    grid[line, column] = np.arange(len(frame))
    return grid


def _wide_lines(
    grid: Integers,
    names: Sequence[Sequence[str]],
    layers: Sequence[tuple[str, Sequence[Cell]]],
    counts: Sequence[Cell],
    foot: str,
) -> list[list[Cell]]:
    """Return the lines of a wide table, with respondents at the `foot` or at the end."""
    lines: list[list[Cell]] = []
    indent = [crosstab.BLANK] * (len(names[0]) - 1)
    end = [crosstab.BLANK] if counts and not foot else []
    all_cells = [*(cells for _, cells in layers), counts or [crosstab.BLANK] * grid.size]
    placed = [
        [[cells[at] if at >= 0 else crosstab.BLANK for at in line] for cells in all_cells]
        for line in grid
    ]
    for at, (*of_layers, people) in enumerate(placed):
        before = names[at - 1] if at else [""] * len(names[0])
        # labels of the line above are not repeated, except the fastest changing
        new = next(
            (place for place, name in enumerate(names[at]) if name != before[place]), len(indent)
        )
        own = [Cell(name if place >= new else "") for place, name in enumerate(names[at])]
        several = " – ".join(dict.fromkeys(person.text for person in people))
        n = [people[0] if several == people[0].text else Cell(several)] if end else []
        lines.append([*own, *of_layers[0], *n])
        for (word, _), shown in zip(layers[1:], of_layers[1:], strict=True):
            lines += (
                [[*indent, Cell(word), *shown, *end]] if any(name.text for name in shown) else []
            )
        if counts and foot and (at + 1 == len(grid) or placed[at + 1][-1] != people):
            lines.append([*indent, Cell(foot), *people])
    return lines


@dataclass(frozen=True)
class _NamedEstimates:
    """One of several results in a table: name, result, rows in words, labels."""

    name: str
    estimates: Estimates
    rows: list[EstimateRow]
    labels: Codebook

    def by(self, language: Language) -> list[str]:
        """Its groups in words."""
        return [variable_label(name, self.labels, language) for name in self.estimates.by]

    def title(self, language: Language) -> str:
        """The statistic and the variable, without the groups."""
        return title_of(replace(self.estimates, by=()), self.rows, language, self.labels)


@registry.layout_of_several.register(Estimates)
def estimates_together(
    first: Estimates, results: Mapping[str, Estimates], request: registry.TableRequest
) -> Sheet:
    """Return several results as one table: side by side if they have the same rows."""
    language, parts = request.language, []
    for at, (name, each) in enumerate(results.items()):
        if not isinstance(each, Estimates):
            raise registry.not_estimates("table", each)
        labels = request.labels_of(each.codebook)
        rows = rows_in_words(each, language, labels, request.percent)
        parts.append(_NamedEstimates("" if name == str(at) else name, each, rows, labels))
    if (
        request.decimals is None
        and len({row.statistic for part in parts for row in part.rows}) == 1
    ):
        request = replace(
            request, decimals=max(row.form.decimals for part in parts for row in part.rows)
        )
    same_by = bool(first.by) and len({part.estimates.by for part in parts}) == 1
    own = request if same_by else replace(request, columns=())
    wide = not same_by and any(
        part.estimates.frame[[*OF_ROWS]].drop_duplicates().shape[0] > 1 for part in parts
    )
    each_sheet = partial(wide_sheet, across=OF_ROWS) if wide else registry.layout
    sheets = [each_sheet(part.estimates, request=own) for part in parts]
    keys = [
        [[cell.text for cell in row[: _keys_of(sheet)]] for row in sheet.rows] for sheet in sheets
    ]
    if same_by and all(key == keys[0] for key in keys):
        sheet = _side_by_side(sheets, [part.name or part.title(language) for part in parts])
    else:
        heads = [
            part.rows[0].variable if same_by else ", ".join(part.by(language)) for part in parts
        ]
        titles = [part.title(language) if not any(heads) else "" for part in parts]
        heads = [
            part.name or head or title
            for part, head, title in zip(parts, heads, titles, strict=True)
        ]
        sheet = _below_each_other(sheets, heads, [not part.estimates.by for part in parts])
    title = semicolon(language).join(dict.fromkeys(part.title(language) for part in parts))
    cut = dict.fromkeys(
        group_names(part.by(language), language) for part in parts if part.by(language)
    )
    return replace(
        sheet,
        title=request.title_or(words(cut_by(title, cut, language), language)),
        notes=_in_order(merged_notes(one.notes for one in sheets), language),
        detail=detail_of(
            pd.concat([pd.DataFrame(one.detail[1:], columns=one.detail[0]) for one in sheets])
        ),
    )


def _keys_of(sheet: Sheet) -> int:
    """Return the number of first columns that label lines."""
    return next((at for at, side in enumerate(sheet.align) if side != "left"), 0)


def _side_by_side(sheets: Sequence[Sheet], names: Sequence[str]) -> Sheet:
    """Return sheets of the same lines as one, each under its name."""
    first, keys = sheets[0], _keys_of(sheets[0])
    return replace(
        first,
        header=(*first.header[:keys], *(head for sheet in sheets for head in sheet.header[keys:])),
        align=(*first.align[:keys], *(side for sheet in sheets for side in sheet.align[keys:])),
        over=(
            *[""] * keys,
            *(name for sheet, name in zip(sheets, names, strict=True) for _ in sheet.header[keys:]),
        ),
        rows=tuple(
            (*lines[0][:keys], *(cell for line in lines for cell in line[keys:]))
            for lines in zip(*(sheet.rows for sheet in sheets), strict=True)
        ),
    )


def _below_each_other(
    sheets: Sequence[Sheet], heads: Sequence[str], everybody: Sequence[bool]
) -> Sheet:
    """Return sheets as blocks of one, indented under headings, with the total last."""
    keys = [_keys_of(sheet) for sheet in sheets]
    titles = [list(sheet.header[at:]) for sheet, at in zip(sheets, keys, strict=True)]
    # two categories may have one label
    columns = [
        [(head, title[:place].count(head)) for place, head in enumerate(title)] for title in titles
    ]
    sides = {
        column: side
        for each, sheet in zip(columns, sheets, strict=True)
        for column, side in zip(each, sheet.align[-len(each) :], strict=True)
    }
    rows: list[tuple[Cell, ...]] = []
    total: list[tuple[Cell, ...]] = []
    for sheet, at, own, head, whole in zip(sheets, keys, columns, heads, everybody, strict=True):
        block = []
        for place, line in enumerate(sheet.rows):
            name = ", ".join(cell.text for cell in line[:at] if cell.text)
            first = (
                (head or term("word.all", sheet.language)) * (not place)
                if whole
                else INDENT * bool(name) + name
            )
            cells = dict(zip(own, line[at:], strict=True))
            block.append((Cell(first), *(cells.get(side, crosstab.BLANK) for side in sides)))
        if not whole:
            rows += [(Cell(head), *[crosstab.BLANK] * len(sides)), *block]
        elif not total or all(everybody):  # once, unless all results are of the total
            total += block
    header = ("", *(head for head, _ in sides))
    return replace(
        sheets[0], header=header, align=("left", *sides.values()), rows=(*rows, *total), over=()
    )


def _in_order(notes: Mapping[str, str], language: Language) -> tuple[tuple[str, str], ...]:
    """Return notes in their printed order; other labels come first."""
    names = (
        "note",
        "reading",
        "coverage",
        "source",
        "status",
        "rules",
        "disclosure",
        "missing",
        "assumptions",
    )
    order = [term(f"note.{name}", language) for name in names]
    labels = sorted(notes, key=lambda label: order.index(label) if label in order else 0)
    return tuple((label, notes[label]) for label in labels)


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
            crosstab.category_label(self.first.row, row, self.labels, self.language)
            for row in self.panels[0].rows
        ]
        lines = []
        for row, label in enumerate([*names, term("word.all", self.language)]):
            for at, (name, panels) in enumerate(self.told.items()):
                cells, bounds = self._cells_of_row(name, panels, group, row)
                lines.append(
                    [
                        crosstab.BLANK if at else Cell(label),
                        Cell(term(f"crosstab.{name}", self.language)),
                        *cells,
                    ]
                )
                lines += (
                    crosstab.unless_blank([crosstab.BLANK, crosstab.BLANK, *bounds])
                    if self.bounds
                    else []
                )
        return lines

    def _cells_of_row(
        self, name: str, panels: list[CrosstabPanel], group: int, row: int
    ) -> tuple[list[Cell], list[Cell]]:
        """Return one kind of numbers of a row and its margin; last the total row."""
        whole = self.alone or panels[0]
        hundred, summed = whole.form.cell(1.0, self.language), row == len(whole.rows)
        if name == "counts":
            every = [
                each.table.counts.frame["estimate"].to_numpy().reshape(each.shape)
                for each in (*panels, whole)
            ]
            *own, of_all = [
                figure[group].sum(axis=0) if summed else figure[group, row] for figure in every
            ]
            form = NumberForm("number", 0 if every[-1].max() >= 100 else 1)
            return [
                form.cell(float(each), self.language)
                for each in (*np.concatenate(own), of_all.sum())
            ], []
        if summed:
            margins = across(panels, "column_margins", group)
            return [
                *(share if name == "row_percent" else hundred for share in margins),
                hundred,
            ], []
        margin, bound = hundred, crosstab.BLANK
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
        cells = [crosstab.respondents_cell(int(each), self.language) for each in n]
        return [[Cell(term(self.counted, self.language)), crosstab.BLANK, *cells]]


Row: TypeAlias = dict[Any, Any]  # an estimate, by column of the frame
EVERYBODY = ""
"""The group of the total in the frame of a summary."""


@registry.layout.register(Summary)
def summary_sheet(summary: Summary, request: registry.TableRequest) -> Sheet:
    """Return a summary as a table for print."""
    language, labels = request.language, request.labels_of(summary.codebook)
    hidden = request.hidden("n", *(["p_value"] if summary.p_values else []))
    request.without("sum_to_100")
    lines = _SummaryLines(summary, request, labels, request.shown("std_error", "interval", "n"))
    body = [
        line for variable in summary.statistics for line in lines.block(variable)
    ] + lines.foot()
    heads, over = lines.heads()
    sides: list[Align] = ["left" if at == 0 else "right" for at in range(len(heads))]
    title, provenance = _title(summary, labels, language), summary.groups.provenance
    frame, remarks = without_hidden(summary.frame, hidden), lines.remarks(body)
    return registry.sheet_of_lines(
        heads, body, sides, request, title, provenance, labels, frame, remarks, over
    )


def _title(summary: Summary, labels: Codebook, language: Language) -> str:
    head = term("characteristics.title", language)
    groups = [variable_label(name, labels, language) for name in (summary.by,) if name]
    return words(cut_by(head, groups, language), language)


@dataclass(frozen=True, eq=False)
class _SummaryLines:
    """The lines of a printed summary: one by variable, or a heading and categories."""

    summary: Summary
    request: registry.TableRequest
    labels: Codebook
    shown: Sequence[str]

    @cached_property
    def groups(self) -> list[Any]:
        """The columns: groups, then the total."""
        return (
            list(dict.fromkeys(self.summary.frame[self.summary.by]))
            if self.summary.by
            else [EVERYBODY]
        )

    @cached_property
    def ends(self) -> list[str]:
        """The last columns: differences and p-values, if any."""
        there = {"difference": self.summary.differences, "p_value": self.summary.p_values}
        return [name for name, values in there.items() if values and name not in self.request.hide]

    @cached_property
    def counts(self) -> dict[tuple[str, Any], dict[Any, Any]]:
        """Respondents and missing answers, by variable and group."""
        records, by = self.summary.counts.to_dict("records"), self.summary.by
        return {(record["variable"], record[by] if by else EVERYBODY): record for record in records}

    @property
    def counted(self) -> bool:
        """Whether respondents are printed."""
        return "n" not in self.request.hide

    def heads(self) -> tuple[list[str], list[str]]:
        """Return the heads of all columns, and the groups above them if each has respondents."""
        language, by = self.request.language, self.summary.by
        names = [
            value_label(by or "", group, self.labels, language) or term("word.all", language)
            for group in self.groups
        ]
        n = term("column.n", language)
        first = [term("column.variable", language), *([n] if self.counted else [])]
        last = [
            term(f"column.{'smd' if end == 'difference' else end}", language) for end in self.ends
        ]
        if "n" not in self.shown:
            return [*first, *names, *last], []
        over = [
            *("" for _ in first),
            *(name for name in names for _ in range(2)),
            *("" for _ in last),
        ]
        return [*first, *[term("column.estimate", language), n] * len(names), *last], over

    def line(
        self, stub: str, cells: Sequence[Cell] = (), counts: Sequence[Cell] = (), head: str = ""
    ) -> list[Cell]:
        """Return a line: label, groups, and for a variable respondents and comparisons."""
        language, blank = self.request.language, [crosstab.BLANK] * len(self.groups)
        pairs = zip(cells or blank, counts or blank, strict=True)
        middle = [each for pair in pairs for each in pair] if "n" in self.shown else cells or blank
        n = (
            crosstab.respondents_cell(self.counts[head, EVERYBODY]["n"], language)
            if head
            else crosstab.BLANK
        )
        difference = self.summary.differences.get(head)
        shown = Cell(
            "" if known(difference) is None else number(difference, language, 2),
            known(difference),
            "0.00",
        )
        ends = {
            "difference": shown,
            "p_value": p_value_cell(self.summary.p_values.get(head), language),
        }
        return [
            Cell(stub),
            *([n] if self.counted else []),
            *middle,
            *(ends[name] for name in self.ends),
        ]

    def foot(self) -> list[list[Cell]]:
        """Return the line of the respondents of each group, unless they are hidden."""
        cells = [
            crosstab.respondents_cell(self.counts["", group]["n"], self.request.language)
            for group in self.groups
        ]
        beside = "n" in self.shown
        stub = term("column.n", self.request.language)
        return [self.line(stub, () if beside else cells, cells)] if self.counted else []

    @cached_property
    def rows(self) -> dict[str, list[Row]]:
        """The estimates of each variable."""
        of_variable: dict[str, list[Row]] = {name: [] for name in self.summary.statistics}
        for row in self.summary.frame.to_dict("records"):
            of_variable[row["variable"]].append(row)
        return of_variable

    def block(self, variable: str) -> list[list[Cell]]:
        """Return the lines of a variable."""
        language, how, own = (
            self.request.language,
            self.summary.statistics[variable],
            self.rows[variable],
        )
        label, unit = (
            variable_label(variable, self.labels, language),
            self.labels.variable(variable).unit,
        )
        if how in ("mean", "median"):
            label += f" ({words(unit_in_words(unit), language)})" if unit else ""
            beside = term(
                f"characteristics.{'std_error' if 'std_error' in self.shown else how}_beside",
                language,
            )
            label += f", {term(f'characteristics.{how}', language)} ({beside})"
            main = [row for row in own if row["statistic"] == how or row["category"] == 0.5]
            lines = self._lines_of(label, main, own, variable)
        elif how and own[0]["category"] == "":
            lines = self._lines_of(label, own, own, variable)
        else:
            lines = [self.line(label, head=variable)]
            for category, rows in self._categories(own):
                lines += self._lines_of(
                    f"{INDENT}{value_label(variable, category, self.labels, language)}", rows, own
                )
        gaps = [self.counts[variable, group]["missing"] for group in self.groups]
        if self.summary.missing == "row" and any(gaps):
            cells = [crosstab.count_cell(gap, language) for gap in gaps]
            stub = f"{INDENT}{term('characteristics.missing', language)}"
            lines.append(self.line(stub, () if "n" in self.shown else cells, cells))
        return lines

    def _categories(self, own: list[Row]) -> list[tuple[Any, list[Row]]]:
        """Return the rows of each non-empty category, in order or by size."""
        rows: dict[Any, list[Row]] = {}
        for row in own:
            rows.setdefault(row["category"], []).append(row)
        chosen = [
            (category, each)
            for category, each in rows.items()
            if any(not row["estimate"] <= 0 for row in each)
        ]
        if self.request.sort is None:
            return chosen
        # hidden ones last, in either order
        sign = -1 if self.request.sort == "descending" else 1
        return sorted(
            chosen, key=lambda pair: np.nan_to_num(sign * pair[1][-1]["estimate"], nan=np.inf)
        )

    def _lines_of(
        self, stub: str, main: list[Row], own: list[Row], head: str = ""
    ) -> list[list[Cell]]:
        """Return the line of estimates by group, with intervals below on request."""
        language, form = self.request.language, self._form(own)
        counted = [
            row["n"] if known(row.get("numerator")) is None else row["numerator"] for row in main
        ]
        counts = [crosstab.count_cell(each, language) for each in counted]
        lines = [self.line(stub, [self._cell(row, own, form) for row in main], counts, head)]
        if "interval" in self.shown:
            lines.append(
                self.line(
                    "", [form.between(row["ci_low"], row["ci_high"], language) for row in main]
                )
            )
        return lines

    def _form(self, own: list[Row]) -> NumberForm:
        """Return the form of a variable, from its errors if shown, or from its spread."""
        first, decimals = own[0]["statistic"], self.request.decimals
        if decimals is None and first != "share" and not {"std_error", "interval"} & {*self.shown}:
            spread_of = "variance" if first == "mean" else first
            values = [
                row["estimate"]
                for row in own
                if row["statistic"] == spread_of and np.isfinite(row["estimate"])
            ]
            spread = (
                np.sqrt(max(values, default=0.0))
                if first == "mean"
                else float(np.ptp(values or [0.0]))
            )
            whole = first == "quantile" and all(value % 1 == 0 for value in values)
            decimals = 0 if whole or not spread > 0 else max(0, 2 - int(np.floor(np.log10(spread))))
        alike = pd.DataFrame([row for row in own if row["statistic"] == first])
        groups = self.summary.groups
        form = form_of(groups.description_of(first), alike, "", self.request.percent, decimals)
        return answer_form(
            form, groups, first, own[0]["variable"], self.labels, self.request.language
        )

    def _cell(self, row: Row, own: list[Row], form: NumberForm) -> Cell:
        """Return an estimate with deviation, quartiles, or standard error in brackets."""
        language, by = self.request.language, self.summary.by
        if {CONFIDENTIAL, NOT_RELIABLE} & {*flags_of(row["flag"])}:
            return published_cell(Cell(""), str(row["flag"]), language)
        group = [key["estimate"] for key in own if by is None or key[by] == row[by]]
        beside = ""
        if "std_error" in self.shown:
            beside = number(
                row["std_error"] * (100 if form.kind == "percent" else 1),
                language,
                form.decimals,
                absent="",
            )
        elif row["statistic"] == "mean":
            beside = number(float(np.sqrt(group[1])), language, form.decimals, absent="")
        elif row["statistic"] == "quantile":
            beside = form.between(group[0], group[2], language).text[1:-1]
        after = (f"{NO_BREAK}({beside})" if beside else "") + (
            f"{NO_BREAK}*" if 0 < row["n"] < SMALL else ""
        )
        cell = published_cell(
            form.cell(known(row["estimate"]), language), str(row["flag"]), language
        )
        return replace(
            cell, text=cell.text + after, form=f'{cell.form}"{after}"' if after else cell.form
        )

    def remarks(self, body: Sequence[Sequence[Cell]]) -> tuple[str, ...]:
        """Return the remarks below: tests, impossible tests, differences and few respondents."""
        language, summary = self.request.language, self.summary
        tests = dict.fromkeys(
            term(f"test.{test.name}", language) for test in summary.tests.values()
        )
        if language == "fr":
            # « test » after a colon; in English a test has its own capital, or none
            tests = dict.fromkeys(name[:1].lower() + name[1:] for name in tests)
        untested = [
            name for name, how in summary.statistics.items() if how and name not in summary.tests
        ]
        values = {
            "tests": semicolon(language).join(tests) if "p_value" in self.ends else "",
            "untested": ", ".join(
                variable_label(name, self.labels, language)
                for name in untested
                if "p_value" in self.ends
            ),
            "difference": "difference" if "difference" in self.ends else "",
        }
        said = [
            term(f"characteristics.{name}", language).replace("{value}", value)
            for name, value in values.items()
            if value
        ]
        small = any(cell.text.endswith(f"{NO_BREAK}*") for line in body for cell in line)
        hides = any(cell == hidden_cell(language) for line in body for cell in line)
        found = {"small_base": small, "confidential": hides}
        return (
            *said,
            *(term(f"sentence.{name}", language) for name, there in found.items() if there),
        )


@registry.drawing.register(Summary)
def summary_drawing(summary: Summary, request: registry.ChartRequest) -> registry.Drawing:
    """Return the drawing of a summary: shares by group, or else means or medians."""
    frame, labels = summary.groups.frame, merged_labels(request.labels, summary.codebook)
    drawn = next(
        name for name in ("share", "mean", "quantile") if (frame["statistic"] == name).any()
    )
    rows = (frame["statistic"] == drawn) & ((drawn != "quantile") | (frame["category"] == 0.5))
    found = estimates_drawing(summary.groups.rows(rows.to_numpy()), request)
    left_out = {*summary.statistics.values()} - {"", "median" if drawn == "quantile" else drawn}
    remarks = join_wordings(
        (found.remarks, *[term_text("characteristics.not_drawn")] * bool(left_out)), " "
    )
    return replace(
        found, title=Text(*(_title(summary, labels, code) for code in LANGUAGES)), remarks=remarks
    )
