"""A row of a chart: its dots, their names, and its label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from diplab.errors import OptionError
from diplab.presentation.charts.style import Look, Style
from diplab.presentation.language import words
from diplab.presentation.layouts.registry import Arrangement, Drawing, dimension_named, typed
from diplab.reference.text import NO_BREAK, NOTHING, Language, Text

Side: TypeAlias = Literal["", "left", "right", "below"]
GROUND = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
"""What keeps words apart from lines behind them."""
PALE = "#949494"
"""The colour of what is not highlighted, at a contrast of 3 to 1 with white."""


@dataclass(frozen=True)
class Dot:
    """A row: an estimate with its interval, or bounds without an estimate.

    Dots with a `colour` (the name of a series) share a row if they have the same label and
    headings. `names` are the labels and codes of its category by dimension; it is `pale` next to a
    `strong` one, and `remark` is written beside it.
    """

    label: Text
    point: float | None = None
    low: float | None = None
    high: float | None = None
    published: float | None = None
    group: Text = NOTHING
    bounds: bool = False
    hollow: bool = False
    shown: Text = NOTHING
    under: Text = NOTHING
    small: bool = False
    outer: tuple[float, float] | None = None
    colour: Text = NOTHING
    mark: Text = NOTHING
    n: float | None = None
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)
    pale: bool = False
    strong: bool = False
    remark: Text | str = NOTHING

    @property
    def named(self) -> Mapping[str, tuple[str, ...]]:
        """Its names by dimension; those of data are their labels."""
        if self.names:
            return self.names
        named = {}
        for name in ("colour", "label", "under", "group"):
            text = getattr(self, name)
            named[name] = (typed(text.fr), typed(text.en))
        return named


def remarks_of(dots: Iterable[Dot], language: Language) -> list[str]:
    """Return the distinct remarks of dots, as printed."""
    return list(dict.fromkeys(words(dot.remark, language) for dot in dots if dot.remark))


def without_interval(row: Dot) -> Dot:
    """Return an estimate without its interval; bounds stay."""
    if row.point is None:
        return row
    return replace(row, low=None, high=None, outer=None)


def placed(rows: Sequence[Dot], drawing: Drawing, made: Arrangement) -> tuple[Dot, ...]:
    """Return the dots of a result at their places, with an empty one for a row without any."""
    whole, taken = drawing.whole or drawing, drawing.taken or range(len(drawing.headings))
    found, strong, dots = {}, set(), []
    for place, at in zip(made.places, taken, strict=True):
        found[place.row, place.colour] = at
    for place, dot in zip(whole.arrangement.places, rows, strict=True):
        if dot.strong:
            strong.add(place.row)
    for row, heading in enumerate(made.rows):
        named: Any = vars(heading.indented)
        for series, colour in enumerate(made.colours or [NOTHING]):
            at = found.get((row, series), -1)
            if at >= 0:
                mark = NOTHING
                if whole.marks and drawing.encoding.rearranges:
                    mark = whole.marks[at]
                dots.append(replace(rows[at], **named, colour=colour, mark=mark))
            elif series == 0:
                # a row missing from this panel or colour
                empty: Any = {"shown": Text.same(NO_BREAK), "strong": row in strong}
                dots.append(Dot(**named, colour=colour, **empty))
    return tuple(dots)


def colours_by_label(colours: Mapping[str, str], drawing: Drawing) -> Mapping[str, str]:
    """Return the colours of series by their labels, for names that are codes too."""
    dimension, whole = drawing.encoding.colour, drawing.whole or drawing
    if not colours or dimension is None:
        return colours
    series = whole.arrangement.colours
    labels: dict[str, str] = {}
    for place, names in zip(whole.arrangement.places, whole.names, strict=True):
        # a label is taken for what it is, though it may be the code of another
        labels |= {name: typed(series[place.colour].en) for name in names[dimension][::-1]}
    for name in series:
        labels |= {typed(label): typed(name.en) for label in (name.fr, name.en)}
    return {labels.get(typed(name), typed(name)): colour for name, colour in colours.items()}


def listed(names: object) -> list[str]:
    """Return one name, or several, as a list of texts."""
    if isinstance(names, str) or not isinstance(names, Iterable):
        return [str(names)]
    return list(map(str, names))


def curve_looks(
    curves: Iterable[Any], looks: Iterable[Look], highlight: str | Iterable[object]
) -> list[tuple[Any, Look]]:
    """Return curves with their looks, without colour if other curves are highlighted."""
    wanted, pairs = set(map(typed, listed(highlight))), []
    for curve, look in zip(curves, looks, strict=False):
        named = {typed(curve.label.fr), typed(curve.label.en)}
        pale = wanted and wanted.isdisjoint(named)
        pairs.append((curve, look._replace(colour=PALE) if pale else look))
    return pairs


def curves_named(
    names: str | Iterable[object], drawing: Drawing, curves: Mapping[int, Text]
) -> tuple[str, ...]:
    """Return the labels of highlighted curves, which are given by their first value."""
    wanted = listed(names)
    if not wanted:
        return ()
    named = drawing.names
    on_curves = [name for name in drawing.dimensions if name not in ("statistic", "category")]
    dimension = dimension_named("highlight", wanted, named, reversed(on_curves))
    asked, labels = set(map(typed, wanted)), []
    for at, label in curves.items():
        if not asked.isdisjoint(named[at][dimension]):
            labels.append(label.en)
    return tuple(labels)


def highlighted(
    rows: Sequence[Dot], names: str | Iterable[object], series: Sequence[str]
) -> tuple[Dot, ...]:
    """Return dots of which those of other categories are pale.

    The names are of a dimension in colour or in panels (`series`), else on the rows.
    """
    wanted = listed(names)
    named = [row.named for row in rows]
    on_rows = dimensions_of(named, series)
    dimension = dimension_named("highlight", wanted, named, [*series, *on_rows])
    asked, marked = set(map(typed, wanted)), []
    for row in rows:
        lit = not asked.isdisjoint(row.named.get(dimension, ()))
        marked.append(replace(row, pale=not lit, strong=lit and dimension not in series))
    return tuple(marked)


def annotated(
    rows: Sequence[Dot], remarks: Mapping[Any, Text | str], series: Sequence[str]
) -> tuple[Dot, ...]:
    """Return dots with words beside those of a category, or of several names together.

    One name is of a dimension on the rows, else of one in colour.
    """
    written, named = list(rows), [row.named for row in rows]
    dimensions = dimensions_of(named, series)
    for key, remark in remarks.items():
        names = listed(key)
        homes = [dimension_named("annotate", [name], named, dimensions) for name in names]
        if len(names) > 1:
            # codes of two variables may be the same: each name may be of any of them
            homes = [""] * len(names)
        asked = list(zip(homes, map(typed, names), strict=True))
        found = 0
        for at, names_of in enumerate(named):
            every = set().union(*names_of.values())
            if all(name in names_of.get(dimension, every) for dimension, name in asked):
                written[at], found = replace(rows[at], remark=remark), found + 1
        if not found:
            raise OptionError(f"`annotate` names {key!r}, which no row has together.")
    return tuple(written)


def dimensions_of(
    named: Sequence[Mapping[str, tuple[str, ...]]], series: Sequence[str]
) -> list[str]:
    """Return the dimensions on the rows, from the innermost, then those in colour."""
    every = list(dict.fromkeys(name for names in named for name in names))
    return [*(name for name in reversed(every) if name not in series), *series]


@dataclass(frozen=True)
class LabelBlock:
    """A heading, or the label of a row and its dots; remarks are on a side of the marks."""

    lines: list[str]
    middle: float
    style: Style
    bold: bool = False
    dots: tuple[Dot, ...] = ()
    series: int = 1
    side: Side = ""
    remark: Sequence[str] = ()
    foot: float = 0.0  # the middle of the first line below the marks

    @property
    def width(self) -> float:
        """Width of its longest line in points."""
        return self.style.widest(self.lines, self.style.label, self.bold)


def hanging_lines(text: str, room: float, style: Style, *, bold: bool = False) -> list[str]:
    """Return a text wrapped into lines, each with the indent of the first."""
    own = text.lstrip(NO_BREAK)
    indent = text[: len(text) - len(own)]
    left = room - style.text_width(indent, style.label, bold)
    return [f"{indent}{line}" for line in style.wrapped(own, left, style.label, bold)]


def headings_above(
    heads: tuple[str, str], before: tuple[str, str], room: float, style: Style
) -> Iterator[tuple[list[str], bool]]:
    """Yield the headings above a row that the previous row does not have."""
    (group, under), other = heads, heads[0] != before[0]
    if group and other:
        yield hanging_lines(group, room, style, bold=True), True
    if under and (other or under != before[1]):
        yield hanging_lines(under, room, style), False
