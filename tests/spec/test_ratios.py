"""Ratios, worked by hand."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

import diplab as dl

PAY = """
psu pay hours
1    10     5
2    30     5
3    50     .
4     .     5
"""


def test_ratio_counts_rows_that_answer_both(engine: Any) -> None:
    """40 / 10 = 4 over the first two; z = (pay - 4 hours) / 10 = -1, 1, and 0, 0: 4/3 * 2."""
    sample = dl.declare_design(engine.draw(PAY), psu="psu")
    found = dl.estimate(sample, dl.ratio("pay", "hours"))
    row = found.frame.iloc[0]
    assert (row["estimate"], row["n"], row["variable"]) == (pytest.approx(4, rel=1e-12), 2, "pay / hours")
    assert row["std_error"] == pytest.approx(sqrt(8 / 3), rel=1e-12)
    assert found.provenance.missing == {"pay / hours": 2}


def test_ratio_to_one_is_the_mean(engine: Any) -> None:
    """30 is the mean of 10, 30, 50; (-20, 0, 20, 0) / 3: 4/3 * 800 / 9."""
    sample = dl.declare_design(engine.draw(PAY), psu="psu")
    frame = dl.estimate(sample, dl.ratio("pay", "1"), dl.mean("pay")).frame
    assert frame["estimate"].tolist() == pytest.approx([30, 30], rel=1e-12)
    assert frame["std_error"].tolist() == pytest.approx([sqrt(4 / 3 * 800 / 9)] * 2, rel=1e-12)


def test_ratio_to_nothing_is_undefined(engine: Any) -> None:
    """Nobody worked an hour: no ratio, and the flag says so."""
    sample = dl.declare_design(engine.draw("psu pay hours\n1 10 0\n2 20 0"), psu="psu")
    row = dl.estimate(sample, dl.ratio("pay", "hours")).frame.iloc[0]
    assert row.isna()[["estimate", "std_error", "ci_low", "ci_high", "deff"]].all()
    assert (row["n"], row["flag"]) == (2, "undefined")


def test_a_row_divided_by_zero_has_no_answer(engine: Any) -> None:
    """Hourly pay of each row: 10/5 = 2, 30/5 = 6, and none where hours are zero or missing: mean 4 of 2."""
    drawn = engine.draw("psu pay hours\n1 10 5\n2 30 5\n3 50 0\n4 50 .")
    row = dl.estimate(dl.declare_design(drawn, psu="psu"), dl.mean("pay / hours")).frame.iloc[0]
    assert (row["estimate"], row["n"]) == (pytest.approx(4, rel=1e-12), 2)
