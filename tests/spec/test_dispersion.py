"""Variance and correlation, worked by hand."""

from __future__ import annotations

from math import atanh, sqrt, tanh
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from tests.conftest import BY_HAND, EDGES

if TYPE_CHECKING:
    from diplab.types import Sample

FIVE = "psu w g x y\n1 1 a 1 2\n2 1 a 2 1\n3 2 a 3 6\n4 1 b 5 .\n5 1 b . 4"
T4 = 2.7764451051977987  # Student, 97.5 %, 4 degrees of freedom (printed tables: 2.776)


def declared(engine: Any) -> Sample:
    return dl.declare_design(engine.draw(FIVE), weights="w", psu="psu")


@BY_HAND
def test_variance(engine: Any) -> None:
    """x in a: 1, 2 and twice 3, mean 9/4; squares of distances 25/16, 1/16, twice 9/16: 44/16 over 4, times 3/2."""
    frame = dl.estimate(declared(engine), dl.variance("x"), by="g", df="design").frame
    assert frame["estimate"][0] == pytest.approx(1.5 * 44 / 64, rel=1e-12)
    # w z N: 1.5 d^2 - V, times the weight, whose sum is zero; units of b count zero
    v = 1.5 * 44 / 64
    z = np.array([1.5 * 25 / 16 - v, 1.5 / 16 - v, 2 * (1.5 * 9 / 16 - v), 0, 0]) / 4
    assert z.sum() == pytest.approx(0, abs=1e-15)
    assert frame["std_error"][0] == pytest.approx(sqrt(5 / 4 * (z**2).sum()), rel=1e-12)
    half = T4 * frame["std_error"][0]
    assert [frame["ci_low"][0], frame["ci_high"][0]] == pytest.approx(
        [v - half, v + half], rel=1e-12
    )
    # one respondent has no spread
    assert np.isnan(frame["estimate"][1])
    assert frame["flag"].tolist() == ["few units", "undefined"]


@BY_HAND
def test_correlation(engine: Any) -> None:
    """Three answered both: x 1, 2, twice 3, mean 9/4; y 2, 1, twice 6, mean 15/4. Products 35/16, 11/16, twice 27/16:
    100/16. Squares of x 44/16, of y 49/16 + 121/16 + 162/16 = 332/16. r = 100 / sqrt(44 * 332) =
    .8274.
    """
    row = dl.estimate(declared(engine), dl.correlation("x", "y"), df="design").frame.iloc[0]
    r = 100 / sqrt(44 * 332)
    assert row["estimate"] == pytest.approx(r, rel=1e-12)
    assert row["n"] == 3
    u = np.array([-5, -1, 3]) / sqrt(44 / 4)
    v = np.array([-7, -11, 9]) / sqrt(332 / 4)
    z = np.array([1, 1, 2]) * (u * v - r * (u**2 + v**2) / 2) / 4
    error = sqrt(5 / 4 * (z**2).sum())
    assert row["std_error"] == pytest.approx(error, rel=1e-12)
    half = T4 * error / (1 - r**2)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(
        [tanh(atanh(r) - half), tanh(atanh(r) + half)], rel=1e-9
    )


@EDGES
def test_a_straight_line_has_correlation_one(engine: Any) -> None:
    for interval in ("fisher", "wald"):
        asked = (dl.correlation("x", each, interval=interval) for each in ("2 * x + 1", "0 - x"))
        frame = dl.estimate(declared(engine), *asked).frame
        assert frame["estimate"].tolist() == pytest.approx([1, -1], rel=1e-12)
        assert frame["std_error"].tolist() == pytest.approx([0, 0], abs=1e-9)
        assert (
            frame["ci_low"].tolist()
            == frame["ci_high"].tolist()
            == pytest.approx([1, -1], abs=1e-8)
        )


def test_spreads_that_are_none_or_small(table: Any, refused: Any) -> None:
    """x is 2 for everybody in a; its variance is 0, and a correlation with it undefined. Nobody answered in c."""
    drawn = table("psu g x y\n1 a 2 1\n2 a 2 3\n3 b 1 1\n4 b 2 5\n5 c . 1\n6 c . 2")
    found = dl.estimate(
        dl.declare_design(drawn, psu="psu"), dl.variance("x"), dl.correlation("x", "y"), by="g"
    ).frame
    assert found["estimate"].tolist() == pytest.approx(
        [0, 0.5, np.nan, np.nan, 1, np.nan], nan_ok=True
    )
    assert found["flag"].tolist() == [
        "few units",
        "few units",
        "empty",
        "undefined",
        # two people: without one of them there is no line
        "no variance",
        "empty",
    ]
    # incomes near a thousand million, one apart: the sample variance of 0, 1, 2, 3 is 5/3
    sample = dl.declare_design(pd.DataFrame({"y": 1e9 + np.arange(4.0)}))
    assert dl.estimate(sample, dl.variance("y")).frame["estimate"].item() == pytest.approx(
        5 / 3, rel=1e-12
    )
    frame = table(FIVE)
    asked = (dl.variance("x"), dl.correlation("x", "y"))
    columns = ["estimate", "std_error", "ci_low", "ci_high"]
    once = dl.estimate(dl.declare_design(frame, weights="w", psu="psu"), *asked).frame[columns]
    twice = dl.estimate(
        dl.declare_design(frame.assign(w=frame["w"] * 7), weights="w", psu="psu"), *asked
    ).frame
    np.testing.assert_allclose(twice[columns], once, rtol=1e-12)
    sample = dl.declare_design(frame, weights="w", psu="psu")
    refused(
        lambda: dl.estimate(sample, dl.correlation("x", "y", interval="fischer")), dl.DiplabError
    )
