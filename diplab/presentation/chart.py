"""The public verb that draws estimates."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from diplab.errors import OptionError, one_of
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
from diplab.presentation.conventions import synthetic
from diplab.presentation.crosstab_dots import axis_of_table, drawn_cells, named_cells, titled_table
from diplab.presentation.estimate_rows import Row, not_estimates, rows_in_words, title_of
from diplab.presentation.notes import Notes
from diplab.presentation.number_form import known
from diplab.presentation.style import WIDTHS
from diplab.presentation.terms import term
from diplab.reference.text import LANGUAGES, NOTHING, Text
from diplab.results.crosstab import Banner, Crosstab
from diplab.results.estimates import Estimates

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.presentation.charts.chart import Chart
    from diplab.presentation.page import PrintedFigure
    from diplab.reference.text import Language

__all__ = ["KINDS", "chart"]

KINDS = ("dots", "circles")


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
    kind : {"dots", "circles"}
        Dots with intervals, or circles to area (one inside the other: only for nested populations).
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
        Print as percentages; by default shares and rates are. Their differences are in points.
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
        differ, and for circles that are not nested or have no size.

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
    estimates = drawn_terms(estimates)
    both: dict[Language, list[Row]] = {
        each: rows_in_words(estimates, each, labels, percent, decimals) for each in LANGUAGES
    }
    _in_one_unit(estimates, both["en"])
    terms, axis, titles = _headed(table, estimates, labels)
    names = [label for _, label in terms] if terms else _names(both, len(estimates.by) > 0)
    if titles is None:
        titles = Text(*(title_of(estimates, both[each], each, labels) for each in LANGUAGES))
    said: dict[str, Any] = {
        "title": _text(title, titles),
        "notes": _notes(estimates, notes),
        "alt": _text(alt, _alt(both, [_with_heading(*each) for each in terms] if terms else names)),
        "width": WIDTHS[width],
    }
    if kind == "circles":
        return _circles(estimates, names, said).figure(language)
    drawn = _dots(estimates, names, both["en"], said)
    if drawn.line is not None:
        drawn = _each_by_itself(drawn, both)
    if terms:
        drawn = _under_headings(drawn, terms, axis)
    return drawn.figure(language)


def _headed(
    table: Crosstab | None, estimates: Estimates, labels: Codebook | None
) -> tuple[list[tuple[Text, Text]] | None, Text, Text | None]:
    """Return heading and label of each dot, what the axis counts, and the title, where the result has its own."""
    if table is not None:
        title = Text(*(titled_table(table, each, labels) for each in LANGUAGES))
        return named_cells(table, estimates, labels), axis_of_table(table), title
    terms = named_terms(estimates, labels)
    titles = (titled_terms(estimates, each, labels) or "" for each in LANGUAGES)
    return terms, statistic_of_terms(estimates), Text(*titles) if terms is not None else None


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


def _under_headings(drawn: Dots, terms: list[tuple[Text, Text]], axis: Text) -> Dots:
    """Return dots with the heading of each, and what they are named on the axis."""
    dots = zip(drawn.rows, terms, strict=True)
    rows = tuple(replace(dot, group=head) for dot, (head, _) in dots)
    return replace(drawn, rows=rows, axis=axis)


def _with_heading(head: Text, label: Text) -> Text:
    return Text(*(f"{head.in_(each)}, {label.in_(each).strip()}" for each in LANGUAGES)) if head else label


def _dots(estimates: Estimates, names: list[Text], rows: list[Row], said: dict[str, Any]) -> Dots:
    kinds = {row.form.kind for row in rows}
    scale = 100.0 if "points" in kinds else 1.0
    columns = (estimates.frame[column] for column in ("estimate", "ci_low", "ci_high"))
    dots = tuple(
        _dot(name, *(_finite(value, scale) for value in values))
        for name, *values in zip(names, *columns, strict=True)
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


def _dot(name: Text, point: float | None, low: float | None, high: float | None) -> Dot:
    return Dot(name, point, low, high, bounds=point is None and low is not None and high is not None)


def _in_one_unit(estimates: Estimates, rows: list[Row]) -> None:
    """Refuse statistics that one axis cannot count: a share beside a mean."""
    if len({row.form.kind for row in rows}) < 2:
        return
    asked = " and ".join(f"`{name}`" for name in dict.fromkeys(estimates.frame["statistic"]))
    raise OptionError(
        f"A chart of {asked} was asked.",
        "Their units differ, and one axis cannot count both shares and other numbers.",
        "Write one statistic a chart, or `percent=True` or `percent=False` to count all alike.",
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


def _names(both: dict[Language, list[Row]], domains: bool) -> list[Text]:
    several = {
        part: len({getattr(row, part) for row in both["en"]}) > 1 for part in ("statistic", "variable")
    }

    def name(row: Row) -> str:
        parts = [*row.by] if domains else []
        parts += [getattr(row, part) for part, differ in several.items() if differ]
        parts += [row.category] if row.category else []
        named = ", ".join(part for part in parts if part) or row.variable or row.statistic
        return f"{named} ({row.remark})" if row.remark else named

    return [Text(name(fr), name(en)) for fr, en in zip(both["fr"], both["en"], strict=True)]


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


def _notes(estimates: Estimates, notes: Notes | None) -> Notes:
    own = notes or Notes()
    provenance = estimates.provenance
    cautions = own.note
    if provenance.indicative:
        key = "sentence.indicative"
        cautions = Text(
            f"{term(key, 'fr')} {own.note.fr}".strip(),
            f"{term(key, 'en')} {own.note.en}".strip(),
        )
    return Notes(
        lecture=own.lecture,
        champ=own.champ or provenance.base,
        source=own.source or provenance.source,
        note=cautions or NOTHING,
        unit=own.unit,
        synthetic=synthetic(provenance, notes),
    )


def _finite(value: Any, scale: float = 1.0) -> float | None:
    number = known(value)
    return number * scale if number is not None and math.isfinite(number) else None
