"""Bands read from labels; bounds of their statistics, by hand and by trying every place within the bands."""

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
from diplab.estimators import Linearised, statistic
from diplab.inference.banded import _estimate
from diplab.inference.banded.data import BandedAnswer, BandedQuestion
from diplab.kernel.bands.bounds import largest_gini, smallest_gini
from diplab.kernel.intervals import identified_quantile
from diplab.microdata.parse_numbers import parse_bands

FOUR = "psu w sex income\n1 1 f 1\n2 1 f 2\n3 1 m 2\n4 1 m 3\n5 1 m ."
BANDS = {1: (0, 500), 2: (500, 1000), 3: (1000, inf)}
INCOME, ENDS = dl.banded("income", BANDS), dl.banded(low="low", high="high")
CLOSED = dl.banded("income", {**BANDS, 3: (1000, 3000)})
ANY_AMOUNT = dl.banded("income", BANDS, refusals="keep")


@pytest.fixture(autouse=True)
def bounds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Laws and imputations, which would refuse the same later, have tests of their own."""
    monkeypatch.setattr(_estimate, "GUESSES", {})


def rows(sample: Any, statistic: Any, **options: Any) -> pd.DataFrame:
    return dl.estimate(sample, statistic, **options).frame


def both(sample: Any, statistic: Any, **options: Any) -> list[float]:
    return rows(sample, statistic, **options)["estimate"].tolist()


def of_ends(low: list[float], high: list[float], **columns: Any) -> Any:
    return dl.declare_design(pd.DataFrame({"low": low, "high": high, **columns}))


# of `FOUR`, whose lower ends are 0 500 500 1000 and whose upper ends are 500 1000 1000 and open
IN_EVERY_ENGINE: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    # the first for certain, two of the second band may be. Of the five units of the design the one
    # without a band has a deviation of zero: 5/4 of 4 (p - p^2) / 16
    "rate under 800": (dl.arpr(INCOME, threshold=800), (), {
        "category": ["at least", "at most"], "estimate": [0.25, 0.75], "n": [4, 4],
        "std_error": [sqrt(5 / 4 * 0.1875 / 4)] * 2, "missing": {"income": 1}}),
    "rate by domain": (dl.arpr(INCOME, threshold=800), "sex", {
        "sex": ["f", "m", "f", "m"], "estimate": [0.5, 0, 1, 0.5], "n": [2, 2, 2, 2]}),
    "an open band leaves a mean without bound": (dl.mean(INCOME), (), {
        "estimate": [500, inf], "flag": ["", "not bounded"], "ci_high": [nan, inf]}),
    "mean of closed bands": (dl.mean(CLOSED), (), {"estimate": [500, 1375], "flag": ["", ""]}),
    "median": (dl.median(INCOME), (), {"estimate": [500, 1000]}),
    "quartile": (dl.quantile(INCOME, 0.25), (), {"estimate": [0, 500]}),
    "line": (dl.arpt(INCOME), (), {"estimate": [300, 600]}),
    # the line is at 250 to 500: the first band may be under it
    "rate under half the median": (dl.arpr(INCOME, fraction=0.5), (), {"estimate": [0, 0.25]}),
    # with lines up to 600 the second band may be too, but no more than half are below the median
    "rate under 60 % of the median": (dl.arpr(INCOME), (), {"estimate": [0, 0.5]}),
    # one of five gave no answer: from 1 of 5 to 4 of 5
    "refusals may have any amount": (dl.arpr(ANY_AMOUNT, threshold=800), (), {"estimate": [0.2, 0.8], "n": [5, 5]}),
    # as of a household of four or more: the second band is poor at the highest line, the third may
    # be
    "a line between 400 and 1200": (dl.arpr(INCOME, threshold=(400, 1200)), (), {"estimate": [0, 1]}),
    "a line between two ends of bands": (dl.arpr(INCOME, threshold=(500, 1000)), (), {"estimate": [0.25, 0.75]}),
}  # fmt: skip
PER, BETWEEN = (dl.banded(low="low", high="high", per=per) for per in ("units", ("least", "most")))
UNITS = {"units": [1.5, 1.0], "most": [1.5, 1.0], "least": [1.0, 1.0]}
GAP = {"line": [500.0, 500.0, nan], "most": [600.0, 600.0, nan]}
# columns of ends and others, and the bounds
BY_ENDS: dict[str, tuple[dict[str, list[float]], Any, dict[str, Any]]] = {
    # a household without a line is left out and counted
    "a line of each household": ({"low": [0, 500, 500], "high": [500, 1000, 1000], **GAP},
        dl.arpr(ENDS, threshold="line"), {"estimate": [0.5, 0.5], "n": [2, 2], "missing": {"low, high": 1}}),
    "between two lines of each household": ({"low": [0, 500, 500], "high": [500, 1000, 1000], **GAP},
        dl.arpr(ENDS, threshold=("line", "most")), {"estimate": [0.5, 1.0]}),
    # a band that ends at the line is below it; an amount at the line is not, but by the convey
    # convention
    "people at the line": ({"low": [0, 500, 300], "high": [500, 500, 700]}, dl.arpr(ENDS, threshold=500),
        {"estimate": [1 / 3, 2 / 3]}),
    "people at the line in convey": ({"low": [0, 500, 300], "high": [500, 500, 700]},
        dl.arpr(ENDS, threshold=500, convention="convey"), {"estimate": [2 / 3, 1]}),
    "a band that begins at the line in convey": ({"low": [500, 0], "high": [700, 100]},
        dl.arpr(ENDS, threshold=500, convention="convey"), {"estimate": [0.5, 1]}),
    # 900 to 1500 over 1.5 units: 600 to 1000; over 1 to 1.5 units: 600 to 1500
    "per consumption unit": ({"low": [900, 0], "high": [1500, 100], **UNITS}, dl.mean(PER), {"estimate": [300, 550]}),
    "per 1 to 1.5 units": ({"low": [900, 0], "high": [1500, 100], **UNITS}, dl.mean(BETWEEN),
        {"estimate": [300, 800], "variable": ["low, high / least – most"] * 2}),
    # 1200 over 1 to 1.2 units may be 1200 exactly, which is not under 1200
    "an amount over two divisors reaches its upper end": ({"low": [1200, 0], "high": [1200, 100], "least": [1.0, 1.0],
        "most": [1.2, 1.0]}, dl.arpr(BETWEEN, threshold=1200), {"estimate": [0.5, 1]}),
    # ten people at 1,000 and nine of whom nothing is known: all nine may be poor, and no tenth. The
    # line is 600: with ten at 1,000 the median stays there, and 9 of 19 are under it. Of eleven
    # unknown among twenty-one one must be at or above the median instead: no more than half are
    # below it
    "who may be anywhere": ({"low": [1000] * 10 + [0] * 9, "high": [1000] * 10 + [inf] * 9}, dl.arpr(ENDS),
        {"estimate": [0, 9 / 19]}),
    "no more than half are below the median": ({"low": [1000] * 10 + [0] * 11, "high": [1000] * 10 + [inf] * 11},
        dl.arpr(ENDS), {"estimate": [0, 0.5]}),
    "a Gini index with an open band": ({"low": [0, 500, 1000], "high": [500, 1000, inf]}, dl.gini(ENDS),
        {"estimate": [..., 1], "flag": ["", "not bounded"]}),
    # the upper bound of the quantile 0.8 is 900; its interval has no end, and no length to tell an
    # error by
    "an interval that reaches the open band": ({"low": [0] * 6 + [500, 900], "high": [500] * 6 + [900, inf]},
        dl.quantile(ENDS, 0.8), {"estimate": [500, 900], "ci_high": [nan, inf], "flag": ["", "no variance"]}),
}  # fmt: skip


@pytest.mark.parametrize("case", IN_EVERY_ENGINE)
def test_by_hand(engine: Any, estimated: Any, holds: Any, case: str) -> None:
    statistic, by, expected = IN_EVERY_ENGINE[case]
    holds(estimated(engine.draw(FOUR), statistic, by=by, weights="w", psu="psu"), expected)


@pytest.mark.parametrize("case", BY_ENDS)
def test_by_ends(estimated: Any, holds: Any, case: str) -> None:
    columns, statistic, expected = BY_ENDS[case]
    holds(estimated(pd.DataFrame(columns), statistic), expected)


def test_each_end_is_a_mean_of_conditions_with_its_covariance(engine: Any, estimated: Any) -> None:
    """The same numbers as shares of columns made by hand."""
    sample = dl.declare_design(engine.draw(FOUR), weights="w", psu="psu")
    found = dl.estimate(sample, dl.arpr(INCOME, threshold=800), by="sex")
    plain = dl.estimate(sample, dl.share("income == 1"), dl.share("income <= 2"), by="sex")
    assert found.covariance == pytest.approx(plain.covariance, abs=1e-15)
    assert found.frame["std_error"].tolist() == pytest.approx(
        plain.frame["std_error"].tolist(), rel=1e-12
    )
    found = estimated(engine.draw(FOUR), dl.arpr(ANY_AMOUNT, threshold=800), weights="w", psu="psu")
    assert found.provenance.rules["refusals"] == "keep"


def test_a_refusal_may_be_negative_where_bands_are() -> None:
    sample = dl.declare_design(pd.DataFrame({"income": [1.0, 2.0, nan]}))
    income = dl.banded("income", {1: (-inf, 0), 2: (0, 100)}, refusals="keep")
    assert both(sample, dl.arpr(income, threshold=0)) == pytest.approx([1 / 3, 2 / 3], rel=1e-12)
    # A domain in which everybody has nothing has no line of its own: undefined, as with amounts.
    people = pd.DataFrame(
        {"low": [0.0, 0, 0, 500], "high": [0.0, 0, 500, 900], "town": list("aabb")}
    )
    found = dl.estimate(
        dl.declare_design(people), dl.arpr(ENDS, threshold_on="domain"), by="town"
    ).frame
    of_a = found[found["town"] == "a"]
    assert of_a["estimate"].isna().all()
    assert of_a["flag"].tolist() == ["undefined", "undefined"]
    assert found[found["town"] == "b"]["estimate"].notna().all()
    # By hand: of three who told a band one is under 500; two said nothing. Codes may be words.
    people = pd.DataFrame({"pay": ["1", "2", "2", "9", None]})
    told = dl.banded("pay", {1: (0, 500), 2: (500, 900), 9: None})
    found = dl.estimate(dl.declare_design(people), dl.arpr(told, threshold=500))
    assert found.frame["estimate"].tolist() == pytest.approx([1 / 3, 1 / 3], rel=1e-12)
    assert (found.frame["n"].tolist(), found.provenance.rules["bands"]) == (
        [3, 3],
        "1 = 0–500; 2 = 500–900",
    )
    any_amount = dl.banded("pay", {1: (0, 500), 2: (500, 900), 9: None}, refusals="keep")
    bounded = dl.estimate(dl.declare_design(people), dl.arpr(any_amount, threshold=500)).frame
    assert bounded["estimate"].tolist() == pytest.approx([1 / 5, 3 / 5], rel=1e-12)


def test_where_the_data_decide_the_row_is_a_point() -> None:
    """All amounts known: the plain estimate."""
    data = pd.DataFrame({"pay": [300.0, 700.0, 900.0, 2000.0], "sex": list("ffmm")})
    sample = dl.declare_design(data)
    for made in (dl.arpr, lambda pay: dl.arpr(pay, threshold=800), dl.mean, dl.median, dl.arpt):
        found = rows(sample, made(dl.banded(low="pay", high="pay")), by="sex")
        plain = rows(sample, made("pay"), by="sex")
        assert found["category"].tolist() == ["known", "known"]
        numbers = ["estimate", "std_error", "ci_low", "ci_high", "n"]
        pd.testing.assert_frame_equal(found[numbers], plain[numbers])


def test_words_are_read_as_bands(engine: Any) -> None:
    frame = pd.DataFrame({"income": ["under 500", "500-999", "1 000 or more", None]})
    found = dl.estimate(
        dl.declare_design(engine(frame)), dl.arpr(dl.banded("income"), threshold=800)
    )
    assert found.frame["estimate"].tolist() == pytest.approx([1 / 3, 2 / 3], rel=1e-12)
    assert found.provenance.rules["bands"] == (
        "under 500 = 0–500; 500-999 = 500–1000; 1 000 or more = 1000–∞"
    )


def test_labels_of_the_codebook_are_read_as_bands(refused: Any) -> None:
    book = dl.Codebook().described(
        "income",
        values={1: dl.Text("moins de 500 €", "below"), 2: dl.Text("500 € et plus", "over 500")},
    )
    data = dl.Microdata(pd.DataFrame({"income": [1, 1, 2]}), book)
    refused(
        lambda: dl.estimate(dl.declare_design(data), dl.median(dl.banded("income"))), OptionError
    )
    french = dl.Microdata(
        data.frame,
        dl.Codebook().described(
            "income", values={1: dl.Text.same("moins de 500 €"), 2: dl.Text.same("500 € et plus")}
        ),
    )
    assert both(dl.declare_design(french), dl.median(dl.banded("income"))) == [0, 500]


def tried(
    low: list[float], high: list[float], fraction: float, grid: list[float]
) -> tuple[float, float]:
    """Return the least and the largest rate over all amounts of a grid within the bands."""
    places = [
        [y for y in grid if a <= y < b] if a < b else [a] for a, b in zip(low, high, strict=True)
    ]
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
    grid = sorted(
        {*np.arange(1, 14, 1.0), *(np.arange(1, 14, 1.0) - 1e-6), *(0.6 * np.arange(1, 14))}
    )
    least, most = tried(low.tolist(), high.tolist(), 0.6, grid)
    found = both(of_ends(low.tolist(), high.tolist()), dl.arpr(ENDS))
    assert found[0] == pytest.approx(least, abs=1e-12)
    assert found[-1] >= most - 1e-12
    # at most the weight of one person above what can be reached
    assert found[-1] <= most + 1 / 4 + 1e-12


def test_lines_and_national_medians_that_bands_leave_open() -> None:
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
    # 51 % below 1,000 in the sample: the median of lower ends may as well be 1,000, and the
    # interval says so.
    low = [0.0] * 30 + [600.0] * 21 + [1000.0] * 49
    high = [600.0] * 30 + [1000.0] * 21 + [2000.0] * 49
    found = rows(of_ends(low, high), dl.arpr(ENDS))
    # medians 600 and 1000: lines 360 and 600
    assert found["estimate"].tolist() == [0, 0.3]
    # the median of upper ends may be 2,000, and the line 1,200: everybody but no more than half
    # below the median
    assert found["ci_high"][1] > 0.5


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
        slopes.append(
            (bound(low, high, moved[0]).gini - bound(low, high, moved[1]).gini) / (2 * step)
        )
    assert found == pytest.approx(slopes, abs=2e-6)


def test_the_interval_of_imbens_and_manski() -> None:
    """F(C + width / se) - F(-C) = .95, for the normal law and for Student's with 7 degrees of freedom."""
    width = np.array([0.0, 0.3, 1.0, 4.0, inf])
    for df, law in ((inf, stats.norm), (7.0, stats.t(7))):
        c = identified_quantile(width, np.full(5, 0.5), np.full(5, df), 0.95)
        assert law.cdf(c + width / 0.5) - law.cdf(-c) == pytest.approx([0.95] * 5, abs=1e-12)
        assert c[0] == pytest.approx(law.ppf(0.975), rel=1e-9)
        assert c[-1] == pytest.approx(law.ppf(0.95), rel=1e-9)
    # Bounds 500 and 1,400: far apart, so that each goes 1.645 standard errors out (Student: of 99
    # df).
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
    for asked in (dl.arpr(ENDS, threshold=700), dl.mean(ENDS)):
        one, other = rows(sample, asked), rows(made, asked)
        assert other["std_error"].tolist() == pytest.approx(one["std_error"].tolist(), rel=1e-6)


