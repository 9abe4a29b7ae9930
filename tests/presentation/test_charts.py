from __future__ import annotations

import math
import re
import zlib
from dataclasses import replace
from itertools import pairwise, product

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from defusedxml import ElementTree
from matplotlib.patches import Circle as Disc
from PIL import Image

import diplab as dl
from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.presentation._chart import chart
from diplab.presentation._save import save
from diplab.presentation.charts.axes import spread_labels
from diplab.presentation.charts.curves import Mark, SensitivityCurve
from diplab.presentation.charts.dots import Dot, Dots
from diplab.presentation.charts.style import DEFAULT
from diplab.presentation.notes import Notes
from diplab.reference.text import LANGUAGES, Text
from diplab.results.estimates import Estimates, Provenance

NAMES = ("dots", "circles", "curve")
SVG = "{http://www.w3.org/2000/svg}"


def words_of(figure) -> list[str]:
    return [words.get_text() for words in figure.findobj(mpl.text.Text)]


@pytest.mark.parametrize("name", NAMES)
def test_words_stand_clear_in_both_languages_at_every_width_of_print(samples, layout, name):
    for language, width in (("fr", 85.0), ("fr", 130.0), ("en", 130.0), ("fr", 180.0)):
        figure = replace(samples.CHARTS[name], width=width).figure(language)
        assert figure.get_size_inches()[0] * 25.4 == pytest.approx(width)
        assert layout.overlaps(figure) == []
        notes = {"fr": "Lecture\u00a0: ", "en": "Reading note: "}
        assert [each for each in notes if notes[each] in words_of(figure)] == [language]


def test_the_checker_sees_clipped_and_overlapping_words(layout):
    figure = mpl.figure.Figure()
    figure.text(0.5, 0.5, "one")
    figure.text(0.5, 0.5, "two")
    figure.text(0.99, 0.2, "far too long")
    assert layout.overlaps(figure) == ["clipped: 'far too long'", "overlap: 'one' and 'two'"]


@pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
def test_a_second_run_gives_the_same_bytes(samples, tmp_path, suffix):
    for name in NAMES if suffix == "svg" else ("dots", "circles"):
        first, second = (
            save(samples.CHARTS[name].figure("fr"), tmp_path / f"{each}.{suffix}") for each in "ab"
        )
        assert first.read_bytes() == second.read_bytes()


def test_the_svg_is_outlines_with_title_description_and_role(samples, tmp_path):
    file = save(samples.DOTS.figure("fr"), tmp_path / "a.svg")
    root = ElementTree.parse(file).getroot()
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text == samples.DOTS.title.fr.replace("'", "’")
    assert desc.text.startswith(
        "Graphique d’exemple\u00a0: les parts vont de 5\u00a0% à 71\u00a0%. Lecture\u00a0:"
    )
    assert list(root)[:2] == [title, desc]
    assert not list(root.iter(f"{SVG}text"))
    content = file.read_text(encoding="utf-8")
    assert mpl.__version__ not in content
    assert "metadata" not in content


def test_the_png_holds_its_description(samples, tmp_path):
    with Image.open(save(samples.CIRCLES.figure("en"), tmp_path / "a.png")) as image:
        assert image.text["Title"] == "Three nested circles of micro-workers in France, 2019"
        assert image.text["Description"].startswith(
            "Example chart: shares from 5% to 71%. Reading note:"
        )
        assert set(image.text) == {"Title", "Description"}


def test_the_pdf_holds_truetype_fonts_a_subject_and_no_date(samples, tmp_path):
    content = save(samples.CIRCLES.figure("en"), tmp_path / "a.pdf").read_bytes()
    assert b"/FontFile2" in content
    assert b"/Type3" not in content
    assert b"/Subject" in content
    assert b"(Three nested circles of micro-workers in France, 2019)" in content
    assert not re.search(rb"/(CreationDate|ModDate|Producer|Creator)", content)
    assert mpl.__version__.encode() not in content + b"".join(
        zlib.decompress(part)
        for part in re.findall(rb"stream\n(x.*?)\nendstream", content, re.DOTALL)
    )


def test_synthetic_is_written_and_no_global_setting_changed(samples):
    before = dict(mpl.rcParams)
    samples.DOTS.figure("fr")
    assert dict(mpl.rcParams) == before
    made = replace(samples.DOTS, notes=replace(samples.NOTES, synthetic=True))
    assert any("synthétiques" in text for text in words_of(made.figure("fr")))
    assert "Synthetic data" in made.figure("en").caption.description


def test_circles_are_drawn_to_area_inside_one_another(samples):
    discs = samples.CIRCLES.figure("fr").findobj(Disc)
    radii = sorted((disc.radius for disc in discs), reverse=True)
    sizes = sorted((circle.size for circle in samples.CIRCLES.circles), reverse=True)
    assert [radius**2 / radii[0] ** 2 for radius in radii] == pytest.approx(
        [size / sizes[0] for size in sizes]
    )
    discs = sorted(samples.CIRCLES.figure("fr").findobj(Disc), key=lambda disc: -disc.radius)
    for outer, inner in pairwise(discs):
        assert math.dist(outer.center, inner.center) + inner.radius <= outer.radius + 1e-9


