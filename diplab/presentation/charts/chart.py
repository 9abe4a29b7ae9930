"""Charts: words in both languages, layout, drawing, page; and small multiples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from importlib import import_module
from io import BytesIO
from pkgutil import iter_modules
from typing import Any, ClassVar, Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from diplab.checks import type_name
from diplab.errors import OptionError, suggestion
from diplab.microdata.codebook import Codebook
from diplab.presentation.charts.axes import LegendEntry, legend, legend_height, spread_labels
from diplab.presentation.charts.style import DEFAULT, LEADING, WIDTHS, Look, Style, points, theme
from diplab.presentation.language import check_language, colon, words
from diplab.presentation.layouts.registry import Drawing, Encoding, typed
from diplab.presentation.made import Made
from diplab.presentation.notes import Notes, noted
from diplab.reference.text import Language, Text
from diplab.sampling.sample import Sample


@dataclass(frozen=True)
class ChartWords:
    """The frame of a chart: title, notes, alternative text, width in millimetres."""

    title: Text
    notes: Notes
    alt: Text | None
    width: float
    style: Style = DEFAULT
    limits: tuple[float, float] | None = None
    series_colours: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)

    def noted(self, sentence: Text) -> ChartWords:
        """Return the frame with a sentence added to the note."""
        return replace(self, notes=noted(self.notes, sentence))

    def fields(self, alt: Text | None = None) -> dict[str, Any]:
        """Return the fields of a chart, with alternative text if none was given."""
        shown = {
            option: getattr(self, option)
            for option in ("title", "notes", "width", "style", "limits", "series_colours")
        }
        return {**shown, **self.options, "alt": alt if self.alt is None else self.alt}


@dataclass(frozen=True, kw_only=True)
class Chart(ABC):
    """The base of charts; `limits` are the ends of the axis of values, `legend` draws a key.

    `series_colours` are the colours of series by their labels, in either language.
    """

    title: Text
    notes: Notes
    alt: Text
    width: float = WIDTHS["text"]
    style: Style = DEFAULT
    limits: tuple[float, float] | None = None
    legend: bool = True
    series_colours: Mapping[str, str] = field(default_factory=dict)

    kinds: ClassVar[dict[str, type[Chart]]] = {}
    kind: ClassVar[str] = ""
    data: ClassVar[str] = ""
    item: ClassVar[type] = tuple
    encodes: ClassVar[tuple[str, ...]] = ()
    options: ClassVar[tuple[str, ...]] = ()
    leaves_out_empty: ClassVar[bool] = False
    lettered: ClassVar[bool] = True  # whether flags have letters next to the values
    starred: ClassVar[bool] = True  # whether few respondents have an asterisk
    has_intervals: ClassVar[bool] = True
    tall: ClassVar[float] = 0.5  # height of the axes for a width of 1

    def __init_subclass__(
        cls, *, kind: str, data: str, item: type = tuple, encodes: tuple[str, ...] = ("facets",)
    ) -> None:
        """Register a kind of chart: name for `dl.chart`, field of its data, and their class.

        `encodes` are what it can show of a result by dimension: "rows", "colour", "facets", "sort",
        "limits".
        """
        super().__init_subclass__()
        cls.kind, cls.data, cls.item, cls.encodes = kind, data, item, encodes
        if kind:
            Chart.kinds[kind] = cls

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Chart:
        """Return the chart of a result; a kind that draws data only raises an error."""
        raise OptionError(
            f"`kind={cls.kind!r}` draws data, not a result of {len(drawing.estimates)} rows.",
            write="Write `kind='dots'`.",
        )

    @classmethod
    def encoding_of(cls, drawing: Drawing, asked: Encoding, options: Mapping[str, Any]) -> Encoding:
        """Return the encoding, completed by the defaults of the kind of chart."""
        return asked

    @classmethod
    def of_sample(
        cls, sample: Sample, words: ChartWords, labels: Codebook | None, by: tuple[str, ...]
    ) -> Chart:
        """Return the chart of a variable of a sample; most kinds draw results."""
        raise OptionError(
            f"`kind={cls.kind!r}` draws results, not a sample.",
            write="Write `dl.chart(dl.estimate(sample, ...))`, or `kind='histogram'`.",
        )

    @classmethod
    def of_data(cls, data: Sequence[Any], words: ChartWords, options: Mapping[str, Any]) -> Chart:
        """Return the chart of your own data, with its other fields as options."""
        if not data:
            raise OptionError("`data` is empty.")
        for entity in data:
            if not isinstance(entity, cls.item):
                expected = "pairs" if cls.item is tuple else f"of class `{cls.item.__name__}`"
                raise OptionError(
                    f"A {type_name(data)} with a value of type `{type_name(entity)}` "
                    "cannot be drawn.",
                    f"The data of `kind={cls.kind!r}` are {expected}.",
                    "Write `dl.chart(dl.estimate(sample, ...))` for a result.",
                )
        before = {**cls.fields_of_data(data), **words.fields()}
        return cls(**before, **cls.checked_options(options, before))

    @classmethod
    def fields_of_data(cls, data: Sequence[Any]) -> dict[str, Any]:
        """Return the fields that hold the data."""
        return {cls.data: tuple(data)}

    @classmethod
    def checked_options(
        cls, options: Mapping[str, Any], before: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return options, checked to be fields of the chart and to include required ones."""
        known = [attribute.name for attribute in fields(cls) if attribute.name not in before]
        for name in options:
            if name not in known:
                raise OptionError(
                    f"`{name}` is not an option of `kind={cls.kind!r}`.",
                    "",
                    suggestion(name, known),
                )
        needed = [
            attribute.name
            for attribute in fields(cls)
            if attribute.default is MISSING
            and attribute.default_factory is MISSING
            and attribute.name in known
        ]
        for name in needed:
            if name not in options:
                raise OptionError(f"`kind={cls.kind!r}` needs `{name}`.", "", f"Write `{name}=`.")
        return options

    @property
    def ends(self) -> tuple[float, float] | None:
        """Ends of the axis of values, common to all panels; None if there is no such axis."""
        return self.limits

    @property
    def series(self) -> tuple[Text, ...]:
        """The names of the series that have a colour of their own."""
        return ()

    def colour_of(self, series: Text, default: str) -> str:
        """Return the colour of a series: the one asked for, else its default."""
        for name in map(typed, (series.fr, series.en)):
            if name in self.series_colours:
                return self.series_colours[name]
        return default

    def looks_of(self, series: Sequence[Text]) -> list[Look]:
        """Return the looks of series: those of the style, in the colours asked for."""
        pairs = zip(series, self.style.looks, strict=False)
        return [look._replace(colour=self.colour_of(name, look.colour)) for name, look in pairs]

    def check_series_colours(self) -> None:
        """Raise an error for a colour of a series that the chart does not have."""
        known = [label for name in self.series for label in dict.fromkeys((name.en, name.fr))]
        for name in self.series_colours:
            if name not in map(typed, known):
                write = "It has no series: write `colour=` too, or leave `colours` out."
                raise OptionError(
                    f"`colours` names {name!r}, which is not a series of this chart.",
                    write=suggestion(name, known) if known else write,
                )

    def aside(self) -> Chart:
        """Return the chart without row labels, for the right of another with the same rows."""
        return self

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the entries of the key."""
        return []

    def remarks(self, language: Language) -> tuple[Text, ...]:
        """Return remarks on the drawing, such as an axis that does not start at zero."""
        return ()

    def lines_of_notes(self, language: Language) -> tuple[tuple[str, str], ...]:
        """Return the lines below the chart, with remarks on the drawing."""
        notes = self.notes
        for remark in self.remarks(language):
            notes = noted(notes, remark)
        return notes.lines(language)

    @property
    def room(self) -> float:
        """Width between the edges of the figure, in points."""
        return points(self.width) - 2 * EDGE

    @abstractmethod
    def margins(self, language: Language, room: float) -> Margins:
        """Return the margins of labels around the axes in points, for a whole width `room`."""

    def height(self, language: Language, room: float) -> float:
        """Return the height of the axes in points for a width `room`, by default in proportion."""
        return room * self.tall

    @abstractmethod
    def draw(self, axes: Axes, language: Language) -> None:
        """Draw into axes of the required size."""

    def write_lines(
        self,
        axes: Axes,
        lines: Sequence[str],
        x: float,
        first: float,
        step: float | None = None,
        **look: Any,
    ) -> None:
        """Write lines below each other, `step` apart in the unit of `first` (by default points)."""
        for at, text in enumerate(lines):
            y = first + at * (self.style.line if step is None else step)
            axes.text(x, y, text, **{"size": self.style.label, "va": "center", **look})

    def write_at(
        self,
        axes: Axes,
        text: str,
        at: tuple[float, float],
        offset: tuple[float, float],
        **look: Any,
    ) -> None:
        """Write words at an offset in points from a position in the axes."""
        shown = {"size": self.style.label, "color": self.style.ink, **look}
        axes.annotate(text, at, xytext=offset, textcoords="offset points", **shown)

    def name_above(self, axes: Axes, name: Text | str, language: Language, up: float = 5.0) -> None:
        """Write the title of the vertical axis above it, from the edge of the figure."""
        left = self.margins(language, self.room).left
        look: Any = {"xycoords": "axes fraction", "size": self.style.tick, "va": "bottom"}
        self.write_at(axes, words(name, language), (0, 1), (-left, up), **look)

    def name_below(self, axes: Axes, name: Text | str, language: Language) -> None:
        """Write the title of the horizontal axis below its middle, or as near as it fits."""
        text, width = words(name, language), extent(axes)[0]
        half, around = (
            self.style.text_width(text, self.style.tick) / 2,
            self.margins(language, self.room),
        )
        first, last = half - around.left, width + around.right - half
        axes.set_xlabel(text, x=max(first, min(width / 2, last)) / width)

    def write_key(self, axes: Axes, entries: list[LegendEntry], language: Language) -> None:
        """Write a key above the axes."""
        around = self.margins(language, self.room)
        legend(axes, entries, around.left, self.room, around.top, self.style)

    def write_aside(
        self, axes: Axes, names: Iterable[tuple[float, list[str], str]], top: float
    ) -> None:
        """Write names at the right at their heights, below `top`, with leader lines."""
        (width, tall), line = extent(axes), self.style.line
        ordered = sorted(names, key=lambda name: -name[0])
        levels = [tall * (1 - value / top) for value, _, _ in ordered]
        middles = spread_labels(
            levels, [len(series) * line + 4 for _, series, _ in ordered], -4, tall + 4
        )
        stroke = [1 + 2 / width, 1 + 9 / width]
        for (_, own, colour), level, middle in zip(ordered, levels, middles, strict=True):
            ends = [1 - level / tall, 1 - middle / tall]
            axes.plot(stroke, ends, transform=axes.transAxes, color=colour, lw=0.9, clip_on=False)
            first = 1 - (middle - line * (len(own) - 1) / 2) / tall
            self.write_lines(
                axes,
                own,
                1 + 12 / width,
                first,
                -line / tall,
                transform=axes.transAxes,
                color=self.style.ink,
            )

    def figure(self, language: Language) -> PrintedFigure:
        """Return the figure in one language: title, unit, chart and notes, unclipped."""
        check_language(language)
        with theme(self.style):
            width = points(self.width)
            above, above_height = _above(self, language, self.room)
            margins = self.margins(language, self.room)
            axes_width = self.room - margins.left - margins.right
            axes_height = self.height(language, axes_width)
            block = margins.top + axes_height + margins.bottom
            below, below_height = _below(self, language, self.room)
            height = EDGE + above_height + GAP + block + GAP + EDGE + below_height
            figure = PrintedFigure(figsize=(width / 72, height / 72), dpi=SCREEN)
            _write_lines(figure, above, EDGE)
            _write_lines(figure, below, height - EDGE - below_height)
            left, bottom = EDGE + margins.left, EDGE + below_height + GAP + margins.bottom
            axes = figure.add_axes(
                (left / width, bottom / height, axes_width / width, axes_height / height)
            )
            self.draw(axes, language)
            figure.caption = caption_of(self, language)
            figure.chart = self
        return figure

    def into(self, axes: Axes, language: Language) -> Figure:
        """Draw into your own axes, without title and notes, which are in `figure.caption`."""
        check_language(language)
        figure = axes.get_figure(root=True)
        assert figure is not None  # axes without a figure cannot be drawn into
        box, size = axes.get_position(), figure.get_size_inches() * 72
        wide, tall = extent(axes)
        fitted = replace(self, width=(wide + 2 * EDGE) / 72 * 25.4)
        with theme(self.style):
            around = fitted.margins(language, fitted.room)
            inner = (
                (wide - around.left - around.right) / size[0],
                (tall - around.top - around.bottom) / size[1],
            )
            if min(inner) <= 0:
                raise OptionError(
                    f"`ax` is {wide / 72:.1f} by {tall / 72:.1f} inches, too small for the labels "
                    "of this chart.",
                    write="Make the figure larger: `plt.subplots(figsize=(6, 4))`.",
                )
            axes.spines[["top", "right"]].set_visible(False)
            look: Any = {
                "labelsize": self.style.tick,
                "labelcolor": self.style.ink,
                "color": self.style.grey,
            }
            axes.tick_params(labelfontfamily=self.style.families, **look)
            axes.set_position(
                (box.x0 + around.left / size[0], box.y0 + around.bottom / size[1], *inner)
            )
            fitted.draw(axes, language)
        figure.caption = caption_of(self, language)  # type: ignore[attr-defined]
        return figure


def chart_kinds() -> dict[str, type[Chart]]:
    """Return the kinds of charts by name; each module of this package registers its own."""
    import diplab.presentation.charts as package

    for module in iter_modules(package.__path__, f"{package.__name__}."):
        import_module(module.name)
    return dict(sorted(Chart.kinds.items()))


def extent(axes: Axes) -> tuple[float, float]:
    """Return the width and height of axes in points."""
    figure = axes.get_figure(root=True)
    if figure is None:
        return 0.0, 0.0
    width, tall = axes.get_position().size * figure.get_size_inches() * 72
    return float(width), float(tall)


def limit(
    axes: Axes,
    across: tuple[float, float],
    up: tuple[float, float],
    grid: Literal["x", "y", "both"],
) -> None:
    """Set the ends of both axes, with lines behind the data."""
    axes.set_xlim(*across)
    axes.set_ylim(*up)
    axes.grid(axis=grid)
    axes.set_axisbelow(True)


EDGE = 5.0
GAP = 7.0
SCREEN = 144  # dots per inch: at 100 a renderer widens bold words by 4 %, beyond the page
ASCENT = (
    0.98  # line height over text size, with accents on capitals, so that lines of a block are even
)


@dataclass(frozen=True)
class Caption:
    """The metadata of a figure file."""

    title: str
    description: str


@dataclass(frozen=True)
class Margins:
    """Room around the axes, in points."""

    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0


class PrintedFigure(Figure, Made):
    """A matplotlib figure with its chart, and its caption for every file it is saved to."""

    caption: Caption
    chart: Chart

    def _repr_png_(self) -> bytes:
        """Show the figure in a notebook, in any plotting mode."""
        drawn = BytesIO()
        self.savefig(drawn, format="png", dpi=SCREEN)
        return drawn.getvalue()


@dataclass(frozen=True)
class _TextLine:
    """A run of text with its style and position in its block, in points."""

    text: str
    x: float
    y: float
    size: float
    look: Mapping[str, Any]


def _above(chart: Chart, language: Language, room: float) -> tuple[list[_TextLine], float]:
    style, lines, y = chart.style, [], 0.0
    for text in style.wrapped(words(chart.title, language), room, style.title, bold=True):
        lines.append(_TextLine(text, EDGE, y, style.title, {"color": style.ink, "weight": "bold"}))
        y += style.title * LEADING
    unit = words(chart.notes.unit, language)
    for text in style.wrapped(unit, room, style.label) if unit else []:
        lines.append(_TextLine(text, EDGE, y + 2, style.label, {"color": style.grey}))
        y += style.line
    return lines, y


def _below(chart: Chart, language: Language, room: float) -> tuple[list[_TextLine], float]:
    """Return the lines of the notes, and their height."""
    style, size, lines, y = chart.style, chart.style.note, [], 0.0
    ink: dict[str, Any] = {"color": style.ink}
    for label, content in chart.lines_of_notes(language):
        head = f"{label}{colon(language)}"
        taken = style.text_width(head, size, italic=True)
        lines.append(_TextLine(head, EDGE, y, size, {**ink, "style": "italic"}))
        for position, text in enumerate(style.wrapped(content, room, size, first=taken)):
            lines.append(_TextLine(text, EDGE + (0 if position else taken), y, size, ink))
            y += size * LEADING
        y += 1.5
    return lines, y


def _write_lines(figure: Figure, lines: list[_TextLine], top: float) -> None:
    width, height = figure.get_size_inches() * 72
    for line in lines:
        if line.text:
            y = 1 - (top + line.y + ASCENT * line.size) / height
            figure.text(
                line.x / width, y, line.text, size=line.size, va="baseline", ha="left", **line.look
            )


def caption_of(chart: Chart, language: Language) -> Caption:
    """Return the metadata of the file of a chart."""
    sentences = [words(chart.alt, language)]
    sentences.extend(
        f"{label}{colon(language)}{content}" for label, content in chart.lines_of_notes(language)
    )
    return Caption(words(chart.title, language), " ".join(sentences))


BETWEEN = 10.0
NARROWEST = 85.0  # points of width that the axes of a panel need


@dataclass(frozen=True)
class Panel:
    """One chart and its name."""

    name: Text
    chart: Chart


@dataclass(frozen=True, kw_only=True)
class Facets(Chart, kind="", data="panels", item=Panel):
    """Panels of charts of one kind on the same axis, with row labels at the left only."""

    panels: tuple[Panel, ...]

    @classmethod
    def of_panels(cls, kind: type[Chart], drawing: Drawing, words: ChartWords) -> Facets:
        """Return a chart for each panel of a drawing."""
        names = drawing.arrangement.panels
        charts = [kind.of_result(drawing.panel(position), words) for position in range(len(names))]
        ends = [chart.ends for chart in charts if chart.ends is not None]
        common: dict[str, Any] = {"legend": False}
        if ends and words.limits is None:
            common["limits"] = (min(low for low, _ in ends), max(high for _, high in ends))
        panels = [
            Panel(name, replace(chart, **common)) for name, chart in zip(names, charts, strict=True)
        ]
        own = replace(words, options={}).fields(drawing.alt)
        own |= {name: getattr(charts[0], name) for name in ("notes", "series_colours")}
        return cls(panels=tuple(panels), **own)

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for the key above."""
        return Margins(top=legend_height(self.key(language), room, self.style) + 4)

    def height(self, language: Language, room: float) -> float:
        """Return the height of all lines of panels."""
        return sum(self._heights(language, self._grid(language, room))) - BETWEEN

    def remarks(self, language: Language) -> tuple[Text, ...]:
        """Return the distinct remarks of the panels."""
        return tuple(
            dict.fromkeys(
                remark for panel in self.panels for remark in panel.chart.remarks(language)
            )
        )

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the marks of all panels."""
        return list(
            dict.fromkeys(entry for panel in self.panels for entry in panel.chart.key(language))
        )

    @property
    def series(self) -> tuple[Text, ...]:
        """The series of all panels."""
        return tuple(dict.fromkeys(name for panel in self.panels for name in panel.chart.series))

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw each panel into its own axes, with its name above."""
        axes.set_axis_off()
        width, tall = extent(axes)
        box, grid = axes.get_position(), self._grid(language, width)
        across, up = box.width / width, box.height / tall  # of the figure, for one point
        bottom = tall
        for line, height in enumerate(self._heights(language, grid)):
            bottom -= height
            for column, panel in enumerate(self.panels[line * grid.columns :][: grid.columns]):
                chart = grid.charts[line * grid.columns + column]
                own = chart.aside() if column else chart
                above = self._name_height(line, language, grid)
                high = height - BETWEEN - above - grid.first.top - grid.first.bottom
                x = grid.first.left + column * (
                    grid.inner + grid.aside.left + grid.aside.right + BETWEEN
                )
                low = bottom + BETWEEN + grid.first.bottom
                inset = axes.figure.add_axes(
                    (box.x0 + x * across, box.y0 + low * up, grid.inner * across, high * up)
                )
                own.draw(inset, language)
                for at, text in enumerate(self._name(panel.name, language, grid)):
                    look: Any = {
                        "xycoords": "axes fraction",
                        "annotation_clip": False,
                        "weight": "bold",
                    }
                    up_to = grid.first.top + above - (at + 0.8) * self.style.line
                    self.write_at(inset, text, (0, 1), (0, up_to), **look)
        self.write_key(axes, self.key(language), language)

    def _name(self, name: Text, language: Language, grid: _Grid) -> list[str]:
        return self.style.wrapped(words(name, language), grid.inner, self.style.label, bold=True)

    def _name_height(self, line: int, language: Language, grid: _Grid) -> float:
        names = [panel.name for panel in self.panels[line * grid.columns :][: grid.columns]]
        return max(len(self._name(name, language, grid)) for name in names) * self.style.line + 3

    def _grid(self, language: Language, room: float) -> _Grid:
        """Return the number of columns that fits, and the widest margins of the panels."""
        wide = (room + 2 * EDGE) / 72 * 25.4
        charts = [replace(panel.chart, width=wide) for panel in self.panels]
        first, aside = (
            _widest([chart.margins(language, room) for chart in item])
            for item in (charts, [chart.aside() for chart in charts])
        )
        inner = columns = 0.0
        for columns in range(len(charts), 0, -1):
            more = (columns - 1) * (aside.left + aside.right + BETWEEN)
            inner = (room - first.left - first.right - more) / columns
            if inner >= NARROWEST:
                break
        return _Grid(charts, int(columns), inner, first, aside)

    def _heights(self, language: Language, grid: _Grid) -> list[float]:
        """Return the height of each line of panels, with the space to the next."""
        around = grid.first.top + grid.first.bottom + BETWEEN
        return [
            around
            + self._name_height(line, language, grid)
            + max(
                chart.height(language, grid.inner)
                for chart in grid.charts[line * grid.columns :][: grid.columns]
            )
            for line in range(-(-len(grid.charts) // grid.columns))
        ]


@dataclass(frozen=True)
class _Grid:
    """The charts of all panels, number of columns, width of axes, and margins."""

    charts: list[Chart]
    columns: int
    inner: float
    first: Margins
    aside: Margins


def _widest(margins: list[Margins]) -> Margins:
    return Margins(
        *(
            max(getattr(margin, side) for margin in margins)
            for side in ("left", "right", "top", "bottom")
        )
    )
