"""Bounds of statistics of banded variables, worked by hand, and by trying every place within the bands."""

from __future__ import annotations

from itertools import product
from math import inf, nan, sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import diplab as dl
from diplab.errors import ColumnError, DiplabError, EmptyDomainError, MisleadingError, OptionError
from diplab.inference.banded import _estimate
from diplab.inference.banded.data import BandedAnswer, BandedQuestion
from diplab.kernel.bands.bounds import largest_gini, smallest_gini
from diplab.kernel.intervals import identified_quantile

FOUR = """
psu  w  sex  income
1    1  f    1
2    1  f    2
3    1  m    2
4    1  m    3
5    1  m    .
"""
BANDS = {1: (0, 500), 2: (500, 1000), 3: (1000, inf)}


@pytest.fixture(autouse=True)
def bounds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Laws and imputations have tests of their own."""
    monkeypatch.setattr(_estimate, "GUESSES", ())


def rows(sample: Any, statistic: Any, **options: Any) -> pd.DataFrame:
    return dl.estimate(sample, statistic, **options).frame


def both(sample: Any, statistic: Any, **options: Any) -> list[float]:
    return rows(sample, statistic, **options)["estimate"].tolist()


def four(engine: Any) -> Any:
    return dl.declare_design(engine.draw(FOUR), weights="w", psu="psu")


def of_ends(low: list[float], high: list[float], **columns: Any) -> Any:
    return dl.declare_design(pd.DataFrame({"low": low, "high": high, **columns}))


ENDS = dl.banded(low="low", high="high")


def test_rate_under_a_line(engine: Any) -> None:
    """Under 800: the first for certain, two of the second band may be; se of a share of 4: sqrt(p (1 - p) / 3)."""
    found = rows(four(engine), dl.arpr(dl.banded("income", BANDS), threshold=800))
    assert found["category"].tolist() == ["at least", "at most"]
    assert found["estimate"].tolist() == pytest.approx([0.25, 0.75], rel=1e-12)
    # of the five units of the design the one without a band has a deviation of zero: 5/4 of 4 (p - p^2) / 16
    assert found["std_error"].tolist() == pytest.approx([sqrt(5 / 4 * 0.1875 / 4)] * 2, rel=1e-12)
    assert found["n"].tolist() == [4, 4]


def test_by_domain(engine: Any) -> None:
    found = rows(four(engine), dl.arpr(dl.banded("income", BANDS), threshold=800), by="sex")
    assert found["sex"].tolist() == ["f", "m", "f", "m"]
    assert found["estimate"].tolist() == [0.5, 0, 1, 0.5]
    assert found["n"].tolist() == [2, 2, 2, 2]


def test_every_statistic(engine: Any) -> None:
    """Lower ends 0 500 500 1000, upper ends 500 1000 1000 and open."""
    sample = four(engine)
    income = dl.banded("income", BANDS)
    assert both(sample, dl.mean(income)) == [500, inf]
    assert both(sample, dl.median(income)) == [500, 1000]
    assert both(sample, dl.quantile(income, 0.25)) == [0, 500]
    assert both(sample, dl.arpt(income)) == [300, 600]
    # the line is at 250 to 500: the first band may be under it
    assert both(sample, dl.arpr(income, fraction=0.5)) == [0, 0.25]
    # with lines up to 600 the second band may be too, but no more than half are below the median
    assert both(sample, dl.arpr(income)) == [0, 0.5]


def test_an_open_band_leaves_a_mean_without_bound(engine: Any) -> None:
    found = rows(four(engine), dl.mean(dl.banded("income", BANDS)))
    assert found["flag"].tolist() == ["", "not bounded"]
    assert found["ci_high"].tolist()[1] == inf
    closed = rows(four(engine), dl.mean(dl.banded("income", {**BANDS, 3: (1000, 3000)})))
    assert closed["estimate"].tolist() == pytest.approx([500, 1375], rel=1e-12)
    assert closed["flag"].tolist() == ["", ""]


def test_each_end_is_a_mean_of_conditions_with_its_covariance(engine: Any) -> None:
    """The same numbers as shares of columns made by hand."""
    sample = four(engine)
    found = dl.estimate(sample, dl.arpr(dl.banded("income", BANDS), threshold=800), by="sex")
    plain = dl.estimate(sample, dl.share("income == 1"), dl.share("income <= 2"), by="sex")
    assert found.covariance == pytest.approx(plain.covariance, abs=1e-15)
    assert found.frame["std_error"].tolist() == pytest.approx(plain.frame["std_error"].tolist(), rel=1e-12)


def test_refusals_may_have_any_amount(engine: Any) -> None:
    """One of five gave no answer: from 1 of 5 to 4 of 5."""
    income = dl.banded("income", BANDS, refusals="keep")
    found = dl.estimate(four(engine), dl.arpr(income, threshold=800))
    assert found.frame["estimate"].tolist() == pytest.approx([0.2, 0.8], rel=1e-12)
    assert found.frame["n"].tolist() == [5, 5]
    assert found.provenance.rules["refusals"] == "bound"
    dropped = dl.estimate(four(engine), dl.arpr(dl.banded("income", BANDS), threshold=800))
    assert dropped.provenance.missing == {"income": 1}


def test_a_refusal_may_be_negative_where_bands_are() -> None:
    sample = dl.declare_design(pd.DataFrame({"income": [1.0, 2.0, nan]}))
    income = dl.banded("income", {1: (-inf, 0), 2: (0, 100)}, refusals="keep")
    assert both(sample, dl.arpr(income, threshold=0)) == pytest.approx([1 / 3, 2 / 3], rel=1e-12)


def test_a_line_between_two_ends(engine: Any) -> None:
    """400 to 1200, as of a household of four or more: the second band is poor at the highest line, the third may be."""
    found = both(four(engine), dl.arpr(dl.banded("income", BANDS), threshold=(400, 1200)))
    assert found == [0, 1]
    narrower = both(four(engine), dl.arpr(dl.banded("income", BANDS), threshold=(500, 1000)))
    assert narrower == [0.25, 0.75]


def test_a_line_of_each_household() -> None:
    """One without a line is left out and counted."""
    sample = of_ends([0, 500, 500], [500, 1000, 1000], line=[500.0, 500.0, nan], most=[600.0, 600.0, nan])
    found = dl.estimate(sample, dl.arpr(ENDS, threshold="line"))
    assert found.frame["estimate"].tolist() == [0.5, 0.5]
    assert found.frame["n"].tolist() == [2, 2]
    assert found.provenance.missing == {"low, high": 1}
    assert both(sample, dl.arpr(ENDS, threshold=("line", "most"))) == [0.5, 1.0]


def test_people_at_the_line() -> None:
    """A band that ends at the line is below it; an amount at the line is not, but by the convey convention."""
    sample = of_ends([0, 500, 300], [500, 500, 700])
    assert both(sample, dl.arpr(ENDS, threshold=500)) == pytest.approx([1 / 3, 2 / 3], rel=1e-12)
    at = both(sample, dl.arpr(ENDS, threshold=500, convention="convey"))
    assert at == pytest.approx([2 / 3, 1], rel=1e-12)
    beginning = both(of_ends([500, 0], [700, 100]), dl.arpr(ENDS, threshold=500, convention="convey"))
    assert beginning == [0.5, 1]


def test_per_consumption_unit() -> None:
    """900 to 1500 over 1.5 units: 600 to 1000; over 1 to 1.5 units: 600 to 1500."""
    sample = of_ends([900, 0], [1500, 100], units=[1.5, 1.0], most=[1.5, 1.0], least=[1.0, 1.0])
    per = dl.banded(low="low", high="high", per="units")
    between = dl.banded(low="low", high="high", per=("least", "most"))
    assert both(sample, dl.mean(per)) == [300, 550]
    assert both(sample, dl.mean(between)) == [300, 800]
    assert str(between) == "low, high / least – most"


def test_an_amount_over_two_divisors_reaches_its_upper_end() -> None:
    """1200 over 1 to 1.2 units may be 1200 exactly, which is not under 1200."""
    sample = of_ends([1200, 0], [1200, 100], least=[1.0, 1.0], most=[1.2, 1.0])
    per = dl.banded(low="low", high="high", per=("least", "most"))
    assert both(sample, dl.arpr(per, threshold=1200)) == [0.5, 1]


def test_where_the_data_decide_the_row_is_a_point() -> None:
    """All amounts known: the plain estimate."""
    data = pd.DataFrame({"pay": [300.0, 700.0, 900.0, 2000.0], "sex": list("ffmm")})
    sample = dl.declare_design(data)
    for made in (
        dl.arpr,
        lambda pay: dl.arpr(pay, threshold=800),
        dl.mean,
        dl.median,
        dl.arpt,
    ):
        found = rows(sample, made(dl.banded(low="pay", high="pay")), by="sex")
        plain = rows(sample, made("pay"), by="sex")
        assert found["category"].tolist() == ["known", "known"]
        numbers = ["estimate", "std_error", "ci_low", "ci_high", "n"]
        pd.testing.assert_frame_equal(found[numbers], plain[numbers])


def test_bands_that_a_fixed_line_does_not_cut() -> None:
    """Width zero: the interval is the usual one, on both rows."""
    sample = of_ends([0, 500, 500, 0], [500, 900, 900, 500])
    found = rows(sample, dl.arpr(ENDS, threshold=500))
    plain = rows(
        dl.declare_design(pd.DataFrame({"y": [0.0, 600.0, 600.0, 0.0]})), dl.arpr("y", threshold=500)
    )
    assert found["estimate"].tolist() == [0.5, 0.5]
    assert found["ci_low"][0] == pytest.approx(plain["ci_low"][0], rel=1e-9)
    assert found["ci_high"][1] == pytest.approx(plain["ci_high"][0], rel=1e-9)


def test_words_are_read_as_bands(engine: Any) -> None:
    frame = pd.DataFrame({"income": ["under 500", "500-999", "1 000 or more", None]})
    found = dl.estimate(dl.declare_design(engine(frame)), dl.arpr(dl.banded("income"), threshold=800))
    assert found.frame["estimate"].tolist() == pytest.approx([1 / 3, 2 / 3], rel=1e-12)
    assert found.provenance.rules["bands"] == (
        "under 500 = 0–500; 500-999 = 500–1000; 1 000 or more = 1000–∞"
    )


def test_labels_of_the_codebook_are_read_as_bands() -> None:
    book = dl.Codebook().described(
        "income", values={1: dl.Text("moins de 500 €", "below"), 2: dl.Text("500 € et plus", "over 500")}
    )
    data = dl.Microdata(pd.DataFrame({"income": [1, 1, 2]}), book)
    with pytest.raises(OptionError, match="It has not been read as a band: 'below'"):
        dl.estimate(dl.declare_design(data), dl.median(dl.banded("income")))
    french = dl.Microdata(
        data.frame,
        dl.Codebook().described(
            "income", values={1: dl.Text.same("moins de 500 €"), 2: dl.Text.same("500 € et plus")}
        ),
    )
    assert both(dl.declare_design(french), dl.median(dl.banded("income"))) == [0, 500]


# -- a line that is a fraction of a median known by band ----------------------------------------------------


def tried(low: list[float], high: list[float], fraction: float, grid: list[float]) -> tuple[float, float]:
    """Return the least and the largest rate over all amounts of a grid within the bands."""
    places = [[y for y in grid if a <= y < b] if a < b else [a] for a, b in zip(low, high, strict=True)]
    found = []
    for amounts in product(*places):
        y = np.array(amounts)
        median = np.median(y)
        found.append(float((y < fraction * median).mean()))
    return min(found), max(found)


@pytest.mark.parametrize("seed", range(12))
def test_relative_rate_against_every_place_within_the_bands(seed: int) -> None:
    """Four people, bands that overlap as they like: no rate is outside the bounds; the lower one is reached."""
    draw = np.random.default_rng(seed)
    low = draw.integers(1, 8, 4).astype(float)
    high = low + draw.integers(0, 6, 4)
    grid = sorted({*np.arange(1, 14, 1.0), *(np.arange(1, 14, 1.0) - 1e-6), *(0.6 * np.arange(1, 14))})
    least, most = tried(low.tolist(), high.tolist(), 0.6, grid)
    found = both(of_ends(low.tolist(), high.tolist()), dl.arpr(ENDS))
    assert found[0] == pytest.approx(least, abs=1e-12)
    assert found[-1] >= most - 1e-12
    # at most the weight of one person above what can be reached
    assert found[-1] <= most + 1 / 4 + 1e-12


def test_who_may_be_anywhere_is_not_poor_and_beyond_the_median_at_once() -> None:
    """Ten people at 1,000 and nine of whom nothing is known: all nine may be poor, and no tenth.

    The line is 600: with ten at 1,000 the median stays there, and 9 of 19 are under it. Two of eleven unknown among
    twenty-one must be at or above the median instead: no more than half are below it.
    """
    nine = of_ends([1000] * 10 + [0] * 9, [1000] * 10 + [inf] * 9)
    assert both(nine, dl.arpr(ENDS)) == pytest.approx([0, 9 / 19], rel=1e-12)
    eleven = of_ends([1000] * 10 + [0] * 11, [1000] * 10 + [inf] * 11)
    assert both(eleven, dl.arpr(ENDS)) == pytest.approx([0, 0.5], rel=1e-12)


def test_the_half_below_a_national_median_in_a_domain() -> None:
    """220 unknown of 420, all women: 210 of 220 women may be poor. With replicates alike.

    All 200 men may be poor too, under the line of a woman who is rich.
    """
    men, women = 200, 220
    sample = of_ends(
        [1000] * men + [0] * women, [1000] * men + [inf] * women, sex=["m"] * men + ["f"] * women
    )
    made = dl.make_replicates(sample, "bootstrap", 400, seed=3)
    linearised, replicated = (rows(each, dl.arpr(ENDS), by="sex") for each in (sample, made))
    assert linearised["estimate"].tolist() == pytest.approx([0, 0, 21 / 22, 1], abs=1e-12)
    assert replicated["estimate"].tolist() == pytest.approx([0, 0, 21 / 22, 1], abs=1e-12)
    assert replicated["std_error"][2] == pytest.approx(linearised["std_error"][2], rel=0.15)


def test_the_line_may_move_to_another_band() -> None:
    """51 % below 1,000 in the sample: the median of lower ends may as well be 1,000, and the interval says so."""
    low = [0.0] * 30 + [600.0] * 21 + [1000.0] * 49
    high = [600.0] * 30 + [1000.0] * 21 + [2000.0] * 49
    found = rows(of_ends(low, high), dl.arpr(ENDS))
    # medians 600 and 1000: lines 360 and 600
    assert found["estimate"].tolist() == [0, 0.3]
    # the median of upper ends may be 2,000, and the line 1,200: everybody but no more than half below the median
    assert found["ci_high"][1] > 0.5


# -- the Gini index ----------------------------------------------------------------------------------------


def gini(y: np.ndarray, w: np.ndarray) -> float:
    mean = float((w * y).sum() / w.sum())
    return float((np.abs(y[:, None] - y) * w[:, None] * w).sum() / (2 * w.sum() ** 2 * mean))


@pytest.mark.parametrize("overlapping", [False, True])
def test_gini_against_every_end_and_many_places(overlapping: bool) -> None:
    """The largest is at ends of bands, where ten persons of one weight each are tried at both."""
    draw = np.random.default_rng(5 + overlapping)
    for _ in range(6):
        if overlapping:
            low = draw.integers(0, 10, 4).astype(float)
            high = low + draw.integers(1, 8, 4)
        else:
            cuts = np.array([0.0, 3, 5, 9, 14])
            band = draw.integers(0, 4, 4)
            low, high = cuts[band], cuts[band + 1]
        weight = draw.integers(1, 4, 4).astype(float)
        least, most = smallest_gini(low, high, weight).gini, largest_gini(low, high, weight).gini
        whole = weight.astype(int)
        a, b = np.repeat(low, whole), np.repeat(high, whole)
        reached = max(
            gini(np.where(place, b, a), np.ones(a.size))
            for place in product([False, True], repeat=a.size)
            if np.where(place, b, a).any()
        )
        assert reached <= most + 1e-12
        assert most - reached < 0.05
        within = low + (high - low) * draw.random((500, 4))
        assert least <= min(gini(each, weight) for each in within) + 1e-12


def test_gini_of_two_ordered_bands_by_hand() -> None:
    """All in [100, 200): with a share p at 200 G = 100 p (1 - p) / (100 + 100 p), largest at p = sqrt(2) - 1."""
    p = sqrt(2) - 1
    assert largest_gini(np.array([100.0]), np.array([200.0]), np.ones(1)).gini == pytest.approx(
        p * (1 - p) / (1 + p), rel=1e-9
    )
    # closest: everybody of the first at 200, everybody of the second at 300
    low, high, w = np.array([100.0, 300.0]), np.array([200.0, 400.0]), np.ones(2)
    assert smallest_gini(low, high, w).gini == pytest.approx(100 / 4 / 250, rel=1e-12)


@pytest.mark.parametrize("bound", [smallest_gini, largest_gini])
def test_gini_influence_is_the_derivative_by_each_weight(bound: Any) -> None:
    """Influence function identity: the slope of the bound by each weight, found numerically."""
    low = np.array([0.0, 3, 5, 9, 5])
    high = np.array([3.0, 5, 9, 14, 9])
    weight = np.array([2.0, 1, 3, 2, 1])
    found = bound(low, high, weight).influence / weight.sum()
    step = 1e-4
    slopes = []
    for place in range(5):
        moved = [weight + sign * step * (np.arange(5) == place) for sign in (1, -1)]
        slopes.append((bound(low, high, moved[0]).gini - bound(low, high, moved[1]).gini) / (2 * step))
    assert found == pytest.approx(slopes, abs=2e-6)


def test_gini_with_an_open_band_is_bounded_by_one_only() -> None:
    asked = of_ends([0, 500, 1000], [500, 1000, inf])
    found = rows(asked, dl.gini(ENDS))
    assert found["estimate"][1] == 1
    assert found["flag"].tolist() == ["", "not bounded"]


# -- the interval ------------------------------------------------------------------------------------------


def test_the_equation_of_imbens_and_manski() -> None:
    """F(C + width / se) - F(-C) = .95, for the normal law and for Student's with 7 degrees of freedom."""
    width = np.array([0.0, 0.3, 1.0, 4.0, inf])
    for df, law in ((inf, stats.norm), (7.0, stats.t(7))):
        c = identified_quantile(width, np.full(5, 0.5), np.full(5, df), 0.95)
        assert law.cdf(c + width / 0.5) - law.cdf(-c) == pytest.approx([0.95] * 5, abs=1e-12)
        assert c[0] == pytest.approx(law.ppf(0.975), rel=1e-9)
        assert c[-1] == pytest.approx(law.ppf(0.95), rel=1e-9)


