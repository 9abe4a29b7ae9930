"""The public verb that draws estimates."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError, one_of
from diplab.presentation.banded_answers import answer_rows, are_banded, as_regions
from diplab.presentation.banded_dots import answers_drawn
from diplab.presentation.chart_notes import notes_of_chart
from diplab.presentation.charts.circles import Circle, Circles
from diplab.presentation.charts.dots import Dot, Dots
from diplab.presentation.coefficient_dots import (
    are_ratios,
    drawn_terms,
    named_terms,
    no_effect,
    statistic_of_terms,
    titled_terms,
)
from diplab.presentation.crosstab_dots import (
    axis_of_table,
    drawn_cells,
    named_cells,
    small_cells,
    titled_table,
)
from diplab.presentation.decomposition_table import drawn_parts, title_of_parts
from diplab.presentation.dot_names import named_rows
from diplab.presentation.estimate_rows import Row, not_estimates, rows_in_words, title_of
from diplab.presentation.labels import labels_over
from diplab.presentation.lorenz_curves import lorenz_curves, told_curves
from diplab.presentation.number_form import known
from diplab.presentation.one_axis import in_one_unit
from diplab.presentation.punctuation import NO_BREAK
from diplab.presentation.size_dots import sizes_drawn
from diplab.presentation.size_words import are_drawn_as_sizes
from diplab.presentation.style import WIDTHS
from diplab.presentation.terms import term
from diplab.reference.text import LANGUAGES, NOTHING, Text
from diplab.results.crosstab import Banner, Crosstab
from diplab.results.estimates import Estimates

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.presentation.banded_answers import Region
    from diplab.presentation.charts.chart import Chart
    from diplab.presentation.dot_names import Named
    from diplab.presentation.notes import Notes
    from diplab.presentation.page import PrintedFigure
    from diplab.reference.text import Language

__all__ = ["KINDS", "chart"]

KINDS = ("dots", "circles", "lorenz")


def chart(
    estimates: Estimates | Crosstab,
    kind: str = "dots",
    language: Language = "en",
    *,
    title: Text | str | None = None,
    notes: Notes | None = None,
    alt: Text | str | None = None,
    labels: Codebook | None = None,
    percent: bool | None = None,
    decimals: int | None = None,
    width: str = "text",
) -> PrintedFigure:
    """Return estimates as a figure for print, in French or in English.

    Parameters
    ----------
    estimates : Estimates or Crosstab
        The numbers; of a crosstab the shares that it prints, those of one row or column under one heading.
    kind : {"dots", "circles", "lorenz"}
        Dots with intervals; circles to area (one inside the other: only for nested populations); or Lorenz curves, one
        a domain.
    language : {"fr", "en"}
        Language of the reader.
    title : Text or str, optional
        Title above; by default the statistic, the variable and the domain variables.
    notes : Notes, optional
        *Lecture*, *Champ*, *Source*, note, unit; what is missing there is taken from the provenance.
    alt : Text or str, optional
        The figure told to one who cannot see it; by default its rows and numbers.
    labels : Codebook, optional
        Labels of variables and answers; by default the codebook of the estimates.
    percent : bool, optional
        Print as percentages; by default shares and rates are. Their differences are in points. `False` also draws
        totals of several variables that count one thing.
    decimals : int, optional
        Digits after the decimal mark; by default as many as the table of the same estimates has at most.
    width : {"column", "text", "page"}
        Width in print: 85, 130 or 180 mm.

    Returns
    -------
    matplotlib.figure.Figure
        The figure; `diplab.save` writes it as svg, pdf or png.

    Raises
    ------
    OptionError
        For another kind, width or language, for a thing that holds no estimates, for statistics whose units
        differ (shares and means; hours and people), and for circles that are not nested or have no size.

    Examples
    --------
    >>> import pandas as pd
    >>> import diplab as dl
    >>> people = pd.DataFrame({"hours": [10.0, 20.0, 30.0, 40.0]})
    >>> figure = chart(dl.estimate(dl.declare_design(people), dl.mean("hours")), language="fr")
    >>> figure.caption.title
    'Moyenne – hours'
    """
    table = None
    if isinstance(estimates, Crosstab):
        table, estimates = estimates, drawn_cells(estimates)
    _checked(estimates, kind, width)
    whole = estimates
    estimates, both, regions = _in_words(drawn_parts(drawn_terms(whole)), labels, percent, decimals)
    in_one_unit(estimates, both["en"], percent)
    named, axis, titles = _headed(table, estimates, both, labels)
    small = small_cells(table) if table else [row.small for row in both["en"]]
    lines = [_marked(*each) for each in zip(named, small, strict=True)]
    said: dict[str, Any] = {
        "title": _text(title, title_of_parts(whole, labels) or titles),
        "notes": notes_of_chart(estimates, notes, labels, small=any(small)),
        "alt": _text(alt, _alt(both, lines)),
        "width": WIDTHS[width],
    }
    if kind != "dots":
        other = _curves(estimates, both, said, alt) if kind == "lorenz" else _circles(estimates, lines, said)
        return other.figure(language)
    drawn = _dots(estimates, named, small, both["en"], said)
    if regions is not None:
        return answers_drawn(drawn, estimates, regions, both).figure(language)
    if are_drawn_as_sizes(estimates):
        return sizes_drawn(drawn, estimates, both).figure(language)
    if drawn.line is not None:
        drawn = _each_by_itself(drawn, both)
    return (replace(drawn, axis=axis) if axis else drawn).figure(language)


def _in_words(
    estimates: Estimates, labels: Codebook | None, percent: bool | None, decimals: int | None
) -> tuple[Estimates, dict[Language, list[Row]], tuple[Region, ...] | None]:
    """Return the rows to draw in words; of a banded variable its bounds as one row, and these regions."""
    if not are_banded(estimates):
        return (
            estimates,
            {each: rows_in_words(estimates, each, labels, percent, decimals) for each in LANGUAGES},
            None,
        )
    merged, regions = as_regions(estimates)
    book = labels_over(labels, merged.codebook)
    both = {
        each: answer_rows(estimates, merged, regions, each, book, percent, decimals) for each in LANGUAGES
    }
    return merged, both, regions


def _headed(
    table: Crosstab | None,
    estimates: Estimates,
    both: dict[Language, list[Row]],
    labels: Codebook | None,
) -> tuple[list[Named], Text, Text]:
    """Return headings and label of each dot, what the axis counts where the result says it, and the title."""
    if table is not None:
        title = Text(*(titled_table(table, each, labels) for each in LANGUAGES))
        return named_cells(table, estimates, labels), axis_of_table(table), title
    terms = named_terms(estimates, labels)
    if terms is not None:
        title = Text(*(titled_terms(estimates, each, labels) or "" for each in LANGUAGES))
        return terms, statistic_of_terms(estimates), title
    title = Text(*(title_of(estimates, both[each], each, labels) for each in LANGUAGES))
    return named_rows(estimates, both, labels), NOTHING, title


def _checked(estimates: object, kind: str, width: str) -> None:
    if kind not in KINDS:
        raise one_of("`kind`", kind, KINDS)
    if width not in WIDTHS:
        raise one_of("`width`", width, WIDTHS)
    if isinstance(estimates, Banner):
        raise OptionError(
            "A chart of a banner was asked.",
            f"It holds {len(estimates.tables)} tables, each with a base of its own.",
            "Write a chart of each: `dl.chart(banner.tables[0])`.",
        )
    if not isinstance(estimates, Estimates):
        raise not_estimates("chart", estimates)


def _each_by_itself(drawn: Dots, both: dict[Language, list[Row]]) -> Dots:
    """Return dots whose values are printed as in the table: effects of variables of different units."""
    shown = (Text(fr.estimate.text, en.estimate.text) for fr, en in zip(both["fr"], both["en"], strict=True))
    dots = zip(drawn.rows, shown, strict=True)
    # bounds without a point say both of their ends
    rows = tuple(dot if dot.point is None else replace(dot, shown=value) for dot, value in dots)
    return replace(drawn, rows=rows)


def _marked(named: Named, small: bool) -> Text:
    """Return the words of a row on one line, with the mark of few respondents."""
    mark = f"{NO_BREAK}*" if small else ""
    return Text(*(f"{named.line.in_(each)}{mark}" for each in LANGUAGES))


def _dots(
    estimates: Estimates, named: list[Named], small: list[bool], rows: list[Row], said: dict[str, Any]
) -> Dots:
    kinds = {row.form.kind for row in rows}
    scale = 100.0 if "points" in kinds else 1.0
    columns = (estimates.frame[column] for column in ("estimate", "ci_low", "ci_high"))
    dots = tuple(
        _dot(each.indented, few, *(_finite(value, scale) for value in values))
        for each, few, *values in zip(named, small, *columns, strict=True)
    )
    return Dots(
        rows=dots,
        axis=Text(*(term("word.axis_in_points", each) for each in LANGUAGES))
        if "points" in kinds
        else NOTHING,
        percent="percent" in kinds,
        points="points" in kinds,
        decimals=max((row.form.decimals for row in rows), default=0),
        line=no_effect(estimates),
        ratios=are_ratios(estimates),
        confidence=float(estimates.provenance.rules.get("confidence", "0.95")),
        **said,
    )


def _dot(named: Named, small: bool, point: float | None, low: float | None, high: float | None) -> Dot:
    return Dot(
        named.label,
        point,
        low,
        high,
        group=named.group,
        under=named.under,
        bounds=point is None and low is not None and high is not None,
        small=small,
    )


def _circles(estimates: Estimates, names: list[Text], said: dict[str, Any]) -> Chart:
    if not estimates.provenance.nested:
        raise OptionError(
            f"Circles of {len(names)} estimates were asked.",
            "Their provenance does not say that each population is inside the next.",
            "Write `kind='dots'`, or `estimates.described(nested=True)` if they are nested.",
        )
    sizes = [_finite(size) for size in estimates.frame["estimate"]]
    drawn = tuple(Circle(name, size) for name, size in zip(names, sizes, strict=True) if size is not None)
    if not any(circle.size > 0 for circle in drawn):
        raise OptionError(
            f"Circles of {len(names)} estimates were asked.",
            "None of them is a positive number, to which a circle could be drawn.",
            "Write `kind='dots'`.",
        )
    return Circles(circles=drawn, **said)


def _curves(
    estimates: Estimates, both: dict[Language, list[Row]], said: dict[str, Any], alt: Text | str | None
) -> Chart:
    return lorenz_curves(estimates, both, {**said, "alt": _text(alt, told_curves(both))})


def _alt(both: dict[Language, list[Row]], names: list[Text]) -> Text:
    def told(language: Language) -> str:
        rows = zip(names, both[language], strict=True)
        parts = [
            f"{name.in_(language)} {row.estimate.text} {row.interval.text}".strip() for name, row in rows
        ]
        return f"{term('word.figure', language)}. {'; '.join(parts)}."

    return Text(told("fr"), told("en"))


def _text(given: Text | str | None, otherwise: Text) -> Text:
    if given is None:
        return otherwise
    return Text.same(given) if isinstance(given, str) else given


def _finite(value: Any, scale: float = 1.0) -> float | None:
    number = known(value)
    return number * scale if number is not None and math.isfinite(number) else None
