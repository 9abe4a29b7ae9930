"""The distribution of a variable in the population: a histogram, or densities of up to four groups."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from diplab.checks import check_number
from diplab.errors import OptionError
from diplab.estimators.moments import share
from diplab.estimators.quantiles import median
from diplab.inference._estimate import estimate
from diplab.kernel.arrays import Floats
from diplab.kernel.quantiles import quantile
from diplab.microdata.codebook import Codebook
from diplab.presentation.charts.axes import LegendEntry, count_on, legend, legend_height, name_above
from diplab.presentation.charts.bars import HATCHES
from diplab.presentation.charts.chart import Chart, ChartWords, Margins, extent
from diplab.presentation.labels import merged_labels, variable_label
from diplab.presentation.language import number, percent, rule, term, words
from diplab.presentation.layouts.estimates import estimates_drawing
from diplab.presentation.layouts.registry import ChartRequest
from diplab.presentation.layouts.rows import SMALL
from diplab.presentation.notes import notes_of_chart
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text
from diplab.sampling.condition import known_column
from diplab.sampling.engines.protocol import Scope
from diplab.sampling.expression import Column
from diplab.sampling.sample import Sample

MOST_BINS = 40
TAIL = 0.01  # of the population at each end, which is not drawn: the last points of a curve would be persons
DASHES = ("-", (0, (5, 2)), (0, (1, 1.4)), (0, (6, 1.5, 1, 1.5)))


@dataclass(frozen=True)
class Bin:
    """One bin of a histogram: its ends, its share of the population, and the interval of that share."""

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


@dataclass(frozen=True, kw_only=True)
class Distribution(Chart, kind="", data=""):
    """What histograms and densities share: an axis of the variable, with a line across it that bears its name."""

    x_axis: Text = NOTHING
    line: float | None = None
    line_label: Text | str = NOTHING

    @classmethod
    def asked_of(cls, sample: Sample, words: ChartWords) -> tuple[str, ChartWords, dict[str, Any]]:
        """Return the variable, the words of the chart with the fields that were asked for, and the other options."""
        asked = dict(words.options)
        if "variable" not in asked:
            raise OptionError(f"`kind={cls.kind!r}` of a sample needs `variable`.", write="Write `variable='income'`.")
        name = known_column(asked.pop("variable"), sample.names, "a variable")
        own = {each: asked.pop(each) for each in ("line", "line_label") if each in asked}
        return name, replace(words, options=own), asked

    @abstractmethod
    def spread(self) -> tuple[float, float]:
        """Return the ends of the variable on the chart."""

    def _line_words(self, language: Language) -> str:
        assert self.line is not None
        own = self.line_label if isinstance(self.line_label, str) else self.line_label.in_(language)
        places = 0 if float(self.line).is_integer() else 2
        return words(own, language) if own else number(self.line, language, places)

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for ticks, the name of the line and the key above, and the name of the variable below."""
        above = legend_height(self.key(language), room, self.style) + 16
        return Margins(left=36, right=12, top=above + (self.style.line if self.line is not None else 0), bottom=30)

    def height(self, language: Language, room: float) -> float:
        """Return a height in proportion to the width."""
        return room * 0.5

    def frame(self, axes: Axes, top: float, up: Text, language: Language, *, as_percent: bool) -> None:
        """Draw the axes, the line with its name above it, and the key."""
        (low, high), style, width = self.spread(), self.style, extent(axes)[0]
        margins = self.margins(language, self.room)
        axes.set_xlim(low, high)
        axes.set_ylim(0, top)
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        count_on(axes.xaxis, low, high, language, style=style, room=width)
        if as_percent:
            count_on(axes.yaxis, 0, top, language, style=style, as_percent=True)
        else:
            axes.set_yticks([])
        axes.set_xlabel(words(self.x_axis, language))
        name_above(axes, up, margins.left, language, style, up=6 + (style.line if self.line is not None else 0))
        if self.line is not None and low <= self.line <= high:
            axes.axvline(self.line, color=style.ink, lw=1.0, ls=(0, (4, 2)), zorder=4)
            name, place = self._line_words(language), width * (self.line - low) / (high - low)
            half = style.text_width(name, style.tick) / 2
            axes.annotate(
                name, (0, 1), xycoords="axes fraction", xytext=(min(max(place, half), width - half), 3), ha="center",
                textcoords="offset points", va="bottom", size=style.tick,
            )  # fmt: skip
        if self.legend:
            legend(axes, self.key(language), margins.left, self.room, margins.top, style)


