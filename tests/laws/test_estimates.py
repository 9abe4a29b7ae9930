"""Laws of estimates, whatever the answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import diplab as dl

law = settings(max_examples=20)


@st.composite
def surveys(draw: st.DrawFn) -> pd.DataFrame:
    """Two strata, two to four units in each, one to three people a unit; every town has its first person."""
    rows = []
    for stratum in (1, 2):
        for unit in range(draw(st.integers(2, 4))):
            rows += [(stratum, unit)] * draw(st.integers(1, 3))
    n = len(rows)
    column = lambda values: draw(st.lists(values, min_size=n, max_size=n))  # noqa: E731
    return pd.DataFrame(rows, columns=["h", "psu"]).assign(
        w=np.array(column(st.integers(1, 40))) / 4.0,
        y=np.array(column(st.integers(1, 60)), dtype=float),
        g=["a", "b", *column(st.sampled_from("abc"))[2:]],
    )


STATISTICS = [dl.total("y"), dl.mean("y"), dl.share("g"), dl.median("y"), dl.arpr("y")]


def declared(frame):
    return dl.declare_design(frame, weights="w", strata="h", psu="psu")


def numbers(frame: Any, *statistics: Any, **options: Any) -> np.ndarray:
    found = dl.estimate(declared(frame), *statistics, deff=None, **options).frame
    return found[["estimate", "std_error", "ci_low", "ci_high"]].to_numpy(float)


def same(left: np.ndarray, right: np.ndarray) -> None:
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-9)


@law
@given(surveys(), st.sampled_from([0.5, 2.0, 1024.0]))
def test_the_unit_of_weights_does_not_matter(frame, constant):
    """Means, shares and medians stay, totals grow with the weights; the factors are exact in binary."""
    scaled = frame.assign(w=frame["w"] * constant)
    same(numbers(scaled, *STATISTICS[1:4]), numbers(frame, *STATISTICS[1:4]))
    same(
        numbers(scaled, dl.total("y"), dl.count()),
        constant * numbers(frame, dl.total("y"), dl.count()),
    )


@law
@given(surveys())
def test_domains_and_categories(frame):
    """Points add up, and so do variances with their covariances."""
    parts = dl.estimate(declared(frame), dl.total("y"), by="g")
    whole = dl.estimate(declared(frame), dl.total("y")).frame.iloc[0]
    point, error = parts.sum()
    assert point == pytest.approx(whole["estimate"], rel=1e-9)
    assert error == pytest.approx(whole["std_error"], rel=1e-7, abs=1e-6)
    # `c` is renamed to come first; its row moves and keeps its numbers.
    renamed = frame.assign(g=frame["g"].map({"a": "x", "b": "y", "c": "0"}))
    before = dl.estimate(declared(frame), dl.share("g")).frame.set_index("category")
    after = dl.estimate(declared(renamed), dl.share("g")).frame.set_index("category")
    assert len(before) == len(after)
    for old, new in (("a", "x"), ("b", "y")):
        for column in ("estimate", "std_error", "ci_low", "ci_high"):
            assert after.loc[new, column] == pytest.approx(
                before.loc[old, column], rel=1e-12, abs=1e-15
            )
    # With certainty: each row of their covariance sums to zero.
    found = dl.estimate(declared(frame), dl.share("g"))
    assert found.frame["estimate"].sum() == pytest.approx(1, abs=1e-12)
    assert found.covariance.sum(axis=1).tolist() == pytest.approx([0] * len(found), abs=1e-12)
    assert found.frame["ci_low"].between(0, 1).all()
    assert (found.frame["ci_low"] <= found.frame["estimate"] + 1e-12).all()
    assert (found.frame["ci_high"] >= found.frame["estimate"] - 1e-12).all()


@law
@given(surveys(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(frame, random):
    order = list(range(len(frame)))
    random.shuffle(order)
    same(numbers(frame.iloc[order], *STATISTICS, by="g"), numbers(frame, *STATISTICS, by="g"))


@law
@given(surveys(), st.integers(0, 5))
def test_splitting_a_row_in_two_halves_changes_nothing(frame, place):
    """Two people of half the weight in the same unit are one person: the unit is what was drawn.

    Except where nobody or everybody has a trait: the exact binomial interval counts respondents,
    and there is one more. Symmetric intervals are asked for here, so that the law holds of every
    number. And except for effective degrees of freedom, which take the answers of two rows as
    independent.
    """
    asked = [
        *(dl.total("y"), dl.mean("y"), dl.median("y")),
        *(dl.share("g", interval="wald"), dl.arpr("y", interval="wald")),
    ]
    half = frame.iloc[[place % len(frame)]].assign(w=lambda row: row["w"] / 2)
    split = pd.concat([frame, half], ignore_index=True)
    split.loc[place % len(frame), "w"] /= 2
    same(numbers(split, *asked, df="design"), numbers(frame, *asked, df="design"))


@settings(max_examples=8)
@given(surveys())
def test_two_engines_agree(frame):
    same(
        numbers(pl.from_pandas(frame).lazy(), *STATISTICS, by="g"),
        numbers(frame, *STATISTICS, by="g"),
    )
