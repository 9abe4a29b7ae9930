"""What is missing in a file, in every engine: null, NaN, divisions by zero, types of pandas."""

from __future__ import annotations

from math import nan
from typing import Any

import narwhals as nw
import pandas as pd
import polars as pl
import pytest

import diplab as dl
from tests.drawn_tables import WEIGHTED, WITH_GAPS


def test_missing_answers_are_counted(engine: Any, estimated: Any, holds: Any) -> None:
    """(1 + 20 + 72) / 13 over three answers."""
    found = estimated(engine.draw(WITH_GAPS), dl.mean("y"), **WEIGHTED)
    holds(found, {"estimate": 93 / 13, "n": 3, "missing": {"y": 2}})


def with_nan_and_null(engine: Any) -> Any:
    """One row 1, one NaN, one null, one 4, as the engine can hold them."""
    frame = pl.DataFrame(
        {"psu": [1, 2, 3, 4], "w": [1.0, 2.0, 4.0, 8.0], "y": [1.0, nan, None, 4.0]}
    )
    if engine.name == "polars":
        return frame.lazy()
    return frame.to_pandas() if engine.name == "pandas" else engine.relation(frame)


def test_nan_and_divisions_by_zero_are_missing_like_null(engine: Any, estimated: Any) -> None:
    """Mean (1 + 32) / 9 of two answers; nothing about NaN is above 2, or not above 2."""
    asked = [dl.mean("y"), dl.median("y"), dl.share("y > 2"), dl.share("not (y > 2)")]
    frame = estimated(with_nan_and_null(engine), *asked, **WEIGHTED).frame
    assert frame["estimate"].tolist() == pytest.approx([33 / 9, 4, 8 / 9, 1 / 9], rel=1e-12)
    assert frame["n"].tolist() == [2, 2, 2, 2]
    assert estimated(with_nan_and_null(engine), dl.count(), by="y", **WEIGHTED).frame[
        "y"
    ].tolist() == [1, 4]
    # engines order NaN above every number, or below none; here it is not an answer, in all of them
    conditions = [
        (nw.col("y") > 2, 8),
        (~(nw.col("y") > 2), 1),
        (nw.col("y") != 4, 1),
        (nw.col("y") < 9, 9),
    ]
    for condition, weight in conditions:
        found = estimated(with_nan_and_null(engine), dl.count(), where=condition, **WEIGHTED)
        assert found.frame["estimate"].tolist() == [weight]
    sample = dl.declare_design(engine.draw("y z x\n1 2 0\n2 1 2\n4 5 4\n7 9 1"))
    assert dl.estimate(sample, dl.mean("y / x")).frame[["estimate", "n"]].values.tolist() == [
        [3.0, 3.0]
    ]
    together = dl.estimate(sample, dl.mean(["y", "z"])).sum()
    assert together == pytest.approx(
        (7.75, dl.estimate(sample, dl.mean("y + z")).frame["std_error"].item())
    )


def test_pandas_extension_types_are_read_alike(estimated: Any) -> None:
    """Nullable integers, words and booleans of pandas: mean 2 of (1, 3), one answer missing in each."""
    values = {"Int64": [1, None, 3], "string": ["a", "b", None], "boolean": [True, None, False]}
    frame = pd.DataFrame({kind: pd.array(each, dtype=kind) for kind, each in values.items()})
    found = estimated(frame, dl.mean("Int64"), dl.share("string == 'a'"), dl.share("boolean")).frame
    assert found["estimate"].tolist() == pytest.approx([2, 0.5, 0.5], rel=1e-12)
    assert found["n"].tolist() == [2, 2, 2]
