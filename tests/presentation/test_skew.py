"""The figure of a skewed distribution: by band, its mean, median and quantiles told apart, of the same people."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import pytest
from matplotlib.colors import to_rgb

from diplab.errors import MisleadingError, OptionError
from diplab.presentation.charts.skew import _KINDS, Band, Skew, SkewMark
from diplab.presentation.notes import Notes
from diplab.presentation.terms import term
from diplab.reference.text import Text

if TYPE_CHECKING:
    from pathlib import Path

FOULE = Text("répondants de Foule Factory, 2018", "Foule Factory respondents, 2018")
ALL = Text("répondants, toutes plateformes", "respondents, all platforms")
UNDER_FIVE = SkewMark("median", Text("Médiane : moins de 5 euros", "Median: under 5 euros"), 0, 5, FOULE)
NINTH = SkewMark("quantile", Text("Un sur dix gagne plus", "One in ten earns more"), 10, 10, FOULE)
# two thirds under 5 EUR a month, one in ten above 10: read by the press in the survey of one platform
MONTH = Skew(
    title=Text("Gains du mois sur Foule Factory, en 2018", "Earnings of a month on Foule Factory, 2018"),
    notes=Notes(coverage=FOULE, unit=Text("en % des répondants", "% of respondents")),
    alt=Text("Deux tiers gagnent moins de 5 euros.", "Two thirds earn less than 5 euros."),
    bands=(Band(0, 5, 2 / 3), Band(5, 10, 0.9 - 2 / 3), Band(10, math.inf, 0.1)),
    marks=(UNDER_FIVE, NINTH),
    x_axis=Text("euros par mois", "euros a month"),
    base=FOULE,
)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", [85.0, 130.0, 180.0])
def test_nothing_is_clipped_and_no_words_overlap(layout: Any, width: float, language: Any) -> None:
    figure = replace(MONTH, width=width).figure(language)
    assert layout.overlaps(figure) == []


def test_the_columns_hold_the_shares() -> None:
    axes = MONTH.figure("en").axes[0]
    heights = [bar.get_height() for bar in axes.patches]
    assert [each / heights[0] for each in heights] == pytest.approx([1, (0.9 - 2 / 3) * 1.5, 0.15])
    assert {bar.get_width() for bar in axes.patches} == {1}
    said = [each.get_text() for each in axes.texts]
    assert said[:2] == ["Median: under 5 euros", "One in ten earns more"]
    assert said[2:] == ["67%", "23%", "10%"]
    assert [each.get_text() for each in axes.get_xticklabels()] == [
        "0",
        "5",
        "10",
        term("word.and_more", "en"),
    ]


def test_a_place_is_even_within_a_band() -> None:
    """2.50 is half of the first column; 8 is three fifths of the second; nothing is known within an open band."""
    assert [MONTH.place(each) for each in (0, 2.5, 5, 8, 10, 21)] == pytest.approx([0, 0.5, 1, 1.6, 2, 2.5])


def test_the_mean_of_other_people_has_no_place_here() -> None:
    """About 21 EUR a month is the mean of all platforms; two thirds under 5 EUR are of one platform."""
    mean = SkewMark("mean", Text("Moyenne : 21 euros", "Mean: 21 euros"), 21, 21, ALL)
    with pytest.raises(MisleadingError) as caught:
        replace(MONTH, marks=(UNDER_FIVE, mean))
    assert str(caught.value) == (
        "A figure of a skewed distribution was asked for. The shares are of `Foule Factory respondents, 2018`, and "
        "the mean is of `respondents, all platforms`. "
        "Write numbers of the same people only, and others in the notes with their base."
    )


def test_black_and_white_tells_the_marks_apart() -> None:
    assert len({str(look["ls"]) for look in _KINDS.values()}) == len(_KINDS)
    assert len({look["marker"] for look in _KINDS.values()}) == len(_KINDS)
    light = [sum(part * weight for part, weight in zip(to_rgb(look["color"]), (0.3, 0.59, 0.11), strict=True))
             for look in _KINDS.values()]  # fmt: skip
    assert max(light) < 0.6  # against white and the grey of the columns


@pytest.mark.parametrize(
    "changes",
    [
        {"bands": ()},
        {"bands": (Band(0, 5, 0.5), Band(6, 7, 0.5))},
        {"bands": (Band(5, 0, 0.5),)},
        {"bands": (Band(-math.inf, 0, 0.5),)},
        {"bands": (Band(0, 5, 0.7), Band(5, 6, 0.7))},
        {"bands": (Band(0, 5, -0.1),)},
        {"bands": (Band(0, 5, math.nan),)},
        {"marks": (SkewMark("mode", Text.same("x"), 1, 1, FOULE),)},  # type: ignore[arg-type]
        {"marks": (SkewMark("mean", Text.same("x"), 2, 1, FOULE),)},
        {"marks": (SkewMark("mean", Text.same("x"), math.nan, 1, FOULE),)},
    ],
)
def test_what_is_no_distribution_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(OptionError):
        replace(MONTH, **changes)


def test_a_real_tail(shared: Path, layout: Any) -> None:
    """MTurk, 2022: median in 50 to 100 dollars a week, a tenth above 100 to 200, the mean at least 59.84."""
    file = shared / "data" / "gig_marginals" / "mturk_weekly_income_by_year.csv"
    with file.open(encoding="utf-8") as lines:
        counts = {row["v"]: int(row["n"]) for row in csv.DictReader(lines) if row["y"] == "2022" and row["v"]}
    edges = [0, 1, 5, 10, 20, 50, 100, 200, 500, math.inf]
    names = ["Less than $1", *(f"${low}-${high}" for low, high in pairwise(edges[1:9]))]
    ordered = [counts[f"{name} per week"] for name in [*names, "More than $500"]]
    shares = [each / sum(ordered) for each in ordered]
    under = list(accumulate(shares))
    middle = next(at for at, share in enumerate(under) if share >= 0.5)
    least = sum(share * low for share, low in zip(shares, edges, strict=False))
    assert (edges[middle], edges[middle + 1]) == (50, 100)
    assert least == pytest.approx(59.8418, abs=5e-5)
    base = Text("répondants", "respondents")
    figure = replace(
        MONTH,
        bands=tuple(Band(*each) for each in zip(edges, edges[1:], shares, strict=False)),
        marks=(
            SkewMark(
                "mean", Text("Moyenne : au moins 59,84 $", "Mean: at least $59.84"), least, math.inf, base
            ),
            SkewMark("median", Text("Médiane : de 50 à 100 $", "Median: $50 to $100"), 50, 100, base),
        ),
        base=base,
    )
    for language in ("fr", "en"):
        assert layout.overlaps(figure.figure(language)) == []  # type: ignore[arg-type]