def test_edges(refused: Any) -> None:
    """Nobody and everybody below, one respondent, zero weights, an empty domain."""
    nobody = rows(of_ends([500, 600], [600, 700]), dl.arpr(ENDS, threshold=100))
    assert nobody["estimate"].tolist() == [0, 0]
    assert 0 < nobody["ci_high"][1] < 1
    weighted = pd.DataFrame({"low": [0.0, 0, 700], "high": [500.0, 500, 900], "w": [1.0, 0, 1]})
    zero = rows(dl.declare_design(weighted, weights="w"), dl.arpr(ENDS, threshold=600))
    assert (zero["estimate"].tolist(), zero["n"].tolist()) == ([0.5, 0.5], [2, 2])
    split = of_ends([0, 0, nan], [500, 500, nan], sex=["f", "f", "m"])
    empty = rows(split, dl.arpr(ENDS, threshold=300), by="sex")
    assert empty["flag"].tolist() == ["", "empty", "", "empty"]
    assert np.isnan(empty["estimate"][1])
    refused(lambda: rows(of_ends([nan, nan], [nan, nan]), dl.mean(ENDS)), EmptyDomainError)
    data = pd.DataFrame({"low": [0.0, 500, 0], "high": [500.0, 900, 500], "sex": ["f", "f", "m"]})
    found = rows(dl.declare_design(data), dl.mean(ENDS), by="sex")
    assert found["flag"].tolist() == ["", "no variance", "", "no variance"]
    assert np.isnan(found[["std_error", "ci_low", "ci_high"]].to_numpy()[[1, 3]]).all()
    # Width zero: the interval is the usual one, on both rows.
    sample = of_ends([0, 500, 500, 0], [500, 900, 900, 500])
    found = rows(sample, dl.arpr(ENDS, threshold=500))
    plain = rows(
        dl.declare_design(pd.DataFrame({"y": [0.0, 600.0, 600.0, 0.0]})),
        dl.arpr("y", threshold=500),
    )
    assert found["estimate"].tolist() == [0.5, 0.5]
    assert found["ci_low"][0] == pytest.approx(plain["ci_low"][0], rel=1e-9)
    assert found["ci_high"][1] == pytest.approx(plain["ci_high"][0], rel=1e-9)


