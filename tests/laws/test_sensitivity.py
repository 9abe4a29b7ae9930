"""Laws of sensitivity tables: swapped lists, wider dependence, rows in their places, scaled counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diplab import population
from diplab.population.kernel.abundance import dependent_lists

cells = st.tuples(st.integers(0, 500), st.integers(0, 500), st.integers(1, 500))
ratios = st.floats(0.05, 20.0)


@given(cells, ratios)
def test_swapping_two_lists_leaves_the_size(each: tuple[int, int, int], ratio: float) -> None:
    b, c, a = each
    one, other = dependent_lists(a + b, a + c, a, ratio), dependent_lists(a + c, a + b, a, ratio)
    assert one == pytest.approx(other, rel=1e-12)


@given(cells, ratios, ratios)
def test_lists_that_attract_each_other_hide_more(
    each: tuple[int, int, int], one: float, other: float
) -> None:
    b, c, a = each
    low, high = (dependent_lists(a + b, a + c, a, ratio).size for ratio in sorted((one, other)))
    assert a + b + c <= low <= high


@given(cells, ratios)
def test_the_odds_ratio_of_the_filled_table_is_the_one_given(
    each: tuple[int, int, int], ratio: float
) -> None:
    b, c, a = (max(cell, 1) for cell in each)
    found = dependent_lists(a + b, a + c, a, ratio)
    assert a * (found.size - found.seen) / (b * c) == pytest.approx(ratio, rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=7, max_size=7))
def test_any_histories_give_a_table_in_order(counts: list[int]) -> None:
    every = np.array([[int(digit) for digit in f"{cell:03b}"] for cell in range(1, 8)])
    if not sum(counts):
        return
    frame = population.sensitivity(np.repeat(every, counts, axis=0)).frame
    known = frame["estimate"].notna().tolist()
    assert known == sorted(known, reverse=True)
    assert not np.isinf(frame["estimate"].dropna()).any()
    bounds = (frame["flag"] == "lower bound").tolist()
    assert bounds == sorted(bounds, reverse=True)
