"""Missing answers: NaN and null alike, counted, never a category. Worked by hand."""

from __future__ import annotations

from math import nan
from typing import Any

import narwhals as nw
import pandas as pd
import polars as pl
import pytest

import diplab as dl

HOLES = """
psu  w sex  y  x
1    1 f    1  1
2    2 f    .  0
3    4 .    5  1
4    8 m    9  .
5   16 m    .  .
"""


def test_rows_without_an_answer_are_left_out_and_counted(engine: Any) -> None:
    """(1 + 20 + 72) / 13 over three answers."""
    found = dl.estimate(dl.declare_design(engine.draw(HOLES), weights="w", psu="psu"), dl.mean("y"))
    assert found.frame[["estimate", "n"]].values.tolist() == [[pytest.approx(93 / 13, rel=1e-12), 3]]
    assert found.provenance.missing == {"y": 2}


def test_a_missing_domain_is_no_domain(engine: Any) -> None:
    """The third row is neither f nor m: counts 3 and 24, one row outside."""
    found = dl.estimate(dl.declare_design(engine.draw(HOLES), weights="w", psu="psu"), dl.count(), by="sex")
    assert found.frame[["sex", "estimate"]].values.tolist() == [["f", 3], ["m", 24]]
    assert found.provenance.missing == {"sex": 1}


@pytest.mark.parametrize(
    ("condition", "weight"),
    [
        ("y > 1", 12),
        ("not (y > 1)", 1),
        ("y != 1", 12),
        ("y not in (1, 5)", 8),
        ("sex != 'f'", 24),
        ("x == 1 or y == 9", 13),
        ("x == 1 and y == 9", None),
        ("x == 0 or y == 1", 3),
        ("not (x == 1 and y > 3)", 3),
    ],
)
def test_three_valued_logic(engine: Any, condition: str, weight: int | None) -> None:
    """A missing answer is outside a condition and outside its negation; `or` is true where one side is.

    The weights 1, 2, 4, 8, 16 say which rows were kept: 12 is the third and the fourth.
    """
    sample = dl.declare_design(engine.draw(HOLES), weights="w", psu="psu")
    if weight is None:
        with pytest.raises(dl.DiplabError):
            sample.where(condition)
    else:
        assert dl.estimate(sample.where(condition), dl.count()).frame["estimate"].tolist() == [weight]


def with_nan_and_null(engine: Any) -> Any:
    """One row 1, one NaN, one null, one 4, as the engine can hold them."""
    frame = pl.DataFrame({"psu": [1, 2, 3, 4], "w": [1.0, 2.0, 4.0, 8.0], "y": [1.0, nan, None, 4.0]})
    if engine.name == "polars":
        return frame.lazy()
    return frame.to_pandas() if engine.name == "pandas" else engine.relation(frame)


def test_nan_is_missing_like_null(engine: Any) -> None:
    """Mean (1 + 32) / 9 of two answers; nothing about NaN is above 2, or not above 2."""
    sample = dl.declare_design(with_nan_and_null(engine), weights="w", psu="psu")
    found = dl.estimate(sample, dl.mean("y"), dl.median("y"), dl.share("y > 2"), dl.share("not (y > 2)"))
    assert found.frame["estimate"].tolist() == pytest.approx([33 / 9, 4, 8 / 9, 1 / 9], rel=1e-12)
    assert found.frame["n"].tolist() == [2, 2, 2, 2]
    assert dl.estimate(sample, dl.count(), by="y").frame["y"].tolist() == [1, 4]


@pytest.mark.parametrize(
    ("condition", "weight"),
    [(nw.col("y") > 2, 8), (~(nw.col("y") > 2), 1), (nw.col("y") != 4, 1), (nw.col("y") < 9, 9)],
    ids=["above", "not above", "unlike", "below"],
)
def test_nan_is_missing_in_a_narwhals_expression(engine: Any, condition: nw.Expr, weight: int) -> None:
    """Engines order NaN above every number, or below none; here it is no answer, in all of them."""
    sample = dl.declare_design(with_nan_and_null(engine), weights="w", psu="psu")
    assert dl.estimate(sample.where(condition), dl.count()).frame["estimate"].tolist() == [weight]


def test_pandas_extension_types_are_read_alike() -> None:
    """Nullable integers, words and booleans of pandas: mean 2 of (1, 3), one answer missing in each."""
    frame = pd.DataFrame(
        {
            "y": pd.array([1, None, 3], dtype="Int64"),
            "word": pd.array(["a", "b", None], dtype="string"),
            "yes": pd.array([True, None, False], dtype="boolean"),
        }
    )
    sample = dl.declare_design(frame)
    found = dl.estimate(sample, dl.mean("y"), dl.share("word == 'a'"), dl.share("yes")).frame
    assert found["estimate"].tolist() == pytest.approx([2, 0.5, 0.5], rel=1e-12)
    assert found["n"].tolist() == [2, 2, 2]
