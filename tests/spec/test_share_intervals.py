"""Intervals of shares by Wilson and by the likelihood: what they promise, worked by hand."""

from __future__ import annotations

from math import log, sqrt
from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.kernel.intervals import SHARE_INTERVALS, Precision

FIVE = """
psu  w contract pay
1   10 open      20
2   10 fixed     30
3   20 open       5
4   10 none       .
5   10 .         15
"""
T4 = 2.7764451051977987  # Student, 97.5 %, 4 degrees of freedom (printed tables: 2.776)
P, SE = 0.6, sqrt(5 / 4 * 152) / 50
SIZE = P * (1 - P) / SE**2


def ends(engine: Any, interval: str) -> list[float]:
    sample = dl.declare_design(engine.draw(FIVE), weights="w", psu="psu")
    row = dl.estimate(sample, dl.share("contract == 'open'", interval=interval)).frame.iloc[0]
    assert [row["estimate"], row["std_error"]] == pytest.approx([P, SE], rel=1e-12)
    return [row["ci_low"], row["ci_high"]]


def test_wilson(engine: Any) -> None:
    """p = .6, se = .27568, so that n* = .24 / .076 = 3.158, and k = t^2 / n* = 7.7086 / 3.158 = 2.441: the centre is
    (.6 + 1.2205) / 3.441 = .52906, half the length sqrt(2.441 * .24 + 1.4896) / 3.441 = .41866.
    """
    found = ends(engine, "wilson")
    assert found == pytest.approx([0.52906 - 0.41866, 0.52906 + 0.41866], abs=2e-5)
    for end in found:
        assert (end - P) ** 2 == pytest.approx(T4**2 * end * (1 - end) / SIZE, rel=1e-9)


def test_wilson_of_a_simple_random_sample() -> None:
    """20 of 100 with se^2 = .2 * .8 / 100, normal law: (20 + 1.9207 -/+ 1.96 sqrt(16 + .9604)) / 103.8415."""
    spread = Precision(np.array([0.04]), np.array([np.inf]), np.array([100.0]), 0.95)
    low, high = SHARE_INTERVALS["wilson"](np.array([0.2]), spread)
    assert [low.item(), high.item()] == pytest.approx([0.13337, 0.28883], abs=5e-6)


def test_likelihood(engine: Any) -> None:
    """Four answered: n* is divided by 4 / 3. At each end 2 n* (p log(p/q) + (1-p) log((1-p)/(1-q))) = t^2."""
    found = ends(engine, "likelihood")
    assert 0 < found[0] < P < found[1] < 1
    for end in found:
        fall = P * log(P / end) + (1 - P) * log((1 - P) / (1 - end))
        assert 2 * SIZE * 3 / 4 * fall == pytest.approx(T4**2, rel=1e-9)


@pytest.mark.parametrize("interval", SHARE_INTERVALS)
def test_yes_and_no_mirror_each_other(table: Any, interval: str) -> None:
    sample = dl.declare_design(table(FIVE), weights="w", psu="psu")
    yes, no = dl.share("pay < 18", interval=interval), dl.share("pay >= 18", interval=interval)
    frame = dl.estimate(sample, yes, no).frame
    assert frame["ci_low"].tolist() == pytest.approx(
        (1 - frame["ci_high"][::-1]).tolist(), rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("interval", ["wilson", "likelihood"])
def test_nobody_and_everybody_have_the_exact_interval(table: Any, interval: str) -> None:
    """None of 4: at most 1 - .025^(1/4) = .6024; all of 4: at least .025^(1/4) (Clopper and Pearson 1934)."""
    sample = dl.declare_design(table(FIVE), weights="w", psu="psu")
    none, every = dl.share("pay > 99", interval=interval), dl.share("pay > 1", interval=interval)
    frame = dl.estimate(sample, none, every).frame
    edge = 0.025**0.25
    assert frame["ci_low"].tolist() == pytest.approx([0, edge], rel=1e-9)
    assert frame["ci_high"].tolist() == pytest.approx([1 - edge, 1], rel=1e-9)


@pytest.mark.parametrize("interval", SHARE_INTERVALS)
def test_domains_of_nobody_of_one_and_without_weight(interval: str) -> None:
    """a: two units that differ; b: one respondent; c: nobody answered; d: no weight."""
    frame = pd.DataFrame(
        {
            "psu": [1, 2, 3, 4, 5, 6],
            "g": ["a", "a", "b", "c", "d", "d"],
            "w": [1.0, 1, 1, 1, 0, 0],
            "yes": [1.0, 0, 1, np.nan, 1, 0],
        }
    )
    sample = dl.declare_design(frame, weights="w", psu="psu")
    found = dl.estimate(sample, dl.share("yes == 1", interval=interval), by="g").frame
    assert found["n"].tolist() == [2, 1, 0, 0]
    assert found["flag"].tolist() == ["", "one respondent", "empty", "empty"]
    assert found["estimate"].tolist()[:2] == [0.5, 1.0]
    assert found["estimate"].isna().tolist() == [False, False, True, True]
    bounds = found[["ci_low", "ci_high"]]
    # one respondent is the exact interval of 1 of 1, or has none
    assert bounds.isna().all(axis=1).tolist() == [False, interval == "wald", True, True]
    assert found["std_error"].isna().tolist() == [False, True, True, True]
    if interval != "wald":
        assert ((bounds[:2] >= 0) & (bounds[:2] <= 1)).all(axis=None)
