"""Layout of summaries: several variables in one table, by groups."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from diplab.microdata.codebook import Codebook
from diplab.microdata.display import join_wordings
from diplab.presentation.labels import (
    merged_labels,
    nouns_of,
    value_label,
    value_labels,
    variable_label,
    variable_labels,
)
from diplab.presentation.language import (
    both,
    cut_by,
    filled_term,
    number,
    semicolon,
    term,
    term_text,
    words,
)
from diplab.presentation.layouts import registry
from diplab.presentation.layouts.drawings import estimates_drawing
from diplab.presentation.layouts.estimates import without_hidden
from diplab.presentation.layouts.rows import (
    SMALL,
    answer_form,
    count_cell,
    hidden_cell,
    published_cell,
    respondents_cell,
)
from diplab.presentation.numbers import NumberForm, form_of, known, p_value_cell
from diplab.presentation.sheet import BLANK, INDENT, Align, Cell, Sheet
from diplab.reference.parameter import unit_in_words
from diplab.reference.text import NO_BREAK, Language
from diplab.results.estimates import CONFIDENTIAL, NOT_RELIABLE, flags_of
from diplab.results.tables import Summary

Row: TypeAlias = dict[Any, Any]  # an estimate, by column of the frame
EVERYBODY = ""
"""The group of the total in the frame of a summary."""


@registry.layout.register(Summary)
def summary_sheet(summary: Summary, request: registry.TableRequest) -> Sheet:
    """Return a summary as a table for print."""
    language, labels = request.language, request.labels_of(summary.codebook)
    hidden = request.hidden("n", *["p_value"] * bool(summary.p_values))
    request.without("sum_to_100")
    lines = _SummaryLines(
        summary, request, labels, request.shown("std_error", "interval", "n", "n_percent", "counts")
    )
    body = [*chain.from_iterable(map(lines.block, summary.statistics)), *lines.foot()]
    heads, over = lines.heads()
    right: list[Align] = ["right"] * (len(heads) - 1)
    title, provenance = _title(summary, labels, language), summary.groups.provenance
    frame, remarks = without_hidden(summary.frame, hidden), lines.remarks(body)
    return registry.sheet_of_lines(
        heads, body, ["left", *right], request, title, provenance, labels, frame, remarks, over
    )


def _title(summary: Summary, labels: Codebook, language: Language) -> str:
    head = term("characteristics.title", language)
    groups = nouns_of(filter(None, [summary.by]), labels, language)
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
        if self.summary.by:
            return list(dict.fromkeys(self.summary.frame[self.summary.by]))
        return [EVERYBODY]

    @cached_property
    def ends(self) -> list[str]:
        """The last columns: differences and p-values, if any."""
        ends = []
        if self.summary.differences:
            ends.append("smd")
        if self.summary.p_values and "p_value" not in self.request.hide:
            ends.append("p_value")
        return ends

    @cached_property
    def counts(self) -> dict[tuple[str, Any], dict[Any, Any]]:
        """Respondents and missing answers, by variable and group."""
        records = self.summary.counts.to_dict("records")
        return {(record["variable"], self._group(record)): record for record in records}

    def _group(self, row: Row) -> Any:
        if self.summary.by is None:
            return EVERYBODY
        return row[self.summary.by]

    @cached_property
    def people(self) -> dict[tuple[str, Any], float]:
        """The people whom the respondents of each variable and group represent."""
        return dict(zip(self.counts, self.summary.people.tolist(), strict=True))

    @cached_property
    def before(self) -> str:
        """The counts before percentages: respondents, weighted counts, or none."""
        return next((name for name in ("counts", "n_percent") if name in self.shown), "")

    @property
    def counted(self) -> bool:
        """Whether respondents are printed."""
        return "n" not in self.request.hide

    @property
    def counts_vary(self) -> bool:
        """Whether variables have different respondents; if not, the last line has them."""
        variables = ("", *self.summary.statistics)
        return self.counted and len({self.counts[name, EVERYBODY]["n"] for name in variables}) > 1

    def heads(self) -> tuple[list[str], list[str]]:
        """Return the heads of all columns, and the groups above them if each has respondents."""
        language, by = self.request.language, self.summary.by
        labels = value_labels(by or "", self.groups, self.labels, language)
        names = [label or term("word.all", language) for label in labels]
        n = term("column.n", language)
        first = [term("column.variable", language), *[n] * self.counts_vary]
        last = [term(f"column.{end}", language) for end in self.ends]
        if "n" not in self.shown:
            return [*first, *names, *last], []
        over = [""] * len(first)
        for name in names:
            over += [name, name]
        over += [""] * len(last)
        return [*first, *[term("column.estimate", language), n] * len(names), *last], over

    def line(
        self, stub: str, cells: Sequence[Cell] = (), counts: Sequence[Cell] = (), head: str = ""
    ) -> list[Cell]:
        """Return a line: label, groups, and for a variable respondents and comparisons."""
        language, blank = self.request.language, [BLANK] * len(self.groups)
        line = [Cell(stub), *[BLANK] * self.counts_vary]
        if head and self.counts_vary:
            line[1] = respondents_cell(self.counts[head, EVERYBODY]["n"], language)
        if "n" in self.shown:
            line += chain.from_iterable(zip(cells or blank, counts or blank, strict=True))
        else:
            line += cells or blank
        if "smd" in self.ends:
            difference = known(self.summary.differences.get(head))
            line.append(Cell(number(difference, language, 2, absent=""), difference, "0.00"))
        if "p_value" in self.ends:
            line.append(p_value_cell(self.summary.p_values.get(head), language))
        return line

    def _counts_line(self, stub: str, cells: list[Cell]) -> list[Cell]:
        """Return a line of counts, in the columns of respondents if there are any."""
        if "n" in self.shown:
            return self.line(stub, (), cells)
        return self.line(stub, cells)

    def foot(self) -> list[list[Cell]]:
        """Return the line of the respondents of each group, unless they are hidden."""
        language = self.request.language
        lines = []
        if self.before == "counts":
            people = [count_cell(np.round(self.people["", name]), language) for name in self.groups]
            lines.append(self.line(term("characteristics.counts", language), people))
        if self.counted:
            cells = [respondents_cell(self.counts["", name]["n"], language) for name in self.groups]
            lines.append(self._counts_line(term("column.n", language), cells))
        return lines

    @cached_property
    def rows(self) -> dict[str, list[Row]]:
        """The estimates of each variable."""
        of_variable = defaultdict[str, list[Row]](list)
        for row in self.summary.frame.to_dict("records"):
            of_variable[row["variable"]].append(row)
        return of_variable

    def block(self, variable: str) -> list[list[Cell]]:
        """Return the lines of a variable."""
        language, how = self.request.language, self.summary.statistics[variable]
        own, label = self.rows[variable], self._label(variable)
        if how in ("mean", "median"):
            main = [row for row in own if row["statistic"] == how or row["category"] == 0.5]
            lines = self._lines_of(label, main, own, variable)
        elif how and own[0]["category"] == "":
            lines = self._lines_of(label, own, own, variable)
        else:
            lines = [self.line(label, head=variable)]
            for category, rows in self._categories(own):
                answer = value_label(variable, category, self.labels, language)
                lines += self._lines_of(f"{INDENT}{answer}", rows, own)
        gaps = [self.counts[variable, group]["missing"] for group in self.groups]
        if self.summary.missing == "row" and any(gaps):
            cells = [count_cell(gap, language) for gap in gaps]
            stub = f"{INDENT}{term('characteristics.missing', language)}"
            lines.append(self._counts_line(stub, cells))
        return lines

    def _label(self, variable: str) -> str:
        """Return the label of a variable, with its unit and what its numbers are."""
        language, how = self.request.language, self.summary.statistics[variable]
        label = variable_label(variable, self.labels, language)
        if how == "share" and self.before:
            return f"{label}, {term(f'characteristics.{self.before}_beside', language)}"
        if how not in ("mean", "median"):
            return label
        unit = self.labels.variable(variable).unit
        if unit:
            label += f" ({words(unit_in_words(unit), language)})"
        beside = term(f"characteristics.{how}_beside", language)
        if "std_error" in self.shown:
            beside = term("characteristics.std_error_beside", language)
        return f"{label}, {term(f'characteristics.{how}', language)} ({beside})"

    def _categories(self, own: list[Row]) -> list[tuple[Any, list[Row]]]:
        """Return the rows of each non-empty category, in order or by size."""
        rows: dict[Any, list[Row]] = {}
        for row in own:
            rows.setdefault(row["category"], []).append(row)
        chosen = []
        for category, of_category in rows.items():
            if not all(row["estimate"] <= 0 for row in of_category):
                chosen.append((category, of_category))
        if self.request.sort is None:
            return chosen
        # hidden ones last, in either order
        sign = {"ascending": 1, "descending": -1}[self.request.sort]
        return sorted(
            chosen, key=lambda pair: np.nan_to_num(sign * pair[1][-1]["estimate"], nan=np.inf)
        )

    def _lines_of(
        self, stub: str, main: list[Row], own: list[Row], head: str = ""
    ) -> list[list[Cell]]:
        """Return the line of estimates by group, with intervals below on request."""
        language, form = self.request.language, self._form(own)
        cells, counts, intervals = [], [], []
        for row in main:
            counted = known(row.get("numerator"))
            if counted is None:
                counted = row["n"]
            cells.append(self._cell(row, own, form))
            counts.append(count_cell(counted, language))
            intervals.append(form.between(row["ci_low"], row["ci_high"], language))
        lines = [self.line(stub, cells, counts, head)]
        if "interval" in self.shown:
            lines.append(self.line("", intervals))
        return lines

    def _form(self, own: list[Row]) -> NumberForm:
        """Return the form of a variable, from its errors if shown, or from its spread."""
        first, decimals = own[0]["statistic"], self.request.decimals
        frame = pd.DataFrame(own)
        if decimals is None and first != "share" and not {"std_error", "interval"} & {*self.shown}:
            decimals = _decimals_of_spread(frame, first)
        alike = frame[frame["statistic"] == first]
        groups = self.summary.groups
        form = form_of(groups.description_of(first), alike, "", self.request.percent, decimals)
        return answer_form(
            form, groups, first, own[0]["variable"], self.labels, self.request.language
        )

    def _cell(self, row: Row, own: list[Row], form: NumberForm) -> Cell:
        """Return an estimate with deviation, quartiles, or standard error in brackets.

        A percentage may be in brackets itself, after the number of people.
        """
        language = self.request.language
        published = published_cell(
            form.cell(known(row["estimate"]), language), str(row["flag"]), language
        )
        if {CONFIDENTIAL, NOT_RELIABLE} & {*flags_of(row["flag"])}:
            return published
        small = 0 < row["n"] < SMALL
        few = f"{NO_BREAK}*" * small
        beside = self._beside(row, own, form)
        if row["statistic"] == "share" and self.before:
            beside = Cell(f"({published.text})", published.number, f'"("{published.form}")"')
            published = count_cell(self._count(row), language)
        marks, mark = few, few
        if beside is not None:
            marks = f"{NO_BREAK}{beside.text}{few}"
            if beside.number is None:
                # quartiles have no column of their own in spreadsheets
                beside, mark = None, marks
        form_of_mark = published.form + f'"{mark}"' * bool(mark)
        return Cell(published.text + marks, published.number, form_of_mark, beside, small)

    def _beside(self, row: Row, own: list[Row], form: NumberForm) -> Cell | None:
        """Return the number or the quartiles in brackets after an estimate."""
        language = self.request.language
        group = [key["estimate"] for key in own if self._group(key) == self._group(row)]
        if row["statistic"] == "quantile" and "std_error" not in self.shown:
            return Cell(f"({form.between(group[0], group[2], language).text[1:-1]})")
        if "std_error" in self.shown:
            value = row["std_error"]
            if form.kind == "percent":
                value *= 100
        elif row["statistic"] == "mean":
            value = float(np.sqrt(group[1]))
        else:
            return None
        shown = number(value, language, form.decimals, absent="")
        if not shown:
            return None
        decimals = f".{'0' * form.decimals}" * bool(form.decimals)
        return Cell(f"({shown})", known(value), f'"("#,##0{decimals}")"')

    def _count(self, row: Row) -> float:
        """Return the respondents with an answer, or the people whom they represent."""
        if self.before == "n_percent":
            return float(row["numerator"])
        return float(np.round(row["estimate"] * self.people[row["variable"], self._group(row)]))

    def remarks(self, body: Sequence[Sequence[Cell]]) -> tuple[str, ...]:
        """Return the remarks below: tests, impossible tests, differences and few respondents."""
        language, summary = self.request.language, self.summary
        tests: dict[str, None] = {}
        for test in summary.tests.values():
            name = term(f"test.{test.name}", language)
            if language == "fr":
                # « test » after a colon; in English a test has its own capital, or none
                name = name[:1].lower() + name[1:]
            tests[name] = None
        untested = [name for name, how in summary.statistics.items() if how]
        untested = [name for name in untested if name not in summary.tests]
        remarks = []
        if "p_value" in self.ends and tests:
            named = semicolon(language).join(tests)
            remarks.append(filled_term("characteristics.tests", language, value=named))
        if "p_value" in self.ends and untested:
            named = ", ".join(variable_labels(untested, self.labels, language))
            remarks.append(filled_term("characteristics.untested", language, value=named))
        if "smd" in self.ends:
            remarks.append(term("characteristics.difference", language))
        cells = list(chain.from_iterable(body))
        if any(cell.small for cell in cells):
            remarks.append(term("sentence.small_base", language))
        if hidden_cell(language) in cells:
            remarks.append(term("sentence.confidential", language))
        return tuple(remarks)


def _decimals_of_spread(own: pd.DataFrame, first: str) -> int:
    """Return the decimals that a mean needs for its deviation, or quartiles for their range."""
    spread_of = {"mean": "variance"}.get(first, first)
    values = own["estimate"][own["statistic"] == spread_of].to_numpy(dtype=float)
    values = values[np.isfinite(values)]
    if not len(values) or (first == "quantile" and (values % 1 == 0).all()):
        return 0
    spread = np.ptp(values)
    if first == "mean":
        spread = np.sqrt(values.max())
    if not spread > 0:
        return 0
    return max(0, 2 - int(np.floor(np.log10(spread))))


@registry.drawing.register(Summary)
def summary_drawing(summary: Summary, request: registry.ChartRequest) -> registry.Drawing:
    """Return the drawing of a summary: shares by group, or else means or medians."""
    frame, labels = summary.groups.frame, merged_labels(request.labels, summary.codebook)
    drawn = next(
        name for name in ("share", "mean", "quantile") if (frame["statistic"] == name).any()
    )
    rows = (frame["statistic"] == drawn) & ((drawn != "quantile") | (frame["category"] == 0.5))
    found = estimates_drawing(summary.groups.rows(rows.to_numpy()), request)
    left_out = {*summary.statistics.values()} - {"", {"quantile": "median"}.get(drawn, drawn)}
    remarks = join_wordings(
        (found.remarks, *[term_text("characteristics.not_drawn")] * bool(left_out)), " "
    )
    return replace(found, title=both(_title, summary, labels), remarks=remarks)
