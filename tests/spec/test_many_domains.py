"""Hundreds of domains: the same numbers where data are queried, and refusals before millions of pairs are listed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from diplab.errors import OptionError

CELLS = 240


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    random = np.random.default_rng(1)
    rows = 4 * CELLS
    number = np.arange(rows) % CELLS
    return pd.DataFrame(
        {
            "w": random.uniform(1, 2, rows),
            "town": np.arange(rows) % 16,
            "pay": random.normal(size=rows).round(2),
            "job": [f"job {each // 12}" for each in number],
            "month": number % 12,
            "cell": number,
        }
    )


@pytest.mark.parametrize("by", [("cell",), ("job", "month")])
@pytest.mark.parametrize("kind", ["lazy", "duckdb"])
def test_engines_agree(people: pd.DataFrame, kind: str, by: tuple[str, ...]) -> None:
    """A value of its own for each domain is written as cases that halve: a chain of 240 would be too deep to run."""
    import duckdb

    data: Any = pl.from_pandas(people).lazy() if kind == "lazy" else duckdb.from_df(people)
    asked = (dl.median("pay"), dl.variance("pay"))
    found = dl.estimate(dl.declare_design(data, weights="w", psu="town"), *asked, by=by)
    wanted = dl.estimate(dl.declare_design(people, weights="w", psu="town"), *asked, by=by)
    assert len(found) == 2 * CELLS
    for name in ("estimate", "std_error", "ci_low", "ci_high"):
        assert np.allclose(found.frame[name], wanted.frame[name], rtol=1e-9, atol=1e-12, equal_nan=True)


def test_too_many_pairs(people: pd.DataFrame, refused: Any) -> None:
    found = dl.estimate(dl.declare_design(people, weights="w", psu="town"), dl.mean("pay"), by="cell")
    refused(lambda: dl.contrast(found, pairwise="holm"), OptionError)


def test_a_large_table_is_its_parts(people: pd.DataFrame) -> None:
    """20 x 12 cells at once, or one row of the table alone: the same shares, standard errors and base."""
    sample = dl.declare_design(people, weights="w", psu="town")
    whole = dl.crosstab(sample, "job", "month", shares="row").frame
    alone = dl.estimate(sample.where("job == 'job 3'"), dl.share("month")).frame
    own = whole[whole["job"] == "job 3"]
    for name in ("estimate", "std_error", "ci_low", "ci_high"):
        assert own[name].tolist() == pytest.approx(alone[name].tolist(), rel=1e-9)
    assert own["base_n"].tolist() == alone["n"].tolist()
