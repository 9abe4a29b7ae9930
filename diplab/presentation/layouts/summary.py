"""Summaries for print: a block for each variable, a column for each group, the total, differences and p-values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from diplab.microdata.codebook import Codebook
from diplab.presentation.labels import merged_labels, value_label, variable_label
from diplab.presentation.language import number, semicolon, term, words
from diplab.presentation.layouts.crosstab import respondents_cell
from diplab.presentation.layouts.estimates import BLANK, estimates_drawing
from diplab.presentation.layouts.registry import ChartRequest, Drawing, TableRequest, drawing, layout
from diplab.presentation.layouts.rows import SMALL
from diplab.presentation.notes import conventions
from diplab.presentation.numbers import NumberForm, form_of, known, p_value_cell
from diplab.presentation.sheet import INDENT, Align, Cell, Sheet, detail_of
from diplab.reference.parameter import unit_in_words
from diplab.reference.text import LANGUAGES, NO_BREAK, Language, Text
from diplab.results.summary import Summary

EVERYBODY = ""
"""The group of everybody in the frame of a summary."""


@layout.register(Summary)
def summary_sheet(summary: Summary, request: TableRequest) -> Sheet:
    """Return a summary as a table for print."""
    language, labels = request.language, request.labels_of(summary.codebook)
    lines = _SummaryLines(summary, request, labels, request.shown("std_error", "interval", "n"))
    body = [line for variable in summary.statistics for line in lines.block(variable)] + lines.foot()
    heads, over = lines.heads()
    numbers: list[Align] = ["right"] * (len(heads) - 1)
    return Sheet(
        title=request.title_or(_title(summary, labels, language)),
        subtitle=request.unit,
        header=tuple(heads),
        rows=tuple(map(tuple, body)),
        align=("left", *numbers),
        notes=conventions(summary.groups.provenance, language, request.notes, lines.remarks(body), labels),
        language=language,
        detail=detail_of(summary.frame),
        over=tuple(over),
    )


def _title(summary: Summary, labels: Codebook, language: Language) -> str:
    head = term("characteristics.title", language)
    by = f", {term('word.by', language)} {variable_label(summary.by, labels, language)}" if summary.by else ""
    return words(head + by, language)


@dataclass(frozen=True, eq=False)
class _SummaryLines:
    """The lines of a printed summary: of each variable its only one, or a heading and its categories below."""

    summary: Summary
    request: TableRequest
    labels: Codebook
    shown: Sequence[str]

    @cached_property
    def groups(self) -> list[Any]:
        """The columns: groups, then everybody."""
        return list(dict.fromkeys(self.summary.frame[self.summary.by])) if self.summary.by else [EVERYBODY]

    @cached_property
    def ends(self) -> list[str]:
        """The last columns: those of differences and p-values that there are."""
        there = {"difference": self.summary.differences, "p_value": self.summary.p_values}
        return [name for name, values in there.items() if values and name not in self.request.hide]

    @cached_property
    def counts(self) -> dict[tuple[str, Any], dict[Any, Any]]:
        """Respondents and missing answers, by variable and group."""
        records, by = self.summary.counts.to_dict("records"), self.summary.by
        return {(each["variable"], each[by] if by else EVERYBODY): each for each in records}

    @property
    def counted(self) -> bool:
        """Whether respondents are printed."""
        return "n" not in self.request.hide

    def heads(self) -> tuple[list[str], list[str]]:
        """Return the titles of all columns, and the groups above them where each has its respondents."""
        language, by = self.request.language, self.summary.by
        names = [
            value_label(by or "", each, self.labels, language) or term("word.all", language) for each in self.groups
        ]
        n = term("column.n", language)
        first = [term("column.variable", language), *([n] if self.counted else [])]
        last = [term(f"column.{'smd' if each == 'difference' else each}", language) for each in self.ends]
        if "n" not in self.shown:
            return [*first, *names, *last], []
        over = [*("" for _ in first), *(name for name in names for _ in range(2)), *("" for _ in last)]
        return [*first, *[term("column.estimate", language), n] * len(names), *last], over

    def line(self, stub: str, cells: Sequence[Cell] = (), counts: Sequence[Cell] = (), head: str = "") -> list[Cell]:
        """Return a line: its words, then its groups; at the head of a variable its respondents, and what compares."""
        language, blank = self.request.language, [BLANK] * len(self.groups)
        pairs = zip(cells or blank, counts or blank, strict=True)
        middle = [each for pair in pairs for each in pair] if "n" in self.shown else cells or blank
        n = respondents_cell(int(self.counts[head, EVERYBODY]["n"]), language) if head else BLANK
        difference = self.summary.differences.get(head)
        shown = Cell("" if known(difference) is None else number(difference, language, 2), known(difference), "0.00")
        ends = {"difference": shown, "p_value": p_value_cell(self.summary.p_values.get(head), language)}
        return [Cell(stub), *([n] if self.counted else []), *middle, *(ends[name] for name in self.ends)]

    def foot(self) -> list[list[Cell]]:
        """Return the line of the respondents of each group, unless they are hidden."""
        cells = [respondents_cell(int(self.counts["", each]["n"]), self.request.language) for each in self.groups]
        beside = "n" in self.shown
        stub = term("column.n", self.request.language)
        return [self.line(stub, () if beside else cells, cells)] if self.counted else []

    def block(self, variable: str) -> list[list[Cell]]:
        """Return the lines of a variable."""
        language, how = self.request.language, self.summary.statistics[variable]
        label, unit = variable_label(variable, self.labels, language), self.labels.variable(variable).unit
        own = self.summary.frame[self.summary.frame["variable"] == variable]
        if how in ("mean", "median"):
            label += f" ({words(unit_in_words(unit), language)})" if unit else ""
            beside = term(f"characteristics.{'std_error' if 'std_error' in self.shown else how}_beside", language)
            label += f", {term(f'characteristics.{how}', language)} ({beside})"
            main = own[own["statistic"] == "mean"] if how == "mean" else own[own["category"] == 0.5]
            lines = self._told(label, main, own, variable)
        elif how and (own["category"] == "").all():
            lines = self._told(label, own, own, variable)
        else:
            lines = [self.line(label, head=variable)]
            for category in self._categories(own):
                answer = f"{INDENT}{value_label(variable, category, self.labels, language)}"
                lines += self._told(answer, own[own["category"] == category], own)
        gaps = [int(self.counts[variable, each]["missing"]) for each in self.groups]
        if self.summary.missing == "row" and any(gaps):
            cells = [Cell(number(each, language), each, "#,##0") for each in gaps]
            stub = f"{INDENT}{term('characteristics.missing', language)}"
            lines.append(self.line(stub, () if "n" in self.shown else cells, cells))
        return lines

    def _categories(self, own: pd.DataFrame) -> list[Any]:
        """Return the categories that somebody chose, in their order or by size."""
        size = own.groupby("category", sort=False)["estimate"].agg(["max", "last"])
        size = size[size["max"] > 0]
        if self.request.sort is not None:
            size = size.sort_values("last", ascending=self.request.sort == "ascending", kind="stable")
        return list(size.index)

    def _told(self, stub: str, main: pd.DataFrame, own: pd.DataFrame, head: str = "") -> list[list[Cell]]:
        """Return the line of some estimates, one a group, with their intervals below where these are asked for."""
        language, form = self.request.language, self._form(own)
        counted = main["numerator"] if "numerator" in main and main["numerator"].notna().all() else main["n"]
        counts = [Cell(number(each, language), each, "#,##0") for each in counted]
        lines = [self.line(stub, [self._cell(row, own, form) for row in main.to_dict("records")], counts, head)]
        if "interval" in self.shown:
            ends = zip(main["ci_low"], main["ci_high"], strict=True)
            lines.append(self.line("", [form.between(*each, language) for each in ends]))
        return lines

    def _form(self, own: pd.DataFrame) -> NumberForm:
        """Return how a variable is printed: as shown errors ask, else with three digits of its spread."""
        first, decimals = own["statistic"].iloc[0], self.request.decimals
        if decimals is None and first != "share" and not {"std_error", "interval"} & {*self.shown}:
            value = own["estimate"][own["statistic"] == ("variance" if first == "mean" else first)].dropna()
            spread = np.sqrt(value.max()) if first == "mean" else value.max() - value.min()
            whole = first == "quantile" and (value % 1 == 0).all()
            decimals = 0 if whole or not spread > 0 else max(0, 2 - int(np.floor(np.log10(spread))))
        description = self.summary.groups.description_of(first)
        return form_of(description, own[own["statistic"] == first], "", self.request.percent, decimals)

    def _cell(self, row: dict[Any, Any], own: pd.DataFrame, form: NumberForm) -> Cell:
        """Return an estimate with its spread in brackets: deviation, quartiles, or standard error where it is asked."""
        language, by = self.request.language, self.summary.by
        cell, spread, beside = form.cell(known(row["estimate"]), language), np.nan, ""
        group = own if by is None else own[own[by] == row[by]]
        if "std_error" in self.shown:
            spread = row["std_error"] * (100 if form.kind == "percent" else 1)
        elif row["statistic"] == "mean":
            spread = float(np.sqrt(group["estimate"][group["statistic"] == "variance"].iloc[0]))
        elif row["statistic"] == "quantile":
            beside = form.between(group["estimate"].iloc[0], group["estimate"].iloc[2], language).text[1:-1]
        beside = beside if known(spread) is None else number(spread, language, form.decimals)
        after = (f"{NO_BREAK}({beside})" if beside else "") + (f"{NO_BREAK}*" if 0 < row["n"] < SMALL else "")
        return replace(cell, text=cell.text + after, form=f'{cell.form}"{after}"' if after else cell.form)

    def remarks(self, body: Sequence[Sequence[Cell]]) -> tuple[str, ...]:
        """Return what is said below: the tests, those that could not be made, differences and few respondents."""
        language, summary = self.request.language, self.summary
        tests = dict.fromkeys(term(f"test.{each.name}", language) for each in summary.tests.values())
        untested = [name for name, how in summary.statistics.items() if how and name not in summary.tests]
        values = {
            "tests": semicolon(language).join(tests) if "p_value" in self.ends else "",
            "untested": ", ".join(
                variable_label(each, self.labels, language) for each in untested if "p_value" in self.ends
            ),
            "difference": "difference" if "difference" in self.ends else "",
        }
        said = [
            term(f"characteristics.{name}", language).replace("{value}", each) for name, each in values.items() if each
        ]
        small = any(cell.text.endswith(f"{NO_BREAK}*") for line in body for cell in line)
        return (*said, *([term("sentence.small_base", language)] if small else []))


@drawing.register(Summary)
def summary_drawing(summary: Summary, request: ChartRequest) -> Drawing:
    """Return what a chart shows of a summary: its shares, by group; of one without shares its means or medians."""
    frame, labels = summary.groups.frame, merged_labels(request.labels, summary.codebook)
    drawn = next(name for name in ("share", "mean", "quantile") if (frame["statistic"] == name).any())
    rows = (frame["statistic"] == drawn) & ((drawn != "quantile") | (frame["category"] == 0.5))
    found = estimates_drawing(summary.groups.rows(rows.to_numpy()), request)
    left_out = {*summary.statistics.values()} - {"", "median" if drawn == "quantile" else drawn}
    more = (f" {term('characteristics.not_drawn', each)}" if left_out else "" for each in LANGUAGES)
    remarks = Text(*(f"{found.remarks.in_(each)}{one}".strip() for each, one in zip(LANGUAGES, more, strict=True)))
    return replace(found, title=Text(*(_title(summary, labels, each) for each in LANGUAGES)), remarks=remarks)
