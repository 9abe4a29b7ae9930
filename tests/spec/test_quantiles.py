"""Quantiles by every rule and interval: engines, domains, ties, edges and refusals, worked by hand."""

from __future__ import annotations

from math import exp, pi, sqrt
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.estimators.quantiles import QuantileInterval
from diplab.kernel.quantiles import RULES, quantile, quantiles
from tests.conftest import BY_HAND, EDGES

if TYPE_CHECKING:
    from diplab.types import Sample

T7 = 2.3646242515927844  # Student, 97.5 %, 7 degrees of freedom (printed tables: 2.365)
COLUMNS = ["estimate", "std_error", "ci_low", "ci_high"]
EASY = [each for each in get_args(QuantileInterval) if each != "replicate"]


def eight(engine: Any) -> Sample:
    return dl.declare_design(
        engine(pd.DataFrame({"psu": range(8), "y": np.arange(1.0, 9.0)})), psu="psu"
    )


@EDGES
def test_points_by_hand(engine: Any) -> None:
    """F(20) = 1/2 exactly: 20 by the inverse of F, midway to 30 by the other; at .6 and .75 both give 30."""

    def point(sample: Any, *statistics: Any) -> list[float]:
        found: list[float] = dl.estimate(sample, *statistics).frame["estimate"].tolist()
        return found

    sample = dl.declare_design(engine.draw("psu y\n1 40\n2 10\n3 30\n4 20"), psu="psu")
    asked = [
        dl.quantile("y", p, rule=rule) for rule in ("math", "school") for p in (0.5, 0.6, 0.75)
    ]
    assert point(sample, *asked) == [20, 30, 30, 25, 30, 35]
    # weights cumulated 1, 2, 4 of 4: F(20) = 1/2
    sample = dl.declare_design(
        engine.draw("psu w y\n1 1 10\n2 1 20\n3 2 30"), weights="w", psu="psu"
    )
    asked = [
        dl.median("y"),
        dl.median("y", rule="school"),
        dl.quantile("y", 0.51),
        dl.quantile("y", 0.25),
    ]
    assert point(sample, *asked) == [20, 25, 30, 10]
    # ten weights of 0.1: the third cumulates to 0.30000000000000004, and is still the quantile of
    # .3
    frame = pd.DataFrame({"psu": range(10), "w": 0.1, "y": np.arange(10.0)})
    sample = dl.declare_design(engine(frame), weights="w", psu="psu")
    assert point(sample, dl.quantile("y", 0.3), dl.quantile("y", 0.3, rule="school")) == [2, 2.5]
    # f: 1, 5, 9 (one missing); m: 2, 4
    drawn = engine.draw("psu sex y\n1 f 1\n2 f 5\n3 f 9\n4 f .\n5 m 2\n6 m 4")
    frame = dl.estimate(dl.declare_design(drawn, psu="psu"), dl.median("y"), by="sex").frame
    assert frame[["sex", "estimate", "n"]].values.tolist() == [["f", 5, 3], ["m", 2, 2]]
    # an integer column has its own values, ten times 7 and once 100: the median is 7 and the ninth
    # decile 7
    frame = pd.DataFrame({"psu": range(11), "y": [7] * 10 + [100]})
    sample = dl.declare_design(engine(frame), psu="psu")
    assert point(sample, dl.median("y"), dl.quantile("y", 0.9), dl.quantile("y", 0.95)) == [
        7,
        7,
        100,
    ]


@BY_HAND
def test_intervals_by_hand(engine: Any) -> None:
    """Values 1 to 8. F(4) = 1/2 with variance 8/7 * 8 * (1/16)^2 = 1/28; Woodruff's ends 1/2 -/+ t sqrt(1/28) = .0531,
    .9469, read back: 1 and 8. Standard error 7 / (2 t).

    By the score of share 1/2: at y = k, F = k/8 with variance 8/7 * F (1 - F) / 8 and score
    (k - 4) / sqrt(k (8 - k) / 7): -3 at 1 is past t = 2.365, -1.528 at 2 is not; 1.528 at 6, 3 at
    7.
    """
    plain, row = dl.estimate(
        eight(engine), dl.median("y"), dl.median("y", interval="score")
    ).frame.iloc
    assert plain[["estimate", "ci_low", "ci_high"]].tolist() == [4, 1, 8]
    assert plain["std_error"] == pytest.approx(7 / (2 * T7), rel=1e-9)
    assert row[["estimate", "ci_low", "ci_high"]].tolist() == [4, 2, 6]
    assert row["std_error"] == pytest.approx(4 / (2 * T7), rel=1e-9)
    # share 7/8: the score at 7 is 0; at 5 (5 - 7) / sqrt(15 / 7) = -1.37, at 4 -3 / sqrt(16 / 7) =
    # -1.98, at 3 -2.73. Nothing below the largest value is too high
    row = dl.estimate(eight(engine), dl.quantile("y", 7 / 8, interval="score")).frame.iloc[0]
    assert row[["estimate", "ci_low", "ci_high"]].tolist() == [7, 4, 8]
    # ten of twenty say 100, and the quantile of .4 is 100 (F = .75): the estimate is never
    # rejected, though F there is far above the share; 5 (F = .25, score -1.51) is not rejected, 4
    # (F = .2, -2.18) is, with t(19) = 2.093
    values = [1, 2, 3, 4, 5, *[100] * 10, 101, 102, 103, 104, 105]
    sample = dl.declare_design(
        engine(pd.DataFrame({"psu": range(20), "y": np.array(values, dtype=float)})), psu="psu"
    )
    row = dl.estimate(sample, dl.quantile("y", 0.4, interval="score")).frame.iloc[0]
    assert row[["estimate", "ci_low", "ci_high"]].tolist() == [100, 5, 100]
    # values 1 to 8: sd = sqrt(5.25), bandwidth sd / 8^.2, density at 4 the mean of eight normal
    # curves; the variance of F(4) = 1/2 is 1/28
    width = sqrt(5.25) / 8**0.2
    height = sum(exp(-(((value - 4) / width) ** 2) / 2) for value in range(1, 9)) / (
        8 * width * sqrt(2 * pi)
    )
    row = dl.estimate(eight(engine), dl.median("y", interval="linearised")).frame.iloc[0]
    error = sqrt(1 / 28) / height
    assert row["std_error"] == pytest.approx(error, rel=1e-9)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(
        [4 - T7 * error, 4 + T7 * error], rel=1e-9
    )


