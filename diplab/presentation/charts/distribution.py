"""The distribution of a variable in the population: a histogram, or densities by group."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, ClassVar, TypeAlias

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from diplab.checks import check_number, check_switch, check_whole_number, is_number
from diplab.disclosure._publish import publish
from diplab.disclosure.profile import Profile, profile_of
from diplab.errors import MisleadingError, OptionError
from diplab.estimators.moments import share
from diplab.estimators.quantiles import median
from diplab.inference._estimate import estimate
from diplab.kernel.arrays import Floats
from diplab.kernel.quantiles import quantile
from diplab.microdata.codebook import Codebook
from diplab.presentation.charts.axes import LegendEntry, count_on, legend_height, shortest
from diplab.presentation.charts.chart import Chart, ChartWords, Margins, extent
from diplab.presentation.charts.row import PALE, curve_looks, curves_named
from diplab.presentation.labels import merged_labels, noun_of, variable_label
from diplab.presentation.language import (
    capital,
    colon,
    cut_by,
    filled_term,
    number,
    percent,
    rule,
    term,
    term_text,
    words,
)
from diplab.presentation.layouts.drawings import estimates_drawing
from diplab.presentation.layouts.registry import ChartRequest
from diplab.presentation.layouts.rows import SMALL
from diplab.presentation.notes import notes_of_chart
from diplab.presentation.numbers import known
from diplab.reference.text import LANGUAGES, NOTHING, Language, Text
from diplab.results.estimates import CONFIDENTIAL, Estimates
from diplab.sampling.condition import known_column
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.expression import Column
from diplab.sampling.sample import Sample

MOST_BINS, MOST_CURVES = 40, 4
# share of the population at each end that is not drawn: the last points would be individuals
TAIL = 0.01


@dataclass(frozen=True)
class Bin:
    """A bin of a histogram: ends, share of the population, and interval of the share."""

    start: float
    stop: float
    share: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Density:
    """The density of one group at points of the axis."""

    label: Text
    x: tuple[float, ...]
    y: tuple[float, ...]


Drawn: TypeAlias = tuple[Estimates, dict[str, Any], Text, Text]
"""A result, the fields of its chart, a remark and the alternative text."""


@dataclass(frozen=True, kw_only=True)
class Distribution(Chart, kind="", data=""):
    """The base of histograms and densities: the axis of the variable, with an optional line."""

    x_axis: Text | str = NOTHING
    line: float | None = None
    line_label: Text | str = NOTHING
    disclosure: Mapping[str, Any] = field(
        default_factory=dict, repr=False
    )  # the record of a published one

    @classmethod
    def of_sample(
        cls, sample: Sample, words: ChartWords, labels: Codebook | None, by: tuple[str, ...]
    ) -> Chart:
        """Return the weighted distribution of a variable, by group if the chart has groups."""
        asked = dict(words.options)
        if "variable" not in asked:
            raise OptionError(
                f"`kind={cls.kind!r}` of a sample needs `variable`.",
                write="Write `variable='income'`.",
            )
        name = known_column(asked.pop("variable"), sample.names, "the variable of a chart")
        if asked.get("line") is not None:
            check_number("line", asked["line"])
        fields: dict[str, Any] = {
            option: asked.pop(option)
            for option in ("line", "line_label", "intervals", "x_axis")
            if option in asked
        }
        if asked.get("profile") is not None:
            asked["notes"] = words.notes
        found, own, note, description = cls.computed(sample, name, by, labels, **asked)
        book, axes, titles = merged_labels(labels, sample.codebook), [], []
        for code in LANGUAGES:
            axis, groups = (
                variable_label(name, book, code),
                [noun_of(group, book, code) for group in by],
            )
            axes.append(axis)
            titles.append(cut_by(f"{term(f'word.{cls.kind}', code)} – {axis}", groups, code))
        title = Text(*titles)
        alt = Text(
            *(
                f"{term('word.figure', code)}. {title.in_(code)}. {description.in_(code)}"
                for code in LANGUAGES
            )
        )
        notes = notes_of_chart(
            found,
            words.notes,
            labels,
            remarks=note,
            small=False,
            intervals=cls.has_intervals and fields.get("intervals", True),
        )
        shown = replace(words, options=fields, notes=notes, title=words.title or title)
        return cls(**{"x_axis": Text(*axes)} | own | shown.fields(alt))

    @classmethod
    @abstractmethod
    def computed(
        cls, sample: Sample, name: str, by: tuple[str, ...], labels: Codebook | None, **asked: Any
    ) -> Drawn:
        """Return the result, the fields, the remark and the alternative text for a variable."""

    @abstractmethod
    def spread(self) -> tuple[float, float]:
        """Return the ends of the variable on the chart."""

    def margins(self, language: Language, room: float) -> Margins:
        """Return margins for ticks, the name of the line, the key and the name of the variable."""
        above = legend_height(self.key(language), room, self.style) + 16
        return Margins(
            left=36,
            right=12,
            top=above + (self.style.line if self.line is not None else 0),
            bottom=30,
        )

    def frame(self, axes: Axes, top: float, up: Text, language: Language) -> None:
        """Draw the axes, the line with its name above it, and the key."""
        (low, high), style, width = self.spread(), self.style, extent(axes)[0]
        axes.set_xlim(low, high)
        axes.set_ylim(0, top)
        axes.set_axisbelow(True)
        count_on(axes.xaxis, low, high, language, style=style, room=width)
        self.name_below(axes, self.x_axis, language)
        self.name_above(axes, up, language, up=6 + (style.line if self.line is not None else 0))
        if self.line is not None and low <= self.line <= high:
            axes.axvline(self.line, color=style.ink, lw=1.0, ls=(0, (4, 2)), zorder=4)
            name = (
                words(self.line_label, language)
                if self.line_label
                else shortest(self.line, language)
            )
            place, half = (
                width * (self.line - low) / (high - low),
                style.text_width(name, style.tick) / 2,
            )
            look: Any = {
                "xycoords": "axes fraction",
                "size": style.tick,
                "ha": "center",
                "va": "bottom",
            }
            self.write_at(axes, name, (0, 1), (min(max(place, half), width - half), 3), **look)
        self.write_key(axes, self.key(language), language)


@dataclass(frozen=True, kw_only=True)
class Histogram(Distribution, kind="histogram", data="bins", item=Bin, encodes=()):
    """Shares of the population by bin, as areas; heights of unequal bins are shares per unit."""

    bins: tuple[Bin, ...]
    confidence: float = 0.95
    intervals: bool = True

    options: ClassVar[tuple[str, ...]] = (
        "variable",
        "bins",
        "line",
        "line_label",
        "profile",
        "x_axis",
        "intervals",
    )

    def __post_init__(self) -> None:
        if not check_switch("intervals", self.intervals):
            bare = tuple(replace(item, low=None, high=None) for item in self.bins)
            object.__setattr__(self, "bins", bare)

    def remarks(self, language: Language) -> tuple[Text, ...]:
        """Return a remark if intervals are hidden."""
        return () if self.intervals else (term_text("sentence.intervals_left_out"),)

    @classmethod
    def computed(
        cls, sample: Sample, name: str, by: tuple[str, ...], labels: Codebook | None, **asked: Any
    ) -> Drawn:
        """Return the weighted share of each bin."""
        edges, column, joined = _edges(asked.get("bins"), sample, name), f"`{name}`", 0
        rules = None if asked.get("profile") is None else profile_of(asked["profile"])
        if rules is not None:
            edges, joined = _joined_bins(edges, _masses(sample, name, ())[0], rules)
        ends = [f"{column} >= {edges[0]!r}", *(f"{column} < {edge!r}" for edge in edges[1:-1])]
        within = [
            f"{column} >= {one!r} and {below}" for one, below in zip(edges, ends[1:], strict=False)
        ]
        within.append(f"{column} >= {edges[-2]!r} and {column} <= {edges[-1]!r}")
        outside = f"{column} < {edges[0]!r} or {column} > {edges[-1]!r}"
        found = estimate(sample, *map(share, [*within, outside]), numerator=True)
        if rules is not None:
            found = publish(found, asked["profile"], sample=sample, notes=asked["notes"])
            if CONFIDENTIAL in set(found.frame["flag"]):
                raise _hidden_bins(name, rules)
        *values, beyond = (
            found.frame[["estimate", "ci_low", "ci_high", "numerator"]].to_numpy(float).tolist()
        )
        bins = [
            Bin(*ends, value[0], *map(known, value[1:3]))
            for ends, value in zip(pairwise(edges), values, strict=True)
        ]
        few, notes, descriptions = sum(0 < value[3] < SMALL for value in values), [], []
        for code in LANGUAGES:
            sentences = [filled_term("sentence.few_in_bins", code, value=str(few))] * bool(few)
            sentences += [filled_term("sentence.joined_bins", code, value=str(joined))] * bool(
                joined
            )
            out = filled_term("sentence.out_of_bins", code, value=percent(beyond[0], code, 1))
            notes.append(" ".join([*sentences, *[out] * (beyond[0] > 0)]))
            parts = []
            for one in bins:
                start, stop = shortest(one.start, code), shortest(one.stop, code)
                parts.append(f"{start}–{stop}{colon(code)}{percent(one.share, code, 1)}")
            descriptions.append("; ".join(parts) + ".")
        own = {"bins": tuple(bins), "confidence": found.provenance.confidence}
        own["disclosure"] = found.provenance.disclosure
        return found, own, Text(*notes), Text(*descriptions)

    def spread(self) -> tuple[float, float]:
        """Return the ends of the bins."""
        return self.bins[0].start, self.bins[-1].stop

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the key of whiskers."""
        level = capital(rule("interval at", str(self.confidence), language))
        whisker = LegendEntry(level, self.style.ink, line=1.0)
        return [whisker] * any(interval.low is not None for interval in self.bins)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw each bin as an area, with the interval of its share."""
        widths = np.array([interval.stop - interval.start for interval in self.bins])
        heights = [[interval.share, interval.low, interval.high] for interval in self.bins]
        drawn = np.array(heights, dtype=float) * (widths.min() / widths)[:, None]
        starts = [interval.start for interval in self.bins]
        axes.grid(axis="y")
        axes.bar(
            starts,
            drawn[:, 0],
            widths,
            align="edge",
            color=self.style.colours[0],
            edgecolor="white",
            lw=0.5,
        )
        for colour, width in (("white", 2.2), (self.style.ink, 1.0)):
            axes.vlines(starts + widths / 2, drawn[:, 1], drawn[:, 2], color=colour, lw=width)
        top = 1.05 * float(np.nanmax(drawn))
        count_on(axes.yaxis, 0, top, language, style=self.style, as_percent=True)
        equal = float(np.ptp(widths)) < 1e-9 * sum(widths)
        per = [term("word.share_of_people", code) for code in LANGUAGES]
        if not equal:
            unit = float(widths.min())
            per = [
                filled_term("word.share_per", code, value=shortest(unit, code))
                for code in LANGUAGES
            ]
        self.frame(axes, top, Text(*per), language)


@dataclass(frozen=True, kw_only=True)
class Densities(Distribution, kind="density", data="curves", item=Density, encodes=("colour",)):
    """Weighted kernel densities of one variable, distinguished by colour and dash."""

    curves: tuple[Density, ...]

    highlight: str | Sequence[str] = ()

    options: ClassVar[tuple[str, ...]] = (
        "variable",
        "bandwidth",
        "line",
        "line_label",
        "profile",
        "x_axis",
        "highlight",
    )
    has_intervals: ClassVar[bool] = False

    @classmethod
    def computed(
        cls, sample: Sample, name: str, by: tuple[str, ...], labels: Codebook | None, **asked: Any
    ) -> Drawn:
        """Return the weighted density of each group, with medians in the alternative text."""
        if asked.get("profile") is not None:
            raise OptionError(
                "A density cannot be published under a profile.",
                "Its curve is a sum over answers, from which individual answers can be recovered.",
                f"Write `dl.chart(sample, 'histogram', variable={name!r}, "
                f"profile={str(asked['profile'])!r})`.",
            )
        found = estimate(sample, median(name), by=by)
        answered = found.frame["n"] > 0
        # groups outside the domain are not missing
        empty = found.rows(~answered & (not sample.domain))
        found, respondents = found.rows(answered), found.frame["n"][answered]
        if len(found) > MOST_CURVES:
            raise OptionError(
                f"{len(found)} densities are too many for one chart: {MOST_CURVES} can be "
                "distinguished.",
                write="Group the categories of `colour`, or leave it out.",
            )
        if respondents.min() < SMALL:
            raise OptionError(
                f"A density of {respondents.min()} respondents would disclose them: {SMALL} are "
                "required.",
                write="Exclude groups with `sample.where(...)`, or write `kind='histogram'`.",
            )
        shown, masses = (
            estimates_drawing(found, ChartRequest(labels=labels)),
            _masses(sample, name, by),
        )
        parts = [masses[at] for at in np.flatnonzero(answered)]
        x = np.linspace(*_drawn(*_masses(sample, name, ())[0]), 301)
        given = asked.get("bandwidth")
        if given is not None:
            check_number("bandwidth", given, above=0)
        widths = [silverman(*part) if given is None else float(given) for part in parts]
        curves = tuple(
            Density(label if by else NOTHING, tuple(x), tuple(density(*part, x, width)))
            for label, part, width in zip(shown.lines, parts, widths, strict=True)
        )
        key, printed = f"sentence.density{'' if given is None else '_given'}", dict.fromkeys(widths)
        notes = []
        for code in LANGUAGES:
            widths_shown = ", ".join(
                number(width, code, 0 if width >= 10 else 2) for width in printed
            )
            notes.append(filled_term(key, code, value=widths_shown))
            if len(empty):
                groups = estimates_drawing(empty, ChartRequest(labels=labels)).headings
                names = [heading.line.in_(code) for heading in groups]
                notes[-1] += (
                    f" {filled_term('sentence.without_value', code, value=', '.join(names))}"
                )
        descriptions = (
            f"{shown.rows[code][0].statistic}. {shown.alt.in_(code).partition('. ')[2]}"
            for code in LANGUAGES
        )
        first = {at: curve.label for at, curve in enumerate(curves)}
        lit = curves_named(asked.get("highlight", ()), shown, first)
        return found, {"curves": curves, "highlight": lit}, Text(*notes), Text(*descriptions)

    @property
    def series(self) -> tuple[Text, ...]:
        """The names of the groups."""
        return tuple(curve.label for curve in self.curves)

    def spread(self) -> tuple[float, float]:
        """Return the ends of the curves."""
        return self.curves[0].x[0], self.curves[0].x[-1]

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the groups."""
        entries = []
        for curve, look in curve_looks(self.curves, self.looks_of(self.series), self.highlight):
            if curve.label:
                name = words(curve.label, language)
                entries.append(LegendEntry(name, look.colour, line=1.6, style=look.dash))
        return entries

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the curves, over the area of a single one."""
        for curve, look in curve_looks(self.curves, self.looks_of(self.series), self.highlight):
            over = bool(self.highlight) and look.colour != PALE
            style: Any = {"color": look.colour, "lw": 1.6, "ls": look.dash}
            axes.plot(curve.x, curve.y, zorder=3 + over / 2, **style)
            if len(self.curves) == 1:
                axes.fill_between(curve.x, 0, curve.y, color=look.colour, alpha=0.2, lw=0)
        axes.set_yticks([])
        top = 1.05 * max(max(curve.y) for curve in self.curves)
        self.frame(axes, top, term_text("word.density"), language)


def silverman(values: Floats, weights: Floats) -> float:
    """Return the bandwidth of a weighted Gaussian density (Silverman 1986, 3.31).

    It is 0.9 min(s, IQR / 1.34) n^(-1/5).

    s and the quartiles are weighted, and n is the effective size of Kish (1965), (sum w)² / sum w².
    """
    if values[0] == values[-1]:
        raise OptionError(
            "A single value has no density.", f"It is {values[0]:g}.", "Write `kind='histogram'`."
        )
    mean = np.average(values, weights=weights)
    deviation = float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))
    quartiles = quantile(values, weights, 0.75) - quantile(values, weights, 0.25)
    spread = min(deviation, quartiles / 1.34) or deviation
    return float(0.9 * spread * _effective(weights) ** -0.2)


def density(values: Floats, weights: Floats, x: Floats, bandwidth: float) -> Floats:
    """Return a weighted Gaussian kernel density at points, f(x) = sum w K((x - y) / h) / (h sum w).

    If no value is negative, the density below 0 is reflected, as pay or age cannot be negative
    (Silverman 1986, 2.10). Values are first binned on 4,096 points, so that the cost does not grow
    with the number of rows.
    """
    # values further than 8 bandwidths from every point contribute nothing, and would coarsen the
    # grid
    near = (values >= x.min() - 8 * bandwidth) & (values <= x.max() + 8 * bandwidth)
    if not near.any():
        return np.zeros(x.size)
    held, fine = values[near], np.linspace(values[near][0], values[near][-1], 4096)
    heap = np.bincount(
        np.rint((held - held[0]) / (fine[1] - fine[0] or 1.0)).astype(int), weights[near], 4096
    )
    sides = (x, -x) if values[0] >= 0 else (x,)
    kernels = (np.exp(-0.5 * ((side[:, None] - fine) / bandwidth) ** 2) @ heap for side in sides)
    return np.asarray(sum(kernels) / (bandwidth * np.sqrt(2 * np.pi) * weights.sum()))


def _masses(sample: Sample, name: str, by: tuple[str, ...]) -> list[tuple[Floats, Floats]]:
    """Return the values of a variable by domain, in increasing order, with weights."""
    scope, column = Scope((*sample.population, *sample.domain), by), Column(name)
    found = sample.collect_for(column, by=by).engine.sorted_masses(scope, column, (column,))
    parts = [slice(*ends) for ends in pairwise(found.starts)]
    return [
        (found.values[part][held], found.weights[part][held])
        for part in parts
        for held in [found.weights[part] > 0]
    ]


def _effective(weights: Floats) -> float:
    return float(weights.sum() ** 2 / (weights**2).sum())


def _drawn(values: Floats, weights: Floats) -> tuple[float, float]:
    """Return the ends of the drawn range: without tails, but from 0 if values begin near it."""
    low, high = quantile(values, weights, TAIL), quantile(values, weights, 1 - TAIL)
    return (0.0 if values[0] >= 0 and low < 0.15 * high else low), high


def _joined_bins(
    edges: list[float], masses: tuple[Floats, Floats], rules: Profile
) -> tuple[list[float], int]:
    """Return the edges of bins with the minimum count each, and the counts merged or excluded."""
    values, weights = masses
    for end, at, side in ((edges[0], values[0], "smallest"), (edges[-1], values[-1], "largest")):
        if end == at and (values == at).sum() < rules.minimum:
            raise OptionError(
                f"`bins` end at {end:g}, which is the {side} answer.",
                "Few respondents gave it, and it would be disclosed exactly.",
                "Write a round number beyond it, or further within.",
            )
    counted = weights if rules.counted == "weights" else np.ones(values.size)
    inside = (values >= edges[0]) & (values <= edges[-1])
    beyond, n = (
        float(counted[~inside].sum()),
        np.histogram(values[inside], edges, weights=counted[inside])[0].tolist(),
    )
    ends, asked = list(edges), len(n)
    # the share beyond the ends is printed too: bins at an end join it
    while 0 < beyond < rules.minimum and n:
        at = 0 if n[0] < n[-1] else -1
        beyond += n.pop(at)
        ends.pop(at)
    while len(n) > 1 and any(0 < item < rules.minimum for item in n):
        at = min((count, place) for place, count in enumerate(n) if count > 0)[1]
        beside = [place for place in (at - 1, at + 1) if 0 <= place < len(n)]
        first = min(at, min(beside, key=n.__getitem__))
        n[first : first + 2] = [n[first] + n[first + 1]]
        ends.pop(first + 1)
    if len(n) < 2:
        raise OptionError(
            f"No two bins have {rules.minimum:,} {rules.counted} each.",
            f"The profile {rules.name!r} requires that many in each bin, and beyond the ends.",
            "Write fewer edges in `bins=`, with more answers between them.",
        )
    return ends, asked - len(n)


def _hidden_bins(name: str, rules: Profile) -> MisleadingError:
    return MisleadingError(
        f"The bins of `{name}` cannot all be published under the profile {rules.name!r}.",
        "Hidden bins could be computed from the others: shares add up to 1.",
        "Write fewer edges in `bins=`.",
    )


def _edges(bins: int | Sequence[float] | None, sample: Sample, name: str) -> list[float]:
    """Return the edges of bins: those given, or round ones (Freedman and Diaconis 1981)."""
    if isinstance(bins, Sequence | np.ndarray):
        edges = [float(bin_) if is_number(bin_) else np.nan for bin_ in bins]
        if len(edges) < 3 or not np.all(np.diff(edges) > 0) or not np.all(np.isfinite(edges)):
            raise OptionError(
                f"`bins={bins!r}` are not edges of bins.",
                "Edges must be at least three, finite and increasing: an open band has no width.",
                "Write `bins=[0, 500, 1000, 2000]`; the note states the share beyond.",
            )
        return edges
    if bins is not None:
        check_whole_number("bins", bins, low=2, high=MOST_BINS)
    ((values, weights),) = _masses(sample, name, ())
    low, high = _drawn(values, weights)
    if low == high:
        raise OptionError(
            "A single value has no distribution.", f"It is {low:g}.", "Write `bins=` to draw it."
        )
    quartiles = quantile(values, weights, 0.75) - quantile(values, weights, 0.25)
    advised = (high - low) / (2 * quartiles * _effective(weights) ** (-1 / 3)) if quartiles else 10
    locator = MaxNLocator(bins or min(max(round(advised), 5), MOST_BINS), steps=[1, 2, 2.5, 5, 10])
    return list(map(float, locator.tick_values(low, high)))