def test_several_answers_of_one_call_and_points_outside_the_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sample = of_ends([0, 500, 500, 1000], [500, 1000, 1000, 2000])
    found = dl.estimate(sample, dl.mean(ENDS), dl.median(ENDS))
    assert found.frame["statistic"].tolist() == ["mean", "mean", "median", "median"]
    assert found.covariance.shape == (4, 4)
    assert np.isnan(found.covariance[0, 2])
    # Bounds .25 to .75: a law at .8 is a misfit, one at .5 is not.

    def guesses(asked: BandedQuestion) -> list[BandedAnswer]:
        one = np.ones(1)
        return [
            BandedAnswer(
                name, point * one, 0.1 * one, one, one, one, np.array([4]), ("",), {"law": "b"}, ()
            )
            for name, point in (("a", 0.8), ("b", 0.5))
        ]

    monkeypatch.setattr(_estimate, "GUESSES", {"interpolated": guesses})
    sample = of_ends([0, 500, 500, 1000], [500, 1000, 1000, inf])
    found = dl.estimate(sample, dl.arpr(ENDS, threshold=800))
    assert found.frame["category"].tolist() == ["at least", "at most", "a", "b"]
    assert found.frame["flag"].tolist() == ["", "", "misfit", ""]
    assert (found.provenance.rules["banded"], found.provenance.rules["law"]) == (
        "at least, at most, a, b",
        "b",
    )
    assert np.diag(found.covariance)[2:] == pytest.approx([0.01, 0.01])


