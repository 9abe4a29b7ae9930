"""One independent check without R: a weighted mean and its cluster-robust error, by statsmodels.

A weighted least squares on a constant has the weighted mean as its coefficient; its cluster-robust variance with the
usual small-sample factor G / (G - 1) is the linearised variance of a one-stratum design drawn with replacement.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import diplab as dl


def people() -> pd.DataFrame:
    random = np.random.default_rng(20)
    frame = pd.DataFrame({"town": np.repeat(np.arange(30), 20), "weight": random.uniform(1, 9, 600)})
    effect = random.normal(0, 1, 30)[frame["town"]]
    return frame.assign(income=np.exp(7 + effect + random.normal(0, 0.5, 600)))


def test_a_mean_with_clusters():
    frame = people()
    fitted = sm.WLS(frame["income"], np.ones(len(frame)), weights=frame["weight"]).fit(
        cov_type="cluster", cov_kwds={"groups": frame["town"]}
    )
    found = dl.estimate(dl.declare_design(frame, weights="weight", psu="town"), dl.mean("income")).frame.iloc[
        0
    ]
    assert found["estimate"] == pytest.approx(fitted.params.iloc[0], rel=1e-12)
    assert found["std_error"] == pytest.approx(fitted.bse.iloc[0], rel=1e-10)
    assert found["df"] == 29


def test_a_mean_of_rows():
    """With no cluster, HC0 times n / (n - 1)."""
    frame = people()
    fitted = sm.WLS(frame["income"], np.ones(len(frame)), weights=frame["weight"]).fit(cov_type="HC0")
    found = dl.estimate(dl.declare_design(frame, weights="weight"), dl.mean("income")).frame.iloc[0]
    assert found["std_error"] == pytest.approx(fitted.bse.iloc[0] * np.sqrt(600 / 599), rel=1e-10)
