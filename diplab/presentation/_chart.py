"""The public verb that draws results and data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from diplab.checks import check_one_of
from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.presentation._save import remembered
from diplab.presentation.charts.chart import ChartWords, PrintedFigure, chart_kinds
from diplab.presentation.charts.style import WIDTHS

# plain estimates, which most results are, load no other layout
from diplab.presentation.layouts import estimates as _estimates  # noqa: F401
from diplab.presentation.layouts.registry import ChartRequest, drawing, load_layouts
from diplab.presentation.layouts.rows import EstimateRow
from diplab.presentation.notes import Notes, notes_of_chart
from diplab.presentation.size_words import people_counted, persons_form
from diplab.reference.text import Language, Text
from diplab.results.crosstab import Crosstab
from diplab.results.estimates import Estimates
from diplab.results.sizes import Sizes


@remembered
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
    kind : {"dots", "circles", "lorenz", "survival", "sensitivity_curve", "wage_steps", "hours_by_year"}
        Dots with intervals (data: `Dot`); circles to area, one inside the other, only for nested populations (data:
        `Disc`); Lorenz curves, one per domain (data: `LorenzCurve`). Of data only: a curve with marked points (pairs
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
        usual_options = {"labels": labels, "percent": percent, "decimals": decimals}
        options |= {name: value for name, value in usual_options.items() if value is not None}
        own = ChartWords(_text(title or ""), notes or Notes(), _text(alt or title or ""), millimetres)
        return drawn.of_data(estimates, own, options).figure(language)
    if options:
        raise OptionError(
            f"`{next(iter(options))}` is an option of charts of data, and this is a result.",
            write=f"Leave `{next(iter(options))}` out.",
        )
    load_layouts(type(estimates), drawing.registry)
    shown = drawing(estimates, ChartRequest(labels=labels, percent=percent, decimals=decimals))
    check_one_unit(shown.estimates, shown.rows["en"], percent)
    caption = ChartWords(
        shown.title if title is None else _text(title),
        notes_of_chart(shown.estimates, notes, labels, remarks=shown.remarks, small=any(shown.small)),
        None if alt is None else _text(alt),
        millimetres,
    )
    return drawn.of_result(shown, caption).figure(language)


def _text(text: Text | str) -> Text:
    return Text.same(text) if isinstance(text, str) else text


def check_one_unit(estimates: Estimates, rows: list[EstimateRow], as_percent: bool | None) -> None:
    """Refuse statistics that one axis cannot count: a share beside a mean, hours beside people."""
    statistics = dict.fromkeys(estimates.frame["statistic"])
    if len({row.form.kind for row in rows}) > 1:
        raise OptionError(
            f"{' and '.join(f'`{name}`' for name in statistics)} cannot be drawn on one axis.",
            "Their units differ, and one axis cannot count both shares and other numbers.",
            "Write one statistic per chart, or `percent=True` or `percent=False` to count all alike.",
        )
    _check_persons_alike(estimates)
    if as_percent is None and estimates.provenance.contrast != "ratio":
        _check_one_axis(estimates, statistics)
    # a ratio of two totals has no unit, and rows of a file are rows whatever was asked
    provenance = estimates.provenance
    comparable = as_percent is not None or provenance.contrast == "ratio" or provenance.is_unweighted
    pairs = list(dict.fromkeys(zip(estimates.frame["statistic"], estimates.frame["variable"], strict=True)))
    totals = any(estimates.description_of(statistic).is_total for statistic, _ in pairs)
    # a mean of answers on one scale may be beside another; totals count hours, euros, people
    if comparable or not totals or len({name for _, name in pairs}) < 2:
        return
    calls = [f"`{statistic}({name})`" if name else f"`{statistic}()`" for statistic, name in pairs]
    raise OptionError(
        f"{' and '.join(calls)} cannot be drawn on one axis.",
        "They count different things, and one axis has one unit.",
        "Write one of them a chart, or `percent=False` if all count the same thing.",
    )


def _check_one_axis(estimates: Estimates, statistics: Iterable[str]) -> None:
    """Refuse tasks beside hours or euros, and an index beside an amount: the smaller would be drawn as nothing."""
    kinds: dict[str, str] = {}
    for name in statistics:
        kinds.setdefault(estimates.description_of(name).axis, name)
    if len(kinds) < 2:
        return
    first = next(iter(kinds.values()))
    raise OptionError(
        f"{' and '.join(f'`{name}`' for name in statistics)} cannot be drawn on one axis.",
        f"They are in {' and in '.join(kinds)}, and one axis has one unit.",
        f'Write one of them a chart: `dl.chart(found.rows(found.frame["statistic"] == "{first}"))`.',
    )


def _check_persons_alike(estimates: Estimates) -> None:
    """Refuse numbers of persons beside what is counted in nothing, such as chances to stay."""
    if not isinstance(estimates, Sizes):
        return
    counted = people_counted(estimates.frame)
    groups = {
        str(name): alike
        for name, alike in estimates.frame.groupby("statistic", sort=False)
        if alike["estimate"].notna().any() or alike["ci_low"].notna().any()
    }
    if len({persons_form(alike, counted) is None for alike in groups.values()}) < 2:
        return
    first = next(iter(groups))
    raise OptionError(
        f"{' and '.join(f'`{name}`' for name in groups)} cannot be drawn on one axis.",
        "Some are numbers of persons and some are not, and one axis cannot count both.",
        f'Write one statistic per chart: `dl.chart(sizes.rows(sizes.frame["statistic"] == "{first}"))`.',
    )
