"""Laws of bounds: they hold whatever amounts the bands hide, and never narrow when bands are merged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diplab as dl
from diplab.inference.banded import _estimate
from diplab.inference.banded.bounds import IdentifiedBounds, identified_bounds
from diplab.inference.banded.data import BandedQuestion
from diplab.kernel.bands.bounds import smallest_gini

CUTS = np.array([0.0, 400, 700, 1000, 1600, 3000])
STATISTICS = {"arpr": dl.arpr, "arpt": dl.arpt, "mean": dl.mean, "median": dl.median, "gini": None}
# rounded: of amounts such as 1e-310 the package refuses to compute
places = st.floats(0, 0.999).map(lambda share: round(share, 12))
people = st.lists(
    st.tuples(st.integers(0, len(CUTS) - 2), places, st.sampled_from([1.0, 2.0, 3.5])),
    min_size=3,
    max_size=25,
)
names = st.sampled_from(list(STATISTICS))
lines = st.one_of(st.none(), st.sampled_from([300.0, 700.0, 850.0, 1600.0]))


def interpolated_share_below(low: Any, high: Any, line: Any) -> Any:
    """Return the share of each band below a line, its incomes spread evenly; the open band has none of its own."""
    with np.errstate(invalid="ignore"):
        inside = np.clip((line - low) / (high - low), 0.0, 1.0)
    return np.where(np.isinf(high) & (line > low), np.nan, inside)


def bounds_of(
    name: str,
    low: Any,
    high: Any,
    weight: Any,
    line: float | None,
    options: dict[str, Any] | None = None,
) -> IdentifiedBounds:
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    sample = dl.declare_design(pd.DataFrame({"w": weight}), weights="w")
    lines = () if line is None or name != "arpr" else (np.full(low.size, line),) * 2
    statistic = getattr(dl, name)("y", **(options or {}))
    return identified_bounds(
        BandedQuestion(sample, statistic, "y", low, high, lines, (), (), 0.95, "design")
    )


def value_of(name: str, y: Any, weight: Any, line: float | None) -> float:
    """Return the statistic of known incomes, from the statistic itself."""
    y, weight = np.asarray(y, dtype=float), np.asarray(weight)
    if name == "gini":
        return smallest_gini(y, y, weight).gini
    sample = dl.declare_design(pd.DataFrame({"y": y, "w": weight}), weights="w")
    made = STATISTICS[name]
    assert made is not None
    asked = made("y", threshold=line) if name == "arpr" and line is not None else made("y")
    return float(dl.estimate(sample, asked).frame["estimate"].item())


def hidden(drawn: list[tuple[int, float, float]]) -> tuple[Any, Any, Any, Any]:
    """Return lower and upper ends, incomes within them, and weights."""
    band, place, weight = (np.array(each) for each in zip(*drawn, strict=True))
    low, high = CUTS[band], CUTS[band + 1]
    return low, high, low + place * (high - low), weight


@settings(max_examples=50)
@given(people, names, lines, st.integers(1, len(CUTS) - 2), st.sampled_from([0.5, 2.0, 1024.0]))
def test_bounds_hold_the_incomes_that_bands_hide(drawn, name, line, gone, scale):
    low, high, y, weight = hidden(drawn)
    found, known = bounds_of(name, low, high, weight, line), bounds_of(name, y, y, weight, line)
    true = value_of(name, y, weight, line)
    slack = 1e-9 * max(1.0, true)
    if np.isnan(true):
        # no line under a fraction of a median of zero
        assert np.isnan([known.low.item(), known.high.item()]).all()
    else:
        assert found.low.item() - slack <= true <= found.high.item() + slack
        assert found.ci_low.item() <= found.low.item() + slack
        assert found.ci_high.item() >= found.high.item() - slack
        # they meet where amounts are known
        assert [known.low.item(), known.high.item()] == pytest.approx(
            [true, true], rel=0, abs=slack
        )
    if name == "arpr" and line is not None:
        evenly = np.average(interpolated_share_below(low, high, line), weights=weight)
        assert found.low.item() - 1e-12 <= evenly <= found.high.item() + 1e-12
    # and never narrow when the cut `gone` is taken out: both bands beside it become one
    wide_low = np.where(low == CUTS[gone], CUTS[gone - 1], low)
    wide = bounds_of(
        name, wide_low, np.where(high == CUTS[gone], CUTS[gone + 1], high), weight, line
    )
    assert wide.low.item() <= found.low.item() + 1e-9
    assert wide.high.item() >= found.high.item() - 1e-9
    # in another currency rates and the Gini index stay, and amounts follow
    other = bounds_of(
        name, low * scale, high * scale, weight, None if line is None else line * scale
    )
    by = 1.0 if name in ("arpr", "gini") else scale
    for end in ("low", "high", "ci_low", "ci_high"):
        before, after = getattr(found, end).item(), getattr(other, end).item()
        assert abs(after - before * by) <= 1e-7 * max(1.0, abs(before) * by)


@settings(max_examples=25)
@given(people, st.sampled_from([0.4, 0.5, 0.6, 0.7]))
def test_a_higher_fraction_never_lowers_a_bound(drawn, fraction):
    low, high, _, weight = hidden(drawn)
    one = bounds_of("arpr", low, high, weight, None, {"fraction": fraction})
    other = bounds_of("arpr", low, high, weight, None, {"fraction": fraction + 0.1})
    assert other.low.item() >= one.low.item() - 1e-12
    assert other.high.item() >= one.high.item() - 1e-12


@pytest.fixture(autouse=True)
def bounds_only(monkeypatch):
    """Laws and imputations have tests of their own."""
    monkeypatch.setattr(_estimate, "GUESSES", {})


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
def test_statistics_of_completed_data_are_within_the_bounds(seed):
    draw = np.random.default_rng(seed)
    size = int(draw.integers(4, 14))
    low, high = drawn_bands(draw, size)
    units = draw.choice([1.0, 1.5, 2.1], size)
    more = units + draw.choice([0, 0.5], size)
    line = draw.choice([300.0, 500, 800], size)
    higher = line + draw.choice([0, 100.0], size)
    data = pd.DataFrame({
        "low": low, "high": high, "w": draw.choice([0, 1, 1, 2, 3.5], size), "of": draw.choice(["a", "b"], size),
        "units": units, "more": more, "line": line, "higher": higher,
    })  # fmt: skip
    if (data["w"] > 0).sum() < 2:
        return
    convention = str(draw.choice(["eurostat", "convey", "vardpoor"]))
    relative = {
        "fraction": float(draw.choice([0.4, 0.6, 0.8, 1.0])),
        "threshold_on": str(draw.choice(["universe", "domain"])),
        "convention": convention,
    }
    by = str(draw.choice(["", "of"])) or ()
    pay = dl.banded(low="low", high="high", per=("units", "more"))
    asked = {
        "fixed": (dl.arpr(pay, threshold=("line", "higher"), convention=convention)),
        "relative": dl.arpr(pay, **relative),
        "arpt": dl.arpt(pay, **relative),
        "mean": dl.mean(pay),
        "ninth decile": dl.quantile(pay, 0.9),
        "gini": dl.gini(pay),
    }
    sample = dl.declare_design(data, weights="w")
    points = {"by": by, "df": "design", "deff": None}
    bounds = {name: dl.estimate(sample, each, **points).frame for name, each in asked.items()}
    of_amounts: list[Any] = []
    for y, z in (("y1", "z1"), ("y2", "z2"), ("y3", "z3"), ("y4", "z4")):
        data[y] = amounts_within(draw, low, high) / (
            units + (more - units) * draw.choice([0, 1, 0.3], size)
        )
        data[z] = np.where(draw.random(size) < 0.5, line, higher)
        of_amounts += [
            dl.arpr(y, threshold=z, convention=convention), dl.arpr(y, **relative), dl.arpt(y, **relative),
            dl.mean(y), dl.quantile(y, 0.9), dl.gini(y),
        ]  # fmt: skip
    # of four completions at once, which is asked as fast as one
    completed = dl.declare_design(data, weights="w")
    found = dl.estimate(completed, *of_amounts, **points).frame["estimate"].to_numpy()
    for completion in found.reshape(4, len(asked), -1):
        for name, true in zip(asked, completion, strict=True):
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


def test_a_known_amount_at_the_median_is_not_below_it():
    """By hand, poor at or below the line: 20, [20, 100), 100, 100, 100 have the median 100 and the line 60.

    Two of five may be at or below 60, as where the second has 20. Were the three with 100 taken as
    below the median, nobody else could be.
    """
    people = pd.DataFrame({"low": [20.0, 20, 100, 100, 100], "high": [20.0, 150, 100, 100, 100]})
    ends = dl.banded(low="low", high="high")
    found = dl.estimate(dl.declare_design(people), dl.arpr(ends, convention="convey"))
    assert found.frame["estimate"].tolist() == pytest.approx([0.2, 0.4], abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_smallest_gini_with_most_amounts_known(seed):
    """Against every end tried: between bands that nobody moves in, the index is level, which is not an end of a fall."""
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