def test_dots_and_bounds_hold_the_data(samples):
    axes = samples.DOTS.figure("en").axes[0]
    drawn = [tuple(float(x) for x in line.get_xdata()) for line in axes.get_lines()]
    for row in samples.DOTS.rows:
        assert (row.low, row.high) in drawn
        assert row.point is None or (row.point,) in drawn
        assert row.published is None or (row.published,) in drawn
    widths = {
        tuple(line.get_xdata()): line.get_linewidth()
        for line in axes.get_lines()
        if line.get_linestyle() == "-"
    }
    assert widths[(0.22, 0.51)] > 2 * widths[(0.24, 0.33)]


def test_labels_are_moved_apart_and_wrapped_at_spaces():
    placed = spread_labels([95.0, 96.0, 97.0], [10.0, 10.0, 10.0], 0.0, 100.0)
    assert placed == [75.0, 85.0, 95.0]
    lines = DEFAULT.wrapped(
        "un prix de 12\u202f000\u00a0€ par mois", DEFAULT.text_width("un prix de 12", 7.0), 7.0
    )
    assert "12\u202f000\u00a0€" in " ".join(lines).split(" ")
    assert all("12\u202f000\u00a0€" in line or "12" not in line for line in lines)


def estimates(nested: bool = False, synthetic: bool = False, **changes) -> Estimates:
    columns = {
        "statistic": "count", "variable": "circle", "category": ["all", "regular", "active"],
        "estimate": [266_126.0, 52_337.0, 14_903.0], "std_error": [1e4, 1e3, 1e2],
        "ci_low": [250_000.0, 50_000.0, 14_000.0], "ci_high": [280_000.0, 54_000.0, 16_000.0],
        "cv": 0.1, "deff": 1.0, "df": 100.0, "n": [100, 90, 80], "flag": "",
    }  # fmt: skip
    provenance = Provenance(base=Text("France", "France"), nested=nested, synthetic=synthetic)
    frame = pd.DataFrame(columns | changes)
    return Estimates(frame, np.eye(3), provenance, descriptions={"count": dl.count().description})


def test_the_public_verb_draws_estimates(layout):
    expected = {"fr": ("266\u202f126", "Données synthétiques"), "en": ("266,126", "Synthetic data")}
    for kind, language in product(("dots", "circles"), expected):
        figure = chart(estimates(nested=True, synthetic=True), kind, language)
        assert layout.overlaps(figure) == []
        assert all(each in " ".join(words_of(figure)) for each in expected[language])


def test_what_cannot_be_drawn_is_refused(refused):
    refused(lambda: chart(estimates(), "circles"), OptionError)
    refused(lambda: chart(estimates(), "pie"), OptionError)
    refused(lambda: chart([1, 2]), OptionError)
    refused(lambda: chart(estimates(nested=True, estimate=0.0), "circles"), OptionError)
    share = Text.same("Share")
    words = {"title": share, "notes": Notes(), "alt": share, "percent": True}
    refused(lambda: Dots(rows=(Dot(share, 0.4), Dot(share, 11.43)), **words), OptionError)
    # a ratio just above 1 is none
    assert Dots(rows=(Dot(share, 1.2),), **words).percent


def sample_of(**columns):
    return dl.declare_design(pd.DataFrame(columns))


def test_zeros_and_missing_estimates_have_an_axis(layout):
    for point in ([0.0, 0.0, 0.0], [math.nan, 0.0, 0.0], [math.nan] * 3):
        figure = chart(estimates(estimate=point, ci_low=point, ci_high=point))
        assert figure.axes[0].get_xlim() == (0.0, 1.0)
        assert layout.overlaps(figure) == []


def test_what_is_no_number_is_left_out(layout):
    infinite = [math.inf, 50.0, 20.0]
    figure = chart(
        estimates(estimate=infinite, ci_low=[10.0, 40.0, 10.0], ci_high=[math.inf, 60.0, 30.0])
    )
    assert figure.axes[0].get_xlim() == (0.0, pytest.approx(60))
    assert "Bounds" not in words_of(figure)
    assert layout.overlaps(figure) == []
    assert len(chart(estimates(nested=True, estimate=infinite), "circles").findobj(Disc)) == 2
    for low, high, bounds in (
        (math.nan, math.nan, False),
        (5.0, math.nan, False),
        (5.0, 70.0, True),
    ):
        ends = {"ci_low": [low, 40.0, 10.0], "ci_high": [high, 60.0, 30.0]}
        assert (
            "Bounds" in words_of(chart(estimates(estimate=[math.nan, 50.0, 20.0], **ends)))
        ) == bounds


