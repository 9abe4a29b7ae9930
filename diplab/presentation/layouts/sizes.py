"""Population sizes: as a table with fit statistics; as dots with the lower bound as a line."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from diplab.microdata.codebook import Codebook
from diplab.microdata.display import join_wordings
from diplab.presentation import size_words
from diplab.presentation.charts.dots import Dots
from diplab.presentation.charts.row import Dot
from diplab.presentation.language import (
    both,
    colon,
    number,
    rule,
    semicolon,
    term,
    term_text,
    wording,
)
from diplab.presentation.layouts import registry
from diplab.presentation.layouts.drawings import estimates_drawing
from diplab.presentation.layouts.estimates import estimate_columns, estimates_sheet, interval_head
from diplab.presentation.layouts.rows import EstimateRow, rows_in_words, title_of
from diplab.presentation.notes import Notes, noted
from diplab.presentation.numbers import NumberForm
from diplab.presentation.sheet import Align, Cell, Sheet
from diplab.reference.text import LANGUAGES, NOTHING, Language, Text
from diplab.results.estimates import Estimates, flags_of
from diplab.results.sizes import ModelFit, Sizes

NONE = "–"
MEASURES = {"deviance": 2, "df": 0, "aic": 1, "bic": 1}  # measures of fit, each with its decimals


@registry.layout.register(Sizes)
def sizes_sheet(sizes: Sizes, request: registry.TableRequest) -> Sheet:
    """Return population sizes with the fit of their models; without models, plain estimates."""
    # a model or a number of persons seen common to all rows is below
    if not size_words.have_models(sizes):
        return estimates_sheet(sizes, request)
    language, labels = request.language, request.labels_of(sizes.codebook)
    rows = rows_in_words(sizes, language, labels, None, request.decimals)
    measures = {f"model_{name}": values for name, values in _measures(sizes).items()}
    columns, title = (
        _size_columns(sizes, rows, language, labels),
        title_of(sizes, rows, language, labels),
    )
    frame, remarks = sizes.frame.assign(**measures), _remarks(sizes, rows, language)
    return registry.sheet_of_columns(
        columns, request, title, sizes.provenance, labels, frame, remarks
    )


@registry.drawing.register(Sizes)
def sizes_drawing(sizes: Sizes, request: registry.ChartRequest) -> registry.Drawing:
    """Return the drawing of population sizes; nested ones as plain estimates."""
    drawn = estimates_drawing(sizes, request)
    if not size_words.are_drawn_as_sizes(sizes):
        return drawn
    return replace(drawn, refine=lambda dots: sizes_drawn(dots, sizes, drawn.rows))


def _size_columns(
    sizes: Sizes, rows: list[EstimateRow], language: Language, labels: Codebook | None
) -> dict[str, tuple[list[Cell], Align]]:
    """Return the columns of the plain table, with error and fit after size and interval."""
    of_estimates = estimate_columns(sizes, rows, language, labels)
    counted = size_words.head_of_persons(sizes)
    heads = {name: term(f"column.{name}", language) for name in ("estimate", counted)}
    interval = interval_head(sizes, language)
    columns: dict[str, tuple[list[Cell], Align]] = {}
    for head, (cells, align) in of_estimates.items():
        if head != heads[counted]:
            columns[head] = (
                _dashed(cells) if head in (heads["estimate"], interval) else cells,
                align,
            )
        elif not _all_seen(rows):
            columns[head] = (_dashed(cells), align)
        if head == heads["estimate"]:
            columns[term("column.std_error", language)] = (_errors(sizes, rows, language), "right")
        if head == (interval if interval in of_estimates else heads["estimate"]):
            columns |= _fit_columns(sizes, language)
    return columns


def _fit_columns(sizes: Sizes, language: Language) -> dict[str, tuple[list[Cell], Align]]:
    """Return the measures of fit of any model; empty if all rows come from one model."""
    if _one_model(sizes) is not None:
        return {}
    columns: dict[str, tuple[list[Cell], Align]] = {}
    for name, values in _measures(sizes).items():
        if any(map(math.isfinite, values)):
            cells = [_measure_cell(value, MEASURES[name], language) for value in values]
            columns[term(f"captures.{name}", language)] = (cells, "right")
    return columns


def _errors(sizes: Sizes, rows: list[EstimateRow], language: Language) -> list[Cell]:
    """Return standard errors to at least two digits, so that small ones are not zero."""
    cells = []
    for error, row in zip(sizes.frame["std_error"].astype(float), rows, strict=True):
        least = 0
        if error < 10:
            least = 1 if error >= 1 else 2
        cells.append(_measure_cell(error, max(row.form.decimals, least), language))
    return cells


def _measure_cell(value: float, digits: int, language: Language) -> Cell:
    if not math.isfinite(value):
        return Cell(NONE)
    return NumberForm("number", digits).cell(value, language)


def _dashed(cells: list[Cell]) -> list[Cell]:
    """Return cells with a dash if there is no number, as for a model without a solution."""
    dashed = []
    for cell in cells:
        numeric = cell.number is not None or any(map(str.isdigit, cell.text))
        dashed.append(cell if cell.text and numeric else Cell(NONE))
    return dashed


def _measures(sizes: Sizes) -> dict[str, list[float]]:
    """Return the measures of fit of each row by name; empty for rows without a model."""
    fits = list(sizes.fits) or [None] * len(sizes.frame)
    return {name: [float(getattr(fit, name, math.nan)) for fit in fits] for name in MEASURES}


def _one_model(sizes: Sizes) -> ModelFit | None:
    """Return the common model of several rows (sizes by occasion); None if they differ."""
    fits = sizes.fits
    return fits[0] if len(fits) > 1 and all(column is fits[0] for column in fits) else None


def _all_seen(rows: list[EstimateRow]) -> float | None:
    """Return the number of persons seen if it is the same in all rows and not small."""
    seen = {row.respondents.number for row in rows}
    return None if len(seen) != 1 or any(row.small for row in rows) else next(iter(seen))


def _remarks(sizes: Sizes, rows: list[EstimateRow], language: Language) -> list[str]:
    bounds = any(
        row.estimate.number is None and row.interval.number is None and "bounds" in flags_of(flag)
        for row, flag in zip(rows, sizes.frame["flag"], strict=True)
    )
    remarks = [term("sentence.bounds", language)] if bounds else []
    remarks += [size_words.small_warning(sizes, language)] if any(row.small for row in rows) else []
    seen, model = _all_seen(rows), _one_model(sizes)
    if seen is not None:
        head = term(f"column.{size_words.head_of_persons(sizes)}", language)
        remarks.append(f"{head}{colon(language)}{number(seen, language)}.")
    if model is not None:
        measures = [
            f"{term(f'captures.{name}', language)}{colon(language)}{shown}"
            for name, values in _measures(sizes).items()
            if (shown := _measure_cell(values[0], MEASURES[name], language).text) != NONE
        ]
        described = ", ".join([model.model, *measures])
        remarks.append(f"{term('column.model', language)}{colon(language)}{described}.")
    elif size_words.of_one_population(sizes):
        ranged = "range" in sizes.provenance.rules
        remarks.append(term("captures.same_people" if ranged else "captures.same_data", language))
    return remarks


FAR_APART = (
    20.0  # sizes further apart than this, largest over smallest, are drawn on a logarithmic axis
)


def sizes_drawn(
    drawn: Dots, sizes: Estimates, worded: Mapping[Language, Sequence[EstimateRow]]
) -> Dots:
    """Return the dots of population sizes as readers need them."""
    # the first lower bound is a vertical line, named in the key; sizes below it are hollow; an
    # interval without an upper end is an arrow; estimators without a solution are named in the
    # note; the axis starts at zero, or is logarithmic if sizes are far apart. Adjacent rows of one
    # kind have a heading
    records: list[dict[Any, Any]] = sizes.frame.to_dict("records")
    dots = [
        _size_dot(dot, record, *(worded[code][position] for code in LANGUAGES))
        for position, (dot, record) in enumerate(zip(drawn.rows, records, strict=True))
    ]
    headed = headings_by_kind(records, worded)
    if headed is not None:
        dots = [
            replace(dot, label=name.indented.label, group=name.group, under=name.under)
            for dot, name in zip(dots, headed, strict=True)
        ]
    with_numbers = tuple(dot for dot in dots if dot.point is not None or dot.low is not None)
    silent = [
        position for position, dot in enumerate(dots) if dot.point is None and dot.low is None
    ]
    chart = replace(
        drawn,
        rows=with_numbers or drawn.rows,
        notes=_notes_with_silent_rows(drawn.notes, silent, worded) if with_numbers else drawn.notes,
    )
    if any(dot.hollow for dot in with_numbers):
        chart = replace(chart, hollow_label=_captures_text("below"))
    bounds = (
        at
        for at, record in enumerate(records)
        if "lower bound" in _flags(record) and math.isfinite(record["estimate"])
    )
    bound = next(bounds, None)
    if bound is not None:
        shown = Text(*(worded[code][bound].estimate.text for code in LANGUAGES))
        value = float(records[bound]["estimate"])
        chart = replace(chart, line=value, line_label=_captures_text("at_least", shown))
    people = size_words.are_of_people(sizes)
    if size_words.have_models(sizes) or bound is not None or not people:
        per = sizes.provenance.rate_base
        # half-lives have no unit: their title states that they are in days
        axis = both(rule, "per", per) if per else NOTHING
        if people:
            axis = _captures_text("axis")
        chart = replace(chart, axis=axis)
    if not _needs_log_axis(with_numbers):
        return chart
    scale = Text(*(f"({term('captures.logarithmic', code)})" for code in LANGUAGES))
    logarithmic = _captures_text("axis_log") if people else join_wordings((chart.axis, scale), " ")
    return replace(chart, ratios=True, axis=logarithmic)


def _size_dot(dot: Dot, record: Mapping[Any, Any], fr: EstimateRow, en: EstimateRow) -> Dot:
    low, high = float(record["ci_low"]), float(record["ci_high"])
    if math.isfinite(low) and high == math.inf:
        # without a point, only the interval is printed
        dot = replace(
            dot, low=low, high=high, bounds=False, shown=Text(fr.interval.text, en.interval.text)
        )
    if dot.point is not None:
        dot = replace(dot, shown=Text(fr.estimate.text, en.estimate.text))
    return replace(dot, hollow="below bound" in _flags(record))


def _flags(record: Mapping[Any, Any]) -> tuple[str, ...]:
    return flags_of(record["flag"])


def _needs_log_axis(dots: Sequence[Dot]) -> bool:
    """Return whether most sizes would be near the start of a linear axis."""
    points = [dot.point for dot in dots if dot.point is not None and dot.point > 0]
    ends = [dot.high for dot in dots if dot.high is not None and math.isfinite(dot.high)]
    return bool(points) and max([*points, *ends]) / min(points) > FAR_APART


def _notes_with_silent_rows(
    notes: Notes, silent: Sequence[int], both: Mapping[Language, Sequence[EstimateRow]]
) -> Notes:
    """Return the notes with the rows that have neither a point nor an interval."""
    if not silent:
        return notes
    sentences = []
    for language in LANGUAGES:
        rows = [both[language][place] for place in silent]
        labels = [
            ", ".join(filter(None, (row.statistic, row.category)))
            + (f" ({row.remark})" if row.remark else "")
            for row in rows
        ]
        sentences.append(
            term("captures.no_point", language).replace("{value}", semicolon(language).join(labels))
        )
    return noted(notes, Text(*sentences))


def _captures_text(name: str, value: Text = NOTHING) -> Text:
    return Text(
        *(term(f"captures.{name}", code).replace("{value}", value.in_(code)) for code in LANGUAGES)
    )


FEWEST = 4  # number of rows below which headings take more space than they save
AFTER_SEEN = ("Mb", "Mbh", "Mtb")
FLAGS_OF_KIND = {
    "bound": ("lower bound",),
    "under": ("below bound",),
    "inflated": ("one-inflated",),
    "limits": ("bounds", "bounds only"),
    "point": (),
    "after": (),
}
"""Kinds of rows, with the flags stated in their headings."""


def headings_by_kind(
    records: Sequence[Mapping[Any, Any]], both: Mapping[Language, Sequence[EstimateRow]]
) -> list[registry.DotHeading] | None:
    """Return the labels of sizes under headings of kinds; None if kinds are not contiguous."""
    kinds = list(map(_kind, records))
    runs = [kind for kind, _ in groupby(filter(None, kinds))]
    if len(records) < FEWEST or len(set(runs)) != len(runs) or len(runs) < 2 or "bound" not in runs:
        return None
    several = len({str(record["statistic"]) for record in records}) > 1
    return [
        registry.DotHeading(
            Text(
                *(
                    _size_label(both[code][position], record, kind, several, code)
                    for code in LANGUAGES
                )
            ),
            term_text(f"captures.kind_{kind or 'point'}"),
        )
        for position, (record, kind) in enumerate(zip(records, kinds, strict=True))
    ]


def _kind(record: Mapping[Any, Any]) -> str:
    """Return the kind of a row; empty for one without a solution, which is not drawn."""
    if record["estimate"] != record["estimate"]:
        return "limits" if record["ci_low"] == record["ci_low"] else ""
    if str(record["statistic"]) in AFTER_SEEN:
        return "after"
    return next(
        (kind for kind, words in FLAGS_OF_KIND.items() if set(words) & set(_flags(record))), "point"
    )


def _size_label(
    row: EstimateRow, record: Mapping[Any, Any], kind: str, several: bool, language: Language
) -> str:
    parts = [row.statistic if several or not row.category else "", row.category]
    flags = [flag for flag in _flags(record) if flag and flag not in FLAGS_OF_KIND.get(kind, ())]
    remark = ", ".join(wording("flag", flag, language) for flag in flags)
    label = ", ".join(filter(None, (*row.by, *parts)))
    return f"{label} ({remark})" if remark else label
