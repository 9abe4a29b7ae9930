"""Bars, scales, pyramids, dumbbells, lines, slopes, distributions and maps: what is drawn is what was estimated."""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.text import Text as Words
from scipy.stats import gaussian_kde

import diplab as dl
from diplab.errors import OptionError
from diplab.microdata.codebook import Codebook
from diplab.microdata.microdata import Microdata
from diplab.presentation.charts.axes import luminance
from diplab.presentation.charts.chart import EDGE
from diplab.presentation.charts.distribution import density, silverman
from diplab.presentation.charts.dots import Dot
from diplab.presentation.charts.map import Area, shapes
from diplab.presentation.charts.style import DEFAULT
from diplab.reference.text import LANGUAGES, Text

AGREE = {
    1: Text("Pas du tout d'accord", "Strongly disagree"), 2: Text("Plutôt pas d'accord", "Disagree"),
    3: Text("Ni l'un ni l'autre", "Neither"), 4: Text("Plutôt d'accord", "Agree"),
    5: Text("Tout à fait d'accord", "Strongly agree"),
}  # fmt: skip
ITEMS = {
    "hours": Text(
        "Choisir ses horaires compte plus que le revenu",
        "Choosing one's hours matters more than income",
    ),
    "income_enough": Text("Le revenu est suffisant", "The income is sufficient"),
    "status": Text("Il faudrait un statut", "A status is needed"),
}
DIPLOMAS = {
    1: Text("Aucun diplôme", "None"),
    2: Text("Baccalauréat", "Upper secondary"),
    3: Text("Bac + 3", "Degree"),
}


@cache
def people() -> pd.DataFrame:
    draw, n = np.random.default_rng(20), 900
    sex, age, diploma = draw.choice([1, 2], n), draw.choice(6, n) + 1, draw.choice(3, n) + 1
    frame = pd.DataFrame(
        {
            "sex": sex, "age": age, "diploma": diploma, "w": draw.uniform(500, 1500, n),
            "year": draw.choice([2015, 2018, 2019, 2024], n), "department": draw.choice([*shapes()["departments"]], n),
            "region": draw.choice([11, 24, 84, 93], n), "pay": np.exp(draw.normal(7 + 0.1 * diploma, 0.5, n)).round(),
            "poor": draw.uniform(size=n) < 0.1 + 0.05 * sex,
        }
    )  # fmt: skip
    for place, name in enumerate(ITEMS):
        frame[name] = np.clip(np.rint(draw.normal(3 + 0.7 * (1 - place), 1, n)), 1, 5).astype(int)
    frame.loc[frame["department"].isin(["01", "2A"]) & (frame.index % 2 == 0), "department"] = "75"
    return frame


@cache
def sample() -> dl.types.Sample:
    sexes = {1: Text("Hommes", "Men"), 2: Text("Femmes", "Women")}
    ages = {at: Text(f"{at}5 à {at + 1}4 ans", f"{at}5 to {at + 1}4") for at in range(1, 7)}
    book = Codebook().described("sex", label=Text("sexe", "sex"), values=sexes)
    book = book.described("diploma", label=Text("diplôme", "diploma"), values=DIPLOMAS)
    book = book.described("age", label=Text("âge", "age"), values=ages)
    for name, label in ITEMS.items():
        book = book.described(name, label=label, values=AGREE)
    return dl.declare_design(Microdata(people(), book), weights="w")


