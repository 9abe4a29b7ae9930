"""Bounds against completed data: whatever amounts the bands hide, the statistic of them is within the bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import diplab as dl
from diplab.inference.banded import _estimate
from diplab.kernel.bands.bounds import smallest_gini


@pytest.fixture(autouse=True)
def bounds_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Laws and imputations have tests of their own."""
    monkeypatch.setattr(_estimate, "GUESSES", ())


def drawn_bands(draw: np.random.Generator, size: int) -> tuple[Any, Any]:
    """Return ends of bands that may overlap, be open or be one amount."""
    cuts = np.sort(draw.choice(np.arange(50.0, 3000, 50), draw.integers(4, 8), replace=False))
    first = draw.integers(0, len(cuts) - 1, size)
    last = np.minimum(first + draw.integers(1, 4, size), len(cuts) - 1)
    low, high = cuts[first], cuts[last]
    if draw.random() < 0.4:
        high = np.where(last == len(cuts) - 1, np.inf, high)
    return low, np.where(draw.random(size) < draw.choice([0, 0.2, 0.6]), low, high)


def amounts_within(draw: np.random.Generator, low: Any, high: Any) -> Any:
    """Return amounts within bands: all over them, at their ends, or as near one amount as may be."""
    top = np.where(np.isinf(high), low + draw.choice([100, 1000, 1e5]), high)
    centre, just = 3000 * draw.random(), 1 - 1e-9
    found = [
        low + (top - low) * draw.random(low.size),
        np.where(draw.random(low.size) < 0.5, low, top * just),
        np.minimum(np.clip(centre, low, top), np.maximum(low, top * just)),
        np.where(low + top > 2 * centre, low, top * just),
    ][draw.integers(4)]
    return np.where(low == high, low, found)


@pytest.mark.parametrize("seed", range(40))
def test_statistics_of_completed_data_are_within_the_bounds(seed: int) -> None:
    draw = np.random.default_rng(seed)
    size = int(draw.integers(4, 14))
    low, high = drawn_bands(draw, size)
    units = draw.choice([1.0, 1.5, 2.1], size)
    more = units + draw.choice([0, 0.5], size)
    line = draw.choice([300.0, 500, 800], size)
    higher = line + draw.choice([0, 100.0], size)
    data = pd.DataFrame(
        {
            "low": low,
            "high": high,
            "w": draw.choice([0, 1, 1, 2, 3.5], size),
            "of": draw.choice(["a", "b"], size),
            "units": units,
            "more": more,
            "line": line,
            "higher": higher,
        }
    )
    if (data["w"] > 0).sum() < 2:
        return
    convention = str(draw.choice(["eurostat", "convey", "vardpoor"]))
    relative = {
        "fraction": float(draw.choice([0.4, 0.6, 0.8, 1.0])),
        "threshold_on": str(draw.choice(["universe", "domain"])),
        "convention": convention,
    }
    by = str(draw.choice(["", "of"])) or ()
    told = dl.banded(low="low", high="high", per=("units", "more"))
    asked = {
        "fixed": (dl.arpr(told, threshold=("line", "higher"), convention=convention)),
        "relative": dl.arpr(told, **relative),
        "arpt": dl.arpt(told, **relative),
        "mean": dl.mean(told),
        "ninth decile": dl.quantile(told, 0.9),
        "gini": dl.gini(told),
    }
    sample = dl.declare_design(data, weights="w")
    bounds = {name: dl.estimate(sample, each, by=by).frame for name, each in asked.items()}
    for _ in range(4):
        y = amounts_within(draw, low, high) / (units + (more - units) * draw.choice([0, 1, 0.3], size))
        z = np.where(draw.random(size) < 0.5, line, higher)
        completed = dl.declare_design(data.assign(y=y, z=z), weights="w")
        of_amounts = {
            "fixed": dl.arpr("y", threshold="z", convention=convention),
            "relative": dl.arpr("y", **relative),
            "arpt": dl.arpt("y", **relative),
            "mean": dl.mean("y"),
            "ninth decile": dl.quantile("y", 0.9),
            "gini": dl.gini("y"),
        }
        for name, each in of_amounts.items():
            true = dl.estimate(completed, each, by=by).frame["estimate"].to_numpy()
            parts = dict(tuple(bounds[name].groupby("category")))
            least = parts.get("at least", parts.get("known"))
            most = parts.get("at most", parts.get("known"))
            assert least is not None
            assert most is not None
            below = least["estimate"].to_numpy()
            above = np.where(most["flag"] == "not bounded", np.inf, most["estimate"])
            slack = 1e-9 * np.maximum(1, np.abs(true))
            assert not (true < below - slack).any(), name
            assert not (true > above + slack).any(), name


def test_a_known_amount_at_the_median_is_not_below_it() -> None:
    """By hand, poor at or below the line: 20, [20, 100), 100, 100, 100 have the median 100 and the line 60.

    Two of five may be at or below 60, as where the second has 20. Were the three with 100 taken as below the median,
    nobody else could be.
    """
    people = pd.DataFrame({"low": [20.0, 20, 100, 100, 100], "high": [20.0, 150, 100, 100, 100]})
    ends = dl.banded(low="low", high="high")
    found = dl.estimate(dl.declare_design(people), dl.arpr(ends, convention="convey"))
    assert found.frame["estimate"].tolist() == pytest.approx([0.2, 0.4], abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_smallest_gini_with_most_amounts_known(seed: int) -> None:
    """Against every end tried: between bands that nobody moves in, the index is level, which is no end of a fall."""
    draw = np.random.default_rng(seed)
    known = np.sort(draw.integers(1, 3000, 40).astype(float))
    low = np.r_[known, 1500.0, 2500.0]
    high = np.r_[known, draw.choice([1700.0, np.inf]), 2800.0]
    weight = draw.choice([1.0, 2, 3.5], low.size)
    ends = np.unique(np.r_[low, high[np.isfinite(high)]])

    def gini(y: Any) -> float:
        apart = np.abs(y[:, None] - y) * weight[:, None] * weight
        return float(apart.sum() / (2 * weight.sum() * (weight @ y)))

    least = min(gini(np.clip(end, low, high)) for end in ends)
    assert smallest_gini(low, high, weight).gini == pytest.approx(least, rel=1e-12)