REFUSED: list[Any] = [
    lambda: dl.total(INCOME), dl.banded,
    lambda: dl.banded(low="a", high="b", bands={1: (0, 1)}),
    lambda: dl.banded("income", {1: (500, 0)}), lambda: dl.banded("income", {1: "low"}),
    lambda: dl.banded("income", per=("a", "b", "c")), lambda: dl.banded("income", [(0, 500)]),
    lambda: dl.banded("income", beside=["law"]),
]  # fmt: skip
FRAME = pd.DataFrame({
    "low": [0.0, 500, 500], "high": [500.0, 900, 1000], "line": [600.0, 0, -1], "y": [1.0, 2, 3],
    "half": [nan, 600, 700],
    "zero": [0.0, 1, 1], "code": [1, 2, 2], "below": [-100.0, -10, 400], "fit": [5.0, 6, 7],
})  # fmt: skip
SAMPLE, KNOWN = dl.declare_design(FRAME), dl.banded(low="low", high="low")
TWICE = dl.imputed([dl.declare_design(FRAME), dl.declare_design(FRAME)])
# of `FRAME`
STATISTICS: list[tuple[type[DiplabError], Any]] = [
    (OptionError, lambda: [dl.arpr(ENDS, fraction=1.2)]), (DiplabError, lambda: [dl.arpr(ENDS, fraction=0)]),
    (OptionError, lambda: [dl.arpt(ENDS, fraction="half")]),
    (OptionError, lambda: [dl.arpr(ENDS, threshold=900, fraction=0.5)]),
    (OptionError, lambda: [dl.arpt(ENDS, threshold_on="town")]), (OptionError, lambda: [dl.quantile(ENDS, [0.1, 0.5])]),
    (OptionError, lambda: [dl.gini(ENDS, interval="woodruff")]),
    (OptionError, lambda: [dl.median(ENDS, interval="linearised")]),
    (OptionError, lambda: [dl.gini(ENDS, convention="convey")]),
    (MisleadingError, lambda: [dl.arpr(ENDS, threshold="line")]),
    (MisleadingError, lambda: [dl.arpr(ENDS, threshold=-5.0)]),
    (ColumnError, lambda: [dl.arpr(KNOWN, threshold=("fit", 5))]),
    (OptionError, lambda: [dl.arpr(KNOWN, threshold=(1, 2, 3))]),
    (OptionError, lambda: [dl.arpr(KNOWN, threshold=nan)]), (OptionError, lambda: [dl.mean(ENDS), dl.mean("y")]),
    (OptionError, lambda: [dl.arpr(ENDS), dl.arpr(ENDS, fraction=0.5)]),
    (ColumnError, lambda: [dl.mean(dl.banded(low="high", high="low"))]),
    (ColumnError, lambda: [dl.mean(dl.banded(low="low", high="half"))]),
    (ColumnError, lambda: [dl.mean(dl.banded(low="low", high="low", per="zero"))]),
    (OptionError, lambda: [dl.mean(dl.banded("code"))]),
    (OptionError, lambda: [dl.mean(dl.banded("code", {1: (0, 1)}))]),
    (ColumnError, lambda: [dl.mean(dl.banded("incme", {1: 2}))]),
    (OptionError, lambda: [dl.gini(dl.banded(low="below", high="high"))]),
]  # fmt: skip


