"""Quantiles and medians, worked by hand."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl

T7 = 2.3646242515927844  # Student, 97.5 %, 7 degrees of freedom (printed tables: 2.365)


def point(sample: Any, *statistics: Any) -> list[float]:
    found: list[float] = dl.estimate(sample, *statistics).frame["estimate"].tolist()
    return found


def test_rules(engine: Any) -> None:
    """F(20) = 1/2 exactly: 20 by the inverse of F, midway to 30 by the other; at .6 and .75 both give 30."""
    sample = dl.declare_design(engine.draw("psu y\n1 40\n2 10\n3 30\n4 20"), psu="psu")
    asked = [dl.quantile("y", p, rule=rule) for rule in ("math", "school") for p in (0.5, 0.6, 0.75)]
    assert point(sample, *asked) == [20, 30, 30, 25, 30, 35]


def test_weights(engine: Any) -> None:
    """Cumulated 1, 2, 4 of 4: F(20) = 1/2."""
    sample = dl.declare_design(engine.draw("psu w y\n1 1 10\n2 1 20\n3 2 30"), weights="w", psu="psu")
    asked = [dl.median("y"), dl.median("y", rule="school"), dl.quantile("y", 0.51), dl.quantile("y", 0.25)]
    assert point(sample, *asked) == [20, 25, 30, 10]


def test_rounding_does_not_decide(engine: Any) -> None:
    """Ten weights of 0.1: the third cumulates to 0.30000000000000004, and is still the quantile of .3."""
    frame = pd.DataFrame({"psu": range(10), "w": 0.1, "y": np.arange(10.0)})
    sample = dl.declare_design(engine(frame), weights="w", psu="psu")
    assert point(sample, dl.quantile("y", 0.3), dl.quantile("y", 0.3, rule="school")) == [2, 2.5]


def test_woodruff_interval(engine: Any) -> None:
    """Values 1 to 8. F(4) = 1/2 with variance 8/7 * 8 * (1/16)^2 = 1/28; ends 1/2 -/+ t sqrt(1/28) = .0531,
    .9469, read back: 1 and 8. Standard error 7 / (2 t).
    """
    frame = pd.DataFrame({"psu": range(8), "y": np.arange(1.0, 9.0)})
    row = dl.estimate(dl.declare_design(engine(frame), psu="psu"), dl.median("y")).frame.iloc[0]
    assert [row["estimate"], row["ci_low"], row["ci_high"]] == [4, 1, 8]
    assert row["std_error"] == pytest.approx(7 / (2 * T7), rel=1e-9)
    assert pytest.approx(0.5 - T7 * sqrt(1 / 28), abs=5e-5) == 0.0531


def test_quantiles_by_domain_and_missing_values(engine: Any) -> None:
    """f: 1, 5, 9 (one missing); m: 2, 4."""
    drawn = engine.draw("psu sex y\n1 f 1\n2 f 5\n3 f 9\n4 f .\n5 m 2\n6 m 4")
    frame = dl.estimate(dl.declare_design(drawn, psu="psu"), dl.median("y"), by="sex").frame
    assert frame[["sex", "estimate", "n"]].values.tolist() == [["f", 5, 3], ["m", 2, 2]]


def test_an_integer_column_has_its_own_values(engine: Any) -> None:
    """Value ten times 7, once 100: the median is 7 and the ninth decile 7."""
    frame = pd.DataFrame({"psu": range(11), "y": [7] * 10 + [100]})
    sample = dl.declare_design(engine(frame), psu="psu")
    assert point(sample, dl.median("y"), dl.quantile("y", 0.9), dl.quantile("y", 0.95)) == [7, 7, 100]
