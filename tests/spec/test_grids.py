"""Totals of every cell of units by domains as one array: the same covariance as from lists of entries."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.inference import covariance


@pytest.fixture
def sample() -> dl.Sample:
    random = np.random.default_rng(4)
    people = pd.DataFrame({"h": np.repeat([1, 2, 3], 40), "town": np.repeat(np.arange(12), 10)})
    people["w"], people["y"] = random.uniform(1, 3, 120), random.normal(5, 2, 120)
    people["g"], people["k"] = random.integers(0, 5, 120), random.integers(0, 2, 120)
    people.loc[::7, "y"] = np.nan
    people["towns"] = 30
    return dl.declare_design(people, weights="w", strata="h", psu="town", fpc="towns")


@pytest.mark.parametrize("cells", [4_000_000, 0], ids=["dense", "sparse"])
@pytest.mark.parametrize("by", ["g", ["g", "k"]])
def test_the_same_as_from_entries(
    sample: dl.Sample, monkeypatch: pytest.MonkeyPatch, cells: int, by: str | list[str]
) -> None:
    asked = (dl.mean("y"), dl.total("y"), dl.share("k == 1"), dl.median("y"))
    found = dl.estimate(sample.where("y < 9"), *asked, by=by)
    monkeypatch.setattr("diplab.kernel.variance._FEW_CELLS", cells)
    monkeypatch.setattr("diplab.kernel.variance._FILLED", 2.0)
    thin = dl.estimate(sample.where("y < 9"), *asked, by=by)
    monkeypatch.setattr(covariance, "_unit_grid", lambda *_: None)
    listed = dl.estimate(sample.where("y < 9"), *asked, by=by)
    for other in (found, thin):
        np.testing.assert_allclose(other.covariance, listed.covariance, rtol=1e-11, atol=1e-14)
        np.testing.assert_allclose(
            other.frame["std_error"], listed.frame["std_error"], rtol=1e-11, atol=1e-14
        )
        assert other.frame["flag"].tolist() == listed.frame["flag"].tolist()


def test_contrasts_of_groups_too(sample: dl.Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    found = dl.t_test(sample, "y", "k")
    monkeypatch.setattr(covariance, "_unit_grid", lambda *_: None)
    listed = dl.t_test(sample, "y", "k")
    assert found.statistic == pytest.approx(listed.statistic, rel=1e-12)
