"""Totals, means and counts, worked by hand."""

from __future__ import annotations

from math import sqrt
from typing import Any

import pytest

import diplab as dl

FOUR = """
psu h  w  y  N f
1   a 10  1  4 .5
2   a 10  3  4 .5
3   b 20  4  4 .5
4   b 20  8  4 .5
"""
T3 = 3.182446305284263  # Student, 97.5 %, 3 degrees of freedom (printed tables: 3.182)


def test_total(engine: Any) -> None:
    """10*1 + 10*3 + 20*4 + 20*8 = 280. Units 10, 30, 80, 160 about 70: 4/3 * 13400."""
    sample = dl.declare_design(engine.draw(FOUR), weights="w", psu="psu")
    row = dl.estimate(sample, dl.total("y")).frame.iloc[0]
    error = sqrt(4 / 3 * 13400)
    assert row["estimate"] == pytest.approx(280, rel=1e-12)
    assert row["std_error"] == pytest.approx(error, rel=1e-12)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([280 - T3 * error, 280 + T3 * error], rel=1e-9)
    assert row["cv"] == pytest.approx(error / 280, rel=1e-12)
    assert (row["df"], row["n"], row["flag"]) == (3, 4, "")
    assert (row["statistic"], row["variable"], row["category"]) == ("total", "y", "")


def test_mean(engine: Any) -> None:
    """280 / 60 = 14/3. Residuals times w: -110/3, -50/3, -40/3, 200/3, squares 56200/9, over 60^2."""
    sample = dl.declare_design(engine.draw(FOUR), weights="w", psu="psu")
    row = dl.estimate(sample, dl.mean("y")).frame.iloc[0]
    assert row["estimate"] == pytest.approx(14 / 3, rel=1e-12)
    assert row["std_error"] == pytest.approx(sqrt(4 / 3 * 56200 / 9) / 60, rel=1e-12)


def test_design_effect_of_a_mean(engine: Any) -> None:
    """Weighted S^2 of the residuals is 4/3 * (3540/9) / 60; simple random sampling: (1 - 4/60) S^2 / 4."""
    sample = dl.declare_design(engine.draw(FOUR), weights="w", psu="psu")
    found = dl.estimate(sample, dl.mean("y")).frame["deff"].iloc[0]
    simple = (1 - 4 / 60) * (4 / 3 * (3540 / 9) / 60) / 4
    assert found == pytest.approx((4 / 3 * 56200 / 9 / 3600) / simple, rel=1e-12)


def test_design_effect_is_undefined_where_everyone_was_asked(engine: Any) -> None:
    """Four people of weight 1 stand for four people: nothing was sampled, and the denominator is zero."""
    sample = dl.declare_design(engine.draw(FOUR), psu="psu")
    row = dl.estimate(sample, dl.mean("y")).frame.iloc[0]
    assert row["estimate"] == pytest.approx(4, rel=1e-12)
    assert row.isna()["deff"]


def test_count(engine: Any) -> None:
    """60 people; units 10, 10, 20, 20 about 15: 4/3 * 100."""
    sample = dl.declare_design(engine.draw(FOUR), weights="w", psu="psu")
    row = dl.estimate(sample, dl.count()).frame.iloc[0]
    assert row["estimate"] == pytest.approx(60, rel=1e-12)
    assert row["std_error"] == pytest.approx(sqrt(400 / 3), rel=1e-12)


@pytest.mark.parametrize(("fpc", "kept"), [(None, 1.0), ("N", 0.5), ("f", 0.5)])
def test_strata_and_finite_populations(engine: Any, fpc: str | None, kept: float) -> None:
    """Stratum a: 10, 30 about 20: 2 * 200; stratum b: 80, 160: 2 * 3200; half of it where 2 of 4 were drawn."""
    sample = dl.declare_design(engine.draw(FOUR), weights="w", strata="h", psu="psu", fpc=fpc)
    frame = dl.estimate(sample, dl.total("y"), dl.mean("y")).frame
    assert frame["std_error"].tolist() == pytest.approx(
        [sqrt(6800 * kept), sqrt(6800 * kept) / 60], rel=1e-12
    )
    assert frame["df"].tolist() == [2, 2]


def test_zero_weights_are_units_but_not_respondents(engine: Any) -> None:
    """Mean (10 + 30) / 20 = 2 of two people; three units: -.5, .5, 0, so 3/2 * .5."""
    sample = dl.declare_design(engine.draw("psu w y\n1 10 1\n2 10 3\n3 0 100"), weights="w", psu="psu")
    row = dl.estimate(sample, dl.mean("y")).frame.iloc[0]
    assert (row["estimate"], row["n"], row["df"]) == (pytest.approx(2), 2, 2)
    assert row["std_error"] == pytest.approx(sqrt(0.75), rel=1e-12)


def test_rows_are_units_where_no_unit_is_named(engine: Any) -> None:
    """The same four rows without a column of units: the total of `test_total`."""
    sample = dl.declare_design(engine.draw(FOUR), weights="w")
    assert dl.estimate(sample, dl.total("y")).frame["std_error"].iloc[0] == pytest.approx(
        sqrt(4 / 3 * 13400), rel=1e-12
    )


def test_covariance_between_a_total_and_a_count(engine: Any) -> None:
    """Units (10, 10), (30, 10), (80, 20), (160, 20) about (70, 15): 4/3 * (300 + 200 + 50 + 450)."""
    sample = dl.declare_design(engine.draw(FOUR), weights="w", psu="psu")
    found = dl.estimate(sample, dl.total("y"), dl.count()).covariance
    assert found.tolist() == [
        pytest.approx([4 / 3 * 13400, 4 / 3 * 1000], rel=1e-12),
        pytest.approx([4 / 3 * 1000, 4 / 3 * 100], rel=1e-12),
    ]


def test_an_expression_in_place_of_a_column(engine: Any) -> None:
    """Mean of 2 y - 1: 2 * 14/3 - 1 = 25/3."""
    sample = dl.declare_design(engine.draw(FOUR), weights="w", psu="psu")
    assert dl.estimate(sample, dl.mean("2 * y - 1")).frame["estimate"].iloc[0] == pytest.approx(
        25 / 3, rel=1e-12
    )


def test_confidence_and_the_normal_law(engine: Any) -> None:
    """90 %, 3 degrees of freedom: 2.353363; normal law at 95 %: 1.959964 (printed tables)."""
    sample = dl.declare_design(engine.draw(FOUR), weights="w", psu="psu")
    narrow = dl.estimate(sample, dl.total("y"), confidence=0.9).frame.iloc[0]
    normal = dl.estimate(sample, dl.total("y"), df="infinity").frame.iloc[0]
    assert (narrow["ci_high"] - 280) / narrow["std_error"] == pytest.approx(2.353363, abs=5e-7)
    assert (normal["ci_high"] - 280) / normal["std_error"] == pytest.approx(1.959964, abs=5e-7)
