"""Estimates of Lorenz curves as a figure: one curve a domain and variable, from the origin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError
from diplab.presentation.charts.lorenz import MOST_CURVES, Lorenz, LorenzCurve
from diplab.presentation.terms import term
from diplab.reference.text import LANGUAGES, Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from diplab.presentation.estimate_rows import Row
    from diplab.reference.text import Language
    from diplab.results.estimates import Estimates

__all__ = ["lorenz_curves", "told_curves"]


def lorenz_curves(
    estimates: Estimates, both: Mapping[Language, list[Row]], said: Mapping[str, Any]
) -> Lorenz:
    """Return the figure of Lorenz curves.

    Parameters
    ----------
    estimates : Estimates
        Of `lorenz` or of `generalised_lorenz`.
    both : mapping of language to list of Row
        The same in words.
    said : mapping
        Title, notes, description and width.

    Raises
    ------
    OptionError
        For other statistics or both at once, for too many curves, and where no point has a value.
    """
    statistics = list(dict.fromkeys(estimates.frame["statistic"]))
    if len(statistics) != 1 or estimates.description_of(statistics[0]).category != "poorest":
        raise OptionError(
            f"A Lorenz chart of {' and '.join(f'`{name}`' for name in statistics)} was asked.",
            "It draws the points of one kind of curve.",
            "Write `dl.chart(dl.estimate(sample, dl.lorenz('income')), 'lorenz')`, or `kind='dots'`.",
        )
    of_income = statistics[0] == "lorenz"
    curves = [_curve(estimates, both, places, of_income) for places in _grouped(both["en"])]
    drawn = tuple(curve for curve in curves if len(curve.shares) > 1)
    if not drawn:
        raise OptionError(
            f"A Lorenz chart of {len(estimates.frame)} points was asked.",
            "None of them has a value.",
            "Look at the `flag` of each row: `estimates.frame`.",
        )
    if len(drawn) > MOST_CURVES:
        raise OptionError(
            f"A Lorenz chart of {len(drawn)} curves was asked.",
            f"More than {MOST_CURVES} cannot be told apart in print.",
            "Write fewer domains with `estimates.rows(...)`, or `kind='dots'`.",
        )
    counted = "word.share_of_income" if of_income else "word.income_per_head"
    return Lorenz(
        curves=drawn,
        of_income=of_income,
        y_axis=Text(*(term(counted, language) for language in LANGUAGES)),
        together=estimates.provenance.rules.get("band") == "simultaneous",
        confidence=float(estimates.provenance.rules.get("confidence", "0.95")),
        **said,
    )


def told_curves(both: Mapping[Language, list[Row]]) -> Text:
    """Return the figure told to one who cannot see it: of each curve the first point, the middle one and the last."""
    return Text(*(_told(both[language], language) for language in LANGUAGES))


def _told(rows: list[Row], language: Language) -> str:
    parts = []
    for places in _grouped(rows):
        name = _name(rows, places[0])
        kept = sorted({places[0], places[len(places) // 2], places[-1]})
        points = ", ".join(
            f"{rows[place].category} {rows[place].estimate.text} {rows[place].interval.text}".strip()
            for place in kept
        )
        between = "\u00a0: " if language == "fr" else ": "
        parts.append(f"{name}{between}{points}" if name else points)
    return f"{term('word.figure', language)}. {rows[0].statistic}. {'; '.join(parts)}."


def _grouped(rows: list[Row]) -> list[list[int]]:
    """Return the places of the points of each curve, in the order of the result."""
    curves: dict[tuple[object, ...], list[int]] = {}
    for place, row in enumerate(rows):
        curves.setdefault((row.variable, row.by), []).append(place)
    return list(curves.values())


def _name(rows: list[Row], place: int) -> str:
    row = rows[place]
    several = len({each.variable for each in rows}) > 1
    parts = [*([row.variable] if several else []), *row.by]
    return ", ".join(part for part in parts if part)


def _curve(
    estimates: Estimates, both: Mapping[Language, list[Row]], places: list[int], of_income: bool
) -> LorenzCurve:
    small = any(both["en"][place].small for place in places)
    label = Text(*(f"{_name(both[each], places[0])}{_mark(small)}" for each in LANGUAGES))
    columns = ["category", "estimate", "ci_low", "ci_high"]
    points = sorted(
        tuple(float(value) for value in row) for row in estimates.frame[columns].to_numpy()[places]
    )
    known = [row for row in points if math.isfinite(row[1])]
    # a point without an error has a band of no width
    ends = [(*row[:2], *(end if math.isfinite(end) else row[1] for end in row[2:])) for row in known]
    if ends:
        ends.insert(0, (0.0, 0.0, 0.0, 0.0))
        if of_income and ends[-1][0] < 1:
            ends.append((1.0, 1.0, 1.0, 1.0))
    shares, heights, low, high = (tuple(column) for column in zip(*ends, strict=True)) if ends else ((),) * 4
    return LorenzCurve(label if label.en.strip(" *\u00a0") else Text("", ""), shares, heights, low, high)


def _mark(small: bool) -> str:
    return "\u00a0*" if small else ""