def test_refused(refused: Any) -> None:
    for call in REFUSED:
        refused(call, OptionError)
    for error, statistics in STATISTICS:
        refused(lambda statistics=statistics: dl.estimate(SAMPLE, *statistics()), error)


def test_verbs_that_refuse(refused: Any) -> None:
    found = dl.estimate(SAMPLE, dl.mean(ENDS), by="code")
    refused(lambda: dl.contrast(found, {"code": (1, 2)}), MisleadingError)
    refused(lambda: dl.mean(ENDS).prepare(SAMPLE), OptionError)
    refused(lambda: dl.t_test(SAMPLE, ENDS, "code"), OptionError)
    refused(lambda: dl.crosstab(SAMPLE, ENDS, "code"))
    refused(lambda: dl.estimate(TWICE, dl.mean(ENDS)), OptionError)
    refused(lambda: dl.estimate(SAMPLE, dl.mean(ENDS), na="keep"), OptionError)
    refused(
        lambda: dl.estimate(of_ends([0, nan], [500, nan]), dl.mean(ENDS), na="fail"),
        MisleadingError,
    )


@pytest.mark.parametrize(("labels", "ends"), [
    (["Less than $25,000", "$25,000 - $49,999", "$50,000 - $74,999", "$75,000 or more"],
        [(0, 25_000), (25_000, 50_000), (50_000, 75_000), (75_000, inf)]),
    (["moins de 800 €", "800 à 1 199 euros", "de 1 200 à 1 999 €", "plus de 2 000 €"],
        [(0, 800), (800, 1200), (1200, 2000), (2000, inf)]),
    (["Moins de 1\u202f000\u00a0€ par mois", "De 1 000 à moins de 1 500 € nets par mois", "1 500 € et plus"],
        [(0, 1000), (1000, 1500), (1500, inf)]),
    (["entre 1 000 et 1 500 €", "entre 1 500 et 2 000 €"], [(1000, 1500), (1500, 2000)]),
    (["< 500", "500-999", "1 000 € et plus"], [(0, 500), (500, 1000), (1000, inf)]),
    (["18 to under 25", "25 to under 35", "35+"], [(18, 25), (25, 35), (35, inf)]),
    (["0 - 9.99", "10 - 19.99", "over 20"], [(0, 10), (10, 20), (20, inf)]),
    (["up to 500", "501 to 1000", "more than 1000"], [(0, 501), (501, 1001), (1001, inf)]),
    (["under 10k", "10k – 20k", "at least 20k"], [(0, 10_000), (10_000, 20_000), (20_000, inf)]),
    (["Aucun revenu", "1 à 499 €", "500 € ou plus"], [(0, 0), (0, 500), (500, inf)]),
    (["0", "1", "2", "3 or more"], [(0, 0), (1, 1), (2, 2), (3, inf)]),
    (["0-9", "10-19", "20-29"], [(0, 10), (10, 20), (20, 30)]),
    (["US$1-$99", "US$100 or more"], [(1, 100), (100, inf)]),
    (["de 1 500 à 2 000 €", "de 2 000 à 3 000 €"], [(1500, 2000), (2000, 3000)]),
    # no euro inside the words `inférieur` and `supérieur`
    (["inférieur à 500 €", "500 à 999 €", "supérieur ou égal à 1 000 €"], [(0, 500), (500, 1000), (1000, inf)]),
    (["Jusqu’à 500€/mois", "501 à 1 000 €/mois", "au-delà de 1 000 €/mois"], [(0, 501), (501, 1001), (1001, inf)]),
    (["<500", "500 à 999", ">=1000"], [(0, 500), (500, 1000), (1000, inf)]),
    # both figures are of thousands
    (["moins de 10 k€", "10-20 k€", "20 à moins de 30 k€", "30k€ et plus"],
        [(0, 10_000), (10_000, 20_000), (20_000, 30_000), (30_000, inf)]),
    (["fewer than 3", "3 ou 4", "minimum 5"], [(0, 3), (3, 5), (5, inf)]),
    (["under 500", "500-1k", "1k EUR+"], [(0, 500), (500, 1000), (1000, inf)]),
    (["moins de 5 € de l'heure", "de 5 à 10 € / heure", "10 € par heure et plus"], [(0, 5), (5, 10), (10, inf)]),
])  # fmt: skip
def test_labels_understood(labels: list[str], ends: list[tuple[float, float]]) -> None:
    """By hand: a band ends where the next begins, and the gap of one unit between whole figures closes."""
    found = parse_bands(reversed(labels), "")
    assert (list(found), list(found.values())) == (labels, ends)