def test_engines_agree_on_every_rule(engine: Any) -> None:
    """Twelve people in four towns and two groups, one answer missing, with ties of unequal weight.

    Of queries come values and weights, on which one code reads every rule: two of them are asked
    there.
    """
    drawn = """
psu g w y
1   a 1 10
1   a 2 20
1   b 3 20
2   a 3 20
2   a 1 30
2   b 2 30
3   b 1 40
3   a 2 40
3   b 1 .
4   a 1 50
4   b 5 20
4   b 2 60
"""
    sample = dl.declare_design(engine.draw(drawn), weights="w", psu="psu")
    rules, shares = RULES if engine.name == "pandas" else ("math", "hf7"), (0.1, 0.4, 0.5, 0.9)
    asked = [dl.quantile("y", p, rule=rule) for rule in rules for p in shares]
    found = dl.estimate(sample, *asked, by="g").frame["estimate"].tolist()
    a = [10, 20, 20, 30, 40, 50], [1, 2, 3, 1, 2, 1]
    b = [20, 20, 30, 40, 60], [3, 5, 2, 1, 2]
    by_hand = [
        quantile(np.array(values, dtype=float), np.array(weights, dtype=float), p, rule)
        for rule in rules
        for p in shares
        for values, weights in (a, b)
    ]
    assert found == pytest.approx(by_hand, rel=1e-12)


def test_engines_agree_on_every_interval(engine: Any) -> None:
    random = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "psu": np.repeat(range(12), 5),
            "g": list("ab") * 30,
            "w": random.integers(1, 9, 60).astype(float),
        }
    ).assign(y=random.integers(1, 40, 60).astype(float))
    asked = [dl.quantile("y", 0.2, interval=interval) for interval in EASY]
    found = dl.estimate(
        dl.declare_design(engine(frame), weights="w", psu="psu"), *asked, by="g"
    ).frame
    plain = dl.estimate(dl.declare_design(frame, weights="w", psu="psu"), *asked, by="g").frame
    np.testing.assert_allclose(
        found[COLUMNS].astype(float), plain[COLUMNS].astype(float), rtol=1e-10
    )


@pytest.mark.parametrize("interval", EASY)
def test_domains_of_nobody_of_one_and_without_weight(interval: str) -> None:
    """a: four that differ; b: one respondent; c: nobody answered; d: no weight; e: three that say the same."""
    frame = pd.DataFrame(
        {
            "psu": range(12),
            "g": list("aaaabcddeeee"),
            "w": [1.0, 1, 2, 1, 1, 1, 0, 0, 1, 1, 1, 0],
            "y": [1.0, 2, 3, 9, 5, np.nan, 6, 7, 4, 4, 4, 8],
        }
    )
    sample = dl.declare_design(frame, weights="w", psu="psu")
    for rule in ("math", "school", "hf7", "shahvaish"):
        found = dl.estimate(sample, dl.median("y", interval=interval, rule=rule), by="g").frame
        assert found["n"].tolist() == [4, 1, 0, 0, 3]
        assert found["estimate"].isna().tolist() == [False, False, True, True, False]
        assert found["estimate"][[1, 4]].tolist() == [5, 4]
        assert found.loc[[2, 3], ["ci_low", "ci_high"]].isna().all(axis=None)
        known = found.loc[found["ci_low"].notna()]
        assert 0 in known.index
        assert (known["ci_low"] <= known["estimate"]).all()
        assert (known["estimate"] <= known["ci_high"]).all()