def test_interval_of_a_mean_by_hand() -> None:
    """Bounds 500 and 1,400: far apart, so that each goes 1.645 standard errors out (Student: of 99 df)."""
    draw = np.random.default_rng(2)
    low = draw.choice([0.0, 500, 1000], 100)
    found = rows(of_ends(low.tolist(), (low + 900).tolist()), dl.mean(ENDS))
    error = low.std(ddof=1) / 10
    t = stats.t(99).ppf(0.95)
    assert found["std_error"].tolist() == pytest.approx([error, error], rel=1e-12)
    assert found["ci_low"][0] == pytest.approx(low.mean() - t * error, rel=1e-6)
    assert found["ci_high"][1] == pytest.approx(low.mean() + 900 + t * error, rel=1e-6)
    assert np.isnan([found["ci_high"][0], found["ci_low"][1]]).all()


def test_replicates_give_the_spread_of_both_bounds() -> None:
    draw = np.random.default_rng(4)
    low = draw.choice([0.0, 500, 1000], 200)
    sample = of_ends(low.tolist(), (low + 500).tolist())
    made = dl.make_replicates(sample, "jkn")
    for statistic in (dl.arpr(ENDS, threshold=700), dl.mean(ENDS)):
        one, other = rows(sample, statistic), rows(made, statistic)
        assert other["std_error"].tolist() == pytest.approx(one["std_error"].tolist(), rel=1e-6)