def test_statistics_of_different_units_are_refused_unless_told(refused):
    people = sample_of(hours=[1.0, 2.0, 4.0], poor=[True, False, False])
    mixed = dl.estimate(people, dl.mean("hours"), dl.share("poor"))
    refused(lambda: chart(mixed), OptionError)
    assert not any(
        text.endswith("%") for text in words_of(chart(mixed, percent=False)) if text != "95%"
    )


def test_a_chart_has_the_title_of_the_table_and_the_labels_of_the_estimates():
    est = dl.estimate(
        sample_of(hours=[1.0, 2.0, 4.0, 8.0], sex=["f", "f", "m", "m"]), dl.mean("hours"), by="sex"
    )
    for language in ("fr", "en"):
        assert chart(est, language=language).caption.title == dl.table(est, language).sheet.title
    assert chart(est).caption.title == "Mean of hours, by sex"
    labels = Codebook().described("circle", label=Text("cercle", "circle of people"))
    assert chart(replace(estimates(), codebook=labels)).caption.title == "Count of circle of people"
    assert (
        chart(replace(estimates(), codebook=labels), labels=Codebook()).caption.title
        == "Count of circle"
    )


def plain(samples, *rows, **changes):
    return replace(samples.DOTS, rows=rows, **changes)


def test_the_key_names_what_is_drawn(samples):
    rows = (Dot(Text("a", "a"), 0.2), Dot(Text("b", "b"), 0.3, published=0.25))
    assert "Estimate" in words_of(plain(samples, *rows).figure("en"))
    assert "Estimate" not in words_of(plain(samples, *rows, legend=False).figure("en"))
    # what is alone needs no key
    assert "Estimate" not in words_of(plain(samples, rows[0]).figure("en"))
    assert "Bounds" not in words_of(
        plain(samples, Dot(Text("a", "a"), low=0.2, high=0.4, bounds=True)).figure("en")
    )
    narrow, wide = Dot(Text("a", "a"), 0.5, 0.499, 0.501), Dot(Text("b", "b"), 0.5, 0.4, 0.6)
    assert "95% confidence interval" not in words_of(plain(samples, narrow).figure("en"))
    assert "95% confidence interval" in words_of(plain(samples, narrow, wide).figure("en"))
    figure = plain(samples, Dot(Text("a", "a"), published=0.22)).figure("en")
    assert "22.0%" in words_of(figure)
    assert "Estimate" not in words_of(figure)
    # an estimate that is contradicted is hollow, with a key of its own
    rows = (Dot(Text("a", "a"), 0.2), Dot(Text("b", "b"), 0.4, hollow=True))
    figure = plain(samples, *rows).figure("en")
    faces = {
        float(line.get_xdata()[0]): line.get_markerfacecolor()
        for line in figure.axes[0].get_lines()
        if line.get_marker() == "o"
    }
    assert faces[0.4] == "white"
    assert faces[0.2] != "white"
    assert {"Estimate", "Contradicted by the bound"} <= set(words_of(figure))
    only = words_of(plain(samples, rows[1]).figure("fr"))
    assert "Contredit par la borne" in only
    assert "Estimation" not in only


def test_ranges_and_ends_of_a_curve(samples):
    def across(made):
        (patch,) = made.figure("en").axes[0].patches
        return patch.get_width(), (patch.get_y(), patch.get_y() + patch.get_height())

    width, ends = across(samples.CURVE)
    assert (width, ends) == (1.0, pytest.approx((1.0, 1.352)))
    width, ends = across(replace(samples.CURVE, feasible_bar=True))
    assert width < 0.05
    assert ends == pytest.approx((1.0, 1.352))
    assert samples.CURVE.figure("fr").axes[0].get_xlim() == pytest.approx((0.352, 1.0))
    assert replace(samples.CURVE, x_ends=(0.0, 1.0)).figure("fr").axes[0].get_xlim() == (0.0, 1.0)


COVERAGE = Notes(coverage=Text("Un champ.", "A coverage."))
TITLES = {"title": Text("Titre", "Title"), "notes": COVERAGE, "alt": Text("Dessin.", "Drawing.")}


def test_a_power_is_straight_on_logarithmic_axes(layout):
    x = (1.0, 2.0, 5.0, 10.0, 50.0)
    curve = SensitivityCurve(
        x=x, y=tuple(100_000 / each for each in x), x_axis=Text("Centimes", "Cents"), y_axis=Text("Tâches", "Tasks"),
        marks=(Mark(10.0, 10_000.0, Text("10 centimes", "10 cents")),), x_ends=(0.9, 60.0), y_ends=(1_000.0, 200_000.0),
        log=True, **TITLES,
    )  # fmt: skip
    for language in LANGUAGES:
        figure = curve.figure(language)
        axes = figure.axes[0]
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
        (line,) = [each for each in axes.lines if len(each.get_xdata()) == len(x)]
        places = axes.transData.transform(np.column_stack([line.get_xdata(), line.get_ydata()]))
        slopes = np.diff(places[:, 1]) / np.diff(places[:, 0])
        assert slopes == pytest.approx([slopes[0]] * 4)
        assert layout.overlaps(figure) == []
