"""Laws of the Gini index of equal incomes, by convention, and of rows that are split."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diplab as dl

law = settings(deadline=None, max_examples=40)
amounts = st.floats(1e-6, 1e9)
weights = st.lists(st.floats(0.01, 1e4), min_size=2, max_size=20)


def asked(y, w, *statistics):
    sample = dl.declare_design(pd.DataFrame({"y": y, "w": w}, dtype=float), weights="w")
    return dl.estimate(sample, *statistics)


@law
@given(amounts, weights)
def test_equal_incomes_have_a_gini_of_exactly_zero(amount, w):
    row = asked(amount, w, dl.gini("y")).frame.iloc[0]
    assert row["estimate"] == 0.0
    # nobody who were there twice would make them unequal
    assert row["std_error"] == pytest.approx(0.0, abs=1e-15)


@law
@given(amounts, weights, st.sampled_from(["convey", "vardpoor"]))
def test_cumulated_by_row_equal_incomes_have_the_known_gap(amount, w, school):
    """(sum w^2 - N) / N^2, from 1e-3 on with a warning (and none below)."""
    found = asked(amount, w, dl.gini("y", convention=school))
    people = math.fsum(w)
    gap = (math.fsum(each * each for each in w) - people) / people**2
    assert found.frame["estimate"].item() == pytest.approx(gap, rel=1e-9, abs=1e-14)
    warned = [text for text in found.provenance.assumptions if "row by row" in text.en]
    assert len(warned) == (abs(gap) > 1e-3)
    assert all(f"{abs(gap):.3f}" in text.en for text in warned)


@pytest.mark.parametrize(("gap", "warns"), [(0.99e-3, False), (1.01e-3, True)])
def test_the_warning_begins_at_a_thousandth(gap, warns):
    """Of n equal weights w the gap is (w - 1) / (n w): here with w = 2 and n = 1 / (2 gap)."""
    count = round(1 / (2 * gap))
    found = asked(7.0, np.full(count, 2.0), dl.gini("y", convention="convey"))
    assert found.frame["estimate"].item() == pytest.approx(1 / (2 * count), rel=1e-9)
    assert any("row by row" in text.en for text in found.provenance.assumptions) is warns


@law
@given(
    st.lists(st.tuples(st.floats(-50, 1e5), st.floats(0.1, 100), st.floats(0.01, 0.99)), min_size=2, max_size=15),
    st.floats(1e-6, 1e6),
)
def test_neither_splitting_rows_nor_scaling_weights_moves_the_official_gini(rows, scale):
    """Each row in two unequal parts, in another order, and all weights in another unit; errors of parts apart."""
    y, w, part = (np.array(each) for each in zip(*rows, strict=True))
    one = asked(y, w, dl.gini("y")).frame["estimate"].item()
    split, parts = np.r_[y, y][::-1], np.r_[w * part, w * (1 - part)][::-1] * scale
    other = asked(split, parts, dl.gini("y")).frame["estimate"].item()
    # of incomes that nearly cancel, as many digits as their total has; a product below the least normal number is
    # rounded as that number is, so that incomes of 1e-308 lose digits in either sample
    tiny = np.finfo(float).tiny
    sizes = np.maximum(abs(y * w), tiny).sum(), np.maximum(abs(split * parts), tiny).sum() / scale
    with np.errstate(divide="ignore"):
        lost = max(sizes) / abs(y @ w)
    assert np.isnan(one) == np.isnan(other) or lost > 1e6
    if np.isfinite(one) and np.isfinite(other):
        assert other == pytest.approx(one, rel=1e-10 * lost, abs=1e-12 * lost)