def test_an_interval_that_reaches_the_open_band() -> None:
    """The upper bound of the quantile 0.8 is 900; its interval has no end, and no length to tell an error by."""
    found = rows(of_ends([0] * 6 + [500, 900], [500] * 6 + [900, inf]), dl.quantile(ENDS, 0.8))
    assert found["estimate"].tolist() == [500, 900]
    assert found["ci_high"][1] == inf
    assert found["flag"].tolist() == ["", "no variance"]


def test_one_unit_in_a_domain_tells_no_error() -> None:
    data = pd.DataFrame({"low": [0.0, 500, 0], "high": [500.0, 900, 500], "sex": ["f", "f", "m"]})
    found = rows(dl.declare_design(data), dl.mean(ENDS), by="sex")
    assert found["flag"].tolist() == ["", "no variance", "", "no variance"]
    assert np.isnan(found[["std_error", "ci_low", "ci_high"]].to_numpy()[[1, 3]]).all()


def test_edges(error_text) -> None:
    """Nobody and everybody below, one respondent, zero weights, an empty domain."""
    nobody = rows(of_ends([500, 600], [600, 700]), dl.arpr(ENDS, threshold=100))
    assert nobody["estimate"].tolist() == [0, 0]
    assert 0 < nobody["ci_high"][1] < 1
    weighted = pd.DataFrame({"low": [0.0, 0, 700], "high": [500.0, 500, 900], "w": [1.0, 0, 1]})
    zero = rows(dl.declare_design(weighted, weights="w"), dl.arpr(ENDS, threshold=600))
    assert zero["estimate"].tolist() == [0.5, 0.5]
    assert zero["n"].tolist() == [2, 2]
    split = of_ends([0, 0, nan], [500, 500, nan], sex=["f", "f", "m"])
    empty = rows(split, dl.arpr(ENDS, threshold=300), by="sex")
    assert empty["flag"].tolist() == ["", "empty", "", "empty"]
    assert np.isnan(empty["estimate"][1])
    with pytest.raises(EmptyDomainError) as caught:
        rows(of_ends([nan, nan], [nan, nan]), dl.mean(ENDS))
    error_text(caught)