LINE = {"variable": "pay", "line": 1102, "line_label": Text("Seuil de pauvreté", "Poverty line")}
SEEN = "not (sex == 1 and year == 2018)"
CALLS = {
    "bars": lambda: (dl.estimate(sample(), dl.mean("pay"), by=["diploma", "sex"]), {"colour": "sex"}),
    "stacked": lambda: (dl.estimate(sample(), dl.share("diploma"), by="age"), {"kind": "bars", "stacked": True}),
    "panels": lambda: (dl.estimate(sample(), dl.mean("pay"), by=["diploma", "sex"]), {"kind": "bars", "facets": "sex"}),
    "likert": lambda: (dl.estimate(sample(), *map(dl.share, ITEMS)), {"sort": "descending"}),
    "pyramid": lambda: (dl.estimate(sample(), dl.count(), by=["age", "sex"]), {}),
    "dumbbell": lambda: (dl.estimate(sample(), dl.share("poor == True"), by=["diploma", "sex"]), {}),
    "lines": lambda: (dl.estimate(sample().where(SEEN), dl.share("poor == True"), by=["year", "sex"]), {}),
    "slope": lambda: (dl.estimate(sample().where("year in (2015, 2024)"), dl.mean("pay"), by=["year", "diploma"]), {}),
    "histogram": lambda: (sample(), {**LINE, "bins": [0, 500, 1000, 1500, 2000, 3000]}),
    "density": lambda: (sample(), {**LINE, "colour": "diploma"}),
    "map": lambda: (dl.estimate(sample(), dl.mean("pay"), by="department"), {}),
    "regions": lambda: (dl.estimate(sample(), dl.mean("pay"), by="region"), {"kind": "map", "level": "regions"}),
}  # fmt: skip


@cache
def drawn(name: str, language: str = "en", width: str = "text"):
    data, options = CALLS[name]()
    return dl.chart(data, language=language, width=width, **{"kind": name, **options})


def words_of(figure) -> list[str]:
    return [
        each.get_text().replace("\u00a0", " ") for each in figure.findobj(Words) if each.get_text()
    ]


def boxes(axes) -> list[tuple[float, float, float]]:
    """Return the middle, the left and the right of each bar in data units."""
    found = [each for each in axes.patches if isinstance(each, Rectangle)]
    return [
        (each.get_y() + each.get_height() / 2, each.get_x(), each.get_x() + each.get_width())
        for each in found
    ]


@pytest.mark.parametrize("name", CALLS)
def test_words_stand_clear_and_numbers_are_told(layout, name):
    for language, width in (("fr", "column"), ("en", "text"), ("fr", "page")):
        figure = drawn(name, language, width)
        assert layout.overlaps(figure) == []
        assert sum(sign.isdigit() for sign in figure.caption.description) > 10


EXPECTED = {
    "bars": ({"Hommes", "Femmes", "Intervalle de confiance à 95 %"}, {"Men", "Women", "95% confidence interval"}),
    "stacked": ({"Baccalauréat", "n"}, {"Upper secondary", "n"}),
    "likert": ({"Tout à fait d’accord", "Le revenu est suffisant"}, {"Strongly agree", "The income is sufficient"}),
    "pyramid": ({"15 à 24 ans", "Femmes"}, {"15 to 24", "Women"}),
    "slope": ({"L’axe ne part pas de zéro."}, {"The axis does not start at zero."}),
    "histogram": ({"Part des personnes par tranche de 500"}, {"Poverty line", "Share of people per 500"}),
    "density": ({"Bac + 3", "Seuil de pauvreté", "Densité"}, {"Degree", "Poverty line", "Density"}),
    "map": ({"Paris", "La Réunion", "Non affiché"}, {"Paris", "La Réunion", "Not shown"}),
}  # fmt: skip


@pytest.mark.parametrize("name", EXPECTED)
def test_words_are_those_of_the_reader(name):
    for language, width, expected in zip(
        LANGUAGES, ("column", "text"), EXPECTED[name], strict=True
    ):
        assert expected <= set(words_of(drawn(name, language, width)))


@pytest.mark.parametrize("name", CALLS)
def test_every_area_is_seen_on_white(name):
    for axes in drawn(name).axes:
        for box in axes.patches:
            if isinstance(box, Rectangle):
                seen = [
                    box.get_facecolor(),
                    *([box.get_edgecolor()] if box.get_linewidth() >= 0.5 else []),
                ]
                assert max(1.05 / (luminance(to_hex(each)) + 0.05) for each in seen) >= 3


def test_shades_fall_or_rise_in_grey():
    assert all(
        luminance(after) > 1.4 * luminance(one) for one, after in pairwise(DEFAULT.parts[:5])
    )
    assert all(
        luminance(after) < luminance(one) / 1.25 for one, after in pairwise(DEFAULT.sequence)
    )
    for side in (DEFAULT.negative, DEFAULT.positive):
        assert all(luminance(after) > 1.5 * luminance(one) for one, after in pairwise(side))
    assert luminance(DEFAULT.negative[1]) < luminance(DEFAULT.neutral)


