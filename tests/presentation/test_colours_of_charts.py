"""Colours of series: in order, by name, and without any."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import Collection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.text import Text as Words

import diplab as dl
from diplab.errors import OptionError
from diplab.presentation.charts.axes import luminance
from diplab.presentation.charts.map import Area
from diplab.presentation.charts.style import DEFAULT, GREY
from diplab.types import Microdata, Style, Text, Variable
from tests.presentation.test_look_of_charts import DEUTERANOPIA, PROTANOPIA, apart, contrast
from tests.presentation.test_lorenz import estimates as lorenz
from tests.presentation.test_survival_chart import curves

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

DIPLOMAS = ("none", "secondary", "bachelor", "master")


@pytest.fixture(scope="module")
def people() -> Microdata:
    draws = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "sex": draws.integers(1, 3, 400),
            "diploma": draws.integers(1, 5, 400),
            "year": draws.integers(2018, 2021, 400),
            "pay": draws.lognormal(7, 0.4, 400),
        }
    )
    sexes = {1: Text("hommes", "men"), 2: Text("femmes", "women")}
    diplomas = {code: Text.same(label) for code, label in enumerate(DIPLOMAS, 1)}
    variables = [
        Variable("sex", values=sexes, measure="nominal"),
        Variable("diploma", values=diplomas, measure="ordinal"),
    ]
    codebook = dl.Codebook({variable.name: variable for variable in variables})
    return Microdata(frame, codebook)


@pytest.fixture(scope="module")
def sample(people: Microdata) -> Any:
    return dl.declare_design(people)


def fills(figure: Any) -> list[str]:
    """Return the fills of the key, in its order."""
    keys = [box for box in figure.artists if isinstance(box, Rectangle) and box.get_width() == 13]
    return [to_hex(patch.get_facecolor()) for patch in keys]


def test_parts_in_order_go_from_light_to_dark(sample: Any) -> None:
    for share, by in ((dl.share("diploma"), "sex"), (dl.share("sex"), "diploma")):
        figure = dl.chart(dl.estimate(sample, share, by=by), "bars", stacked=True)
        lightness = [luminance(fill) for fill in fills(figure)]
        falls = lightness == sorted(lightness, reverse=True)
        # men and women are in no order
        assert falls == (by == "sex")
    asked = dl.estimate(sample, dl.share("diploma"), by="sex")
    whole: Any = {"kind": "bars", "stacked": True}
    shown = fills(dl.chart(asked, **whole))
    assert set(shown) <= {to_hex(shade) for shade in DEFAULT.sequence}
    assert fills(dl.chart(asked, **whole, palette="sequential")) == shown
    assert fills(dl.chart(asked, **whole, palette="categorical")) == [
        to_hex(DEFAULT.parts[at]) for at in (0, 1, 3, 4)
    ]
    panels = dl.chart(
        dl.estimate(sample, dl.share("diploma"), by=["sex", "year"]), facets="year", **whole
    )
    assert fills(panels) == shown


@pytest.mark.parametrize("style", [DEFAULT, GREY])
def test_no_answer_has_no_place_in_the_order(people: Microdata, style: Style) -> None:
    frame = people.frame.assign(diploma=people.frame["diploma"].where(people.frame.index % 7 > 0))
    asked = dl.declare_design(Microdata(frame, people.codebook))
    table = dl.crosstab(asked, "sex", "diploma", shares="row", na="keep")
    for vertical in (False, True):
        figure = dl.chart(table, "bars", stacked=True, style=style, vertical=vertical)
        *shown, absent = fills(figure)
        assert shown == [to_hex(style.sequence[at]) for at in (0, 2, 3, 5)]
        assert absent == to_hex(style.absent)


@pytest.mark.parametrize("style", [DEFAULT, GREY])
def test_values_on_fills_in_order_can_be_read(sample: Any, style: Style) -> None:
    asked = dl.estimate(sample, dl.share("diploma"), by="sex")
    figure = dl.chart(asked, "bars", stacked=True, style=style)
    bars = [patch for patch in figure.axes[0].patches if patch.get_width() < 1]
    read = 0
    for words in figure.axes[0].texts:
        x, y = words.get_position()
        for bar in bars:
            if (
                bar.get_x() < x < bar.get_x() + bar.get_width()
                and abs(bar.get_y() + bar.get_height() / 2 - y) < 1
            ):
                pair = sorted(
                    luminance(to_hex(item)) for item in (words.get_color(), bar.get_facecolor())
                )
                assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5
                read += 1
    assert read == 8


@pytest.mark.parametrize("seen", [np.eye(3), PROTANOPIA, DEUTERANOPIA])
def test_colours_in_order_are_distinct_for_everybody(seen: Any) -> None:
    for shades in (DEFAULT.sequence, DEFAULT.ordered, GREY.sequence, GREY.ordered):
        lightness = [luminance(shade) for shade in shades]
        assert lightness == sorted(lightness, reverse=True)
        steps = pairwise(shades)
        assert min(apart(one, other, np.array(seen)) for one, other in steps) > 8
    for shades in (DEFAULT.ordered, GREY.ordered, GREY.colours):
        assert min(map(contrast, shades)) >= 3


def test_series_of_marks_are_in_order_where_that_is_asked(sample: Any) -> None:
    found = dl.estimate(sample, dl.mean("pay"), by=["year", "diploma"])
    for kind in ("lines", "dots"):
        looks = dl.chart(found, kind, colour="diploma", palette="sequential").chart.looks
        shades = [look.colour for look in looks]
        assert [luminance(shade) for shade in shades] == sorted(map(luminance, shades))[::-1]
        assert len({look.marker for look in looks}) == 4
        plain = dl.chart(found, kind, colour="diploma").chart.looks
        assert [look.colour for look in plain] == list(DEFAULT.colours[:4])


def test_series_have_the_colours_of_their_names(sample: Any) -> None:
    found = dl.estimate(sample, dl.mean("pay"), by=["diploma", "sex"])
    for names in ({"women": "orange"}, {"femmes": "orange"}, {"2": "orange"}, {2: "orange"}):
        figure = dl.chart(found, "bars", colour="sex", colours=names)
        assert fills(figure) == [to_hex(DEFAULT.colours[0]), to_hex("orange")]
    for kind in ("dots", "dumbbell"):
        figure = dl.chart(found, kind, colour="sex", colours={"women": "#336600", "men": "k"})
        drawn = {line.get_color() for line in figure.axes[0].lines if line.get_marker() != "None"}
        assert {to_hex(colour) for colour in drawn} >= {"#336600", "#000000"}
    shares = dl.estimate(sample, dl.share("diploma"), by="sex")
    for kind, options in (("bars", {"stacked": True}), ("likert", {})):
        chart = dl.chart(shares, kind, colours={"master": "tab:red"}, **options)
        assert to_hex("tab:red") in fills(chart)
    panels = dl.chart(
        dl.estimate(sample, dl.mean("pay"), by=["diploma", "sex", "year"]),
        "bars",
        colour="sex",
        facets="year",
        colours={"1": "black"},
    )
    assert fills(panels)[0] == "#000000"
    density = dl.chart(sample, "density", variable="pay", colour="sex", colours={"men": "black"})
    assert density.axes[0].lines[0].get_color() == "#000000"


def test_colours_that_are_none_are_refused(sample: Any, refused: Callable[..., None]) -> None:
    found = dl.estimate(sample, dl.mean("pay"), by=["diploma", "sex"])
    for colours in ({"women": "oragne"}, {"women": "rgb(1,2)"}, {"woman": "orange"}):
        refused(
            lambda colours=colours: dl.chart(found, "bars", colour="sex", colours=colours),
            OptionError,
        )
    refused(lambda: dl.chart(found, colours={"women": "orange"}), OptionError)
    refused(lambda: dl.chart(found, "lines", rows="diploma", palette="ordered"), OptionError)


def test_styles_have_names_and_fields(sample: Any, refused: Callable[..., None]) -> None:
    found = dl.estimate(sample, dl.mean("pay"), by="sex")
    assert dl.chart(found, style="grey").chart.style == GREY
    assert dl.chart(found, style="colour").chart.style == Style()
    larger = dl.chart(found, style={"label": 11, "font": "DejaVu Sans"}).chart.style
    assert larger == Style(label=11, font="DejaVu Sans")
    both = dl.chart(found, style={"base": "grey", "grid": "white"}).chart.style
    assert (both.colours, both.grid) == (GREY.colours, "white")
    for style in (
        "gray",
        {"labels": 9},
        {"label": 400},
        {"ink": "blak"},
        {"width": 85},
        {"font": "Source Sans"},
        9,
    ):
        refused(lambda style=style: dl.chart(found, style=style), OptionError)


def drawn_colours(figure: Any) -> set[str]:
    """Return every colour of lines, fills and words."""
    colours: list[Any] = []
    for line in figure.findobj(Line2D):
        colours += [line.get_color(), line.get_markeredgecolor(), line.get_markerfacecolor()]
    for shape in figure.findobj(Patch):
        colours += [shape.get_facecolor(), shape.get_edgecolor()]
    for shape in figure.findobj(Collection):
        colours += [*shape.get_facecolor(), *shape.get_edgecolor()]
    colours += [words.get_color() for words in figure.findobj(Words)]
    shown = [colour for colour in colours if not isinstance(colour, str) or colour != "none"]
    return {to_hex(to_rgba(colour)) for colour in shown if to_rgba(colour)[3]}


def test_the_grey_style_has_no_colour_in_any_kind_of_chart(
    sample: Any, samples: ModuleType
) -> None:
    pay, shares = dl.mean("pay"), dl.share("diploma")
    figures = {
        name: replace(chart, style=GREY).figure("fr") for name, chart in samples.CHARTS.items()
    }
    figures["lorenz"] = dl.chart(lorenz(at=(0.1, 0.5, 0.9)), "lorenz", style="grey")
    figures["survival"] = dl.chart(curves(by="zone"), "survival", style="grey")
    figures["density"] = dl.chart(sample, "density", variable="pay", colour="sex", style="grey")
    figures["histogram"] = dl.chart(sample, "histogram", variable="pay", style="grey")
    codes = {"11": 1.0, "24": 2.0, "32": 3.0, "53": None, "84": 5.0}
    areas = [Area(code, value) for code, value in codes.items()]
    figures["map"] = dl.chart(areas, "map", title="a", level="regions", style="grey")
    for kind in ("dots", "bars", "dumbbell", "pyramid", "lines", "slope"):
        found = dl.estimate(sample.where("year < 2020"), pay, by=["year", "sex"])
        named = {} if kind in ("lines", "slope") else {"colour": "sex"}
        figures[kind] = dl.chart(found, kind, style="grey", **named)
    for kind, options in (("bars", {"stacked": True}), ("likert", {})):
        found = dl.estimate(sample, shares, by="sex")
        figures[f"{kind} of shares"] = dl.chart(found, kind, style="grey", **options)
    for name, figure in figures.items():
        tints = [hue for hue in drawn_colours(figure) if len({hue[1:3], hue[3:5], hue[5:7]}) > 1]
        assert not tints, (name, tints)


def test_series_in_grey_differ_in_lightness_and_in_hatch_or_marker() -> None:
    steps = sorted(luminance(colour) for colour in GREY.colours[:4])
    assert min(np.diff(steps)) > 0.03
    assert len(set(GREY.hatches)) == len(GREY.hatches)
    looks = GREY.looks
    assert (
        len({look.marker for look in looks})
        == len(looks)
        == len({str(look.dash) for look in looks})
    )