@dataclass(frozen=True, kw_only=True)
class Histogram(Distribution, kind="histogram", data="bins", item=Bin, encodes=()):
    """Shares of the population by bin, as areas: where bins are unequal, heights are shares per unit."""

    bins: tuple[Bin, ...]
    confidence: float = 0.95

    options: ClassVar[tuple[str, ...]] = ("variable", "bins", "line", "line_label")

    @classmethod
    def of_sample(cls, sample: Sample, words: ChartWords, labels: Codebook | None, by: tuple[str, ...]) -> Chart:
        """Return the weighted shares of a variable by bin."""
        name, own, asked = cls.asked_of(sample, words)
        if by:
            raise OptionError(
                "A histogram has no `colour`.", write="Write `kind='density'`, whose curves may lie over each other."
            )
        edges, column = _edges(asked.get("bins"), sample, name), f"`{name}`"
        pairs = list(zip(edges, edges[1:], strict=False))
        conditions = [f"{column} >= {start!r} and {column} < {stop!r}" for start, stop in pairs[:-1]]
        conditions.append(f"{column} >= {pairs[-1][0]!r} and {column} <= {pairs[-1][1]!r}")
        beyond = [f"{column} < {edges[0]!r}", f"{column} > {edges[-1]!r}"]
        found = estimate(sample, *(share(each) for each in [*conditions, *beyond]), numerator=True)
        values = found.frame[["estimate", "ci_low", "ci_high", "numerator"]].to_numpy(float)
        bins = tuple(Bin(*pair, *value[:3]) for pair, value in zip(pairs, values[:-2], strict=True))
        few = sum(0 < each < SMALL for each in values[:-2, 3])
        note = [
            " ".join(
                said
                for said, there in (
                    (term("sentence.few_in_bins", each).replace("{value}", number(few, each, 0)), few),
                    *(
                        (_beyond(key, end, value[0], each), value[0] > 0)
                        for key, end, value in zip(("below", "above"), (edges[0], edges[-1]), values[-2:], strict=True)
                    ),
                )
                if there
            )
            for each in LANGUAGES
        ]
        axis = Text(*(variable_label(name, merged_labels(labels, sample.codebook), each) for each in LANGUAGES))
        shares = "; ".join
        alt = Text(
            *(
                f"{term('word.figure', lang)}. {term('word.distribution', lang)} – {axis.in_(lang)}. "
                + shares(f"{_ends(bin, lang)} {percent(bin.share, lang, 1)}" for bin in bins)
                + "."
                for lang in LANGUAGES
            )
        )
        given = _worded(own, found, labels, axis, (), Text(*note))
        return cls(bins=bins, x_axis=axis, confidence=found.provenance.confidence, **given.fields(alt))

    @property
    def is_equal(self) -> bool:
        """Whether all bins have one width."""
        return bool(
            np.ptp([bin.stop - bin.start for bin in self.bins]) < 1e-9 * (self.bins[-1].stop - self.bins[0].start)
        )

    def spread(self) -> tuple[float, float]:
        """Return the ends of the bins."""
        return self.bins[0].start, self.bins[-1].stop

    def _unit(self) -> float:
        """Return the width that heights are shares of: that of the narrowest bin."""
        return min(bin.stop - bin.start for bin in self.bins)

    def key(self, language: Language) -> list[LegendEntry]:
        """Return what a whisker is."""
        if all(bin.low is None for bin in self.bins):
            return []
        level = rule("interval at", str(self.confidence), language)
        return [LegendEntry(level[:1].upper() + level[1:], self.style.ink, line=1.0)]

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw each bin as an area, with the interval of its share."""
        top = 0.0
        for bin in self.bins:
            scale = self._unit() / (bin.stop - bin.start)
            axes.bar(
                bin.start,
                bin.share * scale,
                bin.stop - bin.start,
                align="edge",
                color=self.style.colours[0],
                edgecolor="white",
                lw=0.5,
            )
            top = max(top, bin.share * scale)
            if bin.low is not None and bin.high is not None:
                middle = (bin.start + bin.stop) / 2
                axes.plot([middle, middle], [bin.low * scale, bin.high * scale], color="white", lw=2.2)
                axes.plot([middle, middle], [bin.low * scale, bin.high * scale], color=self.style.ink, lw=1.0)
                top = max(top, bin.high * scale)
        per = [] if self.is_equal else [number(self._unit(), each, 0 if self._unit() >= 1 else 2) for each in LANGUAGES]
        up = (
            Text(
                *(
                    term("word.share_per", lang).replace("{value}", each)
                    for lang, each in zip(LANGUAGES, per, strict=True)
                )
            )
            if per
            else Text(*(term("word.share_of_people", lang) for lang in LANGUAGES))
        )
        self.frame(axes, top * 1.05, up, language, as_percent=True)


@dataclass(frozen=True, kw_only=True)
class Densities(Distribution, kind="density", data="curves", item=Density, encodes=("colour",)):
    """Weighted kernel densities of one variable, told apart by colour and dash."""

    curves: tuple[Density, ...]

    options: ClassVar[tuple[str, ...]] = ("variable", "bandwidth", "line", "line_label")

    @classmethod
    def of_sample(cls, sample: Sample, words: ChartWords, labels: Codebook | None, by: tuple[str, ...]) -> Chart:
        """Return the weighted density of a variable, or one for each group of `colour`."""
        name, own, asked = cls.asked_of(sample, words)
        given, kept = asked.get("bandwidth"), Column(name)
        found = estimate(sample, median(name), by=by)
        groups = found.frame[found.frame["n"] > 0]
        if len(groups) > len(DASHES) or (groups["n"] < SMALL).any():
            raise OptionError(
                f"Densities of {len(groups)} groups of at least {groups['n'].min()} respondents are not drawn.",
                f"At most {len(DASHES)} can be told apart, and a curve of fewer than {SMALL} respondents would show them.",
                "Group the categories of `colour`, or leave it out.",
            )
        shown, masses = estimates_drawing(found, ChartRequest(labels=labels)), _masses(sample, kept, by)
        parts = [masses.of(at) for at in range(len(found.frame)) if found.frame["n"].iloc[at] > 0]
        everybody = _sorted(*(np.concatenate(each) for each in zip(*parts, strict=True)))
        x = np.linspace(*_drawn(*everybody), 301)
        widths = [
            check_number("bandwidth", given, above=0) if given is not None else silverman(*part) for part in parts
        ]
        curves = tuple(
            Density(label if by else NOTHING, tuple(x), tuple(density(*part, x, width)))
            for label, part, width in zip(shown.lines, parts, widths, strict=True)
        )
        axis = Text(*(variable_label(name, merged_labels(labels, sample.codebook), each) for each in LANGUAGES))
        note = [
            term(f"sentence.density{'_given' if given else ''}", each).replace(
                "{value}", ", ".join(number(width, each, 0 if width >= 10 else 2) for width in dict.fromkeys(widths))
            )
            for each in LANGUAGES
        ]
        alt = Text(
            *(
                f"{term('word.density', each)} – {axis.in_(each)}. {shown.rows[each][0].statistic}. {shown.alt.in_(each)}"
                for each in LANGUAGES
            )
        )
        return cls(
            curves=curves, x_axis=axis, **_worded(own, found, labels, axis, by, Text(*note), "density").fields(alt)
        )

    def spread(self) -> tuple[float, float]:
        """Return the ends of the curves."""
        return self.curves[0].x[0], self.curves[0].x[-1]

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the groups."""
        looks = zip(self.curves, self.style.colours, DASHES, strict=False)
        return [
            LegendEntry(words(each.label, language), colour, line=1.6, style=dash)
            for each, colour, dash in looks
            if each.label
        ]

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw the curves, over the area of a single one."""
        for curve, colour, dash in zip(self.curves, self.style.colours, DASHES, strict=False):
            axes.plot(curve.x, curve.y, color=colour, lw=1.6, ls=dash, zorder=3)
            if len(self.curves) == 1:
                axes.fill_between(curve.x, 0, curve.y, color=colour, alpha=0.2, lw=0)
        top = 1.05 * max(max(curve.y) for curve in self.curves)
        self.frame(axes, top, Text(*(term("word.density", each) for each in LANGUAGES)), language, as_percent=False)


def silverman(values: Floats, weights: Floats) -> float:
    """Return the bandwidth of a weighted Gaussian density: 0.9 min(s, IQR / 1.34) n^(-1/5) (Silverman 1986, 3.31).

    s and the quartiles are weighted, and n is the effective size of Kish (1965), (sum w)² / sum w².
    """
    mean = np.average(values, weights=weights)
    deviation = float(np.sqrt(np.average((values - mean) ** 2, weights=weights)))
    first, third = _between(values, weights, 0.25)
    spread = min(deviation, (third - first) / 1.34) or deviation
    if not spread:
        raise OptionError("One value alone has no density.", f"It is {values[0]:g}.", "Write `kind='histogram'`.")
    return 0.9 * spread * float(weights.sum() ** 2 / (weights**2).sum()) ** -0.2


def density(values: Floats, weights: Floats, x: Floats, bandwidth: float) -> Floats:
    """Return a weighted Gaussian kernel density at points, what lies below 0 of values above 0 folded back.

    f(x) = sum w K((x - y) / h) / (h sum w), plus the same at -x where no value is below 0, so that no density leaks
    beyond what a pay or an age can be (Silverman 1986, 2.10).
    """
    fine = np.linspace(values[0], values[-1], 4096)
    # values are gathered on a grid that is fine beside the bandwidth: of a million rows, 4,096 points
    heap = np.bincount(np.rint((values - values[0]) / max(np.ptp(values), 1e-300) * 4095).astype(int), weights, 4096)
    sides = (x, -x) if values[0] >= 0 else (x,)
    kernels = (np.exp(-0.5 * ((side[:, None] - fine) / bandwidth) ** 2) @ heap for side in sides)
    return np.asarray(sum(kernels) / (bandwidth * np.sqrt(2 * np.pi) * weights.sum()))


def _masses(sample: Sample, column: Column, by: tuple[str, ...]) -> Any:
    scope = Scope((*sample.population, *sample.domain), by)
    return sample.collect_for(column, by=by).engine.sorted_masses(scope, column, (column,))


def _sorted(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(values, kind="stable")
    return values[order], weights[order]


def _drawn(values: Floats, weights: Floats) -> tuple[float, float]:
    """Return the ends of what is drawn: without the tails, but from 0 where values begin near it."""
    low, high = _between(values, weights, TAIL)
    return (0.0 if values[0] >= 0 and low < 0.15 * high else low), high


def _between(values: Floats, weights: Floats, tail: float) -> tuple[float, float]:
    """Return the weighted quantiles that leave a share of the population at each end."""
    return quantile(values, weights, tail), quantile(values, weights, 1 - tail)


def _edges(bins: int | Sequence[float] | None, sample: Sample, name: str) -> list[float]:
    """Return the edges of bins: those given, or round ones that leave out a hundredth at each end."""
    if bins is not None and not isinstance(bins, int):
        edges = [float(each) for each in bins]
        if len(edges) < 3 or not np.all(np.diff(edges) > 0) or not np.all(np.isfinite(edges)):
            raise OptionError(
                f"`bins={list(bins)}` are no edges of bins.",
                "Edges rise, there are at least three, and none is infinite: an open band has no width to be drawn with.",
                "Write `bins=[0, 500, 1000, 2000]`; who is beyond is counted in the note.",
            )
        return edges
    values, weights = _masses(sample, Column(name), ()).of(0)
    low, high = _drawn(values, weights)
    first, third = _between(values, weights, 0.25)
    # Freedman and Diaconis (1981), with the effective size
    size = float(weights.sum() ** 2 / (weights**2).sum())
    wanted = bins or min(max(round((high - low) / (2 * (third - first) * size ** (-1 / 3) or np.inf)), 5), MOST_BINS)
    return [
        float(each) for each in MaxNLocator(min(wanted, MOST_BINS), steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    ]


def _worded(
    own: ChartWords,
    found: Any,
    labels: Codebook | None,
    axis: Text,
    by: tuple[str, ...],
    note: Text,
    head: str = "distribution",
) -> ChartWords:
    """Return the words of a chart of a sample: its title, unless one was given, and its notes."""
    book, titles = merged_labels(labels, found.codebook), []
    for each in LANGUAGES:
        cut = f", {term('word.by', each)} {variable_label(by[0], book, each)}" if by else ""
        titles.append(f"{term(f'word.{head}', each)} – {axis.in_(each)}{cut}")
    return replace(
        own, title=own.title or Text(*titles), notes=notes_of_chart(found, own.notes, labels, remarks=note, small=False)
    )


def _ends(bin: Bin, language: Language) -> str:
    """Return the ends of a bin in words."""
    places = 0 if float(bin.start).is_integer() and float(bin.stop).is_integer() else 2
    return f"{number(bin.start, language, places)}{NO_BREAK}{term('word.to', language)}{NO_BREAK}{number(bin.stop, language, places)}{{}}".replace(
        "{}", " :" if language == "fr" else ":"
    )


def _beyond(key: str, end: float, share_beyond: float, language: Language) -> str:
    """Return how many are beyond one end of a histogram."""
    shown = {
        "{share}": percent(share_beyond, language, 1),
        "{end}": number(end, language, 0 if end.is_integer() else 2),
    }
    said = term(f"sentence.{key}_bins", language)
    for mark, value in shown.items():
        said = said.replace(mark, value)
    return said
