"""The public verb that draws results and data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from diplab.checks import argument, check_one_of, is_number
from diplab.errors import OptionError, suggestion
from diplab.microdata.display import join_wordings
from diplab.presentation.charts.chart import Chart, ChartWords, Facets, chart_kinds
from diplab.presentation.charts.style import (
    Style,
    StyleName,
    checked_colour,
    style_of,
    width_in_print,
)
from diplab.presentation.labels import Labels, as_codebook
from diplab.presentation.language import filled_term, semicolon
from diplab.presentation.layouts import registry

# plain estimates, the most frequent results, load no other layout
from diplab.presentation.layouts.drawings import flags_without_letters
from diplab.presentation.layouts.rows import EstimateRow, no_effect, with_unit
from diplab.presentation.made import remembered
from diplab.presentation.notes import Notes, notes_of_chart
from diplab.presentation.numbers import AnswerForm
from diplab.presentation.size_words import people_counted, persons_form
from diplab.reference.text import LANGUAGES, NOTHING, Language, Text
from diplab.results.estimates import Estimates
from diplab.results.sizes import Sizes
from diplab.results.tables import Crosstab
from diplab.sampling.sample import Sample

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@remembered
def chart(
    estimates: Estimates | Crosstab | Sample | Mapping[str, Any] | list[Any] | tuple[Any, ...],
    kind: str = "dots",
    language: Language = "en",
    *,
    rows: str | Sequence[str] | None = None,
    colour: str | None = None,
    facets: str | None = None,
    sort: registry.Sort | Sequence[str] | None = None,
    limits: tuple[float, float] | None = None,
    title: Text | str | None = None,
    notes: Notes | None = None,
    alt: Text | str | None = None,
    labels: Labels | None = None,
    percent: bool | None = None,
    decimals: int | None = None,
    width: str | float = "text",
    style: Style | StyleName | Mapping[str, Any] | None = None,
    colours: Mapping[str, str] | Sequence[Text] | None = None,
    ax: Axes | None = None,
    **options: Any,
) -> Figure:
    """Return a result, or data, as a figure for print, in French or in English.

    Parameters
    ----------
    estimates : Estimates, Crosstab, Sample, mapping, list or tuple
        The numbers; for a crosstab the shares that it prints, by row or column. Several results by
        name (`{"Model 1": fit, "Model 2": other}`), or a list of them: they differ in the dimension
        `model`, shown by colour by default; fitted models of statsmodels are results too. A sample,
        for the distribution of a variable. Or your own data, in the form of the kind of chart.
    kind : str
        On rows (data: `Dot`): "dots" with intervals; "bars" from 0, `vertical` or not, or the parts
        of a whole (`stacked=True`); "likert", answers on a scale, parted at a line (`neutral=`
        names the one between, `neutral_at="middle"` sets it astride the line); a population
        "pyramid" (`left=`); a "dumbbell", two values a row. Over time, which is `rows`: "lines"; a
        "slope" between two times. A "map" of départements or regions by codes of INSEE (`level=`,
        `classes=` or `breaks=`; data: `Area`), or of areas of your own: `shapes=`, a file of
        GeoJSON or its content, with `map_credit=` and, if it is not found, `shape_code=`, the
        property that holds the codes. Of a sample: a "histogram" (`variable=`, `bins=`; `profile=`
        merges bins too small to be published) or a "density" (`variable=`, `bandwidth=`, groups by
        `colour`), with a `line=` across (`line_label=`). "circles" to area, one inside the other,
        only for nested populations (data: `Disc`); curves of "lorenz" and of "survival", one per
        domain (data: `LorenzCurve`, `SurvivalCurve`). Of data only: "sensitivity_curve", with
        marked points (pairs of x and y). The form of the data is in the modules of
        `diplab.presentation.charts`.
    language : {"fr", "en"}
        Language of the reader.
    rows, colour, facets : str, optional
        The dimensions of the result on its rows (one, or several from the outermost), in colours on
        one row (at most four for dots) and in panels side by side: a domain variable, a variable of
        a crosstab, "category", "variable", "statistic", "model". Others are on the rows.
    sort : {"ascending", "descending"} or list of str, optional
        Order of rows, by the estimates of the first colour; by default that of the result. Or the
        labels or codes of categories of one dimension (on the rows, else in colour or in panels) in
        their order: those not named come after, in the order of the result.
    limits : tuple of float, optional
        The ends of the axis of values, in the unit of the axis: shares as shares, effects on shares
        in points.
    title : Text or str, optional
        Title above; by default the statistic, the variable and the domain variables.
    notes : Notes, optional
        *Lecture*, *Champ*, *Source*, note, unit; missing ones are taken from the provenance.
    alt : Text or str, optional
        Alternative text; by default the rows and numbers of the figure.
    labels : Codebook or mapping, optional
        Labels of variables and answers; by default the codebook of the estimates. As in
        `diplab.table`.
    percent : bool, optional
        Print as percentages; by default shares and rates are. Their differences are in points.
        `False` also draws totals of several variables that count the same thing.
    decimals : int, optional
        Digits after the decimal mark; by default the most in the table of the same estimates.
    width : {"column", "text", "page", "asr", "plos", "rfs", "a4", "slide"} or float
        Width in print: 85, 130 or 180 mm, that of `figure_size`, or millimetres.
    style : diplab.types.Style, {"colour", "grey"} or mapping, optional
        Font, sizes of texts, colours and markers; "grey" for prints in black and white. A mapping
        changes some: `{"font": "Arial", "label": 9}`, with `"base": "grey"` those of another.
    colours : mapping, optional
        Colours of series by their labels or codes, as matplotlib names them: `{"women": "orange",
        "men": "#0072B2"}`. Others keep those of the style.
    ax : matplotlib.axes.Axes, optional
        Your own axes to draw into, labels within their box; title and notes are then only in
        `figure.caption`.
    **options
        Options of the kind of chart, as above; for data, its other fields, such as `marks` and
        `levels`. And, for the kinds that have a use for them (others refuse): `highlight`, labels
        or codes of series or categories, the others being grey (areas of a map have an outline);
        `annotate`, words by category
        (`{"2020": "Lockdown"}`, or `("Women", "2020")` for one mark), beside its mark; `line` and
        `line_label`, a reference line in the unit of the axis; `axis`, the title of the axis of
        values, and `x_axis`, of the other one; `scale="log"`, for amounts and ratios above 0;
        `values=False`, without the numbers; `intervals=False`, without the intervals, as the note
        then says; `percent_signs=False`, with the unit once, in the title of the axis. Words are
        one language (`str`) or both (`Text`).

    Returns
    -------
    matplotlib.figure.Figure
        The figure; `diplab.save` writes it as svg, pdf, eps, png, jpeg or tiff.

    Raises
    ------
    OptionError
        For an unknown kind, width, language or option, for an object without estimates, for
        statistics with different units (shares and means; hours and people), for circles that are
        not nested or have no size, for a dimension that the result lacks, for two values in one
        place, and for limits that exclude a value.

    Examples
    --------
    >>> import pandas as pd
    >>> import diplab as dl
    >>> people = pd.DataFrame({"hours": [10.0, 20.0, 30.0, 40.0]})
    >>> figure = chart(dl.estimate(dl.declare_design(people), dl.mean("hours")), language="en")
    >>> figure.caption.title
    'Mean of hours'
    """
    registry.check_no_second_result("chart", "kind of chart", kind)
    kinds = chart_kinds()
    drawn = kinds[check_one_of("kind", kind, tuple(kinds))]
    if ax is not None and not hasattr(ax, "get_figure"):
        raise OptionError(
            f"`ax={ax!r}` is not axes of matplotlib.", write="Write `ax=figure.add_subplot()`."
        )
    look: dict[str, Any] = {
        "style": style_of(style),
        "limits": _ends(limits, options.get("line")),
        "width": width_in_print(width),
    }
    if colours is not None and not isinstance(colours, Mapping):
        options["colours"] = colours  # the series of data, in their order
    elif colours is not None:
        look["series_colours"] = _colours_by_name(colours)
    if isinstance(rows, str):
        rows = (rows,)
    on_rows = None if rows is None else tuple(rows)
    order = _order_asked(sort)
    _check_words(options)
    encoding = registry.Encoding(rows=on_rows, colour=colour, facets=facets, sort=order)
    if isinstance(estimates, list | tuple):
        estimates = [*map(registry.as_result, estimates)]
        if not any(isinstance(estimate, Estimates | Crosstab) for estimate in estimates):
            if encoding.arguments:
                raise OptionError(
                    f"`{encoding.arguments[0]}` applies to results, not to data.",
                    write="Leave it out.",
                )
            usual_options = {"labels": labels, "percent": percent, "decimals": decimals}
            options |= {name: value for name, value in usual_options.items() if value is not None}
            own = ChartWords(
                _text(title or ""), notes or Notes(), _text(alt or title or ""), **look
            )
            made = drawn.of_data(estimates, own, options)
            made.check_series_colours()
            return made.figure(language) if ax is None else made.into(ax, language)
    _check_asked(drawn, (*encoding.arguments, *(("limits",) if limits else ())), options)
    headed = NOTHING if title is None else _text(title)
    own = ChartWords(
        headed, notes or Notes(), None if alt is None else _text(alt), **look, options=options
    )
    request = registry.ChartRequest(labels=as_codebook(labels), percent=percent, decimals=decimals)
    if isinstance(estimates, Sample):
        made = drawn.of_sample(estimates, own, request.labels, (colour,) if colour else ())
    else:
        made = _of_result(drawn, estimates, request, encoding, own)
    made.check_series_colours()
    return made.figure(language) if ax is None else made.into(ax, language)


def _ends(limits: tuple[float, float] | None, line: Any) -> tuple[float, float] | None:
    """Return the ends of an axis; those that exclude a reference line raise an error."""
    if limits is None:
        return None
    if not (len(limits) == 2 and limits[0] < limits[1]):
        raise OptionError(
            f"`limits={limits}` are not a lower and a higher end.",
            write="Write `limits=(low, high)`.",
        )
    if is_number(line) and not limits[0] <= line <= limits[1]:
        raise OptionError(
            f"`limits={limits}` exclude `line={line}`.",
            write=f"Write `limits=({min(limits[0], line):.6g}, {max(limits[1], line):.6g})`.",
        )
    return limits[0], limits[1]


def _colours_by_name(colours: Mapping[Any, str]) -> dict[str, str]:
    """Return the colours of series by their names as typed."""
    by_name = {}
    for name, colour in colours.items():
        by_name[registry.typed(str(name))] = checked_colour("colours", colour)
    return by_name


def _of_result(
    kind: type[Chart],
    result: Any,
    request: registry.ChartRequest,
    encoding: registry.Encoding,
    own: ChartWords,
) -> Chart:
    """Return the chart of a result, with title and notes from its provenance."""
    missing = NOTHING
    if kind.leaves_out_empty and isinstance(result, Estimates):
        drawn = (result.frame["n"] > 0) | result.frame["estimate"].notna()
        missing = _without_value(result.rows(~drawn), request)
        result = result.rows(drawn)
    notes = own.notes
    if isinstance(notes.reading, Mapping):
        from diplab.presentation.reading import with_sentence

        notes = with_sentence(notes, result, request)
    own = replace(own, notes=with_unit(notes, result, request.labels))
    shown = _drawing_of(result, request)
    check_one_unit(shown.estimates, shown.rows["en"], request.percent)
    if "model" in shown.dimensions and not encoding.rearranges and "colour" in kind.encodes:
        encoding = replace(encoding, colour="model")
    shown = registry.arranged(shown, kind.encoding_of(shown, encoding, own.options))
    known = shown.estimates.frame[["estimate", "ci_low", "ci_high"]].notna().all(axis=1)
    written: Any = {
        "small": kind.starred and any(shown.small),
        "intervals": kind.has_intervals
        and own.options.get("intervals", True)
        and bool(known.any()),
        "remarks": join_wordings(
            (
                missing,
                shown.remarks if kind.lettered else _flags_of_drawn(kind, shown),
                shown.method,
            ),
            " ",
        ),
    }
    below = notes_of_chart(shown.estimates, own.notes, request.labels, **written)
    caption = replace(own, title=shown.title if own.title is NOTHING else own.title, notes=below)
    if encoding.facets:
        return Facets.of_panels(kind, shown, caption)
    return kind.of_result(shown, caption)


MOST_NAMED = 6


def _without_value(left_out: Estimates, request: registry.ChartRequest) -> Text:
    """Return the names of rows without a value, which a chart does not draw."""
    if "where" in left_out.provenance.rules:
        left_out = left_out.rows(left_out.frame["n"].isna())
    if not len(left_out):
        return NOTHING
    dimensions, sentences = _drawing_of(left_out, request).dimensions.values(), []
    for code in LANGUAGES:
        rows = zip(*([label.in_(code) for label in one.labels] for one in dimensions), strict=True)
        names = [", ".join(filter(None, row)) for row in rows]
        shown = [*names[:MOST_NAMED], *["…"] * (len(names) > MOST_NAMED)]
        sentences.append(
            filled_term("sentence.without_value", code, value=semicolon(code).join(shown))
        )
    return Text(*sentences)


def _flags_of_drawn(kind: type[Chart], shown: registry.Drawing) -> Text:
    """Return the meaning of the flags of the values that a chart shows, without letters."""
    hidden = shown.estimates.frame["estimate"].isna() | (np.array(shown.small) & (not kind.starred))
    return flags_without_letters(shown.estimates.rows(~hidden))


def _check_asked(drawn: type[Chart], asked: Iterable[str], options: Iterable[str]) -> None:
    """Raise an error for options that a kind of chart does not support."""
    for name in asked:
        if name not in drawn.encodes:
            raise OptionError(
                f"`kind={drawn.kind!r}` has no `{name}`.",
                write="Leave it out, or write `kind='dots'`.",
            )
    for name in options:
        if name in drawn.options:
            continue
        others = [repr(kind) for kind, other in chart_kinds().items() if name in other.options]
        if others:
            raise OptionError(
                f"`kind={drawn.kind!r}` has no `{name}`.",
                f"It is an option of {', '.join(others)}.",
                "Leave it out.",
            )
        near = suggestion(name, [*drawn.options, *drawn.encodes, "limits", "width", "style"])
        raise OptionError(f"`kind={drawn.kind!r}` has no option `{name}` here.", "", near)


def _drawing_of(result: Any, request: registry.ChartRequest) -> registry.Drawing:
    """Return the drawing of a result, or of several by name."""
    result = registry.as_result(result)
    if isinstance(result, list | tuple):
        result = {f"{{model}} {position}": part for position, part in enumerate(result, 1)}
    if not isinstance(result, Mapping):
        registry.load_layouts(type(result), registry.drawing.registry)
        return registry.drawing(result, request)
    if not result:
        raise OptionError("`estimates` is empty.", write='Write `dl.chart({"Model 1": fit})`.')
    request = replace(request, references=True)
    drawn = {name: _drawing_of(item, request) for name, item in result.items()}
    if len({no_effect(item.estimates) for item in drawn.values()}) > 1:
        both = dict.fromkeys(
            f"`{item.estimates.frame['statistic'].iloc[0]}`" for item in drawn.values()
        )
        raise _not_on_one_axis(both, "", "Draw results of one statistic.")
    decimals = {row.form.decimals for item in drawn.values() for row in item.rows["en"]}
    if len(decimals) > 1 and request.decimals is None:
        # their values form one column
        return _drawing_of(result, replace(request, decimals=max(decimals)))
    return registry.joined_drawings(drawn)


def _order_asked(
    sort: registry.Sort | Sequence[str] | None,
) -> registry.Sort | tuple[str, ...] | None:
    """Return the order of rows: by value, or the categories named by hand."""
    if sort is None:
        return None
    if isinstance(sort, str):
        return check_one_of("sort", cast("registry.Sort", sort), registry.Sort)
    names = tuple(map(str, sort))
    if not names or len(set(names)) < len(names):
        raise OptionError(
            f"`sort={list(sort)}` is not an order of categories.",
            "It repeats a category." if names else "It is empty.",
            'Write each once: `sort=["b", "a"]`.',
        )
    return names


def _check_words(options: Mapping[str, Any]) -> None:
    """Raise an error for words of an axis, of a line or of annotations that are not text."""
    named = [(name, options.get(name)) for name in ("axis", "x_axis", "line_label")]
    remarks = options.get("annotate") or {}
    if not isinstance(remarks, Mapping):
        raise OptionError(
            f"{argument('annotate', remarks)} has no categories.",
            write='Write `annotate={"category": "words beside its mark"}`.',
        )
    named += [(f"annotate[{key!r}]", text) for key, text in remarks.items()]
    for name, text in named:
        if text is not None and not isinstance(text, str | Text):
            raise OptionError(
                f"{argument(name, text)} is not a text.",
                write='Write words, `"..."`, or both languages, `dl.Text("...", "...")`.',
            )


def _text(text: Text | str) -> Text:
    return Text.same(text) if isinstance(text, str) else text


def _not_on_one_axis(things: Iterable[str], why: str, write: str) -> OptionError:
    return OptionError(f"{' and '.join(things)} cannot be drawn on one axis.", why, write)


def check_one_unit(estimates: Estimates, rows: list[EstimateRow], as_percent: bool | None) -> None:
    """Raise an error for statistics that cannot share an axis, such as shares and means."""
    statistics = dict.fromkeys(estimates.frame["statistic"])
    for position, row in enumerate(rows):
        if isinstance(row.form, AnswerForm):
            statistic, name = estimates.frame[["statistic", "variable"]].iloc[position]
            raise OptionError(
                f"`{statistic}({name})` is an answer, not a number.",
                f"The answers of `{name}` are ordered, but the distances between them are unknown.",
                f"Write `dl.table(...)`, which names them, or draw all: "
                f"`dl.chart(dl.estimate(sample, dl.share({name!r})), 'likert')`.",
            )
    if len({row.form.kind for row in rows}) > 1:
        raise _not_on_one_axis(
            [f"`{name}`" for name in statistics],
            "Their units differ: shares and amounts cannot share an axis.",
            "Write one statistic per chart, or `percent=True` or `percent=False` to count all "
            "alike.",
        )
    _check_persons_alike(estimates)
    kinds, first = (
        dict.fromkeys(estimates.description_of(name).axis for name in statistics),
        next(iter(statistics), ""),
    )
    if len(kinds) > 1 and as_percent is None and estimates.provenance.contrast != "ratio":
        # tasks and hours or euros, or an index and an amount: the smaller would be invisible
        raise _not_on_one_axis(
            [f"`{name}`" for name in statistics],
            f"They are in {' and in '.join(kinds)}, and one axis has one unit.",
            'Write one of them a chart: `dl.chart(found.rows(found.frame["statistic"] == '
            f'"{first}"))`.',
        )
    # a ratio of two totals has no unit, and counts of rows are comparable
    provenance = estimates.provenance
    comparable = (
        as_percent is not None or provenance.contrast == "ratio" or provenance.is_unweighted
    )
    pairs = list(
        dict.fromkeys(zip(estimates.frame["statistic"], estimates.frame["variable"], strict=True))
    )
    totals = any(estimates.description_of(statistic).is_total for statistic, _ in pairs)
    # means of answers on one scale are comparable; totals count hours, euros or people
    if comparable or not totals or len({name for _, name in pairs}) < 2:
        return
    raise _not_on_one_axis(
        [f"`{statistic}({name})`" for statistic, name in pairs],
        "They count different things, and an axis has one unit.",
        "Write one of them a chart, or `percent=False` if all count the same thing.",
    )


def _check_persons_alike(estimates: Estimates) -> None:
    """Raise an error for numbers of persons together with numbers without a unit."""
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
    raise _not_on_one_axis(
        [f"`{name}`" for name in groups],
        "Some are numbers of persons and others are not: they cannot share an axis.",
        'Write one statistic per chart: `dl.chart(sizes.rows(sizes.frame["statistic"] == '
        f'"{next(iter(groups))}"))`.',
    )
