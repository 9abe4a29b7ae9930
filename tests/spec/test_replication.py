"""Replicate weights: each replicate is the same estimate with other weights, and their spread is the error.

The answers are worked out the long way: one estimate a replicate, on a sample declared with that column as weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl

REPLICATES = 12
COLUMNS = [f"r{place}" for place in range(REPLICATES)]


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    random = np.random.default_rng(11)
    rows = 300
    frame = pd.DataFrame({"w": random.uniform(1, 5, rows), "y": random.lognormal(7, 0.8, rows).round()})
    frame.loc[random.random(rows) < 0.1, "y"] = np.nan
    frame["x"] = random.gamma(2, 3, rows)
    frame["g"] = random.choice(["a", "b", "c"], rows)
    for name in COLUMNS:
        frame[name] = frame["w"] * random.integers(0, 3, rows)
    return frame


def the_long_way(
    answers: pd.DataFrame, statistic: dl.Statistic, how: dict[str, str], scale: float, *, mse: bool
) -> np.ndarray:
    def points(weights: str) -> np.ndarray:
        sample = dl.declare_design(answers, weights=weights)
        sample = sample.universe(how["universe"]) if "universe" in how else sample
        sample = sample.where(how["where"]) if "where" in how else sample
        return dl.estimate(sample, statistic, by=how.get("by", ())).frame["estimate"].to_numpy()

    each = np.array([points(name) for name in COLUMNS])
    apart = each - (points("w") if mse else each.mean(axis=0))
    return scale * apart.T @ apart


@pytest.mark.parametrize("mse", [True, False])
@pytest.mark.parametrize(
    "how",
    [{}, {"by": "g"}, {"where": "x > 4", "by": "g"}, {"universe": "x > 2", "where": "g != 'b'"}],
    ids=["plain", "by", "where and by", "universe and where"],
)
@pytest.mark.parametrize(
    "statistic",
    [
        dl.mean("y"),
        dl.total("y"),
        dl.count(),
        dl.ratio("y", "x"),
        dl.share("y > 1200"),
        dl.arpt("y"),
        dl.arpr("y"),
        dl.arpr("y", threshold_on="domain", convention="convey"),
    ],
    ids=["mean", "total", "count", "ratio", "share", "arpt", "arpr", "arpr on domain"],
)
def test_one_batched_pass_equals_one_estimate_a_replicate(
    answers: pd.DataFrame, statistic: dl.Statistic, how: dict[str, str], mse: bool
) -> None:
    given = dl.replicates(COLUMNS, "bootstrap", scale=0.25, mse=mse)
    sample = dl.declare_design(answers, weights="w", replicates=given)
    sample = sample.universe(how["universe"]) if "universe" in how else sample
    sample = sample.where(how["where"]) if "where" in how else sample
    found = dl.estimate(sample, statistic, by=how.get("by", ()))
    expected = the_long_way(answers, statistic, how, 0.25, mse=mse)
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())
    assert set(found.frame["df"]) == {REPLICATES - 1.0}


def test_a_quantile_keeps_woodruff_with_the_replicate_variance_of_its_distribution_function(
    answers: pd.DataFrame,
) -> None:
    """F(q) at the full sample's q has the replicate variance of a mean; the interval reads it back."""
    given = dl.replicates(COLUMNS, "bootstrap", scale=0.25)
    sample = dl.declare_design(answers, weights="w", replicates=given)
    found = dl.estimate(sample, dl.median("y")).frame.iloc[0]
    below = dl.estimate(sample, dl.mean(f"y <= {found['estimate']}")).frame.iloc[0]
    plain = dl.declare_design(answers, weights="w")
    low, high = (
        dl.estimate(plain, dl.quantile("y", float(below[end]))).frame["estimate"].item()
        for end in ("ci_low", "ci_high")
    )
    assert (found["ci_low"], found["ci_high"]) == (low, high)
    assert found["std_error"] == pytest.approx(
        (high - low) / (below["ci_high"] - below["ci_low"]) * below["std_error"]
    )


def test_the_rules_name_the_replicates(answers: pd.DataFrame) -> None:
    sample = dl.declare_design(answers, weights="w", replicates=dl.replicates("r*", "bootstrap"))
    rules = dl.estimate(sample, dl.mean("y")).provenance.rules
    assert rules["variance"] == "bootstrap"


def test_lazy_data_bring_their_replicate_weights_to_memory(answers: pd.DataFrame) -> None:
    import polars as pl

    given = dl.replicates(COLUMNS, "bootstrap")
    both = [
        dl.estimate(dl.declare_design(data, weights="w", replicates=given), dl.mean("y"), by="g").frame
        for data in (answers, pl.from_pandas(answers).lazy())
    ]
    np.testing.assert_allclose(both[0]["std_error"], both[1]["std_error"], rtol=1e-12)


def test_the_degrees_of_freedom_of_a_domain_are_refused(answers: pd.DataFrame, refused: Any) -> None:
    sample = dl.declare_design(answers, weights="w", replicates=dl.replicates(COLUMNS, "bootstrap"))
    refused(lambda: dl.estimate(sample, dl.mean("y"), by="g", df="domain"))
