"""Maps of the départements and regions of France, each area in the shade of its class."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, ClassVar, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from diplab.checks import check_one_of, check_whole_number
from diplab.errors import OptionError, near_names
from diplab.presentation.charts.axes import LegendEntry, legend, legend_height
from diplab.presentation.charts.bars import patch
from diplab.presentation.charts.chart import Chart, ChartWords, Margins, extent
from diplab.presentation.language import number, percent, rounded, term
from diplab.presentation.layouts.registry import Drawing
from diplab.presentation.numbers import known
from diplab.reference.text import LANGUAGES, NO_BREAK, NOTHING, Language, Text

SHADES = ("#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#0c2c84")
"""From light to dark: YlGnBu of ColorBrewer (Harrower and Brewer 2003), which the colour-blind and a grey print keep."""
ABSENT = "#d0d0d0"
WIDEST = 330.0  # of the map in points: wider, it would not leave a page room for its notes


@dataclass(frozen=True)
class Area:
    """One area: its code (INSEE), and its value; None where there is none to show."""

    code: str
    value: float | None


@cache
def shapes() -> dict[str, Any]:
    """Return the areas of France by kind and code: their names, and rings of x and y in turn, y downwards."""
    return dict(json.loads(files("diplab.presentation.charts").joinpath("france.json").read_text(encoding="utf-8")))


@dataclass(frozen=True, kw_only=True)
class Map(Chart, kind="map", data="areas", item=Area, encodes=()):
    """Areas in four to six classes; those without a value, or of few respondents, are hatched."""

    areas: tuple[Area, ...]
    level: Literal["departments", "regions"] | None = None
    classes: int = 5
    breaks: tuple[float, ...] = ()
    percent: bool = False
    decimals: int = 0

    options: ClassVar[tuple[str, ...]] = ("level", "classes", "breaks")

    @classmethod
    def of_result(cls, drawing: Drawing, words: ChartWords) -> Chart:
        """Return the areas of a result, by the codes of its only domain variable."""
        found, form = drawing.estimates, drawing.rows["en"][0].form
        if len(found.by) != 1 or found.frame[found.by[0]].duplicated().any():
            raise OptionError(
                "A map shows one number an area.",
                f"This result has {len(found)} rows, by {' and '.join(f'`{each}`' for each in found.by) or 'no variable'}.",
                "Write `dl.estimate(sample, dl.mean('income'), by='department')`, or one answer with `estimates.rows(...)`.",
            )
        pairs = zip(found.frame[found.by[0]], found.frame["estimate"], drawing.small, strict=True)
        areas = tuple(Area(str(code), None if few else known(value)) for code, value, few in pairs)
        made = cls(areas=areas, percent=form.kind == "percent", decimals=form.decimals, **words.fields(NOTHING))
        notes = [f"{made.notes.note.in_(each)} {term('sentence.map_absent', each)}".strip() for each in LANGUAGES]
        made = replace(made, notes=replace(made.notes, note=Text(*notes))) if made.absent else made
        return made if made.alt else replace(made, alt=Text(*(made.told(each) for each in LANGUAGES)))

    def __post_init__(self) -> None:
        check_whole_number("classes", self.classes, low=4, high=len(SHADES))
        values = [each for each in self.values.values() if each is not None]
        fits = all(self.breaks[0] <= each <= self.breaks[-1] for each in values) if self.breaks else True
        if not fits or list(self.breaks) != sorted(set(self.breaks)) or not len(self.breaks) - 1 <= len(SHADES):
            raise OptionError(
                f"`breaks={list(self.breaks)}` do not put every value into a class.",
                f"Values go from {min(values):.6g} to {max(values):.6g}, and there are at most {len(SHADES)} classes.",
                "Write breaks that rise, from the lowest value to the highest, or leave them out.",
            )

    @property
    def drawn(self) -> dict[str, Any]:
        """The areas of the map by code: départements, or regions."""
        level = self.level or level_of([each.code for each in self.areas])
        return dict(shapes()[check_one_of("level", level, ("departments", "regions"))])

    @property
    def values(self) -> dict[str, float | None]:
        """The value of each area as printed, by its code; None where it has none."""
        drawn = self.drawn
        given = {known_code(each.code, drawn): each.value for each in self.areas}
        scale = 2 if self.percent else 0
        return {
            code: None if value is None else float(rounded(value, self.decimals + scale))
            for code, value in given.items()
        }

    @property
    def absent(self) -> list[str]:
        """The codes of areas that are drawn without a value."""
        return [
            code
            for code in self.drawn
            if self.values.get(code) is None and (code in self.values or not self.is_far(code))
        ]

    def is_far(self, code: str) -> bool:
        """Whether an area is overseas: without a value it is left out."""
        return any(code == own[self.level == "departments" or len(code) == 3] for own in shapes()["overseas"])

    def told(self, language: Language) -> str:
        """Return the map in words: each area with its name and its number."""
        names = {code: each["name"] for code, each in self.drawn.items()}
        parts = [
            f"{names[code]}{NO_BREAK}{self.printed(value, language)}"
            for code, value in self.values.items()
            if value is not None
        ]
        return f"{term('word.map', language)}. {'; '.join(parts)}."

    def printed(self, value: float, language: Language) -> str:
        """Return a value as the table prints it."""
        return (percent if self.percent else number)(value, language, self.decimals)

    @property
    def bounds(self) -> list[float]:
        """The bounds of the classes: those given, or those of classes of as many areas each."""
        values = [each for each in self.values.values() if each is not None]
        if self.breaks or not values:
            return list(self.breaks)
        scale = 2 if self.percent else 0
        cuts = np.quantile(values, np.linspace(0, 1, self.classes + 1))
        return sorted({float(rounded(each, self.decimals + scale)) for each in cuts})

    def shade(self, value: float) -> str:
        """Return the shade of a value: each class holds its lower bound, the last one both."""
        place = int(np.searchsorted(self.bounds[1:-1], value, side="right"))
        return self._shades()[place]

    def _shades(self) -> list[str]:
        wanted = max(len(self.bounds) - 1, 1)
        return [SHADES[round(each)] for each in np.linspace(0, len(SHADES) - 1, wanted)]

    def key(self, language: Language) -> list[LegendEntry]:
        """Return the classes with their bounds, and the hatch of areas without a number."""
        bounds, entries = [self.printed(each, language) for each in self.bounds], []
        for place, (low, high) in enumerate(pairwise(bounds)):
            between = "to" if place == len(bounds) - 2 else "to_under"
            entries.append(patch(f"{low} {term(f'word.{between}', language)} {high}", self._shades()[place]))
        if len(bounds) == 1:
            entries = [patch(bounds[0], self._shades()[0])]
        return [*entries, patch(term("word.no_data", language), ABSENT, "////")] if self.absent else entries

    def margins(self, language: Language, room: float) -> Margins:
        """Return room for the key."""
        return Margins(top=legend_height(self.key(language), room, self.style) + 6, bottom=12)

    def _box(self) -> tuple[float, float]:
        """Return the width and height of the map in its own units, overseas below where one of them has a value."""
        _, _, width, deep = shapes()["box"]
        return (width, deep + 30) if any(self.is_far(code) for code in self.values) else (width, 585.0)

    def height(self, language: Language, room: float) -> float:
        """Return the height that keeps the country in shape."""
        width, deep = self._box()
        return min(room, WIDEST) * deep / width

    def draw(self, axes: Axes, language: Language) -> None:
        """Draw every area, Paris and its suburbs once more at large, the names of what is apart, and the key."""
        (width, deep), (wide, tall), source = self._box(), extent(axes), shapes()
        spare = (wide / tall * deep - width) / 2
        axes.set_xlim(-spare, width + spare)
        axes.set_ylim(deep, 0)
        axes.set_axis_off()
        values, look = self.values, {"size": self.style.tick, "ha": "center", "va": "top"}
        for code, each in self.drawn.items():
            if code in values or not self.is_far(code):
                self._draw_area(axes, each["rings"], values.get(code))
        for region, department, x, y in source["overseas"]:
            code = department if department in self.drawn else region
            if code in values:
                axes.text(x, y, self.drawn[code]["name"], **look)
        if "2A" in self.drawn:
            for code, rings in source["paris"].items():
                self._draw_area(axes, rings, values.get(code))
            axes.text(*source["paris_name"], source["departments"]["75"]["name"], **look)
        credit: Any = {"xycoords": "axes fraction", "textcoords": "offset points", "ha": "right", "va": "top"}
        axes.annotate(
            term("word.map_credit", language), (1, 0), (0, -2), color=self.style.grey, size=self.style.tick, **credit
        )
        if self.legend:
            legend(axes, self.key(language), 0, self.room, self.margins(language, self.room).top, self.style)

    def _draw_area(self, axes: Axes, rings: Sequence[Sequence[float]], value: float | None) -> None:
        outlines = [np.reshape(ring, (-1, 2)) for ring in rings]
        whole = Path.make_compound_path(*(Path(np.vstack([each, each[:1]]), closed=True) for each in outlines))
        axes.add_patch(PathPatch(whole, facecolor="none", edgecolor=self.style.grey, lw=1.5, zorder=1))
        colour, hatch = (ABSENT, "//////") if value is None else (self.shade(value), "")
        axes.add_patch(PathPatch(whole, facecolor=colour, hatch=hatch, edgecolor="white", lw=0.5, zorder=2))


def known_code(code: str, drawn: Mapping[str, Any]) -> str:
    """Return the code of an area as INSEE writes it: 1 and 1.0 are 01, 2a is 2A."""
    own = code.strip().upper().removesuffix(".0").zfill(2)
    if own not in drawn:
        named = [f"{each} ({drawn[each]['name']})" for each in near_names(own, drawn)]
        first, last = min(drawn), max(drawn)
        raise OptionError(
            f"`{code}` is no code of the {len(drawn)} areas of this map.",
            f"Near it are {', '.join(named)}." if named else f"Codes go from {first} to {last}.",
            "Write codes of INSEE, for example 01, 2A or 974 for départements, 11 or 84 for regions.",
        )
    return own


def level_of(codes: Sequence[str]) -> str:
    """Return the kind of area of which all codes are; refuse to guess where both are."""
    found = [
        level
        for level in ("departments", "regions")
        if all(each.strip().upper().removesuffix(".0").zfill(2) in shapes()[level] for each in codes)
    ]
    if len(found) > 1:
        raise OptionError(
            f"Codes {', '.join(codes[:4])} are of départements and of regions.",
            "Code 11 is that of Aude and of Île-de-France.",
            "Write `level='regions'` or `level='departments'`.",
        )
    return found[0] if found else "departments"