def test_quantiles_of_many_domains_and_shares() -> None:
    """10, 20, 30 | nothing | 5 | 1, 2: by domain (rows) and share (columns)."""
    starts = np.array([0, 3, 3, 4, 6])
    values, weights = np.array([10.0, 20, 30, 5, 1, 2]), np.array([1.0, 1, 2, 3, 1, 1])
    shares = np.array([[0.25, 0.5, 1.0], [0.5, 0.5, 0.5], [0.1, np.nan, 2.0], [-1.0, 0.5, 0.51]])
    nan = np.nan
    # hf4 on 10, 20, 30 of weight 1, 1, 2: heights 1, 2, 4 of 4
    for rule, first, last in (
        ("math", [10, 20, 30], [1, 1, 2]), ("school", [15, 25, 30], [1, 1.5, 2]), ("hf4", [10, 20, 30], [1, 1, 1.02]),
    ):  # fmt: skip
        found = quantiles(starts, values, weights, shares, rule)
        np.testing.assert_allclose(found, [first, [nan] * 3, [5, nan, 5], last], rtol=1e-14)
    assert np.isnan(
        quantiles(np.array([0, 0]), values[:0], weights[:0], np.array([0.5]))
    ).tolist() == [True]
    # weights times a constant change nothing
    values, weights = np.array([1.0, 1, 2, 5, 5, 9]), np.array([1.5, 2, 3, 0.5, 1, 2])
    for rule in RULES:
        once, many = (
            [quantile(values, w, p, rule) for p in np.linspace(0.03, 0.97, 32)]
            for w in (weights, 1024 * weights)
        )
        assert many == once == sorted(once)


def test_replicate_interval(table: Any, refused: Any) -> None:
    """Jackknife of 1, 2, 4, 8, 16 by hand: the median is 4; without 1 or 2 it is 4 (F(4) = 1/2 of the rest), without
    4, 8 or 16 it is 2. About their mean, 2.8: 4/5 * (2 * 1.44 + 3 * .64) = 3.84.
    """
    sample = dl.declare_design(table("psu y\n1 1\n2 2\n3 4\n4 8\n5 16"), psu="psu")
    row = dl.estimate(
        dl.make_replicates(sample, "jk1"), dl.median("y", interval="replicate")
    ).frame.iloc[0]
    assert row["std_error"] == pytest.approx(sqrt(3.84), rel=1e-12)
    half = 2.7764451051977987 * sqrt(3.84)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([4 - half, 4 + half], rel=1e-9)
    sample = dl.declare_design(table("psu y\n1 1\n2 2\n3 3"), psu="psu")
    refused(lambda: dl.estimate(sample, dl.median("y", interval="replicate")))


def test_with_replicates_the_error_of_f_is_theirs(table: Any) -> None:
    """For a total or a share the jackknife of single units is the linearised variance, and so these intervals stay."""
    drawn = table("psu y\n" + "\n".join(f"{place} {place * place % 17}" for place in range(1, 13)))
    sample = dl.declare_design(drawn, psu="psu")
    asked = [
        dl.quantile("y", 0.4, interval=interval) for interval in ("woodruff", "linearised", "score")
    ]
    plain = dl.estimate(sample, *asked).frame[COLUMNS].to_numpy(dtype=float)
    made = (
        dl.estimate(dl.make_replicates(sample, "jk1"), *asked).frame[COLUMNS].to_numpy(dtype=float)
    )
    np.testing.assert_allclose(made, plain, rtol=1e-9)


def test_many_rows_are_read_as_few() -> None:
    """Above 100,000 rows values are binned first: the same quantiles as numpy's, of equal weights."""
    values = np.random.default_rng(3).lognormal(7, 1, 120_000).round(1)
    sample = dl.declare_design(pd.DataFrame({"y": values}))
    for rule, method in (("math", "inverted_cdf"), ("hf7", "linear")):
        found = dl.estimate(
            sample, *(dl.quantile("y", p, rule=rule) for p in (0.001, 0.3, 0.999))
        ).frame["estimate"]
        assert found.tolist() == pytest.approx(
            np.quantile(values, [0.001, 0.3, 0.999], method=method), rel=1e-12
        )


@EDGES
def test_few_distinct_values_are_flagged(engine: Any) -> None:
    """A median of five answers moves by whole steps; ten values of ten people are not steps."""
    people = pd.DataFrame(
        {"item": np.arange(60) % 5 + 1, "hours": np.arange(60) % 11, "sex": ["f"] * 50 + ["m"] * 10}
    )
    asked = [
        dl.median("item"),
        dl.quantile("item", 0.25, interval="linearised"),
        dl.median("hours"),
    ]
    found = dl.estimate(dl.declare_design(engine(people)), *asked).frame["flag"].tolist()
    assert found == ["few distinct values", "few distinct values", ""]
    by_sex = dl.estimate(dl.declare_design(engine(people)), dl.median("hours"), by="sex").frame[
        "flag"
    ]
    assert by_sex.tolist() == ["", ""]
