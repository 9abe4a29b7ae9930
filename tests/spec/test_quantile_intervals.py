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

if TYPE_CHECKING:
    from diplab.types import Sample

T7 = 2.3646242515927844  # Student, 97.5 %, 7 degrees of freedom (printed tables: 2.365)
COLUMNS = ["estimate", "std_error", "ci_low", "ci_high"]
EASY = [each for each in get_args(QuantileInterval) if each != "replicate"]


def eight(engine: Any) -> Sample:
    return dl.declare_design(engine(pd.DataFrame({"psu": range(8), "y": np.arange(1.0, 9.0)})), psu="psu")


def test_intervals_by_hand(engine: Any) -> None:
    """Values 1 to 8, share 1/2. At y = k, F = k/8 with variance 8/7 * F (1 - F) / 8 and score
    (k - 4) / sqrt(k (8 - k) / 7): -3 at 1 is past t = 2.365, -1.528 at 2 is not; 1.528 at 6, 3 at 7.
    """
    row = dl.estimate(eight(engine), dl.median("y", interval="score")).frame.iloc[0]
    assert row[["estimate", "ci_low", "ci_high"]].tolist() == [4, 2, 6]
    assert row["std_error"] == pytest.approx(4 / (2 * T7), rel=1e-9)
    # share 7/8: the score at 7 is 0; at 5 (5 - 7) / sqrt(15 / 7) = -1.37, at 4 -3 / sqrt(16 / 7) = -1.98, at 3 -2.73.
    # Nothing below the largest value is too high
    row = dl.estimate(eight(engine), dl.quantile("y", 7 / 8, interval="score")).frame.iloc[0]
    assert row[["estimate", "ci_low", "ci_high"]].tolist() == [7, 4, 8]
    # ten of twenty say 100, and the quantile of .4 is 100 (F = .75): the estimate is never rejected, though F there is
    # far above the share; 5 (F = .25, score -1.51) is not rejected, 4 (F = .2, -2.18) is, with t(19) = 2.093
    values = [1, 2, 3, 4, 5, *[100] * 10, 101, 102, 103, 104, 105]
    frame = pd.DataFrame({"psu": range(20), "y": np.array(values, dtype=float)})
    sample = dl.declare_design(engine(frame), psu="psu")
    row = dl.estimate(sample, dl.quantile("y", 0.4, interval="score")).frame.iloc[0]
    assert row[["estimate", "ci_low", "ci_high"]].tolist() == [100, 5, 100]
    # values 1 to 8: sd = sqrt(5.25), bandwidth sd / 8^.2, density at 4 the mean of eight normal curves; the variance of
    # F(4) = 1/2 is 1/28
    width = sqrt(5.25) / 8**0.2
    height = sum(exp(-(((value - 4) / width) ** 2) / 2) for value in range(1, 9)) / (8 * width * sqrt(2 * pi))
    row = dl.estimate(eight(engine), dl.median("y", interval="linearised")).frame.iloc[0]
    error = sqrt(1 / 28) / height
    assert row["std_error"] == pytest.approx(error, rel=1e-9)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([4 - T7 * error, 4 + T7 * error], rel=1e-9)


@pytest.mark.parametrize("rule", RULES)
def test_engines_agree_on_every_rule(rule: str, engine: Any) -> None:
    """Twelve people in four towns and two groups, one answer missing, with ties of unequal weight."""
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
    asked = [dl.quantile("y", p, rule=rule) for p in (0.1, 0.4, 0.5, 0.9)]
    found = dl.estimate(sample, *asked, by="g").frame["estimate"].tolist()
    a = [10, 20, 20, 30, 40, 50], [1, 2, 3, 1, 2, 1]
    b = [20, 20, 30, 40, 60], [3, 5, 2, 1, 2]
    by_hand = [
        quantile(np.array(values, dtype=float), np.array(weights, dtype=float), p, rule)
        for p in (0.1, 0.4, 0.5, 0.9)
        for values, weights in (a, b)
    ]
    assert found == pytest.approx(by_hand, rel=1e-12)


@pytest.mark.parametrize("interval", EASY)
def test_engines_agree_on_every_interval(interval: str, engine: Any) -> None:
    random = np.random.default_rng(7)
    frame = pd.DataFrame(
        {"psu": np.repeat(range(12), 5), "g": list("ab") * 30, "w": random.integers(1, 9, 60).astype(float)}
    ).assign(y=random.integers(1, 40, 60).astype(float))
    asked = [dl.quantile("y", p, interval=interval) for p in (0.2, 0.5)]
    found = dl.estimate(dl.declare_design(engine(frame), weights="w", psu="psu"), *asked, by="g").frame
    plain = dl.estimate(dl.declare_design(frame, weights="w", psu="psu"), *asked, by="g").frame
    np.testing.assert_allclose(found[COLUMNS].astype(float), plain[COLUMNS].astype(float), rtol=1e-10)


