"""The look of every kind of chart: seen on white and by the colour-blind, round ends, values and notes that fit."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from PIL import Image

import diplab as dl
from diplab.presentation.charts.dots import Dot
from diplab.presentation.charts.style import DEFAULT, MOST_SERIES
from diplab.replication.registry import study
from diplab.replication.rerun import run
from diplab.types import Style, Text
from tests.presentation.test_lorenz import estimates as lorenz
from tests.presentation.test_survival_chart import curves

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB
PROTANOPIA = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
]
DEUTERANOPIA = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.011820, 0.042940, 0.968881],
]
TO_XYZ = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
]


def linear(colour: Any) -> Any:
    """Return a colour as light (sRGB, IEC 61966-2-1)."""
    parts = np.array(to_rgb(colour))
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(colour: Any) -> float:
    """Return the contrast of a colour with white, the part that is transparent white too (WCAG 2)."""
    *parts, alpha = to_rgba(colour)
    light = linear([1 - alpha * (1 - part) for part in parts])
    return float(1.05 / (light @ [0.2126, 0.7152, 0.0722] + 0.05))


def apart(one: Any, other: Any, seen: Any) -> float:
    """Return how far two colours are apart in CIELAB, as somebody sees them."""

    def lab(colour: Any) -> Any:
        xyz = TO_XYZ @ np.clip(seen @ linear(colour), 0, 1) / [0.95047, 1, 1.08883]
        x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
        return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])

    return float(np.linalg.norm(lab(one) - lab(other)))


def marks(figure: Any) -> list[tuple[str, float]]:
    """Every mark and line that carries data, with its contrast: that of the edge where the inside is paler."""
    found = []
    of_axes = {spine for axes in figure.axes for spine in axes.spines.values()}
    for line in figure.findobj(Line2D):
        ticks = {
            each
            for axes in figure.axes
            for axis in (axes.xaxis, axes.yaxis)
            for each in axis.get_gridlines()
        }
        if line in ticks or not len(line.get_xdata()) or line.get_color() == DEFAULT.grid:
            continue
        if line.get_linestyle() != "None" and line.get_linewidth():
            found.append((f"line {line.get_color()}", contrast(line.get_color())))
        if line.get_marker() not in ("None", "", None):
            found.append(
                (f"marker {line.get_markeredgecolor()}", contrast(line.get_markeredgecolor()))
            )
    grounds = {figure.patch, *(axes.patch for axes in figure.axes)}
    for shape in [*figure.findobj(Patch), *figure.findobj(Collection)]:
        if (
            shape in grounds
            or shape in of_axes
            or shape.get_figure() is None
            or type(shape).__name__ == "FancyBboxPatch"
        ):
            continue
        colours = [each for each in (shape.get_facecolor(), shape.get_edgecolor()) if len(each)]
        rows = [each if isinstance(each, tuple) else each[0] for each in colours]
        found.append((f"fill {rows}", max(contrast(each) for each in rows)))
    return found


@pytest.fixture(scope="module")
def figures(samples: ModuleType) -> dict[str, Any]:
    bar = replace(samples.CURVE, feasible_bar=True)
    drawn = {name: chart.figure("fr") for name, chart in {**samples.CHARTS, "bar": bar}.items()}
    drawn |= {
        "lorenz": dl.chart(lorenz(at=(0.1, 0.5, 0.9)), "lorenz"),
        "survival": dl.chart(curves(by="zone"), "survival"),
    }
    for name in ("press-2023-claims", "france-living-on-microwork"):
        with run(study(name)) as found:
            drawn |= {each: found.chart(each, "fr").figure("fr") for each in found.figures}
    series = [
        Dot(Text.same("a"), 0.2 + 0.1 * at, 0.1, 0.6, colour=Text.same(f"{at}")) for at in range(4)
    ]
    return drawn | {"series": dl.chart(series, title="a", percent=True)}


def test_every_mark_is_seen_on_white(figures: dict[str, Any]) -> None:
    for name, figure in figures.items():
        found = marks(figure)
        assert len(found) > 2, name
        assert [(each, round(ratio, 2)) for each, ratio in found if ratio < 3] == [], name
    # the sky blue of bounds, at the transparency that it had, was not
    assert contrast((*to_rgb("#56B4E9"), 0.55)) < 1.7


@pytest.mark.parametrize("seen", [PROTANOPIA, DEUTERANOPIA])
def test_series_are_told_apart_by_the_colour_blind(figures: dict[str, Any], seen: Any) -> None:
    drawn = {
        (line.get_color(), line.get_marker())
        for line in figures["series"].axes[0].lines
        if line.get_marker() in DEFAULT.markers
    }
    assert len(drawn) == 4
    assert min(apart(one, other, seen) for (one, _), (other, _) in combinations(drawn, 2)) > 20
    # Okabe and Ito's blue and their purple, here wine, were nearer; Tol's own values of difference
    # are above 20 too
    assert apart("#0072B2", "#8073ac", seen) < 20


def test_series_are_told_apart_in_grey(figures: dict[str, Any]) -> None:
    lines = [
        line for line in figures["series"].axes[0].lines if line.get_marker() in DEFAULT.markers
    ]
    assert len({line.get_marker() for line in lines}) == 4
    dashes = [str(line._dash_pattern) for line in figures["survival"].axes[0].lines]  # type: ignore[attr-defined]
    assert len(set(dashes)) == len(dashes) == 3
    assert len(DEFAULT.looks) == MOST_SERIES


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ((0.12, 0.51), (0.0, 0.6)),
        ((0.3, 0.839), (0.0, 1.0)),
        ((0.9, 1.0), (0.0, 1.0)),
        ((0.01, 0.013), (0.0, 0.015)),
    ],
)
def test_the_last_tick_is_at_or_beyond_the_data(
    values: tuple[float, ...], ends: tuple[float, float]
) -> None:
    for width in ("column", "page"):
        axes = dl.chart(
            [Dot(Text.same("a"), each) for each in values], title="a", percent=True, width=width
        ).axes[0]
        ticks = axes.get_xticks()
        assert (ticks[0], ticks[-1]) == pytest.approx(ends)
        assert axes.get_xlim() == pytest.approx(ends)


def test_means_far_from_zero_say_that_their_axis_does_not_start_there() -> None:
    import pandas as pd

    people = pd.DataFrame(
        {"age": np.tile([44.0, 46.0, 47.0, 48.0], 30), "sex": np.tile(["f", "m"], 60)}
    )
    sample = dl.declare_design(people)
    figure = dl.chart(dl.estimate(sample, dl.mean("age"), by="sex"), language="fr")
    assert figure.axes[0].get_xlim()[0] > 40
    assert "L’axe ne part pas de zéro." in figure.caption.description
    for statistic in (dl.total("age"), dl.share("sex"), dl.count()):
        figure = dl.chart(dl.estimate(sample, statistic), language="fr")
        assert figure.axes[0].get_xlim()[0] == 0
        assert "zéro" not in figure.caption.description


def test_data_far_from_zero_say_so_as_results_do() -> None:
    rows = [
        Dot(Text.same("a"), 1_900.0, 1_800.0, 2_000.0),
        Dot(Text.same("b"), 1_500.0, 1_400.0, 1_600.0),
    ]
    for kind in ("dots", "lines"):
        figure = dl.chart(rows, kind, title="a", zero=False)
        assert figure.caption.description.count("The axis does not start at zero.") == 1
    assert "zero" not in dl.chart(rows, title="a").caption.description
    assert (
        "zero" not in dl.chart(rows, title="a", zero=False, limits=(0, 3_000)).caption.description
    )
    assert "zero" in dl.chart(rows, title="a", limits=(1_000, 3_000)).caption.description
    # a ratio of 2 is not a length from 0
    ratios = [Dot(Text.same("a"), 3.0, 2.0, 4.0)]
    assert "zero" not in dl.chart(ratios, title="a", ratios=True, zero=False).caption.description


def test_intervals_that_their_dots_cover_are_said() -> None:
    wide = Dot(Text.same("a"), 0.5, 0.3, 0.7)
    narrow = Dot(Text.same("b"), 0.4, 0.399, 0.401)
    said = "the confidence interval is narrower than the dot"
    assert said not in dl.chart([wide], title="a", percent=True).caption.description
    assert said in dl.chart([wide, narrow], title="a", percent=True).caption.description
    # a bound has no dot, and a line shows its band
    bounds = Dot(Text.same("c"), None, 0.399, 0.401, bounds=True)
    assert said not in dl.chart([wide, bounds], title="a", percent=True).caption.description
    assert (
        said not in dl.chart([wide, narrow], "lines", title="a", percent=True).caption.description
    )


def test_what_is_drawn_around_bounds_has_a_place_in_the_key() -> None:
    row = Dot(Text.same("a"), None, 0.2, 0.4, bounds=True, outer=(0.1, 0.5))
    labels = [
        [entry.label for entry in dl.chart([row], title="a", percent=True, **named).chart.key("en")]
        for named in ({}, {"outer_label": Text("avec l’erreur", "with the error")})
    ]
    assert labels == [["Bounds", "95% confidence interval"], ["Bounds", "with the error"]]


def test_the_times_of_lines_have_a_name_below() -> None:
    rows = [Dot(Text.same(year), value) for year, value in (("2018", 0.2), ("2019", 0.4))]
    figure = dl.chart(rows, "lines", title="a", percent=True, x_axis=Text("Année", "Year"))
    assert figure.axes[0].get_xlabel() == "Year"


def test_digits_of_values_end_at_one_place() -> None:
    rows = [
        Dot(Text.same(f"{at}"), value, small=value < 100)
        for at, value in enumerate((266_126.0, 52.0, 4.0, 14_903.0))
    ]
    figure = dl.chart(rows, title="a", language="fr")
    FigureCanvasAgg(figure).draw()
    values = [
        text
        for text in figure.axes[0].texts
        if re.match(r"\d[\d\u202f]*(\u00a0\*)?$", text.get_text())
    ]
    mark = DEFAULT.text_width("\u00a0*", DEFAULT.label) * figure.dpi / 72
    ends = [
        text.get_window_extent().x1 - mark * text.get_text().endswith("*")
        for text in values
        if text.get_ha() == "right"
    ]
    assert len(ends) == 4
    assert np.ptp(ends) < 1.5


LONG = " ".join(
    f"Une phrase numéro {at} dit ce qu'il faut savoir, en 12 mois et plus." for at in range(30)
)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_long_notes_are_drawn_whole_and_the_figure_grows(
    samples: ModuleType, layout: ModuleType, tmp_path: Path, language: Any
) -> None:
    notes = replace(samples.NOTES, note=Text(LONG, LONG), reading=Text(LONG, LONG), synthetic=True)
    figure = replace(samples.DOTS, notes=notes).figure(language)
    short = samples.DOTS.figure(language)
    assert layout.overlaps(figure) == []
    below = [text for text in figure.texts if text.get_size() == DEFAULT.note]
    shown = " ".join(text.get_text() for text in below).replace("\u00a0", " ")
    for at in range(30):
        assert shown.count(f"numéro {at} ") == 2, at
    assert {"fr": "Données synthétiques", "en": "Synthetic data"}[language] in shown
    assert "numéro 29" in figure.caption.description
    # the chart keeps its height: what is longer is the figure, by the lines of the notes
    heights = [drawn.get_size_inches()[1] * 72 for drawn in (short, figure)]
    axes = [drawn.axes[0].get_position().height for drawn in (short, figure)]
    assert np.isclose(heights[0] * axes[0], heights[1] * axes[1])
    assert heights[1] > 1.8 * heights[0]
    assert min(text.get_position()[1] for text in below) > 0
    assert b"29" in dl.save(figure, tmp_path / "a.svg").read_bytes()


def test_a_number_stays_with_its_unit_and_an_operator_with_its_number() -> None:
    text = "en 12 mois, 1\u202f265 euros, Age >= 18 ; en 2018 tout"
    lines = DEFAULT.wrapped(text, 1.0, 8.0)
    assert "".join(lines) == text.replace(" ", "").replace("12", "12\u00a0").replace(
        "265", "265\u00a0"
    ).replace("=18", "=\u00a018")


def test_what_shows_no_interval_does_not_speak_of_them(samples: ModuleType) -> None:
    found = curves(at=[2, 4]).described(indicative=True)
    assert "intervals are indicative" in dl.chart(found).caption.description
    bare = replace(found, frame=found.frame.assign(ci_low=np.nan, ci_high=np.nan))
    assert "indicative" not in dl.chart(bare).caption.description


def test_eps_tiff_and_jpeg_say_what_they_show_and_are_the_same_twice(
    figures: dict[str, Any], tmp_path: Path
) -> None:
    for suffix in ("eps", "tiff"):
        once, twice = (
            dl.save(figures["lorenz"], tmp_path / f"{each}.{suffix}").read_bytes() for each in "ab"
        )
        assert once == twice
    drawn = (tmp_path / "a.eps").read_text("latin-1")
    assert drawn.startswith("%!PS-Adobe-3.0 EPSF-3.0")
    assert f"%%Title: {figures['lorenz'].caption.title.replace('–', '-')}\n" in drawn
    assert "% Figure. Lorenz curve." in drawn
    assert "CreationDate" not in drawn
    assert mpl.__version__ not in drawn
    assert "/FontType 42 def" in drawn
    with Image.open(tmp_path / "a.tiff") as image:
        assert (image.mode, image.info["compression"], image.info["dpi"]) == (
            "RGB",
            "tiff_lzw",
            (600, 600),
        )
        assert "Lorenz curve" in image.tag_v2[270]
    for suffix in ("jpg", "jpeg"):
        once, twice = (
            dl.save(figures["lorenz"], tmp_path / f"{name}.{suffix}").read_bytes() for name in "ab"
        )
        assert once == twice
    with Image.open(tmp_path / "a.jpg") as image:
        assert (image.format, image.mode, image.info["dpi"]) == ("JPEG", "RGB", (300, 300))
        assert figures["lorenz"].caption.description.encode() in image.info["comment"]
        assert image.getpixel((0, 0)) == (255, 255, 255)
    # bands are pale again, and as pale in print
    assert [
        each[0][3]
        for each in (band.get_facecolor() for band in figures["lorenz"].findobj(Collection))
        if len(each)
    ]


def test_svg_keeps_text_where_it_is_asked_to(tmp_path: Path, samples: ModuleType) -> None:
    chart = replace(samples.DOTS, style=Style(text_in_svg=True))
    once, twice = (
        dl.save(chart.figure("fr"), tmp_path / f"{each}.svg").read_text("utf-8") for each in "ab"
    )
    assert once == twice
    assert re.search(r"<text[^>]*Source Sans Pro[^>]*>Contrat à durée indéterminée</text>", once)
    assert "<text" not in dl.save(samples.DOTS.figure("fr"), tmp_path / "c.svg").read_text("utf-8")
