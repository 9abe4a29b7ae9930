"""Laws of bounds: they hold whatever incomes the bands hide, and never narrow when bands are merged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import diplab as dl
from diplab.inference.banded.bounds import IdentifiedBounds, identified_bounds
from diplab.inference.banded.data import BandedQuestion
from diplab.kernel.bands.bounds import smallest_gini

CUTS = np.array([0.0, 400, 700, 1000, 1600, 3000])
STATISTICS = {"arpr": dl.arpr, "arpt": dl.arpt, "mean": dl.mean, "median": dl.median, "gini": None}
people = st.lists(
    st.tuples(st.integers(0, len(CUTS) - 2), st.floats(0, 0.999), st.sampled_from([1.0, 2.0, 3.5])),
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
    name: str, low: Any, high: Any, weight: Any, line: float | None, options: dict[str, Any] | None = None
) -> IdentifiedBounds:
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    sample = dl.declare_design(pd.DataFrame({"w": weight}), weights="w")
    lines = None if line is None or name != "arpr" else np.full(low.size, line)
    return identified_bounds(
        BandedQuestion(sample, name, options or {}, "y", low, high, lines, lines, (), (), 0.95, "design")
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


@settings(max_examples=80, deadline=None)
@given(people, names, lines)
def test_bounds_hold_the_incomes_that_bands_hide(
    drawn: list[tuple[int, float, float]], name: str, line: float | None
) -> None:
    low, high, y, weight = hidden(drawn)
    found = bounds_of(name, low, high, weight, line)
    true = value_of(name, y, weight, line)
    # no rate under a fraction of a median that is zero
    assume(not np.isnan(true))
    slack = 1e-9 * max(1.0, true)
    assert found.low.item() - slack <= true <= found.high.item() + slack
    assert found.ci_low.item() <= found.low.item() + slack
    assert found.ci_high.item() >= found.high.item() - slack


@settings(max_examples=60, deadline=None)
@given(people, names, lines, st.integers(1, len(CUTS) - 2))
def test_bounds_never_narrow_when_bands_are_merged(
    drawn: list[tuple[int, float, float]], name: str, line: float | None, gone: int
) -> None:
    """The cut `gone` is taken out: both bands beside it become one."""
    low, high, _, weight = hidden(drawn)
    fine = bounds_of(name, low, high, weight, line)
    wide_low = np.where(low == CUTS[gone], CUTS[gone - 1], low)
    wide_high = np.where(high == CUTS[gone], CUTS[gone + 1], high)
    wide = bounds_of(name, wide_low, wide_high, weight, line)
    assert wide.low.item() <= fine.low.item() + 1e-9
    assert wide.high.item() >= fine.high.item() - 1e-9


@settings(max_examples=60, deadline=None)
@given(people, names, lines)
def test_bounds_meet_where_amounts_are_known(
    drawn: list[tuple[int, float, float]], name: str, line: float | None
) -> None:
    _, _, y, weight = hidden(drawn)
    found = bounds_of(name, y, y, weight, line)
    true = value_of(name, y, weight, line)
    if np.isnan(true):
        # no line under a median of zero
        assert np.isnan([found.low.item(), found.high.item()]).all()
        return
    slack = 1e-9 * max(1.0, true)
    assert abs(found.low.item() - true) <= slack
    assert abs(found.high.item() - true) <= slack


@settings(max_examples=60, deadline=None)
@given(people, names, lines, st.sampled_from([0.5, 2.0, 1024.0]))
def test_scale_of_incomes(
    drawn: list[tuple[int, float, float]], name: str, line: float | None, scale: float
) -> None:
    """In another currency rates and the Gini index stay, and amounts follow."""
    low, high, _, weight = hidden(drawn)
    one = bounds_of(name, low, high, weight, line)
    other = bounds_of(name, low * scale, high * scale, weight, None if line is None else line * scale)
    by = 1.0 if name in ("arpr", "gini") else scale
    for end in ("low", "high", "ci_low", "ci_high"):
        before, after = getattr(one, end).item(), getattr(other, end).item()
        assert abs(after - before * by) <= 1e-7 * max(1.0, abs(before) * by)


@settings(max_examples=60, deadline=None)
@given(people, st.sampled_from([300.0, 700.0, 850.0, 1600.0]))
def test_bounds_hold_the_interpolated_rate(drawn: list[tuple[int, float, float]], line: float) -> None:
    low, high, _, weight = hidden(drawn)
    found = bounds_of("arpr", low, high, weight, line)
    evenly = np.average(interpolated_share_below(low, high, line), weights=weight)
    assert found.low.item() - 1e-12 <= evenly <= found.high.item() + 1e-12


@settings(max_examples=40, deadline=None)
@given(people, st.sampled_from([0.4, 0.5, 0.6, 0.7]))
def test_a_higher_fraction_never_lowers_a_bound(
    drawn: list[tuple[int, float, float]], fraction: float
) -> None:
    low, high, _, weight = hidden(drawn)
    one = bounds_of("arpr", low, high, weight, None, {"fraction": fraction})
    other = bounds_of("arpr", low, high, weight, None, {"fraction": fraction + 0.1})
    assert other.low.item() >= one.low.item() - 1e-12
    assert other.high.item() >= one.high.item() - 1e-12