@pytest.mark.parametrize("interval", EASY)
@pytest.mark.parametrize("rule", ["math", "school", "hf7", "shahvaish"])
def test_domains_of_nobody_of_one_and_without_weight(interval: str, rule: str) -> None:
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
    np.testing.assert_array_equal(
        quantiles(starts, values, weights, shares), [[10, 20, 30], [nan] * 3, [5, nan, 5], [1, 1, 2]]
    )
    np.testing.assert_array_equal(
        quantiles(starts, values, weights, shares, "school"), [[15, 25, 30], [nan] * 3, [5, nan, 5], [1, 1.5, 2]]
    )
    # hf4 on 10, 20, 30 of weight 1, 1, 2: heights 1, 2, 4 of 4
    np.testing.assert_allclose(
        quantiles(starts, values, weights, shares, "hf4"), [[10, 20, 30], [nan] * 3, [5, nan, 5], [1, 1, 1.02]]
    )
    assert quantiles(np.array([0, 0]), values[:0], weights[:0], np.array([0.5])).tolist() == pytest.approx(
        [nan], nan_ok=True
    )


@pytest.mark.parametrize("rule", RULES)
def test_weights_times_a_constant_change_nothing(rule: str) -> None:
    values, weights = np.array([1.0, 1, 2, 5, 5, 9]), np.array([1.5, 2, 3, 0.5, 1, 2])
    shares = np.linspace(0.03, 0.97, 32)
    once = [quantile(values, weights, share, rule) for share in shares]
    many = [quantile(values, 1024 * weights, share, rule) for share in shares]
    assert many == once
    assert once == sorted(once)


def test_replicate_interval(table: Any, refused: Any) -> None:
    """Jackknife of 1, 2, 4, 8, 16 by hand: the median is 4; without 1 or 2 it is 4 (F(4) = 1/2 of the rest), without
    4, 8 or 16 it is 2. About their mean, 2.8: 4/5 * (2 * 1.44 + 3 * .64) = 3.84.
    """
    sample = dl.declare_design(table("psu y\n1 1\n2 2\n3 4\n4 8\n5 16"), psu="psu")
    row = dl.estimate(dl.make_replicates(sample, "jk1"), dl.median("y", interval="replicate")).frame.iloc[0]
    assert row["std_error"] == pytest.approx(sqrt(3.84), rel=1e-12)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(
        [4 - 2.7764451051977987 * sqrt(3.84), 4 + 2.7764451051977987 * sqrt(3.84)], rel=1e-9
    )
    sample = dl.declare_design(table("psu y\n1 1\n2 2\n3 3"), psu="psu")
    refused(lambda: dl.estimate(sample, dl.median("y", interval="replicate")))


@pytest.mark.parametrize("interval", ["woodruff", "linearised", "score"])
def test_with_replicates_the_error_of_f_is_theirs(table: Any, interval: str) -> None:
    """For a total or a share the jackknife of single units is the linearised variance, and so these intervals stay."""
    drawn = table("psu y\n" + "\n".join(f"{place} {place * place % 17}" for place in range(1, 13)))
    sample = dl.declare_design(drawn, psu="psu")
    asked = dl.quantile("y", 0.4, interval=interval)
    plain = dl.estimate(sample, asked).frame[COLUMNS].to_numpy(dtype=float)
    made = dl.estimate(dl.make_replicates(sample, "jk1"), asked).frame[COLUMNS].to_numpy(dtype=float)
    np.testing.assert_allclose(made, plain, rtol=1e-9)


@pytest.mark.parametrize("rule", ["math", "hf7"])
def test_many_rows_are_read_as_few(rule: str) -> None:
    """Above 100,000 rows values are binned first: the same quantiles as numpy's, of equal weights."""
    values = np.random.default_rng(3).lognormal(7, 1, 120_000).round(1)
    sample = dl.declare_design(pd.DataFrame({"y": values}))
    asked = [dl.quantile("y", p, rule=rule) for p in (0.001, 0.3, 0.999)]
    method = {"math": "inverted_cdf", "hf7": "linear"}[rule]
    found = dl.estimate(sample, *asked).frame["estimate"].tolist()
    assert found == pytest.approx(np.quantile(values, [0.001, 0.3, 0.999], method=method).tolist(), rel=1e-12)
