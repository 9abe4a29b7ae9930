"""Estimates as a frame of Polars."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl

import diplab as dl

if TYPE_CHECKING:
    import pytest


def test_estimates_go_to_polars_with_one_type_a_column(
    monkeypatch: pytest.MonkeyPatch, refused: Any
) -> None:
    people = pd.DataFrame(
        {"code": [1.0, 2.0, 1.0, 2.0], "pay": [1.0, 2.0, 4.0, 8.0], "all": [5.0] * 4}
    )
    found = dl.estimate(
        dl.declare_design(people), dl.share("code"), dl.mean("pay"), dl.share("all == 5")
    )
    frame = found.to_polars()
    assert frame.columns == [str(name) for name in found.frame]
    # codes beside the empty category of a mean are words; a number that is missing is null
    assert frame["category"].to_list() == ["1", "2", "", ""]
    assert frame["estimate"].to_list() == found.frame["estimate"].tolist()
    assert frame["deff"].dtype == pl.Float64
    assert frame["deff"].null_count() == int(found.frame["deff"].isna().sum()) > 0
    monkeypatch.setitem(sys.modules, "polars", None)
    refused(found.to_polars)
