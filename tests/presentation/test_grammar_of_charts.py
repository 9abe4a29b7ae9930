"""What is on the rows of a chart, in colours and in panels; order, limits, axes and a style of your own."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import diplab as dl
from diplab.errors import OptionError
from diplab.types import Notes, Style, Text

if TYPE_CHECKING:
    from types import ModuleType

    from diplab.types import Estimates, Sample

CODEBOOK = (
    dl.Codebook()
    .described("sat", label=Text("Satisfaction", "Satisfaction"), values={1: Text("Non", "No"), 2: Text("Oui", "Yes")})
    .described("sex", label=Text("Sexe", "Sex"), values={1: Text("Homme", "Man"), 2: Text("Femme", "Woman")})
    .described("region", label=Text("Région", "Region"), values={1: Text("Paris", "Paris"), 2: Text("Sud", "South"),
                                                                   3: Text("Nord", "North")})
)  # fmt: skip
NOTES = Notes(source=Text("Enquête", "Survey"), coverage=Text("France", "France"))


@pytest.fixture(scope="module")
def sample() -> Sample:
    draw = np.random.default_rng(5)
    most = {"sat": 2, "sex": 2, "region": 3, "wave": 5}
    people = pd.DataFrame({name: draw.integers(1, last + 1, 400) for name, last in most.items()})
    people["hours"] = draw.gamma(3, 4, 400) + 2 * people["region"]
    return dl.declare_design(dl.Microdata(people, CODEBOOK))


@pytest.fixture(scope="module")
def shares(sample: Sample) -> Estimates:
    return dl.estimate(sample, dl.share("sat"), by=["sex", "region"])


def points(axes: Any) -> list[tuple[float, float, str, str]]:
    """Estimates as drawn: value, height, marker, colour."""
    return [
        (
            float(line.get_xdata()[0]),
            float(line.get_ydata()[0]),
            line.get_marker(),
            line.get_color(),
        )
        for line in axes.lines
        if line.get_marker() in "oDs^" and len(line.get_xdata()) == 1
    ]


def words(figure: Any) -> list[str]:
    return [text.get_text() for text in figure.findobj(mpl.text.Text) if text.get_text()]


def labels(figure: Any, *known: str) -> list[str]:
    return [text.strip("\u00a0") for text in words(figure) if text.strip("\u00a0") in known]


def test_two_series_stand_on_one_row(shares: Estimates, layout: ModuleType) -> None:
    figure = dl.chart(shares, rows=["category", "region"], colour="sex", notes=NOTES)
    drawn = points(figure.axes[0])
    assert len(drawn) == len(shares) == 12
    looks = {each[2:] for each in drawn}
    assert (
        len(looks)
        == len({marker for marker, _ in looks})
        == len({colour for _, colour in looks})
        == 2
    )
    expected = shares.frame.sort_values(["category", "region", "sex"])["estimate"].tolist()
    assert [value for value, *_ in sorted(drawn, key=lambda each: each[1])] == pytest.approx(
        expected
    )
    assert labels(figure, "Paris", "South", "North") == ["Paris", "South", "North"] * 2
    assert layout.overlaps(figure) == []


@pytest.mark.parametrize(
    ("language", "width"), [("fr", "column"), ("en", "text"), ("fr", "page"), ("en", "slide")]
)
def test_panels_share_their_scale_their_rows_and_one_key(
    shares: Estimates, layout: ModuleType, language: Any, width: str
) -> None:
    figure = dl.chart(
        shares, "dots", language, colour="sex", facets="region", notes=NOTES, width=width
    )
    panels = [axes for axes in figure.axes if axes.axison]
    assert len(panels) == 3
    assert len({axes.get_xlim() for axes in panels}) == 1
    heights = [sorted(height for _, height, *_ in points(axes)) for axes in panels]
    assert heights[0] == heights[1] == heights[2]
    named = labels(figure, "Femme", "Woman")
    assert len(named) == 1
    assert layout.overlaps(figure) == []
    # rows are named once in each line of panels
    lines = len({round(axes.get_position().y0, 6) for axes in panels})
    assert len(labels(figure, *("Oui", "Non") if language == "fr" else ("Yes", "No"))) == 2 * lines


def test_a_row_that_a_panel_does_not_have_keeps_its_place(sample: Sample) -> None:
    found = dl.estimate(sample, dl.mean("hours"), by=["sex", "region"])
    figure = dl.chart(found.rows([0, 1, 2, 4]), rows="region", facets="sex")
    first, second = (points(axes) for axes in figure.axes if axes.axison)
    assert [height for _, height, *_ in second] == [first[1][1]]


def test_what_cannot_be_arranged_is_refused(
    sample: Sample, shares: Estimates, refused: Any
) -> None:
    waves = dl.estimate(sample, dl.mean("hours"), by=["wave", "sex"])
    refused(lambda: dl.chart(shares, colour="sexe"), OptionError)
    refused(lambda: dl.chart(shares, rows="region", colour="sex"), OptionError)
    refused(lambda: dl.chart(shares, rows="sex", colour="sex"), OptionError)
    refused(lambda: dl.chart(waves, rows="sex", colour="wave"), OptionError)
    refused(lambda: dl.chart(waves, "circles", colour="sex"), OptionError)
    refused(lambda: dl.chart(waves, limits=(10, 15)), OptionError)
    refused(lambda: dl.chart(waves, sort="downwards"), OptionError)
    refused(lambda: dl.chart({}), OptionError)
    refused(lambda: dl.chart([waves, 3]), OptionError)
    refused(lambda: dl.chart(waves.rows([0]), rows="statistic"), OptionError)
    refused(lambda: dl.chart(waves, limits=(15, 10)), OptionError)


def test_rows_are_sorted_within_their_heading(sample: Sample) -> None:
    found = dl.estimate(sample, dl.mean("hours"), by=["sex", "region"])
    for sort in ("ascending", "descending"):
        drawn = [value for value, *_ in points(dl.chart(found, sort=sort).axes[0])]
        for half in (drawn[:3], drawn[3:]):
            assert half == sorted(half, reverse=sort == "descending")
        assert sorted(drawn[:3]) == pytest.approx(sorted(found.frame["estimate"][:3]))
    figure = dl.chart(found, colour="sex", sort="descending")
    men = [value for value, _, marker, _ in points(figure.axes[0]) if marker == "o"]
    assert men == sorted(men, reverse=True)


def test_limits_are_the_ends_of_the_axis(shares: Estimates) -> None:
    axes = dl.chart(shares, limits=(0, 1)).axes[0]
    assert axes.get_xlim() == (0, 1)
    assert axes.get_xticks()[-1] == 1


def test_axes_of_ones_own_hold_the_chart(shares: Estimates, layout: ModuleType) -> None:
    figure = Figure(figsize=(9, 4))
    left, right = figure.subplots(1, 2)
    box = right.get_position()
    assert dl.chart(shares, language="fr", colour="sex", ax=right, notes=NOTES) is figure
    FigureCanvasAgg(figure).draw()
    assert layout.overlaps(figure) == []
    inside = box.transformed(figure.transFigure)
    texts = [text for text in right.texts if text.get_text()]
    assert all(inside.x0 - 1 <= each.get_window_extent().x0 for each in texts)
    assert all(each.get_window_extent().x1 <= inside.x1 + 1 for each in texts)
    assert figure.caption.title == "Satisfaction\xa0: répartition selon le sexe et la région"  # type: ignore[attr-defined]
    assert not any("Part" in text or "Champ" in text for text in words(figure))
    assert not left.lines


def test_axes_that_are_too_small_are_refused(shares: Estimates, refused: Any) -> None:
    refused(lambda: dl.chart(shares, ax=Figure(figsize=(1, 1)).subplots()), OptionError)


def test_a_style_of_ones_own_is_drawn_and_no_other(shares: Estimates, refused: Any) -> None:
    own = Style(font="DejaVu Sans", label=11.0, colours=("#004400", "#440000"), markers=("s", "^"))
    figure = dl.chart(shares, colour="sex", style=own)
    assert {each[2:] for each in points(figure.axes[0])} == {("s", "#004400"), ("^", "#440000")}
    assert {text.get_fontname() for text in figure.findobj(mpl.text.Text) if text.get_text()} == {
        "DejaVu Sans"
    }
    assert max(text.get_size() for text in figure.axes[0].texts) == 11.0
    plain = dl.chart(shares).findobj(mpl.text.Text)
    assert {text.get_fontname() for text in plain if text.get_text()} == {"Source Sans Pro"}
    refused(lambda: Style(font="Source Sans"), OptionError)
    refused(lambda: dl.chart(shares, colour="sex", style=Style(colours=("#004400",))), OptionError)


def test_several_models_with_their_references(
    sample: Sample, layout: ModuleType, refused: Any
) -> None:
    short, long = (
        dl.regress(sample, f"sat == 1 ~ C(sex){more}", family="binomial")
        for more in ("", " + C(region)")
    )
    figure = dl.chart({"Modèle court": short, "Modèle long": long}, language="fr", notes=NOTES)
    assert layout.overlaps(figure) == []
    assert {"Modèle court", "Modèle long"} <= set(words(figure))
    assert labels(figure, "Homme (réf.)", "Femme", "Paris (réf.)", "Sud", "Nord") == [
        "Homme (réf.)", "Femme", "Paris (réf.)", "Sud", "Nord",
    ]  # fmt: skip
    drawn = points(figure.axes[0])
    values = [text.partition(",")[2] for text in words(figure) if re.fullmatch(r"−?\d,\d+", text)]
    assert len({len(each) for each in values[: len(drawn)]}) == 1
    zeros = [each for each in drawn if each[0] == 0]
    assert [marker for *_, marker, _ in zeros] == ["o", "D", "D"]
    fitted = [
        fit.frame.loc[fit.frame["variable"] != "intercept", "estimate"] for fit in (short, long)
    ]
    assert sorted(value for value, *_ in drawn if value) == pytest.approx(sorted(pd.concat(fitted)))
    ratios = dl.chart([dl.effect_ratios(short), dl.effect_ratios(long)])
    assert {"Model 1", "Model 2"} <= set(words(ratios))
    assert sum(value == 1 for value, *_ in points(ratios.axes[0])) == 3
    refused(lambda: dl.chart([short, dl.effect_ratios(short)]), OptionError)
    men, women = (
        dl.estimate(sample.where(f"sex == {code}"), dl.mean("hours"), by="region")
        for code in (1, 2)
    )
    both = dl.chart({"Men": men, "Women": women}, rows="region", facets="model")
    assert len([axes for axes in both.axes if axes.axison]) == 2


def test_widths_are_those_of_journals(shares: Estimates, refused: Any) -> None:
    for width, millimetres in (("plos", dl.figure_size("plos")[0]), (100, 100.0), ("column", 85.0)):
        assert dl.chart(shares, width=width).get_size_inches()[0] * 25.4 == pytest.approx(
            millimetres
        )
    # 7.5 by 8.75 inches, and 5.25 by 8.5
    assert dl.figure_size("plos") == pytest.approx((190.5, 222.25), abs=0.3)
    assert dl.figure_size("asr") == pytest.approx((133.35, 215.9), abs=0.4)
    refused(lambda: dl.figure_size("nature"), OptionError)
    refused(lambda: dl.chart(shares, width=1300), OptionError)


def test_data_of_ones_own_have_colours_too(layout: ModuleType) -> None:
    from diplab.presentation.charts.dots import Dot

    rows = [
        Dot(Text.same(place), value, value - 0.05, value + 0.05, colour=Text.same(wave))
        for wave, values in (("2018", (0.2, 0.3)), ("2023", (0.25, 0.4)))
        for place, value in zip(("Paris", "Sud"), values, strict=True)
    ]
    figure = dl.chart(rows, percent=True, title="Part")
    heights = [height for _, height, *_ in points(figure.axes[0])]
    assert labels(figure, "Paris", "Sud", "2018", "2023") == ["Paris", "Sud", "2018", "2023"]
    assert [round(low - high, 6) != 0 for low, high in pairwise(sorted(heights))] == [True] * 3
    assert layout.overlaps(figure) == []
