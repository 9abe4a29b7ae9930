"""Maps of the areas of France, or of your own, each in the shade of its class."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.resources import files
from itertools import pairwise
from pathlib import Path as PathOfFile
from typing import Any, ClassVar, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from diplab.checks import check_one_of, check_whole_number
from diplab.errors import OptionError, near_names, quoted_names
from diplab.presentation.charts.axes import LegendEntry, legend_height, luminance
from diplab.presentation.charts.chart import Chart, ChartWords, Margins, extent
from diplab.presentation.charts.geojson import Shapes, shapes_of
from diplab.presentation.charts.row import listed
from diplab.presentation.language import colon, number, percent, rounded, term, term_text, words
from diplab.presentation.layouts.registry import Drawing, typed
from diplab.presentation.numbers import known
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text

MOST_CLASSES = 6
ABSENT = "//////"  # the hatch of areas without a value
TALLEST = 480.0  # greatest height of the map in points
WIDEST = 330.0  # greatest width of the map in points, which leaves room for notes on the page
LEVELS = ("departments", "regions")


@dataclass(frozen=True)
class Area:
    """An area: its INSEE code and its value, None if missing."""

    code: str
    value: float | None


@cache
def shapes() -> dict[str, Any]:
    """Return the areas of France by kind and code: names, and rings of x, y pairs, y downwards."""
    return dict(
        json.loads(
            files("diplab.presentation.charts").joinpath("france.json").read_text(encoding="utf-8")
        )
    )


@dataclass(frozen=True, kw_only=True)
class Map(Chart, kind="map", data="areas", item=Area, encodes=()):
    """A map of areas in four to six classes; areas without a value are hatched.

    `shapes` are areas of your own, in GeoJSON, of which the property `shape_code` holds the codes
    of the data, and `map_credit` says whose they are. Areas to `highlight`, by code or name, have
    an outline.
    """

    areas: tuple[Area, ...]
    level: Literal["departments", "regions"] | None = None
    shapes: Shapes | str | PathOfFile | Mapping[str, Any] | None = None
    shape_code: str | None = None
    map_credit: Text | str = NOTHING
    classes: int = 5
    breaks: tuple[float, ...] = ()
    percent: bool = False
    decimals: int = 0
    highlight: str | Sequence[str] = ()

    options: ClassVar[tuple[str, ...]] = (
        *("level", "classes", "breaks", "shapes", "shape_code", "map_credit", "highlight"),
    )
    has_intervals: ClassVar[bool] = False
    lettered: ClassVar[bool] = False
    starred: ClassVar[bool] = False

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Chart:
        """Return the areas of a result, by the codes of its only domain variable."""
        found, form = drawing.estimates, drawing.rows["en"][0].form
        if len(found.by) != 1 or found.frame[found.by[0]].duplicated().any():
            by = quoted_names(found.by, " and ") or "no variable"
            raise OptionError(
                "A map shows one number per area.",
                f"This result has {len(found)} rows, by {by}.",
                "Write `dl.estimate(sample, dl.mean('income'), by='department')`, or "
                "`estimates.rows(...)`.",
            )
        pairs = zip(found.frame[found.by[0]], found.frame["estimate"], drawing.small, strict=True)
        areas = tuple(Area(str(code), None if few else known(value)) for code, value, few in pairs)
        shown = words.fields(Text("", ""))
        unit: Any = {"percent": form.kind == "percent", "decimals": form.decimals}
        made = cls(areas=areas, **unit, **shown)
        if made.absent:
            made = replace(made, notes=words.noted(term_text("sentence.map_absent")).notes)
        return made if words.alt else replace(made, alt=Text(*map(made.in_words, LANGUAGES)))

    def __post_init__(self) -> None:
        if self.shapes is None:
            for name in ("shape_code", "map_credit"):
                if getattr(self, name):
                    raise OptionError(
                        f"`{name}` is about `shapes`, and there are none.",
                        write=f"Write `shapes='areas.geojson'`, or leave `{name}` out.",
                    )
        elif not isinstance(self.shapes, Shapes):
            codes = [area.code for area in self.areas]
            read = shapes_of(self.shapes, codes, self.shape_code)
            read.check_codes(codes)
            object.__setattr__(self, "shapes", read)
        self._check_highlight()
        check_whole_number("classes", self.classes, low=4, high=MOST_CLASSES)
        values, breaks = (
            [value for value in self.values.values() if value is not None],
            list(self.breaks),
        )
        rise = breaks == sorted(set(breaks)) and len(breaks) - 1 in range(1, MOST_CLASSES + 1)
        if (
            breaks
            and values
            and not (rise and breaks[0] <= min(values) and max(values) <= breaks[-1])
        ):
            raise OptionError(
                f"`breaks={breaks}` do not put every value into a class.",
                f"Values go from {min(values):.6g} to {max(values):.6g}; the most classes are "
                f"{MOST_CLASSES}.",
                "Write increasing breaks, from the lowest value to the highest, or omit them.",
            )

    @property
    def _known(self) -> Mapping[str, Any]:
        """The areas that a map may show, by code."""
        if isinstance(self.shapes, Shapes):
            return self.shapes.areas
        return dict(shapes()[self._level])

    @property
    def _level(self) -> str:
        """The level of the codes, départements or regions; ambiguous codes raise an error."""
        if self.level is not None:
            return check_one_of("level", self.level, LEVELS)
        codes = [_written(area.code) for area in self.areas]
        found = [level for level in LEVELS if all(code in shapes()[level] for code in codes)]
        if len(found) > 1:
            raise OptionError(
                f"Codes {', '.join(codes[:4])} are of départements and of regions.",
                "Code 11 is that of Aude and of Île-de-France.",
                "Write `level='regions'` or `level='departments'`.",
            )
        return found[0] if found else "departments"

    @cached_property
    def values(self) -> dict[str, float | None]:
        """The value of each area as printed, by its code; None where it has none."""
        areas, found = self._known, {}
        own = self.shapes if isinstance(self.shapes, Shapes) else None
        for area in self.areas:
            code = _written(area.code) if own is None else own.code_of(area.code)
            if code not in areas:
                near = [f"{one} ({areas[one]['name']})" for one in near_names(code, areas)]
                raise OptionError(
                    f"`{area.code}` is not a code of the {len(areas)} {self._level} of France.",
                    f"The nearest are {', '.join(near)}." if near else "",
                    "Write codes of INSEE: 01, 2A or 974 for départements, 11 or 84 for regions.",
                )
            found[code] = None if area.value is None else self._rounded(area.value)
        return found

    @property
    def outlined(self) -> set[str]:
        """The codes of highlighted areas, which are given by code or by name."""
        wanted = set(map(typed, listed(self.highlight)))
        return {
            code for code, area in self.drawn.items() if wanted & {typed(code), typed(area["name"])}
        }

    def _check_highlight(self) -> None:
        """Raise an error for highlighted areas that the map does not have."""
        areas = {code: area["name"] for code, area in self.drawn.items()}
        known = {*map(typed, areas), *map(typed, areas.values())}
        for wanted in listed(self.highlight):
            if typed(wanted) not in known:
                near = near_names(str(wanted), [*areas, *areas.values()])
                raise OptionError(
                    f"`highlight={wanted!r}` is not an area of this map.",
                    f"The nearest are {quoted_names(near)}." if near else "",
                    f"Write a code or a name: `highlight={next(iter(areas), '')!r}`.",
                )

    @cached_property
    def drawn(self) -> dict[str, Any]:
        """The areas of the map by code; overseas areas only if one of them has a row."""
        areas, values = self._known, self.values
        far = any("name_at" in areas[code] for code in values)
        return {code: area for code, area in areas.items() if far or "name_at" not in area}

    @property
    def absent(self) -> list[str]:
        """The codes of areas that are drawn without a value."""
        values = self.values
        return [code for code in self.drawn if values.get(code) is None]

    def _rounded(self, value: float) -> float:
        return float(rounded(value, self.decimals + 2 * self.percent))

    def in_words(self, language: Language) -> str:
        """Return the map in words: each area with its name and its number."""
        named = {
            self.drawn[code]["name"]: value
            for code, value in self.values.items()
            if value is not None
        }
        parts = [
            f"{name}{NO_BREAK}{self._printed(value, language)}" for name, value in named.items()
        ]
        return f"{term('word.map', language)}. {'; '.join(parts)}."

    def _printed(self, value: float, language: Language) -> str:
        return (percent if self.percent else number)(value, language, self.decimals)

    @cached_property
    def bounds(self) -> list[float]:
        """The bounds of the classes: those given, or quantiles of areas."""
        values = [value for value in self.values.values() if value is not None]
        if self.breaks or not values:
            return list(self.breaks)
        return sorted(
            set(map(self._rounded, np.quantile(values, np.linspace(0, 1, self.classes + 1))))
        )

    def _shades(self) -> list[str]:
        """Return the class of each area; classes include their lower bound, the last one both."""
        places = np.linspace(0, MOST_CLASSES - 1, max(len(self.bounds) - 1, 1))
        return [self.style.sequence[round(place)] for place in places]

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the classes with their bounds, and the hatch of areas without a number."""
        bounds = [self._printed(bound, language) for bound in self.bounds]
        names = [
            f"{low} {term('word.to_under', language)} {high}" for low, high in pairwise(bounds)
        ]
        names[-1:] = [f"{bounds[-2]} {term('word.to', language)} {bounds[-1]}"] if names else bounds
        entries = [
            LegendEntry(name, shade, box=True)
            for name, shade in zip(names, self._shades(), strict=False)
        ]
        missing = term("word.not_shown", language)
        absent = LegendEntry(missing, self.style.absent, box=True, hatch=ABSENT)
        return [*entries, *[absent] * bool(self.absent)]

    def margins(self, language: Language, room: float) -> Margins:
        """Return margins for the key, and for the credit of the shapes."""
        return Margins(top=legend_height(self.key(language), room, self.style) + 6, bottom=12)

    def _box(self) -> tuple[float, float]:
        """Return the width and height of the drawn areas, in the unit of the shapes."""
        if isinstance(self.shapes, Shapes):
            return self.shapes.width, self.shapes.height
        width, tall = shapes()[
            "all" if any("name_at" in item for item in self.drawn.values()) else "metropolitan"
        ]
        return width, tall

    def height(self, language: Language, room: float) -> float:
        """Return the height that keeps the areas in shape."""
        width, tall = self._box()
        return min(min(room, WIDEST) * tall / width, TALLEST)

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw all areas, an inset of Paris and its suburbs, names of insets, and the key."""
        (width, deep), (wide, tall), drawn, values = (
            self._box(),
            extent(axes),
            self.drawn,
            self.values,
        )
        spare = (wide / tall * deep - width) / 2
        axes.set_xlim(-spare, width + spare)
        axes.set_ylim(deep, 0)
        axes.set_axis_off()
        apart = [(area["name_at"], area["name"]) for area in drawn.values() if "name_at" in area]
        outlines = [(code, area["rings"]) for code, area in drawn.items()]
        if self.shapes is None and self._level == "departments":
            outlines += shapes()["paris"].items()
            apart.append((shapes()["paris_name_at"], drawn["75"]["name"]))
        shades, bounds, outlined = self._shades(), self.bounds, self.outlined
        for code, rings in outlines:
            value = values.get(code)
            place = 0 if value is None else int(np.searchsorted(bounds[1:-1], value, side="right"))
            fill = (self.style.absent, ABSENT) if value is None else (shades[place], "")
            self._draw_area(axes, rings, *fill)
            if code in outlined:
                edge: Any = {"facecolor": "none", "edgecolor": self.style.ink, "lw": 1.4}
                axes.add_artist(PathPatch(_path(rings), **edge, zorder=3))
        for (x, y), name in apart:
            axes.text(x, y, name, size=self.style.tick, ha="center", va="top")
        look: Any = {
            "xycoords": "axes fraction",
            "ha": "right",
            "va": "top",
            "size": self.style.tick,
        }
        credit = self._credit(language)
        self.write_at(axes, credit, (1, 0), (0, -2), color=self.style.grey, **look)
        self.write_key(axes, self.key(language), language)

    def _credit(self, language: Language) -> str:
        """Return whose shapes these are; empty if it is not known."""
        if self.shapes is None:
            return term("word.map_credit", language)
        credit = words(self.map_credit, language)
        return f"{term('word.map_shapes', language)}{colon(language)}{credit}" if credit else ""

    def _draw_area(
        self, axes: Axes, rings: Sequence[Sequence[float]], colour: str, hatch: str
    ) -> None:
        whole = _path(rings)
        # a hatch has the colour of the edge
        edge = self.style.grey if luminance(colour) > 0.95 else "white"
        # as artists, since patches are measured curve by curve for the limits of the axes
        axes.add_artist(
            PathPatch(whole, facecolor="none", edgecolor=self.style.grey, lw=1.5, zorder=1)
        )
        axes.add_artist(
            PathPatch(whole, facecolor=colour, hatch=hatch, edgecolor=edge, lw=0.5, zorder=2)
        )


def _path(rings: Sequence[Sequence[float]]) -> Path:
    """Return the closed path of the rings of an area."""
    points = [np.reshape(ring, (-1, 2)) for ring in rings]
    return Path.make_compound_path(
        *(Path(np.vstack([point, point[:1]]), closed=True) for point in points)
    )


def _written(code: str) -> str:
    """Return a code in INSEE form: 01 for 1 and 1.0, 2A for 2a."""
    return code.strip().upper().removesuffix(".0").zfill(2)
