"""What holds of every crosstab, whatever the data."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import diplab as dl

CATEGORIES = 3


@st.composite
def samples(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(12, 40))
    codes = st.integers(0, CATEGORIES - 1)
    frame = pd.DataFrame({
        "a": draw(arrays(np.int64, rows, elements=codes)), "b": draw(arrays(np.int64, rows, elements=codes)),
        "w": draw(arrays(np.float64, rows, elements=st.floats(0.5, 4.0))), "c": np.arange(rows) // 2,
        "h": np.arange(rows) * 2 // rows,
    })  # fmt: skip
    # every category is there, so that a table has all its rows and columns
    frame.loc[frame.index[:CATEGORIES], "a"] = range(CATEGORIES)
    frame.loc[frame.index[-CATEGORIES:], "b"] = range(CATEGORIES)
    return frame


def sample_of(frame):
    return dl.declare_design(frame, weights="w", strata="h", psu="c")


def close(left: object, right: object) -> None:
    np.testing.assert_allclose(
        np.asarray(left, dtype=float), np.asarray(right, dtype=float), rtol=1e-7, atol=1e-10
    )


@given(samples())
@settings(max_examples=15)
def test_shares_add_up_and_rows_and_columns_may_change_places(frame):
    sample = sample_of(frame)
    found = dl.crosstab(sample, "a", "b")
    cell = found.cells
    assert cell.sum() == pytest.approx((1.0, 0.0), abs=1e-6)
    close(found.rows.frame.groupby("a")["estimate"].sum(), 1.0)
    close(found.columns.frame.groupby("b")["estimate"].sum(), 1.0)
    close(cell.frame.groupby("a")["estimate"].sum(), found.margins.frame["estimate"][:CATEGORIES])
    close(cell.frame.groupby("b")["estimate"].sum(), found.margins.frame["estimate"][CATEGORIES:])
    assert found.frame["n"].sum() == len(frame)
    for test, one in (
        ("rao_scott_f", found),
        ("rao_scott_chi2", dl.crosstab(sample, "a", "b", test="rao_scott_chi2")),
    ):
        other = dl.crosstab(sample, "b", "a", test=test)
        close([one.test.statistic, *one.test.df], [other.test.statistic, *other.test.df])
    order = other.rows.frame.sort_values(["a", "b"])
    close(one.columns.frame["estimate"], order["estimate"])
    close(one.columns.frame["std_error"], order["std_error"])


@given(samples(), st.floats(0.1, 50.0))
@settings(max_examples=15)
def test_weights_times_a_constant_and_rows_in_another_order(frame, times):
    one = dl.crosstab(sample_of(frame), "a", "b", shares="row")
    moved = frame.assign(w=frame["w"] * times).sample(frac=1, random_state=1)
    other = dl.crosstab(sample_of(moved), "a", "b", shares="row")
    for name in ("estimate", "std_error", "ci_low", "ci_high"):
        close(one.cells.frame[name], other.cells.frame[name])
    close([one.test.statistic, one.test.p_value], [other.test.statistic, other.test.p_value])


@given(samples())
@settings(max_examples=15)
def test_groups_are_domains(frame):
    """A table by group is the table of each domain."""
    sample = sample_of(frame.assign(g=np.where(frame["w"] > 2, "x", "y")))
    together = dl.crosstab(sample, "a", "b", by="g", shares="row")
    for group, test in zip(together.categories("g"), together.tests, strict=True):
        alone = dl.crosstab(sample.where(f"g == '{group}'"), "a", "b", shares="row")
        own = together.cells.frame[together.cells.frame["g"] == group]
        close(
            own[["estimate", "std_error", "ci_low", "n"]],
            alone.cells.frame[["estimate", "std_error", "ci_low", "n"]],
        )
        close(test.p_value, alone.test.p_value)
