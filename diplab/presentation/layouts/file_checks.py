"""Facts on a file: quality, estimated risk, missing answers by reason, main job rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from diplab.estimators.moments import count
from diplab.microdata.disclosure import THRESHOLD, DisclosureRisk
from diplab.microdata.jobs.rules import CONDITION_SIGNS, JobRules, order_in_words
from diplab.microdata.missing import ReasonCounts
from diplab.microdata.quality import CHECKS, Finding, Quality
from diplab.presentation.labels import variable_label
from diplab.presentation.language import (
    colon,
    filled_term,
    number,
    percent,
    term,
    whole_percent,
    words,
)
from diplab.presentation.layouts.drawings import estimates_drawing
from diplab.presentation.layouts.registry import (
    ChartRequest,
    Drawing,
    TableRequest,
    drawing,
    layout,
    sheet_of_columns,
)
from diplab.presentation.layouts.rows import EstimateRow, rows_in_words
from diplab.presentation.numbers import NumberForm
from diplab.presentation.sheet import Align, Cell, Sheet
from diplab.reference.text import LANGUAGES, Language, Text
from diplab.results.estimates import COLUMNS, Estimates, Provenance

_SHARES = ("speed", "share", "left", "matching")
_MOST_NAMES = 4


@layout.register(Quality)
def quality_sheet(quality: Quality, request: TableRequest, most: int | None = None) -> Sheet:
    """Return the findings of the checks of a file, at most so many of each."""
    language = request.language
    file = f" – {quality.file}" if quality.file else ""
    rows = number(quality.rows, language)
    heads = [term(f"check.{name}", language) for name in ("check", "finding", "variables", "rows")]
    return Sheet(
        title=request.title_or(term("check.title", language) + file),
        subtitle=f"{term('column.rows', language)}{colon(language)}{rows}",
        header=(*heads, "%"),
        rows=tuple(_lines(quality, language, most)),
        align=("left", "left", "left", "right", "right"),
        notes=tuple(("", line) for line in _notes(quality, language)),
        language=language,
    )


def finding_words(finding: Finding, language: Language) -> str:
    """Return a finding in words, with the numbers of its rule."""
    numbers = finding.numbers
    key = f"finding.{finding.check}.{finding.kind}"
    if finding.kind == "looks_like_missing" and numbers["lowest"] == numbers["highest"]:
        key += "_one"
    shares = {name: percent(numbers[name], language, 0) for name in _SHARES if name in numbers}
    printed = {
        name: number(value, language, 0 if float(value).is_integer() else 1)
        for name, value in numbers.items()
    }
    return term(key, language).format(**{**printed, **shares})


def _lines(quality: Quality, language: Language, most: int | None) -> list[tuple[Cell, ...]]:
    lines: list[tuple[Cell, ...]] = []
    for check in CHECKS:
        of_check = [finding for finding in quality.findings if finding.check == check]
        # a line "and 1 more" would take the place of the one more
        shown = of_check if most is None or len(of_check) <= most + 1 else of_check[:most]
        for position, item in enumerate(shown):
            name = term(f"check.{check}", language) if position == 0 else ""
            lines.append((Cell(name), *_cells(item, language)))
        if len(shown) < len(of_check):
            rest = term("check.and_more", language).format(
                count=number(len(of_check) - len(shown), language)
            )
            lines.append((Cell(""), Cell(rest), Cell(""), Cell(""), Cell("")))
    return lines


def _cells(finding: Finding, language: Language) -> tuple[Cell, ...]:
    labels = (Cell(finding_words(finding, language)), Cell(_variables(finding.variables, language)))
    if finding.rows < THRESHOLD:
        return (*labels, Cell(f"<{THRESHOLD}" if finding.rows else ""), Cell(""))
    rows, share = float(finding.rows), finding.rows / finding.base
    return (
        *labels,
        NumberForm("number", 0).cell(rows, language),
        NumberForm("percent", 1).cell(share, language),
    )


def _variables(names: tuple[str, ...], language: Language) -> str:
    if len(names) <= _MOST_NAMES:
        return ", ".join(names)
    rest = term("check.and_more", language).format(
        count=number(len(names) - _MOST_NAMES + 1, language)
    )
    return f"{', '.join(names[: _MOST_NAMES - 1])} {rest}"


def _notes(quality: Quality, language: Language) -> list[str]:
    notes = [term("sentence.synthetic", language)] if quality.synthetic else []
    notes += [term("check.left_in" if quality.findings else "check.nothing", language)]
    if any(0 < finding.rows < THRESHOLD for finding in quality.findings):
        notes.append(term("check.few", language))
    if quality.skipped:
        skipped = [
            f"{term(f'check.{item.check}', language)} ({term(f'not_checked.{item.why}', language)})"
            for item in quality.skipped
        ]
        notes.append(term("check.not_made", language).format(checks=", ".join(skipped)))
    return notes


@layout.register(DisclosureRisk)
def risk_sheet(risk: DisclosureRisk, request: TableRequest) -> Sheet:
    """Return the estimated risk of a file, in full and without each key, as a table."""
    language, labels = request.language, request.labels_of(risk.codebook)
    options = {"k": str(risk.k), "threshold": whole_percent(risk.threshold, language)}
    keys = [variable_label(name, labels, language) for name in risk.frame["without"][1:]]
    lines = [
        term("risk.all", language),
        *(filled_term("risk.without", language, name=key) for key in keys),
    ]
    columns: dict[str, tuple[list[Cell], Align]] = {
        term("risk.keys", language): ([*map(Cell, lines)], "left")
    }
    for name, values in risk.frame.drop(columns="without").dropna(axis=1, how="all").items():
        form = NumberForm("percent" if name == "fall" else "number", int(values.dtype.kind == "f"))
        cells = [Cell("–") if np.isnan(value) else form.cell(value, language) for value in values]
        columns[filled_term(f"risk.{name}", language, **options)] = (cells, "right")
    estimated = "sample" if np.isnan(risk.fraction) else "estimated"
    remarks = [
        filled_term(f"risk.of_{estimated}", language, fraction=percent(risk.fraction, language, 2))
    ]
    if risk.frame["fall"][1] > 0:
        remarks.append(filled_term("risk.first", language, name=keys[0]))
    for name, fewest, alike in risk.diversity.itertuples(index=False):
        counts = {
            "fewest": number(fewest, language),
            "alike": number(alike, language),
            "k": str(risk.k),
        }
        remarks.append(
            filled_term(
                "risk.diversity", language, name=variable_label(name, labels, language), **counts
            )
        )
    source = Provenance(
        source=Text.same(risk.codebook.origin.file), synthetic=risk.codebook.origin.synthetic
    )
    return sheet_of_columns(
        columns, request, term("risk.title", language), source, labels, risk.frame, remarks
    )


@layout.register(JobRules)
def job_rules_sheet(rules: JobRules, request: TableRequest) -> Sheet:
    """Return the rules of the main job as a table: questions, condition, values."""
    language = request.language
    listed = rules.listed(language)
    return Sheet(
        title=request.title_or(term("job_rules.title", language)),
        header=tuple(term(f"job_rules.{name}", language) for name in listed.columns),
        rows=tuple(
            tuple(Cell(words(str(cell), language)) for cell in row)
            for row in listed.itertuples(index=False, name=None)
        ),
        align=("right", "left", "left", "left", "left"),
        notes=(
            ("", words(order_in_words(rules), language)),
            ("", words(CONDITION_SIGNS, language)),
        ),
        language=language,
    )


@layout.register(ReasonCounts)
def reasons_sheet(counts: ReasonCounts, request: TableRequest) -> Sheet:
    """Return counts and shares of rows with an answer, and without one by reason."""
    language, labels = request.language, request.labels_of(counts.codebook)
    estimates = _as_estimates(counts)
    rows = rows_in_words(estimates, language, labels)
    form = NumberForm("percent", 1 if request.decimals is None else request.decimals)
    names = [row.variable for row in rows]
    columns: dict[str, tuple[list[Cell], Align]] = {}
    if len(set(names)) > 1:
        # a variable is named once, above its reasons
        once = ["" if name == before else name for before, name in pairwise(["", *names])]
        columns[term("column.variable", language)] = (list(map(Cell, once)), "left")
    columns[term("reasons.answer", language)] = ([Cell(row.category) for row in rows], "left")
    columns[term("reasons.rows", language)] = ([row.estimate for row in rows], "right")
    parts = ((row.estimate.number, row.respondents.number) for row in rows)
    shares = [count / base if count is not None and base else None for count, base in parts]
    columns["%"] = ([form.cell(share, language) for share in shares], "right")
    title = _title_of_reasons(rows, language)
    sheet = sheet_of_columns(columns, request, title, estimates.provenance, labels, estimates.frame)
    # rows are not respondents: few of them need no star
    file_rows = number(rows[0].respondents.number if rows else 0, language)
    return replace(
        sheet,
        subtitle=request.unit or f"{term('column.rows', language)}{colon(language)}{file_rows}",
    )


@drawing.register(ReasonCounts)
def reasons_drawing(counts: ReasonCounts, request: ChartRequest) -> Drawing:
    """Return the drawing of rows by reason: every row."""
    shown = estimates_drawing(_as_estimates(counts), request)
    return replace(
        shown, title=Text(*(_title_of_reasons(shown.rows[code], code) for code in LANGUAGES))
    )


def _title_of_reasons(rows: Sequence[EstimateRow], language: Language) -> str:
    variables = list(dict.fromkeys(row.variable for row in rows))
    head = term("reasons.title", language)
    return f"{head} – {variables[0]}" if len(variables) == 1 else head


def _as_estimates(counts: ReasonCounts) -> Estimates:
    """Return rows by reason as counts without weights or standard errors."""
    origin = counts.codebook.origin
    columns: dict[str, Any] = {**dict.fromkeys(COLUMNS, np.nan), "statistic": "count", "flag": ""}
    frame = counts.frame.rename(columns={"count": "estimate"}).astype({"estimate": float})
    frame = frame.assign(**{name: value for name, value in columns.items() if name not in frame})
    provenance = Provenance(
        rules={"weights": "none"},
        base=counts.base,
        source=Text.same(origin.file),
        status="synthetic" if origin.synthetic else "estimated",
        synthetic=origin.synthetic,
    )
    unknown = np.full((len(frame), len(frame)), np.nan)
    return Estimates(
        frame[list(COLUMNS)],
        unknown,
        provenance,
        (),
        counts.codebook,
        descriptions={"count": count.description},
    )
