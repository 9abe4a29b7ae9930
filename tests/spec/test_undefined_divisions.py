"""A statistic divided by nothing has no value, and no warning; a division in the steps around it is not silenced."""

from __future__ import annotations

import warnings
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.estimators import Linearised, statistic
from diplab.inference.covariance import linearised_statistic, replicated_points
from diplab.sampling.expression import ONE

PEOPLE = pd.DataFrame({
    "w": [1.0] * 8, "sex": list("ffmmfmfm"), "income": [3.0, 1, 4, 1, 5, 9, 2, 6],
    "low": [0.0, 500, 500, 1000, 0, 500, 1000, 1000], "r1": [2.0, 2, 0, 0, 2, 0, 2, 0],
    "r2": [0.0, 0, 2, 2, 0, 2, 0, 2],
}).assign(high=lambda data: data["low"] + 500)  # fmt: skip
SAMPLE = dl.declare_design(PEOPLE[["w", "sex", "income", "low", "high"]], weights="w")
REPLICATED = dl.declare_design(
    PEOPLE, weights="w", replicates=dl.replicates(["r1", "r2"], "bootstrap")
)


def banded(**options: Any) -> Any:
    return dl.estimate(SAMPLE, dl.mean(dl.banded(low="low", high="high", **options)))


def pooled() -> Any:
    return dl.estimate(dl.imputed([SAMPLE, SAMPLE]), dl.theil("income"))


STEPS = {
    "reading bands": ("inference.banded.data", "band_ends", lambda: banded(beside="interpolated")),
    "totals with a band": ("inference.banded.bounds", "totals_with_band", lambda: banded(beside="interpolated")),
    "groups of rows": ("inference.banded.data", "band_groups", banded),
    "fitting": ("inference.banded.distributions", "fit_distribution", lambda: banded(beside="distributions")),
    "degrees of freedom": ("inference.banded.data", "degrees_of_freedom", lambda: banded(beside="interpolated")),
    "preparing imputations": ("inference.imputation", "_first_prepared", pooled),
    "covariance over replicates": (
        "sampling.replication", "Replication.covariance", lambda: dl.estimate(REPLICATED, dl.mean("income"))
    ),
}  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_a_division_beside_the_statistic_is_warned_of(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name, call = STEPS[step]
    *owners, last = name.split(".")
    place: Any = import_module(f"diplab.{module}")
    for owner in owners:
        place = getattr(place, owner)
    own = getattr(place, last)

    def dividing(*arguments: Any, **options: Any) -> Any:
        assert np.isinf(np.ones(1) / np.zeros(1))
        return own(*arguments, **options)

    monkeypatch.setattr(place, last, dividing)
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        call()


@statistic(kind="ratio")
def mean_written_elsewhere(totals, y):
    people, sum_y = totals(ONE, y)
    return Linearised(sum_y / people, (y - sum_y / people) / people)


def test_a_statistic_of_nobody_is_undefined_without_a_warning() -> None:
    """Each replicate has one sex only: what is made of the other there is nothing over nothing."""
    every = [
        mean_written_elsewhere("income"),
        dl.zenga("income"),
        dl.gini("income"),
        dl.correlation("income", "low"),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frame = dl.estimate(REPLICATED, *every, by="sex").frame
        nobody = dl.estimate(SAMPLE.where("income > 8"), *every, by="sex").frame
    assert np.isfinite(frame["estimate"]).all()
    assert frame["std_error"].isna().all()
    assert set(frame["flag"]) == {"no variance"}
    assert set(nobody.loc[nobody["sex"] == "f", "flag"]) == {"empty"}


def test_replicates_of_a_known_point_with_a_line_of_everybody_must_say_how_it_varies() -> None:
    """The total of its own variable leaves out the line, whose error is that of everybody."""
    totals = REPLICATED.totals((), ())
    owing = Linearised(np.ones(1), ONE, beyond=((np.ones(1), ONE),))
    with pytest.raises(AssertionError):
        replicated_points(REPLICATED.replication, [linearised_statistic(totals, owing)])
