"""Laws of quantiles, variances and correlations, whatever the answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import diplab as dl
from diplab.kernel.intervals import SHARE_INTERVALS, Precision
from diplab.kernel.quantiles import BY_ROW, RULES, quantile

law = settings(max_examples=20)

WORDS = ["woodruff", "score", "beta", "xlogit", "asin", "linearised"]
COLUMNS = ["estimate", "std_error", "ci_low", "ci_high"]


@st.composite
def surveys(draw: st.DrawFn) -> pd.DataFrame:
    """Three to eight units of one to three people, in two groups that both have somebody."""
    units = [
        unit for unit in range(draw(st.integers(3, 8))) for _ in range(draw(st.integers(1, 3)))
    ]
    column = lambda values: draw(st.lists(values, min_size=len(units), max_size=len(units)))  # noqa: E731
    return pd.DataFrame({
        "psu": units, "w": np.array(column(st.integers(1, 40))) / 4.0,
        "y": np.array(column(st.integers(1, 12)), dtype=float), "x": np.array(column(st.integers(-9, 9)), dtype=float),
        "g": ["a", "b", *column(st.sampled_from("ab"))[2:]],
    })  # fmt: skip


def numbers(frame: pd.DataFrame, *statistics: Any, **options: Any) -> np.ndarray:
    sample = dl.declare_design(frame, weights="w", psu="psu")
    return dl.estimate(sample, *statistics, deff=None, **options).frame[COLUMNS].to_numpy(float)


sorted_values = st.lists(st.integers(-20, 20), min_size=1, max_size=12).map(
    lambda each: np.sort(each).astype(float)
)


@law
@given(sorted_values, st.data(), st.sampled_from(RULES))
def test_quantiles_climb_within_the_values(values, data, rule):
    weights = np.array(
        data.draw(st.lists(st.integers(1, 9), min_size=values.size, max_size=values.size)),
        dtype=float,
    )
    read = [quantile(values, weights, share, rule) for share in np.linspace(0, 1, 23)]
    assert (np.diff(read) >= -1e-12).all()
    assert min(read) >= values[0]
    assert max(read) <= values[-1]


@law
@given(sorted_values, st.sampled_from(["hf5", "hf6", "hf7", "hf8", "hf9"]), st.floats(0.01, 0.99))
def test_quantiles_mirror_each_other(values, rule, share):
    """Of equal weights, the quantile of p is minus that of 1 - p of the opposites, for the rules that are symmetric."""
    ones = np.ones(values.size)
    mirrored = -quantile(-values[::-1], ones, 1 - share, rule)
    assert quantile(values, ones, share, rule) == pytest.approx(mirrored, abs=1e-9)


@law
@given(surveys(), st.sampled_from(WORDS), st.sampled_from([0.2, 0.5, 0.9]))
def test_an_interval_holds_its_estimate(frame, interval, p):
    for estimate, error, low, high in numbers(
        frame, dl.quantile("y", p, interval=interval), by="g"
    ):
        if np.isfinite([low, high]).all():
            assert low <= estimate <= high
            assert error >= 0


@law
@given(surveys(), st.sampled_from(WORDS[:-1]), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(frame, interval, random):
    order = list(range(len(frame)))
    random.shuffle(order)
    rules = [rule for rule in RULES if rule not in BY_ROW or rule == "hf3"]
    asked = [dl.median("y", interval=interval, rule=rule) for rule in rules]
    asked += [dl.variance("y"), dl.correlation("x", "y")]
    np.testing.assert_allclose(
        numbers(frame.iloc[order], *asked, by="g"),
        numbers(frame, *asked, by="g"),
        rtol=1e-8,
        atol=1e-8,
    )


@law
@given(surveys(), st.sampled_from([each for each in WORDS if each != "beta"]))
def test_splitting_a_row_within_its_unit_changes_nothing(frame, interval):
    """What counts respondents is left out: `beta`, rules that count ties, and others where all are at the median.

    Effective degrees of freedom are too: they take the answers of two rows as independent.
    """
    # of a share of everybody the exact interval is taken, which counts respondents
    top = frame["y"].max()
    assume(
        all(numbers(frame, dl.median("y", rule=rule))[0, 0] < top for rule in ("math", "school"))
    )
    half = frame.iloc[[0]].assign(w=frame["w"].iloc[0] / 2)
    halves = pd.concat([half, half, frame.iloc[1:]], ignore_index=True)
    asked = [dl.median("y", interval=interval, rule=rule) for rule in ("math", "school")]
    asked.append(dl.correlation("x", "y"))
    left, right = (numbers(each, *asked, df="design") for each in (halves, frame))
    np.testing.assert_allclose(left, right, rtol=1e-8, atol=1e-8)


@law
@given(surveys(), st.sampled_from(["fisher", "wald"]))
def test_correlations_stay_within_one(frame, interval):
    straight, back = (
        numbers(frame, dl.correlation(*pair, interval=interval)) for pair in ("xy", "yx")
    )
    np.testing.assert_allclose(straight, back, rtol=1e-8, atol=1e-8)
    estimate, error, low, high = straight[0]
    if np.isfinite(estimate):
        assert -1 <= estimate <= 1
        # one unit alone may tell it, and then nothing tells its error
        assert np.isnan(error) == np.isnan(low) == np.isnan(high)
        if interval == "fisher" and np.isfinite(error):
            assert -1 <= low <= estimate <= high <= 1


@law
@given(surveys())
def test_a_shift_leaves_variances_and_a_factor_squares_them(frame):
    once = numbers(frame, dl.variance("y"))
    np.testing.assert_allclose(numbers(frame, dl.variance("y + 1000")), once, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(numbers(frame, dl.variance("3 * y")), 9 * once, rtol=1e-8, atol=1e-8)


@law
@given(
    st.floats(0.001, 0.999), st.floats(0.0001, 0.3), st.integers(2, 60), st.integers(5, 5000),
    st.sampled_from([each for each in SHARE_INTERVALS if each != "wald"]),
)  # fmt: skip
def test_intervals_of_shares_hold_them_within_zero_and_one(p, error, df, n, interval):
    spread = Precision(np.array([error]), np.array([float(df)]), np.array([float(n)]), 0.95)
    low, high = SHARE_INTERVALS[interval](np.array([p]), spread)
    assert 0 <= low.item() <= p + 1e-12
    assert p - 1e-12 <= high.item() <= 1
