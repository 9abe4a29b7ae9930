"""After calibration a linearised variable gives up its regression on the margins; worked the long way here."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.kernel.calibration import Controls
from diplab.kernel.variance import Stage, covariance
from diplab.sampling.auxiliary import Auxiliary


@pytest.mark.parametrize("psu", [None, "c"])
def test_the_variance_is_that_of_residuals(psu: str | None) -> None:
    random = np.random.default_rng(3)
    rows = 400
    people = pd.DataFrame({"w": random.uniform(1, 4, rows), "y": random.normal(5, 2, rows)})
    people["k"], people["g"], people["c"] = (random.integers(0, size, rows) for size in (3, 2, 40))
    people["size"] = people["y"] + random.normal(0, 1, rows)
    people["sex"] = random.choice(["f", "m"], rows)
    prior, weights = people["w"].to_numpy(), people["w"].to_numpy() * random.uniform(0.8, 1.2, rows)
    codes = (people["k"].to_numpy(), people["g"].to_numpy())
    auxiliary = Auxiliary(Controls(codes, (3, 2), (people["size"].to_numpy(),)), prior)
    sample = dl.declare_design(people, weights="w", psu=psu).with_weights(weights, auxiliary)
    found = dl.estimate(sample, dl.mean("y"), dl.total("y"), by="sex")

    x = np.column_stack([np.eye(3)[codes[0]], np.eye(2)[codes[1]], people["size"]])
    columns = []
    for statistic in ("mean", "total"):
        for sex in ("f", "m"):
            inside = (people["sex"] == sex).to_numpy()
            size = weights[inside].sum()
            centre = (weights * people["y"])[inside].sum() / size
            z = inside * (((people["y"] - centre) / size) if statistic == "mean" else people["y"])
            slope = np.linalg.lstsq(x * np.sqrt(prior)[:, None], z * np.sqrt(prior), rcond=None)[0]
            columns.append(weights * (z - x @ slope))
    unit = np.arange(rows) if psu is None else people["c"].to_numpy()
    units = rows if psu is None else 40
    stage = Stage(np.zeros(units, dtype=np.int64), np.zeros(1), np.ones(1))
    expected = covariance(
        np.tile(unit, 4), np.repeat(np.arange(4), rows), np.concatenate(columns), 4, [stage]
    )
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-9, atol=1e-12)
