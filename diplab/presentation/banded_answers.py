"""Answers to a question on a banded variable in words: bounds as one region, and points beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from diplab.presentation.estimate_rows import rows_in_words
from diplab.presentation.number_form import known
from diplab.presentation.punctuation import words
from diplab.presentation.sheet import Cell
from diplab.presentation.terms import term, terms
from diplab.reference.text import LANGUAGES, Text
from diplab.results.estimates import Estimates

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from diplab.microdata.codebook import Codebook
    from diplab.presentation.estimate_rows import Row
    from diplab.presentation.number_form import NumberForm
    from diplab.reference.text import Language

__all__ = ["BOUNDS", "Region", "answer_rows", "are_banded", "as_regions", "ends_said", "owed_said"]

AT_LEAST, AT_MOST, BOUNDS = "at least", "at most", "bounds"


@dataclass(frozen=True)
class Region:
    """The bounds of one statistic in one domain, and the points beside them.

    Parameters
    ----------
    place : int
        Its row among the merged ones.
    low, high : float or None
        The bounds; None for nobody.
    outer : tuple of float
        The interval of the statistic, wherever it is between the bounds.
    points : tuple of float
        Answers that add an assumption.
    """

    place: int
    low: float | None
    high: float | None
    outer: tuple[float, float]
    points: tuple[float, ...]


def are_banded(result: object) -> bool:
    """Return whether a result holds answers on a banded variable, and not what was computed from them."""
    return (
        isinstance(result, Estimates)
        and "banded" in result.provenance.rules
        and AT_LEAST in set(result.frame["category"])
        and "contrast" not in result.provenance.rules
    )


def as_regions(estimates: Estimates) -> tuple[Estimates, tuple[Region, ...]]:
    """Return answers with both bounds in one row, without a point and between its two ends, and these regions.

    The codebook of the result has the words of each answer.

    Parameters
    ----------
    estimates : Estimates
        For which `are_banded`.
    """
    frame = estimates.frame.reset_index(drop=True)
    keys = ["statistic", "variable", *estimates.by]
    lows = [place for place in frame.index if frame["category"][place] == AT_LEAST]
    highs = [place for place in frame.index if frame["category"][place] == AT_MOST]
    # both are in the order of statistics, then domains
    upper = dict(zip(lows, highs, strict=True))
    merged = frame.copy()
    for low, high in upper.items():
        merged.loc[low, ["estimate", "std_error", "cv"]] = math.nan
        merged.loc[low, ["ci_low", "ci_high"]] = [frame["estimate"][low], frame["estimate"][high]]
        merged.loc[low, "category"] = BOUNDS
        flags = [flag for place in (low, high) for flag in str(frame["flag"][place]).split(", ") if flag]
        merged.loc[low, "flag"] = ", ".join(dict.fromkeys(flags))
    # domain by domain, so that the answers of one stand together
    block = dict(zip(_keys(frame, keys, lows), lows, strict=True))
    own = dict(zip(frame.index, (block[key] for key in _keys(frame, keys, frame.index)), strict=True))
    kept = sorted((place for place in frame.index if place not in set(highs)), key=lambda place: own[place])
    regions = []
    for low, high in upper.items():
        beside = [
            known(frame["estimate"][place])
            for place in frame.index
            if own[place] == low and place not in (low, high)
        ]
        regions.append(
            Region(
                kept.index(low),
                known(frame["estimate"][low]),
                known(frame["estimate"][high]),
                (float(frame["ci_low"][low]), float(frame["ci_high"][high])),
                tuple(each for each in beside if each is not None and math.isfinite(each)),
            )
        )
    shown = merged.loc[kept].reset_index(drop=True)
    worded = _worded(estimates.codebook, list(shown["variable"]), list(shown["category"]))
    return replace(estimates.rows(kept), frame=shown, codebook=worded), tuple(regions)


def _keys(frame: pd.DataFrame, keys: list[str], places: Iterable[int]) -> list[tuple[str, ...]]:
    """Return what tells one statistic in one domain from others."""
    return [tuple(str(frame[key][place]) for key in keys) for place in places]


def _worded(codebook: Codebook, variables: Sequence[str], categories: Sequence[str]) -> Codebook:
    """Return a codebook in which answers have their words."""
    for name in dict.fromkeys(variables):
        values = dict(codebook[name].values) if name in codebook else {}
        said = {each: _words(str(each)) for each in dict.fromkeys(categories)}
        codebook = codebook.described(name, values={**values, **said})
    return codebook


def _words(category: str) -> Text:
    """Return an answer in words: its law, and which end of a line known between two."""
    parts = category.split(", ")
    return Text(*(", ".join(_word(part, each) for part in parts) for each in LANGUAGES))


def _word(name: str, language: Language) -> str:
    key = f"answer.{name}"
    return term(key, language) if key in terms() else name


def answer_rows(
    estimates: Estimates,
    merged: Estimates,
    regions: Sequence[Region],
    language: Language,
    labels: Codebook,
    percent: bool | None,
    decimals: int | None,
) -> list[Row]:
    """Return each answer in words: a region has its two ends for an estimate, and the interval around both.

    Parameters
    ----------
    estimates, merged : Estimates
        As estimated, and with both bounds in one row.
    regions : sequence of Region
    language, labels, percent, decimals
        As in `table`.
    """
    rows = rows_in_words(merged, language, labels, percent, decimals)
    # as many decimals as the errors of the bounds ask for, of each statistic
    told = rows_in_words(estimates, language, labels, percent, decimals)
    asked = zip(estimates.frame["statistic"], estimates.frame["variable"], told, strict=True)
    forms = {(statistic, variable): row.form for statistic, variable, row in asked}
    for region in regions:
        place = region.place
        form = forms[merged.frame["statistic"][place], merged.frame["variable"][place]]
        if region.low is not None and region.high is not None:
            said = Cell(ends_said(region.low, region.high, form, language))
            around = form.between(*region.outer, language)
            rows[place] = replace(rows[place], estimate=said, interval=around, form=form)
    return rows


def owed_said(
    merged: Estimates, regions: Sequence[Region], forms: Sequence[NumberForm], language: Language
) -> str:
    """Return how much of an answer is owed to assumptions; nothing where there is no other answer than bounds.

    Parameters
    ----------
    merged : Estimates
        From `as_regions`.
    regions : sequence of Region
    forms : sequence of NumberForm
        How the numbers of each are printed.
    language : {"fr", "en"}
        Language of the reader.
    """
    told = [
        (each, form)
        for each, form in zip(regions, forms, strict=True)
        if each.points and each.low is not None
    ]
    if not told:
        return ""
    bounds = [(each.low or 0.0, math.inf if each.high is None else each.high) for each, _ in told]
    points = [(min(each.points), max(each.points)) for each, _ in told]
    form = told[0][1]
    outside = any("misfit" in str(flag).split(", ") for flag in merged.frame["flag"])
    misfit = "_misfit" if outside else ""
    if len(regions) == 1:
        both = (ends_said(*bounds[0], form, language), ends_said(*points[0], form, language))
        return _filled(f"sentence.owed{misfit}", *both, language)
    statistics = set(zip(merged.frame["statistic"], merged.frame["variable"], strict=True))
    if len(statistics) > 1:
        return term("sentence.owed_by_domain", language)
    wide = replace(form, kind="points") if form.kind == "percent" else form
    widths = [[high - low for low, high in each] for each in (bounds, points)]
    if not all(map(math.isfinite, widths[0])):
        return term("sentence.owed_by_domain", language)
    left, others = (ends_said(min(each), max(each), wide, language) for each in widths)
    return _filled(f"sentence.owed_widths{misfit}", left, others, language)


def _filled(key: str, bounds: str, points: str, language: Language) -> str:
    return words(
        getattr(terms()[key], language).replace("{bounds}", bounds).replace("{points}", points), language
    )


def ends_said(low: float, high: float, form: NumberForm, language: Language) -> str:
    """Return two ends as printed, or one where they meet.

    Examples
    --------
    >>> from diplab.presentation.number_form import NumberForm
    >>> ends_said(0.018, 0.181, NumberForm("percent", 1), "en")
    '1.8% to 18.1%'
    """
    first, last = form.cell(low, language).text, form.cell(high, language).text
    return first if first == last else f"{first} {term('word.to', language)} {last}"
