"""Options of charts by kind: order by hand, emphasis, lines, annotations, axes, hidden parts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.errors import OptionError
from diplab.presentation.charts.map import Area
from diplab.types import Notes, Text

if TYPE_CHECKING:
    from types import ModuleType

    from diplab.types import Estimates, Sample

DIPLOMAS = {
    1: Text("Aucun diplôme", "None"),
    2: Text("Baccalauréat", "Upper secondary"),
    3: Text("Bac + 2 ou + 3", "Short tertiary"),
    4: Text("Bac + 5 ou plus", "Master or more"),
}
SCALE = {
    1: Text("Pas du tout d'accord", "Strongly disagree"),
    2: Text("Pas d'accord", "Disagree"),
    3: Text("Ni l'un ni l'autre", "Neither"),
    4: Text("D'accord", "Agree"),
    5: Text("Tout à fait d'accord", "Strongly agree"),
}
SECTORS = {
    at: Text(f"Services aux particuliers et aux entreprises, secteur {at}", f"Services to persons and businesses, {at}")
    for at in range(1, 13)
}  # fmt: skip
CODEBOOK = (
    dl.Codebook()
    .described("sex", label=Text("Sexe", "Sex"), values={1: Text("Hommes", "Men"), 2: Text("Femmes", "Women")})
    .described("diploma", label=Text("Diplôme", "Diploma"), values=DIPLOMAS)
    .described("agree", label=Text("Avis", "Opinion"), values=SCALE)
    .described("sector", label=Text("Secteur", "Sector"), values=SECTORS)
    .described("income", label=Text("Revenu (euros)", "Income (euros)"))
)  # fmt: skip
MONTHS = pd.DataFrame({"months": np.arange(1, 61), "left": [1] * 60})
NOTES = Notes(source=Text("Enquête", "Survey"), coverage=Text("France", "France"))


@pytest.fixture(scope="module")
def sample() -> Sample:
    draw = np.random.default_rng(33)
    most = {"sex": 2, "diploma": 4, "agree": 5, "sector": 12, "year": 5}
    people = pd.DataFrame({name: draw.integers(1, last + 1, 900) for name, last in most.items()})
    people["year"] += 2018
    people["income"] = draw.gamma(3, 400, 900) + 150 * people["diploma"] - 200 * people["sex"]
    return dl.declare_design(dl.Microdata(people, CODEBOOK))


@pytest.fixture(scope="module")
def means(sample: Sample) -> Estimates:
    return dl.estimate(sample, dl.mean("income"), by=["sex", "diploma"])


@pytest.fixture(scope="module")
def opinions(sample: Sample) -> Estimates:
    return dl.estimate(sample, dl.share("agree"), by="diploma")


def words(figure: Any) -> list[str]:
    texts = figure.findobj(mpl.text.Text)
    return [text.get_text().strip("\u00a0") for text in texts if text.get_text()]


def named(figure: Any, *known: Text, language: str = "en") -> list[str]:
    """Return the known labels of a figure, from top to bottom as they are written."""
    labels = [label.in_(language) for label in known]
    return [text for text in words(figure) if text in labels]


def test_rows_are_in_an_order_by_hand(means: Estimates) -> None:
    wanted = ["Master or more", "None", "Upper secondary", "Short tertiary"]
    for order in (
        ["Master or more", "None"],
        ["4", "1"],
        [4, 1],
        ["Bac + 5 ou plus", "Aucun diplôme"],
    ):
        for kind in ("dots", "bars"):
            figure = dl.chart(means, kind, sort=order)
            assert named(figure, *DIPLOMAS.values()) == wanted * 2


def test_headings_colours_and_panels_are_in_an_order_by_hand(means: Estimates) -> None:
    people = (Text("Hommes", "Men"), Text("Femmes", "Women"))
    assert named(dl.chart(means, sort=["Women"]), *people) == ["Women", "Men"]
    assert named(dl.chart(means, sort=["Women"]), *DIPLOMAS.values())[0] == "None"
    coloured = dl.chart(means, colour="sex", sort=["Women"])
    assert coloured.chart.colours == (people[1], people[0])
    first = coloured.chart.rows[0]
    women = means.frame.query("sex == 2 and diploma == 1")["estimate"].item()
    assert (first.colour, first.point) == (people[1], pytest.approx(women))
    panels = dl.chart(means, facets="sex", sort=["Women", "Men"]).chart.panels
    assert [panel.name for panel in panels] == [people[1], people[0]]
    women = means.frame.query("sex == 2")["estimate"]
    assert [dot.point for dot in panels[0].chart.rows] == pytest.approx(list(women))


def test_answers_on_a_scale_and_parts_of_a_whole_are_in_an_order_by_hand(
    opinions: Estimates,
) -> None:
    for kind, options in (("likert", {}), ("bars", {"stacked": True})):
        figure = dl.chart(opinions, kind, "fr", sort=["3", "1"], **options)
        drawn = named(figure, *DIPLOMAS.values(), language="fr")
        assert drawn == ["Bac + 2 ou + 3", "Aucun diplôme", "Baccalauréat", "Bac + 5 ou plus"]
    parts = dl.chart(opinions, "bars", stacked=True, sort=["Agree"]).chart
    assert [colour.en for colour in parts.colours] == [
        "Agree", "Strongly disagree", "Disagree", "Neither", "Strongly agree",
    ]  # fmt: skip


def test_an_order_that_names_no_category_is_refused(means: Estimates, refused: Any) -> None:
    refused(lambda: dl.chart(means, sort=["Mastr or more"]), OptionError)
    refused(lambda: dl.chart(means, sort=["Women", "None"]), OptionError)
    refused(lambda: dl.chart(means, sort=[]), OptionError)
    refused(lambda: dl.chart(means, sort=["1", "1"]), OptionError)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("shares", ["row", "column"])
def test_a_crosstab_is_drawn_as_parts_of_a_whole(
    sample: Sample, layout: ModuleType, language: Any, shares: Any
) -> None:
    table = dl.crosstab(sample, "diploma", "sex", shares=shares)
    figure = dl.chart(table, "bars", language, stacked=True, notes=NOTES)
    chart = figure.chart
    assert chart.colours == tuple(
        CODEBOOK.variable("sex").values.values() if shares == "row" else DIPLOMAS.values()
    )
    parts: dict[str, float] = {}
    for dot in chart.rows:
        parts[dot.label.en] = parts.get(dot.label.en, 0.0) + dot.point
    assert len(parts) == (4 if shares == "row" else 2)
    assert list(parts.values()) == pytest.approx([1.0] * len(parts))
    assert layout.overlaps(figure) == []


def test_shares_of_a_whole_table_are_no_parts_of_a_row(sample: Sample, refused: Any) -> None:
    table = dl.crosstab(sample, "diploma", "sex")
    refused(lambda: dl.chart(table, "bars", stacked=True), OptionError)


PALE = "#949494"


def marks(axes: Any) -> list[tuple[float, float, str]]:
    """Estimates as drawn: value, height, colour."""
    lines = [line for line in axes.lines if len(line.get_xdata()) == 1]
    return [
        (line.get_xdata()[0], line.get_ydata()[0], line.get_color())
        for line in lines
        if line.get_marker() in tuple("oDs^")
    ]


def bars(axes: Any) -> list[tuple[float, str]]:
    """Bars as drawn: length and colour."""
    patches = [patch for patch in axes.patches if isinstance(patch, mpl.patches.Rectangle)]
    return [(patch.get_width(), mpl.colors.to_hex(patch.get_facecolor())) for patch in patches]


def text_of(figure: Any, words_of: str) -> Any:
    (text,) = [text for text in figure.axes[0].texts if text.get_text() == words_of]
    return text


def test_what_is_not_highlighted_is_grey(means: Estimates) -> None:
    for names in ("Master or more", ["4"], ["Bac + 5 ou plus"]):
        figure = dl.chart(means, highlight=names)
        drawn = {value: colour for value, _, colour in marks(figure.axes[0])}
        highest = means.frame.query("diploma == 4")["estimate"]
        for value, colour in drawn.items():
            assert (colour == PALE) != any(np.isclose(value, highest))
    bold = [text for text in figure.axes[0].texts if "Master" in text.get_text()]
    assert [text.get_weight() for text in bold] == ["bold"] * 2
    plain = [text for text in figure.axes[0].texts if "Short" in text.get_text()]
    assert [text.get_weight() for text in plain] == ["normal"] * 2


def test_a_series_is_highlighted_in_the_key_too(means: Estimates, opinions: Estimates) -> None:
    figure = dl.chart(means, colour="sex", highlight="Women")
    women = set(means.frame.query("sex == 2")["estimate"])
    for value, _, colour in marks(figure.axes[0]):
        assert (colour == PALE) == (value not in women)
    key = {entry.label: entry.colour for entry in figure.chart.key("en")}
    assert key["Men"] == PALE != key["Women"]
    panels = dl.chart(means, colour="sex", facets="diploma", highlight="Women").chart
    assert {entry.label: entry.colour for entry in panels.key("en")}["Men"] == PALE
    for kind, options in (("bars", {"stacked": True}), ("likert", {})):
        chart = dl.chart(opinions, kind, highlight="Neither", **options).chart
        colours = {entry.label: mpl.colors.to_rgb(entry.colour) for entry in chart.key("en")}
        grey = [name for name, colour in colours.items() if len(set(colour)) == 1]
        assert sorted(grey) == ["Agree", "Disagree", "Strongly agree", "Strongly disagree"]
        assert len(set(colours.values())) == 5


def test_bars_of_other_categories_are_grey(means: Estimates) -> None:
    drawn = bars(dl.chart(means, "bars", highlight="None").axes[0])
    assert [colour == PALE for _, colour in drawn] == [False, True, True, True] * 2


@pytest.mark.parametrize("kind", ["dots", "bars"])
def test_a_reference_line_is_drawn_and_in_the_key(means: Estimates, kind: str) -> None:
    figure = dl.chart(means, kind, "fr", line=2400, line_label=Text("Cible", "Target"))
    lines = [line for line in figure.axes[0].lines if list(line.get_xdata()) == [2400, 2400]]
    assert len(lines) == 1
    assert "Cible" in words(figure)
    assert figure.axes[0].get_xlim()[1] >= 2400
    both = dl.chart(means, kind, facets="sex", line=1000)
    for axes in both.axes[1:]:
        assert any(list(line.get_xdata()) == [1000, 1000] for line in axes.lines)


def test_a_reference_line_stands_beside_that_of_no_effect(sample: Sample) -> None:
    fit = dl.effect_ratios(dl.regress(sample, "agree == 1 ~ C(sex)", family="binomial"))
    for options, wanted in (({}, [1]), ({"line": 1.5}, [1, 1.5])):
        axes = dl.chart(fit, **options).axes[0]
        assert [
            line.get_xdata()[0] for line in axes.lines if list(line.get_ydata()) == [0, 1]
        ] == wanted


def test_a_lower_bound_keeps_its_line_and_its_name_beside_a_reference_line() -> None:
    sizes = dl.population.sensitivity([25984, 5972, 2470, 1340, 853, 577, 448, 326, 271])
    (label,) = [text for text in words(dl.chart(sizes)) if text.startswith("Lower bound")]
    figure = dl.chart(sizes, line=150_000, line_label="Registered")
    assert {label, "Registered"} <= set(words(figure))
    (alone,) = [text for text in words(dl.chart(sizes, line=150_000)) if "bound: at" in text]
    assert alone == label
    styles = {entry.label: entry.style for entry in figure.chart.key("en")}
    assert styles[label] != styles["Registered"]


def test_words_that_are_no_text_are_refused(means: Estimates, refused: Any) -> None:
    refused(lambda: dl.chart(means, annotate="None"), OptionError)
    refused(lambda: dl.chart(means, annotate={"None": 3}), OptionError)
    refused(lambda: dl.chart(means, axis=2020), OptionError)
    refused(lambda: dl.chart(means, line=1000, line_label=1000), OptionError)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", ["dots", "bars", "dumbbell"])
def test_words_beside_marks_overlap_nothing(
    means: Estimates, layout: ModuleType, kind: str, language: Any
) -> None:
    long = Text("Bien au-dessus de toutes les autres catégories, hommes et femmes confondus",
                "Far above all the other categories, for men as for women, in every year observed")  # fmt: skip
    short = Text("Le plus bas", "The lowest")
    remarks = {"None": short, "4": long, ("Women", "3"): Text("Repère", "Benchmark")}
    options: Any = {} if kind == "bars" else {"colour": "sex"}
    figure = dl.chart(means, kind, language, annotate=remarks, notes=NOTES, **options)
    assert layout.overlaps(figure) == []
    assert short.in_(language) in words(figure)
    shown = " ".join(words(figure))
    assert shown.count(long.in_(language).split()[-1]) == (2 if kind == "bars" else 1)


def test_a_remark_is_beside_its_mark(means: Estimates) -> None:
    figure = dl.chart(means, annotate={("Women", "None"): "Low"})
    value, height, _ = marks(figure.axes[0])[4]
    text = text_of(figure, "Low")
    assert text.get_position()[1] == pytest.approx(height)
    low, high = figure.axes[0].get_xlim()
    assert text.get_position()[0] > (value - low) / (high - low)


def test_what_is_added_is_in_the_alternative_text(means: Estimates) -> None:
    options: Any = {"line": 2000, "line_label": Text("Seuil", "Threshold")}
    options["annotate"] = {("Men", "None"): Text("Le plus bas", "The lowest")}
    figure = dl.chart(means, language="fr", **options)
    assert (
        "Seuil\u00a0: 2\u202f000. Hommes, Aucun diplôme\u00a0: Le plus bas."
        in figure.caption.description
    )
    alone = dl.chart(means, colour="sex", alt="Two series", **options)
    assert alone.caption.description == "Two series"
    plain = dl.chart(means).chart.alt
    assert dl.chart(means, highlight="Women").chart.alt == plain


def test_the_neutral_answer_is_astride_the_line(opinions: Estimates, layout: ModuleType) -> None:
    figure = dl.chart(opinions, "likert", neutral_at="middle", notes=NOTES)
    axes = figure.axes[0]
    shares = opinions.frame.pivot(index="diploma", columns="category", values="estimate")
    first = [patch for patch in axes.patches if isinstance(patch, mpl.patches.Rectangle)][:5]
    starts = [patch.get_x() for patch in first]
    wanted = -shares.loc[1, 1] - shares.loc[1, 2] - shares.loc[1, 3] / 2
    assert starts[0] == pytest.approx(wanted)
    assert starts[2] == pytest.approx(-shares.loc[1, 3] / 2)
    assert [entry.label for entry in figure.chart.key("en")][2] == "Neither"
    assert layout.overlaps(figure) == []


def test_a_scale_without_a_middle_has_no_neutral_answer_astride(
    opinions: Estimates, refused: Any
) -> None:
    from diplab.presentation.charts.dots import Dot

    four = [Dot(Text.same("Q"), 0.25, colour=Text.same(f"answer {at}")) for at in range(4)]
    options: Any = {"percent": True, "title": "Q", "neutral_at": "middle"}
    refused(lambda: dl.chart(four, "likert", **options), OptionError)
    named = [*four[:3], Dot(four[0].label, 0.25, colour=Text.same("none"))]
    assert dl.chart(named, "likert", neutral="none", **options)
    refused(lambda: dl.chart(opinions, "likert", neutral_at="left"), OptionError)


def test_a_logarithmic_axis_has_round_ratios(means: Estimates, refused: Any) -> None:
    figure = dl.chart(means, "dots", "fr", scale="log")
    axes = figure.axes[0]
    assert axes.get_xscale() == "log"
    assert axes.get_xlim()[0] > 0
    assert "L’axe est logarithmique." in figure.caption.description
    assert sorted(value for value, *_ in marks(axes)) == pytest.approx(
        sorted(means.frame["estimate"])
    )
    from diplab.presentation.charts.dots import Dot

    refused(lambda: dl.chart(means, scale="logarithmic"), OptionError)
    refused(lambda: dl.chart([Dot(Text.same("a"), 0.0)], title="a", scale="log"), OptionError)
    refused(
        lambda: dl.chart([Dot(Text.same("a"), 3.0, -1.0, 7.0)], title="a", scale="log"), OptionError
    )
    refused(lambda: dl.chart(means, scale="log", line=0), OptionError)
    refused(lambda: dl.chart(means, scale="log", limits=(0, 9000)), OptionError)


def test_shares_and_bars_have_no_logarithmic_axis(
    opinions: Estimates, means: Estimates, refused: Any
) -> None:
    refused(lambda: dl.chart(opinions, scale="log"), OptionError)
    refused(lambda: dl.chart(means, "bars", scale="log"), OptionError)


@pytest.mark.parametrize("kind", ["dots", "bars", "likert"])
def test_the_axis_has_a_title_in_both_languages(opinions: Estimates, kind: str) -> None:
    title = Text("Part des personnes", "Share of persons")
    rows = opinions.rows(opinions.frame["category"] == 1) if kind != "likert" else opinions
    for language in ("fr", "en"):
        figure = dl.chart(rows, kind, language, axis=title)
        assert figure.axes[0].get_xlabel() == title.in_(language)
    assert dl.chart(rows, kind, axis="Share").axes[0].get_xlabel() == "Share"


def test_percentages_have_their_sign_once(opinions: Estimates) -> None:
    title = Text("Part des personnes", "Share of persons")
    for kind in ("dots", "likert"):
        figure = dl.chart(opinions, kind, "fr", axis=title, percent_signs=False, notes=NOTES)
        drawn = figure.axes[0].get_xlabel()
        assert drawn == "Part des personnes (en\u00a0%)"
        others = [text for text in words(figure) if "%" in text and text != drawn]
        assert all("Intervalle" in text for text in others)
    assert dl.chart(opinions, percent_signs=False).axes[0].get_xlabel() == "%"
    assert any(
        re.fullmatch(r"\d+\.\d", text) for text in words(dl.chart(opinions, percent_signs=False))
    )


@pytest.mark.parametrize("kind", ["dots", "bars", "likert", "dumbbell", "pyramid"])
def test_values_are_hidden(sample: Sample, kind: str) -> None:
    results = {"likert": dl.share("agree"), "pyramid": dl.count()}
    found = dl.estimate(sample, results.get(kind, dl.mean("income")), by=["sex", "diploma"])
    if kind == "likert":
        found = dl.estimate(sample, dl.share("agree"), by="sex")
    shown, hidden = words(dl.chart(found, kind)), words(dl.chart(found, kind, values=False))
    assert len(shown) - len(hidden) >= (6 if kind == "likert" else 8)
    assert set(hidden) <= set(shown)


def test_hidden_intervals_are_in_the_notes(means: Estimates) -> None:
    for language, sentence in (
        ("fr", "Les intervalles de confiance ne sont pas représentés."),
        ("en", "Confidence intervals are not shown."),
    ):
        for kind in ("dots", "bars"):
            figure = dl.chart(means, kind, language, intervals=False, notes=NOTES)
            assert all(dot.low is None for dot in figure.chart.rows)
            assert any(sentence in text for text in words(figure))
            assert sentence in figure.caption.description
            assert not any("95" in text for text in words(figure))
    assert "not shown" not in dl.chart(means).caption.description


def test_options_that_do_not_apply_are_refused(
    means: Estimates, opinions: Estimates, sample: Sample, refused: Any
) -> None:
    refused(lambda: dl.chart(opinions, "likert", intervals=False), OptionError)
    refused(lambda: dl.chart(opinions, "likert", line=0.5), OptionError)
    refused(lambda: dl.chart(sample, "histogram", variable="income", highlight="a"), OptionError)
    refused(lambda: dl.chart(means, highlight="Womn"), OptionError)
    refused(lambda: dl.chart(means, annotate={"Womn": "a"}), OptionError)
    refused(lambda: dl.chart(means, annotate={("Men", "Women"): "a"}), OptionError)
    refused(lambda: dl.chart(means, facets="sex", annotate={"None": "a"}), OptionError)
    refused(lambda: dl.chart(opinions, "bars", stacked=True, annotate={"None": "a"}), OptionError)
    refused(lambda: dl.chart(means, values="no"), OptionError)
    refused(lambda: dl.chart(means, line="target"), OptionError)
    refused(lambda: dl.chart(means, line=4000, limits=(0, 3000)), OptionError)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", ["column", "text"])
@pytest.mark.parametrize("kind", ["dots", "bars"])
def test_twelve_long_labels_with_every_option(
    sample: Sample, layout: ModuleType, kind: str, width: str, language: Any
) -> None:
    found = dl.estimate(sample, dl.mean("income"), by="sector")
    figure = dl.chart(
        found, kind, language, width=width, highlight=["3", "12"], line=1200,
        line_label=Text("Seuil", "Line"), axis=Text("Revenu mensuel en euros", "Monthly income"),
        annotate={"3": Text("En hausse depuis 2019", "Rising since 2019"), "12": Text("Stable", "Stable")},
        sort=["12", "3"], intervals=False, notes=NOTES,
    )  # fmt: skip
    assert layout.overlaps(figure) == []


@pytest.fixture(scope="module")
def series(sample: Sample) -> Estimates:
    return dl.estimate(sample, dl.mean("income"), by=["year", "sex"])


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", ["column", "page"])
def test_lines_have_the_same_options(
    series: Estimates, layout: ModuleType, language: Any, width: str
) -> None:
    figure = dl.chart(
        series, "lines", language, width=width, highlight="Women", line=1500,
        line_label=Text("Salaire minimum", "Minimum wage"), axis=Text("Revenu", "Income"),
        x_axis=Text("Année", "Year"), intervals=False, notes=NOTES,
        annotate={"2020": Text("Première réforme", "First reform"), "2021": Text("Seconde réforme", "Second reform"),
                  ("Men", "2023"): Text("Rattrapage", "Catching up")},
    )  # fmt: skip
    axes = figure.axes[0]
    assert layout.overlaps(figure) == []
    drawn = {line.get_color() for line in axes.lines if line.get_marker() in tuple("oD")}
    assert drawn == {PALE, "#D55E00"}
    assert any(list(line.get_ydata()) == [1500, 1500] for line in axes.lines)
    known = {text.replace("\u2019", "'") for text in words(figure)}
    for wanted in (
        Text("Salaire minimum", "Minimum wage"),
        Text("Première réforme", "First reform"),
        Text("Seconde réforme", "Second reform"),
        Text("Rattrapage", "Catching up"),
        Text("Revenu", "Income"),
        Text("Année", "Year"),
    ):
        assert wanted.in_(language) in known
    assert not any("95" in text for text in known)
    men = series.frame.query("sex == 1 and year == 2023")["estimate"].item()
    down = [line.get_ydata()[0] for line in axes.lines if list(line.get_xdata()) == [2023, 2023]]
    assert down[0] == pytest.approx(men)


def test_lines_have_a_logarithmic_axis_and_no_values(series: Estimates, layout: ModuleType) -> None:
    figure = dl.chart(series, "lines", scale="log", values=False, notes=NOTES)
    assert figure.axes[0].get_yscale() == "log"
    assert layout.overlaps(figure) == []
    assert {"Men", "Women"} <= set(words(figure))
    shown = dl.chart(series, "lines", notes=NOTES)
    assert any(text.startswith("Men: ") for text in words(shown))
    # a name is at the height of the last point of its line
    axes = figure.axes[0]
    stroke = next(line for line in axes.lines if line.get_transform() == axes.transAxes)
    low, high = axes.get_ylim()
    last = [line.get_ydata()[-1] for line in axes.lines if line.get_marker() in tuple("oD")]
    heights = np.log(np.array(last) / low) / np.log(high / low)
    assert min(abs(heights - stroke.get_ydata()[0])) < 1e-9


def test_slopes_are_highlighted_and_have_no_values(sample: Sample, layout: ModuleType) -> None:
    ends = sample.where("year in (2019, 2023)")
    found = dl.estimate(ends, dl.mean("income"), by=["year", "diploma"])
    figure = dl.chart(found, "slope", highlight="Short tertiary", values=False, notes=NOTES)
    drawn = [line.get_color() for line in figure.axes[0].lines if line.get_marker() in tuple("oDs")]
    assert sum(colour != PALE for colour in drawn) == 1
    assert layout.overlaps(figure) == []
    assert not any(re.search(r"\d,\d{3}", text) for text in words(figure))


def test_times_are_no_series_to_highlight(series: Estimates, refused: Any) -> None:
    refused(lambda: dl.chart(series, "lines", highlight="2021"), OptionError)
    refused(lambda: dl.chart(series, "slope", scale="log"), OptionError)


def upright(axes: Any) -> list[Any]:
    """Vertical bars as drawn, from the left."""
    patches = [patch for patch in axes.patches if isinstance(patch, mpl.patches.Rectangle)]
    return sorted(patches, key=lambda patch: (patch.get_x(), patch.get_y()))


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", ["column", "text", "page"])
@pytest.mark.parametrize("by", [["sector"], ["sex", "diploma"], ["diploma"]])
def test_vertical_bars_begin_at_zero_and_overlap_nothing(
    sample: Sample, layout: ModuleType, language: Any, width: str, by: list[str]
) -> None:
    found = dl.estimate(sample, dl.mean("income"), by=by)
    if width == "column" and by == ["sector"]:
        found = found.rows(found.frame["sector"] <= 6)
    figure = dl.chart(found, "bars", language, vertical=True, width=width, notes=NOTES)
    drawn = upright(figure.axes[0])
    assert [bar.get_height() for bar in drawn] == pytest.approx(list(found.frame["estimate"]))
    assert {bar.get_y() for bar in drawn} == {0.0}
    assert layout.overlaps(figure) == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_vertical_bars_take_the_options_of_bars(
    means: Estimates, layout: ModuleType, language: Any
) -> None:
    figure = dl.chart(
        means, "bars", language, vertical=True, colour="sex", highlight="Women", line=1500,
        line_label=Text("Cible", "Target"), axis=Text("Euros", "Euros"), width="page",
        annotate={"None": Text("Le plus bas de tous", "The lowest of all")}, sort=["4"], notes=NOTES,
    )  # fmt: skip
    axes = figure.axes[0]
    assert layout.overlaps(figure) == []
    fills = [mpl.colors.to_hex(bar.get_facecolor()) for bar in upright(axes)]
    assert [fill == PALE for fill in fills] == [True, False] * 4
    first = means.frame.query("diploma == 4")["estimate"]
    assert [bar.get_height() for bar in upright(axes)][:2] == pytest.approx(list(first))
    assert any(list(line.get_ydata()) == [1500, 1500] for line in axes.lines)
    assert {Text("Cible", "Target").in_(language), "Euros"} <= set(words(figure))
    bare = dl.chart(means, "bars", vertical=True, values=False, intervals=False)
    assert not any(re.fullmatch(r"\d,\d{3}", text.get_text()) for text in bare.axes[0].texts)
    assert "Confidence intervals are not shown." in bare.caption.description


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", ["column", "text"])
def test_vertical_parts_of_a_whole_reach_the_whole(
    sample: Sample, layout: ModuleType, language: Any, width: str
) -> None:
    table = dl.crosstab(sample, "diploma", "sex", shares="row")
    figure = dl.chart(
        table, "bars", language, stacked=True, vertical=True, width=width, notes=NOTES
    )
    drawn = upright(figure.axes[0])
    assert len(drawn) == 8
    tops = [bar.get_y() + bar.get_height() for bar in drawn[1::2]]
    assert tops == pytest.approx([1.0] * 4)
    assert [bar.get_y() for bar in drawn[::2]] == [0.0] * 4
    assert layout.overlaps(figure) == []


def test_labels_below_vertical_bars_are_not_cut_in_words(layout: ModuleType) -> None:
    from diplab.presentation.charts.dots import Dot

    names = [f"{at}5 à {at + 1}4 ans" for at in range(1, 9)]
    rows = [Dot(Text.same(name), 0.2 + at / 100) for at, name in enumerate(names)]
    for width in (70, 85, 130, 180):
        figure = dl.chart(rows, "bars", "fr", percent=True, vertical=True, title="A", width=width)
        lines = [text.get_text() for text in figure.axes[0].texts]
        written = [word for line in lines for word in line.replace("\u00a0", " ").split()]
        assert written.count("ans") == 8
        assert layout.overlaps(figure) == []


def test_vertical_bars_below_zero_have_their_value_below(layout: ModuleType) -> None:
    from diplab.presentation.charts.dots import Dot

    values = {"2019": 0.05, "2020": -0.08, "2021": 0.02}
    rows = [
        Dot(Text.same(year), value, value - 0.03, value + 0.03) for year, value in values.items()
    ]
    figure = dl.chart(
        rows, "bars", percent=True, vertical=True, title="Change", annotate={"2020": "Lockdown"}
    )
    assert layout.overlaps(figure) == []
    assert text_of(figure, "\u22128%").xy[1] == pytest.approx(-0.11)
    assert text_of(figure, "5%").xy[1] == pytest.approx(0.08)


def test_vertical_bars_without_room_are_refused(
    sample: Sample, means: Estimates, refused: Any
) -> None:
    many = dl.estimate(sample, dl.mean("income"), by="sector")
    refused(lambda: dl.chart(many, "bars", vertical=True, width=60), OptionError)
    refused(lambda: dl.chart(means, "bars", vertical=True, facets="sex"), OptionError)
    refused(
        lambda: dl.chart(many, "bars", vertical=True, annotate={"1": "Unconstitutionally low"}),
        OptionError,
    )
    refused(lambda: dl.chart(means, vertical=True), OptionError)
    refused(lambda: dl.chart(means, "bars", vertical="yes"), OptionError)


def curve_colours(axes: Any, least: int = 8) -> list[str]:
    """Colours of the curves of a chart, in their order."""
    return [line.get_color() for line in axes.lines if len(line.get_xdata()) >= least]


@pytest.mark.parametrize("name", ["Short tertiary", "3", "Bac + 2 ou + 3"])
def test_one_curve_is_highlighted(sample: Sample, name: str) -> None:
    lorenz = dl.chart(
        dl.estimate(sample, dl.lorenz("income"), by="diploma"), "lorenz", highlight=name
    )
    density = dl.chart(sample, "density", variable="income", colour="diploma", highlight=name)
    for figure in (lorenz, density):
        drawn = curve_colours(figure.axes[0])
        assert [colour != PALE for colour in drawn] == [False, False, True, False]
        curves = (
            [entry.colour for entry in figure.chart.key("en")[:4]] if figure is density else drawn
        )
        assert curves == drawn


def test_curves_of_survival_are_highlighted_without_their_intervals(
    sample: Sample, layout: ModuleType
) -> None:
    frame = pd.DataFrame({"months": np.arange(1, 61), "left": [1] * 60, "sex": [1, 2] * 30})
    people = dl.declare_design(dl.Microdata(frame, CODEBOOK))
    found = dl.survival.kaplan_meier(people, "months", "left", by="sex")
    months = Text("Mois", "Months")
    figure = dl.chart(
        found, "survival", "fr", highlight="Femmes", intervals=False, x_axis=months, notes=NOTES
    )
    assert [colour == PALE for colour in curve_colours(figure.axes[0], 20)] == [True, False]
    assert figure.axes[0].get_xlabel() == "Mois"
    assert "Les intervalles de confiance ne sont pas représentés." in figure.caption.description
    assert not any("95" in text for text in words(figure))
    assert layout.overlaps(figure) == []


def test_histograms_hide_intervals_and_name_their_axis(sample: Sample, layout: ModuleType) -> None:
    figure = dl.chart(
        sample, "histogram", "fr", variable="income", intervals=False, x_axis="Euros", notes=NOTES
    )
    assert figure.axes[0].get_xlabel() == "Euros"
    assert all(interval.low is None for interval in figure.chart.bins)
    assert "ne sont pas représentés" in figure.caption.description
    assert not any("95" in text for text in words(figure))
    assert layout.overlaps(figure) == []


@pytest.mark.parametrize("kind", ["lorenz", "survival"])
def test_curves_have_a_reference_line(sample: Sample, layout: ModuleType, kind: str) -> None:
    people = dl.declare_design(MONTHS)
    found = {
        "lorenz": lambda: dl.estimate(sample, dl.lorenz("income")),
        "survival": lambda: dl.survival.kaplan_meier(people, "months", "left"),
    }[kind]()
    half = Text("moitié", "half")
    figure = dl.chart(found, kind, "fr", line=0.5, line_label=half, notes=NOTES)
    lines = [line for line in figure.axes[0].lines if list(line.get_ydata()) == [0.5, 0.5]]
    assert len(lines) == 1
    assert "Moitié" in words(figure)
    assert figure.chart.alt.fr.endswith("Moitié\u00a0: 50\u00a0%.")
    assert figure.chart.alt.en.endswith("Half: 50%.")
    assert layout.overlaps(figure) == []
    plain = dl.chart(found, kind, "fr", notes=NOTES)
    assert figure.chart.alt.fr.startswith(plain.chart.alt.fr)
    assert not [line for line in plain.axes[0].lines if list(line.get_ydata()) == [0.5, 0.5]]


def test_a_reference_line_widens_the_axis_of_a_generalised_lorenz_curve(sample: Sample) -> None:
    found = dl.estimate(sample, dl.generalised_lorenz("income"))
    highest = dl.chart(found, "lorenz").axes[0].get_ylim()[1]
    assert dl.chart(found, "lorenz", line=2 * highest).axes[0].get_ylim()[1] > 2 * highest


def test_areas_of_a_map_are_outlined_by_code_or_name(layout: ModuleType) -> None:
    areas = [Area("75", 10.0), Area("59", 20.0), Area("13", 40.0)]
    plain = dl.chart(areas, "map", title="a")
    drawn = len(plain.axes[0].get_children())
    # Paris is drawn twice, the second time in the inset
    for names, count in ((["59"], 1), ("Nord", 1), (["75", "Bouches-du-Rhône"], 3)):
        figure = dl.chart(areas, "map", title="a", highlight=names)
        assert len(figure.axes[0].get_children()) == drawn + count
        assert layout.overlaps(figure) == []
    assert dl.chart(areas, "map", title="a", highlight="Nord").chart.outlined == {"59"}


def test_curves_and_areas_that_are_not_there_are_refused(sample: Sample, refused: Any) -> None:
    lorenz = dl.estimate(sample, dl.lorenz("income"), by="sex")
    refused(lambda: dl.chart(lorenz, "lorenz", highlight="Womn"), OptionError)
    refused(lambda: dl.chart(lorenz, "lorenz", values=False), OptionError)
    refused(
        lambda: dl.chart(sample, "density", variable="income", colour="sex", highlight="Womn"),
        OptionError,
    )
    remaining = dl.survival.kaplan_meier(dl.declare_design(MONTHS), "months", "left")
    refused(lambda: dl.chart(remaining, "survival", line=50), OptionError)
    refused(lambda: dl.chart(lorenz, "lorenz", line="half"), OptionError)
    areas = [Area("75", 10.0), Area("59", 20.0)]
    refused(lambda: dl.chart(areas, "map", title="a", highlight="Nrd"), OptionError)
