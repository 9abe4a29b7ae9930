"""The public verb that draws results and data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diplab.checks import check_one_of
from diplab.errors import OptionError
from diplab.presentation.charts.chart import ChartWords, chart_kinds
from diplab.presentation.charts.style import WIDTHS

# plain estimates, which most results are, load no other layout
from diplab.presentation.layouts import estimates as _estimates  # noqa: F401
from diplab.presentation.layouts.registry import ChartRequest, drawing, load_layouts
from diplab.presentation.notes import Notes, notes_of_chart
from diplab.presentation.one_axis import in_one_unit
from diplab.reference.text import Text

if TYPE_CHECKING:
    from diplab.microdata.codebook import Codebook
    from diplab.presentation.charts.chart import PrintedFigure
    from diplab.reference.text import Language
    from diplab.results.crosstab import Crosstab
    from diplab.results.estimates import Estimates

__all__ = ["chart"]


def chart(
    estimates: Estimates | Crosstab | list[Any] | tuple[Any, ...],
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
    **options: Any,
) -> PrintedFigure:
    """Return a result, or data, as a figure for print, in French or in English.

    Parameters
    ----------
    estimates : Estimates, Crosstab, list or tuple
        The numbers; of a crosstab the shares that it prints, those of one row or column under one heading. Or data of
        one's own, as the kind of chart takes them.
    kind : {"dots", "circles", "lorenz", "curve", "steps", "yearly"}
        Dots with intervals (data: `Dot`); circles to area, one inside the other, only for nested populations (data:
        `Circle`); Lorenz curves, one a domain (data: `LorenzCurve`). Of data only: a curve with marked points (pairs
        of x and y); a dated scale as steps, with ranges and points against it (pairs of year and value); ranges by
        year against fixed levels (data: `YearlyRange`). What the data are made of is in the module of
        `diplab.presentation.charts` that bears the name of the kind.
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
    **options
        Of data: what the kind of chart has beside them (`axis`, `marks`, `levels`...), by the names of its fields.

    Returns
    -------
    matplotlib.figure.Figure
        The figure; `diplab.save` writes it as svg, pdf or png.

    Raises
    ------
    OptionError
        For another kind, width, language or option, for a thing that holds no estimates, for statistics whose units
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
    kinds = chart_kinds()
    drawn = kinds[check_one_of("kind", kind, tuple(kinds))]
    millimetres = WIDTHS[check_one_of("width", width, tuple(WIDTHS))]
    if isinstance(estimates, list | tuple):
        given = {"labels": labels, "percent": percent, "decimals": decimals}
        options |= {name: value for name, value in given.items() if value is not None}
        own = ChartWords(_text(title or ""), notes or Notes(), _text(alt or title or ""), millimetres)
        return drawn.of_data(estimates, own, options).figure(language)
    if options:
        raise OptionError(
            f"`{next(iter(options))}` is an option of charts of data, and this is a result.",
            "",
            f"Leave `{next(iter(options))}` out.",
        )
    load_layouts(type(estimates), drawing.registry)
    shown = drawing(estimates, ChartRequest(labels=labels, percent=percent, decimals=decimals))
    in_one_unit(shown.estimates, shown.rows["en"], percent)
    caption = ChartWords(
        shown.title if title is None else _text(title),
        notes_of_chart(shown.estimates, notes, labels, small=any(shown.small)),
        None if alt is None else _text(alt),
        millimetres,
    )
    return drawn.of_result(shown, caption).figure(language)


def _text(given: Text | str) -> Text:
    return Text.same(given) if isinstance(given, str) else given