def test_bars_end_at_the_estimates_and_whiskers_at_the_intervals():
    estimates = CALLS["bars"]()[0].frame
    axes = drawn("bars").axes[0]
    assert [(left, right) for _, left, right in boxes(axes)] == [
        (0, pytest.approx(each)) for each in estimates["estimate"]
    ]
    ends = {tuple(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2}
    assert {tuple(each) for each in estimates[["ci_low", "ci_high"]].to_numpy()} <= ends
    middles = [middle for middle, *_ in boxes(axes)]
    assert middles == sorted(middles)
    turned = dl.chart(CALLS["bars"]()[0], "bars", colour="sex", sort="descending").axes[0]
    assert [right for _, _, right in boxes(turned)][::2] == sorted(
        estimates["estimate"][::2], reverse=True
    )


def test_stacked_bars_make_up_a_whole_and_print_what_the_table_prints():
    estimates = CALLS["stacked"]()[0]
    rows: dict[float, list[tuple[float, float]]] = {}
    for middle, left, right in boxes(drawn("stacked").axes[0]):
        rows.setdefault(round(middle, 6), []).append((left, right))
    assert len(rows) == 6
    shares = estimates.frame.sort_values(["age", "category"])["estimate"].tolist()
    assert [right - left for row in rows.values() for left, right in row] == pytest.approx(shares)
    for row in rows.values():
        assert row[0][0] == 0
        assert row[-1][1] == pytest.approx(1)
        assert all(one[1] == pytest.approx(after[0]) for one, after in pairwise(row))
    printed = [
        each.text.removesuffix("%")
        for column in dl.table(estimates).sheet.rows
        for each in column
        if each.text.endswith("%")
    ]
    assert set(printed) <= set(words_of(drawn("stacked")))
    people = estimates.frame.drop_duplicates("age")["n"]
    assert {str(each) for each in people} <= set(words_of(drawn("stacked")))


def test_a_scale_parts_at_its_line_with_the_neutral_answer_apart_and_rows_by_net_agreement():
    frame, chart = CALLS["likert"]()[0].frame, drawn("likert").chart
    shares = frame.pivot_table(index="variable", columns="category", values="estimate")
    net = (shares[4] + shares[5] - shares[1] - shares[2]).sort_values(ascending=False)
    assert [dots[0].label.en.replace("’", "'") for dots in chart._on_one_row()] == [
        ITEMS[name].en for name in net.index
    ]
    found, apart = boxes(drawn("likert").axes[0]), chart._start_of_neutral()
    for place, name in enumerate(net.index):
        # left side from its end inwards, right side from the line outwards, the neutral answer last
        ends = [each for row in found[place * 5 : place * 5 + 5] for each in row[1:]]
        one, two, three, four, five = shares.loc[name]
        expected = [-one - two, -two, -two, 0, 0, four, four, four + five, apart, apart + three]
        assert ends == pytest.approx(expected)
    assert (
        dl.chart(CALLS["likert"]()[0], "likert", neutral="Ni l'un ni l'autre").chart.sides
        == chart.sides
    )
    assert apart > (shares[4] + shares[5]).max()
    assert chart.key("en")[-1].label == "Neither"
    tied = [
        Dot(Text.same(row), 0.5, colour=Text.same(name))
        for row in ("one", "two")
        for name in ("No", "Yes")
    ]
    assert dl.chart(tied, "likert", title="a").chart.sides == (
        [Text.same("No")],
        [Text.same("Yes")],
        [],
    )
    named = [
        Dot(Text.same("one"), each, colour=Text.same(name))
        for name, each in (("No", 0.3), ("Yes", 0.5), ("?", 0.2))
    ]
    assert dl.chart(named, "likert", title="a", neutral="?").chart.sides[2] == [Text.same("?")]


def test_one_category_fills_its_bar_and_a_group_of_nobody_has_no_row():
    one = dl.chart(
        dl.estimate(sample().where("diploma == 1"), dl.share("diploma"), by="sex"),
        "bars",
        stacked=True,
    )
    assert {(left, right) for _, left, right in boxes(one.axes[0]) if right > left} == {(0.0, 1.0)}
    some = sample().where("age <= 2")
    for kind, statistic in (("pyramid", dl.count()), ("dumbbell", dl.mean("pay"))):
        rows = dl.chart(dl.estimate(some, statistic, by=["age", "sex"]), kind).chart._on_one_row()
        assert sorted(dots[0].label.en for dots in rows) == ["15 to 24", "25 to 34"]


def test_men_are_at_left_whatever_their_code_and_the_axis_counts_from_0_to_both_sides():
    frame, axes = CALLS["pyramid"]()[0].frame, drawn("pyramid").axes[0]
    men, women = (frame.loc[frame["sex"] == each, "estimate"].tolist() for each in (1, 2))
    found = sorted(boxes(axes), reverse=True)
    assert [-left for _, left, right in found if right == 0] == pytest.approx(men)
    assert [right for _, left, right in found if left == 0] == pytest.approx(women)
    low, high = axes.get_xlim()
    assert low == -high
    ticks = [axes.xaxis.get_major_formatter()(each) for each in axes.xaxis.get_majorticklocs()]
    assert ticks == ticks[::-1]
    assert "−" not in "".join(words_of(drawn("pyramid")))
    named = [
        Dot(Text.same("20"), each, colour=Text(*name))
        for each, name in ((3.0, ("Femmes", "Women")), (2.0, ("Hommes", "Men")))
    ]
    assert sorted(boxes(dl.chart(named, "pyramid", title="a").axes[0])) == [
        (pytest.approx(11), -2, 0),
        (pytest.approx(11), 0, 3),
    ]
    turned = dl.chart(named, "pyramid", title="a", left="Femmes").axes[0]
    assert min(left for _, left, _ in boxes(turned)) == -3


def test_a_dumbbell_joins_its_two_values_each_printed_beyond_its_end():
    frame, axes = CALLS["dumbbell"]()[0].frame, drawn("dumbbell").axes[0]
    joined = [sorted(line.get_xdata()) for line in axes.lines if len(line.get_xdata()) == 2]
    assert joined == [
        pytest.approx(sorted(pair)) for pair in frame["estimate"].to_numpy().reshape(-1, 2)
    ]
    sides = {each.xy[0]: each.get_ha() for each in axes.texts if hasattr(each, "xy")}
    for low, high in joined:
        assert (sides[low], sides[high]) == ("right", "left")


def test_lines_are_at_true_distances_and_break_where_a_group_has_no_value():
    frame, axes = CALLS["lines"]()[0].frame, drawn("lines").axes[0]
    men, women = [line for line in axes.lines if len(line.get_xdata()) == 4]
    assert list(men.get_xdata()) == [2015, 2018, 2019, 2024]
    known = frame[frame["sex"] == 2].sort_values("year")
    assert women.get_ydata() == pytest.approx(known["estimate"].to_numpy())
    assert np.isnan(men.get_ydata()).tolist() == [False, True, False, False]
    assert men.get_marker() != women.get_marker()
    bands = [each for each in axes.collections if isinstance(each, PolyCollection)]
    assert [len(each.get_paths()) for each in bands] == [2, 1]
    heights = bands[1].get_paths()[0].vertices[:, 1]
    assert {*known["ci_low"], *known["ci_high"]} <= {*heights}
    last = known["estimate"].iloc[-1]
    assert f"Women: {100 * last:.1f}%" in words_of(drawn("lines"))
    # times given in no order are put in theirs
    shuffled = [
        Dot(Text.same(str(year)), year / 10000, colour=Text.same("a"))
        for year in (2020, 2010, 2015)
    ]
    (line,) = [
        each
        for each in dl.chart(shuffled, "lines", title="a", times=(2020.0, 2010.0, 2015.0))
        .axes[0]
        .lines
        if len(each.get_xdata()) == 3
    ]
    assert list(line.get_xdata()) == [2010, 2015, 2020]
    assert list(line.get_ydata()) == [0.201, 0.2015, 0.202]


def test_slopes_say_rise_fall_and_no_change():
    values = {"up": (1.0, 2.0), "down": (2.0, 1.5), "same": (1.2, 1.2)}
    dots = [
        Dot(Text.same(time), pair[at], colour=Text.same(name))
        for name, pair in values.items()
        for at, time in enumerate("ab")
    ]
    figure = dl.chart(dots, "slope", title="a", decimals=1)
    assert [entry.label for entry in figure.chart.key("en")] == ["Rise", "Fall", "No change"]
    lines = [
        each
        for each in figure.axes[0].lines
        if len(each.get_xdata()) == 2 and each.get_marker() != "None"
    ]
    assert [tuple(each.get_ydata()) for each in lines] == list(values.values())
    assert (
        len({each.get_color() for each in lines}) == len({each.get_marker() for each in lines}) == 3
    )
    assert {"2.0 up", "1.5 down", "1.2 same"} <= set(words_of(figure))


def test_areas_of_a_histogram_are_the_shares_of_its_bins():
    edges = [0, 500, 1000, 1500, 2000, 3000]
    pay, weight = people()["pay"], people()["w"]
    found = [each for each in drawn("histogram").axes[0].patches if each.get_width() >= 500]
    ends = list(pairwise(edges))
    for box, (low, high) in zip(found, ends, strict=True):
        inside = (pay >= low) & ((pay < high) | (high == 3000) & (pay == high))
        assert box.get_height() * box.get_width() / 500 == pytest.approx(
            weight[inside].sum() / weight.sum()
        )
    beyond = weight[pay > 3000].sum() / weight.sum()
    note = drawn("histogram").caption.description
    assert f"Outside these bins: {100 * beyond:.1f}%" in note
    few = dl.chart(
        sample(), "histogram", variable="pay", bins=[0, 250, 5000, 9000]
    ).caption.description
    assert "Bins of fewer than 10 respondents: 1." in few
    by_itself = dl.chart(sample().where("sex == 1"), "histogram", variable="pay").chart
    assert len({round(each.stop - each.start, 9) for each in by_itself.bins}) == 1
    assert by_itself.bins[0].start == 0
    assert sum(each.share for each in by_itself.bins) > 0.985


def test_a_density_is_the_weighted_kernel_density_with_the_bandwidth_that_it_names():
    values, weights = np.array([1.0, 2.0, 4.0, 7.0]), np.array([1.0, 3.0, 2.0, 2.0])
    # by hand: mean 3.625, weighted variance 4.984375, quartiles 2 and 4, effective size 64 / 18
    deviation = math.sqrt(4.984375)
    assert silverman(values, weights) == pytest.approx(
        0.9 * min(deviation, 2 / 1.34) * (64 / 18) ** -0.2
    )
    x = np.linspace(0, 12, 25)
    scipy = gaussian_kde(values, weights=weights)
    scipy.set_bandwidth(0.8 / math.sqrt(scipy.covariance[0, 0]) * scipy.factor)
    folded = scipy(x) + scipy(-x)
    assert density(values, weights, x, 0.8) == pytest.approx(folded, abs=2e-4)
    assert density(values - 3, weights, x - 3, 0.8) == pytest.approx(scipy(x), abs=2e-4)
    far = np.append(values, 1e7), np.append(weights, 2.0)
    assert density(*far, x, 0.8) == pytest.approx(0.8 * folded, abs=2e-4)
    chart = drawn("density").chart
    for curve in chart.curves:
        # 1 less what lies beyond the last hundredth of everybody
        assert 0.95 < np.trapezoid(curve.y, curve.x) <= 1.0
    assert [each.label.en for each in chart.curves] == [each.en for each in DIPLOMAS.values()]
    assert "Silverman (1986)" in drawn("density").caption.description
    given = dl.chart(sample(), "density", variable="pay", bandwidth=150).caption.description
    assert "bandwidth chosen: 150" in given


def test_classes_of_a_map_hold_as_many_areas_and_few_respondents_are_hatched():
    frame, chart = CALLS["map"]()[0].frame, drawn("map").chart
    few = set(frame.loc[frame["n"] < 10, "department"])
    assert few
    assert few | (set(shapes()["departments"]) - set(frame["department"])) == set(chart.absent)
    values = {
        code: round(value)
        for code, value in zip(frame["department"], frame["estimate"], strict=True)
        if code not in few
    }
    assert {code: value for code, value in chart.values.items() if value is not None} == values
    bounds = chart.bounds
    assert (bounds[0], bounds[-1]) == (min(values.values()), max(values.values()))
    counts = np.histogram(list(values.values()), bounds)[0]
    assert max(counts) - min(counts) <= 3
    patches = [
        each
        for each in drawn("map").axes[0].patches
        if isinstance(each, PathPatch) and each.get_fill()
    ]
    hatched = sum(bool(each.get_hatch()) for each in patches)
    assert hatched == len(chart.absent) + len(set(chart.absent) & set(shapes()["paris"]))
    assert "Rhône\u00a0" in drawn("map").caption.description
    given = dl.chart(
        [Area("1", 1.0), Area("2a", 5.0), Area("974", 9.0)],
        "map",
        title="a",
        breaks=(0.0, 5.0, 9.0),
        classes=4,
    )
    colours = [
        to_hex(each.get_facecolor())
        for each in given.axes[0].patches
        if to_hex(each.get_facecolor()) in DEFAULT.sequence
    ]
    assert colours == [DEFAULT.sequence[at] for at in (0, 5, 5)]  # a class holds its lower bound
    assert {*given.chart.values} == {"01", "2A", "974"}
    assert "974" not in dl.chart([Area("38", 1.0)], "map", title="a").chart.drawn


def test_regions_are_their_departments():
    def area(rings: list[list[float]]) -> float:
        total = 0.0
        for ring in rings:
            x, y = np.reshape(ring, (-1, 2)).T
            total += abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
        return total

    found = shapes()
    assert (len(found["departments"]), len(found["regions"])) == (101, 18)
    parts = {
        "11": ["75", "77", "78", *map(str, range(91, 96))],
        "53": ["22", "29", "35", "56"],
        "94": ["2A", "2B"],
        "04": ["974"],
    }
    for region, codes in parts.items():
        whole = sum(area(found["departments"][each]["rings"]) for each in codes)
        assert area(found["regions"][region]["rings"]) == pytest.approx(whole, rel=0.002)


def test_what_cannot_be_drawn_is_refused(refused):
    by_sex = dl.estimate(sample(), dl.share("poor == True"), by="sex")
    by_age = dl.estimate(sample(), dl.mean("pay"), by=["age", "diploma"])
    many = [Dot(Text.same(str(at)), 1.0) for at in range(60)]
    refused(lambda: dl.chart(many, "bars", title="a"), OptionError)
    refused(lambda: dl.chart(by_sex, "bars", stacked=True), OptionError)
    refused(lambda: dl.chart(by_sex, "bars", limits=(0.1, 0.5)), OptionError)
    refused(lambda: dl.chart(by_age, "bars", colour="age"), OptionError)
    refused(lambda: dl.chart(by_age, "pyramid"), OptionError)
    refused(lambda: dl.chart(by_age, "dumbbell", colour="diploma"), OptionError)
    refused(lambda: dl.chart(CALLS["likert"]()[0], "likert", neutral="Nether"), OptionError)
    refused(lambda: dl.chart(CALLS["pyramid"]()[0], "pyramid", left="Man"), OptionError)
    refused(lambda: dl.chart(by_age, "slope", rows="age"), OptionError)
    refused(lambda: dl.chart(dl.estimate(sample(), dl.mean("pay")), "lines"), OptionError)
    refused(lambda: dl.chart(sample(), "bars"), OptionError)
    refused(lambda: dl.chart(sample(), "histogram"), OptionError)
    refused(lambda: dl.chart(sample(), "histogram", variable="wage"), dl.DiplabError)
    refused(lambda: dl.chart(sample(), "histogram", variable="pay", colour="sex"), OptionError)
    refused(
        lambda: dl.chart(sample(), "histogram", variable="pay", bins=[0, 1000, math.inf]),
        OptionError,
    )
    refused(lambda: dl.chart(sample(), "histogram", variable="pay", bins="many"), OptionError)
    refused(lambda: dl.chart(sample(), "histogram", variable="pay", bins=1), OptionError)
    refused(lambda: dl.chart(sample(), "histogram", variable="pay", line="poverty"), OptionError)
    refused(lambda: dl.chart([], "bars", title="a"), OptionError)
    refused(lambda: dl.chart(sample(), "density", variable="pay", colour="age"), OptionError)
    refused(lambda: dl.chart(sample().where("pay > 5000"), "density", variable="pay"), OptionError)
    refused(lambda: dl.chart(by_age, "map"), OptionError)
    refused(lambda: dl.chart([Area("975", 1.0)], "map", title="a"), OptionError)
    refused(lambda: dl.chart([Area("11", 1.0)], "map", title="a"), OptionError)
    refused(
        lambda: dl.chart([Area("38", 1.0), Area("39", 5.0)], "map", title="a", breaks=(2.0, 5.0)),
        OptionError,
    )
    refused(lambda: dl.chart([Area("38", 1.0)], "map", title="a", classes=9), OptionError)


def test_options_of_a_kind_hold_in_panels():
    estimates = dl.estimate(sample(), dl.share("diploma"), by=["age", "sex"])
    figure = dl.chart(estimates, "bars", stacked=True, facets="sex")
    assert [panel.chart.stacked for panel in figure.chart.panels] == [True, True]
    pyramid = dl.chart(
        dl.estimate(sample(), dl.count(), by=["age", "sex", "diploma"]),
        "pyramid",
        facets="diploma",
        colour="sex",
    )
    assert len(pyramid.chart.panels) > 1


@cache
def odd_rows() -> pd.DataFrame:
    """Men have no pay in 2018, group c none at all, and three people of group d are too few to be published."""
    draw, n = np.random.default_rng(3), 400
    frame = pd.DataFrame(
        {
            "year": draw.choice([2015, 2018, 2021], n), "sex": draw.choice(["men", "women"], n),
            "group": draw.choice(["a", "b", "c"], n), "department": draw.choice(["13", "75"], n),
            "pay": np.exp(draw.normal(7, 0.5, n)).round(), "same": 0.1, "w": draw.uniform(0.5, 2, n),
        }
    )  # fmt: skip
    frame.loc[:2, ["group", "sex", "department"]] = ["d", "women", "92"]
    frame.loc[0, "year"] = 2015
    frame.loc[1:2, "year"] = 2018
    frame.loc[
        (frame["group"] == "c") | ((frame["year"] == 2018) & (frame["sex"] == "men")), "pay"
    ] = np.nan
    return frame


@cache
def odd_people() -> dl.types.Sample:
    return dl.declare_design(odd_rows(), weights="w")


def published(by: str | list[str]) -> dl.types.Estimates:
    own = dl.Notes(coverage="Adults.", source="Test.")
    return dl.publish(
        dl.estimate(odd_people(), dl.mean("pay"), by=by), sample=odd_people(), notes=own
    )


def test_what_has_no_value_is_named_below() -> None:
    three = odd_rows().query("group != 'd'")
    shown = {
        "c, men; c, women": dl.chart(
            dl.estimate(odd_people(), dl.mean("pay"), by=["group", "sex"]), "dumbbell"
        ),
        "2018, men": dl.chart(
            dl.estimate(odd_people(), dl.mean("pay"), by=["year", "sex"]), "lines"
        ),
        "c.": dl.chart(dl.declare_design(three), "density", variable="pay", colour="group"),
        "d, 2015; d, 2018": dl.chart(published(["group", "year"]), "lines"),
    }
    for names, figure in shown.items():
        assert "Without a value (no answer, or confidential): " in figure.caption.description
        assert names in figure.caption.description
    # what lies outside the domain is not missing
    ends = dl.estimate(
        odd_people().where("year != 2018 and group == 'a'"), dl.mean("pay"), by=["year", "sex"]
    )
    assert "Without a value" not in dl.chart(ends, "slope").caption.description


def test_rows_whose_respondents_are_not_told_are_drawn() -> None:
    own = dl.Notes(coverage="Adults.", source="Test.")
    found = dl.estimate(odd_people().where("group == 'a'"), dl.mean("pay"), by=["year", "sex"])
    told = dl.publish(found, sample=odd_people(), profile="insee_entreprises", notes=own)
    assert told.frame["n"].isna().all()
    assert any(text.startswith("women:") for text in words_of(dl.chart(told, "lines")))


def test_a_line_that_ends_early_is_not_named_as_if_it_went_on() -> None:
    found = dl.estimate(odd_people().where("group != 'c'"), dl.mean("pay"), by=["year", "group"])
    value = round(float(found.frame.query("group == 'd' and year == 2018")["estimate"].iloc[0]))
    named = [text for text in words_of(dl.chart(found, "lines")) if text.startswith("d:")]
    assert [(text.startswith(f"d: {value:,}"), text.endswith("(2018)")) for text in named] == [
        (True, True)
    ]
    two = found.rows(
        (found.frame["year"] != 2021)
        & ~((found.frame["group"] == "d") & (found.frame["year"] == 2018))
    )
    slope = dl.chart(two, "slope", language="fr")
    # neither a rise, a fall nor a level: its one value stands at its own time, with its name
    assert "Stabilité" not in words_of(slope)
    assert any(text.startswith("d ") for text in words_of(slope))
    assert not any(text.endswith(" d") for text in words_of(slope))


def test_parts_that_are_confidential_are_not_stacked() -> None:
    own = dl.Notes(coverage="Adults.", source="Test.")
    hidden = dl.publish(
        dl.estimate(odd_people(), dl.share("group"), by="sex"), sample=odd_people(), notes=own
    )
    with pytest.raises(OptionError, match=r"where some are confidential, `dl.chart\(result\)`"):
        dl.chart(hidden, "bars", stacked=True)
    assert "c" in words_of(dl.chart(hidden))


def test_charts_without_letters_explain_none() -> None:
    few = dl.estimate(odd_people(), dl.lorenz("pay"), by="group")
    assert "(a)" not in dl.chart(few, "lorenz").caption.description
    assert "Few units" in dl.chart(few, "lorenz").caption.description
    told = dl.chart(published("department"), "map", language="fr").caption.description
    assert "(a)" not in told
    assert "* Moins de" not in told
    assert "moins de 10 répondants, secret statistique ou pas de donnée." in told


def test_a_curve_says_where_its_axis_does_not_start_at_zero() -> None:
    own = {"title": Text("T", "T"), "x_axis": Text("x", "x"), "y_axis": Text("y", "y")}
    said = {
        low: dl.chart(
            [(1, 1.4), (2, low)], "sensitivity_curve", y_ends=(low, 1.5), **own
        ).caption.description
        for low in (0.0, 1.0)
    }
    assert "The axis does not start at zero." in said[1.0]
    assert "start at zero" not in said[0.0]


def test_one_value_alone_has_no_density() -> None:
    # a weighted mean of equal values may differ from them in the last digit
    with pytest.raises(OptionError, match="A single value has no density"):
        dl.chart(odd_people(), "density", variable="same")


def test_the_title_of_an_axis_stays_within_the_figure(layout) -> None:
    long = Text(
        "Part de celles et ceux qui le font souvent ou parfois, les plus jeunes moins les plus "
        "âgés",
        "Share",
    )
    rows = [
        Dot(Text("a", "a"), point=0.2),
        Dot(Text("Une étiquette plutôt longue", "b"), point=0.4),
    ]
    figure = dl.chart(rows, title="T", axis=long, percent=True, language="fr")
    figure.canvas.draw()
    label = figure.axes[0].xaxis.label.get_window_extent()
    edge = EDGE / 72 * figure.dpi
    assert label.x0 > edge - 1
    assert label.x1 < figure.bbox.width - edge + 1
    assert layout.overlaps(figure) == []
