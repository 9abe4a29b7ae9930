"""Layout of summaries: several variables in one table, by groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from diplab.microdata.codebook import Codebook
from diplab.microdata.display import join_wordings
from diplab.presentation.labels import merged_labels, noun_of, value_label, variable_label
from diplab.presentation.language import both, cut_by, number, semicolon, term, term_text, words
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
    hidden = request.hidden("n", *(["p_value"] if summary.p_values else []))
    request.without("sum_to_100")
    lines = _SummaryLines(
        summary, request, labels, request.shown("std_error", "interval", "n", "n_percent", "counts")
    )
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
    groups = [noun_of(name, labels, language) for name in (summary.by,) if name]
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
        there = {"difference": self.summary.differences, "p_value": self.summary.p_values}
        return [name for name, values in there.items() if values and name not in self.request.hide]

    @cached_property
    def counts(self) -> dict[tuple[str, Any], dict[Any, Any]]:
        """Respondents and missing answers, by variable and group."""
        records, by = self.summary.counts.to_dict("records"), self.summary.by
        return {(record["variable"], record[by] if by else EVERYBODY): record for record in records}

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
        names = [
            value_label(by or "", group, self.labels, language) or term("word.all", language)
            for group in self.groups
        ]
        n = term("column.n", language)
        first = [term("column.variable", language), *([n] if self.counts_vary else [])]
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
        language, blank = self.request.language, [BLANK] * len(self.groups)
        pairs = zip(cells or blank, counts or blank, strict=True)
        middle = [item for pair in pairs for item in pair] if "n" in self.shown else cells or blank
        n = respondents_cell(self.counts[head, EVERYBODY]["n"], language) if head else BLANK
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
            *([n] if self.counts_vary else []),
            *middle,
            *(ends[name] for name in self.ends),
        ]

    def foot(self) -> list[list[Cell]]:
        """Return the line of the respondents of each group, unless they are hidden."""
        language = self.request.language
        lines = []
        if self.before == "counts":
            people = [count_cell(np.round(self.people["", name]), language) for name in self.groups]
            lines.append(self.line(term("characteristics.counts", language), people))
        if self.counted:
            cells = [respondents_cell(self.counts["", name]["n"], language) for name in self.groups]
            stub = term("column.n", language)
            lines.append(self.line(stub, () if "n" in self.shown else cells, cells))
        return lines

    @cached_property
    def rows(self) -> dict[str, list[Row]]:
        """The estimates of each variable."""
        of_variable: dict[str, list[Row]] = {name: [] for name in self.summary.statistics}
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
            lines.append(self.line(stub, () if "n" in self.shown else cells, cells))
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
        in_brackets = "std_error" if "std_error" in self.shown else how
        beside = term(f"characteristics.{in_brackets}_beside", language)
        return f"{label}, {term(f'characteristics.{how}', language)} ({beside})"

    def _categories(self, own: list[Row]) -> list[tuple[Any, list[Row]]]:
        """Return the rows of each non-empty category, in order or by size."""
        rows: dict[Any, list[Row]] = {}
        for row in own:
            rows.setdefault(row["category"], []).append(row)
        chosen = [
            (category, item)
            for category, item in rows.items()
            if any(not row["estimate"] <= 0 for row in item)
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
        counts = [count_cell(item, language) for item in counted]
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
        few = f"{NO_BREAK}*" if small else ""
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
        form_of_mark = f'{published.form}"{mark}"' if mark else published.form
        return Cell(published.text + marks, published.number, form_of_mark, beside, small)

    def _beside(self, row: Row, own: list[Row], form: NumberForm) -> Cell | None:
        """Return the number or the quartiles in brackets after an estimate."""
        language, by = self.request.language, self.summary.by
        group = [key["estimate"] for key in own if by is None or key[by] == row[by]]
        if row["statistic"] == "quantile" and "std_error" not in self.shown:
            return Cell(f"({form.between(group[0], group[2], language).text[1:-1]})")
        if "std_error" in self.shown:
            value = row["std_error"] * (100 if form.kind == "percent" else 1)
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
        group = EVERYBODY if self.summary.by is None else row[self.summary.by]
        return float(np.round(row["estimate"] * self.people[row["variable"], group]))

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
        phrases = [
            term(f"characteristics.{name}", language).replace("{value}", value)
            for name, value in values.items()
            if value
        ]
        small = any(cell.small for line in body for cell in line)
        hides = any(cell == hidden_cell(language) for line in body for cell in line)
        found = {"small_base": small, "confidential": hides}
        return (
            *phrases,
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
    return replace(found, title=both(_title, summary, labels), remarks=remarks)