# -- other answers -----------------------------------------------------------------------------------------


def test_a_point_outside_the_bounds_is_a_misfit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds .25 to .75: a law at .8 is a misfit, one at .5 is not."""

    def guesses(asked: BandedQuestion) -> list[BandedAnswer]:
        one = np.ones(1)
        return [
            BandedAnswer(name, point * one, 0.1 * one, one, one, one, np.array([4]), ("",), {"law": "b"}, ())
            for name, point in (("a", 0.8), ("b", 0.5))
        ]

    monkeypatch.setattr(_estimate, "GUESSES", (guesses,))
    sample = of_ends([0, 500, 500, 1000], [500, 1000, 1000, inf])
    found = dl.estimate(sample, dl.arpr(ENDS, threshold=800))
    assert found.frame["category"].tolist() == ["at least", "at most", "a", "b"]
    assert found.frame["flag"].tolist() == ["", "", "misfit", ""]
    assert found.provenance.rules["banded"] == "at least, at most, a, b"
    assert found.provenance.rules["law"] == "b"
    assert np.diag(found.covariance)[2:] == pytest.approx([0.01, 0.01])


def test_several_in_one_call() -> None:
    sample = of_ends([0, 500, 500, 1000], [500, 1000, 1000, 2000])
    found = dl.estimate(sample, dl.mean(ENDS), dl.median(ENDS))
    assert found.frame["statistic"].tolist() == ["mean", "mean", "median", "median"]
    assert found.covariance.shape == (4, 4)
    assert np.isnan(found.covariance[0, 2])


# -- refusals ----------------------------------------------------------------------------------------------


def said(call: Any, kind: type[Exception]) -> str:
    with pytest.raises(kind) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda _: dl.total(dl.banded("income")),
        lambda sample: dl.mean(ENDS).prepare(sample),
        lambda sample: dl.t_test(sample, ENDS, "sex"),
    ],
    ids=["total", "prepared", "t test"],
)
def test_no_answer_for_bands(call: Any, error_text: Any) -> None:
    with pytest.raises(OptionError) as caught:
        call(of_ends([0, 500, 500, 1000], [500, 1000, 1000, 2000], sex=list("ffmm")))
    error_text(caught)


def test_other_verbs_refuse() -> None:
    sample = of_ends([0, 500, 500, 1000], [500, 1000, 1000, 2000], sex=list("ffmm"))
    found = dl.estimate(sample, dl.mean(ENDS), by="sex")
    assert said(lambda: dl.contrast(found, {"sex": ("f", "m")}), MisleadingError) == (
        "A contrast of answers on a variable known only by band was asked for. A difference between two bounds is no "
        "bound of the difference. Write the bounds of the difference by hand: from low minus high to high minus low."
    )
    assert said(lambda: dl.crosstab(sample, ENDS, "sex"), DiplabError)
    twice = dl.imputed([sample, sample])
    assert said(lambda: dl.estimate(twice, dl.mean(ENDS)), OptionError) == (
        "`mean` of `low, high`, known by band, was asked for on several imputations. Imputations hold one amount each, "
        "and bands are what amounts are imputed from. Write the statistic of the imputed amounts, or give one sample "
        "with the bands."
    )


def test_calls_that_cannot_be_answered() -> None:
    sample = of_ends([0, 500], [500, 1000], y=[1.0, 2.0])
    assert said(lambda: dl.estimate(sample, dl.mean(ENDS), dl.mean("y")), OptionError) == (
        "2 statistics were asked for in one call. `mean` of `y` is of amounts, and others are known only by band. "
        "Write one call of `estimate` for the banded ones, and another for the rest."
    )
    assert said(lambda: dl.estimate(sample, dl.mean(ENDS), na="level"), OptionError) == (
        "`na='level'` is not one of: 'drop', 'fail' (of banded variables)."
    )
    assert said(lambda: dl.estimate(sample, dl.arpr(ENDS), dl.arpr(ENDS, fraction=0.5)), OptionError) == (
        "`arpr` of `low, high`, known by band, was asked for 2 times. Each has several answers, and their rows would "
        "bear the same names. Write one call of `estimate` for each."
    )
    gap = of_ends([0, nan], [500, nan])
    assert said(lambda: dl.estimate(gap, dl.mean(ENDS), na="fail"), MisleadingError) == (
        "`mean` of `low, high` was asked for with `na='fail'`. 1 of 2 rows have no band or no line. Write `na='drop'` "
        "to leave these rows out and count them, or `banded(..., refusals='keep')`."
    )
    assert said(lambda: dl.estimate(sample, dl.median(ENDS, interval="linearised")), OptionError) == (
        "`interval='linearised'` was asked for, of a `median` known by band. It needs amounts that spread without "
        "steps, and ends of bands are few. Write one of `woodruff`, `beta`, `xlogit`, `asin`."
    )
    convey = dl.gini(ENDS, convention="convey")
    assert said(lambda: dl.estimate(sample, convey), OptionError) == (
        "`convention='convey'` was asked for, of a Gini index known by band. Its bounds are those of the official "
        "definition, incomes kept as they are. Leave `convention` out."
    )
    negative = of_ends([-100, 0], [0, 100])
    statistic = dl.gini(ENDS)
    assert said(lambda: dl.estimate(negative, statistic), OptionError) == (
        "The Gini index of a variable known by band was asked for. Bands of 1 respondents reach below zero, where the "
        "index has no upper bound. Write bands from 0, or a sample of those with positive incomes: "
        "`sample.universe(...)`."
    )


@pytest.mark.parametrize(
    ("names", "options"),
    [
        ((), {}),
        ((), {"low": "a", "high": "b", "bands": {1: (0, 1)}}),
        (("income", [(0, 500)]), {}),
        (("income", {1: (500, 0)}), {}),
        (("income", {1: "low"}), {}),
        (("income",), {"per": ("a", "b", "c")}),
        (("income",), {"refusals": "bound"}),
        (("income",), {"beside": ["law"]}),
    ],
    ids=[
        "nothing",
        "bands of ends",
        "a list",
        "out of order",
        "a word",
        "three to divide by",
        "refusals",
        "beside",
    ],
)
def test_what_banded_refuses(names: Any, options: Any, error_text: Any) -> None:
    with pytest.raises(OptionError) as caught:
        dl.banded(*names, **options)
    error_text(caught)


def test_columns_that_cannot_be_read() -> None:
    sample = of_ends([0, 500], [500, 400], half=[nan, 600.0], zero=[0.0, 1.0], code=[1, 2], line=[5.0, 6.0])
    assert said(lambda: rows(sample, dl.mean(ENDS)), ColumnError) == (
        "Bands from `low` to `high` were asked for. On 1 rows the lower end is above the upper, or both are infinite. "
        "Write the lower end first, or look at these rows."
    )
    assert said(lambda: rows(sample, dl.mean(dl.banded(low="low", high="half"))), ColumnError) == (
        "Bands from `low` to `half` were asked for. 1 rows have one end and not the other. Write infinity for an open "
        "end, and leave both missing where there is no answer."
    )
    assert said(lambda: rows(sample, dl.mean(dl.banded(low="low", high="low", per="zero"))), ColumnError) == (
        "`zero` was asked for, to divide a banded variable by. On 1 rows it is not above zero. Leave these rows out by "
        "`sample.where(...)` or make the divisor missing there."
    )
    assert said(lambda: rows(sample, dl.mean(dl.banded("code"))), OptionError) == (
        "The bands of `code` were asked for. It has no labels. Write the bands: "
        "`bands={'first answer': (0, 500), 'last answer': (500, math.inf)}`."
    )
    assert said(lambda: rows(sample, dl.mean(dl.banded("code", {1: (0, 1)}))), OptionError) == (
        "The bands of `code` were asked for. `bands` have no ends for 1 of its answers: 2. Write the ends of each, "
        "None where it tells no amount, or declare it in the codebook as missing."
    )
    known = dl.banded(low="low", high="low")
    assert said(lambda: rows(sample, dl.arpr(known, threshold=("line", 5))), ColumnError) == (
        "A line between two ends was asked for. The lower is above the upper on 1 rows. Write "
        "`threshold=(lowest, highest)`."
    )
    assert said(lambda: rows(sample, dl.arpr(known, threshold=(1, 2, 3))), OptionError) == (  # type: ignore[arg-type]
        "The line of `arpr` was given as 3 values. It is one number or column, or two: the lowest and the highest line "
        "that a household may have. Write for example `threshold=('line_low', 'line_high')`."
    )
    assert said(lambda: rows(sample, dl.arpr(known, threshold=nan)), OptionError) == (
        "The line nan was given for `arpr`. A line is a number, a dated parameter, or a column. Write for example "
        "`threshold=1026`, or `threshold='line'`."
    )
    assert said(lambda: rows(sample, dl.mean(dl.banded("incme", {1: 2}))), ColumnError).startswith(
        "The column `incme` was asked for as part of a banded variable."
    )
    assert said(lambda: rows(sample, dl.arpr(ENDS, fraction=0)), ColumnError)