UNREADABLE = [
    ["0-9", "10-19", "30-39"], ["0-10", "5-20"], ["less than 10", "5-9"], ["under 500", "prefer not to say"],
    ["1.500 - 1.999", "2.000 - 3.000"], ["low", "middle", "high", "top"], ["900 to 500"],
    ["under 500", "500 to 600 or 700"], ["18 to under 25", "26 to under 35"], [], ["less than 0", "0 to 500"],
    ["0 € ou moins", "1 à 500 €"], ["under $500 a month", "$500 or more a year"],
    ["moins de 500 € nets", "500 € bruts et plus"], ["under $500", "500 € and over"],
    # what a respondent wrote at length is not quoted
    ["I am Ann Smith, 12 High Street, and I earn 5000 at the works"],
]  # fmt: skip


def test_labels_refused(refused: Any) -> None:
    for labels in UNREADABLE:
        refused(
            lambda labels=labels: parse_bands(labels, "The bands of `income` were asked for."),
            OptionError,
        )


def test_a_statistic_of_another_package_has_its_own_answer_or_a_refusal() -> None:
    @statistic(kind="amount", bands="ends")
    def mean(totals: Any, y: Any) -> Linearised:
        """Harmonic mean, under the name of another."""
        inverse = dl.mean.on(totals, 1.0 / y)
        return Linearised(1.0 / inverse.point, inverse.variable * (-1.0 / inverse.point**2))

    people = pd.DataFrame(
        {"low": [100.0, 200, 400, 400], "high": [200.0, 400, inf, inf], "g": list("aabb")}
    )
    sample = dl.declare_design(people)
    band = dl.banded(low="low", high="high")
    found = dl.estimate(sample, mean(band)).frame.set_index("category")["estimate"]
    assert list(found.index) == ["at least", "at most"]
    # 4 / (1/100 + 1/200 + 2/400), and 4 / (1/200 + 1/400 + 0 + 0): an amount without end weighs
    # nothing
    assert found.tolist() == pytest.approx([200.0, 4 / 0.0075], rel=1e-15)
    by_group = dl.estimate(sample, mean(band), by="g").frame.set_index(["category", "g"])
    assert by_group.loc[("at most", "b"), "flag"] == "not bounded"
    assert by_group.loc[("at most", "a"), "estimate"] == pytest.approx(2 / 0.0075)
    replicated = dl.estimate(dl.make_replicates(sample, "jk1"), mean(band)).frame
    assert np.isfinite(replicated["std_error"]).all()
    known = dl.estimate(sample, mean(dl.banded(low="low", high="low"))).frame
    assert known["estimate"].tolist() == pytest.approx([200.0])


def test_what_is_not_declared_of_bands_is_refused() -> None:
    @statistic(kind="amount")
    def mean(totals: Any, y: Any) -> Linearised:
        return dl.mean.on(totals, y)

    with pytest.raises(OptionError, match=r"does not declare `@statistic\(bands=\.\.\.\)`"):
        mean(dl.banded("income"))
    with pytest.raises(OptionError, match="a statistic of one column"):

        @statistic(kind="ratio", bands="ends")
        def pair(totals: Any, y: Any, x: Any) -> Linearised:
            return dl.ratio.on(totals, y, x)

    with pytest.raises(OptionError, match="`bands='income'`"):
        statistic(kind="amount", bands="income")  # type: ignore[arg-type]
