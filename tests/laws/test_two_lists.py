"""Laws of two lists, whatever their lengths.

Laws of sensitivity tables: swapped lists, wider dependence, rows in their places, scaled counts.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.stats import binom, hypergeom

from diplab import population
from diplab.population.kernel.abundance import (
    binomial_interval,
    dependent_lists,
    hypergeometric_interval,
    petersen,
)

law = settings(max_examples=60)

lists = st.tuples(st.integers(1, 500), st.integers(0, 500), st.integers(0, 500)).map(
    lambda cells: (cells[0] + cells[1], cells[0] + cells[2], cells[0])
)
methods = st.sampled_from(
    [
        *(("petersen", interval) for interval in ("normal", "hypergeometric", "poisson", "share")),
        *(("chapman", interval) for interval in ("normal", "hypergeometric", "poisson")),
    ]
)


@law
@given(lists, methods)
def test_swapping_the_lists_changes_nothing(cells, method):
    first, second, both = cells
    if method[1] == "share":
        # The share is that of the second list; only the size is the same.
        kept = ["estimate", "std_error", "n"]
    else:
        kept = ["estimate", "std_error", "ci_low", "ci_high", "n"]
    one = population.two_sample(first, second, both, *method).frame[kept].iloc[0]
    other = population.two_sample(second, first, both, *method).frame[kept].iloc[0]
    for name in kept:
        assert one[name] == pytest.approx(other[name], rel=1e-9)


@law
@given(lists)
def test_the_exact_interval_holds_the_size_and_no_less_than_those_seen(cells):
    first, second, both = cells
    for interval in ("hypergeometric", "poisson", "normal"):
        row = population.two_sample(*cells, "petersen", interval).frame.iloc[0]
        # the exact ends are whole numbers, the size is not
        assert first + second - both <= row["ci_low"] <= row["estimate"] + 1e-9
        assert row["estimate"] < row["ci_high"] + 1


@law
@given(lists)
@example(
    (3, 8, 3)
)  # Bailey falls below those seen only where the second list holds the whole first one
def test_order_of_the_sizes(cells):
    first, second, both = cells
    sizes = {
        name: population.two_sample(*cells, name).frame.iloc[0]
        for name in ("petersen", "chapman", "bailey")
    }
    seen = first + second - both
    assert sizes["chapman"]["estimate"] <= sizes["petersen"]["estimate"] * (1 + 1e-12)
    assert all(row["estimate"] >= seen * (1 - 1e-12) for row in sizes.values())
    below = first * (second + 1) / (both + 1) < seen
    assert (sizes["bailey"]["flag"] == "at the number seen") == below


@law
@given(st.integers(1, 300), st.integers(1, 300))
def test_a_list_of_everyone_gives_everyone(everyone, second):
    second = min(second, everyone)
    for estimator in ("petersen", "chapman"):
        row = population.two_sample(range(everyone), range(second), estimator=estimator).frame.iloc[
            0
        ]
        assert row["estimate"] == pytest.approx(everyone)
        assert (row["n"], row["std_error"]) == (everyone, 0)


@law
@given(lists, st.integers(2, 9))
def test_scaling_all_counts_scales_petersen(cells, times):
    once, more = petersen(*cells), petersen(*(times * cell for cell in cells))
    assert more.size == pytest.approx(times * once.size, rel=1e-12)
    assert more.variance == pytest.approx(times * once.variance, rel=1e-12)


@law
@given(st.sets(st.integers(0, 60), min_size=1), st.sets(st.integers(0, 60), min_size=1))
def test_lists_give_what_their_counts_give(first, second):
    both = len(first & second)
    if both == 0:
        return
    listed = population.two_sample(
        [f"w{each}" for each in first], [f"w{each}" for each in second]
    ).frame
    counted = population.two_sample(len(first), len(second), both).frame
    assert listed["estimate"].iloc[0] == counted["estimate"].iloc[0]


@pytest.mark.parametrize(
    ("everyone", "first", "second"), [(60, 20, 15), (200, 30, 40), (45, 40, 30), (90, 1, 30)]
)
def test_the_exact_interval_holds_the_truth_as_often_as_it_says(everyone, first, second):
    """Summed over every overlap there can be, by its chance."""
    for confidence in (0.8, 0.95):
        held = 0.0
        for both in range(max(0, first + second - everyone), min(first, second) + 1):
            low, high = hypergeometric_interval(first, second, both, confidence)
            held += (low <= everyone <= high) * float(hypergeom.pmf(both, everyone, first, second))
        assert held >= confidence


@pytest.mark.parametrize(("everyone", "first", "second"), [(60, 20, 15), (200, 30, 40)])
def test_the_binomial_interval_holds_the_truth_as_often_as_it_says(everyone, first, second):
    held = 0.0
    for both in range(second + 1):
        low, high = binomial_interval(first, second, both)
        held += (low <= everyone + 1e-9 and everyone <= high) * float(
            binom.pmf(both, second, first / everyone)
        )
    # The lower end is kept at those seen, who are more than everyone where the draws repeat a
    # person.
    assert held >= 0.95


def test_an_exact_interval_of_long_lists_ends():
    low, high = hypergeometric_interval(10**7, 10**7, 1)
    assert (low, high) == (10**10, math.inf)
    low, high = hypergeometric_interval(10**5, 10**5, 10)
    # Nearly Poisson: 10 is 4.795 to 18.390 by R's poisson.test.
    assert (low, high) == pytest.approx((10**10 / 18.39036, 10**10 / 4.795389), rel=1e-3)


cells = st.tuples(st.integers(0, 500), st.integers(0, 500), st.integers(1, 500))
ratios = st.floats(0.05, 20.0)


@given(cells, ratios)
def test_the_odds_ratio_of_two_lists_that_may_be_swapped(each, ratio):
    b, c, a = each
    one, other = dependent_lists(a + b, a + c, a, ratio), dependent_lists(a + c, a + b, a, ratio)
    assert one == pytest.approx(other, rel=1e-12)
    b, c, a = (max(cell, 1) for cell in each)
    found = dependent_lists(a + b, a + c, a, ratio)
    assert a * (found.size - found.seen) / (b * c) == pytest.approx(ratio, rel=1e-6)


@given(cells, ratios, ratios)
def test_lists_that_attract_each_other_hide_more(each, one, other):
    b, c, a = each
    low, high = (dependent_lists(a + b, a + c, a, ratio).size for ratio in sorted((one, other)))
    assert a + b + c <= low <= high


@settings(max_examples=6)
@given(st.lists(st.integers(0, 40), min_size=7, max_size=7))
def test_any_histories_give_a_table_in_order(counts):
    every = np.array([[int(digit) for digit in f"{cell:03b}"] for cell in range(1, 8)])
    if not sum(counts):
        return
    frame = population.sensitivity(np.repeat(every, counts, axis=0)).frame
    known = frame["estimate"].notna().tolist()
    assert known == sorted(known, reverse=True)
    assert not np.isinf(frame["estimate"].dropna()).any()
    bounds = (frame["flag"] == "lower bound").tolist()
    assert bounds == sorted(bounds, reverse=True)
