"""Statistics of a banded variable: bounds as a region, then points; as a table and as dots."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from diplab.microdata.codebook import Codebook
from diplab.presentation.labels import merged_labels
from diplab.presentation.language import both, filled_term, term, term_text, wording
from diplab.presentation.layouts.drawings import drawing_of_rows, estimates_drawing
from diplab.presentation.layouts.estimates import estimate_columns, estimates_sheet
from diplab.presentation.layouts.registry import (
    ChartRequest,
    Drawing,
    TableRequest,
    drawing,
    layout,
    sheet_of_columns,
)
from diplab.presentation.layouts.rows import EstimateRow, rows_in_words, title_of
from diplab.presentation.notes import noted
from diplab.presentation.numbers import known
from diplab.presentation.sheet import Cell, Sheet
from diplab.presentation.size_words import small_warning
from diplab.reference.text import LANGUAGES, Language, Text
from diplab.results.estimates import BandedEstimates, Estimates, flags_of

if TYPE_CHECKING:
    from diplab.presentation.charts.dots import Dots

AT_LEAST, AT_MOST, BOUNDS = "at least", "at most", "bounds"


@dataclass(frozen=True)
class Region:
    """The bounds of a statistic in a domain, with its points."""

    place: int
    low: float | None
    high: float | None
    outer: tuple[float, float]
    points: tuple[float, ...]


def as_regions(estimates: Estimates) -> tuple[Estimates, tuple[Region, ...]]:
    """Return estimates with both bounds in one row, and the regions of the bounds."""
    frame = estimates.frame.reset_index(drop=True)
    merged, order, regions = frame.copy(), list[int](), list[Region]()
    # by domain, so that the rows of each are together
    keys = [frame[name].astype(str) for name in ("statistic", "variable", *estimates.by)]
    for _, own in frame.groupby(keys, sort=False, dropna=False):
        low, high = (own.index[own["category"] == end][0] for end in (AT_LEAST, AT_MOST))
        ends = [frame["estimate"][low], frame["estimate"][high]]
        flags = [flag for place in (low, high) for flag in flags_of(frame["flag"][place])]
        merged.loc[low, ["estimate", "std_error", "cv"]] = math.nan
        merged.loc[low, ["ci_low", "ci_high"]] = ends
        merged.loc[low, ["category", "flag"]] = [BOUNDS, ", ".join(dict.fromkeys(flags))]
        order += [place for place in own.index if place != high]
        outer = (float(frame["ci_low"][low]), float(frame["ci_high"][high]))
        beside = list(map(known, own["estimate"].drop([low, high])))
        points = tuple(name for name in beside if name is not None and math.isfinite(name))
        regions.append(Region(order.index(low), known(ends[0]), known(ends[1]), outer, points))
    shown = merged.loc[order].reset_index(drop=True)
    worded = _codebook_with_answers(
        estimates.codebook, list(shown["variable"]), list(shown["category"])
    )
    return replace(estimates.rows(order), frame=shown, codebook=worded), tuple(regions)


def _codebook_with_answers(
    codebook: Codebook, variables: Sequence[str], categories: Sequence[str]
) -> Codebook:
    """Return a codebook with labels of the rows: their law, or the bound of an uncertain line."""
    answers = {}
    for category in map(str, dict.fromkeys(categories)):
        answers[category] = both(wording, "answer", category)
    for name in dict.fromkeys(variables):
        values = codebook[name].values if name in codebook else {}
        codebook = codebook.described(name, values={**values, **answers})
    return codebook


def answer_rows(
    estimates: Estimates,
    merged: Estimates,
    regions: Sequence[Region],
    language: Language,
    labels: Codebook,
    request: TableRequest | ChartRequest,
) -> list[EstimateRow]:
    """Return each row in words: a region has its bounds as estimate, and their joint interval."""
    rows = rows_in_words(merged, language, labels, request.percent, request.decimals)
    # as many decimals as the errors of the bounds require, by statistic
    own_rows = rows_in_words(estimates, language, labels, request.percent, request.decimals)
    keyed = zip(estimates.frame["statistic"], estimates.frame["variable"], own_rows, strict=True)
    forms = {(statistic, variable): row.form for statistic, variable, row in keyed}
    for region in regions:
        place = region.place
        form = forms[merged.frame["statistic"][place], merged.frame["variable"][place]]
        if region.low is not None and region.high is not None:
            ends = Cell(form.range(region.low, region.high, language))
            around = form.between(*region.outer, language)
            rows[place] = replace(rows[place], estimate=ends, interval=around, form=form)
    return rows


def assumption_sentence(
    merged: Estimates, regions: Sequence[Region], rows: Sequence[EstimateRow], language: Language
) -> str:
    """Return the part of the answer due to assumptions; empty if there are bounds only."""
    with_points = [
        (region, rows[region.place].form)
        for region in regions
        if region.points and region.low is not None
    ]
    if not with_points:
        return ""
    bounds = [
        (item.low or 0.0, math.inf if item.high is None else item.high) for item, _ in with_points
    ]
    points = [(min(item.points), max(item.points)) for item, _ in with_points]
    form = with_points[0][1]
    outside = any("misfit" in flags_of(flag) for flag in merged.frame["flag"])
    misfit = "_misfit" if outside else ""
    if len(regions) == 1:
        left, others = (form.range(*item[0], language) for item in (bounds, points))
        return filled_term(f"sentence.owed{misfit}", language, bounds=left, points=others)
    statistics = set(zip(merged.frame["statistic"], merged.frame["variable"], strict=True))
    if len(statistics) > 1:
        return term("sentence.owed_by_domain", language)
    wide = replace(form, kind="points") if form.kind == "percent" else form
    widths = [[high - low for low, high in item] for item in (bounds, points)]
    if not all(map(math.isfinite, widths[0])):
        return term("sentence.owed_by_domain", language)
    left, others = (wide.range(min(size), max(size), language) for size in widths)
    return filled_term(f"sentence.owed_widths{misfit}", language, bounds=left, points=others)


@layout.register(BandedEstimates)
def banded_sheet(estimates: BandedEstimates, request: TableRequest) -> Sheet:
    """Return a table of banded estimates: the bounds with their joint interval, then points."""
    if not estimates.has_bounds:
        return estimates_sheet(estimates, request)
    language = request.language
    merged, regions = as_regions(estimates)
    labels = request.labels_of(merged.codebook)
    rows = answer_rows(estimates, merged, regions, language, labels, request)
    category, answer = term("column.category", language), term("column.answer", language)
    columns = {
        answer if head == category else head: column
        for head, column in estimate_columns(merged, rows, language, labels).items()
    }
    assumed = assumption_sentence(merged, regions, rows, language)
    small = small_warning(estimates, language) if any(row.small for row in rows) else ""
    title = title_of(merged, rows, language, labels)
    remarks = list(filter(None, (term("sentence.banded", language), assumed, small)))
    return sheet_of_columns(
        columns, request, title, estimates.provenance, labels, estimates.frame, remarks
    )


@drawing.register(BandedEstimates)
def banded_drawing(estimates: BandedEstimates, request: ChartRequest) -> Drawing:
    """Return the drawing of banded estimates: bounds as one row by statistic, with points."""
    if not estimates.has_bounds:
        return estimates_drawing(estimates, request)
    merged, regions = as_regions(estimates)
    labels = merged_labels(request.labels, merged.codebook)
    rows = {
        code: answer_rows(estimates, merged, regions, code, labels, request) for code in LANGUAGES
    }
    return replace(
        drawing_of_rows(merged, rows, request.labels),
        refine=lambda dots: answers_drawn(dots, merged, regions, rows),
    )


def answers_drawn(
    drawn: Dots,
    merged: Estimates,
    regions: Sequence[Region],
    worded: Mapping[Language, Sequence[EstimateRow]],
) -> Dots:
    """Return the dots: regions as bars in their intervals, hollow points if out of bounds."""
    rows = [
        replace(dot, hollow="misfit" in flags_of(flag) and dot.point is not None)
        for dot, flag in zip(drawn.rows, merged.frame["flag"], strict=True)
    ]
    for region in regions:
        if region.low is not None and region.high is not None and not math.isinf(region.low):
            bounds = replace(
                rows[region.place],
                point=None,
                low=region.low,
                high=region.high,
                bounds=True,
                outer=region.outer,
            )
            rows[region.place] = bounds
    assumed = Text(
        *(assumption_sentence(merged, regions, worded[code], code) for code in LANGUAGES)
    )
    notes = noted(noted(drawn.notes, term_text("sentence.banded")), assumed)
    return replace(drawn, rows=tuple(rows), hollow_label=term_text("flag.misfit"), notes=notes)
