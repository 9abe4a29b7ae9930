"""What holds of every log-linear model, whatever the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import diplab as dl

CELLS = [(a, b, k) for a in "fm" for b in "xyz" for k in "no"]


@st.composite
def samples(draw: st.DrawFn) -> pd.DataFrame:
    """Somebody in every cell, twice, in other units."""
    more = draw(st.lists(st.sampled_from(CELLS), max_size=40))
    frame = pd.DataFrame([*CELLS, *CELLS, *more], columns=["a", "b", "k"])
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    frame = frame.assign(
        w=random.uniform(0.5, 4, len(frame)), c=random.permutation(len(frame)) // 2
    )
    return frame.sample(frac=1, random_state=random.integers(2**31))


def close(left: object, right: object) -> None:
    np.testing.assert_allclose(
        np.asarray(left, dtype=float), np.asarray(right, dtype=float), rtol=1e-6, atol=1e-9
    )


@given(samples())
@settings(max_examples=15)
def test_the_saturated_model_is_the_table(frame):
    sample = dl.declare_design(frame, weights="w", psu="c")
    model, table = dl.log_linear(sample, "~ a * b * k"), dl.crosstab(sample, "a", "b")
    assert model.test is None
    close(model.cells.frame["estimate"], model.cells.frame["observed"])
    pair = dl.log_linear(sample, "~ b * a").cells.frame.sort_values(["a", "b"])
    for name in ("estimate", "std_error", "ci_low", "ci_high", "df", "n"):
        close(pair[name], table.cells.frame.sort_values(["a", "b"])[name])
    odds = (
        dl.crosstab(sample, "a", "k").association.frame.set_index("statistic").loc["log_odds_ratio"]
    )
    product = dl.log_linear(sample, "~ a * k").frame.iloc[-1]
    close([product["estimate"], product["std_error"]], [odds["estimate"], odds["std_error"]])


@given(samples())
@settings(max_examples=15)
def test_independence_is_tested_as_in_a_crosstab_and_margins_are_kept(frame):
    sample = dl.declare_design(frame, weights="w", psu="c")
    saturated = dl.log_linear(sample, "~ a * b", df="design")
    for test in ("rao_scott_chi2", "rao_scott_mixture", "rao_scott_f"):
        known = dl.crosstab(sample, "a", "b", test=test, df="design").test
        found = dl.term_test(saturated, "a:b", test=test)
        close(
            [found.statistic, *found.df, found.p_value], [known.statistic, *known.df, known.p_value]
        )
    independent = dl.log_linear(sample, "~ a + b", df="design")
    close([independent.test.statistic, *independent.test.df], [known.statistic, *known.df])
    pairs = dl.log_linear(sample, "~ (a + b + k) ** 2")
    for pair in (["a", "b"], ["a", "k"], ["b", "k"]):
        shares = pairs.cells.frame.groupby(pair)[["estimate", "observed"]].sum()
        close(shares["estimate"], shares["observed"])
    assert abs(pairs.cells.covariance.sum()) < 1e-12
    close(
        pairs.test.statistic,
        dl.term_test(dl.log_linear(sample, "~ a * b * k"), "a:b:k", test="rao_scott_f").statistic,
    )
